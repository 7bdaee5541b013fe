//! A record and its bundle as files.

use std::path::{Path, PathBuf};

use cpan_sigstore_core::{digest::Sha256Digest, text::shown_path};
use cpan_sigstore_gate::{RecordFile, RecordRefused, records};
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_pause::upload::Outgoing;
use cpan_sigstore_records::{
    chain::SignedRecord,
    record::{AuthorRecord, RecordName, SIZE_LIMIT},
};

use crate::{bundle_file, error::CommandError};

/// Reads a record with its bundle beside it, unverified.
///
/// # Errors
/// An unreadable file, or one without the name of a record.
pub fn read(path: &Path) -> Result<(RecordName, RecordFile), CommandError> {
    let refused = |found: &str| unusable(path, found);
    let json = cpan_sigstore_files::read_limited(path, SIZE_LIMIT as u64 + 1)
        .map_err(CommandError::read(path))?;
    let json = json.ok_or_else(|| refused("no such file"))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name: RecordName = name
        .parse()
        .map_err(|_| refused("expected a name such as AUTHOR-sigstore-identities-1.json"))?;
    let file = RecordFile {
        version: name.version,
        json,
        bundle: bundle_file::read(&bundle_file::beside(path))?,
    };
    Ok((name, file))
}

/// A file that is no record that can be uploaded.
pub fn unusable(path: &Path, found: &str) -> CommandError {
    CommandError::failed(format!("invalid record {}: {found}", shown_path(path)))
        .hinted("create a record with `cpan-sigstore author enroll`, `add` or `retire`")
}

/// A verified record with its bundle beside it.
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
    /// Reads a record and its bundle, and verifies the signature.
    ///
    /// # Errors
    /// Unreadable files, or no signed record of this name.
    pub fn verify(path: &Path, verifier: &Verifier) -> Result<Self, CommandError> {
        let refused = |found: String| unusable(path, &found);
        let (name, file) = read(path)?;
        let record = AuthorRecord::parse(&file.json).map_err(|error| refused(error.to_string()))?;
        if name != record.name() {
            return Err(refused(format!("the record belongs in {}", record.name())));
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
