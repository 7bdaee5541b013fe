//! A log in memory whose writes can fail, a CPAN in a folder, and the audit of both.

use std::{
    collections::BTreeMap,
    fs, io,
    path::Path,
    sync::{Mutex, PoisonError},
};

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_tlog::{
    key::{Algorithm, SigningKey},
    leaf::LeafPath,
    policy::LogPolicy,
};

use crate::{
    audit::{Audit, audit},
    reader::LogReader,
    store::{Area, Store},
    writer::{LedgerError, LogWriter, NewFile},
};

pub const ORIGIN: &str = "cpan.example/log";
pub const NOW: u64 = 1_790_000_000;

pub fn key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, Algorithm::Ed25519, [1; 32]).unwrap()
}

pub fn policy() -> LogPolicy {
    LogPolicy::of_log(key().verifier().clone())
}

/// The moment at which the process of a writer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Before this write.
    Before(usize),
    /// After this write, without knowing.
    After(usize),
    /// At this write the disk becomes full, and stays so.
    Full(usize),
    Never,
}

#[derive(Clone, Default)]
struct Content {
    files: BTreeMap<(Area, String), Vec<u8>>,
    writes: usize,
}

/// Files in memory.
pub struct MemoryStore {
    content: Mutex<Content>,
    end: End,
}

impl MemoryStore {
    pub fn new() -> Self {
        Self {
            content: Mutex::default(),
            end: End::Never,
        }
    }

    /// The same files, for a process that ends at a moment.
    pub fn ending(&self, end: End) -> Self {
        let mut content = self.lock().clone();
        content.writes = 0;
        Self {
            content: Mutex::new(content),
            end,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn writes(&self) -> usize {
        self.lock().writes
    }

    pub fn get(&self, area: Area, path: &str) -> Option<Vec<u8>> {
        self.lock().files.get(&(area, path.to_owned())).cloned()
    }

    pub fn set(&self, area: Area, path: &str, bytes: &[u8]) {
        self.lock()
            .files
            .insert((area, path.to_owned()), bytes.to_vec());
    }

    pub fn remove(&self, area: Area, prefix: &str) {
        self.lock()
            .files
            .retain(|(of, path), _| *of != area || !path.starts_with(prefix));
    }

    /// The public files.
    pub fn public(&self) -> BTreeMap<String, Vec<u8>> {
        let files = self.lock().files.clone().into_iter();
        let public = files.filter(|((area, _), _)| *area == Area::Log);
        public.map(|((_, path), bytes)| (path, bytes)).collect()
    }

    /// Writes the public files to a folder.
    pub fn dump(&self, folder: &Path) {
        for (path, bytes) in self.public() {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
}

impl Store for MemoryStore {
    fn read(&self, area: Area, path: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let bytes = self.get(area, path);
        assert!(
            bytes
                .as_ref()
                .is_none_or(|bytes| bytes.len() as u64 <= limit),
            "{path}"
        );
        Ok(bytes)
    }

    fn write(&self, area: Area, path: &str, bytes: &[u8]) -> io::Result<()> {
        let mut content = self.lock();
        let at = content.writes;
        content.writes += 1;
        let (is_written, error) = match self.end {
            End::Before(end) if at >= end => (false, Some(io::ErrorKind::Interrupted)),
            End::After(end) if at >= end => (at == end, Some(io::ErrorKind::Interrupted)),
            End::Full(end) if at >= end => (false, Some(io::ErrorKind::StorageFull)),
            _ => (true, None),
        };
        if is_written {
            content
                .files
                .insert((area, path.to_owned()), bytes.to_vec());
        }
        error.map_or(Ok(()), |kind| Err(kind.into()))
    }

    fn clear(&self, area: Area, folder: &str) -> io::Result<()> {
        let mut content = self.lock();
        let is_ended = match self.end {
            End::Before(end) | End::After(end) | End::Full(end) => content.writes > end,
            End::Never => false,
        };
        if is_ended {
            return Err(io::ErrorKind::Interrupted.into());
        }
        content
            .files
            .retain(|(of, path), _| *of != area || !path.starts_with(folder));
        Ok(())
    }
}

pub fn path(at: u64) -> LeafPath {
    format!("authors/id/A/AB/ABC/Foo-{at}.tar.gz")
        .parse()
        .unwrap()
}

/// Archives by number.
pub fn archives(numbers: std::ops::Range<u64>) -> Vec<NewFile> {
    let archive = |at: u64| {
        let digest = Sha256Digest::of(&at.to_be_bytes());
        NewFile {
            path: path(at),
            digest,
            size: 8,
        }
    };
    numbers.map(archive).collect()
}

/// What `log append` does: appends those that are not logged, and publishes.
pub fn run(store: &MemoryStore, files: &[NewFile], now: u64) -> Result<(), LedgerError> {
    let key = key();
    let mut writer = LogWriter::open(store, &key)?;
    let new: Vec<_> = files
        .iter()
        .filter(|file| !writer.has(&file.path))
        .cloned()
        .collect();
    writer.append(&new, now)?;
    writer.publish(&writer.checkpoint().clone(), &policy())
}

/// Audits the public files.
pub async fn audited(store: &MemoryStore) -> Audit {
    let folder = tempfile::tempdir().unwrap();
    store.dump(folder.path());
    let log = LogReader::at(&folder.path().display().to_string()).unwrap();
    audit(&log, &policy(), &[], NOW + 1000).await.unwrap()
}
