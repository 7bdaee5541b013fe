//! Errors of reading a log.

use cpan_sigstore_cpan::CpanError;
use cpan_sigstore_tlog::tile::TilePath;

/// A log gives no usable answer. Nothing that was read is used.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Its server gives none.
    #[error(transparent)]
    Read(#[from] CpanError),
    /// The checkpoint is not the log's.
    #[error("invalid checkpoint: found {0}")]
    Checkpoint(String),
    /// A file of the tree is missing.
    #[error("cannot find {0}")]
    Missing(TilePath),
    /// A file of the tree has another form.
    #[error("{0}")]
    Form(String),
    /// More files than any proof needs.
    #[error("too many tiles for one proof: expected at most {0}")]
    TooManyTiles(usize),
    /// The files are not those of the tree that the log signed.
    #[error(
        "invalid entries or tiles: expected those of the signed tree of {0} entries, found others"
    )]
    OtherTree(u64),
}
