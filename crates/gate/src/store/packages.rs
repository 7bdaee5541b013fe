//! The owners of packages, and the newest releases to which a package index led.

use std::{collections::HashMap, fmt::Write as _, str::FromStr};

use cpan_sigstore_core::{
    reason::OwnerProof,
    release::{PackageName, PauseId, ReleasePath},
};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use sqlx::{AnyConnection, Row as _, any::AnyRow};

use super::{
    TrustStore, TrustStoreError,
    rows::{timestamp, unreadable},
};

/// Most holders of one package. PAUSE's largest lists have some twenty.
pub(crate) const HOLDERS_LIMIT: usize = 64;
/// Number of packages in one query.
const CHUNK: usize = 500;

/// The authors who may provide a package, by first sight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PackageOwner {
    /// The package.
    pub package: PackageName,
    /// The authors who held it then; the author of the release is the first.
    #[serde(deserialize_with = "ids")]
    pub holders: Vec<PauseId>,
    /// The release that was first admitted through it.
    #[serde(deserialize_with = "parsed")]
    pub path: ReleasePath,
    /// The first admitted release of a holder with a valid signature.
    #[serde(default, deserialize_with = "maybe_parsed")]
    pub signed: Option<ReleasePath>,
    /// The time at which it was admitted.
    pub seen: Timestamp,
}

/// The newest admitted release of an author's distribution to which a package index led.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NewestRelease {
    /// The release.
    #[serde(deserialize_with = "parsed")]
    pub path: ReleasePath,
    /// The time at which it was admitted.
    pub seen: Timestamp,
}

/// The owners of packages, by name.
pub(crate) type KnownOwners = HashMap<PackageName, PackageOwner>;

fn parsed<'de, D: Deserializer<'de>, T: FromStr<Err: std::fmt::Display>>(
    deserializer: D,
) -> Result<T, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map_err(D::Error::custom)
}

fn maybe_parsed<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<ReleasePath>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse().map_err(D::Error::custom))
        .transpose()
}

fn ids<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PauseId>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let parse = |text: &String| text.parse().map_err(D::Error::custom);
    texts.iter().map(parse).collect()
}

impl TrustStore {
    /// Returns the known owners of packages.
    pub(crate) async fn package_owners(
        &self,
        packages: &[PackageName],
    ) -> Result<KnownOwners, TrustStoreError> {
        let mut connection = self.pool.acquire().await?;
        package_owners(&mut connection, packages).await
    }

    /// Returns the owners of all packages that the store knows.
    pub(crate) async fn all_package_owners(&self) -> Result<KnownOwners, TrustStoreError> {
        let rows = sqlx::query("SELECT * FROM package_owner")
            .fetch_all(&self.pool)
            .await?;
        by_name(&rows)
    }

    /// Returns how it is known that an author signs: by an admitted release, or by a record in the store or in the
    /// operator's author index. `None` if it is not known.
    pub(crate) async fn proof_of_signing(
        &self,
        operator: Option<&str>,
        author: &PauseId,
    ) -> Result<Option<OwnerProof>, TrustStoreError> {
        let mut connection = self.pool.acquire().await?;
        let signed = sqlx::query(
            "SELECT path FROM signed_before WHERE author = $1 ORDER BY seen, path LIMIT 1",
        )
        .bind(author.as_str())
        .fetch_optional(&mut *connection)
        .await?;
        if let Some(row) = signed {
            return Ok(Some(OwnerProof::Release(release(&row, "path")?)));
        }
        let record = sqlx::query(
            "SELECT author FROM author_record WHERE author = $1 \
             UNION ALL SELECT author FROM vouched_author WHERE author = $1 AND operator = $2 LIMIT 1",
        )
        .bind(author.as_str())
        .bind(operator.unwrap_or_default())
        .fetch_optional(&mut *connection)
        .await?;
        Ok(record.map(|_| OwnerProof::Record))
    }
}

/// Returns the known owners of packages.
pub(super) async fn package_owners(
    connection: &mut AnyConnection,
    packages: &[PackageName],
) -> Result<KnownOwners, TrustStoreError> {
    let mut owners = KnownOwners::new();
    for chunk in packages.chunks(CHUNK) {
        let mut places = String::new();
        for number in 1..=chunk.len() {
            let comma = if number == 1 { "" } else { ", " };
            // Writing to a string cannot fail.
            let _ = write!(places, "{comma}${number}");
        }
        let sql = format!("SELECT * FROM package_owner WHERE package IN ({places})");
        let mut query = sqlx::query(&sql);
        for package in chunk {
            query = query.bind(package.as_str());
        }
        owners.extend(by_name(&query.fetch_all(&mut *connection).await?)?);
    }
    Ok(owners)
}

/// Returns the package that the distribution of a release is named after, as most are.
pub(crate) fn main_package(path: &ReleasePath) -> Option<PackageName> {
    path.name.distribution().replace('-', "::").parse().ok()
}

/// Returns the newest release of a distribution, of each author who has one.
pub(super) async fn newest_releases(
    connection: &mut AnyConnection,
    distribution: &str,
) -> Result<Vec<ReleasePath>, TrustStoreError> {
    let rows =
        sqlx::query("SELECT path FROM newest_release WHERE distribution = $1 ORDER BY author")
            .bind(distribution)
            .fetch_all(connection)
            .await?;
    rows.iter().map(|row| release(row, "path")).collect()
}

/// Returns the newest release of an author's distribution.
async fn newest_release(
    connection: &mut AnyConnection,
    author: &str,
    distribution: &str,
) -> Result<Option<NewestRelease>, TrustStoreError> {
    let row = sqlx::query("SELECT * FROM newest_release WHERE author = $1 AND distribution = $2")
        .bind(author)
        .bind(distribution)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(NewestRelease::read).transpose()
}

impl PackageOwner {
    /// Whether an author held the package.
    pub fn is_held_by(&self, author: &PauseId) -> bool {
        self.holders.contains(author)
    }

    /// Checks that a store could have exported it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn check(&self) -> Result<(), String> {
        if !self.is_held_by(&self.path.author) || self.holders.len() > HOLDERS_LIMIT {
            return Err(format!(
                "holders of {} that contradict `{}`",
                self.package, self.path
            ));
        }
        match &self.signed {
            Some(signed) if !self.is_held_by(&signed.author) => Err(format!(
                "`{signed}`, whose author does not hold {}",
                self.package
            )),
            _ => Ok(()),
        }
    }

    pub(super) fn read(row: &AnyRow) -> Result<Self, TrustStoreError> {
        let package: String = row.try_get("package")?;
        let holders: String = row.try_get("holders")?;
        let signed: String = row.try_get("signed")?;
        let id = |id: &str| id.parse().map_err(|_| unreadable("PAUSE id"));
        Ok(Self {
            package: package.parse().map_err(|_| unreadable("package"))?,
            holders: holders
                .split_whitespace()
                .map(id)
                .collect::<Result<_, _>>()?,
            path: release(row, "path")?,
            signed: match signed.as_str() {
                "" => None,
                _ => Some(release(row, "signed")?),
            },
            seen: timestamp(row, "seen")?,
        })
    }

    /// Inserts the owner of a package, unless one is there; of one that is there, a missing signed release of a
    /// holder. Returns the number of changed rows.
    pub(super) async fn insert(
        &self,
        connection: &mut AnyConnection,
    ) -> Result<u64, TrustStoreError> {
        let holders: Vec<_> = self.holders.iter().map(PauseId::as_str).collect();
        let signed = self.signed.as_ref().map(ToString::to_string);
        let author = self.path.author.as_str();
        let done = sqlx::query(
            "INSERT INTO package_owner (package, holders, author, distribution, path, signed, seen) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (package) DO UPDATE SET signed = excluded.signed \
             WHERE package_owner.signed = '' AND excluded.signed <> '' \
             AND (' ' || package_owner.holders || ' ') LIKE ('% ' || $8 || ' %')",
        )
        .bind(self.package.as_str())
        .bind(holders.join(" "))
        .bind(author)
        .bind(self.path.name.distribution())
        .bind(self.path.to_string())
        .bind(signed.unwrap_or_default())
        .bind(self.seen.as_second())
        .bind(self.signed.as_ref().map_or(author, |it| it.author.as_str()))
        .execute(connection);
        Ok(done.await?.rows_affected())
    }

    /// Removes the owner of a package.
    pub(super) async fn remove(
        connection: &mut AnyConnection,
        package: &PackageName,
    ) -> Result<(), TrustStoreError> {
        let remove = sqlx::query("DELETE FROM package_owner WHERE package = $1");
        remove.bind(package.as_str()).execute(connection).await?;
        Ok(())
    }
}

impl NewestRelease {
    pub(super) fn read(row: &AnyRow) -> Result<Self, TrustStoreError> {
        Ok(Self {
            path: release(row, "path")?,
            seen: timestamp(row, "seen")?,
        })
    }

    /// Whether this release is older than another one of its distribution. Versions that Perl cannot read are neither.
    pub fn is_older(older: &ReleasePath, newer: &ReleasePath) -> bool {
        match (older.name.perl_version(), newer.name.perl_version()) {
            (Some(older), Some(newer)) => older < newer,
            _ => false,
        }
    }

    /// Inserts the release, or puts it in the place of one that is no newer. Returns the number of changed rows.
    pub(super) async fn insert(
        &self,
        connection: &mut AnyConnection,
    ) -> Result<u64, TrustStoreError> {
        let (author, distribution) = (self.path.author.as_str(), self.path.name.distribution());
        // A write comes first, so that SQLite locks the file for writing at once.
        let inserted = sqlx::query(
            "INSERT INTO newest_release (author, distribution, path, seen) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (author, distribution) DO NOTHING",
        )
        .bind(author)
        .bind(distribution)
        .bind(self.path.to_string())
        .bind(self.seen.as_second())
        .execute(&mut *connection)
        .await?;
        if inserted.rows_affected() > 0 {
            return Ok(inserted.rows_affected());
        }
        let known = newest_release(connection, author, distribution).await?;
        let Some(known) = known.filter(|known| Self::is_older(&known.path, &self.path)) else {
            return Ok(0);
        };
        // Another process may have been quicker.
        let updated = sqlx::query(
            "UPDATE newest_release SET path = $1, seen = $2 \
             WHERE author = $3 AND distribution = $4 AND path = $5",
        )
        .bind(self.path.to_string())
        .bind(self.seen.as_second())
        .bind(author)
        .bind(distribution)
        .bind(known.path.to_string())
        .execute(connection);
        Ok(updated.await?.rows_affected())
    }
}

fn by_name(rows: &[AnyRow]) -> Result<KnownOwners, TrustStoreError> {
    let owner = |row| PackageOwner::read(row).map(|owner| (owner.package.clone(), owner));
    rows.iter().map(owner).collect()
}

fn release(row: &AnyRow, column: &str) -> Result<ReleasePath, TrustStoreError> {
    let path: String = row.try_get(column)?;
    path.parse().map_err(|_| unreadable("release"))
}
