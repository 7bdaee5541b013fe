//! The state of a CPAN at the last build, in a file beside the index. It names the parts that need no second
//! check. Without a state that fits, the build checks everything.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use cpan_sigstore_core::{digest::Sha256Digest, release::PauseId};
use cpan_sigstore_cpan::recent::Epoch;
use serde::{Deserialize, Serialize};

use super::{
    folder::{Row, Stamp},
    packages::ListStamps,
};

/// Largest state, in bytes.
const SIZE_LIMIT: u64 = 256 * 1024 * 1024;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct State {
    /// The name of the CPAN.
    pub cpan: String,
    /// The digest of the index that was built from it.
    pub index: Sha256Digest,
    /// The number of that index.
    pub number: u64,
    /// The stamp of its file.
    pub file: Stamp,
    /// The number of authors.
    pub authors: usize,
    /// The number of packages.
    pub packages: usize,
    /// The stamps of the list of permissions, if a later build with the same list gives the same packages.
    pub permissions: Option<ListStamps>,
    pub seen: Seen,
}

/// The observations by which the next build recognizes unchanged parts.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Seen {
    /// The settled directories.
    Folder(Vec<Row>),
    /// The position in the files RECENT, and the authors that the next build always checks.
    Network {
        since: Epoch,
        dirtymark: Option<Epoch>,
        unsettled: Vec<PauseIdName>,
    },
}

/// A PAUSE id, which serde reads through its text.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct PauseIdName(pub PauseId);

impl TryFrom<String> for PauseIdName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
            .map(Self)
            .map_err(|_| format!("`{text}`, no PAUSE id"))
    }
}

impl From<PauseIdName> for String {
    fn from(name: PauseIdName) -> Self {
        name.0.to_string()
    }
}

/// Returns the path of the state beside an index.
pub(super) fn path(index: &Path) -> PathBuf {
    let mut name: OsString = index.as_os_str().to_owned();
    name.push(".state");
    name.into()
}

impl State {
    /// Returns the state beside an index, if it belongs to this CPAN and to this index.
    pub fn read(output: &Path, cpan: &str, previous: &Path) -> Option<Self> {
        let bytes = cpan_sigstore_files::read_limited(&path(output), SIZE_LIMIT).ok()??;
        let state: Self = serde_json::from_slice(&bytes).ok()?;
        let same = state.cpan == cpan && Stamp::of(previous).ok()? == state.file;
        same.then_some(state)
    }

    /// Writes the state beside the index. A failure is no error: the next build then checks everything.
    pub fn write(&self, output: &Path) {
        let written = serde_json::to_vec(self)
            .map_err(std::io::Error::from)
            .and_then(|bytes| cpan_sigstore_files::write_atomic(&path(output), &bytes));
        // After a failure, an older state there does not match the index, and `read` ignores it.
        let _ = written;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_back_where_it_is_of_this_cpan_and_this_index() {
        let folder = tempfile::tempdir().unwrap();
        let index = folder.path().join("index.json");
        std::fs::write(&index, "{}").unwrap();
        let state = |seen| State {
            cpan: "https://cpan.example/".to_owned(),
            index: Sha256Digest::new([7; 32]),
            number: 1,
            file: Stamp::of(&index).unwrap(),
            authors: 2,
            packages: 0,
            permissions: None,
            seen,
        };
        let network = Seen::Network {
            since: "1732000000.12345".parse().unwrap(),
            dirtymark: Some("1732000000".parse().unwrap()),
            unsettled: vec![PauseIdName("MYAUTHOR".parse().unwrap())],
        };
        for seen in [Seen::Folder(Vec::new()), network] {
            state(seen).write(&index);
            assert!(State::read(&index, "https://cpan.example/", &index).is_some());
            assert!(State::read(&index, "https://other.example/", &index).is_none());
        }
        std::fs::write(&index, "{ }").unwrap();
        assert!(State::read(&index, "https://cpan.example/", &index).is_none());
    }
}
