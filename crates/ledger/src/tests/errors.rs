//! The text of every error, with sample data.

use std::io;

use cpan_sigstore_tlog::{hash::NodeHash, proof::ProofError, tile::TileError};

use super::support::{path, policy};
use crate::{
    audit::{AuditError, Fault, FolderError},
    prove::ProveError,
    reader::ReadError,
    scan::ScanError,
    witnesses::{PublishError, WitnessError},
    writer::LedgerError,
};

fn denied() -> io::Error {
    io::ErrorKind::PermissionDenied.into()
}

fn shown<E: std::fmt::Display>(errors: impl IntoIterator<Item = E>) -> String {
    let texts: Vec<_> = errors.into_iter().map(|error| error.to_string()).collect();
    texts.join("\n")
}

#[test]
fn states_each_error_of_writing() {
    let name = || "tile/0/000".to_owned();
    let errors = [
        LedgerError::Read {
            path: name(),
            source: denied(),
        },
        LedgerError::Write {
            path: name(),
            source: denied(),
        },
        LedgerError::NoState,
        LedgerError::Exists,
        LedgerError::Checkpoint(cpan_sigstore_tlog::policy::CheckpointError::Unsigned(
            "log".to_owned(),
        )),
        LedgerError::OldState {
            state: 10,
            published: 20,
        },
        LedgerError::OtherTree(20),
        LedgerError::Damaged {
            reason: "tile/0/000 is missing".to_owned(),
        },
        LedgerError::Overtaken,
        LedgerError::ClockBehind { behind: 400 },
    ];
    let scans = [
        ScanError::Read {
            path: "authors/id/A".to_owned(),
            source: denied(),
        },
        ScanError::NoCpan("authors/id".to_owned()),
        ScanError::TooManyFolders {
            author: "ABC".parse().unwrap(),
        },
    ];
    insta::assert_snapshot!([shown(errors), shown(scans)].join("\n"));
}

#[test]
fn states_each_error_of_witnesses() {
    let witnesses = [
        WitnessError::Address,
        WitnessError::Refused {
            status: 403,
            text: "no".to_owned(),
        },
        WitnessError::Contradicts {
            text: "bad consistency proof".to_owned(),
        },
        WitnessError::Ahead {
            known: 20,
            size: 10,
        },
        WitnessError::Proof(TileError::Outside {
            level: 1,
            index: 2,
            size: 3,
        }),
    ];
    let refused = vec![
        ("w1".to_owned(), WitnessError::Address),
        ("w2".to_owned(), WitnessError::Address),
    ];
    let quorum = PublishError::Quorum { size: 10, refused };
    insta::assert_snapshot!([shown(witnesses), shown([quorum])].join("\n"));
}

#[test]
fn states_each_error_and_fault_of_reading() {
    let reads = [
        ReadError::Address("ftp://cpan.example/".to_owned()),
        ReadError::File {
            path: "checkpoint".to_owned(),
            source: denied(),
        },
        ReadError::Missing("tile/0/000".to_owned()),
        ReadError::Tile("invalid tile/0/000: expected 64 bytes, found 65".to_owned()),
    ];
    let proofs = [
        ProveError::Unlogged(path(1)),
        ProveError::Unproven {
            index: 3,
            source: ProofError::NoLeaf,
        },
    ];
    let (one, two) = (NodeHash::of_leaf(b"1"), NodeHash::of_leaf(b"2"));
    let faults = [
        Fault::Root {
            size: 10,
            computed: one,
            signed: two,
        },
        Fault::Tile("tile/0/000".parse().unwrap()),
        Fault::Fork {
            size: 10,
            known: one,
            computed: two,
        },
        Fault::RolledBack {
            size: 10,
            known: 20,
        },
        Fault::Cosigned {
            witness: "witness.example".to_owned(),
            cosigned: 10,
            newest: 20,
        },
        Fault::More,
    ];
    let audits = [
        AuditError::TooLarge(1 << 40),
        AuditError::OtherLog {
            known: "a.example/log".to_owned(),
            found: "b.example/log".to_owned(),
        },
    ];
    let folder = || std::path::PathBuf::from("/var/lib/audit");
    let folders = [
        FolderError::Read {
            path: folder().join("checkpoint"),
            source: denied(),
        },
        FolderError::Write {
            path: folder(),
            source: denied(),
        },
        FolderError::Checkpoint {
            path: folder().join("checkpoint"),
            source: policy().verify(b"").unwrap_err(),
        },
    ];
    let all = [
        shown(reads),
        shown(proofs),
        shown(faults),
        shown(audits),
        shown(folders),
    ];
    insta::assert_snapshot!(all.join("\n"));
}
