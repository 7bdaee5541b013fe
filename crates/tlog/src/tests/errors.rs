//! The text of every error, with sample data.

use cpan_sigstore_core::digest::Sha256Digest;

use crate::{
    checkpoint::{Checkpoint, CheckpointFormError, VerifiedCheckpoint},
    entries::EntriesError,
    fork::compare,
    hash::NodeHash,
    key::{Algorithm, KeyError, KeyId, SigningKey},
    leaf::{LeafError, LeafKind, LeafPath},
    note::NoteError,
    policy::{CheckpointError, LogPolicy, PolicyError},
    proof::{LeafMismatch, ProofError},
    replay::Violation,
    tile::{TileError, TilePath},
    tree::TreeHead,
    witness::{CosignatureError, RequestError},
};

fn path() -> LeafPath {
    "authors/id/A/AB/ABC/Foo-1.tgz".parse().unwrap()
}

/// A verified checkpoint of a log without witnesses.
fn checkpoint(origin: &str, size: u64, root: &[u8]) -> VerifiedCheckpoint {
    let key = SigningKey::from_seed(origin, Algorithm::Ed25519, [1; 32]).unwrap();
    let root = NodeHash::of_leaf(root);
    let note = Checkpoint::new(origin, TreeHead { size, root }).sign(&key);
    let policy = LogPolicy::of_log(key.verifier().clone());
    policy.verify(note.unwrap().to_string().as_bytes()).unwrap()
}

fn shown<E: std::fmt::Display>(errors: impl IntoIterator<Item = E>) -> String {
    let texts: Vec<_> = errors.into_iter().map(|error| error.to_string()).collect();
    texts.join("\n")
}

#[test]
fn states_each_error_of_keys_and_notes() {
    let keys = [
        "x".parse::<crate::key::VerifierKey>().unwrap_err(),
        KeyError::Name("a b".to_owned()),
        KeyError::Algorithm {
            name: "log".to_owned(),
            found: 6,
        },
        KeyError::Id {
            name: "log".to_owned(),
            expected: KeyId([1, 2, 3, 4]),
            found: "00".to_owned(),
        },
    ];
    let notes = [
        NoteError::Size(300_000),
        NoteError::Text,
        NoteError::Form,
        NoteError::Signature("- name AAAA".to_owned()),
        NoteError::TooMany,
    ];
    let checkpoints = [
        CheckpointFormError::Lines,
        CheckpointFormError::Size("007".to_owned()),
        CheckpointFormError::Root("AAAA".to_owned()),
    ];
    let verified = [
        CheckpointError::UnknownLog("other.example".to_owned()),
        CheckpointError::Unsigned("cpan.example/log".to_owned()),
        CheckpointError::Invalid("w1".to_owned()),
        CheckpointError::Quorum {
            found: vec!["w1".to_owned(), "w2".to_owned()],
        },
        CheckpointError::Quorum { found: Vec::new() },
    ];
    let key = SigningKey::from_seed("witness.example", Algorithm::CosignatureV1, [2; 32]).unwrap();
    let cosignatures = [
        CosignatureError::Missing(key.verifier().clone()),
        CosignatureError::Invalid("witness.example".to_owned()),
        CosignatureError::Time {
            witness: "witness.example".to_owned(),
            leaf: 20,
            time: 10,
        },
    ];
    let requests = [RequestError::Form {
        expected: "`old SIZE`",
        found: "new 1".to_owned(),
    }];
    let all = [
        shown(keys),
        shown(notes),
        shown(checkpoints),
        shown(verified),
        shown(cosignatures),
        shown(requests),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn states_each_error_of_policies() {
    let source = || KeyError::Name("a b".to_owned());
    let errors = [
        PolicyError::Size(70_000),
        "policy x\n".parse::<LogPolicy>().unwrap_err(),
        PolicyError::Key {
            line: 2,
            source: source(),
        },
        PolicyError::Twice {
            line: 3,
            what: "a name",
            found: "w1".to_owned(),
        },
        PolicyError::Undefined {
            line: 4,
            found: "w4".to_owned(),
        },
        PolicyError::Missing("quorum NAME"),
        PolicyError::TooMany,
    ];
    insta::assert_snapshot!(shown(errors));
}

#[test]
fn states_each_error_of_trees_and_leaves() {
    let tile: TilePath = "tile/entries/000.p/2".parse().unwrap();
    let (index, found) = (7, Sha256Digest::new([2; 32]));
    let logged = Sha256Digest::new([1; 32]);
    let tiles = [
        TileError::<LeafError>::Size {
            path: tile,
            expected: 64,
            found: 65,
        },
        TileError::Outside {
            level: 3,
            index: 9,
            size: 10,
        },
    ];
    let entries = [
        EntriesError::Count {
            path: tile,
            expected: 2,
            found: 1,
            left: 3,
        },
        EntriesError::Length(70_000),
    ];
    let leaves = [
        LeafError::Form("cpan-log/v2".to_owned()),
        LeafError::Length(769),
        LeafError::Path("../etc".to_owned()),
        LeafError::Kind {
            path: path(),
            expected: LeafKind::Archive,
            found: LeafKind::Bundle,
        },
    ];
    let proofs = [
        ProofError::Size(400_000),
        ProofError::Form {
            expected: "`index NUMBER`",
            found: "index x".to_owned(),
        },
        ProofError::NoLeaf,
        ProofError::NotIncluded { index: 3, size: 10 },
        ProofError::Time {
            time: 20,
            cosigned: 10,
        },
    ];
    let mismatches = [
        LeafMismatch::Path {
            expected: path(),
            found: "modules/02packages.details.txt".parse().unwrap(),
        },
        LeafMismatch::Digest {
            path: path(),
            logged,
            found,
        },
    ];
    let violations = [
        Violation::Form {
            index,
            source: LeafError::Length(769),
        },
        Violation::Changed {
            index,
            path: path(),
            found,
            first: 3,
            logged,
        },
        Violation::Time {
            index,
            found: 10,
            before: 20,
        },
        Violation::Future {
            index,
            found: 30,
            now: 20,
        },
    ];
    let path_error = shown(["tile/9".parse::<TilePath>().unwrap_err()]);
    let all = [
        path_error,
        shown(tiles),
        shown(entries),
        shown(leaves),
        shown(proofs),
        shown(mismatches),
        shown(violations),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn states_each_error_of_forks() {
    let known = checkpoint("cpan.example/log", 5, b"one");
    let others = [
        checkpoint("other.example/log", 5, b"one"),
        checkpoint("cpan.example/log", 5, b"two"),
        checkpoint("cpan.example/log", 9, b"two"),
    ];
    let errors = others.map(|other| compare(&known, &other, &[]).unwrap_err());
    insta::assert_snapshot!(shown(errors));
}
