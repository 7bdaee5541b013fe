//! Attacks on the gate, on real signatures of the sandbox: trust that grows by use, and modules of other owners.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test that cannot go on fails"
)]

#[path = "attacks/hand_over.rs"]
mod hand_over;
#[path = "attacks/outsiders.rs"]
mod outsiders;
#[path = "attacks/owners.rs"]
mod owners;
#[path = "attacks/recovery.rs"]
mod recovery;

use std::{fs, sync::LazyLock};

use cpan_sigstore_core::{
    finding::Finding,
    identity::{AuthorIdentity, IdentityPolicy},
    policy::Policy,
    release::ReleasePath,
    verdict::Verdict,
};
use cpan_sigstore_gate::{ArchiveFile, Candidate, Gate, IndexStanding, RecordFile, TrustStore};
use cpan_sigstore_keyless::{trust::TrustedRoot, verify::Verifier};
use cpan_sigstore_records::record::{AuthorRecord, Releases};
use cpan_sigstore_sandbox::{Recipe, RekorVersion, Sandbox, SandboxOptions};
use cpan_sigstore_testkit::archive::distribution;
use jiff::Timestamp;
use sha2::Digest as _;
use tempfile::TempDir;

const TIM: &str = "author";
const EVIL: &str = "stranger";

/// One sandbox for all tests: each has a trust store of its own.
static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| {
    // It runs a runtime of its own, which cannot be within a test's.
    let start = || Sandbox::start(SandboxOptions::default()).unwrap();
    std::thread::spawn(start).join().unwrap()
});

fn sign(account: &'static str, bytes: &[u8]) -> Vec<u8> {
    let digest = sha2::Sha256::digest(bytes).into();
    let forge = move || {
        let forged = SANDBOX.forge(&Recipe {
            account,
            digest,
            rekor: RekorVersion::V2,
            timestamp: true,
        });
        forged.unwrap().bundle().to_string().into_bytes()
    };
    std::thread::spawn(forge).join().unwrap()
}

/// The name of an account, and its issuer.
fn identity(account: &'static str) -> (String, String) {
    let bundle = sign(account, b"who");
    let bundle = cpan_sigstore_keyless::bundle::StrictBundle::parse(&bundle).unwrap();
    let digest = cpan_sigstore_core::digest::Sha256Digest::of(b"who");
    let artifact = cpan_sigstore_keyless::verify::Artifact::Digest(digest);
    let verified = verifier().verify(artifact, &bundle, Default::default());
    let verified = verified.unwrap();
    let signer = verified.signer();
    (signer.subject.as_str().to_owned(), signer.issuer.clone())
}

fn verifier() -> Verifier {
    let root = TrustedRoot::from_file(&SANDBOX.trusted_root_path()).unwrap();
    Verifier::new(&root).unwrap()
}

fn pin(section: &str, account: &'static str) -> String {
    let (subject, issuer) = identity(account);
    format!("[{section}]\nidentities = [{{ subject = '{subject}', issuer = '{issuer}' }}]\n")
}

const STRICT: &str = "default.require-signed = true\n";

/// One user: a gate with an empty trust store.
struct User {
    folder: TempDir,
    records: Vec<RecordFile>,
}

impl User {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            records: Vec::new(),
        }
    }

    /// The mirror serves a first record that names accounts.
    fn serve_record(&mut self, author: &str, named: &[&'static str], by: &'static str) {
        self.records = vec![first_record(author, named, by)];
    }

    /// Admits a release that an account signed, or nobody.
    async fn admit(&self, policy: &str, path: &str, signer: Option<&'static str>) -> Verdict {
        let path: ReleasePath = path.parse().unwrap();
        let bytes = archive(&path);
        let file = self.folder.path().join("archive");
        fs::write(&file, &bytes).unwrap();
        let bundle = signer.map(|account| sign(account, &bytes));
        let place = self.folder.path().join("trust-store.sqlite");
        let memory = TrustStore::open(place.to_str().unwrap()).await.unwrap();
        let gate = Gate::new(verifier(), Policy::parse(policy).unwrap(), memory);
        let candidate = Candidate {
            path: &path,
            archive: ArchiveFile::Unhashed(&file),
            bundle: bundle.as_deref(),
            records: &self.records,
            packages: &[],
            permissions: None,
            index: IndexStanding::Unlogged,
            log_proof: None,
        };
        gate.admit(&candidate, Timestamp::now()).await.unwrap()
    }

    #[track_caller]
    fn check(verdict: &Verdict, finding: Finding, admits: bool) {
        assert_eq!(
            (verdict.finding, verdict.admits()),
            (finding, admits),
            "{verdict:?}"
        );
    }
}

/// A first record of an author that names accounts, signed by one.
fn first_record(author: &str, named: &[&'static str], by: &'static str) -> RecordFile {
    let identities = named.iter().map(|account| {
        let (subject, issuer) = identity(account);
        AuthorIdentity {
            identity: IdentityPolicy::exact(subject, issuer),
            from: None,
            until: None,
        }
    });
    let author = author.parse().unwrap();
    let record = AuthorRecord::first(author, identities.collect(), Releases::Mixed);
    let json = record.unwrap().json().to_vec();
    RecordFile {
        version: 1,
        bundle: Some(sign(by, &json)),
        json,
    }
}

/// The distribution that the path names.
fn archive(path: &ReleasePath) -> Vec<u8> {
    let name = path.name.to_string();
    let folder = name.strip_suffix(".tar.gz").unwrap();
    let (name, version) = folder.rsplit_once('-').unwrap();
    distribution(name, version)
}

#[tokio::test]
async fn rejects_another_authors_release_moved_to_an_unknown_author() {
    let user = User::new();
    // EVIL's own distribution is known and admitted.
    let own = "E/EV/EVIL/Acme-X-1.0.tar.gz";
    User::check(
        &user.admit("", own, Some(EVIL)).await,
        Finding::IdentityUnknown,
        true,
    );
    User::check(
        &user.admit(STRICT, own, Some(EVIL)).await,
        Finding::Trusted,
        true,
    );
    // The mirror has it, unchanged, in VICTIM's directory: it teaches nothing of VICTIM.
    let moved = "V/VI/VICTIM/Acme-X-1.0.tar.gz";
    let popular = "V/VI/VICTIM/Popular-9.0.tar.gz";
    for path in [popular, moved, popular] {
        let verdict = user.admit(STRICT, path, Some(EVIL)).await;
        User::check(&verdict, Finding::IdentityUnknown, false);
    }
    // And VICTIM is not locked out.
    let verdict = user.admit("", popular, Some(TIM)).await;
    User::check(&verdict, Finding::IdentityUnknown, true);
}

#[tokio::test]
async fn learns_no_author_from_a_pin_of_a_distribution() {
    let user = User::new();
    let policy = format!("{STRICT}{}", pin("distribution.Acme-X", EVIL));
    let pinned = "V/VI/VICTIM/Acme-X-1.0.tar.gz";
    User::check(
        &user.admit(&policy, pinned, Some(EVIL)).await,
        Finding::Trusted,
        true,
    );
    let other = "V/VI/VICTIM/Popular-9.0.tar.gz";
    let verdict = user.admit(&policy, other, Some(EVIL)).await;
    User::check(&verdict, Finding::IdentityUnknown, false);
    // The pin is gone: what it admitted binds the author in that distribution alone.
    User::check(
        &user.admit(STRICT, pinned, Some(EVIL)).await,
        Finding::Trusted,
        true,
    );
    User::check(
        &user.admit("", other, Some(TIM)).await,
        Finding::IdentityUnknown,
        true,
    );
}

#[tokio::test]
async fn learns_no_record_from_a_pin_or_from_a_signer_it_only_names() {
    let others = "T/TI/TIM/Other-9.0.tar.gz";
    let genuine = "T/TI/TIM/Good-Mod-1.0.tar.gz";
    let strict_pin = format!("{STRICT}{}", pin("distribution.Good-Mod", TIM));
    let author_pin = pin("author.TIM", TIM);
    for (policy, finding) in [
        (strict_pin.as_str(), Finding::Trusted),
        (author_pin.as_str(), Finding::Trusted),
        ("", Finding::IdentityUnknown),
    ] {
        let mut user = User::new();
        user.serve_record("TIM", &[TIM, EVIL], EVIL);
        User::check(&user.admit(policy, genuine, Some(TIM)).await, finding, true);
        // The record is no more believed than before the genuine release.
        let verdict = user.admit(STRICT, others, Some(EVIL)).await;
        assert!(!verdict.admits(), "{policy}: {verdict:?}");
        // The other order: TIM's own record, which TIM signed, is still accepted.
        user.serve_record("TIM", &[TIM], TIM);
        let verdict = user
            .admit("", "T/TI/TIM/Good-Mod-1.1.tar.gz", Some(TIM))
            .await;
        assert!(verdict.admits(), "{policy}: {verdict:?}");
        let verdict = user
            .admit(STRICT, "T/TI/TIM/New-1.0.tar.gz", Some(TIM))
            .await;
        User::check(&verdict, Finding::Trusted, true);
    }
}

#[tokio::test]
async fn another_authors_upload_locks_no_distribution() {
    let mut user = User::new();
    let verdict = user
        .admit("", "E/EV/EVIL/DBI-0.0001.tar.gz", Some(EVIL))
        .await;
    User::check(&verdict, Finding::IdentityUnknown, true);
    // Neither unsigned releases, nor signed ones, nor those of a record are affected.
    let verdict = user.admit("", "T/TI/TIMB/DBI-1.643.tar.gz", None).await;
    User::check(&verdict, Finding::Unsigned, true);
    let verdict = user
        .admit("", "T/TI/TIMB/DBI-1.644.tar.gz", Some(TIM))
        .await;
    User::check(&verdict, Finding::IdentityUnknown, true);
    assert!(
        verdict
            .reasons
            .iter()
            .any(|reason| reason.to_string().contains("first seen from EVIL")),
        "{verdict:?}"
    );
    user.serve_record("TIMB", &[TIM], TIM);
    let verdict = user
        .admit(STRICT, "T/TI/TIMB/DBI-1.645.tar.gz", Some(TIM))
        .await;
    User::check(&verdict, Finding::Trusted, true);
}
