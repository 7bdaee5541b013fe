//! Bounded reading.

use std::{
    fs::{File, Metadata},
    io::{self, Read as _},
    path::Path,
};

/// Most bytes that are reserved before a file is read; larger files grow the buffer.
const RESERVED: u64 = 64 * 1024;

/// A regular file: its bytes, and its metadata from before they were read.
#[derive(Debug)]
pub struct RegularFile {
    /// The bytes, one more than the limit at most.
    pub bytes: Vec<u8>,
    /// Size and times.
    pub metadata: Metadata,
}

/// Returns the bytes of a file of at most `limit` bytes; `None` if there is no file.
///
/// # Errors
/// [`io::ErrorKind::FileTooLarge`] for a larger file, and the errors of opening and reading it.
pub fn read_limited(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    match read_prefix(path, limit)? {
        Some(bytes) if bytes.len() as u64 > limit => Err(io::ErrorKind::FileTooLarge.into()),
        bytes => Ok(bytes),
    }
}

/// Returns at most `limit + 1` bytes of a file; `None` if there is no file.
///
/// The one byte more lets the caller report that the file is too large, in its own words.
///
/// # Errors
/// The errors of opening and reading the file.
pub fn read_prefix(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let Some(file) = present(File::open(path))? else {
        return Ok(None);
    };
    read_open(file, limit).map(Some)
}

/// Returns a regular file with at most `limit + 1` of its bytes; `None` for anything else, such as a folder or a pipe.
///
/// A pipe is never opened: that would wait for a writer.
///
/// # Errors
/// The errors of opening and reading the file.
pub fn read_regular(path: &Path, limit: u64) -> io::Result<Option<RegularFile>> {
    let Some(metadata) = present(std::fs::metadata(path))?.filter(Metadata::is_file) else {
        return Ok(None);
    };
    let Some(file) = present(File::open(path))? else {
        return Ok(None);
    };
    let bytes = read_open(file, limit)?;
    Ok(Some(RegularFile { bytes, metadata }))
}

/// Returns at most `limit + 1` bytes of an open file.
///
/// # Errors
/// The errors of reading the file.
pub fn read_open(file: File, limit: u64) -> io::Result<Vec<u8>> {
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    let reserved = size.min(limit).min(RESERVED) + 1;
    let mut bytes = Vec::with_capacity(usize::try_from(reserved).unwrap_or_default());
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn present<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_file_larger_than_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert_eq!(read_limited(&path, 5).unwrap(), None);
        std::fs::write(&path, b"five!").unwrap();
        assert_eq!(read_limited(&path, 5).unwrap().unwrap(), b"five!");
        let error = read_limited(&path, 4).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(read_prefix(&path, 3).unwrap().unwrap(), b"five");
    }

    #[test]
    fn reads_regular_files_only() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read_regular(folder.path(), 5).unwrap().is_none());
        let path = folder.path().join("file");
        assert!(read_regular(&path, 5).unwrap().is_none());
        std::fs::write(&path, b"five!").unwrap();
        let file = read_regular(&path, 3).unwrap().unwrap();
        assert_eq!(file.bytes, b"five");
        assert_eq!(file.metadata.len(), 5);
    }

    #[cfg(unix)]
    #[test]
    fn never_waits_for_the_writer_of_a_pipe() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        assert!(read_regular(&pipe, 5).unwrap().is_none());
    }
}
