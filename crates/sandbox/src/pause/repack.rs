//! World-writable members of a tar archive, and PAUSE's way to remove the permission.

use std::io::Read as _;

use tar::{Archive, Builder, EntryType};

/// Write permission of others.
const OTHERS_WRITE: u32 = 0o002;
/// Permissions that PAUSE removes if others may write.
const WRITE: u32 = 0o022;

/// Returns the archive without world-writable members. Returns `None` if it has none or is not a
/// complete tar archive, and so stays the same. Symbolic links are ignored: their mode has no
/// meaning.
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
