//! Ours and the peers, all asked the same: sign this, verify that.

mod cosign;
mod ours;
mod sigstore_python;

use std::path::Path;
use std::process::{Command, Stdio};

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
    /// A file with an ID token.
    pub token: &'a Path,
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

    /// The command that signs a file into a bundle of version 0.3.
    ///
    /// # Errors
    /// When the token cannot be read.
    pub fn sign_command(&self, order: Order<'_>) -> Result<Command, InteropError> {
        match self {
            Self::Ours(ours) => Ok(ours.sign_command(order)),
            Self::Cosign(cosign) => Ok(cosign.sign_command(order, Format::Bundle)),
            Self::SigstorePython(python) => python.sign_command(order),
        }
    }

    /// The command that verifies a file.
    pub fn verify_command(&self, question: Question<'_>) -> Command {
        match self {
            Self::Ours(ours) => ours.verify_command(question),
            Self::Cosign(cosign) => cosign.verify_command(question),
            Self::SigstorePython(python) => python.verify_command(question),
        }
    }

    /// Signs a file into a bundle of version 0.3.
    ///
    /// # Errors
    /// When the token cannot be read, or the program cannot be run.
    pub async fn sign(&self, order: Order<'_>) -> Result<Answer, InteropError> {
        run(self.sign_command(order)?).await
    }

    /// Verifies a file.
    ///
    /// # Errors
    /// When the program cannot be run.
    pub async fn verify(&self, question: Question<'_>) -> Result<Answer, InteropError> {
        run(self.verify_command(question)).await
    }
}

/// A program with nothing of this user's environment: no configuration, no cache, no credentials. What it keeps, it
/// keeps beside the instance's files.
fn command(program: &Path, instance: &Instance) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("HOME", instance.folder())
        .env("PATH", "/usr/bin:/bin")
        // Whatever leaves loopback is a mistake and fails at once.
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .stdin(Stdio::null());
    command
}

/// Runs a command to its end.
async fn run(command: Command) -> Result<Answer, InteropError> {
    let program = Path::new(command.get_program()).to_owned();
    let output = tokio::process::Command::from(command)
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|source| InteropError::Run { program, source })?;
    Ok(Answer {
        exit: output.status.code(),
        output: String::from_utf8_lossy(&output.stdout).into_owned(),
        errors: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
