//! The known state of all authors, and its format: strict JSON.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cpan_sigstore_core::{
    digest::Sha256Digest,
    release::{PauseId, ReleasePath},
};
use cpan_sigstore_cpan::path::BUNDLE_SUFFIX;
use cpan_sigstore_cpan::recent::Epoch;
use cpan_sigstore_gate::RecordFile;
use cpan_sigstore_records::record::RecordName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Alert;

/// The version of the format.
const FORMAT: u32 = 1;

/// The known state of each author, and the alerts that wait for delivery.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct State {
    format: u32,
    /// Whether the monitor reported that the CPAN has no files RECENT.
    pub without_recent: bool,
    /// By PAUSE id.
    pub authors: BTreeMap<String, AuthorState>,
    /// Alerts that wait for delivery, oldest first.
    pub outbox: VecDeque<Alert>,
}

/// The known state of an author.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct AuthorState {
    /// The newest event that the state covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upto: Option<Epoch>,
    /// The dirtymark of RECENT at that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dirtymark: Option<Epoch>,
    /// The time of the last full check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked: Option<Timestamp>,
    /// Whether the last check was complete.
    pub is_whole: bool,
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
    /// The valid records, from version 1. Each check verifies them again.
    pub chain: Vec<KeptRecord>,
    /// The files in the directory, by version.
    pub found: BTreeMap<u32, FoundRecord>,
}

/// A record with its bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct KeptRecord {
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

impl Default for State {
    fn default() -> Self {
        Self {
            format: FORMAT,
            without_recent: false,
            authors: BTreeMap::new(),
            outbox: VecDeque::new(),
        }
    }
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
        !self.signers.is_empty() || !self.records.chain.is_empty()
    }
}

impl RecordsState {
    /// Forgets the kept records from a version on.
    pub fn forget_from(&mut self, version: u32) {
        self.chain.retain(|kept| kept.version < version);
    }

    /// Keeps an accepted record if it is the next one.
    pub fn keep(&mut self, file: &RecordFile) {
        if u32::try_from(self.chain.len() + 1) == Ok(file.version) {
            self.chain.extend(KeptRecord::of(file));
        }
    }
}

impl KeptRecord {
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

/// Reads the state, and rejects one that contradicts itself.
pub(super) fn parse(bytes: &[u8]) -> Result<State, String> {
    let state: State = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if state.format != FORMAT {
        return Err(format!("the format {}", state.format));
    }
    for (author, seen) in &state.authors {
        let id: PauseId = author.parse().map_err(|error| format!("{error}"))?;
        for path in seen.releases.keys() {
            let path: ReleasePath = path.parse().map_err(|error| format!("{error}"))?;
            if path.author != id {
                return Err(format!("{path} among the releases of {author}"));
            }
        }
    }
    Ok(state)
}
