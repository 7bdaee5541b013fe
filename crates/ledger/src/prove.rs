//! Proofs of logged files.

use cpan_sigstore_tlog::{
    checkpoint::VerifiedCheckpoint,
    entries,
    leaf::{Leaf, LeafKind, LeafPath},
    policy::LogPolicy,
    proof::{ProofError, TlogProof},
    tile::TILE_WIDTH,
    tree::prove_inclusion,
};

use crate::reader::{LogReader, ReadError, bundles};

/// Reasons why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The log has no leaf of the file.
    #[error("{0} is not logged")]
    Unlogged(LeafPath),
    /// The files of the log prove nothing.
    #[error("the files of the log do not prove leaf {index}: {source}")]
    Unproven {
        /// The index of the leaf.
        index: u64,
        /// The reason.
        source: ProofError,
    },
}

/// Returns the leaf of a path with its index: of an archive the first one, of other files the newest.
///
/// # Errors
/// [`ProveError::Unlogged`] if there is none, and others if the log cannot be read.
pub async fn find(log: &LogReader, size: u64, path: &LeafPath) -> Result<(u64, Leaf), ProveError> {
    let (mut index, mut found) = (0, None::<(u64, Leaf)>);
    log.tiles(bundles(size), |tile, bytes| {
        let leaves =
            entries::parse(&tile, &bytes).map_err(|error| ReadError::Tile(error.to_string()))?;
        for bytes in leaves {
            if bytes
                .windows(path.as_str().len())
                .any(|part| part == path.as_str().as_bytes())
            {
                let leaf = Leaf::parse(bytes).ok().filter(|leaf| leaf.path() == path);
                let is_first = found
                    .as_ref()
                    .is_none_or(|(_, leaf)| leaf.kind() != LeafKind::Archive);
                found = leaf
                    .filter(|_| is_first)
                    .map(|leaf| (index, leaf))
                    .or(found.take());
            }
            index += 1;
        }
        Ok::<_, ReadError>(())
    })
    .await?;
    found.ok_or_else(|| ProveError::Unlogged(path.clone()))
}

/// Passes the leaves from one index to before another, with their indexes.
///
/// # Errors
/// [`ReadError`] if the log cannot be read, or has a file of another form.
pub async fn each(
    log: &LogReader,
    from: u64,
    to: u64,
    mut take: impl FnMut(u64, Leaf),
) -> Result<(), ReadError> {
    let mut index = from / TILE_WIDTH * TILE_WIDTH;
    let tiles = bundles(to).skip(usize::try_from(from / TILE_WIDTH).unwrap_or(usize::MAX));
    log.tiles(tiles, |tile, bytes| {
        let invalid = |error: String| ReadError::Tile(error);
        let leaves = entries::parse(&tile, &bytes).map_err(|error| invalid(error.to_string()))?;
        for bytes in leaves {
            let leaf = Leaf::parse(bytes).map_err(|error| invalid(error.to_string()))?;
            if index >= from {
                take(index, leaf);
            }
            index += 1;
        }
        Ok(())
    })
    .await
}

/// Returns the proof of a leaf, after it was verified.
///
/// # Errors
/// [`ProveError::Unproven`] if the files of the log do not prove it, and others if they cannot be read.
pub async fn prove(
    log: &LogReader,
    policy: &LogPolicy,
    checkpoint: &VerifiedCheckpoint,
    index: u64,
    leaf: &Leaf,
) -> Result<TlogProof, ProveError> {
    let size = checkpoint.tree().size;
    let hashes = log
        .prove(size, |nodes| prove_inclusion(nodes, index, size))
        .await?;
    let proof = TlogProof::new(leaf, index, hashes, checkpoint);
    match proof.verify(policy) {
        Ok(_) => Ok(proof),
        Err(source) => Err(ProveError::Unproven { index, source }),
    }
}
