//! The packages that lead to each release, by the indexes that clients got.

use std::{
    collections::{BTreeSet, HashSet},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use cpan_sigstore_core::release::{PackageName, ReleasePath};
use cpan_sigstore_cpan::package_index::{
    IndexEntry, PackageAuthors, PackageIndex, ReleasePackages,
};
use cpan_sigstore_gate::{DeniedEntry, IndexStanding, TrustStore, store::TrustStoreError};
use jiff::{SignedDuration, Timestamp};
use moka::future::Cache;
use tokio::sync::Mutex;

/// Releases whose packages by earlier indexes are kept in memory.
const OLDER_LIMIT: u64 = 20_000;
/// Time for which they are kept there: another process may serve another index.
const OLDER_FRESH: Duration = Duration::from_secs(60);
/// Time after which all entries of an index are stored again, so that they do not age.
const STORED_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Time for which an index is used before a release by its path makes the mirror read it again.
const FRESH: SignedDuration = SignedDuration::from_mins(10);

/// The entries of the indexes that were served.
///
/// A client such as CPAN.pm uses its copy of an index for a day and longer. The entries of earlier indexes, also of
/// other processes and before a restart, are in the trust store.
pub(super) struct ServedPackages {
    /// The address of the CPAN.
    cpan: String,
    inner: RwLock<Inner>,
    /// The packages of releases by the trust store, each with the number of the index that was newest then.
    older: Cache<(u64, ReleasePath), Arc<BTreeSet<PackageName>>>,
    permissions: Mutex<Permissions>,
}

/// The authors of packages by the upstream, and when they were read; it may have none.
type Permissions = Option<(Timestamp, Option<Arc<PackageAuthors>>)>;

#[derive(Default)]
struct Inner {
    /// The newest index.
    served: Arc<ReleasePackages>,
    /// Whether everybody sees the newest index.
    standing: IndexStanding,
    /// The number of indexes so far.
    number: u64,
    /// When all entries of an index were stored.
    stored: Option<Timestamp>,
    /// The entries that were left out of the newest one.
    denied: ReleasePackages,
    /// The packages and paths of those, to report each once.
    reported: HashSet<(PackageName, ReleasePath)>,
    read: Option<Timestamp>,
}

impl ServedPackages {
    /// None so far, of a CPAN.
    pub fn new(cpan: String) -> Self {
        Self {
            cpan,
            inner: RwLock::default(),
            older: Cache::builder()
                .max_capacity(OLDER_LIMIT)
                .time_to_live(OLDER_FRESH)
                .build(),
            permissions: Mutex::default(),
        }
    }

    /// Whether an index was read, and no long time ago.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.with(|inner| {
            inner
                .read
                .is_some_and(|then| now.duration_since(then) < FRESH)
        })
    }

    /// Whether an index was read at all, or the upstream has none.
    pub fn is_known(&self) -> bool {
        self.with(|inner| inner.read.is_some())
    }

    /// The packages that lead to a release, by the indexes that were served, and by the entries that were left out: a
    /// client may have them from elsewhere.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the trust store cannot be used.
    pub async fn of_release(
        &self,
        store: &TrustStore,
        path: &ReleasePath,
    ) -> Result<Arc<[PackageName]>, TrustStoreError> {
        let (number, newest) = self.with(|inner| {
            let all = [&*inner.served, &inner.denied].into_iter();
            let packages: Vec<_> = all.flat_map(|index| index.of_release(path)).collect();
            (inner.number, packages)
        });
        let key = (number, path.clone());
        let older = match self.older.get(&key).await {
            Some(older) => older,
            None => {
                let older = Arc::new(store.served_packages(&self.cpan, path).await?);
                self.older.insert(key, Arc::clone(&older)).await;
                older
            }
        };
        let mut packages = newest;
        packages.extend(older.iter().cloned());
        packages.sort_unstable();
        packages.dedup();
        Ok(packages.into())
    }

    /// Takes the entries of an index that clients get, and those that were left out. Returns the positions of the
    /// latter that were not left out of the index before.
    ///
    /// The entries are in the trust store before any client gets the index.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the trust store cannot be used. The index must not be served then.
    pub async fn replace(
        &self,
        store: &TrustStore,
        index: &PackageIndex,
        denied: &[DeniedEntry],
        now: Timestamp,
    ) -> Result<Vec<usize>, TrustStoreError> {
        let served = Arc::new(index.releases());
        let (before, stored) = self.with(|inner| (Arc::clone(&inner.served), inner.stored));
        let recent = stored.filter(|then| now.duration_since(*then) < STORED_FOR);
        let known = recent.map_or_else(Arc::default, |_| before);
        let new = served.entries_beside(&known);
        store.note_served(&self.cpan, new, now).await?;
        let paths: Vec<_> = denied.iter().map(|it| it.path.to_string()).collect();
        let entries = denied.iter().zip(&paths).map(|(entry, path)| {
            let path = path.strip_prefix("authors/id/").unwrap_or(path);
            let package = entry.package.as_str();
            IndexEntry { package, path }
        });
        let denied_releases = ReleasePackages::of(entries);
        let key = |it: &DeniedEntry| (it.package.clone(), it.path.clone());
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let all = denied.iter().enumerate();
        let new = all.filter(|(_, it)| !inner.reported.contains(&key(it)));
        let new = new.map(|(at, _)| at).collect();
        inner.reported = denied.iter().map(key).collect();
        inner.denied = denied_releases;
        inner.read = Some(now);
        inner.served = served;
        inner.number += 1;
        inner.stored = recent.or(Some(now));
        Ok(new)
    }

    /// Notes whether everybody sees the newest index.
    pub fn note_standing(&self, standing: IndexStanding) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        inner.standing = standing;
    }

    /// Whether everybody sees the index that leads to a release. Of earlier indexes, nothing is known.
    pub fn standing(&self, path: &ReleasePath, packages: &[PackageName]) -> IndexStanding {
        self.with(|inner| {
            let newest: HashSet<_> = inner.served.of_release(path).into_iter().collect();
            match packages.iter().all(|package| newest.contains(package)) {
                true => inner.standing,
                false => IndexStanding::Unlogged,
            }
        })
    }

    /// The authors of packages by the upstream, read if that is some time ago. Others wait for the one who reads.
    pub async fn permissions(
        &self,
        now: Timestamp,
        read: impl Future<Output = Option<Arc<PackageAuthors>>>,
    ) -> Option<Arc<PackageAuthors>> {
        let mut permissions = self.permissions.lock().await;
        if let Some((then, list)) = &*permissions
            && now.duration_since(*then) < FRESH
        {
            return list.clone();
        }
        let list = read.await;
        *permissions = Some((now, list.clone()));
        list
    }

    /// Notes that the upstream has no index.
    pub fn note_none(&self, now: Timestamp) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        inner.read = Some(now);
    }

    fn with<T>(&self, read: impl FnOnce(&Inner) -> T) -> T {
        read(&self.inner.read().unwrap_or_else(PoisonError::into_inner))
    }
}
