//! The trust store: first signers, signed releases, owners of packages, record chains, and the dates of indexes.
//!
//! SQLite in a file for one machine, PostgreSQL for many; the tables and the queries are the same. Two processes at
//! once are safe: the first row is kept, and the second process sees it. A write is on the disk before it is
//! acknowledged.
//!
//! - [`open`]: the file or the server.
//! - [`rows`]: first signers, signed releases, dates of package indexes.
//! - [`packages`]: owners of packages, and the newest release of each distribution.
//! - [`contents`]: lists and forgets the contents.
//! - [`accepted`]: changes that a person accepted.
//! - [`awaited`]: the first sight of young archives without a bundle.
//! - [`chain`]: the record chains of authors.
//! - [`index`]: the date of a package index.
//! - [`operator`]: author indexes of operators.
//! - [`owners`]: the authors of packages by those indexes.
//! - [`served`]: the packages that led to each release, by the package indexes that clients got.
//! - [`take_in`]: imports author indexes.
//! - [`logs`]: the checkpoints of CPAN logs.
//! - [`sigstore`]: the checkpoints of Sigstore's logs.
//! - [`import`]: imports exports.
//! - [`watch`]: the state of a watch, and its alerts.

mod accepted;
mod awaited;
mod chain;
mod contents;
mod error;
mod import;
mod index;
mod logs;
mod open;
mod operator;
mod owners;
mod packages;
mod rows;
mod served;
mod sigstore;
mod take_in;
mod watch;

pub(crate) use accepted::AcceptedChange;
pub use chain::StoredRecord;
pub use contents::{Contents, Forget, IMPORT_LIMIT};
pub use error::TrustStoreError;
pub use logs::{LoggedIndex, StoredFork, StoredLog};
pub use operator::{Attested, IndexState, StoredIndex, StoredOverride};
pub use owners::AttestedChange;
pub(crate) use packages::{HOLDERS_LIMIT, KnownOwners, main_package};
pub use packages::{NewestRelease, PackageOwner};
pub use rows::{PackageIndexDate, Scope, SignedRelease, TofuEntry};
pub use sigstore::{SigstoreFork, StoredTree};
pub use take_in::follows;
pub use watch::{WaitingAlert, Watched};

use cpan_sigstore_core::{
    digest::Sha256Digest,
    identity::StableIdentity,
    release::{PackageName, PauseId, ReleasePath},
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
    /// The owners of the packages that lead to the release, and of the package that its distribution is named after.
    pub packages: KnownOwners,
    /// The newest admitted release of the distribution to which a package index led, of each author.
    pub newest: Vec<ReleasePath>,
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
        if !seen.packages.iter().all(|it| now.is_held(&it.package, of)) {
            return false;
        }
        let Some(signature) = &seen.signature else {
            return true;
        };
        let is_same = |before: Option<&StableIdentity>, now: Option<&StableIdentity>| {
            let before = before.unwrap_or(&signature.identity);
            // This release may have completed a row without ids.
            let is_completed =
                |now: &StableIdentity| *now == signature.identity && before.is_signer(now);
            now.is_none_or(|now| now == before || is_completed(now))
        };
        is_same(self.author.as_ref(), now.author.as_ref())
            && is_same(self.own_distribution(of), now.own_distribution(of))
    }

    /// Whether an author is a holder of a package, or nobody is.
    fn is_held(&self, package: &PackageName, author: &PauseId) -> bool {
        let owner = self.packages.get(package);
        owner.is_none_or(|owner| owner.is_held_by(author))
    }

    /// The newest release of this author's distribution.
    pub fn newest_of(&self, author: &PauseId) -> Option<&ReleasePath> {
        self.newest.iter().find(|newest| newest.author == *author)
    }

    /// A signed release of this author that was admitted.
    pub fn signed_by(&self, author: &PauseId) -> Option<&ReleasePath> {
        self.signed.as_ref().filter(|path| path.author == *author)
    }
}

/// An admitted release.
pub(crate) struct AdmittedRelease<'a> {
    pub path: &'a ReleasePath,
    /// Its signature, if it has a valid one.
    pub signature: Option<AdmittedSignature>,
    /// The owners of packages that are new to the store.
    pub packages: Vec<PackageOwner>,
    /// Whether it is the newest release to which a package index led.
    pub is_newest: bool,
    pub now: Timestamp,
}

/// The valid signature of an admitted release.
pub(crate) struct AdmittedSignature {
    /// The widest first sight that the release is evidence of: no wider than the source that decided.
    pub scope: Scope,
    pub digest: Sha256Digest,
    pub identity: StableIdentity,
    pub signed: Timestamp,
}

impl TrustStore {
    /// Returns the rows that concern a release and the packages that lead to it.
    pub(crate) async fn known(
        &self,
        path: &ReleasePath,
        packages: &[PackageName],
    ) -> Result<StoreRows, TrustStoreError> {
        let mut connection = self.pool.acquire().await?;
        known(&mut connection, path, packages).await
    }

    /// Remembers a release in one transaction, and returns the rows that concern it and the packages afterwards.
    /// First signers and owners are kept, also if another process was quicker.
    pub(crate) async fn remember(
        &self,
        seen: &AdmittedRelease<'_>,
        packages: &[PackageName],
    ) -> Result<StoreRows, TrustStoreError> {
        if let Some(signature) = &seen.signature {
            check_lengths(&signature.identity)?;
        }
        // The transaction begins with a write, so that SQLite locks the file for writing at once.
        let mut transaction = self.pool.begin().await?;
        if let Some(signature) = &seen.signature {
            remember_signature(&mut transaction, seen, signature).await?;
        }
        for owner in &seen.packages {
            owner.insert(&mut transaction).await?;
        }
        if seen.is_newest {
            let newest = NewestRelease {
                path: seen.path.clone(),
                seen: seen.now,
            };
            newest.insert(&mut transaction).await?;
        }
        let known = known(&mut transaction, seen.path, packages).await?;
        transaction.commit().await?;
        Ok(known)
    }
}

fn check_lengths(identity: &StableIdentity) -> Result<(), TrustStoreError> {
    for (what, text) in [
        ("an identity", &identity.subject),
        ("an issuer", &identity.issuer),
        ("a repository", &identity.repository),
        ("an id of a repository", &identity.repository_id),
        ("an id of an owner", &identity.owner_id),
    ] {
        if text.len() > TEXT_LIMIT {
            return Err(TrustStoreError::TooLong {
                what,
                limit: TEXT_LIMIT,
                found: text.len(),
            });
        }
    }
    Ok(())
}

async fn remember_signature(
    connection: &mut AnyConnection,
    seen: &AdmittedRelease<'_>,
    signature: &AdmittedSignature,
) -> Result<(), TrustStoreError> {
    let distribution = seen.path.name.distribution();
    let author = seen.path.author.as_str();
    let scopes = [(Scope::Author, author), (Scope::Distribution, distribution)];
    let is_taught = |scope: Scope| scope == Scope::Distribution || signature.scope == Scope::Author;
    for (scope, name) in scopes.into_iter().filter(|(scope, _)| is_taught(*scope)) {
        let first = TofuEntry {
            scope,
            name: name.to_owned(),
            identity: signature.identity.clone(),
            path: seen.path.to_string(),
            seen: seen.now,
        };
        if rows::insert_first_seen(connection, &first).await? == 0 {
            rows::complete_ids(connection, &first).await?;
        }
    }
    let signed = SignedRelease {
        path: seen.path.to_string(),
        digest: signature.digest,
        author: author.to_owned(),
        distribution: distribution.to_owned(),
        identity: signature.identity.clone(),
        signed: signature.signed,
        seen: seen.now,
    };
    rows::insert_signed_before(connection, &signed).await?;
    Ok(())
}

async fn known(
    connection: &mut AnyConnection,
    path: &ReleasePath,
    packages: &[PackageName],
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
    let newest = packages::newest_releases(connection, distribution).await?;
    let mut packages = packages.to_vec();
    packages.extend(packages::main_package(path));
    Ok(StoreRows {
        author: first.map(|first| first.identity),
        distribution: rows::first_signers(connection, author, distribution).await?,
        signed: signed.map(read).transpose()?,
        packages: packages::package_owners(connection, &packages).await?,
        newest,
    })
}

#[cfg(test)]
mod tests;
