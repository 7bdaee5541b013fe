//! The errors of the libraries, each with the exit code and the hint of this program.

use cpan_sigstore_archive::fix::FixError;
use cpan_sigstore_core::{
    cause::Cause, digest::DigestError, finding::Exit, identity::PatternError,
};
use cpan_sigstore_cpan::{CpanError, backlog::BacklogError, package_index::PackageIndexError};
use cpan_sigstore_gate::{GateError, store::TrustStoreError};
use cpan_sigstore_http::HttpError;
use cpan_sigstore_keyless::{
    login::{LoginError, TokenError},
    sign::SignError,
    trust::{ConfigError, RefreshError, TrustError},
    verify::{ArtifactError, ClockBehind, KeyError},
};
use cpan_sigstore_mirror::{cache::CacheError, server::TlsError};
use cpan_sigstore_monitor::{WatchError, WebhookError};
use cpan_sigstore_pause::{
    credentials::{DotPauseError, GpgError},
    journal::JournalError,
    server::AddressError,
};
use cpan_sigstore_records::{author_index::AuthorIndexError, record::RecordError};
use cpan_sigstore_registry::{assemble::BuildError, subscription::OperatorError};

use super::{
    CommandError,
    login_hint::{after_login, after_token},
    network_hint::after_request,
};

/// The exit code of an error that may pass.
fn passing(is_transient: bool) -> Exit {
    if is_transient {
        Exit::TryLater
    } else {
        Exit::Failed
    }
}

/// Errors without a hint, each with its exit code.
macro_rules! plain {
    ($($error:ty => $exit:ident),* $(,)?) => {
        $(impl From<$error> for CommandError {
            fn from(error: $error) -> Self {
                Self::new(Exit::$exit, error)
            }
        })*
    };
}

plain! {
    PatternError => Usage,
    DigestError => Usage,
    KeyError => Usage,
    ArtifactError => Failed,
    FixError => Failed,
    TlsError => Failed,
    AuthorIndexError => Failed,
    PackageIndexError => Failed,
}

impl From<CacheError> for CommandError {
    fn from(error: CacheError) -> Self {
        Self::failed(error).hinted(
            "name a folder that can be written with `--cache-dir DIR`, or in CPAN_SIGSTORE_CACHE",
        )
    }
}

impl From<ConfigError> for CommandError {
    fn from(error: ConfigError) -> Self {
        let is_unknown = matches!(error, ConfigError::UnknownInstance { .. });
        let exit = match error {
            ConfigError::UnknownInstance { .. } | ConfigError::Taken(_) | ConfigError::Name(_) => {
                Exit::Usage
            }
            _ => Exit::Failed,
        };
        let error = Self::new(exit, error);
        if is_unknown {
            return error.hinted("list the instances with `cpan-sigstore instance list`, or add one with `cpan-sigstore instance add`");
        }
        error
    }
}

impl From<TrustError> for CommandError {
    fn from(error: TrustError) -> Self {
        let (exit, hint) = match &error {
            TrustError::Unavailable {
                online: RefreshError::Http(http),
                ..
            } if http.setup_fault().is_some() => {
                let hint = after_request(http);
                return Self::failed(error).hinted_by(hint);
            }
            TrustError::Unavailable {
                online: RefreshError::Clock { .. },
                ..
            } => (
                Exit::TryLater,
                "set the clock of this machine, and run the same command again",
            ),
            TrustError::Unavailable { .. } => (
                Exit::TryLater,
                "try again with a network connection, or name the trust material with `--trusted-root FILE`",
            ),
            TrustError::NoSigningConfig => (
                Exit::Failed,
                "name one with `--signing-config FILE`, or with `signing-config` in the instance",
            ),
            _ => return Self::failed(error),
        };
        Self::new(exit, error).hinted(hint)
    }
}

/// What to do without a trust store.
const NO_STORE: &str = "repair the trust store, or name another file with `--trust-store FILE` or another folder in CPAN_SIGSTORE_DATA; without one, every release is denied";

impl From<TrustStoreError> for CommandError {
    fn from(error: TrustStoreError) -> Self {
        let exit = match error {
            TrustStoreError::Place(_) => Exit::Usage,
            _ => Exit::Failed,
        };
        let hint = match error {
            TrustStoreError::Conflict { .. } => {
                "ask the author which identity is theirs; import the whole file over the known entries with `--replace`"
            }
            TrustStoreError::Import(_) => {
                "import a file that `cpan-sigstore trust export` wrote; nothing was imported"
            }
            _ => NO_STORE,
        };
        Self::new(exit, error).hinted(hint)
    }
}

impl From<GateError> for CommandError {
    fn from(error: GateError) -> Self {
        match error {
            GateError::TrustStore(_) => Self::failed(error).hinted(NO_STORE),
            GateError::Stopped(_) => Self::internal(error),
            GateError::Archive { .. } | GateError::ContradictingIndex => Self::failed(error),
        }
    }
}

impl From<HttpError> for CommandError {
    fn from(error: HttpError) -> Self {
        if error.is_transient() {
            return Self::new(Exit::TryLater, error)
                .hinted("run the same command again when the network is back");
        }
        let hint = after_request(&error);
        Self::failed(error).hinted_by(hint)
    }
}

/// What to do when a login fails for a while.
const NOTHING_SIGNED: &str =
    "run the same command again when the network is back; nothing was signed";

impl From<LoginError> for CommandError {
    fn from(error: LoginError) -> Self {
        match &error {
            LoginError::Http(http) if http.is_transient() => {
                Self::new(Exit::TryLater, error).hinted(NOTHING_SIGNED)
            }
            _ => {
                let hint = after_login(&error);
                Self::failed(error).hinted_by(hint)
            }
        }
    }
}

impl From<TokenError> for CommandError {
    fn from(error: TokenError) -> Self {
        let hint = after_token(&error);
        Self::failed(error).hinted_by(hint)
    }
}

impl From<SignError> for CommandError {
    fn from(error: SignError) -> Self {
        let (exit, hint) = match &error {
            SignError::Identity { .. } => (
                Exit::IdentityMismatch,
                "log in as the expected identity, or name the other one with `--identity`",
            ),
            SignError::OwnBundle(refused)
                if matches!(
                    refused.cause,
                    Cause::LogTimeInvalid | Cause::CertificateExpired
                ) =>
            {
                (
                    Exit::SignatureInvalid,
                    "check this machine's clock: a service has another time; nothing was written",
                )
            }
            SignError::OwnBundle(_) => (
                Exit::SignatureInvalid,
                "check that the trusted root belongs to the services of this instance; nothing was written",
            ),
            SignError::Token(token) => match after_token(token) {
                Some(hint) => (Exit::Failed, hint),
                None => return Self::failed(error),
            },
            transient if transient.is_transient() => (
                Exit::TryLater,
                "run the same command again in a moment; the service is not available now",
            ),
            SignError::Clock(_) | SignError::NotYet { .. } => (Exit::TryLater, SET_CLOCK),
            SignError::Http(http) => {
                let hint = after_request(http);
                return Self::failed(error).hinted_by(hint);
            }
            _ => return Self::failed(error),
        };
        Self::new(exit, error).hinted(hint)
    }
}

/// What to do about a clock by which nothing can be verified.
const SET_CLOCK: &str = "set the clock of this machine, and run the same command again";

impl From<ClockBehind> for CommandError {
    fn from(error: ClockBehind) -> Self {
        Self::new(Exit::TryLater, error).hinted(SET_CLOCK)
    }
}

impl From<AddressError> for CommandError {
    fn from(error: AddressError) -> Self {
        let has_password = error == AddressError::Password;
        let error = Self::new(Exit::Usage, error);
        match has_password {
            true => error.hinted("put user and password into ~/.pause"),
            false => error,
        }
    }
}

impl From<DotPauseError> for CommandError {
    fn from(error: DotPauseError) -> Self {
        let hint = match &error {
            DotPauseError::Gpg(GpgError::Run { .. }) => {
                Some("install GnuPG, or name the program with CI_GPG")
            }
            DotPauseError::User { .. }
            | DotPauseError::Line { .. }
            | DotPauseError::Twice { .. } => Some(
                "write `user TIMLEGGE` on one line of the file, and `password`, a blank and the password on another",
            ),
            DotPauseError::Token { .. } => {
                Some("write a line `token USER:TOKEN-ID:TOKEN` with the token that PAUSE shows")
            }
            _ => None,
        };
        Self::failed(error).hinted_by(hint)
    }
}

impl From<CpanError> for CommandError {
    fn from(error: CpanError) -> Self {
        if error.is_transient() {
            return Self::new(Exit::TryLater, error).hinted("run the same command again later");
        }
        let hint = match &error {
            CpanError::Http(http) => after_request(http),
            _ => None,
        };
        Self::failed(error).hinted_by(hint)
    }
}

impl From<BacklogError> for CommandError {
    fn from(error: BacklogError) -> Self {
        match error {
            BacklogError::Cpan(cpan) => cpan.into(),
            error @ BacklogError::NoAuthor(_) => Self::failed(error),
        }
    }
}

impl From<JournalError> for CommandError {
    fn from(error: JournalError) -> Self {
        let is_malformed = matches!(error, JournalError::Malformed { .. });
        let error = Self::failed(error);
        if is_malformed {
            return error
                .hinted("move the file away to start over; PAUSE reports which files it has");
        }
        error
    }
}

impl From<WatchError> for CommandError {
    fn from(error: WatchError) -> Self {
        match &error {
            WatchError::Malformed { author, .. } => {
                let hint = format!(
                    "forget the author with `cpan-sigstore trust forget --author {author}` to start over with the current files"
                );
                Self::failed(error).hinted(hint)
            }
            WatchError::TooManyAlerts => Self::new(Exit::TryLater, error)
                .hinted("repair the webhook, or run the command once without `--webhook`"),
            _ => Self::failed(error),
        }
    }
}

impl From<WebhookError> for CommandError {
    fn from(error: WebhookError) -> Self {
        let exit = match error {
            WebhookError::Address => Exit::Usage,
            _ => Exit::Failed,
        };
        Self::new(exit, error)
    }
}

impl From<RecordError> for CommandError {
    fn from(error: RecordError) -> Self {
        Self::new(Exit::Usage, error).hinted("correct the identities or times; nothing was signed")
    }
}

impl From<BuildError> for CommandError {
    fn from(error: BuildError) -> Self {
        let error = match error {
            BuildError::Cpan(cpan) => return cpan.into(),
            other => other,
        };
        match &error {
            BuildError::Known { .. } | BuildError::Broken(_) => Self::failed(error).hinted(
                "use an index that `cpan-sigstore index verify` accepts, with the trusted root that it was built with",
            ),
            BuildError::Unneeded { .. } => Self::failed(error).hinted(
                "name the new record, which no identity of the record before signed",
            ),
            BuildError::TooManyOwners { .. } => Self::failed(error).hinted(
                "compare modules/06perms.txt with that of another mirror; if it is right, build with `--accept-all-owners`",
            ),
            _ => Self::failed(error),
        }
    }
}

impl From<OperatorError> for CommandError {
    fn from(error: OperatorError) -> Self {
        let exit = match &error {
            OperatorError::Address(_) | OperatorError::Identity(_) => Exit::Usage,
            OperatorError::Signature(_) => Exit::SignatureInvalid,
            OperatorError::Signer(_) => {
                return Self::new(Exit::IdentityMismatch, error).hinted(
                    "ask the operator through another channel which identity signs the index",
                );
            }
            OperatorError::TrustStore(
                TrustStoreError::IndexRolledBack { .. }
                | TrustStoreError::IndexForked { .. }
                | TrustStoreError::IndexGap { .. },
            ) => {
                return Self::new(Exit::Downgrade, error).hinted(
                    "ask the operator whether the index was restarted; if so, forget the old one with `cpan-sigstore trust forget --index URL`",
                );
            }
            OperatorError::Http(http) => {
                let hint = after_request(http);
                return Self::new(passing(http.is_transient()), error).hinted_by(hint);
            }
            OperatorError::Absent(_) => Exit::TryLater,
            _ => Exit::Failed,
        };
        Self::new(exit, error)
    }
}
