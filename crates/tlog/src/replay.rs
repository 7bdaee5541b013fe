//! The rules that hold for all leaves of a log, checked leaf by leaf.

use std::collections::{HashMap, hash_map::Entry};

use cpan_sigstore_core::digest::Sha256Digest;

use crate::leaf::{Leaf, LeafError, LeafKind, LeafPath};

/// The newest statement of a log about a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The index of the leaf.
    pub index: u64,
    /// The digest.
    pub digest: Sha256Digest,
}

/// A leaf that breaks the rules of the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// It is no leaf of the CPAN log.
    #[error("leaf {index}: {source}")]
    Form {
        /// Its index.
        index: u64,
        /// The reason.
        source: LeafError,
    },
    /// An archive has another digest than before.
    #[error("leaf {index}: {path} has {found}, but leaf {first} has {logged}")]
    Changed {
        /// Its index.
        index: u64,
        /// The path.
        path: LeafPath,
        /// The digest.
        found: Sha256Digest,
        /// The index of the first leaf.
        first: u64,
        /// The digest of the first leaf.
        logged: Sha256Digest,
    },
    /// The time is before that of the previous leaf.
    #[error("leaf {index}: time {found} is before {before}, the time of an earlier leaf")]
    Time {
        /// Its index.
        index: u64,
        /// The time.
        found: u64,
        /// The latest time so far.
        before: u64,
    },
    /// The time is in the future.
    #[error("leaf {index}: time {found} is after {now}, the time of the audit")]
    Future {
        /// Its index.
        index: u64,
        /// The time.
        found: u64,
        /// The time of the audit.
        now: u64,
    },
}

/// A replay of a log.
#[derive(Debug)]
pub struct Replay {
    now: u64,
    next: u64,
    latest: u64,
    files: HashMap<LeafPath, Logged>,
}

impl Replay {
    /// A replay from the first leaf on. No leaf may be later than `now`, in Unix seconds.
    pub fn new(now: u64) -> Self {
        Self {
            now,
            next: 0,
            latest: 0,
            files: HashMap::new(),
        }
    }

    /// Takes the next leaf, and passes each rule that it breaks to `report`. Returns it, if it is one.
    pub fn take(&mut self, bytes: &[u8], mut report: impl FnMut(Violation)) -> Option<Leaf> {
        let index = self.next;
        self.next += 1;
        let leaf = match Leaf::parse(bytes) {
            Ok(leaf) => leaf,
            Err(source) => {
                report(Violation::Form { index, source });
                return None;
            }
        };
        let (found, before, now) = (leaf.time(), self.latest, self.now);
        if found < before {
            report(Violation::Time {
                index,
                found,
                before,
            });
        }
        if found > now {
            report(Violation::Future { index, found, now });
        }
        self.latest = before.max(found);
        self.take_file(&leaf, index, report);
        Some(leaf)
    }

    fn take_file(&mut self, leaf: &Leaf, index: u64, mut report: impl FnMut(Violation)) {
        let found = Logged {
            index,
            digest: leaf.digest(),
        };
        let mut known = match self.files.entry(leaf.path().clone()) {
            Entry::Vacant(free) => {
                free.insert(found);
                return;
            }
            Entry::Occupied(known) => known,
        };
        let (first, logged) = (known.get().index, known.get().digest);
        if leaf.kind() != LeafKind::Archive {
            known.insert(found);
        } else if logged != found.digest {
            let (path, found) = (leaf.path().clone(), found.digest);
            report(Violation::Changed {
                index,
                path,
                found,
                first,
                logged,
            });
        }
    }

    /// The number of leaves so far.
    pub const fn leaves(&self) -> u64 {
        self.next
    }

    /// The time of the latest leaf.
    pub const fn latest(&self) -> u64 {
        self.latest
    }

    /// What the log states about each path: of an archive the first leaf, of others the last.
    pub const fn files(&self) -> &HashMap<LeafPath, Logged> {
        &self.files
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = "modules/02packages.details.txt";

    fn leaf(path: &str, content: &[u8], time: u64) -> Vec<u8> {
        let path = match path {
            INDEX => path.to_owned(),
            file => format!("authors/id/A/AB/ABC/{file}"),
        };
        let digest = Sha256Digest::of(content);
        let leaf = Leaf::new(path.parse().unwrap(), digest, content.len() as u64, time);
        leaf.unwrap().to_string().into_bytes()
    }

    fn violations(leaves: &[Vec<u8>]) -> Vec<Violation> {
        let mut replay = Replay::new(1000);
        let mut all = Vec::new();
        leaves
            .iter()
            .for_each(|leaf| drop(replay.take(leaf, |violation| all.push(violation))));
        assert_eq!(replay.leaves(), leaves.len() as u64);
        all
    }

    #[test]
    fn accepts_repeated_bundles_records_and_indexes() {
        let (bundle, record) = ("Foo-1.tgz.sigstore.json", "ABC-sigstore-identities-1.json");
        let leaves = [
            leaf("Foo-1.tgz", b"archive", 5),
            leaf("Foo-1.tgz", b"archive", 5),
            leaf(bundle, b"one", 6),
            leaf(bundle, b"two", 6),
            leaf(record, b"one", 7),
            leaf(record, b"two", 8),
            leaf(INDEX, b"one", 9),
            leaf(INDEX, b"two", 1000),
        ];
        assert_eq!(violations(&leaves), []);
    }

    #[test]
    fn reports_archive_with_another_digest() {
        let leaves = [
            leaf("Foo-1.tgz", b"archive", 5),
            leaf("Foo-1.tgz", b"other", 5),
            leaf("Foo-1.tgz", b"archive", 5),
        ];
        let found = violations(&leaves);
        let [
            Violation::Changed {
                index: 1,
                first: 0,
                logged,
                ..
            },
        ] = &found[..]
        else {
            panic!("{found:?}");
        };
        assert_eq!(*logged, Sha256Digest::of(b"archive"));
    }

    #[test]
    fn reports_time_that_runs_back_and_time_in_the_future() {
        let leaves = [
            leaf("Foo-1.tgz", b"1", 500),
            leaf("Foo-2.tgz", b"2", 499),
            leaf("Foo-3.tgz", b"3", 499),
            leaf("Foo-4.tgz", b"4", 1001),
        ];
        assert_eq!(
            violations(&leaves),
            [
                Violation::Time {
                    index: 1,
                    found: 499,
                    before: 500
                },
                Violation::Time {
                    index: 2,
                    found: 499,
                    before: 500
                },
                Violation::Future {
                    index: 3,
                    found: 1001,
                    now: 1000
                },
            ]
        );
    }

    #[test]
    fn reports_leaf_of_another_form() {
        let found = violations(&[b"cpan-log/v2 archive".to_vec(), Vec::new()]);
        assert!(matches!(
            found[..],
            [
                Violation::Form { index: 0, .. },
                Violation::Form { index: 1, .. }
            ]
        ));
    }
}
