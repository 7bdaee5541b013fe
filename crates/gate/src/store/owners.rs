//! The authors of packages by the author index of an operator.
//!
//! An index has some 250 000 packages. They are stored in buckets, by the hash of their names: an import writes
//! the buckets that changed, and a lookup reads those of its packages.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use cpan_sigstore_core::{digest::Sha256Digest, release::PackageName};
use cpan_sigstore_records::author_index::{AuthorIndex, OwnerChange, PackageOwners, owner_changes};
use jiff::{SignedDuration, Timestamp};
use sqlx::{AnyConnection, Row as _, any::AnyRow};

use super::{
    TrustStore, TrustStoreError,
    rows::{timestamp, unreadable},
};

/// Bits of the hash that number the buckets: 4096 buckets of some 60 packages each.
const BUCKET_BITS: u32 = 12;
/// Most packages whose buckets a lookup reads one by one; a larger one reads all buckets.
const LOOKUPS: usize = 256;
/// Most changes that an import records; a larger number of them is one change of everything.
const CHANGES_LIMIT: usize = 1000;
/// How long a change is kept for the user to see.
const CHANGES_AGE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The packages of a bucket.
type Packages = BTreeMap<PackageName, PackageOwners>;

/// A change of the authors of a package, and when this store imported it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestedChange {
    /// The change.
    pub change: OwnerChange,
    /// When the index with it was imported.
    pub noted: Timestamp,
}

impl TrustStore {
    /// Returns the authors who may provide each of the packages, as the stored index of an operator states them.
    ///
    /// A package without an answer is not in the index, or the store has no index: then nothing is known of it. The
    /// age of the index is the caller's to judge ([`TrustStore::index_state`]).
    ///
    /// # Errors
    /// [`TrustStoreError`] if the trust store cannot be used.
    pub async fn attested_owners(
        &self,
        operator: &str,
        packages: &[PackageName],
    ) -> Result<BTreeMap<PackageName, PackageOwners>, TrustStoreError> {
        let wanted: HashSet<&PackageName> = packages.iter().collect();
        let mut connection = self.pool.acquire().await?;
        let mut found = BTreeMap::new();
        let mut take = |text: &str| -> Result<(), TrustStoreError> {
            let packages = read_bucket(text)?.into_iter();
            found.extend(packages.filter(|(package, _)| wanted.contains(package)));
            Ok(())
        };
        if packages.len() > LOOKUPS {
            let stored = stored_buckets(&mut connection, operator).await?;
            for text in stored.values() {
                take(text)?;
            }
            return Ok(found);
        }
        let buckets: BTreeSet<i64> = packages.iter().map(bucket_of).collect();
        for bucket in buckets {
            let row = sqlx::query(
                "SELECT packages FROM attested_owners WHERE operator = $1 AND bucket = $2",
            )
            .bind(operator)
            .bind(bucket)
            .fetch_optional(&mut *connection)
            .await?;
            if let Some(row) = row {
                take(&row.try_get::<String, _>("packages")?)?;
            }
        }
        Ok(found)
    }

    /// Returns the number of packages whose authors the stored index of an operator states.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the trust store cannot be used.
    pub async fn attested_package_count(&self, operator: &str) -> Result<usize, TrustStoreError> {
        let mut connection = self.pool.acquire().await?;
        let stored = stored_buckets(&mut connection, operator).await?;
        Ok(stored.values().map(|text| text.lines().count()).sum())
    }

    /// Returns the recent changes of packages between imported indexes of an operator: those with another owner
    /// first, then the newest.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the trust store cannot be used.
    pub async fn attested_owner_changes(
        &self,
        operator: &str,
    ) -> Result<Vec<AttestedChange>, TrustStoreError> {
        let rows = sqlx::query(
            "SELECT * FROM attested_owner_change WHERE operator = $1 ORDER BY noted DESC, package",
        )
        .bind(operator)
        .fetch_all(&self.pool)
        .await?;
        let mut changes = rows
            .iter()
            .map(AttestedChange::read)
            .collect::<Result<Vec<_>, _>>()?;
        changes.sort_by_key(|one| !one.change.has_other_owner());
        Ok(changes)
    }

    /// Returns the changes of packages that the import of an index would bring: those with another owner first.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the trust store cannot be used.
    pub async fn owner_changes_in(
        &self,
        operator: &str,
        index: &AuthorIndex,
    ) -> Result<Vec<OwnerChange>, TrustStoreError> {
        let mut connection = self.pool.acquire().await?;
        let stored = stored_buckets(&mut connection, operator).await?;
        let mut known = Packages::new();
        for text in stored.values() {
            known.extend(read_bucket(text)?);
        }
        let known: Vec<_> = known.into_iter().collect();
        Ok(owner_changes(&known, index.packages()))
    }
}

impl AttestedChange {
    fn read(row: &AnyRow) -> Result<Self, TrustStoreError> {
        let owners = |column: &str| -> Result<Option<PackageOwners>, TrustStoreError> {
            let text: String = row.try_get(column)?;
            match text.as_str() {
                "" => Ok(None),
                text => PackageOwners::from_json(text)
                    .map(Some)
                    .ok_or_else(|| unreadable("list of authors")),
            }
        };
        let package: String = row.try_get("package")?;
        Ok(Self {
            change: OwnerChange {
                package: package.parse().map_err(|_| unreadable("package"))?,
                before: owners("owners_before")?.ok_or_else(|| unreadable("list of authors"))?,
                after: owners("owners_after")?,
            },
            noted: timestamp(row, "noted")?,
        })
    }
}

/// Writes the buckets that changed, and records changes of known packages.
pub(super) async fn write(
    connection: &mut AnyConnection,
    operator: &str,
    index: &AuthorIndex,
    now: Timestamp,
) -> Result<(), TrustStoreError> {
    let mut buckets: BTreeMap<i64, String> = BTreeMap::new();
    for (package, owners) in index.packages() {
        let text = buckets.entry(bucket_of(package)).or_default();
        text.push_str(package.as_str());
        text.push(' ');
        text.push_str(&owners.to_json());
        text.push('\n');
    }
    let stored = stored_buckets(connection, operator).await?;
    let mut changes = Vec::new();
    for (bucket, before) in &stored {
        let after = buckets.get(bucket).map_or("", String::as_str);
        if before == after {
            continue;
        }
        let [before, after] = [read_bucket(before)?, read_bucket(after)?].map(Vec::from_iter);
        changes.extend(owner_changes(&before, &after));
        if !buckets.contains_key(bucket) {
            sqlx::query("DELETE FROM attested_owners WHERE operator = $1 AND bucket = $2")
                .bind(operator)
                .bind(bucket)
                .execute(&mut *connection)
                .await?;
        }
    }
    for (bucket, text) in buckets {
        if stored.get(&bucket) == Some(&text) {
            continue;
        }
        sqlx::query(
            "INSERT INTO attested_owners (operator, bucket, packages) VALUES ($1, $2, $3) \
             ON CONFLICT (operator, bucket) DO UPDATE SET packages = excluded.packages",
        )
        .bind(operator)
        .bind(bucket)
        .bind(text)
        .execute(&mut *connection)
        .await?;
    }
    changes.sort_by_key(|change| !change.has_other_owner());
    changes.truncate(CHANGES_LIMIT);
    note_changes(connection, operator, changes, now).await
}

async fn note_changes(
    connection: &mut AnyConnection,
    operator: &str,
    changes: Vec<OwnerChange>,
    now: Timestamp,
) -> Result<(), TrustStoreError> {
    let oldest = now.as_second().saturating_sub(CHANGES_AGE.as_secs());
    sqlx::query("DELETE FROM attested_owner_change WHERE operator = $1 AND noted < $2")
        .bind(operator)
        .bind(oldest)
        .execute(&mut *connection)
        .await?;
    for change in changes {
        sqlx::query(
            "INSERT INTO attested_owner_change (operator, package, owners_before, owners_after, noted) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (operator, package) DO UPDATE SET \
             owners_before = excluded.owners_before, owners_after = excluded.owners_after, \
             noted = excluded.noted",
        )
        .bind(operator)
        .bind(change.package.as_str())
        .bind(change.before.to_json())
        .bind(change.after.map_or_else(String::new, |after| after.to_json()))
        .bind(now.as_second())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn stored_buckets(
    connection: &mut AnyConnection,
    operator: &str,
) -> Result<BTreeMap<i64, String>, TrustStoreError> {
    let rows = sqlx::query("SELECT bucket, packages FROM attested_owners WHERE operator = $1")
        .bind(operator)
        .fetch_all(connection)
        .await?;
    let read = |row: &AnyRow| Ok((row.try_get("bucket")?, row.try_get("packages")?));
    rows.iter().map(read).collect()
}

/// The first bits of the hash of a name.
fn bucket_of(package: &PackageName) -> i64 {
    let digest = Sha256Digest::of(package.as_str().as_bytes());
    let [first, second, ..] = digest.as_bytes();
    i64::from(u16::from_be_bytes([*first, *second]) >> (16 - BUCKET_BITS))
}

fn read_bucket(text: &str) -> Result<Packages, TrustStoreError> {
    let line = |line: &str| {
        let (package, owners) = line.split_once(' ')?;
        Some((package.parse().ok()?, PackageOwners::from_json(owners)?))
    };
    let lines = text
        .lines()
        .map(|text| line(text).ok_or_else(|| unreadable("package")));
    lines.collect()
}
