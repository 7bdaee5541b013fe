//! Keys in a folder: one file for each, which only the provider can read.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{DatedKey, KeyRing, SigningKey, SigningKeyError};

/// Largest file of a key, in bytes.
const LIMIT: u64 = 16 * 1024;
/// Most keys in the folder.
const MOST_KEYS: usize = 64;
/// Time to wait for another process that rotates.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why keys cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreError {
    /// A file or folder cannot be used.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others can read it.
    #[error("invalid mode of {}: expected access for its owner only, found {mode:o}", path.display())]
    Exposed {
        /// The file or folder.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The file holds no key.
    #[error("invalid key in {}: expected JSON with `created` and `pkcs8`", path.display())]
    Form {
        /// The file.
        path: PathBuf,
    },
    /// The folder has too many keys.
    #[error("invalid folder of keys: expected at most {MOST_KEYS}, found more")]
    TooMany,
    /// Another process rotates.
    #[error(transparent)]
    Lock(#[from] cpan_sigstore_files::LockError),
    /// A key cannot be created or read.
    #[error(transparent)]
    Key(#[from] SigningKeyError),
}

/// A folder of keys.
#[derive(Clone, Debug)]
pub struct KeyStore(PathBuf);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    created: Timestamp,
    pkcs8: String,
}

impl KeyStore {
    /// Opens the folder, and creates it if there is none.
    ///
    /// # Errors
    /// [`KeyStoreError`] if it cannot be created, or others can enter it.
    pub fn open(folder: &Path) -> Result<Self, KeyStoreError> {
        cpan_sigstore_files::create_private_folder(folder).map_err(file(folder))?;
        refuse_exposed(folder)?;
        Ok(Self(folder.to_owned()))
    }

    /// Reads all keys. If it is time for a new one, creates it, and removes the retired ones.
    ///
    /// # Errors
    /// [`KeyStoreError`] if a file cannot be used.
    pub fn refresh(&self, now: Timestamp) -> Result<KeyRing, KeyStoreError> {
        let ring = self.read()?;
        if !ring.is_due(now) {
            return Ok(ring);
        }
        let _lock = cpan_sigstore_files::lock(&self.0.join("lock"), PATIENCE)?;
        // Another process may have been quicker.
        let ring = self.read()?;
        if !ring.is_due(now) {
            return Ok(ring);
        }
        for retired in &ring.keys()[..ring.retired(now)] {
            self.remove(retired)?;
        }
        self.add(now)?;
        self.read()
    }

    /// Replaces all keys by a new one, which signs at once: after a theft. Every token of the old ones is void.
    ///
    /// # Errors
    /// [`KeyStoreError`] if a file cannot be used.
    pub fn replace(&self, now: Timestamp) -> Result<KeyRing, KeyStoreError> {
        let _lock = cpan_sigstore_files::lock(&self.0.join("lock"), PATIENCE)?;
        let old = self.read()?;
        self.add(now)?;
        for key in old.keys() {
            self.remove(key)?;
        }
        self.read()
    }

    /// Reads all keys.
    ///
    /// # Errors
    /// [`KeyStoreError`] if a file cannot be used.
    pub fn read(&self) -> Result<KeyRing, KeyStoreError> {
        let mut keys = Vec::new();
        for entry in fs::read_dir(&self.0).map_err(file(&self.0))? {
            let path = entry.map_err(file(&self.0))?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            if keys.len() == MOST_KEYS {
                return Err(KeyStoreError::TooMany);
            }
            keys.push(read(&path)?);
        }
        Ok(KeyRing::new(keys))
    }

    fn add(&self, now: Timestamp) -> Result<(), KeyStoreError> {
        let (key, pkcs8) = SigningKey::generate()?;
        let text = KeyFile {
            created: now,
            pkcs8: STANDARD.encode(pkcs8),
        };
        let path = self.path(&key);
        let json =
            serde_json::to_vec(&text).map_err(|_| KeyStoreError::Form { path: path.clone() })?;
        cpan_sigstore_files::write_atomic(&path, &json).map_err(file(&path))
    }

    fn remove(&self, key: &DatedKey) -> Result<(), KeyStoreError> {
        let path = self.path(&key.key);
        fs::remove_file(&path).map_err(file(&path))
    }

    fn path(&self, key: &SigningKey) -> PathBuf {
        self.0.join(format!("{}.json", key.kid()))
    }
}

fn read(path: &Path) -> Result<DatedKey, KeyStoreError> {
    refuse_exposed(path)?;
    let bytes = cpan_sigstore_files::read_limited(path, LIMIT)
        .and_then(|bytes| bytes.ok_or_else(cpan_sigstore_files::no_such_file))
        .map_err(file(path))?;
    let form = || KeyStoreError::Form {
        path: path.to_owned(),
    };
    let text: KeyFile = serde_json::from_slice(&bytes).map_err(|_| form())?;
    let pkcs8 = STANDARD.decode(text.pkcs8).map_err(|_| form())?;
    Ok(DatedKey {
        key: Arc::new(SigningKey::from_pkcs8(&pkcs8)?),
        created: text.created,
    })
}

#[cfg(unix)]
fn refuse_exposed(path: &Path) -> Result<(), KeyStoreError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).map_err(file(path))?.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(KeyStoreError::Exposed {
        path: path.to_owned(),
        mode,
    })
}

#[cfg(not(unix))]
fn refuse_exposed(_: &Path) -> Result<(), KeyStoreError> {
    Ok(())
}

fn file(path: &Path) -> impl Fn(io::Error) -> KeyStoreError + '_ {
    move |source| KeyStoreError::File {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use jiff::SignedDuration;

    use super::*;

    fn at(days: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * days)
    }

    #[test]
    fn creates_and_rotates_keys_that_nobody_else_reads() {
        let folder = tempfile::tempdir().unwrap();
        let store = KeyStore::open(&folder.path().join("keys")).unwrap();
        let names = |ring: &KeyRing| -> Vec<String> {
            ring.keys()
                .iter()
                .map(|key| key.key.kid().to_owned())
                .collect()
        };
        let first = store.refresh(at(0)).unwrap();
        assert_eq!(names(&store.refresh(at(29)).unwrap()), names(&first));
        let second = store.refresh(at(30)).unwrap();
        assert_eq!(second.keys().len(), 2);
        assert_eq!(names(&second)[..1], names(&first));
        // The first one is retired by then.
        assert_eq!(
            names(&store.refresh(at(60)).unwrap())[..1],
            names(&second)[1..]
        );
        for entry in fs::read_dir(folder.path().join("keys")).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{entry:?}");
        }
        assert_eq!(store.replace(at(60)).unwrap().keys().len(), 1);
    }

    #[test]
    fn refuses_a_key_that_others_can_read() {
        let folder = tempfile::tempdir().unwrap();
        let store = KeyStore::open(&folder.path().join("keys")).unwrap();
        let ring = store.refresh(at(0)).unwrap();
        let path = store.path(&ring.keys()[0].key);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let outcome = store.refresh(at(0));
        assert!(matches!(
            outcome,
            Err(KeyStoreError::Exposed { mode: 0o640, .. })
        ));
    }
}
