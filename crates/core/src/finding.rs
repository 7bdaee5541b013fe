//! Facts about a file and its signature, as stable codes.
//!
//! Codes are part of the interface: JSON, documents and tests contain them, and they do not change their meaning.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::{cause::Cause, page::page};

/// A fact about a file and its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Finding {
    /// The signature is valid and by the expected identity, or an identity of the author.
    Trusted,
    /// There is no bundle.
    Unsigned,
    /// There is no bundle, and the author has signed before, or somebody signed the module.
    Downgrade,
    /// The bundle proves nothing; the cause says why.
    SignatureInvalid(Cause),
    /// The signature is valid and by somebody else.
    IdentityMismatch,
    /// The signature is valid and by an identity of the author's that was not to sign at that time.
    IdentityRetired,
    /// The signature is valid, and nothing says which identities are the author's.
    IdentityUnknown,
    /// The signature is valid and by another identity than the first signer's, and nothing connects
    /// the two.
    IdentityChanged,
    /// The package index leads a module to another author than its known owners.
    OwnerChanged,
    /// The package index leads to an older release than it did before.
    ReleaseRolledBack,
    /// The archive is another release than its name says.
    NameMismatch,
    /// The archive does something that no release needs, such as leading out of its folder.
    ArchiveHostile,
    /// Nothing in the archive says which release it is.
    NameUnchecked,
    /// The operator's index of author records is older than it should be.
    IndexStale,
    /// No log of the policy is known to have the release.
    Unlogged,
    /// The log has other bytes under this path.
    LogMismatch,
    /// The log signed two histories.
    LogFork,
    /// The newest known checkpoint of the log is older than it should be.
    LogStale,
    /// Something needed for the decision is missing.
    Unavailable,
}

impl Finding {
    /// The stable kebab-case code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Trusted => "trusted",
            Self::Unsigned => "unsigned",
            Self::Downgrade => "downgrade",
            Self::SignatureInvalid(_) => "signature-invalid",
            Self::IdentityMismatch => "identity-mismatch",
            Self::IdentityRetired => "identity-retired",
            Self::IdentityUnknown => "identity-unknown",
            Self::IdentityChanged => "identity-changed",
            Self::OwnerChanged => "owner-changed",
            Self::ReleaseRolledBack => "release-rolled-back",
            Self::NameMismatch => "name-mismatch",
            Self::ArchiveHostile => "archive-hostile",
            Self::NameUnchecked => "name-unchecked",
            Self::IndexStale => "index-stale",
            Self::Unlogged => "unlogged",
            Self::LogMismatch => "log-mismatch",
            Self::LogFork => "log-fork",
            Self::LogStale => "log-stale",
            Self::Unavailable => "unavailable",
        }
    }

    /// Every finding, in the order of the decision's steps; `signature-invalid` with one of its causes.
    pub const ALL: &'static [Self] = &[
        Self::SignatureInvalid(Cause::SignatureMismatch),
        Self::Unavailable,
        Self::IdentityMismatch,
        Self::IdentityRetired,
        Self::IdentityChanged,
        Self::IdentityUnknown,
        Self::Downgrade,
        Self::Unsigned,
        Self::OwnerChanged,
        Self::ReleaseRolledBack,
        Self::IndexStale,
        Self::LogFork,
        Self::LogMismatch,
        Self::Unlogged,
        Self::LogStale,
        Self::ArchiveHostile,
        Self::NameMismatch,
        Self::NameUnchecked,
        Self::Trusted,
    ];

    /// One sentence about it.
    pub const fn summary(self) -> &'static str {
        match self {
            Self::Trusted => "The signature is valid, and its signer may sign for the author.",
            Self::Unsigned => "The release has no bundle.",
            Self::Downgrade => {
                "The release has no bundle, although the author signs, or a release of the module was signed before."
            }
            Self::SignatureInvalid(_) => "The bundle proves nothing; the cause says why.",
            Self::IdentityMismatch => {
                "The signature is valid, and by another identity than the author's."
            }
            Self::IdentityRetired => {
                "The signature is valid, and by an identity of the author's that may not sign at that time."
            }
            Self::IdentityUnknown => {
                "The signature is valid, and nothing says which identities are the author's."
            }
            Self::IdentityChanged => {
                "The signature is valid, and by another identity than the author's first signer; nothing connects the two."
            }
            Self::OwnerChanged => {
                "The package index leads a module to another author than its known owners."
            }
            Self::ReleaseRolledBack => {
                "The package index leads to an older release than it did before."
            }
            Self::NameMismatch => "The archive is another release than its name says.",
            Self::ArchiveHostile => {
                "The archive does something that no release needs, such as leading out of its folder."
            }
            Self::NameUnchecked => "Nothing in the archive says which release it is.",
            Self::IndexStale => "The author index is older than it should be.",
            Self::Unlogged => "No log that you trust is known to have the release.",
            Self::LogMismatch => {
                "The log has other bytes under this path: not everybody gets the same."
            }
            Self::LogFork => "The log signed two histories that contradict each other.",
            Self::LogStale => "The newest known checkpoint of the log is older than it should be.",
            Self::Unavailable => {
                "The decision is undetermined: something needed for it is missing."
            }
        }
    }

    /// The address of the page about it.
    pub fn page(self) -> String {
        page(self.code())
    }

    /// The cause of `signature-invalid`.
    pub const fn cause(self) -> Option<Cause> {
        match self {
            Self::SignatureInvalid(cause) => Some(cause),
            _ => None,
        }
    }

    /// The exit code of a program that denies it.
    pub const fn exit(self) -> Exit {
        match self {
            Self::Trusted => Exit::Success,
            Self::Unsigned => Exit::Unsigned,
            Self::Downgrade | Self::ReleaseRolledBack => Exit::Downgrade,
            Self::SignatureInvalid(_) => Exit::SignatureInvalid,
            Self::IdentityMismatch
            | Self::IdentityRetired
            | Self::IdentityUnknown
            | Self::IdentityChanged
            | Self::OwnerChanged => Exit::IdentityMismatch,
            Self::NameMismatch | Self::ArchiveHostile | Self::NameUnchecked => Exit::Archive,
            Self::Unlogged | Self::LogMismatch | Self::LogFork => Exit::Log,
            Self::IndexStale | Self::LogStale | Self::Unavailable => Exit::TryLater,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// Exit codes of the program, one meaning each, the worst last: the end of several steps is their `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Done, or allowed.
    Success = 0,
    /// An internal error, or one of the file system or network that says nothing about the file.
    Failed = 1,
    /// The command line cannot be used.
    Usage = 2,
    /// Undetermined; trying again later may help.
    TryLater = 3,
    /// No signature.
    Unsigned = 10,
    /// A signature that proves nothing.
    SignatureInvalid = 11,
    /// A valid signature by somebody else, or a module of somebody else.
    IdentityMismatch = 12,
    /// No signature, where there was one before, or an older release.
    Downgrade = 13,
    /// An archive that does not match its name, or that PAUSE or clients would not take as it is.
    Archive = 14,
    /// A file that is not the logged one, or a log that breaks its rules.
    Log = 15,
}
