//! Our program and the peers, with the same requests: sign this, verify that.

mod cosign;
mod modules;
mod ours;
mod sigstore_python;

use std::path::Path;
use std::process::{Command, Stdio};

pub use cosign::Cosign;
pub use ours::Ours;
pub use sigstore_python::SigstorePython;

use crate::error::InteropError;
use crate::instance::Instance;

/// Format of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A Sigstore bundle, version 0.3.
    Bundle,
    /// Cosign's format before the common one.
    OldCosign,
}

/// A file to sign, and the token of its signer.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    pub instance: &'a Instance,
    pub artifact: &'a Path,
    /// Path for the bundle.
    pub bundle: &'a Path,
    /// File with an ID token.
    pub token: &'a Path,
}

/// The question whether a bundle is a signature of a file by an identity.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The trusted instance.
    pub instance: &'a Instance,
    pub artifact: &'a Path,
    pub bundle: &'a Path,
    /// Format of the bundle, which some programs need to know.
    pub format: Format,
    /// The expected identity.
    pub identity: &'a str,
    /// The expected issuer.
    pub issuer: &'a str,
}

/// Exit code and output of a program.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Exit code; `None` if a signal ended the program.
    pub exit: Option<i32>,
    pub output: String,
    pub errors: String,
}

impl Answer {
    /// Returns whether the program succeeded.
    pub fn success(&self) -> bool {
        self.exit == Some(0)
    }
}

/// A program that verifies.
#[derive(Debug)]
pub enum Verifier {
    /// A program that signs, too.
    Peer(Peer),
    /// This project's Perl modules.
    PerlModules,
}

impl Verifier {
    /// Returns all programs and the Perl modules.
    ///
    /// # Errors
    /// As [`Peer::all`].
    pub fn all() -> Result<[Self; 4], InteropError> {
        let [ours, cosign, python] = Peer::all()?.map(Self::Peer);
        Ok([ours, cosign, python, Self::PerlModules])
    }

    /// Returns the name in `cases.toml` and in messages.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Peer(peer) => peer.name(),
            Self::PerlModules => "perl-modules",
        }
    }

    /// Verifies a file.
    ///
    /// # Errors
    /// If the program cannot be run.
    pub async fn verify(&self, question: Question<'_>) -> Result<Answer, InteropError> {
        match self {
            Self::Peer(peer) => peer.verify(question).await,
            Self::PerlModules => run(modules::verify_command(question)).await,
        }
    }
}

/// A program that signs and verifies.
#[derive(Debug)]
pub enum Peer {
    /// This project's program.
    Ours(Ours),
    Cosign(Cosign),
    SigstorePython(SigstorePython),
}

impl Peer {
    /// Returns all programs.
    ///
    /// # Errors
    /// If the environment does not name their paths.
    pub fn all() -> Result<[Self; 3], InteropError> {
        Ok([
            Self::Ours(Ours::find()?),
            Self::Cosign(Cosign::find()?),
            Self::SigstorePython(SigstorePython::find()?),
        ])
    }

    /// Returns the name in `cases.toml` and in messages.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ours(_) => "ours",
            Self::Cosign(_) => "cosign",
            Self::SigstorePython(_) => "sigstore-python",
        }
    }

    /// Returns the command that signs a file into a bundle of version 0.3.
    ///
    /// # Errors
    /// If the token cannot be read.
    pub fn sign_command(&self, order: Order<'_>) -> Result<Command, InteropError> {
        match self {
            Self::Ours(ours) => Ok(ours.sign_command(order)),
            Self::Cosign(cosign) => Ok(cosign.sign_command(order, Format::Bundle)),
            Self::SigstorePython(python) => python.sign_command(order),
        }
    }

    /// Returns the command that verifies a file.
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
    /// If the token cannot be read, or the program cannot be run.
    pub async fn sign(&self, order: Order<'_>) -> Result<Answer, InteropError> {
        run(self.sign_command(order)?).await
    }

    /// Verifies a file.
    ///
    /// # Errors
    /// If the program cannot be run.
    pub async fn verify(&self, question: Question<'_>) -> Result<Answer, InteropError> {
        run(self.verify_command(question)).await
    }
}

/// Returns a command without this user's environment: no configuration, no cache, no credentials.
/// It stores its files beside the instance's.
fn command(program: &Path, instance: &Instance) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("HOME", instance.folder())
        .env("PATH", "/usr/bin:/bin")
        // A connection beyond loopback is an error and fails at once.
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
