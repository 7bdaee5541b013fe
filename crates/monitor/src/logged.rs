//! The files of the authors in a CPAN log: everything that was ever logged under an author's name.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
};

use cpan_sigstore_core::{digest::Sha256Digest, release::PauseId};
use cpan_sigstore_cpan::path::BUNDLE_SUFFIX;
use cpan_sigstore_gate::store::Watched;
use cpan_sigstore_records::record::RecordName;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    ALERTS_LIMIT, Alert, AlertCode, Monitor, Round, WatchError,
    outbox::Outbox,
    state::{self, AuthorState, Cursor},
};

/// Time for which a mirror may be behind the log, so that a logged file is not there yet.
const LAG: SignedDuration = SignedDuration::from_hours(6);

/// A file that a log has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedFile {
    /// The index of the leaf.
    pub index: u64,
    /// The path below the root of the CPAN.
    pub path: String,
    /// The digest.
    pub digest: Sha256Digest,
    /// When the log saw the file.
    pub time: Timestamp,
}

/// The leaves of the watched authors in a log. The caller has audited the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoggedFiles {
    /// The key of the log, by which the state of the watch names it.
    pub log: String,
    /// The name of the log.
    pub origin: String,
    /// The number of leaves.
    pub size: u64,
    /// The leaves of each author, in order.
    pub files: BTreeMap<PauseId, Vec<LoggedFile>>,
}

/// How far the leaves of a log were compared with the files of an author.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct LogCursor {
    /// The key of the log.
    pub log: String,
    /// The first leaf that is not settled.
    pub upto: u64,
    /// Leaves from there on that were reported.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub reported: BTreeSet<u64>,
}

/// The state of a logged file in the author's directory.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
    /// It is there, or was.
    Known,
    /// Another file is in its place.
    Other(String),
    /// There is none.
    Absent,
}

impl Monitor<'_> {
    /// Reports the files in the log under the authors' names that are not in their directories.
    pub(super) async fn check_log<D, E>(
        &self,
        authors: &[PauseId],
        logged: &LoggedFiles,
        outbox: &mut Outbox<'_, D>,
        round: &mut Round,
    ) -> Result<(), WatchError>
    where
        D: AsyncFnMut(&Alert) -> Result<(), E>,
        E: Display,
    {
        let cursors = self.cursors().await?;
        let store = self.gate.trust_store();
        for author in authors {
            let Some(cursor) = cursors.get(author.as_str()) else {
                continue;
            };
            let known = cursor
                .logged
                .as_ref()
                .filter(|known| known.log == logged.log);
            if known.is_some_and(|known| logged.size < known.upto) {
                continue;
            }
            let files = logged.files.get(author).map_or(&[][..], Vec::as_slice);
            let is_settled = files.iter().all(|file| is_settled(known, file));
            if known.is_some() && is_settled {
                continue;
            }
            let Some(before) = store.watched_files(author).await? else {
                continue;
            };
            let state = state::parse(author.as_str(), &before)?;
            let comparison = Comparison {
                author,
                state: &state,
                known,
                logged,
                now: (self.clock)(),
            };
            let (alerts, settled) = comparison.run(files);
            let cursor = Cursor {
                logged: Some(settled),
                ..cursor.clone()
            };
            let watched = Watched {
                cursor: state::text(&cursor)?,
                alerts: alerts.iter().map(state::text).collect::<Result<_, _>>()?,
                files: before.clone(),
            };
            if store.waiting_alerts().await? > ALERTS_LIMIT {
                return Err(WatchError::TooManyAlerts);
            }
            // If another process has stored other files meanwhile, the next round compares again.
            let now = (self.clock)();
            store
                .note_watched(author, Some(&before), &watched, now)
                .await?;
            outbox.run(round).await?;
        }
        Ok(())
    }
}

fn is_settled(known: Option<&LogCursor>, file: &LoggedFile) -> bool {
    known.is_some_and(|known| file.index < known.upto || known.reported.contains(&file.index))
}

/// A comparison of the leaves of one author with the known files.
struct Comparison<'a> {
    author: &'a PauseId,
    state: &'a AuthorState,
    known: Option<&'a LogCursor>,
    logged: &'a LoggedFiles,
    now: Timestamp,
}

impl Comparison<'_> {
    fn run(&self, files: &[LoggedFile]) -> (Vec<Alert>, LogCursor) {
        let (mut alerts, mut upto) = (Vec::new(), self.logged.size);
        let mut reported = self
            .known
            .map_or_else(BTreeSet::new, |known| known.reported.clone());
        for file in files.iter().filter(|file| !is_settled(self.known, file)) {
            let standing = self.standing(file);
            if standing == Standing::Known {
                continue;
            }
            if self.now.duration_since(file.time) < LAG {
                upto = upto.min(file.index);
                continue;
            }
            alerts.push(self.alert(file, standing));
            reported.insert(file.index);
        }
        let settled = LogCursor {
            log: self.logged.log.clone(),
            upto,
            reported: reported.split_off(&upto),
        };
        (alerts, settled)
    }

    fn alert(&self, file: &LoggedFile, standing: Standing) -> Alert {
        // At the first comparison, most files that are not there were deleted long ago, and bundles renewed.
        let is_old = self.known.is_none()
            && self.record(&file.path).is_none()
            && (standing == Standing::Absent || file.path.ends_with(BUNDLE_SUFFIX));
        let code = match is_old {
            true => AlertCode::LoggedBefore,
            false => AlertCode::LoggedElsewhere,
        };
        let expected = match standing {
            Standing::Other(other) => other,
            Standing::Known | Standing::Absent => "no such file".to_owned(),
        };
        let found = format!(
            "{}, as leaf {} of {}, at {}",
            file.digest, file.index, self.logged.origin, file.time
        );
        Alert::new(code, self.author, &file.path, self.now).expecting(Some(expected), Some(found))
    }

    fn standing(&self, file: &LoggedFile) -> Standing {
        let digests = match self.record(&file.path) {
            Some((version, is_bundle)) => self.record_digests(version, is_bundle),
            None => self.release_digests(&file.path),
        };
        let Some(digests) = digests else {
            return Standing::Absent;
        };
        let known: Vec<_> = digests.into_iter().flatten().collect();
        if known.contains(&file.digest) {
            return Standing::Known;
        }
        let known = known.first();
        Standing::Other(known.map_or_else(|| "unknown".to_owned(), ToString::to_string))
    }

    /// The version of the author record at a path, and whether it is its bundle.
    fn record(&self, path: &str) -> Option<(u32, bool)> {
        let signed = path.strip_suffix(BUNDLE_SUFFIX);
        let name = signed
            .unwrap_or(path)
            .strip_prefix(&self.author.directory())?;
        let name: RecordName = name.parse().ok()?;
        Some((name.version, signed.is_some()))
    }

    fn record_digests(&self, version: u32, is_bundle: bool) -> Option<[Option<Sha256Digest>; 2]> {
        let records = &self.state.records;
        let (found, valid) = (records.found.get(&version), records.valid.get(&version));
        match is_bundle {
            true => Some([found?.bundle, None]),
            false if found.is_none() && valid.is_none() => None,
            false => Some([found.map(|found| found.record), valid.copied()]),
        }
    }

    fn release_digests(&self, path: &str) -> Option<[Option<Sha256Digest>; 2]> {
        match path.strip_suffix(BUNDLE_SUFFIX) {
            Some(archive) => {
                let bundle = self.state.releases.get(archive)?.bundle?;
                Some([Some(bundle), None])
            }
            None => {
                let release = self.state.releases.get(path)?;
                Some([release.stated, release.archive])
            }
        }
    }
}

#[cfg(test)]
mod tests;
