//! The known state of an author, and its format in the trust store: strict JSON.

use std::collections::{BTreeMap, BTreeSet};

use cpan_sigstore_core::{
    digest::Sha256Digest,
    release::{PauseId, ReleasePath},
};
use cpan_sigstore_cpan::path::BUNDLE_SUFFIX;
use cpan_sigstore_cpan::recent::Epoch;
use cpan_sigstore_gate::RecordFile;
use cpan_sigstore_records::record::RecordName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{WatchError, logged::LogCursor};

/// How far the checks of an author have come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Cursor {
    /// The newest event that the state covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upto: Option<Epoch>,
    /// The dirtymark of RECENT at that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dirtymark: Option<Epoch>,
    /// The time of the last full check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<Timestamp>,
    /// Whether the last check was complete.
    pub is_whole: bool,
    /// Whether the CPAN had no files RECENT at the last check.
    pub without_recent: bool,
    /// How far a log was compared with the files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logged: Option<LogCursor>,
}

/// The known files of an author.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct AuthorState {
    /// By path.
    pub releases: BTreeMap<String, ReleaseState>,
    pub records: RecordsState,
    /// The signer identities of files that raised no objection.
    pub signers: BTreeSet<String>,
}

/// The known state of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ReleaseState {
    /// The digest of the archive in CHECKSUMS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated: Option<Sha256Digest>,
    /// The digest of the checked archive; `None` for an archive that was unsigned from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<Sha256Digest>,
    /// The digest of the bundle beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<Sha256Digest>,
    /// Whether an alarm was reported about these files.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alarmed: bool,
}

/// The known state of an author's records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RecordsState {
    /// The digests of the records that the monitor knows to be valid, by version.
    pub valid: BTreeMap<u32, Sha256Digest>,
    /// The files in the directory, by version.
    pub found: BTreeMap<u32, FoundRecord>,
    /// The valid records from version 1, while the trust store has none of the author. Each check verifies them
    /// again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unconfirmed: Vec<UnconfirmedRecord>,
}

/// A record with its bundle, which the trust store does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct UnconfirmedRecord {
    pub version: u32,
    pub json: String,
    pub bundle: String,
}

/// The digests of a record file and its bundle in the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct FoundRecord {
    pub record: Sha256Digest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<Sha256Digest>,
}

impl AuthorState {
    /// Returns whether no file of the author is known.
    pub fn is_empty(&self) -> bool {
        self.releases.is_empty() && self.records.found.is_empty()
    }

    /// Returns whether the last check found a file; `None` if the monitor does not watch such files.
    pub fn has(&self, author: &PauseId, path: &str) -> Option<bool> {
        let release = |path: &str| self.releases.get(path);
        let is_release = |path: &str| path.parse::<ReleasePath>().is_ok();
        if is_release(path) {
            return Some(release(path).is_some());
        }
        let of_bundle = path.strip_suffix(BUNDLE_SUFFIX);
        if let Some(archive) = of_bundle.filter(|path| is_release(path)) {
            // A bundle without its archive has no use.
            return release(archive).map(|release| release.bundle.is_some());
        }
        let name = of_bundle
            .unwrap_or(path)
            .strip_prefix(&author.directory())?;
        let name: RecordName = name.parse().ok()?;
        let found = self.records.found.get(&name.version);
        Some(found.is_some_and(|found| of_bundle.is_none() || found.bundle.is_some()))
    }

    /// Returns whether this author has signed.
    pub fn signs(&self) -> bool {
        !self.signers.is_empty() || !self.records.valid.is_empty()
    }
}

impl RecordsState {
    /// Returns the newest version that is known or was found.
    pub fn newest(&self) -> u32 {
        let newest = |version: Option<&u32>| version.copied().unwrap_or(0);
        newest(self.found.keys().next_back()).max(newest(self.valid.keys().next_back()))
    }

    /// Returns whether the monitor knows this very record to be valid.
    pub fn is_valid(&self, version: u32, digest: Sha256Digest) -> bool {
        self.valid.get(&version) == Some(&digest)
    }

    /// Notes a valid record. If it takes the place of another one, the versions after that are not known any more.
    pub fn note_valid(&mut self, file: &RecordFile) {
        let version = file.version;
        drop(self.valid.split_off(&version));
        self.valid.insert(version, Sha256Digest::of(&file.json));
        self.unconfirmed.retain(|kept| kept.version < version);
        if u32::try_from(self.unconfirmed.len() + 1) == Ok(version) {
            self.unconfirmed.extend(UnconfirmedRecord::of(file));
        }
    }
}

impl FoundRecord {
    pub fn of(file: &RecordFile) -> Self {
        Self {
            record: Sha256Digest::of(&file.json),
            bundle: file.bundle.as_deref().map(Sha256Digest::of),
        }
    }
}

impl UnconfirmedRecord {
    /// Converts a valid record; returns `None` if it is no text. A verified record is always text.
    fn of(file: &RecordFile) -> Option<Self> {
        Some(Self {
            version: file.version,
            json: String::from_utf8(file.json.clone()).ok()?,
            bundle: String::from_utf8(file.bundle.clone()?).ok()?,
        })
    }

    /// Returns the record as the directory had it.
    pub fn file(&self) -> RecordFile {
        RecordFile {
            version: self.version,
            json: self.json.clone().into_bytes(),
            bundle: Some(self.bundle.clone().into_bytes()),
        }
    }
}

/// Reads a part of an author's state.
pub(super) fn parse<T: DeserializeOwned>(author: &str, text: &str) -> Result<T, WatchError> {
    serde_json::from_str(text).map_err(|source| WatchError::Malformed {
        author: author.to_owned(),
        source,
    })
}

/// Writes a part of an author's state.
pub(super) fn text<T: Serialize>(part: &T) -> Result<String, WatchError> {
    serde_json::to_string(part).map_err(WatchError::Unwritable)
}
