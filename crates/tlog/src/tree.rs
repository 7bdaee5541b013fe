//! Proofs of the Merkle tree: RFC 6962, verified as RFC 9162, sections 2.1.3.2 and 2.1.4.2, verifies them.

use crate::hash::NodeHash;

/// Most hashes of a proof: a tree has fewer levels than a size has bits.
pub const PROOF_LIMIT: usize = 63;

/// The size and the root of a tree, as somebody claims them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeHead {
    /// The number of leaves.
    pub size: u64,
    /// The hash of the root.
    pub root: NodeHash,
}

/// A source of the hashes of complete subtrees.
pub trait NodeSource {
    /// The reason why there is no hash.
    type Error;

    /// Returns the hash above the `2^level` leaves from `index * 2^level` on.
    ///
    /// # Errors
    /// If the source has no such hash.
    fn node(&mut self, level: u32, index: u64) -> Result<NodeHash, Self::Error>;
}

/// Returns the root of the tree of this size.
///
/// # Errors
/// Those of the source.
pub fn root<S: NodeSource>(source: &mut S, size: u64) -> Result<NodeHash, S::Error> {
    range(source, 0, size)
}

/// Returns the proof that a tree of `size` leaves has the leaf at `index`, from the leaf to the root.
///
/// There is none for an index that is not in the tree: the proof is then empty and proves nothing.
///
/// # Errors
/// Those of the source.
pub fn prove_inclusion<S: NodeSource>(
    source: &mut S,
    index: u64,
    size: u64,
) -> Result<Vec<NodeHash>, S::Error> {
    let mut proof = Vec::new();
    if index >= size {
        return Ok(proof);
    }
    let (mut from, mut to) = (0, size);
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            proof.push(range(source, middle, to)?);
            to = middle;
        } else {
            proof.push(range(source, from, middle)?);
            from = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// Returns the proof that the tree of `new` leaves continues the one of `old` leaves.
///
/// It is empty if there is nothing to prove: from the empty tree, or between equal sizes.
///
/// # Errors
/// Those of the source.
pub fn prove_consistency<S: NodeSource>(
    source: &mut S,
    old: u64,
    new: u64,
) -> Result<Vec<NodeHash>, S::Error> {
    let mut proof = Vec::new();
    if old == 0 || old >= new {
        return Ok(proof);
    }
    let (mut from, mut to) = (0, new);
    while old != to {
        let middle = from + split(to - from);
        if old <= middle {
            proof.push(range(source, middle, to)?);
            to = middle;
        } else {
            proof.push(range(source, from, middle)?);
            from = middle;
        }
    }
    if from > 0 {
        proof.push(range(source, from, to)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Whether a proof shows that the tree has this leaf at this index.
#[must_use]
pub fn includes(tree: &TreeHead, index: u64, leaf: &NodeHash, proof: &[NodeHash]) -> bool {
    if index >= tree.size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, tree.size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = NodeHash::of_children(sibling, &hash);
            climb_left_edge(&mut at, &mut last);
        } else {
            hash = NodeHash::of_children(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == tree.root
}

/// Whether a proof shows that one tree continues another.
///
/// Every tree continues the empty one, if that has its only root.
#[must_use]
pub fn continues(old: &TreeHead, new: &TreeHead, proof: &[NodeHash]) -> bool {
    if old.size > new.size {
        return false;
    }
    if old.size == new.size || old.size == 0 {
        let old_root_holds = old.size > 0 || old.root == NodeHash::of_empty_tree();
        let new_root_holds = old.size < new.size || old.root == new.root;
        return proof.is_empty() && old_root_holds && new_root_holds;
    }
    // The old tree is one complete subtree, whose hash its reader knows.
    let (start, proof) = match (old.size.is_power_of_two(), proof) {
        (true, proof) => (&old.root, proof),
        (false, [start, proof @ ..]) => (start, proof),
        (false, []) => return false,
    };
    climb(old.size, new.size, start, proof) == Some((old.root, new.root))
}

/// The roots of two trees, of which the smaller is not empty, by the hashes of a consistency proof. `start` is the hash
/// of the smaller tree's last complete subtree. `None` for a proof of another length.
fn climb(old: u64, new: u64, start: &NodeHash, proof: &[NodeHash]) -> Option<(NodeHash, NodeHash)> {
    let (mut at, mut last) = (old - 1, new - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut new_hash) = (*start, *start);
    for sibling in proof {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            old_hash = NodeHash::of_children(sibling, &old_hash);
            new_hash = NodeHash::of_children(sibling, &new_hash);
            climb_left_edge(&mut at, &mut last);
        } else {
            new_hash = NodeHash::of_children(&new_hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    (last == 0).then_some((old_hash, new_hash))
}

/// The relation of a tree to a larger one, by hashes of which nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuation {
    /// The larger tree continues the smaller one.
    Proven,
    /// The larger tree has other leaves than the smaller one. A log that signed both signed two histories.
    Contradicted,
    /// The hashes are not those of the larger tree, so they show nothing.
    Unproven,
}

/// Returns whether a tree continues another, which is not larger, by hashes from an untrusted source.
///
/// # Security
///
/// The hashes are used only if they lead to the larger root. So a source that lies cannot make a fork of two trees that
/// belong together, and cannot hide one.
///
/// # Errors
/// Those of the source.
pub fn examine<S: NodeSource>(
    source: &mut S,
    old: &TreeHead,
    new: &TreeHead,
) -> Result<Continuation, S::Error> {
    let same = |is_same: bool| match is_same {
        true => Continuation::Proven,
        false => Continuation::Contradicted,
    };
    if old.size == new.size {
        return Ok(same(old.root == new.root));
    }
    if old.size == 0 {
        return Ok(same(old.root == NodeHash::of_empty_tree()));
    }
    if old.size > new.size {
        return Ok(Continuation::Unproven);
    }
    let mut proof = prove_consistency(source, old.size, new.size)?;
    let start = match old.size.is_power_of_two() {
        true => source.node(old.size.ilog2(), 0)?,
        false if proof.is_empty() => return Ok(Continuation::Unproven),
        false => proof.remove(0),
    };
    Ok(match climb(old.size, new.size, &start, &proof) {
        Some((old_root, new_root)) if new_root == new.root => same(old_root == old.root),
        _ => Continuation::Unproven,
    })
}

/// Passes the levels on which the last node has no sibling.
fn climb_left_edge(at: &mut u64, last: &mut u64) {
    while *at & 1 == 0 && *at != 0 {
        *at >>= 1;
        *last >>= 1;
    }
}

/// The largest power of two that is smaller than a number of leaves, of which there are two at least.
fn split(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}

/// The hash above the leaves from `from` to before `to`, which a node of the tree has below it.
fn range<S: NodeSource>(source: &mut S, mut from: u64, to: u64) -> Result<NodeHash, S::Error> {
    let mut parts = Vec::new();
    while from < to {
        let level = (to - from).ilog2();
        parts.push(source.node(level, from >> level)?);
        from += 1 << level;
    }
    Ok(join(parts))
}

/// The hash above complete subtrees in a row, each smaller than the one before it.
pub(crate) fn join(mut parts: Vec<NodeHash>) -> NodeHash {
    let Some(mut hash) = parts.pop() else {
        return NodeHash::of_empty_tree();
    };
    while let Some(left) = parts.pop() {
        hash = NodeHash::of_children(&left, &hash);
    }
    hash
}

#[cfg(test)]
mod tests;
