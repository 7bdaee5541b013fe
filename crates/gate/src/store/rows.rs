//! Rows of the trust store: first signers, signed releases and dates of package indexes.

use cpan_sigstore_core::{
    digest::Sha256Digest,
    identity::StableIdentity,
    release::{PauseId, ReleasePath},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, Row as _, any::AnyRow};

use super::{FirstSigner, TrustStoreError};

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
    /// The date in the index, if any index of the CPAN had one.
    #[serde(default)]
    pub dated: Option<Timestamp>,
    /// The time at which it was seen.
    pub seen: Timestamp,
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
        "INSERT INTO first_seen (scope, author, name, subject_kind, subject, issuer, repository, repository_id, owner_id, path, seen) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (scope, author, name) DO NOTHING",
    )
    .bind(first.scope.code())
    .bind(author.as_str())
    .bind(&first.name)
    .bind(&first.identity.kind)
    .bind(&first.identity.subject)
    .bind(&first.identity.issuer)
    .bind(&first.identity.repository)
    .bind(&first.identity.repository_id)
    .bind(&first.identity.owner_id)
    .bind(&first.path)
    .bind(first.seen.as_second())
    .execute(connection);
    Ok(done.await?.rows_affected())
}

/// Adds the ids of a signer to a row of the same names that has none. Ids that are there are kept.
pub(super) async fn complete_ids(
    connection: &mut AnyConnection,
    first: &TofuEntry,
) -> Result<(), TrustStoreError> {
    let author = first.author()?;
    sqlx::query(
        "UPDATE first_seen SET repository_id = $1, owner_id = $2 \
         WHERE scope = $3 AND author = $4 AND name = $5 AND repository_id = '' AND owner_id = '' \
         AND subject_kind = $6 AND subject = $7 AND issuer = $8 AND repository = $9",
    )
    .bind(&first.identity.repository_id)
    .bind(&first.identity.owner_id)
    .bind(first.scope.code())
    .bind(author.as_str())
    .bind(&first.name)
    .bind(&first.identity.kind)
    .bind(&first.identity.subject)
    .bind(&first.identity.issuer)
    .bind(&first.identity.repository)
    .execute(connection)
    .await?;
    Ok(())
}

/// Inserts a signed release, unless it is there.
pub(super) async fn insert_signed_before(
    connection: &mut AnyConnection,
    signed: &SignedRelease,
) -> Result<u64, TrustStoreError> {
    let done = sqlx::query(
        "INSERT INTO signed_before (path, digest, author, distribution, subject_kind, subject, issuer, repository, repository_id, owner_id, signed, seen) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (path, digest) DO NOTHING",
    )
    .bind(&signed.path)
    .bind(signed.digest.to_string())
    .bind(&signed.author)
    .bind(&signed.distribution)
    .bind(&signed.identity.kind)
    .bind(&signed.identity.subject)
    .bind(&signed.identity.issuer)
    .bind(&signed.identity.repository)
    .bind(&signed.identity.repository_id)
    .bind(&signed.identity.owner_id)
    .bind(signed.signed.as_second())
    .bind(signed.seen.as_second())
    .execute(connection);
    Ok(done.await?.rows_affected())
}

/// The identity in a row.
pub(super) fn identity(row: &AnyRow) -> Result<StableIdentity, TrustStoreError> {
    Ok(StableIdentity {
        kind: row.try_get("subject_kind")?,
        subject: row.try_get("subject")?,
        issuer: row.try_get("issuer")?,
        repository: row.try_get("repository")?,
        repository_id: row.try_get("repository_id")?,
        owner_id: row.try_get("owner_id")?,
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

    pub(super) fn read(row: &AnyRow) -> Result<Self, TrustStoreError> {
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
    pub(super) fn read(row: &AnyRow) -> Result<Self, TrustStoreError> {
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

pub(super) fn timestamp(row: &AnyRow, column: &str) -> Result<Timestamp, TrustStoreError> {
    Timestamp::from_second(row.try_get(column)?).map_err(|_| unreadable("time"))
}

pub(super) fn maybe_timestamp(
    row: &AnyRow,
    column: &str,
) -> Result<Option<Timestamp>, TrustStoreError> {
    let second: Option<i64> = row.try_get(column)?;
    let time = second.map(Timestamp::from_second).transpose();
    time.map_err(|_| unreadable("time"))
}

pub(super) fn unreadable(what: &str) -> TrustStoreError {
    TrustStoreError::Query(sqlx::Error::Decode(
        format!("something that is no {what}").into(),
    ))
}
