//! The author record: an author's list of the identities that sign the releases.
//!
//! It is in the author's directory on CPAN, which shows that the PAUSE account agrees. Its bundle is by one of
//! its identities, which shows that the identity agrees. Versions follow on each other by the rules of
//! [`chain`](crate::chain). The format is section 3 of the standard, `docs/spec/author-records.md`.

mod difference;
mod document;
mod error;
mod file;
mod hand_over;
mod name;
mod recovery;
#[cfg(test)]
mod tests;

pub use difference::{Change, difference};
pub use error::RecordError;
pub use file::{RECORDS_LIMIT, RecordFile};
pub use hand_over::{DISTRIBUTIONS_LIMIT, HandOvers, SUCCESSORS_LIMIT, is_distribution};
pub use name::{RecordName, RecordNameError};
pub use recovery::{RecoveryKey, RecoveryKeyPair, RecoveryTextError};

use std::fmt;

use serde::{Deserialize, Serialize};

use cpan_sigstore_core::{digest::Sha256Digest, identity::AuthorIdentity, release::PauseId};
use document::Contents;

/// The value of `mediaType`.
pub const MEDIA_TYPE: &str = "application/vnd.cpan.sigstore.author-identities.v1+json";
/// Largest record that is read, in bytes.
pub const SIZE_LIMIT: usize = 64 * 1024;
/// Most identities of one record.
pub const IDENTITIES_LIMIT: usize = 64;
/// Highest version.
pub const VERSION_LIMIT: u32 = 9999;

/// What an author says of who signs the releases, in one version.
///
/// The text is canonical (RFC 8785): what it says has one text, so that nobody can be shown another one of
/// the same meaning, and its digest is the record's.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorRecord {
    contents: Contents,
    /// The bytes that a recovery key signed; `None` if none did.
    recovered: Option<Vec<u8>>,
    json: Vec<u8>,
    digest: Sha256Digest,
}

/// Whether all releases are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Releases {
    /// Every one is; an archive without bundle is not the author's.
    Signed,
    /// Some are not.
    Mixed,
}

impl Releases {
    /// The stable kebab-case code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Mixed => "mixed",
        }
    }
}

impl fmt::Display for Releases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl AuthorRecord {
    /// Reads a record, strictly.
    ///
    /// # Errors
    /// Where it is no record, or not in its canonical form.
    pub fn parse(json: &[u8]) -> Result<Self, RecordError> {
        document::read(json)
    }

    /// The first record of an author.
    ///
    /// # Errors
    /// Where the identities cannot be stated in a record.
    pub fn first(
        author: PauseId,
        identities: Vec<AuthorIdentity>,
        releases: Releases,
    ) -> Result<Self, RecordError> {
        document::write(Contents {
            author,
            version: 1,
            previous: None,
            identities,
            releases,
            distributions: HandOvers::new(),
            recovery_key: None,
            recovery_signature: None,
        })
    }

    /// The record that follows on this one. Distributions remain handed over, and the recovery key remains.
    ///
    /// # Errors
    /// Where the identities cannot be stated in a record.
    pub fn next(
        &self,
        identities: Vec<AuthorIdentity>,
        releases: Releases,
    ) -> Result<Self, RecordError> {
        self.following(identities, releases, self.distributions())
    }

    /// The record that follows on this one, with these hand-overs and no others.
    ///
    /// # Errors
    /// Where a distribution or author cannot be stated in a record.
    pub fn handing_over(&self, distributions: &HandOvers) -> Result<Self, RecordError> {
        self.following(self.identities().to_vec(), self.releases(), distributions)
    }

    /// The same record with another recovery key, or with none. No recovery key signed it.
    ///
    /// # Errors
    /// The text is too large then.
    pub fn with_recovery_key(&self, key: Option<RecoveryKey>) -> Result<Self, RecordError> {
        document::write(Contents {
            recovery_key: key,
            recovery_signature: None,
            ..self.contents.clone()
        })
    }

    /// The same record, signed by the recovery key of the version before.
    ///
    /// # Errors
    /// The record is a first one, or too large then.
    pub fn recovered_with(&self, pair: &RecoveryKeyPair) -> Result<Self, RecordError> {
        let bytes = self.recovered.as_deref().unwrap_or(&self.json);
        document::write(Contents {
            recovery_signature: Some(pair.sign(bytes)),
            ..self.contents.clone()
        })
    }

    fn following(
        &self,
        identities: Vec<AuthorIdentity>,
        releases: Releases,
        distributions: &HandOvers,
    ) -> Result<Self, RecordError> {
        document::write(Contents {
            version: self.version() + 1,
            previous: Some(self.digest()),
            identities,
            releases,
            distributions: distributions.clone(),
            recovery_signature: None,
            ..self.contents.clone()
        })
    }

    /// The author.
    pub fn author(&self) -> &PauseId {
        &self.contents.author
    }

    /// Its version, from 1.
    pub fn version(&self) -> u32 {
        self.contents.version
    }

    /// The digest of the version before; `None` in the first.
    pub fn previous(&self) -> Option<Sha256Digest> {
        self.contents.previous
    }

    /// Who signs. Never empty.
    pub fn identities(&self) -> &[AuthorIdentity] {
        &self.contents.identities
    }

    /// Whether all releases are signed.
    pub fn releases(&self) -> Releases {
        self.contents.releases
    }

    /// The distributions that others may release, too.
    pub fn distributions(&self) -> &HandOvers {
        &self.contents.distributions
    }

    /// The other authors who may release a distribution. Names are compared byte by byte.
    pub fn successors(&self, distribution: &str) -> &[PauseId] {
        self.distributions()
            .get(distribution)
            .map_or(&[], Vec::as_slice)
    }

    /// The recovery key that it states. The chain decides from when on it is in effect.
    pub fn recovery_key(&self) -> Option<&RecoveryKey> {
        self.contents.recovery_key.as_ref()
    }

    /// Whether it has a signature by a recovery key, valid or not.
    pub fn is_recovery(&self) -> bool {
        self.contents.recovery_signature.is_some()
    }

    /// Whether this recovery key signed it.
    pub fn is_recovered_by(&self, key: &RecoveryKey) -> bool {
        match (&self.recovered, &self.contents.recovery_signature) {
            (Some(bytes), Some(signature)) => key.has_signed(bytes, signature),
            _ => false,
        }
    }

    /// The exact text, which is what is signed.
    pub fn json(&self) -> &[u8] {
        &self.json
    }

    /// SHA-256 of the exact text.
    pub fn digest(&self) -> Sha256Digest {
        self.digest
    }

    /// The name of its file.
    pub fn name(&self) -> RecordName {
        RecordName {
            author: self.author().clone(),
            version: self.version(),
        }
    }
}

impl fmt::Debug for AuthorRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.json))
    }
}
