//! What the gate remembers: who signed first, what was signed before, and how new an index was.
//!
//! SQLite in a file for one machine, PostgreSQL for many; the tables and the queries are the same. Two
//! processes at once are safe: what was seen first stays, whoever comes second. What was acknowledged is on
//! the disk before it is.
//!
//! - [`open`]: where it is.
//! - [`identity`]: what of a signer is remembered.
//! - [`contents`]: list, forget, export and import.
//! - [`history`]: the records of authors that count.
//! - [`index`]: the date of an index.
//! - [`operator`]: what operators vouch for.
//! - [`take_in`]: how their indexes are taken in.
//! - [`import`]: how an export is.

mod contents;
mod error;
mod history;
mod identity;
mod import;
mod index;
mod open;
mod operator;
mod take_in;

pub use contents::{Contents, FirstSeen, Forget, IMPORT_LIMIT, IndexSeen, Scope, SignedBefore};
pub use error::TrustStoreError;
pub use history::KnownRecord;
pub use identity::StableIdentity;
pub use operator::{IndexState, KeptIndex, NotedOverride, OverrideNoted, Vouched};
pub use take_in::follows;

use cpan_sigstore_core::{
    digest::Sha256Digest,
    release::{PauseId, ReleasePath},
};
use jiff::Timestamp;
use sqlx::{AnyConnection, AnyPool, Row as _};

/// Longest name of an identity, issuer or repository that is remembered, in bytes.
pub(crate) const TEXT_LIMIT: usize = 4096;

/// What was seen before. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct TrustStore {
    pool: AnyPool,
}

/// What is remembered that concerns a release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// Who signed the author's first release that was seen.
    pub author: Option<StableIdentity>,
    /// Who signed the distribution's first release that was seen.
    pub distribution: Option<StableIdentity>,
    /// Whose release that was.
    pub distribution_of: Option<PauseId>,
    /// A signed release of this author or distribution.
    pub signed: Option<String>,
}

/// A release that was allowed, with a valid signature.
pub(crate) struct Seen<'a> {
    pub path: &'a ReleasePath,
    pub digest: Sha256Digest,
    pub identity: StableIdentity,
    pub signed: Timestamp,
    pub now: Timestamp,
}

impl TrustStore {
    /// What is remembered that concerns a release.
    pub(crate) async fn known(&self, path: &ReleasePath) -> Result<Known, TrustStoreError> {
        let mut connection = self.pool.acquire().await?;
        known(&mut connection, path).await
    }

    /// Remembers a release, and says what is known of its author and distribution now. What was seen first
    /// stays, also where another process was quicker.
    pub(crate) async fn remember(&self, seen: &Seen<'_>) -> Result<Known, TrustStoreError> {
        for (what, text) in [
            ("an identity", &seen.identity.subject),
            ("an issuer", &seen.identity.issuer),
            ("a repository", &seen.identity.repository),
        ] {
            if text.len() > TEXT_LIMIT {
                return Err(TrustStoreError::TooLong {
                    what,
                    limit: TEXT_LIMIT,
                    found: text.len(),
                });
            }
        }
        // It begins with a write, so that the file is not locked for reading first and then cannot be had.
        let mut transaction = self.pool.begin().await?;
        let distribution = seen.path.name.distribution();
        let scopes = [
            (Scope::Author, seen.path.author.as_str()),
            (Scope::Distribution, distribution),
        ];
        for (scope, name) in scopes {
            let first = FirstSeen {
                scope,
                name: name.to_owned(),
                identity: seen.identity.clone(),
                path: seen.path.to_string(),
                seen: seen.now,
            };
            contents::insert_first_seen(&mut transaction, &first).await?;
        }
        let signed = SignedBefore {
            path: seen.path.to_string(),
            digest: seen.digest,
            author: seen.path.author.as_str().to_owned(),
            distribution: distribution.to_owned(),
            identity: seen.identity.clone(),
            signed: seen.signed,
            seen: seen.now,
        };
        contents::insert_signed_before(&mut transaction, &signed).await?;
        let known = known(&mut transaction, seen.path).await?;
        transaction.commit().await?;
        Ok(known)
    }
}

async fn known(
    connection: &mut AnyConnection,
    path: &ReleasePath,
) -> Result<Known, TrustStoreError> {
    let author = path.author.as_str();
    let distribution = path.name.distribution();
    let first = contents::first_seen(connection, Scope::Author, author).await?;
    let mut known = Known {
        author: first.map(|first| first.identity),
        ..Known::default()
    };
    if let Some(first) = contents::first_seen(connection, Scope::Distribution, distribution).await?
    {
        let path = first.path.parse::<ReleasePath>();
        known.distribution_of = path.ok().map(|path| path.author);
        known.distribution = Some(first.identity);
    }
    for (column, name) in [("author", author), ("distribution", distribution)] {
        if known.signed.is_some() {
            break;
        }
        let query = format!("SELECT path FROM signed_before WHERE {column} = $1 LIMIT 1");
        let row = sqlx::query(&query)
            .bind(name)
            .fetch_optional(&mut *connection)
            .await?;
        known.signed = row.map(|row| row.try_get("path")).transpose()?;
    }
    Ok(known)
}

#[cfg(test)]
mod tests;
