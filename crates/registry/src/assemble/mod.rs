//! Every author record of a CPAN, verified, in the next index.
//!
//! The new index keeps every record of the index before. It adds the records that continue their chain by the
//! rules of succession. Unchanged files are neither read nor verified again.
//!
//! - [`judge`]: the valid records of an author.
//! - [`folder`] and [`network`]: the sources of records.
//! - [`packages`]: the authors of packages.
//! - [`state`]: the parts of the CPAN that need no second check.

mod error;
mod folder;
mod judge;
mod network;
mod packages;
mod parallel;
mod report;
mod state;

pub use error::BuildError;
pub use packages::AcceptedOwners;
pub use report::{Refusal, Report, Vanished};

use std::{collections::BTreeSet, fs, path::Path, sync::Mutex};

use cpan_sigstore_core::release::PauseId;
use cpan_sigstore_cpan::Cpan;
use cpan_sigstore_files::{Access, Existing, write_with};
use cpan_sigstore_gate::RecordFile;
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_records::{
    author_index::{self, AuthorIndex, Difference, Draft, Override},
    record::RECORDS_LIMIT,
};
use jiff::{SignedDuration, Timestamp};

use folder::{Row, Stamp};
use judge::{Judge, Judged};
use packages::{ListStamps, Listed};
use state::{PauseIdName, Seen, State};

/// Receives the number of finished authors and the number of all authors.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// The inputs and the output of a build.
pub struct Plan<'a> {
    /// The CPAN.
    pub cpan: &'a Cpan,
    /// The file of the index before; `None` for the first index.
    pub previous: Option<&'a Path>,
    /// The file of the new index; the state is stored beside it.
    pub output: &'a Path,
    /// The changes of packages to apply at once.
    pub accepted: &'a AcceptedOwners,
    /// The verifier of the records.
    pub verifier: &'a Verifier,
    /// The current time.
    pub now: Timestamp,
    /// The receiver of the progress.
    pub progress: Progress<'a>,
}

/// The results for the authors that were checked.
struct Found {
    judged: Vec<(PauseId, Judged)>,
    /// The number of all authors.
    of: usize,
    seen: Option<Seen>,
}

impl Plan<'_> {
    /// Builds the index, and returns the changes and the refused records. If nothing changed, the index is the
    /// one before, to the byte.
    ///
    /// # Errors
    /// [`BuildError`] if a part of the CPAN cannot be read, or the index before is invalid. Then nothing is
    /// written.
    pub async fn run(&self) -> Result<Report, BuildError> {
        let cpan = self.cpan.name();
        let state = self
            .previous
            .and_then(|previous| State::read(self.output, &cpan, previous));
        // Before anything is read, so that a change meanwhile is seen the next time.
        let stamps = self.cpan.folder().map(packages::stamps).transpose()?;
        if let (Some(state), Some(folder)) = (&state, self.cpan.folder())
            && self.has_same_packages(state, stamps)
            && let Some(report) = self.as_it_was(state, folder)?
        {
            return Ok(report);
        }
        let previous = self.previous.map(read).transpose()?;
        let previous = previous.as_ref();
        let judge = Judge {
            verifier: self.verifier,
            previous,
            now: self.now,
        };
        let found = match self.cpan.folder() {
            Some(folder) => self.folder(folder, &judge, state.as_ref())?,
            None => self.network(&judge, state.as_ref()).await?,
        };
        let is_same = |state: &State| self.has_same_packages(state, stamps);
        let listed = match state.as_ref().is_some_and(is_same) {
            true => Listed::Unchanged,
            false => packages::read(self.cpan).await?,
        };
        let stamps = stamps.filter(|stamps| self.is_settled(stamps));
        self.finish(cpan, previous, found, (listed, stamps))
    }

    /// Whether the authors of packages cannot be others than at the last build.
    fn has_same_packages(&self, state: &State, stamps: Option<ListStamps>) -> bool {
        self.accepted.is_none() && stamps.is_some() && state.permissions == stamps
    }

    /// Whether a change after this build would change a stamp.
    fn is_settled(&self, stamps: &ListStamps) -> bool {
        let mut stamps = stamps.iter().flatten();
        stamps.all(|stamp| !stamp.is_fresh(self.now.as_second()))
    }

    /// Returns the report if no directory changed. It reads nothing else then.
    fn as_it_was(&self, state: &State, folder: &Path) -> Result<Option<Report>, BuildError> {
        let (Seen::Folder(rows), Some(previous)) = (&state.seen, self.previous) else {
            return Ok(None);
        };
        let authors = folder::authors(folder)?;
        if rows.len() != state.authors || rows.len() != authors.len() {
            return Ok(None);
        }
        let pairs: Vec<_> = rows.iter().zip(&authors).collect();
        let holds = |(row, id): &(&Row, &PauseId)| {
            let same = row.0 == id.as_str() && row.holds(folder);
            if same { Ok(()) } else { Err(()) }
        };
        if parallel::map(&pairs, holds, self.progress).is_err() {
            return Ok(None);
        }
        if self.output != previous {
            write(self.output, read(previous)?.text().as_bytes())?;
        }
        Ok(Some(Report {
            number: state.number,
            digest: state.index,
            size: fs::metadata(previous)
                .map_err(BuildError::read(previous))?
                .len(),
            unchanged: true,
            authors: state.authors,
            looked_at: 0,
            verified: 0,
            packages: state.packages,
            changes: Difference::default(),
            pending: Vec::new(),
            refused: Vec::new(),
            vanished: Vec::new(),
            dropped_permissions: 0,
            vanished_permissions: false,
        }))
    }

    fn folder(
        &self,
        folder: &Path,
        judge: &Judge<'_>,
        state: Option<&State>,
    ) -> Result<Found, BuildError> {
        let mut authors = folder::authors(folder)?;
        let known: &[Row] = match state.map(|state| &state.seen) {
            Some(Seen::Folder(rows)) => rows,
            _ => &[],
        };
        // An author of the index before is checked even if the directory is gone.
        let known_authors = judge.previous.into_iter().flat_map(AuthorIndex::authors);
        let gone: Vec<PauseId> = known_authors
            .map(|author| author.id().clone())
            .filter(|id| authors.binary_search(id).is_err())
            .collect();
        authors.extend(gone);
        let rows: Mutex<Vec<Row>> = Mutex::default();
        let keep = |row: Row| {
            let mut rows = rows
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            rows.push(row);
        };
        let look = |id: &PauseId| -> Result<Option<(PauseId, Judged)>, BuildError> {
            let row = known.binary_search_by(|row| row.0.as_str().cmp(id.as_str()));
            if let Ok(at) = row
                && !judge.has_override(id)
                && known[at].holds(folder)
            {
                keep(known[at].clone());
                return Ok(None);
            }
            let listed = folder::list(id, folder, self.now.as_second())?;
            let (files, more, row) = match listed {
                Some(listed) => (listed.files, listed.more, listed.row),
                None => (Vec::new(), 0, None),
            };
            let mut judged = judge.author(id, &files)?;
            if more > 0 {
                judged.refused.push(too_many(id));
            }
            if let Some(row) = row
                && judged.is_settled()
                && judged.count == row.2.len()
                && !judge.has_override(id)
            {
                keep(row);
            }
            Ok(Some((id.clone(), judged)))
        };
        let judged = parallel::map(&authors, look, self.progress)?;
        let mut rows = rows
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(Found {
            judged: judged.into_iter().flatten().collect(),
            of: authors.len(),
            seen: Some(Seen::Folder(rows)),
        })
    }

    async fn network(&self, judge: &Judge<'_>, state: Option<&State>) -> Result<Found, BuildError> {
        let known = judge.previous.into_iter().flat_map(AuthorIndex::authors);
        let known = known.map(|author| author.id().clone());
        let mut task = network::task(self.cpan, state, known).await?;
        let overrides = judge.previous.into_iter().flat_map(AuthorIndex::overrides);
        task.authors.extend(overrides.map(|one| one.author.clone()));
        let count = task.authors.len();
        let mut judged = Vec::new();
        let mut done = 0;
        network::each(self.cpan, task.authors, |id, files, is_complete| {
            done += 1;
            (self.progress)(done, count);
            let mut author = judge.author(&id, &files)?;
            if !is_complete {
                author.refused.push(too_many(&id));
            }
            judged.push((id, author));
            Ok(())
        })
        .await?;
        judged.sort_by(|(a, _), (b, _)| a.cmp(b));
        let unsettled = judged.iter().filter(|(_, judged)| !judged.is_settled());
        let unsettled = unsettled.map(|(id, _)| PauseIdName(id.clone())).collect();
        let seen = task.news.and_then(|news| {
            Some(Seen::Network {
                since: news.newest?,
                dirtymark: news.dirtymark,
                unsettled,
            })
        });
        Ok(Found {
            judged,
            of: task.of,
            seen,
        })
    }

    fn finish(
        &self,
        cpan: String,
        previous: Option<&AuthorIndex>,
        found: Found,
        (listed, stamps): (Listed, Option<ListStamps>),
    ) -> Result<Report, BuildError> {
        let mut draft = Draft::after(previous);
        let mut refused = Vec::new();
        let mut vanished = Vec::new();
        let mut verified = 0;
        let mut news = BTreeSet::new();
        let looked_at = found.judged.len();
        for (id, judged) in found.judged {
            refused.extend(judged.refused);
            vanished.extend(judged.vanished);
            verified += judged.verified;
            if let Some(entries) = judged.news {
                draft.put(id.clone(), &entries);
                news.insert(id);
            }
        }
        let has_record = |id: &PauseId| {
            news.contains(id) || previous.is_some_and(|previous| previous.author(id).is_some())
        };
        let has_packages = previous.is_some_and(|previous| !previous.packages().is_empty());
        let vanished_permissions = has_packages && matches!(listed, Listed::Absent);
        let mut dropped_permissions = 0;
        let mut has_news = !news.is_empty();
        if let Listed::Owners(owners, dropped) = listed {
            dropped_permissions = dropped;
            let none = Draft::after(None).finish(self.now)?;
            let before = previous.unwrap_or(&none);
            let merged = packages::merge(before, owners, has_record, self.accepted, self.now)?;
            if !merged.is_in(before) {
                has_news = true;
                draft.set_packages(merged.packages, merged.transfers);
            }
        }
        let (index, changes) = match previous {
            Some(previous) if !has_news => (previous.clone(), Difference::default()),
            Some(previous) => {
                let index = draft.finish(self.now)?;
                let changes = author_index::difference(previous, &index)?;
                (index, changes)
            }
            None => {
                let index = draft.finish(self.now)?;
                let empty = Draft::after(None).finish(self.now)?;
                let changes = author_index::difference(&empty, &index)?;
                (index, changes)
            }
        };
        write(self.output, index.text().as_bytes())?;
        if let (Some(seen), Ok(file)) = (found.seen, Stamp::of(self.output)) {
            let state = State {
                cpan,
                index: index.digest(),
                number: index.number(),
                file,
                authors: found.of,
                packages: index.packages().len(),
                // A transfer takes effect although nothing changes.
                permissions: stamps.filter(|_| index.transfers().is_empty()),
                seen,
            };
            state.write(self.output);
        }
        Ok(Report {
            number: index.number(),
            digest: index.digest(),
            size: index.text().len() as u64,
            unchanged: previous.is_some() && !has_news,
            authors: found.of,
            looked_at,
            verified,
            packages: index.packages().len(),
            changes,
            pending: index.transfers().to_vec(),
            refused,
            vanished,
            dropped_permissions,
            vanished_permissions,
        })
    }
}

/// Verifies that every record of an index is valid and continues its chain, and returns their number.
///
/// # Errors
/// A description of the first record that is invalid or does not continue its chain.
pub fn check(
    index: &AuthorIndex,
    verifier: &Verifier,
    now: Timestamp,
    progress: Progress<'_>,
) -> Result<usize, String> {
    let authors: Vec<_> = index.authors().collect();
    let work = |author: &author_index::Author<'_>| judge::check(verifier, index, *author, now);
    Ok(parallel::map(&authors, work, progress)?.into_iter().sum())
}

/// Returns the next index, which announces an override for a record.
///
/// # Errors
/// [`BuildError`] if the override would not make the record valid. The record has to continue the chain in the
/// index, and one of its own identities has to sign it.
pub fn announce(
    index: &AuthorIndex,
    verifier: &Verifier,
    author: &PauseId,
    file: &RecordFile,
    (reason, delay): (&str, SignedDuration),
    now: Timestamp,
) -> Result<(AuthorIndex, Override), BuildError> {
    let judge = Judge {
        verifier,
        previous: Some(index),
        now,
    };
    let signed = judge.overriding(author, file)?;
    let announced = Override::announce(signed.record(), reason, delay, now)?;
    let mut draft = Draft::after(Some(index));
    draft.announce(announced.clone());
    Ok((draft.finish(now)?, announced))
}

/// Reads an index from its file.
///
/// # Errors
/// [`BuildError`] if the file cannot be read, or is no author index.
pub fn read(path: &Path) -> Result<AuthorIndex, BuildError> {
    let bytes = cpan_sigstore_files::read_limited(path, author_index::SIZE_LIMIT as u64)
        .and_then(|bytes| bytes.ok_or_else(cpan_sigstore_files::no_such_file))
        .map_err(BuildError::read(path))?;
    AuthorIndex::parse(bytes).map_err(|source| BuildError::Previous {
        path: path.to_owned(),
        source,
    })
}

/// Replaces a file that others may read, whole or not at all.
///
/// # Errors
/// [`BuildError`] if the file cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    write_with(path, bytes, Access::Umask, Existing::Replace).map_err(|source| BuildError::Write {
        path: path.to_owned(),
        source,
    })
}

/// The refusal of all records after the limit.
fn too_many(author: &PauseId) -> Refusal {
    Refusal {
        author: author.clone(),
        path: author.directory(),
        code: "records-too-many",
        reason: format!(
            "expected at most {RECORDS_LIMIT} records, found more; the rest is ignored"
        ),
        found: None,
        known: None,
    }
}
