//! The read side of a CPAN, by HTTP or in a folder. Nothing that it returns is trusted.
//!
//! - [`Cpan`]: the client; [`Cpan::fetch_release`] is the one way to a release.
//! - [`path`]: the paths that a CPAN has; all others are refused.
//! - [`Directory`] and [`DirectoryWalk`]: the directories of an author.
//! - [`package_index`]: the package index and its siblings.
//! - [`checksums`]: CHECKSUMS, parsed as data.
//! - [`recent`]: the RECENT files.
//! - [`folder`]: files below a folder, without links that leave it.
//! - [`backlog`]: archives that an author published without a bundle.
//! - [`publication`]: from uploaded to published.

#![warn(missing_docs)]

pub mod backlog;
pub mod checksums;
mod client;
mod directory;
mod error;
pub mod folder;
pub mod package_index;
pub mod path;
pub mod publication;
mod published;
pub mod recent;
mod records;
mod release;
mod source;
mod walk;

pub use client::Cpan;
pub use directory::Directory;
pub use error::{CpanError, DEFAULT};
pub use published::published;
pub use release::{FetchedArchive, FetchedRelease};
pub use walk::{DIRECTORIES_LIMIT, DirectoryWalk};

/// Size limit of an archive, in bytes.
pub const ARCHIVE_LIMIT: u64 = 4 * 1024 * 1024 * 1024;

#[cfg(test)]
mod tests;
