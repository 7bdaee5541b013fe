//! Lists, forgets and exports the contents of the store.

use cpan_sigstore_core::release::{PackageName, PauseId, ReleasePath};
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use super::{
    IndexState, NewestRelease, PackageOwner, SigstoreFork, StoredFork, StoredLog, StoredOverride,
    StoredRecord, StoredTree, TrustStore, TrustStoreError,
    chain::broken_chain,
    logs,
    rows::{PackageIndexDate, Scope, SignedRelease, TofuEntry},
    sigstore,
};

/// Largest export that is imported, in bytes.
pub const IMPORT_LIMIT: usize = 256 * 1024 * 1024;

/// The contents of the store; its JSON is the format of exports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Contents {
    /// First signers.
    pub first_seen: Vec<TofuEntry>,
    /// Signed releases.
    pub signed_before: Vec<SignedRelease>,
    /// Dates of package indexes.
    pub index_seen: Vec<PackageIndexDate>,
    /// Record chains, in the order of authors and versions.
    #[serde(default)]
    pub author_records: Vec<StoredRecord>,
    /// The newest author index of each operator; its records can be fetched again.
    #[serde(default)]
    pub operator_indexes: Vec<IndexState>,
    /// The times at which overrides were first seen.
    #[serde(default)]
    pub overrides: Vec<StoredOverride>,
    /// Owners of packages.
    #[serde(default)]
    pub package_owners: Vec<PackageOwner>,
    /// The newest release of each distribution.
    #[serde(default)]
    pub newest_releases: Vec<NewestRelease>,
    /// The newest checkpoint of each CPAN log.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<StoredLog>,
    /// The forks of CPAN logs, which an import leaves out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log_forks: Vec<StoredFork>,
    /// The newest checkpoint of each log of Sigstore, which an import leaves out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sigstore_trees: Vec<StoredTree>,
    /// The forks of Sigstore's logs, which an import leaves out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sigstore_forks: Vec<SigstoreFork>,
}

/// The part of the store to forget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forget {
    /// All of an author: first signers, signed releases, records, packages that were first seen from the author, and
    /// the state of a watch.
    Author(PauseId),
    /// All of a distribution, and packages that were first seen in it.
    Distribution(String),
    /// The owners of a package.
    Package(PackageName),
    /// A package index or an author index, by its address.
    Index(String),
    /// A CPAN log, by its key or its name, or a log of Sigstore, by its address: its checkpoints, and a fork.
    Log(String),
    /// Everything.
    All,
}

impl Contents {
    /// Reads an export.
    ///
    /// # Errors
    /// [`TrustStoreError::Import`] or [`TrustStoreError::TooLong`] for another text.
    pub fn parse(json: &[u8]) -> Result<Self, TrustStoreError> {
        if json.len() > IMPORT_LIMIT {
            return Err(TrustStoreError::TooLong {
                what: "an export",
                limit: IMPORT_LIMIT,
                found: json.len(),
            });
        }
        let contents: Self = serde_json::from_slice(json)
            .map_err(|error| TrustStoreError::Import(error.to_string()))?;
        contents.check()?;
        Ok(contents)
    }

    /// Checks that a store could have exported it.
    pub(super) fn check(&self) -> Result<(), TrustStoreError> {
        let refused = |found: String| Err(TrustStoreError::Import(found));
        for first in &self.first_seen {
            let Ok(path) = first.path.parse::<ReleasePath>() else {
                return refused(format!("`{}`, which is no release", first.path));
            };
            let name = match first.scope {
                Scope::Author => path.author.as_str(),
                Scope::Distribution => path.name.distribution(),
            };
            if name != first.name {
                return refused(format!("`{}`, which is not of {}", first.path, first.name));
            }
        }
        for signed in &self.signed_before {
            match signed.path.parse::<ReleasePath>() {
                Ok(path)
                    if path.author.as_str() == signed.author
                        && path.name.distribution() == signed.distribution => {}
                _ => {
                    return refused(format!(
                        "`{}`, whose author or distribution differs",
                        signed.path
                    ));
                }
            }
        }
        for owner in &self.package_owners {
            owner.check().map_err(TrustStoreError::Import)?;
        }
        if let Some(author) = broken_chain(&self.author_records) {
            return refused(format!(
                "records of {author} that do not follow on each other"
            ));
        }
        if let Some(index) = self.operator_indexes.iter().find(|index| index.number == 0) {
            return refused(format!("index number 0 of {}", index.operator));
        }
        let identities = self.first_seen.iter().map(|first| &first.identity);
        let identities = identities.chain(self.signed_before.iter().map(|signed| &signed.identity));
        let identities = identities.chain(self.author_records.iter().map(|known| &known.signer));
        for identity in identities {
            let texts = [
                &identity.subject,
                &identity.issuer,
                &identity.repository,
                &identity.repository_id,
                &identity.owner_id,
            ];
            let is_kind = ["email", "uri", "username"].contains(&identity.kind.as_str());
            if !is_kind || texts.iter().any(|text| text.len() > super::TEXT_LIMIT) {
                return refused(format!("no identity, `{:.80}`", identity.to_string()));
            }
        }
        Ok(())
    }
}

impl TrustStore {
    /// Returns the contents of the store, in the order of names.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the store cannot be used.
    pub async fn contents(&self) -> Result<Contents, TrustStoreError> {
        let mut connection = self.pool.acquire().await?;
        let all = |query: &'static str| sqlx::query(query);
        let first_seen = all("SELECT * FROM first_seen ORDER BY scope, name, author")
            .fetch_all(&mut *connection)
            .await?;
        let signed_before = all("SELECT * FROM signed_before ORDER BY path, digest")
            .fetch_all(&mut *connection)
            .await?;
        let index_seen = all("SELECT * FROM index_seen ORDER BY cpan")
            .fetch_all(&mut *connection)
            .await?;
        let author_records = all("SELECT * FROM author_record ORDER BY author, version")
            .fetch_all(&mut *connection)
            .await?;
        let operators = all("SELECT * FROM operator_index WHERE number > 0 ORDER BY operator")
            .fetch_all(&mut *connection)
            .await?;
        let overrides = all("SELECT * FROM vouched_override ORDER BY operator, author, version")
            .fetch_all(&mut *connection)
            .await?;
        let package_owners = all("SELECT * FROM package_owner ORDER BY package")
            .fetch_all(&mut *connection)
            .await?;
        let newest_releases = all("SELECT * FROM newest_release ORDER BY author, distribution")
            .fetch_all(&mut *connection)
            .await?;
        Ok(Contents {
            logs: logs::logs(&mut connection).await?,
            log_forks: logs::forks(&mut connection).await?,
            sigstore_trees: sigstore::trees(&mut connection).await?,
            sigstore_forks: sigstore::forks(&mut connection).await?,
            package_owners: read_all(&package_owners, PackageOwner::read)?,
            newest_releases: read_all(&newest_releases, NewestRelease::read)?,
            author_records: read_all(&author_records, StoredRecord::read)?,
            operator_indexes: read_all(&operators, IndexState::read)?,
            overrides: read_all(&overrides, StoredOverride::read)?,
            first_seen: read_all(&first_seen, TofuEntry::read)?,
            signed_before: read_all(&signed_before, SignedRelease::read)?,
            index_seen: read_all(&index_seen, PackageIndexDate::read)?,
        })
    }

    /// Forgets a part of the store, and returns the number of forgotten entries.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the store cannot be used.
    pub async fn forget(&self, what: &Forget) -> Result<u64, TrustStoreError> {
        let (queries, name): (&[&str], &str) = match what {
            Forget::Author(id) => (
                &[
                    "DELETE FROM first_seen WHERE author = $1",
                    "DELETE FROM signed_before WHERE author = $1",
                    "DELETE FROM author_record WHERE author = $1",
                    "DELETE FROM watched_author WHERE author = $1",
                    "DELETE FROM watch_alert WHERE author = $1",
                    "DELETE FROM package_owner WHERE author = $1",
                    "DELETE FROM newest_release WHERE author = $1",
                    "DELETE FROM awaited_bundle WHERE author = $1",
                    "DELETE FROM identity_watch WHERE name = 'author:' || $1",
                ],
                id.as_str(),
            ),
            Forget::Distribution(name) => (
                &[
                    "DELETE FROM first_seen WHERE scope = 'distribution' AND name = $1",
                    "DELETE FROM signed_before WHERE distribution = $1",
                    "DELETE FROM package_owner WHERE distribution = $1",
                    "DELETE FROM newest_release WHERE distribution = $1",
                ],
                name,
            ),
            Forget::Package(name) => (
                &["DELETE FROM package_owner WHERE package = $1"],
                name.as_str(),
            ),
            Forget::Index(address) => (
                &[
                    "DELETE FROM index_seen WHERE cpan = $1",
                    "DELETE FROM operator_index WHERE operator = $1",
                    "DELETE FROM vouched_author WHERE operator = $1",
                    "DELETE FROM vouched_record WHERE operator = $1",
                    "DELETE FROM vouched_override WHERE operator = $1",
                    "DELETE FROM attested_owners WHERE operator = $1",
                    "DELETE FROM attested_owner_change WHERE operator = $1",
                ],
                address,
            ),
            Forget::Log(name) => (
                &[
                    "DELETE FROM log_checkpoint WHERE log = $1 OR log LIKE $1 || '+%'",
                    "DELETE FROM log_fork WHERE log = $1 OR log LIKE $1 || '+%'",
                    "DELETE FROM sigstore_fork WHERE url = $1",
                    "DELETE FROM sigstore_tree WHERE url = $1",
                ],
                name,
            ),
            Forget::All => (
                &[
                    "DELETE FROM log_checkpoint WHERE $1 = ''",
                    "DELETE FROM log_fork WHERE $1 = ''",
                    "DELETE FROM sigstore_fork WHERE $1 = ''",
                    "DELETE FROM first_seen WHERE $1 = ''",
                    "DELETE FROM signed_before WHERE $1 = ''",
                    "DELETE FROM index_seen WHERE $1 = ''",
                    "DELETE FROM author_record WHERE $1 = ''",
                    "DELETE FROM package_owner WHERE $1 = ''",
                    "DELETE FROM newest_release WHERE $1 = ''",
                    "DELETE FROM awaited_bundle WHERE $1 = ''",
                    "DELETE FROM operator_index WHERE $1 = ''",
                    "DELETE FROM vouched_author WHERE $1 = ''",
                    "DELETE FROM vouched_record WHERE $1 = ''",
                    "DELETE FROM vouched_override WHERE $1 = ''",
                    "DELETE FROM watched_author WHERE $1 = ''",
                    "DELETE FROM watch_alert WHERE $1 = ''",
                    "DELETE FROM attested_owners WHERE $1 = ''",
                    "DELETE FROM attested_owner_change WHERE $1 = ''",
                ],
                "",
            ),
        };
        let mut transaction = self.pool.begin().await?;
        // They are no knowledge of the user's, and are not counted.
        let served = match what {
            Forget::Log(_) => Some("DELETE FROM log_tree WHERE log = $1 OR log LIKE $1 || '+%'"),
            Forget::Index(_) => Some("DELETE FROM served_packages WHERE cpan = $1"),
            Forget::All => Some("DELETE FROM served_packages WHERE $1 = ''"),
            _ => None,
        };
        let mut forgotten = 0;
        for query in queries {
            let done = sqlx::query(query).bind(name).execute(&mut *transaction);
            forgotten += done.await?.rows_affected();
        }
        if let Some(query) = served {
            let query = sqlx::query(query).bind(name);
            query.execute(&mut *transaction).await?;
        }
        if *what == Forget::All {
            for query in [
                "DELETE FROM log_tree",
                "DELETE FROM sigstore_tree",
                "DELETE FROM identity_watch",
            ] {
                sqlx::query(query).execute(&mut *transaction).await?;
            }
        }
        transaction.commit().await?;
        Ok(forgotten)
    }
}

fn read_all<T>(
    rows: &[AnyRow],
    read: impl Fn(&AnyRow) -> Result<T, TrustStoreError>,
) -> Result<Vec<T>, TrustStoreError> {
    rows.iter().map(read).collect()
}
