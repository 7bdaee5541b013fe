//! World-writable members of a tar archive, and how PAUSE takes them away.

use std::io::Read as _;

use tar::{Archive, Builder, EntryType};

/// The permission of others to write.
const OTHERS_WRITE: u32 = 0o002;
/// What PAUSE takes away where others may write.
const WRITE: u32 = 0o022;

/// The archive without world-writable members; `None` where it has none, or is no tar archive to
/// its end, and stays as it is. Symbolic links do not count, whose mode means nothing.
pub(super) fn without_world_writable(tar: &[u8]) -> Option<Vec<u8>> {
    let offends = has_world_writable(tar).ok()?;
    offends.then(|| repacked(tar).ok()).flatten()
}

fn has_world_writable(tar: &[u8]) -> std::io::Result<bool> {
    let mut found = false;
    for entry in Archive::new(tar).entries()? {
        let entry = entry?;
        found |= is_world_writable(entry.header())?;
    }
    Ok(found)
}

fn is_world_writable(header: &tar::Header) -> std::io::Result<bool> {
    Ok(header.entry_type() != EntryType::Symlink && header.mode()? & OTHERS_WRITE != 0)
}

fn repacked(tar: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut builder = Builder::new(Vec::new());
    for entry in Archive::new(tar).entries()? {
        let mut entry = entry?;
        let mut header = entry.header().clone();
        if is_world_writable(&header)? {
            header.set_mode(header.mode()? & !WRITE);
        }
        let path = entry.path()?.into_owned();
        if let Some(target) = entry.link_name()? {
            builder.append_link(&mut header, path, target)?;
        } else {
            let mut content = Vec::new();
            entry.read_to_end(&mut content)?;
            header.set_size(content.len() as u64);
            builder.append_data(&mut header, path, content.as_slice())?;
        }
    }
    builder.into_inner()
}
