//! What an author published unsigned, to be signed belatedly.
//!
//! A bundle can be put beside an archive at any time. What is signed then is what the author says it
//! is: the author's own copy, or a digest the author agreed to, and never just what a CPAN serves.

use std::collections::VecDeque;

use cpan_sigstore_core::{
    digest::Sha256Digest,
    release::{PauseId, Suffix},
};

use crate::{
    checksums::Checksums,
    published::{Cpan, CpanError, Directory},
};

/// Most directories of one author that are looked into.
const DIRECTORIES: usize = 1000;

/// An archive that a CPAN lists and no bundle belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsignedArchive {
    /// Where it is.
    pub directory: Directory,
    /// Its base name.
    pub name: String,
    /// What CHECKSUMS say of it.
    pub stated: Option<Sha256Digest>,
}

impl UnsignedArchive {
    /// Its path under a CPAN.
    pub fn path(&self) -> String {
        self.directory.path(&self.name)
    }
}

/// Why the backlog cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum BacklogError {
    /// The CPAN gives no answer of use.
    #[error(transparent)]
    Cpan(#[from] CpanError),
    /// It knows no such author, or one without files.
    #[error("expected CHECKSUMS in {0}, found none: an author without files, or no such author")]
    NoAuthor(String),
    /// More directories than an author has.
    #[error("expected at most {DIRECTORIES} directories of one author, found more")]
    TooManyDirectories,
}

/// All archives of an author that have no bundle, by directory and name.
///
/// Archives are found by CHECKSUMS. These list a file for a while after it was deleted, so each bundle
/// is looked for where it should be. `suffix` is what its name adds to the archive's, `limit` the
/// largest bundle in bytes.
///
/// # Errors
/// Where the CPAN gives no answer of use, or has nothing of the author.
pub async fn unsigned(
    cpan: &Cpan,
    author: &PauseId,
    suffix: &str,
    limit: usize,
) -> Result<Vec<UnsignedArchive>, BacklogError> {
    let root = Directory::new(author.clone(), None);
    let mut left = VecDeque::from([root]);
    let mut seen = 0;
    let mut unsigned = Vec::new();
    while let Some(directory) = left.pop_front() {
        seen += 1;
        if seen > DIRECTORIES {
            return Err(BacklogError::TooManyDirectories);
        }
        let checksums = match cpan.checksums(&directory).await? {
            Some(checksums) => checksums,
            // A directory that was deleted is still listed in the one above.
            None if directory.below().is_some() => continue,
            None => return Err(BacklogError::NoAuthor(directory.path(""))),
        };
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
        left.extend(directory.folders(&checksums));
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
