//! Documents that a client may parse or run.

use std::io;

use cpan_sigstore_cpan::{
    checksums::{Checksums, ChecksumsError},
    package_index::{PackageIndex, PackageIndexError, pack, render_site_file},
    path::SiteFile,
};
use cpan_sigstore_keyless::bundle::{StrictBundle, VerificationFailure};
use cpan_sigstore_records::record::{AuthorRecord, RecordError, RecordName};

/// A document that may be handed out.
///
/// # Security
///
/// Only the functions below make one, and the mirror serves nothing else but archives that the gate admitted.
/// Each parses the upstream's bytes strictly. Text that clients evaluate or search as a whole (CHECKSUMS, the
/// package index and its siblings) is written again from the parsed data, so that nothing around the data
/// reaches a client. Bundles and records are signed, so they stay as they are, and are nothing else than
/// what their parsers accept.
#[derive(Debug)]
pub struct Rendered(Vec<u8>);

/// Reasons not to hand out a document.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The package index or one of its siblings is invalid.
    #[error(transparent)]
    SiteFile(#[from] PackageIndexError),
    /// CHECKSUMS is invalid.
    #[error(transparent)]
    Checksums(#[from] ChecksumsError),
    /// The file is no bundle.
    #[error("invalid bundle: {0}")]
    Bundle(VerificationFailure),
    /// The file is no author record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The record is another author's, or has another version.
    #[error("invalid author record: expected {expected}, found {found}")]
    OtherRecord {
        /// The record that the path names.
        expected: RecordName,
        /// The author and version in the record.
        found: RecordName,
    },
    /// The text cannot be compressed.
    #[error("cannot compress the text: {0}")]
    Pack(io::Error),
}

impl Rendered {
    /// The package index.
    ///
    /// # Errors
    /// [`RenderError::Pack`] if it cannot be compressed.
    pub fn package_index(index: &PackageIndex, packed: bool) -> Result<Self, RenderError> {
        Self::text(index.to_text(), packed)
    }

    /// A sibling of the package index, from its unpacked text.
    ///
    /// # Errors
    /// [`RenderError::SiteFile`] if the text is not what its name states.
    pub fn site_file(file: SiteFile, text: Vec<u8>, packed: bool) -> Result<Self, RenderError> {
        Self::text(render_site_file(file, text)?, packed)
    }

    /// CHECKSUMS.
    ///
    /// # Errors
    /// [`RenderError::Checksums`] if the text is no CHECKSUMS.
    pub fn checksums(text: &[u8]) -> Result<Self, RenderError> {
        Ok(Self(Checksums::parse(text)?.to_text().into_bytes()))
    }

    /// A bundle, of the current or of cosign's old format.
    ///
    /// # Errors
    /// [`RenderError::Bundle`] if the strict reader refuses it.
    pub fn bundle(bytes: Vec<u8>) -> Result<Self, RenderError> {
        StrictBundle::parse(&bytes).map_err(RenderError::Bundle)?;
        Ok(Self(bytes))
    }

    /// The author record of this name.
    ///
    /// # Errors
    /// [`RenderError`] if the file is no record, or another one.
    pub fn record(name: &RecordName, bytes: Vec<u8>) -> Result<Self, RenderError> {
        let record = AuthorRecord::parse(&bytes)?;
        if record.name() != *name {
            return Err(RenderError::OtherRecord {
                expected: name.clone(),
                found: record.name(),
            });
        }
        Ok(Self(bytes))
    }

    /// The bytes that are served.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn text(text: String, packed: bool) -> Result<Self, RenderError> {
        if packed {
            return Ok(Self(pack(text.as_bytes()).map_err(RenderError::Pack)?));
        }
        Ok(Self(text.into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &[u8] = include_bytes!("../../../fuzz/seeds/author_record/a-later-record.json");

    #[test]
    fn rejects_bundle_that_is_no_bundle() {
        for bytes in [&b"secret = 1"[..], b"{}", b"", b"{\"mediaType\": 1}"] {
            assert!(Rendered::bundle(bytes.to_vec()).is_err());
        }
        let secret = Rendered::bundle(b"password hunter2".to_vec()).unwrap_err();
        assert!(!secret.to_string().contains("hunter2"), "{secret}");
    }

    #[test]
    fn rejects_record_of_another_author_or_version() {
        let name = AuthorRecord::parse(RECORD).unwrap().name();
        let rendered = Rendered::record(&name, RECORD.to_vec()).unwrap();
        assert_eq!(rendered.as_bytes(), RECORD);
        let version = name.version + 1;
        let newer = RecordName {
            version,
            ..name.clone()
        };
        let other = RecordName {
            author: "OTHER".parse().unwrap(),
            ..name.clone()
        };
        for other in [newer, other] {
            let error = Rendered::record(&other, RECORD.to_vec()).unwrap_err();
            assert!(matches!(error, RenderError::OtherRecord { .. }), "{error}");
        }
        assert!(Rendered::record(&name, b"root:x:0:0".to_vec()).is_err());
    }

    #[test]
    fn hands_out_no_text_around_checksums() {
        let text = b"MARKER();\n$cksum = {};\nMARKER();\n";
        let rendered = Rendered::checksums(text).unwrap();
        let text = String::from_utf8(rendered.as_bytes().to_vec()).unwrap();
        assert!(text.ends_with("\n$cksum = {\n};\n") && !text.contains("MARKER"));
    }
}
