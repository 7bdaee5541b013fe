//! Every proof of every small tree, against the definitions of RFC 6962.

use std::convert::Infallible;

use super::*;

/// Trees up to this size are tested exhaustively.
const LARGEST: u64 = 300;

/// Leaf hashes, from which everything is computed by the definitions.
struct Leaves(Vec<NodeHash>);

impl Leaves {
    fn new(count: u64) -> Self {
        Self(
            (0..count)
                .map(|at| NodeHash::of_leaf(&at.to_be_bytes()))
                .collect(),
        )
    }

    /// RFC 6962, 2.1: MTH.
    fn root(&self, from: usize, to: usize) -> NodeHash {
        match to - from {
            0 => NodeHash::of_empty_tree(),
            1 => self.0[from],
            count => {
                let middle = from + count.next_power_of_two() / 2;
                NodeHash::of_children(&self.root(from, middle), &self.root(middle, to))
            }
        }
    }

    fn head(&self, size: u64) -> TreeHead {
        let root = self.root(0, usize::try_from(size).unwrap());
        TreeHead { size, root }
    }
}

/// Remembers all complete subtrees, so that exhaustive tests are quick.
struct Levels(Vec<Vec<NodeHash>>);

impl Levels {
    fn of(leaves: &Leaves) -> Self {
        let mut levels = vec![leaves.0.clone()];
        while let Some(row) = levels.last().filter(|row| row.len() > 1) {
            let pairs = row.chunks_exact(2);
            let above = pairs.map(|pair| NodeHash::of_children(&pair[0], &pair[1]));
            levels.push(above.collect());
        }
        Self(levels)
    }
}

impl NodeSource for Levels {
    type Error = Infallible;

    fn node(&mut self, level: u32, index: u64) -> Result<NodeHash, Infallible> {
        Ok(self.0[level as usize][usize::try_from(index).unwrap()])
    }
}

fn flipped(hash: &NodeHash) -> NodeHash {
    let mut bytes = *hash.as_bytes();
    bytes[17] ^= 4;
    NodeHash::new(bytes)
}

#[test]
fn verifies_inclusion_of_every_leaf_of_every_small_tree() {
    let leaves = Leaves::new(LARGEST);
    let mut levels = Levels::of(&leaves);
    for size in 1..=LARGEST {
        let head = leaves.head(size);
        let root = root(&mut levels, size).unwrap();
        assert_eq!(root, head.root, "{size}");
        for index in 0..size {
            let proof = prove_inclusion(&mut levels, index, size).unwrap();
            let leaf = &leaves.0[usize::try_from(index).unwrap()];
            assert!(includes(&head, index, leaf, &proof), "{index} of {size}");
        }
    }
}

#[test]
fn verifies_consistency_of_every_two_small_trees() {
    let leaves = Leaves::new(LARGEST);
    let mut levels = Levels::of(&leaves);
    let heads: Vec<_> = (0..=LARGEST).map(|size| leaves.head(size)).collect();
    for new in &heads {
        for old in heads.iter().filter(|old| old.size <= new.size) {
            let proof = prove_consistency(&mut levels, old.size, new.size).unwrap();
            assert!(continues(old, new, &proof), "{} to {}", old.size, new.size);
        }
    }
}

#[test]
fn rejects_inclusion_proof_with_any_change() {
    let leaves = Leaves::new(70);
    let mut levels = Levels::of(&leaves);
    for size in [1, 2, 3, 5, 8, 13, 33, 64, 70] {
        let head = leaves.head(size);
        for index in 0..size {
            let leaf = leaves.0[usize::try_from(index).unwrap()];
            let proof = prove_inclusion(&mut levels, index, size).unwrap();
            assert!(!includes(&head, index, &flipped(&leaf), &proof));
            let other_root = TreeHead {
                root: flipped(&head.root),
                ..head
            };
            assert!(!includes(&other_root, index, &leaf, &proof));
            for other in (0..size + 3).filter(|other| *other != index) {
                assert!(
                    !includes(&head, other, &leaf, &proof),
                    "{other} for {index} of {size}"
                );
            }
            for at in 0..proof.len() {
                let mut changed = proof.clone();
                changed[at] = flipped(&proof[at]);
                assert!(!includes(&head, index, &leaf, &changed));
                let mut short = proof.clone();
                short.remove(at);
                assert!(!includes(&head, index, &leaf, &short));
            }
            for extra in [leaf, head.root] {
                assert!(!includes(
                    &head,
                    index,
                    &leaf,
                    &[&proof[..], &[extra]].concat()
                ));
                assert!(!includes(
                    &head,
                    index,
                    &leaf,
                    &[&[extra], &proof[..]].concat()
                ));
            }
        }
    }
}

#[test]
fn rejects_consistency_proof_with_any_change() {
    let leaves = Leaves::new(70);
    let mut levels = Levels::of(&leaves);
    for new in [1, 2, 3, 7, 8, 33, 64, 70] {
        let to = leaves.head(new);
        for old in 0..=new {
            let from = leaves.head(old);
            let proof = prove_consistency(&mut levels, old, new).unwrap();
            let other = TreeHead {
                root: flipped(&from.root),
                ..from
            };
            assert!(!continues(&other, &to, &proof), "{old} to {new}");
            let other = TreeHead {
                root: flipped(&to.root),
                ..to
            };
            // Nothing was in the empty tree, so that nothing about the new one is proven.
            assert_eq!(continues(&from, &other, &proof), old == 0 && new > 0);
            assert!(old == new || !continues(&to, &from, &proof));
            assert!(!continues(&from, &to, &[&proof[..], &[to.root]].concat()));
            for at in 0..proof.len() {
                let mut changed = proof.clone();
                changed[at] = flipped(&proof[at]);
                assert!(!continues(&from, &to, &changed));
                let mut short = proof.clone();
                short.remove(at);
                assert!(!continues(&from, &to, &short));
            }
        }
    }
}

#[test]
fn rejects_leaf_of_another_history() {
    let leaves = Leaves::new(20);
    let mut other = Leaves::new(20);
    other.0[3] = NodeHash::of_leaf(b"replaced");
    let (old, new) = (leaves.head(10), other.head(20));
    let proof = prove_consistency(&mut Levels::of(&other), 10, 20).unwrap();
    assert!(!continues(&old, &new, &proof));
    assert!(continues(&other.head(10), &new, &proof));
}

#[test]
fn proves_nothing_about_leaf_outside_the_tree() {
    let leaves = Leaves::new(4);
    let proof = prove_inclusion(&mut Levels::of(&leaves), 4, 4).unwrap();
    assert!(proof.is_empty());
    assert!(!includes(&leaves.head(4), 4, &leaves.0[3], &proof));
    let empty = leaves.head(0);
    assert!(!includes(&empty, 0, &empty.root, &[]));
}

#[test]
fn tells_forks_of_small_trees_from_hashes_that_lie() {
    const LARGEST: u64 = 40;
    let leaves = Leaves::new(LARGEST);
    let mut levels = Levels::of(&leaves);
    let heads: Vec<_> = (0..=LARGEST).map(|size| leaves.head(size)).collect();
    for new in &heads {
        for old in &heads[..=usize::try_from(new.size).unwrap()] {
            let found = examine(&mut levels, old, new).unwrap();
            assert_eq!(found, Continuation::Proven, "{} {}", old.size, new.size);
            let other = TreeHead {
                root: flipped(&old.root),
                ..*old
            };
            let found = examine(&mut levels, &other, new).unwrap();
            assert_eq!(
                found,
                Continuation::Contradicted,
                "{} {}",
                old.size,
                new.size
            );
            if old.size == 0 || old.size == new.size {
                continue;
            }
            // Hashes of another tree prove neither.
            for level in 0..levels.0.len() {
                for at in 0..levels.0[level].len() {
                    let right = levels.0[level][at];
                    levels.0[level][at] = flipped(&right);
                    for old in [old, &other] {
                        let lied = examine(&mut levels, old, new).unwrap();
                        let honest = match old.root == other.root {
                            true => Continuation::Contradicted,
                            false => Continuation::Proven,
                        };
                        assert!(lied == honest || lied == Continuation::Unproven);
                    }
                    levels.0[level][at] = right;
                }
            }
        }
    }
    let found = examine(&mut levels, &heads[3], &heads[2]).unwrap();
    assert_eq!(found, Continuation::Unproven);
}
