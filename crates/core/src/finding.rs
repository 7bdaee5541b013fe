//! What is the case with a file and its signature, as stable codes.
//!
//! Codes are part of the interface: they stand in `--json`, in documents and in tests, and do not
//! change their meaning.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::cause::Cause;

/// What was found about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Finding {
    /// The signature is valid and by the identity that was asked for, or that is the author's.
    Trusted,
    /// There is no bundle.
    Unsigned,
    /// There is no bundle, where the author or the distribution has signed before.
    Downgrade,
    /// There is a bundle, and it proves nothing; the cause says why.
    SignatureInvalid(Cause),
    /// The signature is valid and by somebody else.
    IdentityMismatch,
    /// The signature is valid and by an identity of the author's that was not to sign at that time.
    IdentityRetired,
    /// The signature is valid, and nobody has said who the author is.
    IdentityUnknown,
    /// The signature is valid and by another identity than the one that was seen first, and nothing
    /// connects the two.
    IdentityChanged,
    /// The archive is another release than its name says.
    NameMismatch,
    /// The archive does something that no release needs, such as leading out of its folder.
    ArchiveHostile,
    /// Nothing in the archive says which release it is.
    NameUnchecked,
    /// The operator's index of author records is older than it should be.
    IndexStale,
    /// Whether the signature is valid could not be told.
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
            Self::NameMismatch => "name-mismatch",
            Self::ArchiveHostile => "archive-hostile",
            Self::NameUnchecked => "name-unchecked",
            Self::IndexStale => "index-stale",
            Self::Unavailable => "unavailable",
        }
    }

    /// The code of the cause, where a finding has one.
    pub const fn cause(self) -> Option<Cause> {
        match self {
            Self::SignatureInvalid(cause) => Some(cause),
            _ => None,
        }
    }

    /// How a program ends that found this and denies it.
    pub const fn exit(self) -> Exit {
        match self {
            Self::Trusted => Exit::Success,
            Self::Unsigned => Exit::Unsigned,
            Self::Downgrade => Exit::Downgrade,
            Self::SignatureInvalid(_) => Exit::SignatureInvalid,
            Self::IdentityMismatch
            | Self::IdentityRetired
            | Self::IdentityUnknown
            | Self::IdentityChanged => Exit::IdentityMismatch,
            Self::NameMismatch | Self::ArchiveHostile | Self::NameUnchecked => Exit::Archive,
            Self::IndexStale | Self::Unavailable => Exit::TryLater,
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

/// Exit codes of the program, one meaning each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, or allowed.
    Success = 0,
    /// An internal error, or one of the file system or network that says nothing about the file.
    Failed = 1,
    /// The command line cannot be used.
    Usage = 2,
    /// It could not be told; trying again later may help.
    TryLater = 3,
    /// No signature.
    Unsigned = 10,
    /// A signature that proves nothing.
    SignatureInvalid = 11,
    /// A valid signature by somebody else.
    IdentityMismatch = 12,
    /// No signature, where there was one before.
    Downgrade = 13,
    /// An archive that does not match its name, or that PAUSE or clients would not take as it is.
    Archive = 14,
}
