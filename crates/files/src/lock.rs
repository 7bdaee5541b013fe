//! A lock between processes.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::{create_private_folder, folder_of};

/// Pause between two attempts to take a lock that another process holds.
const PAUSE: Duration = Duration::from_millis(20);

/// A lock, held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Error of taking a lock.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// The lock file cannot be created or opened.
    #[error("cannot open {}: {source}", path.display())]
    Open {
        /// The lock file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The system cannot lock this file.
    #[error("cannot lock {}: {source}", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// Another process holds the lock.
    #[error("cannot lock {}: another process has held it for {} s", path.display(), waited.as_secs())]
    Held {
        /// The lock file.
        path: PathBuf,
        /// How long this process waited.
        waited: Duration,
    },
}

impl From<LockError> for io::Error {
    fn from(error: LockError) -> Self {
        let kind = match &error {
            LockError::Open { source, .. } | LockError::Lock { source, .. } => source.kind(),
            LockError::Held { .. } => io::ErrorKind::TimedOut,
        };
        Self::new(kind, error)
    }
}

/// Locks a file, and waits for the process that holds it at most `timeout`.
///
/// Creates the file if there is none. Only the user can open it, so that no other user can hold the lock.
///
/// # Errors
/// [`LockError::Held`] at the end of the timeout; the others if the file cannot be opened or locked.
pub fn lock(path: &Path, timeout: Duration) -> Result<Lock, LockError> {
    let file = open(path).map_err(|source| LockError::Open {
        path: path.to_owned(),
        source,
    })?;
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock { _file: file }),
            Err(TryLockError::Error(source)) => {
                return Err(LockError::Lock {
                    path: path.to_owned(),
                    source,
                });
            }
            Err(TryLockError::WouldBlock) => {}
        }
        let waited = started.elapsed();
        if waited >= timeout {
            return Err(LockError::Held {
                path: path.to_owned(),
                waited,
            });
        }
        std::thread::sleep(PAUSE.min(timeout - waited));
    }
}

fn open(path: &Path) -> io::Result<File> {
    create_private_folder(folder_of(path))?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_lock_in_turn_and_reports_who_waits_too_long() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/file.lock");
        let first = lock(&path, Duration::ZERO).unwrap();
        let error = lock(&path, Duration::ZERO).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "cannot lock {}: another process has held it for 0 s",
                path.display()
            )
        );
        drop(first);
        // A process that another test starts holds the file until it runs its program.
        lock(&path, Duration::from_secs(30)).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn hides_lock_from_other_users() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.lock");
        drop(lock(&path, Duration::ZERO).unwrap());
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
