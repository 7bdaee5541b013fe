//! A record and its bundle as files.

use std::path::{Path, PathBuf};

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_gate::{RecordFile, RecordRefused, records};
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_pause::upload::Outgoing;
use cpan_sigstore_records::{
    chain::SignedRecord,
    record::{AuthorRecord, RecordName, SIZE_LIMIT},
};

use super::AuthorError;
use crate::{bundle_file, failure::Failure};

/// A record in a file with its bundle beside it, and nothing of them believed.
///
/// # Errors
/// Where they cannot be read, or the file has another name than a record.
pub fn read(path: &Path) -> Result<(RecordName, RecordFile), Failure> {
    let refused = |found: &str| AuthorError::File {
        path: path.to_owned(),
        found: found.to_owned(),
    };
    let json =
        cpan_sigstore_files::read(path, SIZE_LIMIT as u64 + 1).map_err(Failure::read(path))?;
    let json = json.ok_or_else(|| refused("none"))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name: RecordName = name
        .parse()
        .map_err(|_| refused("a file of another name than AUTHOR-sigstore-identities-1.json"))?;
    let file = RecordFile {
        version: name.version,
        json,
        bundle: bundle_file::read(&bundle_file::beside(path))?,
    };
    Ok((name, file))
}

/// A record in a file with its bundle beside it, as they were verified.
///
/// # Security
///
/// Only [`Files::verify`] makes one, and only of one can anything be uploaded.
pub struct Files {
    path: PathBuf,
    signed: SignedRecord,
    bundle: Vec<u8>,
}

impl Files {
    /// Reads a record and its bundle, and verifies that somebody signed it.
    ///
    /// # Errors
    /// Where they cannot be read, or are no signed record of this name.
    pub fn verify(path: &Path, verifier: &Verifier) -> Result<Self, Failure> {
        let refused = |found: String| AuthorError::File {
            path: path.to_owned(),
            found,
        };
        let (name, file) = read(path)?;
        let record = AuthorRecord::parse(&file.json).map_err(|error| refused(error.to_string()))?;
        if name != record.name() {
            return Err(refused(format!("a record that belongs into {}", record.name())).into());
        }
        let bundle = file
            .bundle
            .ok_or_else(|| refused(RecordRefused::Unsigned.to_string()))?;
        let signed = records::verify_parsed(verifier, record, &bundle)
            .map_err(|error| refused(error.to_string()))?;
        Ok(Self {
            path: path.to_owned(),
            signed,
            bundle,
        })
    }

    /// The record.
    pub fn signed(&self) -> &SignedRecord {
        &self.signed
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The bundle, then the record, each with its bytes and as it is to be uploaded.
    pub fn outgoing(&self) -> [(&[u8], Outgoing); 2] {
        let name = self.signed.record().name().to_string();
        let of = |path: PathBuf, name: String, bytes: &[u8]| Outgoing {
            path,
            name,
            digest: Sha256Digest::of(bytes),
        };
        let json = self.signed.record().json();
        [
            (
                &self.bundle,
                of(
                    bundle_file::beside(&self.path),
                    format!("{name}{}", bundle_file::SUFFIX),
                    &self.bundle,
                ),
            ),
            (json, of(self.path.clone(), name, json)),
        ]
    }
}
