//! The file of a recovery key: PEM (PKCS #8), as OpenSSL reads it.

use std::{
    fs::OpenOptions,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::Args;
use cpan_sigstore_core::text::shown_path;
use cpan_sigstore_records::record::{RecoveryKeyPair, RecoveryTextError};

use crate::error::CommandError;

const HEAD: &str = "-----BEGIN PRIVATE KEY-----";
const FOOT: &str = "-----END PRIVATE KEY-----";
/// Largest file that is read, in bytes.
const SIZE_LIMIT: u64 = 4096;

/// The recovery key before, which makes a change of it valid at once.
#[derive(Args, Debug)]
pub struct OldKeyArgs {
    /// File of the recovery key before, so that the change takes effect at once
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

impl OldKeyArgs {
    /// The recovery key in the file.
    ///
    /// # Errors
    /// The file cannot be read, or is no private key.
    pub fn read(&self) -> Result<Option<RecoveryKeyPair>, CommandError> {
        self.key.as_deref().map(read).transpose()
    }
}

/// Writes a new key to a file that only the user can read.
///
/// # Errors
/// There is such a file, or it cannot be written.
pub fn create(path: &Path) -> Result<RecoveryKeyPair, CommandError> {
    let failed = |error| CommandError::system(&format!("cannot write {}", shown_path(path)), error);
    let mut seed = [0; 32];
    aws_lc_rs::rand::fill(&mut seed)
        .map_err(|_| CommandError::failed("cannot create a key: no random numbers".to_owned()))?;
    let pair = RecoveryKeyPair::of_seed(seed).map_err(|error| invalid(&error))?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path).map_err(failed)?;
    let text = format!("{HEAD}\n{}\n{FOOT}\n", STANDARD.encode(pair.to_pkcs8()));
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    Ok(pair)
}

/// Reads a key. Line breaks and spaces have no meaning, so that a printed key can be typed.
///
/// # Errors
/// The file cannot be read, or is no private key.
pub fn read(path: &Path) -> Result<RecoveryKeyPair, CommandError> {
    let failed = |error| CommandError::system(&format!("cannot read {}", shown_path(path)), error);
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut text = String::new();
    file.take(SIZE_LIMIT)
        .read_to_string(&mut text)
        .map_err(failed)?;
    let body = text.trim().strip_prefix(HEAD);
    let body = body.and_then(|rest| rest.strip_suffix(FOOT));
    let body: String = body.unwrap_or_default().split_whitespace().collect();
    let der = STANDARD.decode(body).unwrap_or_default();
    RecoveryKeyPair::from_pkcs8(&der).map_err(|error| invalid(&error))
}

fn invalid(error: &RecoveryTextError) -> CommandError {
    CommandError::usage(error.to_string())
}
