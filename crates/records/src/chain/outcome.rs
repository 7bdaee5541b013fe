//! The outcome of appending a record.

use std::fmt;

use serde::{Serialize, Serializer};

/// The outcome of appending a record to a chain. Codes are part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It is the next version.
    Accepted,
    /// A recovery key signed it, and it took the place of known records.
    Recovered,
    /// The chain has it already.
    Known,
    /// A version before it is missing.
    Waiting,
    /// It belongs to another author.
    OtherAuthor,
    /// No authorized identity signed it.
    SignerUnauthorized,
    /// The identity that signed it was not authorized at that time.
    SignerRetired,
    /// Its recovery signature is not by the recovery key in effect.
    RecoveryRefused,
    /// Another version 1 is known.
    RivalFirst,
    /// Another record of this version is known, and an authorized identity signed both.
    Fork,
    /// It names another predecessor than the known one.
    WrongParent,
    /// Its signing time is ahead of the local clock.
    SignedInFuture,
}

impl Outcome {
    /// The stable kebab-case code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Recovered => "recovered",
            Self::Known => "known",
            Self::Waiting => "waiting",
            Self::OtherAuthor => "other-author",
            Self::SignerUnauthorized => "signer-not-listed",
            Self::SignerRetired => "signer-retired",
            Self::RecoveryRefused => "recovery-refused",
            Self::RivalFirst => "second-first",
            Self::Fork => "fork",
            Self::WrongParent => "broken-chain",
            Self::SignedInFuture => "signed-in-future",
        }
    }

    /// Whether the record is in the chain.
    pub const fn is_in_chain(self) -> bool {
        matches!(self, Self::Accepted | Self::Recovered | Self::Known)
    }

    /// Whether two records conflict, each of which would be valid without the other.
    pub const fn is_conflict(self) -> bool {
        matches!(self, Self::Recovered | Self::RivalFirst | Self::Fork)
    }

    /// Whether the outcome can change when other records arrive.
    pub(super) const fn is_pending(self) -> bool {
        matches!(self, Self::Waiting | Self::WrongParent)
    }

    /// The reason, in words.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Accepted => "it follows on the known records",
            Self::Recovered => {
                "the author's recovery key signed it, so it takes the place of the known record"
            }
            Self::Known => "it is known",
            Self::Waiting => "a version before it is missing",
            Self::OtherAuthor => "it is a record of another author",
            Self::SignerUnauthorized => {
                "its signer is not authorized: version 1 needs one of its own identities, later versions one of the version before"
            }
            Self::SignerRetired => "its signer was not authorized at the time of signing",
            Self::RecoveryRefused => {
                "its recovery signature is not by the recovery key that was in effect at the time of signing"
            }
            Self::RivalFirst => "another version 1 is known and is kept",
            Self::Fork => "another record of this version is known and is kept",
            Self::WrongParent => "it follows on another record than the known one",
            Self::SignedInFuture => "it was signed in the future by the clock of this machine",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
