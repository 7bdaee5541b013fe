//! Files and folders below a folder. No link leads out of it.
//!
//! rsync keeps links, so anyone who writes to the folder could otherwise have any file of this machine served.
//! CPAN's own relative links, which stay below the root, work.

use std::{
    fs::{File, Metadata},
    io,
    path::Path,
};

/// Opens the regular file at a path below `root`; `None` if there is none.
///
/// # Errors
/// [`io::Error`] if it cannot be opened, or if a link leads out of `root`.
pub fn open(root: &Path, path: &str) -> io::Result<Option<(File, Metadata)>> {
    let Some(file) = present(open_below(root, path, Kind::File))? else {
        return Ok(None);
    };
    let metadata = file.metadata()?;
    Ok(metadata.is_file().then_some((file, metadata)))
}

/// Returns the metadata of the file or folder at a path below `root`; `None` if there is none.
///
/// # Errors
/// [`io::Error`] if it cannot be read, or if a link leads out of `root`.
pub fn metadata(root: &Path, path: &str) -> io::Result<Option<Metadata>> {
    present(metadata_below(root, path))
}

/// Returns the names in the folder at a path below `root`, unsorted, without those that are no text; `None` if
/// there is no folder.
///
/// # Errors
/// [`io::Error`] if it cannot be read, or if a link leads out of `root`.
pub fn names(root: &Path, path: &str) -> io::Result<Option<Vec<String>>> {
    present(names_below(root, path))
}

fn present<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
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

/// What to open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The content of a file.
    File,
    /// The names in a folder.
    #[cfg(target_os = "linux")]
    Folder,
    /// The metadata of either.
    #[cfg(target_os = "linux")]
    Metadata,
}

#[cfg(target_os = "linux")]
fn open_below(root: &Path, path: &str, kind: Kind) -> io::Result<File> {
    use rustix::{
        fs::{Mode, OFlags, ResolveFlags, open, openat2},
        io::Errno,
    };
    /// Tries while other processes rename folders, which `..` in a link makes visible.
    const TRIES: usize = 16;

    let directory = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root_directory = open(root, directory, Mode::empty())?;
    // Without NONBLOCK, opening a pipe waits for its writer.
    let flags = match kind {
        Kind::File => OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY,
        Kind::Folder => OFlags::RDONLY | OFlags::DIRECTORY,
        Kind::Metadata => OFlags::PATH,
    };
    let flags = flags | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    for _ in 0..TRIES {
        match openat2(&root_directory, path, flags, Mode::empty(), resolve) {
            Ok(file) => return Ok(File::from(file)),
            Err(Errno::AGAIN) => {}
            Err(Errno::XDEV) => return Err(leads_out()),
            // An old kernel, or a sandbox that does not know the call.
            Err(Errno::NOSYS | Errno::PERM) => return open_checked(root, path, kind),
            Err(error) => return Err(error.into()),
        }
    }
    Err(Errno::AGAIN.into())
}

#[cfg(not(target_os = "linux"))]
fn open_below(root: &Path, path: &str, kind: Kind) -> io::Result<File> {
    open_checked(root, path, kind)
}

#[cfg(target_os = "linux")]
fn metadata_below(root: &Path, path: &str) -> io::Result<Metadata> {
    open_below(root, path, Kind::Metadata)?.metadata()
}

#[cfg(not(target_os = "linux"))]
fn metadata_below(root: &Path, path: &str) -> io::Result<Metadata> {
    resolved(root, path)?.metadata()
}

#[cfg(target_os = "linux")]
fn names_below(root: &Path, path: &str) -> io::Result<Vec<String>> {
    let folder = open_below(root, path, Kind::Folder)?;
    let mut names = Vec::new();
    for entry in rustix::fs::Dir::new(folder)? {
        // A name that is no text is no author's and no record's.
        if let Ok(name) = entry?.file_name().to_str()
            && !matches!(name, "." | "..")
        {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

#[cfg(not(target_os = "linux"))]
fn names_below(root: &Path, path: &str) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(resolved(root, path)?)? {
        // A name that is no text is no author's and no record's.
        if let Ok(name) = entry?.file_name().into_string() {
            names.push(name);
        }
    }
    Ok(names)
}

/// Opens a file after all links in its path are resolved and checked.
///
/// A process that exchanges a folder for a link between the check and the opening is not noticed.
fn open_checked(root: &Path, path: &str, kind: Kind) -> io::Result<File> {
    let resolved = resolved(root, path)?;
    let metadata = resolved.metadata()?;
    // Opening a pipe waits for its writer.
    if metadata.is_file() || (kind != Kind::File && metadata.is_dir()) {
        File::open(resolved)
    } else {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// Returns a path whose links are resolved and stay below `root`.
fn resolved(root: &Path, path: &str) -> io::Result<std::path::PathBuf> {
    let resolved = root.join(path).canonicalize()?;
    if resolved.starts_with(root.canonicalize()?) {
        Ok(resolved)
    } else {
        Err(leads_out())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::{fs, io::Read as _, os::unix::fs::symlink};

    type Open = fn(&Path, &str, Kind) -> io::Result<File>;
    const WAYS: [Open; 2] = [open_below, open_checked];

    fn read(way: Open, root: &Path, path: &str) -> io::Result<String> {
        let mut text = String::new();
        way(root, path, Kind::File)?.read_to_string(&mut text)?;
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
        for path in ["absolute", "relative", "folder", "folder/secret", "twice"] {
            let error = metadata(root.path(), path).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{path}");
        }
        let error = names(root.path(), "folder").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    }

    #[test]
    fn lists_and_describes_what_is_below_the_folder() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("a/b")).unwrap();
        fs::write(root.path().join("a/file"), "text").unwrap();
        symlink("a", root.path().join("link")).unwrap();
        for path in ["a", "link"] {
            let mut found = names(root.path(), path).unwrap().unwrap();
            found.sort();
            assert_eq!(found, ["b", "file"], "{path}");
        }
        assert_eq!(
            metadata(root.path(), "link/file").unwrap().unwrap().len(),
            4
        );
        assert!(metadata(root.path(), "a").unwrap().unwrap().is_dir());
        for path in ["none", "a/file/below"] {
            assert!(metadata(root.path(), path).unwrap().is_none(), "{path}");
            assert!(names(root.path(), path).unwrap().is_none(), "{path}");
        }
        assert!(names(root.path(), "a/file").unwrap().is_none());
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
