//! The files of a commit, written to the state before it and into the log after it.
//!
//! So the log never has a file that no committed checkpoint covers, and a writer that is overtaken changes nothing.

use std::io;

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_tlog::{hash::NodeHash, tile::TilePath};

use crate::{
    parallel,
    store::{Area, Store},
    writer::LedgerError,
};

/// The folder in the state.
const FOLDER: &str = "staged";
/// Largest file of a commit, in bytes.
const LIMIT: u64 = 64 * 1024 * 1024;
/// Bytes of each of the two lengths before path and content.
const LENGTH_BYTES: usize = 4;

/// Files of a tree, with their content.
pub(crate) type Files = Vec<(TilePath, Vec<u8>)>;

/// The name of the file that has the files of a tree.
fn name(root: &NodeHash) -> String {
    let hex = Sha256Digest::new(*root.as_bytes()).to_hex();
    format!("{FOLDER}/{hex}")
}

/// Writes the files of a tree that is not committed yet.
pub(crate) fn stage(store: &impl Store, root: &NodeHash, files: &Files) -> Result<(), LedgerError> {
    let mut bytes = Vec::new();
    for (path, content) in files {
        for part in [path.to_string().as_bytes(), content] {
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(part);
        }
    }
    let name = name(root);
    store
        .write(Area::State, &name, &bytes)
        .map_err(LedgerError::write(&name))
}

/// Writes the files of a committed tree into the log.
pub(crate) fn apply(store: &impl Store, files: &Files) -> Result<(), LedgerError> {
    parallel::map(files, |(path, bytes)| {
        let path = path.to_string();
        store
            .write(Area::Log, &path, bytes)
            .map_err(LedgerError::write(&path))
    })?;
    // What remains is removed the next time.
    let _: io::Result<()> = store.clear(Area::State, FOLDER);
    Ok(())
}

/// Writes the files of a committed tree into the log, if the writer ended before it did.
pub(crate) fn recover(store: &impl Store, root: &NodeHash) -> Result<(), LedgerError> {
    let name = name(root);
    let bytes = store
        .read(Area::State, &name, LIMIT)
        .map_err(LedgerError::read(&name))?;
    let Some(bytes) = bytes else {
        return Ok(());
    };
    let invalid = || LedgerError::Damaged {
        reason: format!("{name} of the state has another form"),
    };
    let files = parse(&bytes).ok_or_else(invalid)?;
    apply(store, &files)
}

fn parse(mut bytes: &[u8]) -> Option<Files> {
    let mut files = Files::new();
    while !bytes.is_empty() {
        let path = std::str::from_utf8(part(&mut bytes)?).ok()?.parse().ok()?;
        files.push((path, part(&mut bytes)?.to_vec()));
    }
    Some(files)
}

fn part<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (part, rest) = rest.split_at_checked(length)?;
    *bytes = rest;
    Some(part)
}
