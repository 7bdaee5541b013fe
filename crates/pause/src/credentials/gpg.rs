//! A `~/.pause` that is encrypted with GPG, read as Config::Identity does: `gpg -qd --no-tty FILE`,
//! with `CI_GPG` for another program and `CI_GPG_ARGUMENTS` for more arguments.

use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use cpan_sigstore_core::variable::SecretVariable;

/// The file cannot be decrypted.
#[derive(Debug, thiserror::Error)]
pub enum GpgError {
    /// There is no such program.
    #[error("cannot run `{program}` to decrypt {}: {source}", path.display())]
    Run {
        /// The program.
        program: String,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It says no.
    #[error("cannot decrypt {} with `{program}`: it failed; `{program} -d {}` shows the reason", path.display(), path.display())]
    Refused {
        /// The program.
        program: String,
        /// The file.
        path: PathBuf,
    },
    /// What it decrypted is too large.
    #[error("invalid size of {}: expected at most {limit} bytes, found more", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// In bytes.
        limit: u64,
    },
}

/// Whether the file is encrypted: armoured, or binary, which an OpenPGP packet shows by its first bit
/// (RFC 9580, section 4.2).
pub(super) fn is_encrypted(text: &[u8]) -> bool {
    let armour = b"-----BEGIN PGP MESSAGE-----";
    text.first().is_some_and(|byte| byte & 0x80 != 0)
        || text.windows(armour.len()).any(|window| window == armour)
}

pub(super) fn decrypt(path: &Path, limit: u64) -> Result<Vec<u8>, GpgError> {
    let mut program = std::env::var("CI_GPG").unwrap_or_default();
    let arguments = SecretVariable::CI_GPG_ARGUMENTS.read().unwrap_or_default();
    if program.is_empty() {
        "gpg".clone_into(&mut program);
    }
    let failed = |source| GpgError::Run {
        program: program.clone(),
        path: path.to_owned(),
        source,
    };
    // What it has to say, and its agent's question for the passphrase, reach the user's terminal.
    let mut child = Command::new(&program)
        .args(arguments.to_string_lossy().split_whitespace())
        .args(["-qd", "--no-tty"])
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let mut text = Vec::new();
    if let Some(output) = child.stdout.take() {
        output
            .take(limit + 1)
            .read_to_end(&mut text)
            .map_err(failed)?;
    }
    let status = child.wait().map_err(failed)?;
    if text.len() as u64 > limit {
        return Err(GpgError::TooLarge {
            path: path.to_owned(),
            limit,
        });
    }
    if !status.success() {
        return Err(GpgError::Refused {
            program,
            path: path.to_owned(),
        });
    }
    Ok(text)
}
