//! Atomic writing.

use std::{
    fs::{DirBuilder, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

use tempfile::{Builder, NamedTempFile};

use crate::folder_of;

/// Readers of a written file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Only the user (0600).
    Private,
    /// All users whom the umask allows (0666 and the umask).
    Umask,
}

/// Treatment of an existing file with the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Replace that file.
    Replace,
    /// Fail with [`io::ErrorKind::AlreadyExists`].
    Keep,
}

/// Replaces a file, whole and on the disk, or not at all; creates its folder if there is none.
///
/// Only the user can read the file (0600) and a created folder (0700).
///
/// # Errors
/// The errors of writing; the file is then as it was.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> io::Result<()> {
    create_private_folder(folder_of(path))?;
    write_with(path, bytes, Access::Private, Existing::Replace)
}

/// Writes a file, whole and on the disk, or not at all, into a folder that exists.
///
/// # Errors
/// The errors of writing; no file is then under the name that was not there before.
pub fn write_with(path: &Path, bytes: &[u8], access: Access, existing: Existing) -> io::Result<()> {
    let mut file = temporary(path, access)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    match existing {
        Existing::Replace => file.persist(path),
        Existing::Keep => file.persist_noclobber(path),
    }
    .map_err(|error| error.error)?;
    sync_folder(folder_of(path));
    Ok(())
}

/// Checks that a file can be written into its folder, and leaves nothing there.
///
/// # Errors
/// The errors of creating a file in that folder.
pub fn check_writable(path: &Path) -> io::Result<()> {
    temporary(path, Access::Private).map(drop)
}

/// Creates a folder that only the user can enter (0700), and those above it; does nothing if there is one.
///
/// # Errors
/// The errors of creating it.
pub fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}

fn temporary(path: &Path, access: Access) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".cpan-sigstore-").suffix(".tmp");
    #[cfg(unix)]
    if access == Access::Umask {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    #[cfg(not(unix))]
    let _ = access;
    builder.tempfile_in(folder_of(path))
}

/// Puts the new name on the disk too; some systems cannot, and the file itself is there.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = OpenOptions::new().read(true).open(folder) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn replaces_file_whole_and_leaves_no_temporary() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/file");
        write_atomic(&path, b"first").unwrap();
        write_atomic(&path, b"other").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"other");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn keeps_existing_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write_with(&path, b"first", Access::Umask, Existing::Keep).unwrap();
        let error = write_with(&path, b"other", Access::Umask, Existing::Keep).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"first");
        check_writable(&path).unwrap();
        assert!(check_writable(&path.join("below")).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn hides_file_and_folder_from_other_users() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/file");
        write_atomic(&path, b"secret").unwrap();
        for (path, mode) in [(path.as_path(), 0o600), (path.parent().unwrap(), 0o700)] {
            let found = fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(found, mode, "{}", path.display());
        }
    }
}
