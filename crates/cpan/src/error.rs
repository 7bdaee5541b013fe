//! The error of the client.

use std::{io, path::PathBuf};

use cpan_sigstore_core::release::PauseId;
use cpan_sigstore_http::{HttpError, SetupFault};

use crate::{checksums::ChecksumsError, package_index::PackedError};

/// The CPAN that is read if no other is named.
pub const DEFAULT: &str = "https://www.cpan.org/";

/// Reasons why a CPAN cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CpanError {
    /// The address is no CPAN's.
    #[error(
        "invalid address of a CPAN: expected http, https or file, such as {DEFAULT}, found `{0}`"
    )]
    Address(String),
    /// The server cannot be reached, or refuses.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A file in the folder cannot be read, or a copy of it not written.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A file in the folder is larger than its limit.
    #[error("invalid size of {}: expected at most {limit} bytes, found more", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
    /// CHECKSUMS is invalid.
    #[error("{address}: {source}")]
    Checksums {
        /// The address of the file.
        address: String,
        /// The reason.
        source: ChecksumsError,
    },
    /// A gzip cannot be unpacked.
    #[error("{address}: {source}")]
    Packed {
        /// The address of the file.
        address: String,
        /// The reason.
        source: PackedError,
    },
    /// An author has more directories than the limit.
    #[error("too many directories of {author}: expected at most {limit}")]
    TooManyDirectories {
        /// The author.
        author: PauseId,
        /// The limit.
        limit: usize,
    },
    /// An author has more records than a reader follows. A part of a chain would let an old version decide.
    #[error("too many records of {author}: expected at most {read} that are not known, found more")]
    TooManyRecords {
        /// The author.
        author: PauseId,
        /// The number of those that were read.
        read: usize,
    },
}

impl CpanError {
    /// Whether the file exists and is larger than its limit.
    pub fn is_too_large(&self) -> bool {
        matches!(
            self,
            Self::TooLarge { .. } | Self::Http(HttpError::TooLarge { .. })
        )
    }

    /// Returns the fault of the network that a person has to mend, if that is the reason.
    pub fn setup_fault(&self) -> Option<SetupFault> {
        match self {
            Self::Http(error) => error.setup_fault(),
            _ => None,
        }
    }

    /// Whether trying again may help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Http(error) if error.is_transient())
    }
}
