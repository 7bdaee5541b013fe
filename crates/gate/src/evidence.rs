//! What is known of a release before anything is decided.

use std::fmt;

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_keyless::{bundle::VerificationFailure, verify::VerifiedSignature};
use cpan_sigstore_records::chain::RecordChain;
use jiff::{SignedDuration, Timestamp};

use crate::{
    assess::ArchiveAssessment,
    authorized::{AuthorizedSigners, ChainSources},
    store::StoreRows,
};

/// All that a decision rests on, beside the policy.
pub(crate) struct Evidence {
    /// The exact bytes that were looked at; the signature was verified over this digest.
    pub digest: Sha256Digest,
    pub signature: Signature,
    pub archive: ArchiveAssessment,
    pub known: StoreRows,
    /// Who signs, by the author's own records.
    pub authorized: AuthorizedSigners,
    /// What that was put together from.
    pub sources: ChainSources,
    /// Why records that were found could not be verified.
    pub undetermined: Option<String>,
    /// How old the operator's index is; `None` where none is used.
    pub index: Option<IndexAge>,
    /// How long ago the repository of the trust material was asked; `None` where it comes from a file,
    /// whose age is the user's to guard.
    pub trust_age: Option<SignedDuration>,
}

impl fmt::Display for IndexAge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent { operator } => write!(f, "none of {operator}, which was never had"),
            Self::InFuture { operator, signed } => {
                write!(f, "one of {operator}, signed in the future, on {signed}")
            }
            Self::Signed { operator, age } => {
                write!(
                    f,
                    "one of {operator}, signed {} days ago",
                    age.as_hours() / 24
                )
            }
        }
    }
}

impl Evidence {
    /// Puts the author's records together anew, where another process knows others by now.
    pub fn know(&mut self, known: RecordChain, now: Timestamp) {
        self.sources.known = known;
        self.authorized = AuthorizedSigners::of(&self.sources, now);
    }
}

/// How old an operator's index is, by the clock of whoever looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IndexAge {
    /// There is none.
    Absent { operator: String },
    /// It was signed in the future.
    InFuture { operator: String, signed: Timestamp },
    /// It was signed this long ago.
    Signed {
        operator: String,
        age: SignedDuration,
    },
}

/// The state of a release's signature.
#[derive(Clone, Debug)]
pub(crate) enum Signature {
    /// There is no bundle.
    Absent,
    /// The bundle proves nothing.
    Invalid(VerificationFailure),
    /// The bundle cannot be verified now.
    Undetermined(String),
    /// The proof of who signed, which only the verifier makes.
    Verified(Box<VerifiedSignature>),
}
