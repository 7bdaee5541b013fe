//! The authors of a CPAN in a folder. A directory and files that are as they were, by size, inode and the
//! time of their last change, are not read again.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use cpan_sigstore_core::release::PauseId;
use cpan_sigstore_cpan::path::BUNDLE_SUFFIX;
use cpan_sigstore_files::read_regular;
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

    /// Whether a change after `now` could leave it as it is: clocks of file systems are coarse.
    fn is_fresh(&self, now: i64) -> bool {
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

/// The directories of all authors, sorted.
///
/// # Errors
/// Where there are none, or a folder cannot be read.
pub(super) fn authors(cpan: &Path) -> Result<Vec<(PauseId, PathBuf)>, BuildError> {
    let root = cpan.join("authors/id");
    if !root.is_dir() {
        return Err(BuildError::NoCpan(root.display().to_string()));
    }
    let mut folders = Vec::new();
    for first in names(&root)?.into_iter().filter(|first| first.len() == 1) {
        let folder = root.join(&first);
        let seconds = names(&folder)?.into_iter();
        let seconds = seconds.filter(|second| second.len() == 2 && second.starts_with(&first));
        folders.extend(seconds.map(|second| (folder.join(&second), second)));
    }
    let in_folder = |(folder, second): &(PathBuf, String)| -> Result<Vec<_>, BuildError> {
        // A directory of another name or place is no author's.
        let ids = names(folder)?.into_iter().filter_map(|name| {
            let id: PauseId = name.parse().ok()?;
            (id.as_str() == name && name.starts_with(second)).then_some(id)
        });
        Ok(ids
            .map(|id| (id.clone(), folder.join(id.as_str())))
            .collect())
    };
    let authors = parallel::map(&folders, in_folder, &|_, _| {})?;
    let mut authors: Vec<_> = authors.into_iter().flatten().collect();
    authors.sort();
    Ok(authors)
}

/// The names in a folder; none where it is a file.
fn names(folder: &Path) -> Result<Vec<String>, BuildError> {
    let read = || BuildError::read(folder);
    let mut names = Vec::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(names),
        Err(error) => return Err(read()(error)),
    };
    for entry in entries {
        let entry = entry.map_err(read())?;
        // A name that is no text is no author's and no record's.
        if let Ok(name) = entry.file_name().into_string() {
            names.push(name);
        }
    }
    Ok(names)
}

impl Row {
    /// Whether the directory is as it was.
    pub fn holds(&self, folder: &Path) -> bool {
        if Stamp::of(folder).ok() != Some(self.1) {
            return false;
        }
        let Ok(author) = self.0.parse::<PauseId>() else {
            return false;
        };
        (1..).zip(&self.2).all(|(version, stamps)| {
            let author = author.clone();
            let (record, bundle) = paths(folder, &RecordName { author, version });
            Stamp::of(&record).ok() == Some(stamps.0) && Stamp::of(&bundle).ok() == Some(stamps.1)
        })
    }
}

fn paths(folder: &Path, name: &RecordName) -> (PathBuf, PathBuf) {
    let name = name.to_string();
    (
        folder.join(&name),
        folder.join(format!("{name}{BUNDLE_SUFFIX}")),
    )
}

/// Reads what an author's directory has of records; `None` where it is no directory.
///
/// # Errors
/// Where it cannot be read.
pub(super) fn list(id: &PauseId, folder: &Path, now: i64) -> Result<Option<Listed>, BuildError> {
    // Before anything is read, so that a change meanwhile is seen the next time.
    let metadata = fs::metadata(folder).map_err(BuildError::read(folder))?;
    if !metadata.is_dir() {
        return Ok(None);
    }
    let stamp = Stamp::from(&metadata);
    let mut versions: Vec<RecordName> = names(folder)?
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
        let (record, bundle) = paths(folder, &name);
        let Some((json, record)) = read(&record, SIZE_LIMIT)? else {
            continue;
        };
        let bundle = read(&bundle, BUNDLE_LIMIT)?;
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
fn read(path: &Path, limit: usize) -> Result<Option<(Vec<u8>, Stamp)>, BuildError> {
    let file = read_regular(path, limit as u64).map_err(BuildError::read(path))?;
    Ok(file.map(|file| (file.bytes, Stamp::from(&file.metadata))))
}
