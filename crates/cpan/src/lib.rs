//! The read side of a CPAN, by HTTP or in a folder. Nothing that it returns is trusted.
//!
//! - [`upstream`]: where a CPAN is, and its files.
//! - [`path`]: the paths that a CPAN has; all others are refused.
//! - [`package_index`]: the package index and its siblings.
//! - [`checksums`]: CHECKSUMS, parsed as data.
//! - [`published`]: the directories of an author.
//! - [`recent`]: the RECENT files.
//! - [`backlog`]: archives that an author published without a bundle.
//! - [`publication`]: from uploaded to published.

mod author_records;
pub mod backlog;
pub mod checksums;
mod folder;
pub mod package_index;
pub mod path;
pub mod publication;
pub mod published;
pub mod recent;
pub mod upstream;

/// Largest archive that is read, in bytes.
pub const ARCHIVE_LIMIT: u64 = 4 * 1024 * 1024 * 1024;
