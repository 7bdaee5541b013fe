//! All that is remembered: listed, forgotten, exported and taken in.

use cpan_sigstore_core::{
    digest::Sha256Digest,
    release::{PauseId, ReleasePath},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, Row as _, any::AnyRow};

use super::{Memory, MemoryError, SeenIdentity};

/// Largest export that is taken in, in bytes.
pub const IMPORT_LIMIT: usize = 256 * 1024 * 1024;

/// What a first identity is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// An author, by PAUSE id.
    Author,
    /// A distribution, by name.
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

/// The identity that signed the first release that was allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FirstSeen {
    /// Of an author or of a distribution.
    pub scope: Scope,
    /// Which.
    pub name: String,
    /// Who.
    pub identity: SeenIdentity,
    /// The release.
    pub path: String,
    /// When it was allowed.
    pub seen: Timestamp,
}

/// A release that was allowed, with a valid signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SignedBefore {
    /// The release.
    pub path: String,
    /// Its bytes.
    pub digest: Sha256Digest,
    /// Its author.
    pub author: String,
    /// Its distribution.
    pub distribution: String,
    /// Who signed it.
    pub identity: SeenIdentity,
    /// When it was signed.
    pub signed: Timestamp,
    /// When it was allowed.
    pub seen: Timestamp,
}

/// The newest date of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct IndexSeen {
    /// The CPAN's address.
    pub cpan: String,
    /// The date in the index.
    pub dated: Timestamp,
    /// When it was seen.
    pub seen: Timestamp,
}

/// All that is remembered; its JSON is the format of exports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Contents {
    /// Who signed first.
    pub first_seen: Vec<FirstSeen>,
    /// What was signed.
    pub signed_before: Vec<SignedBefore>,
    /// How new indexes were.
    pub index_seen: Vec<IndexSeen>,
}

/// What is to be forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forget {
    /// All of an author: who signed first, and what was signed.
    Author(PauseId),
    /// All of a distribution.
    Distribution(String),
    /// How new the index of a CPAN was.
    Index(String),
    /// Everything.
    All,
}

impl Contents {
    /// Reads an export.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(json: &[u8]) -> Result<Self, MemoryError> {
        if json.len() > IMPORT_LIMIT {
            return Err(MemoryError::TooLong {
                what: "an export",
                limit: IMPORT_LIMIT,
                found: json.len(),
            });
        }
        let contents: Self =
            serde_json::from_slice(json).map_err(|error| MemoryError::Import(error.to_string()))?;
        contents.check()?;
        Ok(contents)
    }

    /// What an export says has to be what a memory could have remembered.
    fn check(&self) -> Result<(), MemoryError> {
        let refused = |found: String| Err(MemoryError::Import(found));
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
                        "`{}`, which is not what is said of it",
                        signed.path
                    ));
                }
            }
        }
        let identities = self.first_seen.iter().map(|first| &first.identity);
        let identities = identities.chain(self.signed_before.iter().map(|signed| &signed.identity));
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

impl Memory {
    /// All that is remembered, in the order of names.
    ///
    /// # Errors
    /// Where the memory cannot be used.
    pub async fn contents(&self) -> Result<Contents, MemoryError> {
        let mut connection = self.pool.acquire().await?;
        let all = |query: &'static str| sqlx::query(query);
        let first_seen = all("SELECT * FROM first_seen ORDER BY scope, name")
            .fetch_all(&mut *connection)
            .await?;
        let signed_before = all("SELECT * FROM signed_before ORDER BY path, digest")
            .fetch_all(&mut *connection)
            .await?;
        let index_seen = all("SELECT * FROM index_seen ORDER BY cpan")
            .fetch_all(&mut *connection)
            .await?;
        Ok(Contents {
            first_seen: read_all(&first_seen, FirstSeen::read)?,
            signed_before: read_all(&signed_before, SignedBefore::read)?,
            index_seen: read_all(&index_seen, IndexSeen::read)?,
        })
    }

    /// Forgets, and says how many entries were forgotten.
    ///
    /// # Errors
    /// Where the memory cannot be used.
    pub async fn forget(&self, what: &Forget) -> Result<u64, MemoryError> {
        let (queries, name): (&[&str], &str) = match what {
            Forget::Author(id) => (
                &[
                    "DELETE FROM first_seen WHERE scope = 'author' AND name = $1",
                    "DELETE FROM signed_before WHERE author = $1",
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
            Forget::Index(cpan) => (&["DELETE FROM index_seen WHERE cpan = $1"], cpan),
            Forget::All => (
                &[
                    "DELETE FROM first_seen WHERE $1 = ''",
                    "DELETE FROM signed_before WHERE $1 = ''",
                    "DELETE FROM index_seen WHERE $1 = ''",
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

    /// Takes in an export: all of it or nothing, and says how many entries are new.
    ///
    /// # Errors
    /// [`MemoryError::Conflict`] where another identity was seen first, unless it is to be replaced; and
    /// where the memory cannot be used.
    pub async fn import(&self, contents: &Contents, replace: bool) -> Result<u64, MemoryError> {
        contents.check()?;
        let mut transaction = self.pool.begin().await?;
        let mut new = 0;
        for first in &contents.first_seen {
            new += import_first_seen(&mut transaction, first, replace).await?;
        }
        for signed in &contents.signed_before {
            new += insert_signed_before(&mut transaction, signed).await?;
        }
        for index in &contents.index_seen {
            let done = sqlx::query(
                "INSERT INTO index_seen (cpan, dated, seen) VALUES ($1, $2, $3) \
                 ON CONFLICT (cpan) DO UPDATE SET dated = excluded.dated, seen = excluded.seen \
                 WHERE excluded.dated > index_seen.dated",
            )
            .bind(&index.cpan)
            .bind(index.dated.as_second())
            .bind(index.seen.as_second())
            .execute(&mut *transaction);
            new += done.await?.rows_affected();
        }
        transaction.commit().await?;
        Ok(new)
    }
}

async fn import_first_seen(
    connection: &mut AnyConnection,
    first: &FirstSeen,
    replace: bool,
) -> Result<u64, MemoryError> {
    let inserted = insert_first_seen(connection, first).await?;
    if inserted > 0 {
        return Ok(inserted);
    }
    let Some(ours) = first_seen(connection, first.scope, &first.name).await? else {
        return Ok(0);
    };
    if ours.identity == first.identity {
        return Ok(0);
    }
    if !replace {
        return Err(MemoryError::Conflict {
            scope: first.scope.code(),
            name: first.name.clone(),
            ours: ours.identity.to_string(),
            theirs: first.identity.to_string(),
        });
    }
    sqlx::query("DELETE FROM first_seen WHERE scope = $1 AND name = $2")
        .bind(first.scope.code())
        .bind(&first.name)
        .execute(&mut *connection)
        .await?;
    insert_first_seen(connection, first).await
}

/// Who signed first.
pub(super) async fn first_seen(
    connection: &mut AnyConnection,
    scope: Scope,
    name: &str,
) -> Result<Option<FirstSeen>, MemoryError> {
    let row = sqlx::query("SELECT * FROM first_seen WHERE scope = $1 AND name = $2")
        .bind(scope.code())
        .bind(name)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(FirstSeen::read).transpose()
}

/// Puts in who signed first, where nobody did before.
pub(super) async fn insert_first_seen(
    connection: &mut AnyConnection,
    first: &FirstSeen,
) -> Result<u64, MemoryError> {
    let done = sqlx::query(
        "INSERT INTO first_seen (scope, name, subject_kind, subject, issuer, repository, path, seen) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (scope, name) DO NOTHING",
    )
    .bind(first.scope.code())
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

/// Puts in what was signed, where it is not there yet.
pub(super) async fn insert_signed_before(
    connection: &mut AnyConnection,
    signed: &SignedBefore,
) -> Result<u64, MemoryError> {
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
    read: impl Fn(&AnyRow) -> Result<T, MemoryError>,
) -> Result<Vec<T>, MemoryError> {
    rows.iter().map(read).collect()
}

impl SeenIdentity {
    pub(super) fn read(row: &AnyRow) -> Result<Self, MemoryError> {
        Ok(Self {
            kind: row.try_get("subject_kind")?,
            subject: row.try_get("subject")?,
            issuer: row.try_get("issuer")?,
            repository: row.try_get("repository")?,
        })
    }
}

impl FirstSeen {
    fn read(row: &AnyRow) -> Result<Self, MemoryError> {
        let scope: String = row.try_get("scope")?;
        Ok(Self {
            scope: match scope.as_str() {
                "author" => Scope::Author,
                "distribution" => Scope::Distribution,
                _ => return Err(unreadable("scope")),
            },
            name: row.try_get("name")?,
            identity: SeenIdentity::read(row)?,
            path: row.try_get("path")?,
            seen: timestamp(row, "seen")?,
        })
    }
}

impl SignedBefore {
    fn read(row: &AnyRow) -> Result<Self, MemoryError> {
        let digest: String = row.try_get("digest")?;
        Ok(Self {
            path: row.try_get("path")?,
            digest: digest.parse().map_err(|_| unreadable("digest"))?,
            author: row.try_get("author")?,
            distribution: row.try_get("distribution")?,
            identity: SeenIdentity::read(row)?,
            signed: timestamp(row, "signed")?,
            seen: timestamp(row, "seen")?,
        })
    }
}

impl IndexSeen {
    fn read(row: &AnyRow) -> Result<Self, MemoryError> {
        Ok(Self {
            cpan: row.try_get("cpan")?,
            dated: timestamp(row, "dated")?,
            seen: timestamp(row, "seen")?,
        })
    }
}

pub(super) fn timestamp(row: &AnyRow, column: &str) -> Result<Timestamp, MemoryError> {
    Timestamp::from_second(row.try_get(column)?).map_err(|_| unreadable("time"))
}

pub(super) fn unreadable(what: &str) -> MemoryError {
    MemoryError::Query(sqlx::Error::Decode(
        format!("something that is no {what}").into(),
    ))
}
