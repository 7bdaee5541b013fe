//! The package index of a CPAN, as every part of the program reads it.

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_cpan::{
    Cpan, CpanError,
    package_index::{Miscount, PackageIndex, PackageIndexError},
    path::SiteFile,
};
use jiff::Timestamp;

use crate::{
    Gate, NOTICE, TrustStore,
    log::{IndexCheck, IndexStanding, LogClient},
    store::{StoredFork, TrustStoreError},
};

/// Reasons not to use the package index of a CPAN.
#[derive(Debug, thiserror::Error)]
pub enum IndexReadError {
    /// The CPAN cannot be read.
    #[error(transparent)]
    Cpan(#[from] CpanError),
    /// The index has another form, or is dated in the future.
    #[error(transparent)]
    Invalid(#[from] PackageIndexError),
    /// The index is older than one that was seen before.
    #[error(
        "the package index was rolled back: expected one of {newest} or later, found one of {found}"
    )]
    RolledBack {
        /// The newest date that was seen.
        newest: Timestamp,
        /// The date of this one.
        found: Timestamp,
    },
    /// The index has no date, and one that was seen before had.
    #[error(
        "the package index has no date with a time zone: expected one of {newest} or later, as the upstream had before"
    )]
    Undated {
        /// The newest date that was seen.
        newest: Timestamp,
    },
    /// The log had a newer index for longer than the policy allows.
    #[error(
        "the package index was rolled back: the log saw it at {found}, and a newer one at {newer}"
    )]
    Superseded {
        /// When the log saw this one.
        found: Timestamp,
        /// When the log saw the newer one.
        newer: Timestamp,
    },
    /// No log is known to have it, and the policy requires that.
    #[error("the package index is not logged: {0}")]
    Unlogged(String),
    /// The log cannot be read, and the policy requires it.
    #[error("cannot compare the package index with the log: {0}")]
    LogUnavailable(String),
    /// The log signed two histories.
    #[error("the log of the package index signed two histories")]
    LogForked(Box<StoredFork>),
    /// The trust store cannot be used.
    #[error(transparent)]
    Store(#[from] TrustStoreError),
}

/// A package index that is not older than the ones before.
#[derive(Debug)]
pub struct AcceptedIndex {
    /// The index.
    pub index: PackageIndex,
    /// Whether everybody sees it.
    pub standing: IndexStanding,
}

impl Gate {
    /// Reads the package index of a CPAN; `None` if it has none. If the policy names a log, the index is compared with
    /// it before anything is remembered.
    ///
    /// # Errors
    /// [`IndexReadError`] if the index cannot be read, is invalid, dated in the future, or was rolled back, if a log
    /// that the policy requires does not have it, and if the log signed two histories.
    pub async fn read_package_index(
        &self,
        cpan: &Cpan,
        now: Timestamp,
    ) -> Result<Option<AcceptedIndex>, IndexReadError> {
        let Some(text) = cpan.site_file(SiteFile::Packages).await? else {
            return Ok(None);
        };
        let store = self.trust_store();
        let standing = match self.log() {
            Some(log) => compare(log, store, Sha256Digest::of(&text), now).await?,
            None => IndexStanding::Unlogged,
        };
        let index = PackageIndex::parse(text)?;
        if let Some(Miscount { stated, found }) = index.miscount() {
            let name = cpan.name();
            tracing::warn!(target: NOTICE, "the package index of {name} may be incomplete: its header states {stated} packages, and it has {found}");
        }
        accept_package_index(&index, &cpan.name(), store, now).await?;
        Ok(Some(AcceptedIndex { index, standing }))
    }
}

/// Compares a package index with the log, and refuses it by the policy.
async fn compare(
    log: &LogClient,
    store: &TrustStore,
    digest: Sha256Digest,
    now: Timestamp,
) -> Result<IndexStanding, IndexReadError> {
    let is_required = log.settings().require_logged;
    let refused = match log.check_index(store, digest, now).await? {
        IndexCheck::Logged if log.is_fresh(store, now).await? => return Ok(IndexStanding::Logged),
        IndexCheck::Logged => {
            IndexReadError::LogUnavailable("its newest checkpoint is too old".to_owned())
        }
        IndexCheck::Superseded { found, newer } => {
            return Err(IndexReadError::Superseded { found, newer });
        }
        IndexCheck::Forked(fork) => return Err(IndexReadError::LogForked(fork)),
        IndexCheck::Unlogged(reason) => IndexReadError::Unlogged(reason),
        IndexCheck::Undetermined(reason) => IndexReadError::LogUnavailable(reason),
    };
    if is_required {
        return Err(refused);
    }
    tracing::warn!(target: NOTICE, "{refused}");
    Ok(IndexStanding::Unlogged)
}

/// Compares the date of a package index, also of one that was kept.
///
/// Its date is compared with this machine's clock first, and only then with the newest date in the trust
/// store, which it replaces if it is newer. An index from the future therefore changes nothing. An index without
/// a date is used only while the upstream never had a date; an event says that an old one would not be noticed.
///
/// # Errors
/// [`IndexReadError`] if the index is dated in the future, or was rolled back.
pub async fn accept_package_index(
    index: &PackageIndex,
    name: &str,
    store: &TrustStore,
    now: Timestamp,
) -> Result<(), IndexReadError> {
    index.check_date(now)?;
    let newest = store.note_index_date(name, index.date(), now).await?;
    let Some(found) = index.date() else {
        if let Some(newest) = newest {
            return Err(IndexReadError::Undated { newest });
        }
        tracing::warn!(target: NOTICE, "the package index of {name} has no date with a time zone, so that an old one is not noticed");
        return Ok(());
    };
    match newest {
        Some(newest) if newest > found => Err(IndexReadError::RolledBack { newest, found }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan as _;
    use std::fs;

    async fn read_package_index(
        cpan: &Cpan,
        store: &TrustStore,
        now: Timestamp,
    ) -> Result<Option<PackageIndex>, IndexReadError> {
        let text = cpan.site_file(SiteFile::Packages).await?.unwrap();
        let index = PackageIndex::parse(text)?;
        accept_package_index(&index, &cpan.name(), store, now).await?;
        Ok(Some(index))
    }

    #[tokio::test]
    async fn future_package_index_leaves_the_trust_store_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let modules = folder.path().join("cpan/modules");
        fs::create_dir_all(&modules).unwrap();
        let cpan = Cpan::in_folder(folder.path().join("cpan"));
        let store = TrustStore::open(folder.path().join("store.sqlite").to_str().unwrap())
            .await
            .unwrap();
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let dated = |date: Timestamp| {
            let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT");
            let text =
                format!("Line-Count: 1\nLast-Updated: {date}\n\nFoo 1 A/AB/ABC/Foo-1.tar.gz\n");
            fs::write(modules.join("02packages.details.txt"), text).unwrap();
        };
        dated(now + 23.hours());
        let error = read_package_index(&cpan, &store, now).await.unwrap_err();
        assert!(
            matches!(
                error,
                IndexReadError::Invalid(PackageIndexError::InTheFuture { .. })
            ),
            "{error}"
        );
        dated(now);
        let index = read_package_index(&cpan, &store, now).await.unwrap();
        assert!(index.unwrap().find("Foo").is_some());
        let text = "Last-Updated: Tue Nov 24 12:00:00 2026\n\nFoo 1 A/AB/ABC/Foo-1.tar.gz\n";
        fs::write(modules.join("02packages.details.txt"), text).unwrap();
        let error = read_package_index(&cpan, &store, now).await.unwrap_err();
        assert!(matches!(error, IndexReadError::Undated { .. }), "{error}");
        let other = folder.path().join("other.sqlite");
        let other = TrustStore::open(other.to_str().unwrap()).await.unwrap();
        let index = read_package_index(&cpan, &other, now).await.unwrap();
        assert!(index.unwrap().find("Foo").is_some());
        let noted = other.newest_index(&cpan.name()).await.unwrap();
        assert_eq!(noted.unwrap().dated, None);
        dated(now - 1.hour());
        let error = read_package_index(&cpan, &store, now).await.unwrap_err();
        assert!(
            matches!(error, IndexReadError::RolledBack { .. }),
            "{error}"
        );
    }
}
