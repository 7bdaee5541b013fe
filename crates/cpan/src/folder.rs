//! Files below a folder. No link leads out of it.
//!
//! rsync keeps links, so anyone who writes to the folder could otherwise have any file of this machine served.
//! CPAN's own relative links, which stay below the root, work.

use std::{
    fs::{File, Metadata},
    io,
    path::{Path, PathBuf},
};

/// Opens the regular file at a path below `root`; `None` if there is none.
///
/// # Errors
/// [`io::Error`] if it cannot be opened, or if a link leads out of `root`.
pub(crate) fn open(root: &Path, path: &str) -> io::Result<Option<(File, Metadata)>> {
    let file = match open_below(root, path) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let metadata = file.metadata()?;
    Ok(metadata.is_file().then_some((file, metadata)))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn leads_out() -> io::Error {
    io::Error::new(
        io::ErrorKind::PermissionDenied,
        "a link leads out of the folder",
    )
}

#[cfg(target_os = "linux")]
fn open_below(root: &Path, path: &str) -> io::Result<File> {
    use rustix::{
        fs::{Mode, OFlags, ResolveFlags, open, openat2},
        io::Errno,
    };
    /// Tries while other processes rename folders, which `..` in a link makes visible.
    const TRIES: usize = 16;

    let directory = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root_directory = open(root, directory, Mode::empty())?;
    // Without NONBLOCK, opening a pipe waits for its writer.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    for _ in 0..TRIES {
        match openat2(&root_directory, path, flags, Mode::empty(), resolve) {
            Ok(file) => return Ok(File::from(file)),
            Err(Errno::AGAIN) => {}
            Err(Errno::XDEV) => return Err(leads_out()),
            // An old kernel, or a sandbox that does not know the call.
            Err(Errno::NOSYS | Errno::PERM) => return open_checked(root, path),
            Err(error) => return Err(error.into()),
        }
    }
    Err(Errno::AGAIN.into())
}

#[cfg(not(target_os = "linux"))]
fn open_below(root: &Path, path: &str) -> io::Result<File> {
    open_checked(root, path)
}

/// Opens a file after all links in its path are resolved and checked.
///
/// A process that exchanges a folder for a link between the check and the opening is not noticed.
fn open_checked(root: &Path, path: &str) -> io::Result<File> {
    let resolved: PathBuf = root.join(path).canonicalize()?;
    if !resolved.starts_with(root.canonicalize()?) {
        return Err(leads_out());
    }
    // Opening a pipe waits for its writer.
    if !resolved.metadata()?.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    File::open(resolved)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::{fs, io::Read as _, os::unix::fs::symlink};

    type Open = fn(&Path, &str) -> io::Result<File>;
    const WAYS: [Open; 2] = [open_below, open_checked];

    fn read(way: Open, root: &Path, path: &str) -> io::Result<String> {
        let mut text = String::new();
        way(root, path)?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn rejects_links_that_leave_the_folder() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "secret").unwrap();
        let root = tempfile::tempdir().unwrap();
        let name = outside.path().file_name().unwrap().to_str().unwrap();
        symlink(outside.path().join("secret"), root.path().join("absolute")).unwrap();
        symlink(format!("../{name}/secret"), root.path().join("relative")).unwrap();
        symlink(outside.path(), root.path().join("folder")).unwrap();
        symlink("folder/secret", root.path().join("twice")).unwrap();
        for way in WAYS {
            for path in ["absolute", "relative", "folder/secret", "twice"] {
                let error = read(way, root.path(), path).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{path}");
            }
        }
    }

    #[test]
    fn follows_links_that_stay_in_the_folder() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("authors/id/A")).unwrap();
        fs::write(root.path().join("authors/id/A/file"), "text").unwrap();
        fs::create_dir(root.path().join("modules")).unwrap();
        symlink("../authors/id", root.path().join("modules/by-author")).unwrap();
        symlink("file", root.path().join("authors/id/A/link")).unwrap();
        for way in WAYS {
            for path in ["modules/by-author/A/file", "authors/id/A/link"] {
                assert_eq!(read(way, root.path(), path).unwrap(), "text", "{path}");
            }
        }
    }

    #[test]
    fn finds_no_file_in_folders_pipes_and_missing_roots() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("folder")).unwrap();
        fs::write(root.path().join("file"), "").unwrap();
        let pipe = root.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        for path in ["folder", "none", "file/below", "pipe"] {
            assert!(open(root.path(), path).unwrap().is_none(), "{path}");
        }
        assert!(open(&root.path().join("none"), "file").unwrap().is_none());
    }
}
