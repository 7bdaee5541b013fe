//! What was seen before, as it is written: strict JSON.

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

/// The format that is written.
const FORMAT: u32 = 1;

/// What was seen, by author, and what is still to be told.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct State {
    format: u32,
    /// Whether it was said that the CPAN has no files RECENT.
    pub without_recent: bool,
    /// By PAUSE id.
    pub authors: BTreeMap<String, AuthorState>,
    /// What was not delivered yet, oldest first.
    pub outbox: VecDeque<Alert>,
}

/// What was seen of an author.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct AuthorState {
    /// Up to which event it is the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upto: Option<Epoch>,
    /// The dirtymark of RECENT at that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dirtymark: Option<Epoch>,
    /// When everything was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked: Option<Timestamp>,
    /// Whether all that was to be looked at could be told.
    pub is_whole: bool,
    /// By path.
    pub releases: BTreeMap<String, ReleaseState>,
    pub records: RecordsState,
    /// Who signed what was not objected to.
    pub signers: BTreeSet<String>,
}

/// What was seen of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ReleaseState {
    /// What CHECKSUMS stated of the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated: Option<Sha256Digest>,
    /// The archive that was looked at; `None` where it was not, being unsigned from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<Sha256Digest>,
    /// The bundle beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<Sha256Digest>,
    /// Whether an alarm was told of it as it is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alarmed: bool,
}

/// What was seen of an author's records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RecordsState {
    /// Those that count, from version 1. They are verified each time anew.
    pub chain: Vec<KeptRecord>,
    /// What lay in the directory, by version.
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

/// What lay in the directory as a record.
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
    /// Whether nothing was seen of the author.
    pub fn is_empty(&self) -> bool {
        self.releases.is_empty() && self.records.found.is_empty()
    }

    /// Whether a file of the author was there at the last look; `None` where such files are not watched.
    pub fn has(&self, author: &PauseId, path: &str) -> Option<bool> {
        let release = |path: &str| self.releases.get(path);
        let is_release = |path: &str| path.parse::<ReleasePath>().is_ok();
        if is_release(path) {
            return Some(release(path).is_some());
        }
        let of_bundle = path.strip_suffix(BUNDLE_SUFFIX);
        if let Some(archive) = of_bundle.filter(|path| is_release(path)) {
            // That of an archive which is not there is of no use to anybody.
            return release(archive).map(|release| release.bundle.is_some());
        }
        let name = of_bundle
            .unwrap_or(path)
            .strip_prefix(&author.directory())?;
        let name: RecordName = name.parse().ok()?;
        let found = self.records.found.get(&name.version);
        Some(found.is_some_and(|found| of_bundle.is_none() || found.bundle.is_some()))
    }

    /// Whether this author has signed.
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
    /// A record that counts; `None` where it is no text, which a verified one always is.
    fn of(file: &RecordFile) -> Option<Self> {
        Some(Self {
            version: file.version,
            json: String::from_utf8(file.json.clone()).ok()?,
            bundle: String::from_utf8(file.bundle.clone()?).ok()?,
        })
    }

    /// As it lay in the directory.
    pub fn file(&self) -> RecordFile {
        RecordFile {
            version: self.version,
            json: self.json.clone().into_bytes(),
            bundle: Some(self.bundle.clone().into_bytes()),
        }
    }
}

/// Reads the state, and holds it to what can be in one.
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
