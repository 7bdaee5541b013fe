//! The hashes of RFC 6962.

use std::fmt;

use cpan_sigstore_core::digest::{Sha256Digest, Sha256Hasher};

use crate::encoding::{from_base64, to_base64};

/// Bytes of a hash.
pub const HASH_SIZE: usize = 32;

/// The hash of a node of the tree. Its text is padded base64.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeHash([u8; HASH_SIZE]);

impl NodeHash {
    /// The root of the empty tree: the SHA-256 of nothing.
    pub fn of_empty_tree() -> Self {
        Self(*Sha256Digest::of(b"").as_bytes())
    }

    /// Returns the hash of a leaf.
    pub fn of_leaf(leaf: &[u8]) -> Self {
        let mut hasher = Sha256Hasher::default();
        hasher.update(&[0]);
        hasher.update(leaf);
        Self(*hasher.finish().as_bytes())
    }

    /// Returns the hash of the node above two others.
    pub fn of_children(left: &Self, right: &Self) -> Self {
        let mut node = [1; 1 + 2 * HASH_SIZE];
        node[1..=HASH_SIZE].copy_from_slice(&left.0);
        node[1 + HASH_SIZE..].copy_from_slice(&right.0);
        Self(*Sha256Digest::of(&node).as_bytes())
    }

    /// Returns the hash of the node above several others in a row, of which it has a power of two.
    pub fn of_row(row: &[Self]) -> Self {
        match row {
            [] => Self::of_empty_tree(),
            [one] => *one,
            _ => {
                let (left, right) = row.split_at(row.len().next_power_of_two() / 2);
                Self::of_children(&Self::of_row(left), &Self::of_row(right))
            }
        }
    }

    /// Wraps a hash that was computed elsewhere.
    pub const fn new(bytes: [u8; HASH_SIZE]) -> Self {
        Self(bytes)
    }

    /// Reads a hash; `None` if the text is not the base64 of one.
    pub fn from_base64(text: &str) -> Option<Self> {
        from_base64(text)?.try_into().ok().map(Self)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; HASH_SIZE] {
        &self.0
    }
}

impl fmt::Display for NodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_base64(&self.0))
    }
}

impl fmt::Debug for NodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of RFC 6962's reference implementation, which other implementations test against.
    #[test]
    fn agrees_with_hashes_of_the_reference_implementation() {
        let hex = |hash: NodeHash| hex::encode(hash.as_bytes());
        assert_eq!(
            hex(NodeHash::of_empty_tree()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(
            hex(NodeHash::of_leaf(b"")),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
        let leaf = |bytes: &[u8]| NodeHash::of_leaf(bytes);
        assert_eq!(
            hex(NodeHash::of_children(&leaf(b""), &leaf(&[0]))),
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
        );
    }

    #[test]
    fn tells_leaf_from_node() {
        let (left, right) = (NodeHash::of_leaf(b"l"), NodeHash::of_leaf(b"r"));
        let joined = [left.0, right.0].concat();
        assert_ne!(
            NodeHash::of_leaf(&joined),
            NodeHash::of_children(&left, &right)
        );
    }
}
