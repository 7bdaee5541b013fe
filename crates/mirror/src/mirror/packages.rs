//! The packages that lead to each release, by the indexes that clients got.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, PoisonError, RwLock},
};

use cpan_sigstore_core::release::{PackageName, ReleasePath};
use cpan_sigstore_cpan::package_index::{
    IndexEntry, PackageAuthors, PackageIndex, ReleasePackages,
};
use cpan_sigstore_gate::DeniedEntry;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

/// Releases of earlier indexes that are kept; CPAN has some 45000 at a time.
const OLDER_LIMIT: usize = 500_000;
/// Number of indexes whose entries are kept one by one.
const INDEXES: usize = 4;
/// Time for which an index is used before a release by its path makes the mirror read it again.
const FRESH: SignedDuration = SignedDuration::from_mins(10);

/// The entries of the indexes that were served.
#[derive(Default)]
pub(super) struct ServedPackages {
    inner: RwLock<Inner>,
    permissions: Mutex<Permissions>,
}

/// The authors of packages by the upstream, and when they were read; it may have none.
type Permissions = Option<(Timestamp, Option<Arc<PackageAuthors>>)>;

#[derive(Default)]
struct Inner {
    /// The newest index first.
    served: VecDeque<Arc<ReleasePackages>>,
    /// All entries of earlier ones. A client such as CPAN.pm uses its copy of an index for a day and longer.
    older: ReleasePackages,
    /// The entries that were left out of the newest one.
    denied: ReleasePackages,
    /// The packages and paths of those, to report each once.
    reported: HashSet<(PackageName, ReleasePath)>,
    read: Option<Timestamp>,
}

impl ServedPackages {
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
    pub fn of_release(&self, path: &ReleasePath) -> Arc<[PackageName]> {
        let mut packages: Vec<_> = self.with(|inner| {
            let served = inner.served.iter().map(|index| &**index);
            let all = served.chain([&inner.older, &inner.denied]);
            all.flat_map(|index| index.of_release(path)).collect()
        });
        packages.sort_unstable();
        packages.dedup();
        packages.into()
    }

    /// Takes the entries of an index that clients get, and those that were left out. Returns the positions of the
    /// latter that were not left out of the index before.
    pub fn replace(
        &self,
        index: &PackageIndex,
        denied: &[DeniedEntry],
        now: Timestamp,
    ) -> Vec<usize> {
        let served = Arc::new(index.releases());
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
        if inner.served.front() != Some(&served) {
            inner.served.push_front(served);
            if inner.served.len() > INDEXES
                && let Some(last) = inner.served.pop_back()
            {
                inner.older = match inner.older.releases() < OLDER_LIMIT {
                    true => inner.older.merged(&last),
                    false => (*last).clone(),
                };
            }
        }
        new
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
