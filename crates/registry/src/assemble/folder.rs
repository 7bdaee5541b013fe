//! The authors of a CPAN in a folder. A directory and files that are as they were, by size, inode and the
//! time of their last change, are not read again. No link leads out of the folder.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
};

use cpan_sigstore_core::release::PauseId;
use cpan_sigstore_cpan::{folder, path::BUNDLE_SUFFIX};
use cpan_sigstore_gate::RecordFile;
use cpan_sigstore_keyless::bundle::SIZE_LIMIT as BUNDLE_LIMIT;
use cpan_sigstore_records::record::{RECORDS_LIMIT, RecordName, SIZE_LIMIT};
use serde::{Deserialize, Serialize};

use super::{BuildError, parallel};

/// What tells whether a file or directory is as it was: inode, time of the last change of it or of its
/// name (seconds and nanoseconds; no program can set it back), size in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp(u64, i64, i64, u64);

/// What an author's directory looked like: itself, and each record with its bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row(pub PauseIdText, pub Stamp, pub Vec<(Stamp, Stamp)>);

/// A PAUSE id in a state file.
pub(super) type PauseIdText = String;

/// The files of an author, as they are now.
pub(super) struct Listed {
    pub files: Vec<RecordFile>,
    /// How many more there are.
    pub more: usize,
    /// What it looks like; `None` where it was changed so lately that it could be changed again without a
    /// trace, or where it is no history of records with bundles.
    pub row: Option<Row>,
}

impl Stamp {
    pub fn of(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|metadata| Self::from(&metadata))
    }

    /// The stamp of what is at a path below a CPAN; `None` where nothing is.
    pub fn below(cpan: &Path, path: &str) -> io::Result<Option<Self>> {
        let metadata = folder::metadata(cpan, path)?;
        Ok(metadata.map(|metadata| Self::from(&metadata)))
    }

    /// Whether a change after `now` could leave it as it is: clocks of file systems are coarse.
    pub fn is_fresh(&self, now: i64) -> bool {
        self.1 >= now - 1
    }
}

#[cfg(unix)]
impl From<&fs::Metadata> for Stamp {
    fn from(metadata: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        let size = if metadata.is_file() {
            metadata.len()
        } else {
            0
        };
        Self(
            metadata.ino(),
            metadata.ctime(),
            metadata.ctime_nsec(),
            size,
        )
    }
}

/// Other systems have no time that programs cannot set back: every file is fresh, and is read again.
#[cfg(not(unix))]
impl From<&fs::Metadata> for Stamp {
    fn from(metadata: &fs::Metadata) -> Self {
        Self(0, i64::MAX, 0, metadata.len())
    }
}

/// The authors who have a directory, sorted.
///
/// # Errors
/// Where there are none, or a folder cannot be read.
pub(super) fn authors(cpan: &Path) -> Result<Vec<PauseId>, BuildError> {
    const ROOT: &str = "authors/id";
    let is_folder = folder::metadata(cpan, ROOT)
        .map_err(BuildError::read(cpan.join(ROOT)))?
        .is_some_and(|metadata| metadata.is_dir());
    if !is_folder {
        return Err(BuildError::NoCpan(cpan.join(ROOT).display().to_string()));
    }
    let mut folders = Vec::new();
    for first in names(cpan, ROOT)?
        .into_iter()
        .filter(|first| first.len() == 1)
    {
        let seconds = names(cpan, &format!("{ROOT}/{first}"))?.into_iter();
        folders.extend(seconds.filter(|second| second.len() == 2 && second.starts_with(&first)));
    }
    let in_folder = |second: &String| -> Result<Vec<PauseId>, BuildError> {
        let first = second.chars().take(1).collect::<String>();
        // A directory of another name or place is no author's.
        let ids = names(cpan, &format!("{ROOT}/{first}/{second}"))?.into_iter();
        let ids = ids.filter_map(|name| {
            let id: PauseId = name.parse().ok()?;
            (id.as_str() == name && name.starts_with(second)).then_some(id)
        });
        Ok(ids.collect())
    };
    let authors = parallel::map(&folders, in_folder, &|_, _| {})?;
    let mut authors: Vec<_> = authors.into_iter().flatten().collect();
    authors.sort();
    Ok(authors)
}

/// The names in a folder; none where it is a file.
fn names(cpan: &Path, path: &str) -> Result<Vec<String>, BuildError> {
    let names = folder::names(cpan, path).map_err(BuildError::read(cpan.join(path)))?;
    Ok(names.unwrap_or_default())
}

impl Row {
    /// Whether the directory is as it was.
    pub fn holds(&self, cpan: &Path) -> bool {
        let Ok(author) = self.0.parse::<PauseId>() else {
            return false;
        };
        let is = |path: &str, stamp: Stamp| matches!(Stamp::below(cpan, path), Ok(Some(now)) if now == stamp);
        is(&author.directory(), self.1)
            && (1..).zip(&self.2).all(|(version, stamps)| {
                let author = author.clone();
                let [record, bundle] = paths(&RecordName { author, version });
                is(&record, stamps.0) && is(&bundle, stamps.1)
            })
    }
}

fn paths(name: &RecordName) -> [String; 2] {
    let record = name.path();
    let bundle = format!("{record}{BUNDLE_SUFFIX}");
    [record, bundle]
}

/// Reads what an author's directory has of records; `None` where it is no directory.
///
/// # Errors
/// Where it cannot be read.
pub(super) fn list(id: &PauseId, cpan: &Path, now: i64) -> Result<Option<Listed>, BuildError> {
    let directory = id.directory();
    // Before anything is read, so that a change meanwhile is seen the next time.
    let metadata = folder::metadata(cpan, &directory);
    let metadata = metadata.map_err(BuildError::read(cpan.join(&directory)))?;
    let Some(metadata) = metadata.filter(fs::Metadata::is_dir) else {
        return Ok(None);
    };
    let stamp = Stamp::from(&metadata);
    let mut versions: Vec<RecordName> = names(cpan, &directory)?
        .iter()
        .filter_map(|name| name.parse().ok())
        .filter(|name: &RecordName| name.author == *id)
        .collect();
    versions.sort_unstable();
    let more = versions.len().saturating_sub(RECORDS_LIMIT);
    versions.truncate(RECORDS_LIMIT);
    let mut stamps = Vec::with_capacity(versions.len());
    let mut files = Vec::with_capacity(versions.len());
    for name in versions {
        let version = name.version;
        let [record, bundle] = paths(&name);
        let Some((json, record)) = read(cpan, &record, SIZE_LIMIT)? else {
            continue;
        };
        let bundle = read(cpan, &bundle, BUNDLE_LIMIT)?;
        if let Some((_, bundle)) = &bundle
            && version as usize == stamps.len() + 1
        {
            stamps.push((record, *bundle));
        }
        files.push(RecordFile {
            version,
            json,
            bundle: bundle.map(|(bytes, _)| bytes),
        });
    }
    let fresh = stamp.is_fresh(now)
        || stamps
            .iter()
            .any(|(a, b)| a.is_fresh(now) || b.is_fresh(now));
    let is_whole = stamps.len() == files.len() && more == 0;
    let row = (is_whole && !fresh).then(|| Row(id.as_str().to_owned(), stamp, stamps));
    Ok(Some(Listed { files, more, row }))
}

/// Returns a file, one byte more than its limit at most; the reader of its content rejects that.
fn read(cpan: &Path, path: &str, limit: usize) -> Result<Option<(Vec<u8>, Stamp)>, BuildError> {
    let failed = || BuildError::read(cpan.join(path));
    let Some((file, metadata)) = folder::open(cpan, path).map_err(failed())? else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    file.take(limit as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(failed())?;
    Ok(Some((bytes, Stamp::from(&metadata))))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    const RECORD: &str = "MYAUTHOR-sigstore-identities-1.json";

    /// A CPAN with one author, and a folder beside it with a secret.
    fn cpan() -> (tempfile::TempDir, PauseId) {
        let root = tempfile::tempdir().unwrap();
        let id: PauseId = "MYAUTHOR".parse().unwrap();
        fs::create_dir_all(root.path().join("cpan").join(id.directory())).unwrap();
        fs::create_dir_all(root.path().join("outside/BC/BCD")).unwrap();
        fs::write(root.path().join("outside/secret"), "secret").unwrap();
        (root, id)
    }

    #[test]
    fn reads_no_file_or_folder_that_a_link_leads_out_to() {
        let (root, id) = cpan();
        let cpan = root.path().join("cpan");
        let record = cpan.join(id.directory()).join(RECORD);
        for file in [
            record.clone(),
            record.with_file_name(format!("{RECORD}{BUNDLE_SUFFIX}")),
        ] {
            symlink(root.path().join("outside/secret"), &file).unwrap();
            let listed = list(&id, &cpan, 0);
            assert!(
                matches!(listed, Err(BuildError::Read { .. })),
                "{}",
                file.display()
            );
            fs::remove_file(&file).unwrap();
            fs::write(&file, "{}").unwrap();
        }
        assert_eq!(list(&id, &cpan, 0).unwrap().unwrap().files.len(), 1);
        symlink("../../../outside", cpan.join("authors/id/B")).unwrap();
        assert!(matches!(authors(&cpan), Err(BuildError::Read { .. })));
    }

    #[test]
    fn follows_links_within_the_cpan() {
        let (root, id) = cpan();
        let cpan = root.path().join("cpan");
        let home = cpan.join(id.directory());
        fs::write(home.join("record"), "{}").unwrap();
        symlink("record", home.join(RECORD)).unwrap();
        assert_eq!(authors(&cpan).unwrap(), std::slice::from_ref(&id));
        assert_eq!(list(&id, &cpan, 0).unwrap().unwrap().files.len(), 1);
    }
}
