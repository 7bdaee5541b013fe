//! What has happened since a moment, from as few of the files as tell it.

use std::collections::{BTreeMap, btree_map::Entry};

use super::{Epoch, Event, Recent, RecentError, SIZE_LIMIT};

/// The intervals, each of which holds what the smaller ones before it hold or held. Those of a quarter, a
/// year and of everything are not read: who comes back after a month had better look at everything.
const INTERVALS: [&str; 5] = ["1h", "6h", "1d", "1W", "1M"];

/// Where a CPAN has its files.
#[derive(Clone, Copy)]
enum Layout {
    /// Under `authors/`, in YAML.
    Authors,
    /// At the root, in JSON.
    Root,
}

/// What has happened since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// The latest event of each path, by paths from the root of the CPAN.
    pub events: BTreeMap<String, Event>,
    /// When the newest event happened of all that were read; `None` where there was none for a month.
    pub newest: Option<Epoch>,
    /// The dirtymark: where it is another than the one seen before, events were put among the past.
    pub dirtymark: Option<Epoch>,
    /// Whether that is all.
    pub coverage: Coverage,
}

/// Whether events are all that have happened since a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// They are.
    Whole,
    /// There may be more, or it was not said since when.
    Partial,
    /// The newest event is before that moment: it is an older state of the CPAN.
    WentBack,
}

/// Why there are no news.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NewsError<E> {
    /// A file could not be had.
    #[error(transparent)]
    Fetch(E),
    /// A file is none.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: String,
        /// What is wrong.
        source: RecentError,
    },
    /// A file is that of another interval.
    #[error("expected the interval {expected} in {path}, found `{found}`")]
    Interval {
        /// Which file.
        path: String,
        /// Its interval by its name.
        expected: &'static str,
        /// Its interval by what it says.
        found: String,
    },
}

/// What has happened since a moment; `None` where the CPAN has no files RECENT.
///
/// `fetch` gets a file of at most so many bytes by its path from the root of the CPAN; `None` where there is
/// none. As few files are read as tell it, beginning with the smallest.
///
/// # Errors
/// Where a file cannot be had, or is none.
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
            // Without a moment to go back to, the newest event is what is asked for.
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
    /// Takes in what is newer than a moment, and says whether that is all: a file has everything after its
    /// oldest event that the smaller ones do not have.
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
