//! Documents that a client may parse or run.

use std::io;

use cpan_sigstore_cpan::{
    checksums::{Checksums, ChecksumsError},
    package_index::{PackageIndex, PackageIndexError, SIZE_LIMIT, pack, render_site_file, unpack},
    path::{CpanPath, SiteFile},
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
    /// The document at a path, from its text, which is unpacked.
    ///
    /// # Errors
    /// [`RenderError`] if the text is not what its path states.
    pub fn of(path: &CpanPath, text: Vec<u8>) -> Result<Self, RenderError> {
        match path {
            CpanPath::SiteFile { file, packed } => Self::site_file(*file, text, *packed),
            CpanPath::Checksums(_) => Self::checksums(&text),
            CpanPath::AuthorRecord {
                name,
                bundle: false,
            } => Self::record(name, text),
            CpanPath::Bundle(_) | CpanPath::AuthorRecord { .. } | CpanPath::Release(_) => {
                Self::bundle(text)
            }
        }
    }

    /// The document at a path, from the bytes that were rendered before; `None` if they are no such document. The
    /// cache that they come from may be another process's, of another version or with other rules.
    pub fn of_cached(path: &CpanPath, bytes: Vec<u8>) -> Option<Self> {
        Self::of(path, Self::unpacked(path, bytes)?).ok()
    }

    /// The text of a document that was rendered before.
    pub fn unpacked(path: &CpanPath, bytes: Vec<u8>) -> Option<Vec<u8>> {
        match path {
            CpanPath::SiteFile { packed: true, .. } => unpack(&bytes, SIZE_LIMIT).ok(),
            _ => Some(bytes),
        }
    }

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

    /// Bytes at each kind of path that no document of this name can be.
    #[test]
    fn renders_no_cached_bytes_of_another_kind() {
        for path in [
            "authors/01mailrc.txt",
            "authors/01mailrc.txt.gz",
            "modules/02packages.details.txt.gz",
            "modules/03modlist.data",
            "modules/06perms.txt",
            "authors/id/A/AB/ABC/CHECKSUMS",
            "authors/id/A/AB/ABC/Foo-1.0.tar.gz.sigstore.json",
            "authors/id/A/AB/ABC/ABC-sigstore-identities-1.json",
            "authors/id/A/AB/ABC/ABC-sigstore-identities-1.json.sigstore.json",
        ] {
            let at = CpanPath::at(path).unwrap();
            for bytes in [&b"system 'id';\n"[..], b"\xff\xfe", b"<html>"] {
                let packed = pack(bytes).unwrap();
                for bytes in [bytes.to_vec(), packed] {
                    let rendered = Rendered::of_cached(&at, bytes);
                    let text = rendered.map(|rendered| {
                        let bytes = rendered.as_bytes().to_vec();
                        Rendered::unpacked(&at, bytes).unwrap()
                    });
                    let text = text.map(|text| String::from_utf8(text).unwrap());
                    assert!(
                        text.as_ref().is_none_or(|text| !text.contains("system")),
                        "{path}: {text:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn renders_cached_checksums_again() {
        let path = CpanPath::at("authors/id/A/AB/ABC/CHECKSUMS").unwrap();
        let text = b"MARKER();\n$cksum = {};\nMARKER();\n".to_vec();
        let rendered = Rendered::of_cached(&path, text).unwrap();
        assert!(!String::from_utf8_lossy(rendered.as_bytes()).contains("MARKER"));
        // What was rendered once stays as it is.
        let again = Rendered::of_cached(&path, rendered.as_bytes().to_vec()).unwrap();
        assert_eq!(again.as_bytes(), rendered.as_bytes());
    }

    #[test]
    fn hands_out_no_text_around_checksums() {
        let text = b"MARKER();\n$cksum = {};\nMARKER();\n";
        let rendered = Rendered::checksums(text).unwrap();
        let text = String::from_utf8(rendered.as_bytes().to_vec()).unwrap();
        assert!(text.ends_with("\n$cksum = {\n};\n") && !text.contains("MARKER"));
    }
}
