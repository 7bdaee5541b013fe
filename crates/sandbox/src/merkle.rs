//! The Merkle tree of a transparency log ([RFC 6962, section 2.1]).
//!
//! Everything is computed from the leaf hashes, which is fast enough for thousands of leaves.
//!
//! [RFC 6962, section 2.1]: https://www.rfc-editor.org/rfc/rfc6962#section-2.1

use sha2::{Digest, Sha256};

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// An append-only list of leaf hashes.
#[derive(Clone, Debug, Default)]
pub struct MerkleTree {
    leaves: Vec<Hash>,
}

/// Returns the hash of a leaf.
pub fn leaf_hash(data: &[u8]) -> Hash {
    Sha256::new()
        .chain_update([0])
        .chain_update(data)
        .finalize()
        .into()
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

impl MerkleTree {
    /// Adds a leaf and returns its index.
    pub fn append(&mut self, leaf: Hash) -> usize {
        self.leaves.push(leaf);
        self.leaves.len() - 1
    }

    /// Returns the number of leaves.
    pub fn size(&self) -> usize {
        self.leaves.len()
    }

    /// Returns the index of the first leaf with this hash.
    pub fn find(&self, leaf: &Hash) -> Option<usize> {
        self.leaves.iter().position(|known| known == leaf)
    }

    /// Returns the root of the first `size` leaves, or `None` if there are fewer.
    pub fn root(&self, size: usize) -> Option<Hash> {
        self.leaves.get(..size).map(subtree_root)
    }

    /// Returns the audit path of leaf `index` in the tree of `size` leaves, lowest sibling first.
    pub fn inclusion_proof(&self, index: usize, size: usize) -> Option<Vec<Hash>> {
        let leaves = self.leaves.get(..size)?;
        leaves.get(index)?;
        let mut path = Vec::new();
        audit_path(leaves, index, &mut path);
        Some(path)
    }

    /// Returns the proof that the tree of `second` leaves extends the tree of `first` leaves.
    pub fn consistency_proof(&self, first: usize, second: usize) -> Option<Vec<Hash>> {
        let leaves = self.leaves.get(..second)?;
        if first == 0 || first > second {
            return None;
        }
        let mut path = Vec::new();
        consistency_path(leaves, first, true, &mut path);
        Some(path)
    }

    /// Returns the hashes of one tile: up to 256 complete subtrees of `256^level` leaves, from
    /// number `256 * index` on ([C2SP tlog-tiles]).
    ///
    /// [C2SP tlog-tiles]: https://c2sp.org/tlog-tiles
    pub fn tile(&self, level: u32, index: usize) -> Vec<Hash> {
        let Some(width) = 256_usize.checked_pow(level) else {
            return Vec::new();
        };
        self.leaves
            .chunks_exact(width)
            .skip(index.saturating_mul(256))
            .take(256)
            .map(subtree_root)
            .collect()
    }
}

fn subtree_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split_point(leaves.len()));
            node_hash(&subtree_root(left), &subtree_root(right))
        }
    }
}

/// Returns the largest power of two smaller than `size`, which is at least 2.
fn split_point(size: usize) -> usize {
    size.next_power_of_two() / 2
}

fn audit_path(leaves: &[Hash], index: usize, path: &mut Vec<Hash>) {
    if leaves.len() < 2 {
        return;
    }
    let split = split_point(leaves.len());
    let (left, right) = leaves.split_at(split);
    if index < split {
        audit_path(left, index, path);
        path.push(subtree_root(right));
    } else {
        audit_path(right, index - split, path);
        path.push(subtree_root(left));
    }
}

/// SUBPROOF of RFC 6962, section 2.1.2. `known` means that the verifier has the root of `leaves`.
fn consistency_path(leaves: &[Hash], first: usize, known: bool, path: &mut Vec<Hash>) {
    if first == leaves.len() {
        if !known {
            path.push(subtree_root(leaves));
        }
        return;
    }
    let split = split_point(leaves.len());
    let (left, right) = leaves.split_at(split);
    if first <= split {
        consistency_path(left, first, known, path);
        path.push(subtree_root(right));
    } else {
        consistency_path(right, first - split, false, path);
        path.push(subtree_root(left));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The eight leaves and nine roots in the tests of Certificate Transparency implementations.
    const LEAVES: [&str; 8] = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn tree() -> MerkleTree {
        let mut tree = MerkleTree::default();
        for leaf in LEAVES {
            tree.append(leaf_hash(&hex::decode(leaf).unwrap()));
        }
        tree
    }

    /// The verifier's side of RFC 9162, section 2.1.3.2, written independently of the prover.
    fn root_from_proof(leaf: Hash, index: usize, size: usize, path: &[Hash]) -> Option<Hash> {
        let (mut node, mut last, mut root) = (index, size - 1, leaf);
        for sibling in path {
            if last == 0 {
                return None;
            }
            if node % 2 == 1 || node == last {
                root = node_hash(sibling, &root);
                while node % 2 == 0 && node != 0 {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                root = node_hash(&root, sibling);
            }
            node >>= 1;
            last >>= 1;
        }
        (last == 0).then_some(root)
    }

    #[test]
    fn computes_the_roots_of_the_published_vectors() {
        let tree = tree();
        for (size, root) in ROOTS.iter().enumerate() {
            assert_eq!(&hex::encode(tree.root(size).unwrap()), root, "size {size}");
        }
        assert_eq!(tree.root(9), None);
    }

    #[test]
    fn proves_inclusion_of_every_leaf() {
        let tree = tree();
        for size in 1..=8 {
            for index in 0..size {
                let path = tree.inclusion_proof(index, size).unwrap();
                let root = root_from_proof(tree.leaves[index], index, size, &path);
                assert_eq!(root, tree.root(size), "leaf {index} of {size}");
            }
            assert_eq!(tree.inclusion_proof(size, size), None);
        }
    }

    #[test]
    fn computes_the_consistency_proofs_of_the_published_vectors() {
        let tree = tree();
        let hashes = |first, second| {
            let proof: Vec<Hash> = tree.consistency_proof(first, second).unwrap();
            proof.iter().map(hex::encode).collect::<Vec<_>>()
        };
        assert_eq!(hashes(1, 1), [""; 0]);
        assert_eq!(
            hashes(1, 8),
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ]
        );
        assert_eq!(
            hashes(6, 8),
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]
        );
        assert_eq!(
            hashes(2, 5),
            [
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ]
        );
        assert_eq!(tree.consistency_proof(0, 3), None);
        assert_eq!(tree.consistency_proof(4, 3), None);
    }

    #[test]
    fn computes_roots_of_256_leaves_in_a_higher_tile() {
        let mut tree = MerkleTree::default();
        for leaf in 0_u16..600 {
            tree.append(leaf_hash(&leaf.to_be_bytes()));
        }
        assert_eq!(tree.tile(0, 0).len(), 256);
        assert_eq!(tree.tile(0, 2).len(), 88);
        assert_eq!(tree.tile(1, 0).len(), 2);
        assert_eq!(tree.tile(1, 0)[0], tree.root(256).unwrap());
        assert!(tree.tile(2, 0).is_empty());
        assert!(tree.tile(u32::MAX, usize::MAX).is_empty());
    }
}
