//! Lists, forgets and exports the contents of the store.

use cpan_sigstore_core::{
    digest::Sha256Digest,
    identity::StableIdentity,
    release::{PauseId, ReleasePath},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, Row as _, any::AnyRow};

use super::{
    FirstSigner, IndexState, StoredOverride, StoredRecord, TrustStore, TrustStoreError, import,
};

/// Largest export that is imported, in bytes.
pub const IMPORT_LIMIT: usize = 256 * 1024 * 1024;

/// The scope of a first signer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// An author, by PAUSE id.
    Author,
    /// An author's distribution, by name.
    Distribution,
}

impl Scope {
    /// The stable kebab-case code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::Distribution => "distribution",
        }
    }
}

/// The identity that signed the first admitted release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TofuEntry {
    /// Its scope.
    pub scope: Scope,
    /// The author or the distribution.
    pub name: String,
    /// The identity.
    pub identity: StableIdentity,
    /// The release.
    pub path: String,
    /// The time at which it was admitted.
    pub seen: Timestamp,
}

/// An admitted release with a valid signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SignedRelease {
    /// The release.
    pub path: String,
    /// The digest of its bytes.
    pub digest: Sha256Digest,
    /// Its author.
    pub author: String,
    /// Its distribution.
    pub distribution: String,
    /// Its signer.
    pub identity: StableIdentity,
    /// The time of signing.
    pub signed: Timestamp,
    /// The time at which it was admitted.
    pub seen: Timestamp,
}

/// The newest date of a package index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PackageIndexDate {
    /// The CPAN's address.
    pub cpan: String,
    /// The date in the index.
    pub dated: Timestamp,
    /// The time at which it was seen.
    pub seen: Timestamp,
}

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
}

/// The part of the store to forget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forget {
    /// All of an author: first signers, signed releases and records.
    Author(PauseId),
    /// All of a distribution.
    Distribution(String),
    /// A package index or an author index, by its address.
    Index(String),
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
        if let Some(author) = import::broken_chain(&self.author_records) {
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
            let texts = [&identity.subject, &identity.issuer, &identity.repository];
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
        Ok(Contents {
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
                ],
                id.as_str(),
            ),
            Forget::Distribution(name) => (
                &[
                    "DELETE FROM first_seen WHERE scope = 'distribution' AND name = $1",
                    "DELETE FROM signed_before WHERE distribution = $1",
                ],
                name,
            ),
            Forget::Index(address) => (
                &[
                    "DELETE FROM index_seen WHERE cpan = $1",
                    "DELETE FROM operator_index WHERE operator = $1",
                    "DELETE FROM vouched_author WHERE operator = $1",
                    "DELETE FROM vouched_record WHERE operator = $1",
                    "DELETE FROM vouched_override WHERE operator = $1",
                ],
                address,
            ),
            Forget::All => (
                &[
                    "DELETE FROM first_seen WHERE $1 = ''",
                    "DELETE FROM signed_before WHERE $1 = ''",
                    "DELETE FROM index_seen WHERE $1 = ''",
                    "DELETE FROM author_record WHERE $1 = ''",
                    "DELETE FROM operator_index WHERE $1 = ''",
                    "DELETE FROM vouched_author WHERE $1 = ''",
                    "DELETE FROM vouched_record WHERE $1 = ''",
                    "DELETE FROM vouched_override WHERE $1 = ''",
                ],
                "",
            ),
        };
        let mut transaction = self.pool.begin().await?;
        let mut forgotten = 0;
        for query in queries {
            let done = sqlx::query(query).bind(name).execute(&mut *transaction);
            forgotten += done.await?.rows_affected();
        }
        transaction.commit().await?;
        Ok(forgotten)
    }
}

/// The first signer of an author, or of an author's distribution.
pub(super) async fn first_seen(
    connection: &mut AnyConnection,
    scope: Scope,
    author: &str,
    name: &str,
) -> Result<Option<TofuEntry>, TrustStoreError> {
    let row =
        sqlx::query("SELECT * FROM first_seen WHERE scope = $1 AND author = $2 AND name = $3")
            .bind(scope.code())
            .bind(author)
            .bind(name)
            .fetch_optional(connection)
            .await?;
    row.as_ref().map(TofuEntry::read).transpose()
}

/// The first signers of a distribution: the author's own, and the earliest one of another author.
pub(super) async fn first_signers(
    connection: &mut AnyConnection,
    author: &str,
    distribution: &str,
) -> Result<Vec<FirstSigner>, TrustStoreError> {
    let own = first_seen(connection, Scope::Distribution, author, distribution).await?;
    let elsewhere = sqlx::query(
        "SELECT * FROM first_seen WHERE scope = 'distribution' AND name = $1 AND author <> $2 \
         ORDER BY seen, author LIMIT 1",
    )
    .bind(distribution)
    .bind(author)
    .fetch_optional(connection)
    .await?;
    let elsewhere = elsewhere.as_ref().map(TofuEntry::read).transpose()?;
    let signers = own.into_iter().chain(elsewhere).map(|first| {
        Ok(FirstSigner {
            author: first.author()?,
            identity: first.identity,
        })
    });
    signers.collect()
}

/// Inserts a first signer, unless one is there.
pub(super) async fn insert_first_seen(
    connection: &mut AnyConnection,
    first: &TofuEntry,
) -> Result<u64, TrustStoreError> {
    let author = first.author()?;
    let done = sqlx::query(
        "INSERT INTO first_seen (scope, author, name, subject_kind, subject, issuer, repository, path, seen) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (scope, author, name) DO NOTHING",
    )
    .bind(first.scope.code())
    .bind(author.as_str())
    .bind(&first.name)
    .bind(&first.identity.kind)
    .bind(&first.identity.subject)
    .bind(&first.identity.issuer)
    .bind(&first.identity.repository)
    .bind(&first.path)
    .bind(first.seen.as_second())
    .execute(connection);
    Ok(done.await?.rows_affected())
}

/// Inserts a signed release, unless it is there.
pub(super) async fn insert_signed_before(
    connection: &mut AnyConnection,
    signed: &SignedRelease,
) -> Result<u64, TrustStoreError> {
    let done = sqlx::query(
        "INSERT INTO signed_before (path, digest, author, distribution, subject_kind, subject, issuer, repository, signed, seen) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (path, digest) DO NOTHING",
    )
    .bind(&signed.path)
    .bind(signed.digest.to_string())
    .bind(&signed.author)
    .bind(&signed.distribution)
    .bind(&signed.identity.kind)
    .bind(&signed.identity.subject)
    .bind(&signed.identity.issuer)
    .bind(&signed.identity.repository)
    .bind(signed.signed.as_second())
    .bind(signed.seen.as_second())
    .execute(connection);
    Ok(done.await?.rows_affected())
}

fn read_all<T>(
    rows: &[AnyRow],
    read: impl Fn(&AnyRow) -> Result<T, TrustStoreError>,
) -> Result<Vec<T>, TrustStoreError> {
    rows.iter().map(read).collect()
}

/// The identity in a row.
pub(super) fn identity(row: &AnyRow) -> Result<StableIdentity, TrustStoreError> {
    Ok(StableIdentity {
        kind: row.try_get("subject_kind")?,
        subject: row.try_get("subject")?,
        issuer: row.try_get("issuer")?,
        repository: row.try_get("repository")?,
    })
}

impl TofuEntry {
    /// The author whose release it was.
    ///
    /// # Errors
    /// [`TrustStoreError::Query`] for a path that is no release.
    pub fn author(&self) -> Result<PauseId, TrustStoreError> {
        let path: Result<ReleasePath, _> = self.path.parse();
        path.map(|path| path.author)
            .map_err(|_| unreadable("release"))
    }

    fn read(row: &AnyRow) -> Result<Self, TrustStoreError> {
        let scope: String = row.try_get("scope")?;
        Ok(Self {
            scope: match scope.as_str() {
                "author" => Scope::Author,
                "distribution" => Scope::Distribution,
                _ => return Err(unreadable("scope")),
            },
            name: row.try_get("name")?,
            identity: identity(row)?,
            path: row.try_get("path")?,
            seen: timestamp(row, "seen")?,
        })
    }
}

impl SignedRelease {
    fn read(row: &AnyRow) -> Result<Self, TrustStoreError> {
        let digest: String = row.try_get("digest")?;
        Ok(Self {
            path: row.try_get("path")?,
            digest: digest.parse().map_err(|_| unreadable("digest"))?,
            author: row.try_get("author")?,
            distribution: row.try_get("distribution")?,
            identity: identity(row)?,
            signed: timestamp(row, "signed")?,
            seen: timestamp(row, "seen")?,
        })
    }
}

impl PackageIndexDate {
    fn read(row: &AnyRow) -> Result<Self, TrustStoreError> {
        Ok(Self {
            cpan: row.try_get("cpan")?,
            dated: timestamp(row, "dated")?,
            seen: timestamp(row, "seen")?,
        })
    }
}

pub(super) fn timestamp(row: &AnyRow, column: &str) -> Result<Timestamp, TrustStoreError> {
    Timestamp::from_second(row.try_get(column)?).map_err(|_| unreadable("time"))
}

pub(super) fn unreadable(what: &str) -> TrustStoreError {
    TrustStoreError::Query(sqlx::Error::Decode(
        format!("something that is no {what}").into(),
    ))
}
