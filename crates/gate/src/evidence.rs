//! The evidence about a release, before the decision.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use cpan_sigstore_core::{
    digest::Sha256Digest,
    reason::OwnerProof,
    release::{PackageName, PauseId},
    text::count,
};
use cpan_sigstore_keyless::{bundle::VerificationFailure, verify::VerifiedSignature};
use cpan_sigstore_records::chain::RecordChain;
use jiff::{SignedDuration, Timestamp};

use crate::{
    assess::ArchiveAssessment,
    authorized::{AuthorizedSigners, ChainSources},
    log::LogEvidence,
    store::{HOLDERS_LIMIT, KnownOwners, StoreRows},
};

/// All that a decision is based on, except the policy.
pub(crate) struct Evidence {
    /// The digest of the exact bytes that were inspected; the signature was verified over it.
    pub digest: Sha256Digest,
    pub signature: Signature,
    pub archive: ArchiveAssessment,
    pub known: StoreRows,
    /// The owners of the packages that lead to the release.
    pub owners: OwnerEvidence,
    /// The authorized signers by the author's own records.
    pub authorized: AuthorizedSigners,
    /// The records that those come from.
    pub sources: ChainSources,
    /// Why records that were found could not be verified.
    pub undetermined: Option<String>,
    /// The age of the author index, if one is used.
    pub index: Option<IndexAge>,
    /// The state of the archive in the CPAN log, if one is used.
    pub log: Option<LogEvidence>,
    /// The time since the last answer from the repository of the trust material; `None` for a file, whose age is the
    /// user's to guard.
    pub trust_age: Option<SignedDuration>,
}

/// Who may provide packages, by each source but the policy: those that lead to the release, and the one that its
/// distribution is named after.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnerEvidence {
    /// The owners by the author index.
    pub attested: BTreeMap<PackageName, Vec<PauseId>>,
    /// The owners in the trust store.
    pub known: KnownOwners,
    /// The authors of packages without other owners, by the CPAN itself. They are no source of owners.
    pub permitted: BTreeMap<PackageName, Vec<PauseId>>,
    /// Whether the CPAN log has the package index that leads to the release.
    pub is_index_logged: bool,
    /// How it is known of an owner that he signs.
    pub signing: HashMap<PauseId, OwnerProof>,
    /// The authors to whom an owner hands over the distribution of the release, by the owner's record.
    pub successors: BTreeMap<PauseId, Vec<PauseId>>,
}

/// Most owners whose records are read for one decision.
const OWNERS_READ: usize = 64;

impl OwnerEvidence {
    /// All owners by the author index and the trust store, the owner of a package before others.
    pub fn all(&self) -> Vec<PauseId> {
        let known = self.known.values().flat_map(|it| &it.holders);
        let mut all: Vec<PauseId> = Vec::new();
        for owner in self.attested.values().flatten().chain(known) {
            if !all.contains(owner) && all.len() < OWNERS_READ {
                all.push(owner.clone());
            }
        }
        all
    }

    /// Whether a source names the owners of a package, and the author is none of them.
    pub fn is_foreign(&self, package: &PackageName, author: &PauseId) -> bool {
        let attested = self.attested.get(package).map(Vec::as_slice);
        let known = || self.known.get(package).map(|it| it.holders.as_slice());
        let owners = attested.or_else(known);
        owners.is_some_and(|owners| !owners.contains(author))
    }

    /// The holders of a package to remember: the author of the release, and those whom the author index names. If it
    /// names nobody, those whom the CPAN names, as long as the author is one of them.
    pub fn holders(&self, package: &PackageName, author: &PauseId) -> Vec<PauseId> {
        let mut holders = vec![author.clone()];
        let permitted = self.permitted.get(package);
        let permitted = permitted.filter(|permitted| permitted.contains(author));
        let named = self.attested.get(package).or(permitted);
        for owner in named.into_iter().flatten() {
            if !holders.contains(owner) && holders.len() < HOLDERS_LIMIT {
                holders.push(owner.clone());
            }
        }
        holders
    }
}

impl fmt::Display for IndexAge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent { operator } => write!(f, "none of {operator}, which was never fetched"),
            Self::InFuture { operator, signed } => {
                write!(f, "one of {operator}, signed in the future, on {signed}")
            }
            Self::Signed { operator, age } => {
                write!(
                    f,
                    "one of {operator}, signed {} ago",
                    count(age.as_hours() / 24, "day")
                )
            }
        }
    }
}

impl Evidence {
    /// Whether the release has a valid signature.
    pub fn is_signed(&self) -> bool {
        matches!(self.signature, Signature::Verified(_))
    }

    /// Builds the chain again, after another process remembered another one.
    pub fn know(&mut self, known: RecordChain, now: Timestamp) {
        self.sources.known = known;
        self.authorized = AuthorizedSigners::of(&self.sources, now);
    }
}

/// The age of an author index, by the clock of this machine.
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
