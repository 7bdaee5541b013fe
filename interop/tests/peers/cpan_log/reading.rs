//! Each side reads the other's tiles, checkpoints and proofs.

use std::fs;

use super::{Logged, ORIGIN, logclient, ours};

/// More than one whole tile.
const LEAVES: u32 = 600;

#[test]
fn other_libraries_verify_our_tiles_and_proofs() {
    let logged = Logged::new();
    logged.release(0..LEAVES);
    // Two appends, so that a partial tile is replaced.
    let first = logged.append("log", &[]);
    assert!(first.success(), "{first:#?}");
    logged.release(LEAVES..LEAVES + 5);
    let second = logged.append("log", &["--proofs", "proofs"]);
    assert!(second.success(), "{second:#?}");

    let check = logclient(logged.path(), &["check", "policy.txt", "log"], "");
    assert!(check.success(), "{check:#?}");
    assert_eq!(check.output.lines().count(), 605);
    let proof = "proofs/authors/id/M/MY/MYAUTHOR/Foo-602.tar.gz.tlog-proof";
    let verify = ["verify", "policy.txt", proof];
    let verified = logclient(logged.path(), &verify, "");
    assert!(
        verified.output.contains("/Foo-602.tar.gz "),
        "{verified:#?}"
    );
    assert!(check.output.contains(&verified.output));

    // The same client refuses what we did not write.
    let tile = logged.path().join("log/tile/entries/001");
    let mut entries = fs::read(&tile).unwrap();
    *entries.last_mut().unwrap() ^= 1;
    fs::write(&tile, entries).unwrap();
    assert!(!logclient(logged.path(), &["check", "policy.txt", "log"], "").success());
    let text = fs::read_to_string(logged.path().join(proof)).unwrap();
    logged.write(proof, &text.replacen("\nindex 60", "\nindex 59", 1));
    assert!(!logclient(logged.path(), &verify, "").success());
}

#[test]
fn verifies_tiles_and_proofs_of_other_libraries() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Foo-7.tar.gz"), "archive 7").unwrap();
    // The digest of `archive 7`.
    let digest = "sha256:1f53a4c69d3ac811c99c162ca62c369fd8b1bb6f922fb16827f8c76118d8a091";
    let leaves: String = (0..LEAVES)
        .map(|number| {
            format!(
                "cpan-log/v1 archive authors/id/M/MY/MYAUTHOR/Foo-{number}.tar.gz {digest} 9 {}\n",
                1_700_000_000 + number
            )
        })
        .collect();
    let written = logclient(folder.path(), &["write", ORIGIN, "log", "proofs"], &leaves);
    assert!(written.success(), "{written:#?}");
    let policy = format!("log {}quorum none\n", written.output);
    fs::write(folder.path().join("policy.txt"), policy).unwrap();

    let audit = ["log", "audit", "--log", "log", "--log-policy", "policy.txt"];
    let audited = ours(folder.path(), &audit);
    assert!(audited.success(), "{audited:#?}");
    let verify = [
        "log",
        "verify",
        "Foo-7.tar.gz",
        "--log-policy",
        "policy.txt",
    ];
    let path = ["--path", "authors/id/M/MY/MYAUTHOR/Foo-7.tar.gz"];
    let of = |proof: &str| {
        ours(
            folder.path(),
            &[&verify[..], &path, &["--proof", proof]].concat(),
        )
    };
    let verified = of("proofs/7");
    assert!(verified.success(), "{verified:#?}");
    assert_eq!(of("proofs/8").exit, Some(15));
}
