//! The faults of a log.

use cpan_sigstore_tlog::{hash::NodeHash, replay::Violation, tile::TilePath};

use super::FAULTS_LIMIT;

/// A fault that an audit found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A leaf breaks the rules.
    #[error("{0}")]
    Rule(#[from] Violation),
    /// The leaves do not have the root of the checkpoint.
    #[error(
        "the leaves have the root {computed}, but the checkpoint of {size} leaves states {signed}"
    )]
    Root {
        /// The size of the tree.
        size: u64,
        /// The root of the leaves.
        computed: NodeHash,
        /// The root of the checkpoint.
        signed: NodeHash,
    },
    /// A tile has other hashes than the leaves.
    #[error("{0} has other hashes than the leaves")]
    Tile(TilePath),
    /// A remembered checkpoint is of another tree.
    #[error(
        "a checkpoint of {size} leaves with the root {known} was signed before, but these leaves have {computed}"
    )]
    Fork {
        /// The size of its tree.
        size: u64,
        /// Its root.
        known: NodeHash,
        /// The root of the leaves.
        computed: NodeHash,
    },
    /// The log is older than a remembered checkpoint.
    #[error("the log has {size} leaves, but a checkpoint of {known} leaves was signed before")]
    RolledBack {
        /// The size of the log.
        size: u64,
        /// The size of the remembered tree.
        known: u64,
    },
    /// A witness cosigned the checkpoint before the time of a leaf in its tree.
    #[error(
        "{witness} cosigned the checkpoint at {cosigned}, but the newest leaf has the time {newest}"
    )]
    Cosigned {
        /// The witness.
        witness: String,
        /// The time of its cosignature.
        cosigned: u64,
        /// The time of the newest leaf.
        newest: u64,
    },
    /// There are more faults than are reported.
    #[error("the log has more than {FAULTS_LIMIT} faults")]
    More,
}

impl Fault {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Rule(Violation::Form { .. }) => "leaf-malformed",
            Self::Rule(Violation::Changed { .. }) => "archive-changed",
            Self::Rule(Violation::Time { .. }) => "time-ran-back",
            Self::Rule(Violation::Future { .. }) => "time-ahead",
            Self::Root { .. } => "root-mismatch",
            Self::Tile(_) => "tile-mismatch",
            Self::Fork { .. } => "log-fork",
            Self::RolledBack { .. } => "log-rolled-back",
            Self::Cosigned { .. } => "time-after-cosignature",
            Self::More => "more-faults",
        }
    }

    /// Whether leaves that an auditor kept may cause it, instead of the log.
    pub(super) const fn is_of_hashes(&self) -> bool {
        matches!(self, Self::Root { .. } | Self::Fork { .. })
    }
}
