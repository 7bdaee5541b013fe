//! A server with its published files, its trust store and its clock.

use std::{fs, path::PathBuf, sync::LazyLock};

use cpan_sigstore_core::{
    digest::Sha256Digest,
    identity::{AuthorIdentity, IdentityPolicy},
    policy::Policy,
};
use cpan_sigstore_cpan::Cpan;
use cpan_sigstore_gate::{
    Gate, TrustStore,
    server::{ServerGate, ServerGateError, UploadAnswer, UploadDecision, UploadPath, UploadedFile},
};
use cpan_sigstore_keyless::{
    bundle::StrictBundle,
    trust::TrustedRoot,
    verify::{Artifact, Verifier},
};
use cpan_sigstore_records::record::{AuthorRecord, Releases};
use cpan_sigstore_sandbox::{Recipe, RekorVersion, Sandbox, SandboxOptions};
use cpan_sigstore_testkit::archive::distribution;
use jiff::{SignedDuration, Timestamp};
use sha2::Digest as _;
use tempfile::TempDir;

pub const TIM: &str = "author";
pub const EVIL: &str = "stranger";
/// The author's directory.
pub const HOME: &str = "T/TI/TIM";
pub const ARCHIVE: &str = "Foo-Bar-1.02.tar.gz";
pub const BUNDLE: &str = "Foo-Bar-1.02.tar.gz.sigstore.json";

/// One sandbox for all tests: each has a server of its own.
static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| {
    // It runs a runtime of its own, which cannot be within a test's.
    let start = || Sandbox::start(SandboxOptions::default()).unwrap();
    std::thread::spawn(start).join().unwrap()
});

pub fn sign(account: &'static str, bytes: &[u8]) -> Vec<u8> {
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

fn verifier() -> Verifier {
    let root = TrustedRoot::from_file(&SANDBOX.trusted_root_path()).unwrap();
    Verifier::new(&root).unwrap()
}

fn identity(account: &'static str) -> AuthorIdentity {
    let bundle = StrictBundle::parse(&sign(account, b"who")).unwrap();
    let artifact = Artifact::Digest(Sha256Digest::of(b"who"));
    let verified = verifier().verify(artifact, &bundle, Default::default());
    let verified = verified.unwrap();
    let signer = verified.signer();
    AuthorIdentity {
        identity: IdentityPolicy::exact(signer.subject.as_str(), signer.issuer.clone()),
        from: None,
        until: None,
    }
}

pub fn archive() -> Vec<u8> {
    distribution("Foo-Bar", "1.02")
}

pub fn record_name(version: u32) -> String {
    format!("TIM-sigstore-identities-{version}.json")
}

pub fn first(account: &'static str, releases: Releases) -> AuthorRecord {
    let author = "TIM".parse().unwrap();
    AuthorRecord::first(author, vec![identity(account)], releases).unwrap()
}

pub fn next(before: &AuthorRecord, account: &'static str, releases: Releases) -> AuthorRecord {
    before.next(vec![identity(account)], releases).unwrap()
}

/// The server.
pub struct Server {
    pub folder: TempDir,
    /// Whether it has trust material.
    pub trusts: bool,
    /// Hours until a first record is in effect.
    pub wait: i64,
    /// Time that has passed since the start.
    pub passed: SignedDuration,
}

impl Server {
    pub fn new() -> Self {
        let server = Self {
            folder: tempfile::tempdir().unwrap(),
            trusts: true,
            wait: 0,
            passed: SignedDuration::ZERO,
        };
        fs::create_dir_all(server.path("")).unwrap();
        server
    }

    /// A server with a published record, which TIM signed.
    pub fn with_record(releases: Releases) -> Self {
        let server = Self::new();
        server.publish_record(&first(TIM, releases), TIM);
        server
    }

    pub fn path(&self, name: &str) -> PathBuf {
        let home = self.folder.path().join("cpan/authors/id").join(HOME);
        home.join(name)
    }

    /// Publishes a file, whose date is the server's time.
    pub fn publish(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
        let file = fs::File::options().append(true).open(self.path(name));
        file.unwrap().set_modified(self.now().into()).unwrap();
    }

    fn now(&self) -> Timestamp {
        Timestamp::now() + self.passed
    }

    pub fn publish_record(&self, record: &AuthorRecord, by: &'static str) {
        let name = record_name(record.version());
        self.publish(&name, record.json());
        self.publish(&format!("{name}.sigstore.json"), sign(by, record.json()));
    }

    pub async fn gate(&self) -> Gate {
        let place = self.folder.path().join("trust-store.sqlite");
        let store = TrustStore::open(place.to_str().unwrap()).await.unwrap();
        match self.trusts {
            true => Gate::new(verifier(), Policy::default(), store),
            false => Gate::without_trust("no trusted root", Policy::default(), store),
        }
    }

    pub fn upload(&self, bytes: &[u8]) -> UploadedFile {
        let file = self.folder.path().join("upload");
        fs::write(&file, bytes).unwrap();
        UploadedFile::open(&file).unwrap()
    }

    pub async fn try_ask(&self, name: &str, bytes: &[u8]) -> Result<UploadAnswer, ServerGateError> {
        let file = self.upload(bytes);
        self.ask_about(name, &file).await
    }

    pub async fn ask_about(
        &self,
        name: &str,
        file: &UploadedFile,
    ) -> Result<UploadAnswer, ServerGateError> {
        let path: UploadPath = format!("{HOME}/{name}").parse().unwrap();
        let gate = self.gate().await;
        let tree = Cpan::in_folder(self.folder.path().join("cpan"));
        let now = self.now();
        ServerGate::new(&gate, &tree, SignedDuration::from_hours(self.wait))
            .decide(&path, file, now)
            .await
    }

    /// The answer about an upload. Every answer is about the bytes, and its code says the same as its decision.
    pub async fn ask(&self, name: &str, bytes: &[u8]) -> UploadAnswer {
        let answer = self.try_ask(name, bytes).await.unwrap();
        assert_eq!(answer.digest, Sha256Digest::of(bytes));
        answer
    }

    /// Asks, and publishes as PAUSE does. Returns decision, code of the reason, and exit code.
    pub async fn submit(&self, name: &str, bytes: &[u8]) -> (&'static str, &'static str, u8) {
        let answer = self.ask(name, bytes).await;
        if answer.decision == UploadDecision::Accept {
            self.publish(name, bytes);
        }
        brief(&answer)
    }
}

/// Decision, reason and exit code.
pub fn brief(answer: &UploadAnswer) -> (&'static str, &'static str, u8) {
    (
        answer.decision.code(),
        answer.reason.code(),
        answer.exit() as u8,
    )
}
