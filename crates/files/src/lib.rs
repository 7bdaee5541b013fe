//! Small files, such as configuration and state: read within a limit, written whole or not at all.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    path::Path,
};

/// The bytes of a file of at most `limit` bytes; `None` where there is none.
///
/// # Errors
/// Where it cannot be read, or is larger ([`io::ErrorKind::FileTooLarge`]).
pub fn read(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(Some(bytes))
}

/// Replaces a file, whole and on the disk, or not at all; its folder is made where it is not there.
///
/// Only the user can read it.
///
/// # Errors
/// Where it cannot be written; then it is as it was.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new()
        .prefix(".cpan-sigstore-")
        .suffix(".tmp")
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_read_within_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/file");
        assert_eq!(read(&path, 5).unwrap(), None);
        write(&path, b"first").unwrap();
        write(&path, b"other").unwrap();
        assert_eq!(read(&path, 5).unwrap().unwrap(), b"other");
        let error = read(&path, 4).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(
            std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1
        );
    }
}
