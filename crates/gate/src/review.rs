//! Reviews a package index: entries that lead a module to another author than its known owners.

use std::collections::{BTreeMap, HashMap, HashSet};

use cpan_sigstore_core::{
    decision::Decision,
    reason::OwnerProof,
    release::{PackageName, PauseId, ReleasePath},
    verdict::Verdict,
};
use cpan_sigstore_cpan::package_index::{IndexEntry, PackageIndex};
use jiff::Timestamp;

use crate::{
    Gate, GateError,
    decide::owner,
    evidence::OwnerEvidence,
    store::{KnownOwners, PackageOwner},
};

/// Most entries of one index that contradict the owners of their packages. An index with more of them is not that of
/// the CPAN at all.
pub(crate) const DENIED_LIMIT: usize = 10_000;

/// Most owners whose records are read for one index. A hostile index could name all.
const FOLLOWED_LIMIT: usize = 64;

/// An entry of a package index that the gate denies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeniedEntry {
    /// The package.
    pub package: PackageName,
    /// The release to which the entry leads.
    pub path: ReleasePath,
    /// The verdict: `owner-changed`.
    pub verdict: Verdict,
}

/// The owners of all packages, by each source but the policy.
struct Owners {
    attested: BTreeMap<PackageName, Vec<PauseId>>,
    known: KnownOwners,
    /// The distributions whose authors the policy names.
    distributions: Vec<String>,
}

impl Gate {
    /// Returns the owners of modules that a package index leads to other authors. Their newest records may hand the
    /// modules over.
    ///
    /// # Errors
    /// [`GateError::TrustStore`] if the store cannot be used.
    pub async fn foreign_owners(&self, index: &PackageIndex) -> Result<Vec<PauseId>, GateError> {
        let evidence = OwnerEvidence {
            attested: self.collector().attested_owners_of(index).await?,
            known: self.trust_store().all_package_owners().await?,
            ..OwnerEvidence::default()
        };
        let mut owners: Vec<PauseId> = Vec::new();
        for entry in index.entries() {
            let attested = evidence.attested.get(entry.package).map(Vec::as_slice);
            let known = || {
                evidence
                    .known
                    .get(entry.package)
                    .map(|it| it.holders.as_slice())
            };
            let named = attested.or_else(known).unwrap_or_default();
            if named.iter().any(|id| id.as_str() == entry.author()) {
                continue;
            }
            let new: Vec<_> = named
                .iter()
                .filter(|id| !owners.contains(id))
                .cloned()
                .collect();
            owners.extend(new);
            if owners.len() >= FOLLOWED_LIMIT {
                break;
            }
        }
        owners.truncate(FOLLOWED_LIMIT);
        Ok(owners)
    }

    /// Removes the entries of a package index that lead a module to another author than its owners, as far as a request
    /// for the release would be denied for it. Returns them.
    ///
    /// # Errors
    /// [`GateError::TrustStore`] if the store cannot be used, and [`GateError::ContradictingIndex`] for too many such
    /// entries. The index is unchanged then.
    pub async fn review_index(
        &self,
        index: &mut PackageIndex,
        now: Timestamp,
    ) -> Result<Vec<DeniedEntry>, GateError> {
        let collector = self.collector();
        let distributions = self
            .policy()
            .owned_distributions()
            .map(|name| format!("/{name}"));
        let owners = Owners {
            attested: collector.attested_owners_of(index).await?,
            known: self.trust_store().all_package_owners().await?,
            distributions: distributions.collect(),
        };
        let mut denied = Vec::new();
        let mut contradictions = 0;
        let mut signing = HashMap::new();
        for entry in index
            .entries()
            .filter(|entry| self.is_suspect(&owners, *entry))
        {
            let (Ok(package), Ok(path)) = (entry.package.parse(), entry.path.parse()) else {
                continue;
            };
            let known = owners.known.get(entry.package);
            if let Some(known) = known {
                collector.signing(&known.holders, &mut signing).await?;
            }
            let mut evidence = OwnerEvidence {
                attested: one(&owners.attested, &package).collect(),
                known: known
                    .map(|it| (it.package.clone(), it.clone()))
                    .into_iter()
                    .collect(),
                signing: of_holders(known, &signing),
                permitted: BTreeMap::new(),
                is_index_logged: false,
                successors: BTreeMap::new(),
            };
            if self.denial(&path, &package, &evidence).is_some() {
                evidence.successors = collector.successors(&path, &evidence, now).await?;
            }
            if let Some(verdict) = self.denial(&path, &package, &evidence) {
                // Everybody may upload a file with the name of a distribution that a user has pinned.
                contradictions += usize::from(self.has_owner(&owners, entry));
                if contradictions > DENIED_LIMIT {
                    return Err(GateError::ContradictingIndex);
                }
                denied.push(DeniedEntry {
                    package,
                    path,
                    verdict,
                });
            }
        }
        let names: HashSet<&str> = denied.iter().map(|it| it.package.as_str()).collect();
        index.retain(|entry| !names.contains(entry.package));
        Ok(denied)
    }

    /// Whether any source may name other owners of a package. It is cheap, because an index has some 250000 entries.
    fn is_suspect(&self, owners: &Owners, entry: IndexEntry<'_>) -> bool {
        let author = entry.author();
        let is_other = |named: &[PauseId]| named.iter().all(|id| id.as_str() != author);
        let pins = self.policy().module_authors(entry.package);
        let attested = owners.attested.get(entry.package).map(Vec::as_slice);
        let known = owners
            .known
            .get(entry.package)
            .map(|it| it.holders.as_slice());
        pins.or(attested).or(known).is_some_and(is_other)
            || owners
                .distributions
                .iter()
                .any(|name| entry.path.contains(name))
    }

    /// Whether any source names the owners of a package.
    fn has_owner(&self, owners: &Owners, entry: IndexEntry<'_>) -> bool {
        self.policy().module_authors(entry.package).is_some()
            || owners.attested.contains_key(entry.package)
            || owners.known.contains_key(entry.package)
    }

    /// The verdict on an entry, if it is denied.
    fn denial(
        &self,
        path: &ReleasePath,
        package: &PackageName,
        evidence: &OwnerEvidence,
    ) -> Option<Verdict> {
        let rules = self.policy().rules(path, std::slice::from_ref(package));
        let denials = rules.iter().filter_map(|it| {
            let change = owner(path, &it.rule, &it.packages, evidence)?;
            let decision = change.decision(&it.rule);
            let reason = || it.rule.reason(change.finding);
            (decision == Decision::Deny).then(|| {
                let mut verdict = Verdict::new(change.finding, decision);
                verdict.reasons = vec![change.denied.clone().unwrap_or_else(reason)];
                verdict.expected = change.expected;
                verdict.found = change.found;
                verdict.hint = change.hint;
                verdict
            })
        });
        denials.into_iter().next()
    }
}

/// How it is known of the holders of one package that they sign.
fn of_holders(
    known: Option<&PackageOwner>,
    signing: &HashMap<PauseId, OwnerProof>,
) -> HashMap<PauseId, OwnerProof> {
    let holders = known.into_iter().flat_map(|known| &known.holders);
    let signing = holders.filter_map(|id| Some((id.clone(), signing.get(id)?.clone())));
    signing.collect()
}

fn one(
    owners: &BTreeMap<PackageName, Vec<PauseId>>,
    package: &PackageName,
) -> impl Iterator<Item = (PackageName, Vec<PauseId>)> {
    let owners = owners.get(package).cloned();
    owners.map(|owners| (package.clone(), owners)).into_iter()
}
