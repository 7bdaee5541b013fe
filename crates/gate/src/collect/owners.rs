//! The owners of packages, by the author index and the trust store.

use std::collections::{BTreeMap, HashMap};

use cpan_sigstore_core::{
    reason::OwnerProof,
    release::{PackageName, PauseId, ReleasePath},
};

use cpan_sigstore_cpan::package_index::PackageIndex;
use cpan_sigstore_records::author_index::PackageOwners;
use jiff::Timestamp;

use super::EvidenceCollector;
use crate::{
    Candidate, GateError,
    authorized::AuthorizedSigners,
    evidence::OwnerEvidence,
    log::IndexStanding,
    store::{KnownOwners, main_package},
};

impl EvidenceCollector<'_> {
    /// Collects who may provide the packages that lead to a release.
    pub async fn owners(
        &self,
        candidate: &Candidate<'_>,
        known: KnownOwners,
        newest: &[ReleasePath],
        now: Timestamp,
    ) -> Result<OwnerEvidence, GateError> {
        let mut packages = candidate.packages.to_vec();
        if !packages.is_empty() {
            packages.extend(main_package(candidate.path));
        }
        let attested = self.attested_owners(&packages).await?;
        let mut signing = HashMap::new();
        for owner in known.values() {
            if !owner.is_held_by(&candidate.path.author) {
                self.signing(&owner.holders, &mut signing).await?;
            }
        }
        let unknown = candidate
            .packages
            .iter()
            .filter(|package| !known.contains_key(*package));
        let permitted = candidate.permissions.map(|permissions| {
            let authors =
                |package: &PackageName| (package.clone(), permissions.of_package(package));
            unknown.map(authors).collect()
        });
        let owners = OwnerEvidence {
            attested,
            known,
            permitted: permitted.unwrap_or_default(),
            is_index_logged: candidate.index == IndexStanding::Logged,
            signing,
            successors: BTreeMap::new(),
        };
        let author = &candidate.path.author;
        let is_foreign = |package| owners.is_foreign(package, author);
        let is_shared = newest.iter().any(|path| path.author != *author);
        let successors = match candidate.packages.iter().any(is_foreign) || is_shared {
            true => self.successors(candidate.path, &owners, now).await?,
            false => BTreeMap::new(),
        };
        Ok(OwnerEvidence {
            successors,
            ..owners
        })
    }

    /// Returns to whom the owners of packages hand over the distribution of a release. Only records count that are
    /// in the trust store or the author index.
    pub async fn successors(
        &self,
        path: &ReleasePath,
        owners: &OwnerEvidence,
        now: Timestamp,
    ) -> Result<BTreeMap<PauseId, Vec<PauseId>>, GateError> {
        let mut successors = BTreeMap::new();
        for owner in owners.all() {
            let (sources, _) = self.chain_sources(&owner, &[], now).await?;
            let history = AuthorizedSigners::of(&sources, now).history;
            let named = history.successors(path.name.distribution());
            if !named.is_empty() {
                successors.insert(owner, named.to_vec());
            }
        }
        Ok(successors)
    }

    /// Returns the owners of packages whom the author index names, the owner before co-maintainers.
    pub async fn attested_owners(
        &self,
        packages: &[PackageName],
    ) -> Result<BTreeMap<PackageName, Vec<PauseId>>, GateError> {
        let Some(operator) = self.operator.filter(|_| !packages.is_empty()) else {
            return Ok(BTreeMap::new());
        };
        let attested = self.memory.attested_owners(operator, packages).await?;
        let ids = |owners: &PackageOwners| owners.authors().cloned().collect();
        let named = attested.iter().map(|(name, it)| (name.clone(), ids(it)));
        Ok(named.collect())
    }

    /// Returns the owners of all packages of an index whom the author index names.
    pub async fn attested_owners_of(
        &self,
        index: &PackageIndex,
    ) -> Result<BTreeMap<PackageName, Vec<PauseId>>, GateError> {
        if self.operator.is_none() {
            return Ok(BTreeMap::new());
        }
        let packages = index.packages().filter_map(|name| name.parse().ok());
        self.attested_owners(&packages.collect::<Vec<_>>()).await
    }

    /// Adds how it is known of authors that they sign.
    pub async fn signing(
        &self,
        authors: &[PauseId],
        signing: &mut HashMap<PauseId, OwnerProof>,
    ) -> Result<(), GateError> {
        for author in authors {
            if signing.contains_key(author) {
                continue;
            }
            let pinned = self.policy.author_rule(author).identities;
            let proof = match self.memory.proof_of_signing(self.operator, author).await? {
                Some(proof) => Some(proof),
                None => pinned.map(|_| OwnerProof::Pinned),
            };
            if let Some(proof) = proof {
                signing.insert(author.clone(), proof);
            }
        }
        Ok(())
    }
}
