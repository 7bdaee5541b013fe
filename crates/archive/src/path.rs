//! Paths of members and targets of links, without a file system.

use cpan_sigstore_core::digest::Sha256Hasher;

use crate::limits;

/// A path in an archive, split as an unpacking system would split it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberPath {
    parts: Vec<Vec<u8>>,
    /// Reason why the path leads out of the folder in which it is unpacked.
    escape: Option<&'static str>,
}

impl MemberPath {
    /// Splits a path. Empty parts and `.` are dropped.
    pub fn parse(path: &[u8]) -> Self {
        let escape = unsafe_path(path).or_else(|| {
            path.split(|byte| matches!(byte, b'/' | b'\\'))
                .any(|part| part == b"..")
                .then_some("a path that contains `..`")
        });
        let parts = path
            .split(|byte| *byte == b'/')
            .filter(|part| !part.is_empty() && *part != b".")
            .map(<[u8]>::to_vec)
            .collect();
        Self { parts, escape }
    }

    /// Returns why the path leads out of the folder in which it is unpacked.
    pub const fn escape(&self) -> Option<&'static str> {
        self.escape
    }

    /// Returns why readers may take a path differently: they drop, cut or quote parts of it.
    pub fn irregularity(path: &[u8], is_folder: bool) -> Option<&'static str> {
        let below = path.strip_prefix(b"./").unwrap_or(path);
        let below = match below.strip_suffix(b"/") {
            Some(below) if is_folder => below,
            _ => below,
        };
        if below.is_empty() && is_folder {
            return None;
        }
        let mut parts = below.split(|byte| *byte == b'/');
        parts.find_map(|part| match part {
            b"" => Some("an empty part"),
            b"." => Some("a part that is `.`"),
            part if part.len() > limits::PATH_PART => Some("a part of more than 255 bytes"),
            part if part.iter().any(u8::is_ascii_control) => Some("a control character"),
            _ => None,
        })
    }

    /// Returns the parts, from the top.
    pub fn parts(&self) -> &[Vec<u8>] {
        &self.parts
    }

    /// Returns a short key of the path, for sets whose size does not depend on path length.
    pub fn key(&self) -> PathKey {
        key(&self.parts)
    }

    /// Returns the key of the path on a file system that ignores letter case.
    pub fn folded_key(&self) -> PathKey {
        let folded: Vec<_> = self
            .parts
            .iter()
            .map(|part| String::from_utf8_lossy(part).to_lowercase().into_bytes())
            .collect();
        key(&folded)
    }

    /// Returns the keys of all folders above the path, the deepest first.
    pub fn ancestors(&self) -> impl Iterator<Item = PathKey> {
        (1..self.parts.len())
            .rev()
            .map(|depth| key(&self.parts[..depth]))
    }

    /// Returns why a symbolic link here with this target leads out, or may lead out.
    ///
    /// `..` is followed only at the start of a target, and at most up to the top folder. After
    /// another part it would start from wherever that part leads, which may be a link.
    pub fn link_escape(&self, target: &[u8]) -> Option<&'static str> {
        if target.is_empty() {
            return Some("no target");
        }
        if target.iter().any(u8::is_ascii_control) {
            return Some("a target that contains a control character");
        }
        if target.contains(&b'\\') {
            return Some("a target that contains a backslash");
        }
        let mut above = self.parts.len().saturating_sub(1);
        let mut below = false;
        if let Some(reason) = unsafe_path(target) {
            return Some(reason);
        }
        for part in target.split(|byte| *byte == b'/') {
            match part {
                b"" | b"." => {}
                b".." if below => return Some("a target with `..` after a folder"),
                // The link must not leave the top folder either.
                b".." if above <= 1 => return Some("a target outside the release"),
                b".." => above -= 1,
                _ => below = true,
            }
        }
        None
    }
}

/// Returns why a path is unsafe wherever it starts.
fn unsafe_path(path: &[u8]) -> Option<&'static str> {
    let has_drive = path.len() >= 2 && path[0].is_ascii_alphabetic() && path[1] == b':';
    if path.starts_with(b"/") || path.starts_with(b"\\") {
        Some("an absolute path")
    } else if has_drive {
        Some("a path with a drive letter")
    } else if path.contains(&0) {
        Some("a path that contains a zero byte")
    } else {
        None
    }
}

/// A digest of a path.
pub type PathKey = [u8; 16];

fn key(parts: &[Vec<u8>]) -> PathKey {
    let mut hasher = Sha256Hasher::default();
    for part in parts {
        hasher.update(part);
        hasher.update(b"/");
    }
    let mut key = PathKey::default();
    key.copy_from_slice(&hasher.finish().as_bytes()[..16]);
    key
}
