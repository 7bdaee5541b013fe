//! The trust store: first signers, signed releases, record chains, and the dates of indexes.
//!
//! SQLite in a file for one machine, PostgreSQL for many; the tables and the queries are the same. Two processes at
//! once are safe: the first row is kept, and the second process sees it. A write is on the disk before it is
//! acknowledged.
//!
//! - [`open`]: the file or the server.
//! - [`rows`]: first signers, signed releases, dates of package indexes.
//! - [`contents`]: lists and forgets the contents.
//! - [`chain`]: the record chains of authors.
//! - [`index`]: the date of a package index.
//! - [`operator`]: author indexes of operators.
//! - [`owners`]: the authors of packages by those indexes.
//! - [`take_in`]: imports author indexes.
//! - [`import`]: imports exports.
//! - [`watch`]: the state of a watch, and its alerts.

mod chain;
mod contents;
mod error;
mod import;
mod index;
mod open;
mod operator;
mod owners;
mod rows;
mod take_in;
mod watch;

pub use chain::StoredRecord;
pub use contents::{Contents, Forget, IMPORT_LIMIT};
pub use error::TrustStoreError;
pub use operator::{Attested, IndexState, StoredIndex, StoredOverride};
pub use owners::AttestedChange;
pub use rows::{PackageIndexDate, Scope, SignedRelease, TofuEntry};
pub use take_in::follows;
pub use watch::{WaitingAlert, Watched};

use cpan_sigstore_core::{
    digest::Sha256Digest,
    identity::StableIdentity,
    release::{PauseId, ReleasePath},
};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool, Row as _};

/// Longest name of an identity, issuer or repository, in bytes.
pub(crate) const TEXT_LIMIT: usize = 4096;

/// The trust store. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct TrustStore {
    pool: AnyPool,
}

/// The rows of the store that concern a release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StoreRows {
    /// The identity that signed the first admitted release of the author.
    pub author: Option<StableIdentity>,
    /// The first signers of the distribution: the author's own, and the earliest one of another author.
    pub distribution: Vec<FirstSigner>,
    /// A signed release of the author that was admitted, of the same distribution if there is one.
    pub signed: Option<ReleasePath>,
}

/// The identity that signed an author's first admitted release of a distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FirstSigner {
    pub author: PauseId,
    pub identity: StableIdentity,
}

impl StoreRows {
    /// The identity that signed this author's first admitted release of the distribution. It binds this author
    /// in this distribution, and nobody else.
    pub fn own_distribution(&self, author: &PauseId) -> Option<&StableIdentity> {
        let own = self.distribution.iter().find(|it| it.author == *author);
        own.map(|first| &first.identity)
    }

    /// The first signer of a distribution of this name in another author's directory. It binds nobody, because
    /// every author may upload any file name.
    pub fn elsewhere(&self, author: &PauseId) -> Option<&FirstSigner> {
        self.distribution.iter().find(|it| it.author != *author)
    }

    /// Whether these rows, read after a release was remembered, are what was known before, and that release.
    pub fn is_continued_by(&self, now: &Self, seen: &AdmittedRelease<'_>) -> bool {
        let of = &seen.path.author;
        let is_same = |before: Option<&StableIdentity>, now: Option<&StableIdentity>| {
            let before = before.unwrap_or(&seen.identity);
            // This release may have completed a row without ids.
            let is_completed =
                |now: &StableIdentity| *now == seen.identity && before.is_signer(now);
            now.is_none_or(|now| now == before || is_completed(now))
        };
        is_same(self.author.as_ref(), now.author.as_ref())
            && is_same(self.own_distribution(of), now.own_distribution(of))
    }

    /// A signed release of this author that was admitted.
    pub fn signed_by(&self, author: &PauseId) -> Option<&ReleasePath> {
        self.signed.as_ref().filter(|path| path.author == *author)
    }
}

/// An admitted release with a valid signature.
pub(crate) struct AdmittedRelease<'a> {
    pub path: &'a ReleasePath,
    /// The widest first sight that the release is evidence of: no wider than the source that decided.
    pub scope: Scope,
    pub digest: Sha256Digest,
    pub identity: StableIdentity,
    pub signed: Timestamp,
    pub now: Timestamp,
}

impl TrustStore {
    /// Returns the rows that concern a release.
    pub(crate) async fn known(&self, path: &ReleasePath) -> Result<StoreRows, TrustStoreError> {
        let mut connection = self.pool.acquire().await?;
        known(&mut connection, path).await
    }

    /// Remembers a release, and returns the rows that concern it afterwards. The first signer is kept, also if another
    /// process was quicker.
    pub(crate) async fn remember(
        &self,
        seen: &AdmittedRelease<'_>,
    ) -> Result<StoreRows, TrustStoreError> {
        for (what, text) in [
            ("an identity", &seen.identity.subject),
            ("an issuer", &seen.identity.issuer),
            ("a repository", &seen.identity.repository),
            ("an id of a repository", &seen.identity.repository_id),
            ("an id of an owner", &seen.identity.owner_id),
        ] {
            if text.len() > TEXT_LIMIT {
                return Err(TrustStoreError::TooLong {
                    what,
                    limit: TEXT_LIMIT,
                    found: text.len(),
                });
            }
        }
        // The transaction begins with a write, so that SQLite locks the file for writing at once.
        let mut transaction = self.pool.begin().await?;
        let distribution = seen.path.name.distribution();
        let author = seen.path.author.as_str();
        let scopes = [(Scope::Author, author), (Scope::Distribution, distribution)];
        let is_taught = |scope: Scope| scope == Scope::Distribution || seen.scope == Scope::Author;
        for (scope, name) in scopes.into_iter().filter(|(scope, _)| is_taught(*scope)) {
            let first = TofuEntry {
                scope,
                name: name.to_owned(),
                identity: seen.identity.clone(),
                path: seen.path.to_string(),
                seen: seen.now,
            };
            if rows::insert_first_seen(&mut transaction, &first).await? == 0 {
                rows::complete_ids(&mut transaction, &first).await?;
            }
        }
        let signed = SignedRelease {
            path: seen.path.to_string(),
            digest: seen.digest,
            author: author.to_owned(),
            distribution: distribution.to_owned(),
            identity: seen.identity.clone(),
            signed: seen.signed,
            seen: seen.now,
        };
        rows::insert_signed_before(&mut transaction, &signed).await?;
        let known = known(&mut transaction, seen.path).await?;
        transaction.commit().await?;
        Ok(known)
    }
}

async fn known(
    connection: &mut AnyConnection,
    path: &ReleasePath,
) -> Result<StoreRows, TrustStoreError> {
    let author = path.author.as_str();
    let distribution = path.name.distribution();
    let first = rows::first_seen(connection, Scope::Author, author, author).await?;
    let signed = sqlx::query(
        "SELECT path FROM signed_before WHERE author = $1 \
         ORDER BY CASE WHEN distribution = $2 THEN 0 ELSE 1 END, seen, path LIMIT 1",
    )
    .bind(author)
    .bind(distribution)
    .fetch_optional(&mut *connection)
    .await?;
    let signed: Option<String> = signed.map(|row| row.try_get("path")).transpose()?;
    let read = |path: String| path.parse().map_err(|_| rows::unreadable("release"));
    Ok(StoreRows {
        author: first.map(|first| first.identity),
        distribution: rows::first_signers(connection, author, distribution).await?,
        signed: signed.map(read).transpose()?,
    })
}

#[cfg(test)]
mod tests;
