//! Ours and the peers, all asked the same: sign this, verify that.

mod cosign;
mod ours;
mod sigstore_python;

use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::Command;

pub use cosign::Cosign;
pub use ours::Ours;
pub use sigstore_python::SigstorePython;

use crate::error::InteropError;
use crate::instance::Instance;

/// What a bundle looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A Sigstore bundle, version 0.3.
    Bundle,
    /// Cosign's format before there was one for all.
    OldCosign,
}

/// A file to sign, and by whose token.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// Where to sign.
    pub instance: &'a Instance,
    /// The file.
    pub artifact: &'a Path,
    /// Where the bundle is to be written.
    pub bundle: &'a Path,
    /// An ID token.
    pub token: &'a str,
}

/// Whether this is a signature of that file by this identity.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Whom to trust.
    pub instance: &'a Instance,
    /// The file.
    pub artifact: &'a Path,
    /// The bundle.
    pub bundle: &'a Path,
    /// The bundle's form, which some programs must be told.
    pub format: Format,
    /// Who is to have signed.
    pub identity: &'a str,
    /// Who is to have vouched for that.
    pub issuer: &'a str,
}

/// How a program ended.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its exit code; `None` when a signal ended it.
    pub exit: Option<i32>,
    /// Its standard output.
    pub output: String,
    /// Its standard error.
    pub errors: String,
}

impl Answer {
    /// Whether it ended with success.
    pub fn success(&self) -> bool {
        self.exit == Some(0)
    }
}

/// A program that signs and verifies.
#[derive(Debug)]
pub enum Peer {
    /// This project's.
    Ours(Ours),
    /// sigstore/cosign.
    Cosign(Cosign),
    /// sigstore/sigstore-python.
    SigstorePython(SigstorePython),
}

impl Peer {
    /// All of them.
    ///
    /// # Errors
    /// When the environment does not say where they are.
    pub fn all() -> Result<[Self; 3], InteropError> {
        Ok([
            Self::Ours(Ours::find()?),
            Self::Cosign(Cosign::find()?),
            Self::SigstorePython(SigstorePython::find()?),
        ])
    }

    /// Its name in `cases.toml` and in messages.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ours(_) => "ours",
            Self::Cosign(_) => "cosign",
            Self::SigstorePython(_) => "sigstore-python",
        }
    }

    /// Signs a file into a bundle of version 0.3.
    ///
    /// # Errors
    /// When the program cannot be run.
    pub async fn sign(&self, order: Order<'_>) -> Result<Answer, InteropError> {
        match self {
            Self::Ours(ours) => ours.sign(order).await,
            Self::Cosign(cosign) => cosign.sign(order, Format::Bundle).await,
            Self::SigstorePython(python) => python.sign(order).await,
        }
    }

    /// Verifies a file.
    ///
    /// # Errors
    /// When the program cannot be run.
    pub async fn verify(&self, question: Question<'_>) -> Result<Answer, InteropError> {
        match self {
            Self::Ours(ours) => ours.verify(question).await,
            Self::Cosign(cosign) => cosign.verify(question).await,
            Self::SigstorePython(python) => python.verify(question).await,
        }
    }
}

/// Runs a program with nothing of this user's environment: no configuration, no cache, no credentials.
async fn run(program: &Path, set_up: impl FnOnce(&mut Command)) -> Result<Answer, InteropError> {
    let home = TempDir::new()?;
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", "/usr/bin:/bin")
        // Whatever leaves loopback is a mistake and fails at once.
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    set_up(&mut command);
    let output = command.output().await.map_err(|source| InteropError::Run {
        program: program.to_owned(),
        source,
    })?;
    Ok(Answer {
        exit: output.status.code(),
        output: String::from_utf8_lossy(&output.stdout).into_owned(),
        errors: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
