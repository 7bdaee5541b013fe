//! What every figure starts from: a sandbox, our program and cosign, and a folder in memory.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use cpan_sigstore_interop::error::InteropError;
use cpan_sigstore_interop::instance::{Instance, write};
use cpan_sigstore_interop::peer::{Format, Order, Peer, Question};
use cpan_sigstore_sandbox::{Sandbox, SandboxError, SandboxOptions};
use tempfile::TempDir;

use crate::measure;

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The sandbox did not start.
    #[error("the sandbox did not start: {0}")]
    Sandbox(#[from] SandboxError),
    /// The peers are not there.
    #[error(transparent)]
    Interop(#[from] InteropError),
    /// A file could not be written.
    #[error("cannot write a file to measure with: {0}")]
    File(#[from] io::Error),
    /// A program that should have succeeded did not.
    #[error("{} failed: {said}", program.display())]
    Run {
        /// The program.
        program: OsString,
        /// What it said.
        said: String,
    },
    /// The gate could not look at the archive.
    #[error(transparent)]
    Gate(#[from] cpan_sigstore_gate::GateError),
    /// The gate's memory cannot be used.
    #[error(transparent)]
    TrustStore(#[from] cpan_sigstore_gate::store::TrustStoreError),
    /// The sandbox's trust material cannot be used.
    #[error(transparent)]
    Trust(#[from] cpan_sigstore_keyless::trust::TrustError),
    /// The signature that is measured is none.
    #[error(transparent)]
    Verify(#[from] cpan_sigstore_keyless::verify::VerifyError),
    /// The bundle that is measured is none.
    #[error(transparent)]
    Bundle(#[from] cpan_sigstore_keyless::bundle::VerificationFailure),
    /// The archive that is measured cannot be read.
    #[error(transparent)]
    Artifact(#[from] cpan_sigstore_keyless::verify::ArtifactError),
    /// The path that is measured is none.
    #[error(transparent)]
    Path(#[from] cpan_sigstore_core::release::ReleasePathError),
    /// What is measured with could not be made.
    #[error("cannot make what is measured with: {0}")]
    Made(String),
    /// The cryptographic library refused its own work.
    #[error("the library that is measured failed")]
    Library,
}

/// What every figure starts from.
pub struct Attempt {
    pub sandbox: Sandbox,
    pub instance: Instance,
    pub ours: Peer,
    pub cosign: Peer,
    folder: TempDir,
}

impl Attempt {
    pub fn new() -> Result<Self, BenchError> {
        let sandbox = Sandbox::start(SandboxOptions::default())?;
        let instance =
            Instance::read(&sandbox.trusted_root_path(), &sandbox.signing_config_path())?;
        let [ours, cosign, _] = Peer::all()?;
        let memory = Path::new("/dev/shm");
        let folder = match memory.is_dir() {
            true => TempDir::new_in(memory)?,
            false => TempDir::new()?,
        };
        Ok(Self {
            sandbox,
            instance,
            ours,
            cosign,
            folder,
        })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file of this many mebibytes, none of them like another.
    pub fn artifact(&self, name: &str, mebibytes: u64) -> Result<PathBuf, BenchError> {
        let path = self.path(name);
        let mut file = File::create(&path)?;
        let mut block = vec![0; 1 << 20];
        for number in 0..mebibytes {
            for (i, word) in block.chunks_exact_mut(8).enumerate() {
                // Any filling will do that the file system does not store as a hole.
                let value = (number << 32 | i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                word.copy_from_slice(&value.to_le_bytes());
            }
            file.write_all(&block)?;
        }
        Ok(path)
    }

    /// The command by which `peer` signs as the author.
    pub fn sign(&self, peer: &Peer, artifact: &Path, bundle: &Path) -> Result<Command, BenchError> {
        let token = self.path("token");
        let text = self.sandbox.token("author").unwrap_or_default();
        write(&token, text.as_bytes())?;
        Ok(peer.sign_command(Order {
            instance: &self.instance,
            artifact,
            bundle,
            token: &token,
        })?)
    }

    /// The command by which `peer` verifies that the author signed.
    pub fn verify(&self, peer: &Peer, artifact: &Path, bundle: &Path) -> Command {
        let author = self.sandbox.oidc.account("author");
        let email = author.and_then(|account| account.email.clone());
        peer.verify_command(Question {
            instance: &self.instance,
            artifact,
            bundle,
            format: Format::Bundle,
            identity: &email.unwrap_or_default(),
            issuer: self.sandbox.services.oidc.url(),
        })
    }

    /// A bundle for the file, by cosign.
    pub fn bundle(&self, artifact: &Path) -> Result<PathBuf, BenchError> {
        let bundle = artifact.with_extension("sigstore.json");
        measure::run(&self.sign(&self.cosign, artifact, &bundle)?)?;
        Ok(bundle)
    }
}
