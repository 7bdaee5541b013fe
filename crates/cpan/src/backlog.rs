//! An author's backlog: archives on CPAN without a bundle.
//!
//! A bundle can be added to an archive at any time. The author signs a copy of her own, or a digest that she
//! confirmed, and never just the bytes that a CPAN serves.

use cpan_sigstore_core::{
    digest::Sha256Digest,
    release::{PauseId, Suffix},
};

use crate::{checksums::Checksums, client::Cpan, directory::Directory, error::CpanError};

/// An archive without a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsignedArchive {
    /// The directory that it is in.
    pub directory: Directory,
    /// Its base name.
    pub name: String,
    /// The digest that CHECKSUMS states.
    pub stated: Option<Sha256Digest>,
}

impl UnsignedArchive {
    /// Its path below the root of a CPAN.
    pub fn path(&self) -> String {
        self.directory.path(&self.name)
    }
}

/// Reasons why the backlog is unknown.
#[derive(Debug, thiserror::Error)]
pub enum BacklogError {
    /// The CPAN cannot be read.
    #[error(transparent)]
    Cpan(#[from] CpanError),
    /// The author is unknown, or has no files.
    #[error(
        "cannot list the files in {0}: no CHECKSUMS, so an author without files, or no such author"
    )]
    NoAuthor(String),
}

/// Lists all archives of an author that have no bundle, by directory and name.
///
/// CHECKSUMS names the archives. It lists a deleted file for a while, so each bundle is requested. `suffix` is
/// the end of a bundle's name, `limit` its size limit in bytes.
///
/// # Errors
/// [`BacklogError`] if the CPAN cannot be read, or has no files of the author.
pub async fn unsigned(
    cpan: &Cpan,
    author: &PauseId,
    suffix: &str,
    limit: usize,
) -> Result<Vec<UnsignedArchive>, BacklogError> {
    let mut walk = cpan.directories(author);
    let mut is_known = false;
    let mut unsigned = Vec::new();
    while let Some((directory, checksums)) = walk.next().await? {
        is_known = true;
        for (name, stated) in archives(&checksums) {
            let bundle = directory.path(&format!("{name}{suffix}"));
            if cpan.file(&bundle, limit).await?.is_none() {
                unsigned.push(UnsignedArchive {
                    directory: directory.clone(),
                    name: name.to_owned(),
                    stated,
                });
            }
        }
    }
    if !is_known {
        return Err(BacklogError::NoAuthor(author.directory()));
    }
    Ok(unsigned)
}

fn archives(checksums: &Checksums) -> impl Iterator<Item = (&str, Option<Sha256Digest>)> {
    checksums
        .iter()
        .filter(|(name, entry)| {
            !entry.is_directory && !name.contains('/') && Suffix::of(name).is_some()
        })
        .map(|(name, entry)| (name, entry.sha256))
}
