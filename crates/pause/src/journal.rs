//! How far a release has come: a small file beside the archive, so that what was begun can be taken
//! up again.

use std::{
    io,
    path::{Path, PathBuf},
};

use cpan_sigstore_core::{
    digest::Sha256Digest,
    identity::{IdentityPolicy, SignerIdentity},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Largest journal that is read, in bytes.
const SIZE_LIMIT: u64 = 64 * 1024;
/// The format that is written.
const VERSION: u32 = 1;

/// Who signed: what the bundle is held to when the release is taken up again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedBy {
    /// The name in the certificate.
    pub name: String,
    /// Who vouches for it.
    pub issuer: String,
}

impl From<&SignerIdentity> for SignedBy {
    fn from(signer: &SignerIdentity) -> Self {
        Self {
            name: signer.subject.as_str().to_owned(),
            issuer: signer.issuer.clone(),
        }
    }
}

impl SignedBy {
    /// As what a bundle is held to.
    pub fn identity(&self) -> IdentityPolicy {
        IdentityPolicy::exact(&self.name, &self.issuer)
    }
}

/// What was done for one archive, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Journal {
    version: u32,
    /// The digest of the archive. A rebuilt archive is another release.
    pub archive: Sha256Digest,
    /// Who signed them.
    pub signer: SignedBy,
    /// Where on CPAN it goes, such as `authors/id/A/AU/AUTHOR/Foo-1.0.tar.gz`, once that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// When PAUSE confirmed the bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle_uploaded: Option<Timestamp>,
    /// When PAUSE confirmed the archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive_uploaded: Option<Timestamp>,
    /// When both were found published, as they were signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Timestamp>,
}

/// The journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It says nothing that can be understood.
    #[error("invalid release journal {}: {found}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What.
        found: String,
    },
}

impl Journal {
    /// The beginning: it was signed.
    pub fn new(archive: Sha256Digest, signer: SignedBy) -> Self {
        Self {
            version: VERSION,
            archive,
            signer,
            path: None,
            bundle_uploaded: None,
            archive_uploaded: None,
            published: None,
        }
    }

    /// Where the journal of an archive is: `FILE.release.json`.
    pub fn beside(archive: &Path) -> PathBuf {
        let mut name = archive.as_os_str().to_owned();
        name.push(".release.json");
        name.into()
    }

    /// The journal in a file; `None` where there is none.
    ///
    /// # Errors
    /// Where it cannot be read or understood.
    pub fn read(path: &Path) -> Result<Option<Self>, JournalError> {
        let text = cpan_sigstore_files::read_limited(path, SIZE_LIMIT).map_err(|source| {
            JournalError::Read {
                path: path.to_owned(),
                source,
            }
        })?;
        let Some(text) = text else {
            return Ok(None);
        };
        let malformed = |found: String| JournalError::Malformed {
            path: path.to_owned(),
            found,
        };
        let journal: Self =
            serde_json::from_slice(&text).map_err(|error| malformed(error.to_string()))?;
        if journal.version != VERSION {
            return Err(malformed(format!("version {}", journal.version)));
        }
        Ok(Some(journal))
    }

    /// Writes the journal, whole or not at all, and to the disk: what was done is not forgotten.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), JournalError> {
        // A journal always has string keys, so that it cannot fail to be JSON.
        let mut text = serde_json::to_vec_pretty(self).unwrap_or_default();
        text.push(b'\n');
        cpan_sigstore_files::write_atomic(path, &text).map_err(|source| JournalError::Write {
            path: path.to_owned(),
            source,
        })
    }

    /// When other bytes than these were uploaded under this path, which PAUSE takes only once.
    pub fn taken(&self, archive: Sha256Digest, path: &str) -> Option<Timestamp> {
        self.archive_uploaded
            .filter(|_| self.archive != archive && self.path.as_deref() == Some(path))
    }

    /// Forgets what was done under another path, or of other bytes, than these.
    #[must_use]
    pub fn bound_to(self, archive: Sha256Digest, path: &str) -> Self {
        if self.archive == archive && self.path.as_deref().is_none_or(|own| own == path) {
            Self {
                path: Some(path.to_owned()),
                ..self
            }
        } else {
            Self {
                path: Some(path.to_owned()),
                ..Self::new(archive, self.signer)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal() -> Journal {
        let signer = SignedBy {
            name: "author@example.org".into(),
            issuer: "https://issuer.test".into(),
        };
        Journal {
            bundle_uploaded: Some(Timestamp::UNIX_EPOCH),
            ..Journal::new(Sha256Digest::new([1; 32]), signer).bound_to(
                Sha256Digest::new([1; 32]),
                "authors/id/A/AU/AUTHOR/Foo-1.tar.gz",
            )
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = Journal::beside(&folder.path().join("Foo-1.tar.gz"));
        assert_eq!(Journal::read(&path).unwrap(), None);
        journal().write(&path).unwrap();
        assert_eq!(Journal::read(&path).unwrap(), Some(journal()));
        std::fs::write(&path, "{}").unwrap();
        assert!(matches!(
            Journal::read(&path),
            Err(JournalError::Malformed { .. })
        ));
    }

    #[test]
    fn other_bytes_and_other_places_are_other_releases() {
        let path = journal().path.unwrap();
        let same = journal().bound_to(Sha256Digest::new([1; 32]), &path);
        assert!(same.bundle_uploaded.is_some());
        let rebuilt = journal().bound_to(Sha256Digest::new([2; 32]), &path);
        assert!(rebuilt.bundle_uploaded.is_none());
        let elsewhere = journal().bound_to(Sha256Digest::new([1; 32]), "authors/id/B/BO/BOB/x");
        assert!(elsewhere.bundle_uploaded.is_none());
        let uploaded = Journal {
            archive_uploaded: Some(Timestamp::UNIX_EPOCH),
            ..journal()
        };
        assert!(uploaded.taken(Sha256Digest::new([2; 32]), &path).is_some());
        assert!(uploaded.taken(Sha256Digest::new([1; 32]), &path).is_none());
        assert!(journal().taken(Sha256Digest::new([2; 32]), &path).is_none());
    }
}
