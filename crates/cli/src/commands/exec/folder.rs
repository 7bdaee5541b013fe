//! The folder of one run, removed at its end, or by a later run if this one was killed.

use std::{
    ffi::OsStr,
    fs::{self, DirEntry, File},
    io,
    path::{Path, PathBuf},
};

use tempfile::{Builder, TempDir};

/// The beginning of its name.
const PREFIX: &str = "cpan-sigstore-exec-";
/// The file in it that the run holds locked.
const LOCK: &str = "lock";

/// A folder that only this user can read, with a file that is locked as long as the run lives.
pub struct RunFolder {
    folder: TempDir,
    lock: File,
}

impl RunFolder {
    /// Creates one among the temporary files.
    ///
    /// # Errors
    /// [`io::Error`] if it cannot be created.
    pub fn new() -> io::Result<Self> {
        Self::below(&std::env::temp_dir())
    }

    fn below(parent: &Path) -> io::Result<Self> {
        remove_left(parent);
        let mut folder = Builder::new();
        folder.prefix(PREFIX);
        // It holds the secret of the run.
        #[cfg(unix)]
        folder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = folder.tempdir_in(parent)?;
        // Locked before it has its name, so that no other run finds it unlocked.
        let new = folder.path().join("lock.new");
        let lock = File::create_new(&new)?;
        lock.lock()?;
        fs::rename(new, folder.path().join(LOCK))?;
        Ok(Self { folder, lock })
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Keeps the folder: without the lock, no later run removes it.
    pub fn keep(self) -> PathBuf {
        // If it remains, a later run removes the folder.
        let _ = fs::remove_file(self.path().join(LOCK));
        drop(self.lock);
        self.folder.keep()
    }
}

/// Removes the folders of this user's runs that were killed. One that remains is harmless.
fn remove_left(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        if is_own(&entry) && is_left(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether an entry is a folder of a run of this user.
fn is_own(entry: &DirEntry) -> bool {
    let is_run = |name: &OsStr| name.to_string_lossy().starts_with(PREFIX);
    // Of a link, this is the link itself.
    let metadata = entry.metadata();
    is_run(&entry.file_name())
        && metadata.is_ok_and(|metadata| metadata.is_dir() && is_by_me(&metadata))
}

#[cfg(unix)]
fn is_by_me(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    metadata.uid() == rustix::process::geteuid().as_raw()
}

/// Temporary files are each user's own there.
#[cfg(not(unix))]
fn is_by_me(_: &fs::Metadata) -> bool {
    true
}

/// Whether no run holds the lock of a folder.
fn is_left(folder: &Path) -> bool {
    let path = folder.join(LOCK);
    let is_file = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file());
    is_file && File::open(path).is_ok_and(|lock| lock.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_folders_of_killed_runs_only() {
        let parent = tempfile::tempdir().unwrap();
        let left = |name: &str, lock: Option<&str>| {
            let folder = parent.path().join(name);
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("conf.pm"), "secret").unwrap();
            if let Some(lock) = lock {
                fs::write(folder.join(lock), "").unwrap();
            }
            folder
        };
        let killed = left("cpan-sigstore-exec-killed", Some("lock"));
        let kept = left("cpan-sigstore-exec-kept", None);
        let starting = left("cpan-sigstore-exec-starting", Some("lock.new"));
        let other = left("other", Some("lock"));
        let first = RunFolder::below(parent.path()).unwrap();
        assert!(!killed.exists());
        assert!(kept.exists() && starting.exists() && other.exists());
        let second = RunFolder::below(parent.path()).unwrap();
        assert!(first.path().exists());
        let (path, logs) = (first.path().to_owned(), second.keep());
        drop(first);
        assert!(!path.exists());
        let _third = RunFolder::below(parent.path()).unwrap();
        assert!(logs.exists());
    }

    #[cfg(unix)]
    #[test]
    fn removes_nothing_behind_a_link() {
        let parent = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join("lock"), "").unwrap();
        let link = parent.path().join("cpan-sigstore-exec-link");
        std::os::unix::fs::symlink(elsewhere.path(), &link).unwrap();
        let _run = RunFolder::below(parent.path()).unwrap();
        assert!(elsewhere.path().join("lock").exists());
    }
}
