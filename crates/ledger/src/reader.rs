//! The files of a log, in a folder or behind an address. Nothing that it returns is trusted.

use std::{collections::HashMap, path::PathBuf};

use cpan_sigstore_core::text::without_credentials;
use cpan_sigstore_files::read_limited;
use cpan_sigstore_http::{Http, HttpError};
use cpan_sigstore_tlog::{
    checkpoint::VerifiedCheckpoint,
    entries,
    hash::NodeHash,
    note::NOTE_LIMIT,
    policy::{CheckpointError, LogPolicy},
    tile::{TILE_WIDTH, TileError, TileKind, TileNodes, TilePath, TileSource},
    tree::prove_consistency,
};
use tokio::task::JoinSet;
use url::Url;

use crate::{
    audit::AuditFolder,
    writer::{CHECKPOINT, TILE_LIMIT},
};

/// Files that are fetched at once.
const AT_ONCE: usize = 16;

/// Reasons why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The address is none of a log.
    #[error("invalid address of a log: expected a folder, http or https, found `{0}`")]
    Address(String),
    /// The server cannot be reached, or refuses.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// The file.
        path: String,
        /// The reason.
        source: std::io::Error,
    },
    /// A file is missing.
    #[error("cannot find {0}")]
    Missing(String),
    /// The checkpoint does not satisfy the policy.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A file has not the form of its path.
    #[error("{0}")]
    Tile(String),
}

/// A log.
#[derive(Clone, Debug)]
pub struct LogReader {
    place: Place,
    kept: Option<Kept>,
}

/// Entry bundles that an auditor keeps.
#[derive(Clone, Debug)]
struct Kept {
    folder: AuditFolder,
    /// Whether they are used, and not only replaced.
    is_read: bool,
}

#[derive(Clone, Debug)]
enum Place {
    Folder(PathBuf),
    Http(Http, Url),
}

impl LogReader {
    /// The log in a folder, or behind an address.
    ///
    /// # Errors
    /// [`ReadError::Address`] for any other address.
    pub fn at(place: &str) -> Result<Self, ReadError> {
        let Some((scheme, _)) = place.split_once("://") else {
            return Ok(Self {
                place: Place::Folder(PathBuf::from(place)),
                kept: None,
            });
        };
        let invalid = || ReadError::Address(without_credentials(place));
        let mut url: Url = place.parse().map_err(|_| invalid())?;
        if !matches!(scheme, "http" | "https") || url.query().is_some() {
            return Err(invalid());
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        let http = Http::for_urls([url.as_str()])?;
        Ok(Self {
            place: Place::Http(http, url),
            kept: None,
        })
    }

    /// The same log, whose full entry bundles are kept in a folder; `is_read` uses those that are there.
    pub(crate) fn keeping(&self, folder: &AuditFolder, is_read: bool) -> Self {
        Self {
            place: self.place.clone(),
            kept: Some(Kept {
                folder: folder.clone(),
                is_read,
            }),
        }
    }

    async fn file(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, ReadError> {
        match &self.place {
            Place::Folder(folder) => {
                read_limited(&folder.join(path), limit).map_err(|source| ReadError::File {
                    path: path.to_owned(),
                    source,
                })
            }
            Place::Http(http, base) => {
                let url = base
                    .join(path)
                    .map_err(|_| ReadError::Address(path.to_owned()))?;
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                Ok(http.file(url, limit).await?)
            }
        }
    }

    /// Reads the checkpoint, and verifies it.
    ///
    /// # Errors
    /// [`ReadError`] if there is none, or it does not satisfy the policy.
    pub async fn checkpoint(&self, policy: &LogPolicy) -> Result<VerifiedCheckpoint, ReadError> {
        let bytes = self.file(CHECKPOINT, NOTE_LIMIT as u64).await?;
        let bytes = bytes.ok_or_else(|| ReadError::Missing(CHECKPOINT.to_owned()))?;
        Ok(policy.verify(&bytes)?)
    }

    /// Reads a file of the tree, or of the full tile the part that a partial one has.
    ///
    /// # Errors
    /// [`ReadError`] if there is none, or it cannot be read.
    pub async fn tile(&self, path: TilePath) -> Result<Vec<u8>, ReadError> {
        let kept = self.kept.as_ref();
        if let Some(kept) = kept.filter(|kept| kept.is_read)
            && let Some(bytes) = kept.folder.bundle(&path)
        {
            return Ok(bytes);
        }
        if let Some(bytes) = self.file(&path.to_string(), TILE_LIMIT).await? {
            if let Some(kept) = kept {
                kept.folder.keep(&path, &bytes);
            }
            return Ok(bytes);
        }
        let missing = || ReadError::Missing(path.to_string());
        let full = path.full();
        let bytes = match path.is_full() {
            true => None,
            false => self.file(&full.to_string(), TILE_LIMIT).await?,
        };
        let bytes = bytes.ok_or_else(missing)?;
        let part = match path.kind() {
            TileKind::Entries => entries::prefix(&bytes, path.width()),
            TileKind::Hashes(_) => bytes.get(..usize::from(path.width()) * 32),
        };
        Ok(part.ok_or_else(missing)?.to_vec())
    }

    /// Reads files of the tree, several at once, and passes each to `take` in order.
    ///
    /// # Errors
    /// [`ReadError`] of the first file that cannot be read, and the errors of `take`.
    pub async fn tiles<E: From<ReadError>>(
        &self,
        paths: impl Iterator<Item = TilePath>,
        mut take: impl FnMut(TilePath, Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut paths = paths.peekable();
        while paths.peek().is_some() {
            let mut running = JoinSet::new();
            let batch: Vec<_> = paths.by_ref().take(AT_ONCE).collect();
            for path in batch.iter().copied() {
                let log = self.clone();
                running.spawn(async move { (path, log.tile(path).await) });
            }
            let mut read: HashMap<_, _> = running.join_all().await.into_iter().collect();
            for path in batch {
                let missing = || ReadError::Missing(path.to_string());
                take(path, read.remove(&path).ok_or_else(missing)??)?;
            }
        }
        Ok(())
    }

    /// Returns the consistency proof from one size to another, of hashes that nobody verified.
    ///
    /// # Errors
    /// [`ReadError`] if a tile cannot be read.
    pub async fn consistency(&self, old: u64, new: u64) -> Result<Vec<NodeHash>, ReadError> {
        self.prove(new, |nodes| prove_consistency(nodes, old, new))
            .await
    }

    /// Makes a proof from tiles. Each try fetches the one tile that the one before lacked.
    pub(crate) async fn prove<T>(
        &self,
        size: u64,
        make: impl Fn(&mut TileNodes<Fetched>) -> Result<T, TileError<TilePath>>,
    ) -> Result<T, ReadError> {
        let mut fetched = HashMap::new();
        loop {
            let mut nodes = TileNodes::new(Fetched(fetched.clone()), size);
            match make(&mut nodes) {
                Ok(proof) => return Ok(proof),
                Err(TileError::Read(path)) => {
                    let bytes = self.tile(path).await?;
                    fetched.insert(path, bytes);
                }
                Err(error) => return Err(ReadError::Tile(error.to_string())),
            }
        }
    }
}

/// Tiles that are in memory. Its error is the path of one that is not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fetched(HashMap<TilePath, Vec<u8>>);

impl TileSource for Fetched {
    type Error = TilePath;

    fn tile(&mut self, path: &TilePath) -> Result<Vec<u8>, TilePath> {
        self.0.get(path).cloned().ok_or(*path)
    }
}

/// The entry bundles of a tree of this size.
pub(crate) fn bundles(size: u64) -> impl Iterator<Item = TilePath> {
    (0..size.div_ceil(TILE_WIDTH))
        .filter_map(move |index| TilePath::in_tree(TileKind::Entries, index, size))
}
