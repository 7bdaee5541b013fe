//! How far the signing of a backlog has come.

use std::{collections::BTreeMap, path::Path};

use cpan_sigstore_core::{digest::Sha256Digest, release::PauseId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::journal::{JournalError, SignedBy, State, Version};

/// What was done for an author's backlog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BacklogJournal {
    version: Version,
    /// Whose backlog.
    pub author: String,
    /// Who signs it, once that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<SignedBy>,
    /// By path under a CPAN.
    pub archives: BTreeMap<String, BacklogEntry>,
}

/// An archive that its author agreed to sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BacklogEntry {
    /// The bytes that the author agreed to.
    pub archive: Sha256Digest,
    /// When PAUSE confirmed the bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle_uploaded: Option<Timestamp>,
}

impl State for BacklogJournal {}

impl BacklogJournal {
    /// The beginning.
    pub fn new(author: &PauseId) -> Self {
        Self {
            version: Version,
            author: author.to_string(),
            signer: None,
            archives: BTreeMap::new(),
        }
    }

    /// The journal of an author's backlog in a file, or the beginning of one.
    ///
    /// # Errors
    /// Where it cannot be read or understood, or is about another author.
    pub fn open(path: &Path, author: &PauseId) -> Result<Self, JournalError> {
        match Self::read(path)? {
            None => Ok(Self::new(author)),
            Some(journal) if journal.author == author.as_str() => Ok(journal),
            Some(other) => Err(JournalError::Malformed {
                path: path.to_owned(),
                found: format!("the backlog of {}", other.author),
            }),
        }
    }

    /// Whether the author agreed to these bytes.
    pub fn agreed(&self, path: &str, digest: Sha256Digest) -> bool {
        self.archives
            .get(path)
            .is_some_and(|entry| entry.archive == digest)
    }

    /// Notes that the author agreed to these bytes.
    pub fn agree(&mut self, path: &str, digest: Sha256Digest) {
        if !self.agreed(path, digest) {
            let entry = BacklogEntry {
                archive: digest,
                bundle_uploaded: None,
            };
            self.archives.insert(path.to_owned(), entry);
        }
    }
}
