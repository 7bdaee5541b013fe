//! Why a command ended without a result.
//!
//! `exit.rs` says with which code it ends, `hint.rs` what to do next.

mod exit;
mod hint;

use std::path::PathBuf;

use cpan_sigstore_archive::fix::FixError;
use cpan_sigstore_core::{
    digest::{DigestError, Sha256Digest},
    identity::PatternError,
    policy::PolicyError,
};
use cpan_sigstore_cpan::{CpanError, backlog::BacklogError, package_index::PackageIndexError};
use cpan_sigstore_gate::{GateError, store::TrustStoreError};
use cpan_sigstore_http::HttpError;
use cpan_sigstore_keyless::{
    login::{LoginError, TokenError},
    sign::SignError,
    trust::{ConfigError, TrustError},
    verify::{ArtifactError, KeyError},
};
use cpan_sigstore_monitor::{StateError, WatchError, WebhookError};
use cpan_sigstore_pause::{
    credentials::{DotPauseError, TokenError as PauseTokenError},
    journal::JournalError,
    server::AddressError,
    upload::UploadError,
};

use crate::{
    commands::{AuthorError, IndexFailure},
    mirror_args::MirrorFailure,
};

/// What of an identity was not said.
#[derive(Clone, Copy, Debug)]
pub enum Missing {
    /// The name.
    Name,
    /// The issuer.
    Issuer,
    /// Either.
    Both,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Name => "an issuer and no name",
            Self::Issuer => "a name and no issuer",
            Self::Both => "none",
        })
    }
}

/// A command that ended without a result.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The arguments do not say what to do.
    #[error("{0}")]
    Usage(String),
    /// A record was not made.
    #[error(transparent)]
    Author(#[from] AuthorError),
    /// Nothing was done with an operator's index.
    #[error(transparent)]
    AuthorIndex(#[from] IndexFailure),
    /// No identity to verify against.
    #[error(
        "expected the identity that should have signed, by name and issuer, found {0}: a valid signature by anybody is no reason to trust a file"
    )]
    NoIdentity(Missing),
    /// A pattern that cannot be used.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// A digest that cannot be used.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// A public key that cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The policy cannot be used.
    #[error("{}: {source}", path.display())]
    Policy {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: PolicyError,
    },
    /// The gate could not look at a release.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The memory cannot be used.
    #[error(transparent)]
    TrustStore(#[from] TrustStoreError),
    /// The trust material cannot be used or had.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The file could not be read.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// An archive could not be repaired.
    #[error(transparent)]
    Fix(#[from] FixError),
    /// A file cannot be read.
    #[error("expected to read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A bundle is there already.
    #[error("expected no bundle at {}, found one", path.display())]
    BundleExists {
        /// Where.
        path: PathBuf,
    },
    /// A bundle cannot be written.
    #[error("expected to write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The identity token is of no use.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// There is nowhere to log in.
    #[error(
        "expected an OpenID issuer to log in at, found none in the instance or its signing configuration"
    )]
    NoIssuer,
    /// The user does not agree that the name becomes public.
    #[error("expected your agreement, found none; nothing was signed")]
    NotAgreed,
    /// The login gave no identity.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// No connection can be made.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// Nothing was signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// A file is not what was signed any more.
    #[error("expected {} as it was when it was signed, found it changed; no bundle was written", path.display())]
    FileChanged {
        /// The file.
        path: PathBuf,
    },
    /// Some files were signed or uploaded, and the others were not.
    #[error("{failure}; {done} {verb}, not {verb}: {rest}")]
    Partly {
        /// Why it ended.
        failure: Box<Failure>,
        /// How many were.
        done: usize,
        /// What they were.
        verb: &'static str,
        /// The files that were not.
        rest: String,
    },
    /// The address of PAUSE cannot be used.
    #[error(transparent)]
    PauseAddress(#[from] AddressError),
    /// `~/.pause` cannot be used.
    #[error(transparent)]
    DotPause(#[from] DotPauseError),
    /// The token in the environment cannot be used.
    #[error("PAUSE_TOKEN: {0}")]
    PauseToken(#[source] PauseTokenError),
    /// Nothing says who uploads, and there is nobody to ask.
    #[error("expected the PAUSE id and password to upload with, found none")]
    NoCredentials,
    /// PAUSE did not confirm an upload.
    #[error(transparent)]
    Upload(#[from] UploadError),
    /// A CPAN gives no answer of use.
    #[error(transparent)]
    Cpan(#[from] CpanError),
    /// The index of a CPAN is none.
    #[error(transparent)]
    Index(#[from] PackageIndexError),
    /// The index of a CPAN is older than one that was seen.
    #[error("expected the index of {newest} or a newer one, found one of {found}")]
    IndexRolledBack {
        /// The newest that was seen.
        newest: jiff::Timestamp,
        /// What it has now.
        found: jiff::Timestamp,
    },
    /// A CPAN does not have it.
    #[error("expected {what} at {cpan}, found no such file or module")]
    NotOnCpan {
        /// What was asked for.
        what: String,
        /// Where.
        cpan: String,
    },
    /// The backlog cannot be told.
    #[error(transparent)]
    Backlog(#[from] BacklogError),
    /// The state of a release cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A bundle that this release did not make.
    #[error("expected no bundle at {}, or one that this command made, found another", path.display())]
    ForeignBundle {
        /// Where.
        path: PathBuf,
    },
    /// Other bytes are published under the archive's name.
    #[error("expected {path} with {expected}, found {found} published there")]
    OtherBytes {
        /// Where.
        path: String,
        /// What was to be released.
        expected: Sha256Digest,
        /// What is there.
        found: Sha256Digest,
    },
    /// Other bytes were uploaded under the archive's name.
    #[error(
        "expected the archive that was uploaded as {path} on {when}, found it built anew since"
    )]
    NameUsed {
        /// Where.
        path: String,
        /// When.
        when: jiff::Timestamp,
    },
    /// PAUSE has something under this name that is not published yet.
    #[error(
        "expected to upload {path}, found that PAUSE has a file of this name already, which is not published yet"
    )]
    NameTaken {
        /// Where.
        path: String,
    },
    /// PAUSE has a bundle of this name elsewhere.
    #[error(
        "expected to upload {path}, found that PAUSE has a file of this name in another directory of yours, or does not let it be replaced"
    )]
    BundleNameTaken {
        /// Where.
        path: String,
    },
    /// It was uploaded, and is not seen yet.
    #[error("expected to find {missing} at {cpan} within {minutes} minutes, found not all of it")]
    NotPublished {
        /// What is missing.
        missing: String,
        /// The CPAN.
        cpan: String,
        /// How long it was waited.
        minutes: u64,
    },
    /// The user does not agree to sign what is published.
    #[error("expected your yes to the list of archives, found none; nothing was signed")]
    ListNotAgreed,
    /// A mirror, or the client of one, cannot be had.
    #[error(transparent)]
    Mirror(#[from] MirrorFailure),
    /// Authors cannot be watched.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// Alerts cannot be sent there.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// Something of the system failed.
    #[error("{what}: {source}")]
    System {
        /// What was to be done.
        what: &'static str,
        /// Why it was not.
        source: std::io::Error,
    },
    /// The home folder is unknown.
    #[error("expected a home folder for configuration and cache, found none")]
    NoHome,
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        Self::Watch(error.into())
    }
}

impl Failure {
    /// A failure to read a file.
    pub fn read(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Read { path, source }
    }

    /// A failure after `done` of several files; with one file, the failure itself.
    pub fn partly<'a>(
        failure: Self,
        done: usize,
        verb: &'static str,
        files: impl ExactSizeIterator<Item = &'a PathBuf>,
    ) -> Self {
        if files.len() < 2 {
            return failure;
        }
        let rest: Vec<_> = files
            .skip(done)
            .map(|file| file.display().to_string())
            .collect();
        Self::Partly {
            failure: Box::new(failure),
            done,
            verb,
            rest: rest.join(" "),
        }
    }
}
