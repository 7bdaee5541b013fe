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
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Largest journal that is read, in bytes.
const SIZE_LIMIT: u64 = 64 * 1024;
/// Time after which an upload that is not published may have been dropped. PAUSE usually publishes in three minutes.
const OVERDUE: SignedDuration = SignedDuration::from_mins(30);
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
    /// When the bundle was found published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle_published: Option<Timestamp>,
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
            bundle_published: None,
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

    /// Forgets the upload of the bundle if PAUSE must have dropped it, because it is not published: it was published
    /// before, or the upload is too old to wait still. Returns whether that was the case.
    pub fn forget_dropped_bundle(&mut self, now: Timestamp) -> bool {
        let was_seen = self.bundle_published.is_some() || self.published.is_some();
        let is_dropped = self
            .bundle_uploaded
            .is_some_and(|uploaded| was_seen || is_overdue(uploaded, now));
        if is_dropped {
            self.bundle_uploaded = None;
            self.bundle_published = None;
            self.published = None;
        }
        is_dropped
    }

    /// Whether the archive was uploaded so long ago that PAUSE may have dropped it, if it is not published.
    pub fn is_archive_overdue(&self, now: Timestamp) -> bool {
        self.archive_uploaded
            .is_some_and(|uploaded| is_overdue(uploaded, now))
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

fn is_overdue(uploaded: Timestamp, now: Timestamp) -> bool {
    now.duration_since(uploaded) >= OVERDUE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_a_bundle_that_pause_must_have_dropped() {
        let at = |minutes: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes);
        assert!(!journal().forget_dropped_bundle(at(29)));
        let mut dropped = journal();
        assert!(dropped.forget_dropped_bundle(at(30)));
        assert_eq!(dropped.bundle_uploaded, None);
        let mut removed = Journal {
            bundle_published: Some(at(1)),
            ..journal()
        };
        assert!(removed.forget_dropped_bundle(at(2)));
        assert!(!journal().is_archive_overdue(at(60)));
        let uploaded = Journal {
            archive_uploaded: Some(at(0)),
            ..journal()
        };
        assert!(!uploaded.is_archive_overdue(at(29)));
        assert!(uploaded.is_archive_overdue(at(30)));
    }

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
