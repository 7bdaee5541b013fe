//! What becomes of a record.

use std::fmt;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::SignedRecord;
use cpan_sigstore_core::digest::Sha256Digest;

/// What becomes of a record. Codes are part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It is the next version.
    Accepted,
    /// It is known already.
    Known,
    /// A version before it is missing.
    Waiting,
    /// It is of another author.
    OtherAuthor,
    /// No identity signed it that may.
    SignerNotListed,
    /// An identity signed it that may not any more, or not yet.
    SignerRetired,
    /// Another version 1 is known.
    SecondFirst,
    /// Another record of this version is known, and an identity that may have signed both.
    Fork,
    /// It follows on another record than the known one of the version before.
    BrokenChain,
    /// It was signed in what is the future by the clock of whoever looks.
    SignedInFuture,
}

impl Outcome {
    /// The stable kebab-case code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Known => "known",
            Self::Waiting => "waiting",
            Self::OtherAuthor => "other-author",
            Self::SignerNotListed => "signer-not-listed",
            Self::SignerRetired => "signer-retired",
            Self::SecondFirst => "second-first",
            Self::Fork => "fork",
            Self::BrokenChain => "broken-chain",
            Self::SignedInFuture => "signed-in-future",
        }
    }

    /// Whether it belongs to what is known.
    pub const fn counts(self) -> bool {
        matches!(self, Self::Accepted | Self::Known)
    }

    /// Whether there are two sides, each of which would be right without the other.
    pub const fn is_conflict(self) -> bool {
        matches!(self, Self::SecondFirst | Self::Fork)
    }

    /// What is the case, in words.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Accepted => "it follows on what is known",
            Self::Known => "it is known",
            Self::Waiting => {
                "a version before it is missing, and until that is there it counts for nothing"
            }
            Self::OtherAuthor => "it is a record of another author",
            Self::SignerNotListed => {
                "no identity signed it that may: in version 1 one of its own, later one of the version before"
            }
            Self::SignerRetired => "the identity that signed it did not count at that time",
            Self::SecondFirst => "another version 1 is known, and that one stands",
            Self::Fork => "another record of this version is known, and that one stands",
            Self::BrokenChain => "it follows on another record than the one that is known",
            Self::SignedInFuture => "by the clock of this machine it was signed in the future",
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

/// One record, as it is told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Side {
    /// Its version.
    pub version: u32,
    /// Its digest.
    pub digest: Sha256Digest,
    /// Who signed it.
    pub signer: String,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed: Option<Timestamp>,
}

impl From<&SignedRecord> for Side {
    fn from(signed: &SignedRecord) -> Self {
        Self {
            version: signed.record().version(),
            digest: signed.record().digest(),
            signer: signed.signer().to_string(),
            signed: signed.signed(),
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "version {} ({}), signed by {}",
            self.version, self.digest, self.signer
        )?;
        if let Some(signed) = self.signed {
            write!(f, " on {signed}")?;
        }
        Ok(())
    }
}

/// What became of a record, with both sides where there are two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Learned {
    /// What became of it.
    pub outcome: Outcome,
    /// The record.
    pub found: Side,
    /// The one that is known in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known: Option<Side>,
}

impl fmt::Display for Learned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.outcome, self.found)?;
        if let Some(known) = &self.known {
            write!(f, "; known is {known}")?;
        }
        write!(f, "; {}", self.outcome.meaning())
    }
}
