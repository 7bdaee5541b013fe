//! Why a record was not made.

use std::path::PathBuf;

use cpan_sigstore_core::{finding::Exit, release::PauseId};
use cpan_sigstore_records::record::RecordError;

/// A record that was not made.
#[derive(Debug, thiserror::Error)]
pub enum AuthorError {
    /// The record cannot say this.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// There is a record already.
    #[error("expected no record of {author} yet, found version {version}")]
    Enrolled {
        /// Whose.
        author: PauseId,
        /// The newest version.
        version: u32,
    },
    /// There is none yet.
    #[error("expected a record of {0} to continue, found none")]
    NotEnrolled(PauseId),
    /// What lies on CPAN is not the author's alone.
    #[error(
        "expected records of {author} that follow on each other, found one that does not count: {found}"
    )]
    Disputed {
        /// Whose.
        author: PauseId,
        /// What does not count, with both sides.
        found: String,
    },
    /// A record of this version is kept already.
    #[error("expected no version {version} at {}, found one that is not on CPAN", path.display())]
    Kept {
        /// Where.
        path: PathBuf,
        /// Which.
        version: u32,
    },
    /// The identity is named already.
    #[error("expected an identity that the record does not name yet, found {0}")]
    Named(String),
    /// No identity of this name, or several.
    #[error(
        "expected one identity of the record by the name `{name}`, found {found}; it names {named}"
    )]
    NoSuchIdentity {
        /// What was asked for.
        name: String,
        /// How many there are.
        found: usize,
        /// Which there are.
        named: String,
    },
    /// Nobody could sign after that.
    #[error("expected an identity that still signs afterwards, found none")]
    LastIdentity,
    /// Nothing changes.
    #[error("expected a change, found that the record says so already")]
    NoChange,
    /// The author did not say yes.
    #[error("expected a yes to the change, found none; nothing was signed")]
    NotConfirmed,
    /// Some releases have no bundle.
    #[error(
        "expected a bundle for every archive of {author}, found {count} without one, such as {example}"
    )]
    Backlog {
        /// Whose.
        author: PauseId,
        /// How many.
        count: usize,
        /// One of them.
        example: String,
    },
    /// A file that is no record that can be uploaded.
    #[error("expected a record with its bundle in {}, found {found}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: String,
    },
    /// Something lies on CPAN that is not what was uploaded.
    #[error(
        "expected {path} on the CPAN as it was uploaded within {minutes} minutes, found it otherwise"
    )]
    NotPublished {
        /// Which file.
        path: String,
        /// How long it was waited for.
        minutes: u64,
    },
    /// PAUSE has a file of this name elsewhere.
    #[error(
        "expected PAUSE to take {0} into your own directory, found that it has a file of this name elsewhere"
    )]
    NameTaken(String),
}

impl AuthorError {
    /// How the program ends.
    pub const fn exit(&self) -> Exit {
        match self {
            Self::NotConfirmed | Self::Record(_) => Exit::Usage,
            Self::NotPublished { .. } => Exit::TryLater,
            Self::Backlog { .. } | Self::NotEnrolled(_) => Exit::Unsigned,
            Self::Disputed { .. } => Exit::IdentityMismatch,
            Self::Enrolled { .. }
            | Self::Kept { .. }
            | Self::Named(_)
            | Self::NoSuchIdentity { .. }
            | Self::LastIdentity
            | Self::NoChange
            | Self::File { .. }
            | Self::NameTaken(_) => Exit::Failed,
        }
    }

    /// What to do next.
    pub const fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Record(_) => "nothing was signed; say it otherwise",
            Self::Enrolled { .. } => {
                "add an identity with `cpan-sigstore author add`; where CPAN does not show the record yet, upload it with `cpan-sigstore author upload FILE`. If it is not yours, see `cpan-sigstore author check`"
            }
            Self::NotEnrolled(_) => "begin with `cpan-sigstore author enroll`",
            Self::Disputed { .. } => {
                "look with `cpan-sigstore author check`. If somebody else put it there, change your password at PAUSE and put your own files back with `cpan-sigstore author upload FILE`"
            }
            Self::Kept { .. } => {
                "upload it with `cpan-sigstore author upload FILE`, or remove it and its bundle if it should not count"
            }
            Self::Named(_) => {
                "nothing was signed; what it says stands in `cpan-sigstore author show`"
            }
            Self::NoSuchIdentity { .. } => {
                "name it as the record does, and with `--vouched-by URL` where two have this name"
            }
            Self::LastIdentity => {
                "add another identity first with `cpan-sigstore author add`; `--even-the-last` retires it nevertheless, and then only the operator of an index can help"
            }
            Self::NoChange => "nothing was signed",
            Self::NotConfirmed => "answer on a terminal, or say `--yes`",
            Self::Backlog { .. } => {
                "sign them first with `cpan-sigstore release --backlog AUTHOR`, or delete them at PAUSE"
            }
            Self::File { .. } => "make one with `cpan-sigstore author enroll`, `add` or `retire`",
            Self::NotPublished { .. } => {
                "PAUSE may take longer; look again with `cpan-sigstore author check`"
            }
            Self::NameTaken(_) => {
                "PAUSE wants a name in one directory only: delete the other file there, wait until it is gone, and upload again"
            }
        })
    }
}
