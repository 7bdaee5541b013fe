//! The gate on signatures of the sandbox: what it remembers, and what it does not.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test that cannot go on fails"
)]

use std::{fs, path::PathBuf, sync::Arc};

use cpan_sigstore_core::{
    finding::Finding, identity::SignerIdentity, policy::Policy, release::ReleasePath,
    verdict::Verdict,
};
use cpan_sigstore_gate::{ArchiveFile, Candidate, Gate, IndexStanding, TrustStore};
use cpan_sigstore_keyless::{trust::TrustedRoot, verify::Verifier};
use cpan_sigstore_sandbox::{Recipe, RekorVersion, Sandbox, SandboxOptions};
use cpan_sigstore_testkit::archive::distribution;
use jiff::Timestamp;
use sha2::Digest as _;
use tempfile::TempDir;

/// A release, with a bundle by each of two accounts.
struct Releases {
    sandbox: Sandbox,
    folder: TempDir,
    path: ReleasePath,
    /// By the author, and by a stranger.
    bundles: [Vec<u8>; 2],
}

impl Releases {
    /// The sandbox runs a runtime of its own, which cannot be within the test's.
    fn new() -> Self {
        std::thread::spawn(Self::build).join().unwrap()
    }

    fn build() -> Self {
        let sandbox = Sandbox::start(SandboxOptions::default()).unwrap();
        let bundles = ["author", "stranger"].map(|account| {
            let forged = sandbox.forge(&Recipe {
                account,
                digest: sha2::Sha256::digest(archive()).into(),
                rekor: RekorVersion::V2,
                timestamp: true,
            });
            forged.unwrap().bundle().to_string().into_bytes()
        });
        let releases = Self {
            sandbox,
            folder: tempfile::tempdir().unwrap(),
            path: "M/MY/MYAUTHOR/Foo-Bar-1.02.tar.gz".parse().unwrap(),
            bundles,
        };
        fs::write(releases.archive(), archive()).unwrap();
        releases
    }

    fn archive(&self) -> PathBuf {
        self.folder.path().join("archive")
    }

    async fn gate(&self) -> Gate {
        let root = TrustedRoot::from_file(&self.sandbox.trusted_root_path()).unwrap();
        let place = self.folder.path().join("trust-store.sqlite");
        let memory = TrustStore::open(place.to_str().unwrap()).await.unwrap();
        Gate::new(Verifier::new(&root).unwrap(), Policy::default(), memory)
    }
}

fn archive() -> Vec<u8> {
    distribution("Foo-Bar", "1.02")
}

fn signer(verdict: &Verdict) -> &SignerIdentity {
    verdict.signer.as_ref().unwrap()
}

#[tokio::test]
async fn admitting_remembers_and_judging_does_not() {
    let releases = Releases::new();
    let gate = releases.gate().await;
    let archive = releases.archive();
    let candidate = Candidate {
        path: &releases.path,
        archive: ArchiveFile::Unhashed(&archive),
        bundle: Some(&releases.bundles[0]),
        records: &[],
        packages: &[],
        permissions: None,
        index: IndexStanding::Unlogged,
        log_proof: None,
    };
    let now = Timestamp::now();
    for _ in 0..2 {
        let verdict = gate.judge(&candidate, now).await.unwrap();
        assert_eq!(verdict.finding, Finding::IdentityUnknown);
        assert!(verdict.admits());
    }
    let verdict = gate.admit(&candidate, now).await.unwrap();
    assert_eq!(verdict.finding, Finding::IdentityUnknown);
    let verdict = gate.judge(&candidate, now).await.unwrap();
    assert_eq!(verdict.finding, Finding::Trusted);
    // The same archive without its bundle, and under another name.
    let unsigned = Candidate {
        bundle: None,
        ..candidate
    };
    let verdict = gate.judge(&unsigned, now).await.unwrap();
    assert_eq!(verdict.finding, Finding::Downgrade);
    let renamed = "M/MY/MYAUTHOR/Foo-Bar-1.03.tar.gz".parse().unwrap();
    let renamed = Candidate {
        path: &renamed,
        ..candidate
    };
    let verdict = gate.judge(&renamed, now).await.unwrap();
    assert_eq!(verdict.finding, Finding::NameMismatch);
    // What cannot be read is no verdict.
    let none = releases.folder.path().join("none");
    let unreadable = Candidate {
        archive: ArchiveFile::Unhashed(&none),
        ..candidate
    };
    assert!(gate.judge(&unreadable, now).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rejects_the_second_of_two_signers_at_once() {
    let releases = Arc::new(Releases::new());
    let mut tasks = Vec::new();
    for number in 0..8 {
        let releases = Arc::clone(&releases);
        tasks.push(tokio::spawn(async move {
            let archive = releases.archive();
            let candidate = Candidate {
                path: &releases.path,
                archive: ArchiveFile::Unhashed(&archive),
                bundle: Some(&releases.bundles[number % 2]),
                records: &[],
                packages: &[],
                permissions: None,
                index: IndexStanding::Unlogged,
                log_proof: None,
            };
            let gate = releases.gate().await;
            gate.admit(&candidate, Timestamp::now()).await.unwrap()
        }));
    }
    let (mut admitted, mut refused) = (Vec::new(), Vec::new());
    for task in tasks {
        let verdict = task.await.unwrap();
        if verdict.admits() {
            admitted.push(verdict);
        } else {
            refused.push(verdict);
        }
    }
    assert_eq!((admitted.len(), refused.len()), (4, 4));
    let first = signer(&admitted[0]);
    assert!(admitted.iter().all(|verdict| signer(verdict) == first));
    for verdict in &refused {
        assert_eq!(verdict.finding, Finding::IdentityChanged);
        assert_ne!(signer(verdict), first);
    }
}
