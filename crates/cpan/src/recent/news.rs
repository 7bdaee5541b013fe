//! The changes since a moment, from as few RECENT files as possible.

use std::collections::{BTreeMap, btree_map::Entry};

use super::{Epoch, Event, Recent, RecentError, SIZE_LIMIT};

/// The intervals. Each file has the events of the smaller ones before it, now or earlier. Those of a quarter, a
/// year and of all time are not read: after a month, a full check is cheaper.
const INTERVALS: [&str; 5] = ["1h", "6h", "1d", "1W", "1M"];

/// The place of the files on a CPAN.
#[derive(Clone, Copy)]
enum Layout {
    /// Under `authors/`, in YAML.
    Authors,
    /// At the root, in JSON.
    Root,
}

/// The changes since a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// The latest event of each path, by the path below the root of the CPAN.
    pub events: BTreeMap<String, Event>,
    /// The time of the newest event; `None` if there was none for a month.
    pub newest: Option<Epoch>,
    /// The dirtymark. If it differs from the one before, past events have changed.
    pub dirtymark: Option<Epoch>,
    /// Whether these are all changes.
    pub coverage: Coverage,
}

/// Whether the events are complete since a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// They are complete.
    Whole,
    /// There may be more, or the caller named no moment.
    Partial,
    /// The newest event is before that moment: it is an older state of the CPAN.
    WentBack,
}

/// Reasons why the changes are unknown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NewsError<E> {
    /// A file cannot be read.
    #[error(transparent)]
    Fetch(E),
    /// A file is invalid.
    #[error("invalid {path}: {source}")]
    File {
        /// Its path.
        path: String,
        /// The reason.
        source: RecentError,
    },
    /// A file has another interval than its name.
    #[error("invalid interval in {path}: expected {expected}, found `{found}`")]
    Interval {
        /// Its path.
        path: String,
        /// The interval in its name.
        expected: &'static str,
        /// The interval in the file.
        found: String,
    },
}

/// Reads the changes since a moment; `None` if the CPAN has no RECENT files.
///
/// `fetch` reads a file by its path below the root of the CPAN and a limit in bytes, and returns `None` if there
/// is none. Reading begins with the smallest file, and ends as soon as the changes are complete.
///
/// # Errors
/// [`NewsError`] if a file cannot be read, or is invalid.
pub async fn news<E>(
    mut fetch: impl AsyncFnMut(String, usize) -> Result<Option<Vec<u8>>, E>,
    since: Option<&Epoch>,
) -> Result<Option<News>, NewsError<E>> {
    let mut news = News {
        events: BTreeMap::new(),
        newest: None,
        dirtymark: None,
        coverage: Coverage::Partial,
    };
    for layout in [Layout::Authors, Layout::Root] {
        let Some(first) = file(&mut fetch, layout, INTERVALS[0]).await? else {
            continue;
        };
        news.dirtymark = first.dirtymark().cloned();
        let mut is_all = news.take(first, layout, since);
        for interval in &INTERVALS[1..] {
            // Without a moment, the newest event is enough.
            if is_all || (since.is_none() && news.newest.is_some()) {
                break;
            }
            let Some(next) = file(&mut fetch, layout, interval).await? else {
                continue;
            };
            is_all = news.take(next, layout, since);
        }
        news.coverage = match (since, &news.newest) {
            (Some(since), Some(newest)) if newest < since => Coverage::WentBack,
            _ if is_all => Coverage::Whole,
            _ => Coverage::Partial,
        };
        return Ok(Some(news));
    }
    Ok(None)
}

async fn file<E>(
    fetch: &mut impl AsyncFnMut(String, usize) -> Result<Option<Vec<u8>>, E>,
    layout: Layout,
    interval: &'static str,
) -> Result<Option<Recent>, NewsError<E>> {
    let path = layout.path(interval);
    let bytes = fetch(path.clone(), SIZE_LIMIT).await;
    let Some(bytes) = bytes.map_err(NewsError::Fetch)? else {
        return Ok(None);
    };
    let recent = match Recent::parse(&bytes) {
        Ok(recent) => recent,
        Err(source) => return Err(NewsError::File { path, source }),
    };
    if recent.interval() != interval {
        return Err(NewsError::Interval {
            path,
            expected: interval,
            found: recent.interval,
        });
    }
    Ok(Some(recent))
}

impl News {
    /// Adds the events after a moment, and returns whether they are complete: a file has all events after its
    /// oldest one that the smaller files lack.
    fn take(&mut self, recent: Recent, layout: Layout, since: Option<&Epoch>) -> bool {
        let reaches_back = match (since, recent.events.last()) {
            (Some(since), Some(oldest)) => oldest.epoch <= *since,
            _ => false,
        };
        for event in recent.events {
            if self.newest.as_ref() < Some(&event.epoch) {
                self.newest = Some(event.epoch.clone());
            }
            if since.is_none_or(|since| event.epoch <= *since) {
                continue;
            }
            match self.events.entry(layout.below_root(&event.path)) {
                Entry::Occupied(known) if known.get().epoch >= event.epoch => {}
                Entry::Occupied(mut known) => {
                    known.insert(event);
                }
                Entry::Vacant(place) => {
                    place.insert(event);
                }
            }
        }
        reaches_back
    }
}

impl Layout {
    fn path(self, interval: &str) -> String {
        match self {
            Self::Authors => format!("authors/RECENT-{interval}.yaml"),
            Self::Root => format!("RECENT-{interval}.json"),
        }
    }

    fn below_root(self, path: &str) -> String {
        match self {
            Self::Authors => format!("authors/{path}"),
            Self::Root => path.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
