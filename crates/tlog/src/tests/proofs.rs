//! Proofs from a whole log to a client's answer, and what each attacker gains by changing them.

use std::convert::Infallible;

use cpan_sigstore_core::digest::Sha256Digest;
use proptest::prelude::*;

use crate::{
    checkpoint::{Checkpoint, VerifiedCheckpoint, cosign},
    fork::{ForkError, Relation, compare},
    hash::NodeHash,
    key::{Algorithm, SigningKey},
    leaf::{Leaf, LeafPath},
    policy::{CheckpointError, LogPolicy},
    proof::{LeafMismatch, ProofError, TlogProof},
    tree::{NodeSource, TreeHead, prove_consistency, prove_inclusion, root},
};

const ORIGIN: &str = "cpan.example/log";

/// A log in memory, with a witness that cosigns everything.
struct Log(Vec<Leaf>);

impl NodeSource for &Log {
    type Error = Infallible;

    fn node(&mut self, level: u32, index: u64) -> Result<NodeHash, Infallible> {
        let width = 1 << level;
        let start = usize::try_from(index << level).unwrap();
        let hashes: Vec<_> = self.0[start..start + width]
            .iter()
            .map(Leaf::hash)
            .collect();
        Ok(NodeHash::of_row(&hashes))
    }
}

fn log_key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, Algorithm::Ed25519, [1; 32]).unwrap()
}

fn witness_key() -> SigningKey {
    SigningKey::from_seed("witness.example", Algorithm::CosignatureV1, [2; 32]).unwrap()
}

fn policy() -> LogPolicy {
    let (log, witness) = (log_key(), witness_key());
    let text = format!(
        "log {}\nwitness w {}\nquorum w\n",
        log.verifier(),
        witness.verifier()
    );
    text.parse().unwrap()
}

fn path(at: usize) -> LeafPath {
    format!("authors/id/A/AB/ABC/Foo-{at}.tar.gz")
        .parse()
        .unwrap()
}

impl Log {
    fn new(count: usize) -> Self {
        let leaf = |at: usize| {
            let digest = Sha256Digest::of(&at.to_be_bytes());
            let time = 1_700_000_000 + at as u64;
            Leaf::new(path(at), digest, at as u64, time).unwrap()
        };
        Self((0..count).map(leaf).collect())
    }

    fn head(&self, size: u64) -> TreeHead {
        let root = root(&mut &*self, size).unwrap();
        TreeHead { size, root }
    }

    fn checkpoint_at(&self, size: u64, time: u64) -> VerifiedCheckpoint {
        let mut note = Checkpoint::new(ORIGIN, self.head(size))
            .sign(&log_key())
            .unwrap();
        note.add(cosign(&note, &witness_key(), time));
        policy().verify(note.to_string().as_bytes()).unwrap()
    }

    fn checkpoint(&self, size: u64) -> VerifiedCheckpoint {
        self.checkpoint_at(size, 1_800_000_000)
    }

    fn prove(&self, index: u64, size: u64) -> TlogProof {
        let hashes = prove_inclusion(&mut &*self, index, size).unwrap();
        let leaf = &self.0[usize::try_from(index).unwrap()];
        TlogProof::new(leaf, index, hashes, &self.checkpoint(size))
    }
}

#[test]
fn verifies_proof_of_every_leaf_offline() {
    let log = Log::new(70);
    for (index, size) in [(0, 1), (0, 2), (1, 2), (6, 7), (33, 64), (64, 65), (69, 70)] {
        let bytes = log.prove(index, size).to_string().into_bytes();
        let proof = TlogProof::parse(&bytes).unwrap();
        assert_eq!(proof.to_string().into_bytes(), bytes);
        let logged = proof.verify(&policy()).unwrap();
        let at = usize::try_from(index).unwrap();
        assert_eq!((logged.leaf(), logged.index()), (&log.0[at], index));
        assert_eq!(logged.checkpoint().tree().size, size);
        let digest = log.0[at].digest();
        assert_eq!(logged.compare(&path(at), digest), Ok(()));
    }
}

#[test]
fn rejects_proof_with_any_changed_byte() {
    let bytes = Log::new(23).prove(19, 23).to_string().into_bytes();
    let verify = |bytes: &[u8]| TlogProof::parse(bytes)?.verify(&policy());
    assert!(verify(&bytes).is_ok());
    for at in 0..bytes.len() {
        for bit in [1, 2, 32] {
            let mut changed = bytes.clone();
            changed[at] ^= bit;
            assert!(verify(&changed).is_err(), "{at} {bit}");
        }
        let mut shorter = bytes.clone();
        shorter.remove(at);
        assert!(verify(&shorter).is_err(), "without {at}");
        assert!(verify(&bytes[..at]).is_err(), "up to {at}");
    }
}

#[test]
fn rejects_proof_for_another_path_or_file() {
    let log = Log::new(10);
    let logged = log.prove(3, 10).verify(&policy()).unwrap();
    let digest = log.0[3].digest();
    let other_path = logged.compare(&path(4), digest);
    assert!(matches!(other_path, Err(LeafMismatch::Path { .. })));
    let other_file = logged.compare(&path(3), Sha256Digest::of(b"other"));
    assert!(matches!(other_file, Err(LeafMismatch::Digest { .. })));
}

#[test]
fn rejects_leaf_that_was_replaced() {
    let log = Log::new(10);
    let mut proof = log.prove(3, 10);
    proof.extra = Some(log.0[4].to_string().into_bytes());
    let error = proof.verify(&policy()).unwrap_err();
    assert_eq!(error, ProofError::NotIncluded { index: 3, size: 10 });
    proof.extra = None;
    assert_eq!(proof.verify(&policy()), Err(ProofError::NoLeaf));
}

#[test]
fn rejects_leaf_that_is_later_than_its_cosignature() {
    let log = Log::new(10);
    let checkpoint = log.checkpoint_at(10, 1_700_000_008);
    let prove = |index: u64| {
        let hashes = prove_inclusion(&mut &log, index, 10).unwrap();
        let leaf = &log.0[usize::try_from(index).unwrap()];
        TlogProof::new(leaf, index, hashes, &checkpoint).verify(&policy())
    };
    assert!(prove(8).is_ok());
    assert!(matches!(prove(9), Err(ProofError::Time { .. })));
}

#[test]
fn rejects_proof_without_quorum() {
    let log = Log::new(4);
    let mut proof = log.prove(1, 4);
    let lines: Vec<_> = proof.checkpoint.lines().collect();
    proof.checkpoint = lines[..lines.len() - 1].join("\n") + "\n";
    let error = proof.verify(&policy()).unwrap_err();
    let quorum = CheckpointError::Quorum { found: Vec::new() };
    assert_eq!(error, ProofError::Checkpoint(quorum));
}

#[test]
fn rejects_proof_that_never_ends() {
    let log = Log::new(4);
    let mut proof = log.prove(1, 4);
    proof.hashes = vec![NodeHash::of_leaf(b""); 64];
    assert!(TlogProof::parse(proof.to_string().as_bytes()).is_err());
    let huge = vec![b'a'; crate::proof::SIZE + 1];
    assert_eq!(TlogProof::parse(&huge), Err(ProofError::Size(huge.len())));
}

#[test]
fn shows_both_checkpoints_of_a_split_view() {
    let (log, mut other) = (Log::new(40), Log::new(40));
    other.0[17] = log.0[18].clone();
    let (known, found) = (log.checkpoint(30), other.checkpoint(30));
    let error = compare(&known, &found, &[]).unwrap_err();
    let ForkError::Fork(evidence) = error else {
        panic!("{error}");
    };
    let text = evidence.to_string();
    for checkpoint in [&known, &found] {
        assert!(text.contains(&checkpoint.note().to_string()), "{text}");
    }
    let proof = prove_consistency(&mut &other, 30, 40).unwrap();
    let error = compare(&known, &other.checkpoint(40), &proof).unwrap_err();
    assert!(matches!(error, ForkError::Unproven(_)), "{error}");
}

#[test]
fn tells_newer_and_older_trees_of_one_log() {
    let log = Log::new(40);
    let proof = prove_consistency(&mut &log, 30, 40).unwrap();
    let (small, large) = (log.checkpoint(30), log.checkpoint(40));
    assert_eq!(compare(&small, &large, &proof), Ok(Relation::Newer));
    assert_eq!(compare(&large, &small, &proof), Ok(Relation::Older));
    assert_eq!(compare(&small, &small, &[]), Ok(Relation::Same));
    assert!(matches!(
        compare(&small, &large, &[]),
        Err(ForkError::Unproven(_))
    ));
}

proptest! {
    #[test]
    fn never_panics_on_any_text(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "\\PC{0,200}") {
        for bytes in [bytes.as_slice(), text.as_bytes()] {
            let _ = TlogProof::parse(bytes);
            let _ = policy().verify(bytes);
            let _ = Leaf::parse(bytes);
            let _ = crate::witness::AddCheckpoint::parse(bytes);
        }
        let _ = text.parse::<LogPolicy>();
        let _ = text.parse::<crate::tile::TilePath>();
        let _ = text.parse::<crate::key::VerifierKey>();
    }

    #[test]
    fn accepts_no_proof_of_random_hashes(index in 0_u64..40, size in 1_u64..40, seed: u64, count in 0_usize..8) {
        let hashes: Vec<_> = (0..count).map(|at| NodeHash::of_leaf(&[seed.to_be_bytes(), (at as u64).to_be_bytes()].concat())).collect();
        let head = TreeHead { size, root: NodeHash::of_leaf(&seed.to_be_bytes()) };
        let leaf = NodeHash::of_leaf(b"leaf");
        prop_assert!(!crate::tree::includes(&head, index, &leaf, &hashes));
    }
}
