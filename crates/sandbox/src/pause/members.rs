//! Content of a distribution, as far as the indexer reads it.

use std::io::{Cursor, Read};

use super::compression::Compression;

/// Largest member whose content is read, in bytes.
const MEMBER_LIMIT: u64 = 4 * 1024 * 1024;
/// Most members that are read.
const MOST_MEMBERS: usize = 100_000;

/// A file in a distribution.
pub(super) struct Member {
    /// Includes the distribution's top folder.
    pub(super) path: String,
    /// Empty if the indexer does not read it.
    pub(super) content: Vec<u8>,
}

/// Returns the files of a distribution, or `None` if the archive is damaged.
pub(super) fn read(name: &str, bytes: &[u8]) -> Option<Vec<Member>> {
    if name.ends_with(".zip") {
        return read_zip(bytes);
    }
    let tar = Compression::of_tar(name)?.unpack(bytes)?;
    read_tar(&tar.bytes).ok()
}

fn read_tar(tar: &[u8]) -> std::io::Result<Vec<Member>> {
    let mut members = Vec::new();
    for entry in tar::Archive::new(tar).entries()?.take(MOST_MEMBERS) {
        let mut entry = entry?;
        if entry.header().entry_type().is_file() {
            let path = entry.path()?.to_string_lossy().into_owned();
            let content = content(&path, &mut entry)?;
            members.push(Member { path, content });
        }
    }
    Ok(members)
}

fn read_zip(bytes: &[u8]) -> Option<Vec<Member>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut members = Vec::new();
    for index in 0..archive.len().min(MOST_MEMBERS) {
        let mut file = archive.by_index(index).ok()?;
        if file.is_file() {
            let path = file.name().ok()?.into_owned();
            let content = content(&path, &mut file).ok()?;
            members.push(Member { path, content });
        }
    }
    Some(members)
}

fn content(path: &str, reader: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let is_read = [".pm", "/META.json", "/META.yml", "/README"]
        .iter()
        .any(|end| path.ends_with(end));
    if is_read {
        reader.take(MEMBER_LIMIT).read_to_end(&mut content)?;
    }
    Ok(content)
}
