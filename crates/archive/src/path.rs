//! Paths of members and targets of links, without a file system.

use cpan_sigstore_core::digest::Sha256Hasher;

/// A path within an archive, taken apart as the system that unpacks it would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberPath {
    parts: Vec<Vec<u8>>,
    /// Why it leads out of the folder it is unpacked in.
    escape: Option<&'static str>,
}

impl MemberPath {
    /// Takes a path apart. Empty parts and `.` mean nothing.
    pub fn parse(path: &[u8]) -> Self {
        let windows = || path.split(|byte| matches!(byte, b'/' | b'\\'));
        let has_drive = path.len() >= 2 && path[0].is_ascii_alphabetic() && path[1] == b':';
        let escape = if path.starts_with(b"/") || path.starts_with(b"\\") {
            Some("an absolute path")
        } else if has_drive {
            Some("a path with a drive letter")
        } else if windows().any(|part| part == b"..") {
            Some("a path with `..` in it")
        } else if path.contains(&0) {
            Some("a path with a zero byte in it")
        } else {
            None
        };
        let parts = path
            .split(|byte| *byte == b'/')
            .filter(|part| !part.is_empty() && *part != b".")
            .map(<[u8]>::to_vec)
            .collect();
        Self { parts, escape }
    }

    /// Why it leads out of the folder it is unpacked in.
    pub const fn escape(&self) -> Option<&'static str> {
        self.escape
    }

    /// The parts, from the top.
    pub fn parts(&self) -> &[Vec<u8>] {
        &self.parts
    }

    /// A short name of the path, for sets that do not grow with its length.
    pub fn key(&self) -> Key {
        key(&self.parts)
    }

    /// The same for what it is on a file system that takes capital and small letters for the same.
    pub fn folded_key(&self) -> Key {
        let folded: Vec<_> = self
            .parts
            .iter()
            .map(|part| String::from_utf8_lossy(part).to_lowercase().into_bytes())
            .collect();
        key(&folded)
    }

    /// The keys of all folders above it.
    pub fn ancestors(&self) -> impl Iterator<Item = Key> {
        (1..self.parts.len()).map(|depth| key(&self.parts[..depth]))
    }

    /// Why a symbolic link here with this target leads out, or may.
    ///
    /// `..` is followed as far as there are folders above the link, and only at the beginning of a
    /// target: behind another part it would start wherever that part, perhaps a link, leads.
    pub fn link_escape(&self, target: &[u8]) -> Option<&'static str> {
        if target.is_empty() {
            return Some("no target");
        }
        if target.contains(&b'\\') {
            return Some("a target with a backslash in it");
        }
        let mut above = self.parts.len().saturating_sub(1);
        let mut below = false;
        if let Some(reason) = Self::parse(target).escape
            && !reason.contains("`..`")
        {
            return Some(reason);
        }
        for part in target.split(|byte| *byte == b'/') {
            match part {
                b"" | b"." => {}
                b".." if below => return Some("a target with `..` behind a folder"),
                // The top folder itself may not be left either.
                b".." if above <= 1 => return Some("a target outside the release"),
                b".." => above -= 1,
                _ => below = true,
            }
        }
        None
    }
}

/// A digest of a path.
pub type Key = [u8; 16];

fn key(parts: &[Vec<u8>]) -> Key {
    let mut hasher = Sha256Hasher::default();
    for part in parts {
        hasher.update(part);
        hasher.update(b"/");
    }
    let mut key = Key::default();
    key.copy_from_slice(&hasher.finish().as_bytes()[..16]);
    key
}
