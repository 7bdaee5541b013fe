//! Compares a replayed log with a CPAN.

use std::collections::HashSet;

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_cpan::Cpan;
use cpan_sigstore_tlog::leaf::{AUTHOR_INDEX_PATH, LeafKind, LeafPath};

use super::Audit;
use crate::{
    append::BATCH,
    scan::{self, ScanError},
    unread::{Unread, UnreadList},
    writer::NewFile,
};

/// A difference between a log and a CPAN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The CPAN has a file that is not logged.
    Unlogged {
        /// The path.
        path: LeafPath,
        /// The digest on the CPAN.
        found: Sha256Digest,
    },
    /// The CPAN has another file than the log.
    Changed {
        /// The path.
        path: LeafPath,
        /// The digest in the log.
        logged: Sha256Digest,
        /// The digest on the CPAN.
        found: Sha256Digest,
    },
    /// The log has a file that the CPAN has not.
    Absent {
        /// The path.
        path: LeafPath,
    },
}

impl Difference {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unlogged { .. } => "unlogged",
            Self::Changed { .. } => "log-mismatch",
            Self::Absent { .. } => "absent",
        }
    }

    /// The path.
    pub const fn path(&self) -> &LeafPath {
        match self {
            Self::Unlogged { path, .. } | Self::Changed { path, .. } | Self::Absent { path } => {
                path
            }
        }
    }
}

/// The end of a comparison of a log with a CPAN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The number of files that were read.
    pub read: u64,
    /// Files and authors that cannot be read.
    pub unread: Vec<Unread>,
}

impl Audit {
    /// Compares the log with all files of a CPAN, and passes each difference to `report`. A file or an author that
    /// cannot be read stops no other, and is no difference.
    ///
    /// # Errors
    /// [`ScanError`] if the CPAN as a whole cannot be read.
    pub async fn compare(
        &self,
        cpan: &Cpan,
        mut report: impl FnMut(Difference),
    ) -> Result<Comparison, ScanError> {
        let mut unread = UnreadList::default();
        let files = scan::walk(cpan, &mut unread).await?;
        let listed: Vec<_> = files.into_iter().collect();
        let (mut read, mut found) = (0, HashSet::new());
        for batch in listed.chunks(BATCH) {
            for file in scan::read(cpan, batch, &mut unread).await? {
                read += 1;
                found.insert(file.path.clone());
                self.compare_file(&file).into_iter().for_each(&mut report);
            }
        }
        let author_index: Vec<_> = AUTHOR_INDEX_PATH.parse().into_iter().collect();
        let mut indexes = scan::read(cpan, &author_index, &mut unread).await?;
        indexes.extend(scan::package_index(cpan).await?);
        for index in indexes {
            read += 1;
            self.compare_file(&index).into_iter().for_each(&mut report);
        }
        let archives = self
            .replay
            .files()
            .keys()
            .filter(|path| path.kind() == LeafKind::Archive);
        let mut absent: Vec<_> = archives
            // A file that a list names, and that nobody gets, is absent too.
            .filter(|path| !found.contains(*path) && !unread.has(path.as_str()))
            .collect();
        absent.sort();
        absent
            .into_iter()
            .for_each(|path| report(Difference::Absent { path: path.clone() }));
        let unread = unread.into_items();
        Ok(Comparison { read, unread })
    }

    fn compare_file(&self, file: &NewFile) -> Option<Difference> {
        let (path, found) = (file.path.clone(), file.digest);
        match self.replay.files().get(&file.path) {
            None => Some(Difference::Unlogged { path, found }),
            Some(logged) if logged.digest != found => Some(Difference::Changed {
                path,
                logged: logged.digest,
                found,
            }),
            Some(_) => None,
        }
    }
}
