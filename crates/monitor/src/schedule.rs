//! Selects the authors to check: those that the files RECENT name, new ones, and all authors once a day.

use std::collections::BTreeMap;

use cpan_sigstore_core::release::PauseId;
use cpan_sigstore_cpan::{
    Cpan, CpanError,
    recent::{Coverage, Epoch, EventKind, News, NewsError, news},
};
use jiff::{SignedDuration, Timestamp};

use super::{Undetermined, state::Cursor};

/// The longest time without a full check of an author for whom RECENT names no event: nobody signs RECENT.
const WHOLE_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// The check that an author needs, beside the changes that CHECKSUMS show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scan {
    /// Whether all files need a check, even those that are known.
    pub is_whole: bool,
    /// The events in RECENT since the last complete check, by path.
    pub named: BTreeMap<String, EventKind>,
}

/// The news from RECENT, or the reason why there is none.
pub(super) struct Schedule {
    now: Timestamp,
    news: Option<News>,
    /// The CPAN is in an older state than the known one, so the monitor checks nothing.
    is_rolled_back: bool,
    pub without_recent: bool,
    pub undetermined: Option<Undetermined>,
}

impl Schedule {
    /// Asks the CPAN for events since the last check of these authors.
    pub async fn of(
        cpan: &Cpan,
        cursors: &BTreeMap<String, Cursor>,
        authors: &[PauseId],
        now: Timestamp,
    ) -> Self {
        let watched = authors
            .iter()
            .filter_map(|author| cursors.get(author.as_str()));
        let upto: Vec<_> = watched.filter_map(|cursor| cursor.upto.as_ref()).collect();
        // The oldest check of a known author sets the start; all other authors get a full check.
        let since = upto.iter().min().copied();
        let newest_seen = upto.iter().max().copied();
        let fetch = async |path: String, limit| cpan.file(&path, limit).await;
        let mut schedule = Self {
            now,
            news: None,
            is_rolled_back: false,
            without_recent: false,
            undetermined: None,
        };
        match news(fetch, since).await {
            Ok(Some(news)) => {
                if let (Some(newest), Some(seen)) = (&news.newest, newest_seen)
                    && newest < seen
                {
                    schedule.is_rolled_back = true;
                    schedule.undetermined = Some(Undetermined::all(rolled_back(seen, newest)));
                }
                schedule.news = Some(news);
            }
            Ok(None) => schedule.without_recent = true,
            // The monitor still checks the directories.
            Err(error) => schedule.undetermined = Some(of_news(&error)),
        }
        schedule
    }

    /// Returns the check that an author needs; `None` if the author needs none.
    pub fn scan(&self, author: &PauseId, cursor: Option<&Cursor>) -> Option<Scan> {
        if self.is_rolled_back {
            return None;
        }
        let named = self.named(author, cursor);
        let is_whole = self.is_due(cursor);
        (is_whole || !named.is_empty()).then_some(Scan { is_whole, named })
    }

    /// Returns whether an author needs a full check.
    fn is_due(&self, cursor: Option<&Cursor>) -> bool {
        let (Some(news), Some(cursor)) = (&self.news, cursor) else {
            return true;
        };
        let is_fresh = cursor
            .checked
            .is_some_and(|checked| self.now.duration_since(checked).abs() < WHOLE_EVERY);
        let is_covered = news.coverage == Coverage::Whole
            && news.dirtymark == cursor.dirtymark
            && cursor.upto.is_some();
        !(is_fresh && is_covered && cursor.is_whole)
    }

    fn named(&self, author: &PauseId, cursor: Option<&Cursor>) -> BTreeMap<String, EventKind> {
        let upto = cursor.and_then(|cursor| cursor.upto.as_ref());
        let (Some(news), Some(upto)) = (&self.news, upto) else {
            return BTreeMap::new();
        };
        let home = author.directory();
        let events = news.events.iter();
        events
            .filter(|(path, event)| path.starts_with(&home) && event.epoch > *upto)
            .map(|(path, event)| (path.clone(), event.kind))
            .collect()
    }

    /// Returns an author's cursor after a check, or after a round in which none was needed.
    pub fn moved(&self, cursor: &Cursor, scan: Option<&Scan>) -> Cursor {
        let mut moved = cursor.clone();
        if scan.is_some_and(|scan| scan.is_whole) {
            moved.checked = Some(self.now);
        }
        if scan.is_some() {
            moved.without_recent = self.without_recent;
        }
        if let Some(news) = &self.news
            && moved.is_whole
            && !self.is_rolled_back
        {
            moved.upto = moved.upto.max(news.newest.clone());
            moved.dirtymark.clone_from(&news.dirtymark);
        }
        moved
    }
}

fn of_news(error: &NewsError<CpanError>) -> Undetermined {
    match error {
        NewsError::Fetch(error) => Undetermined::of_cpan(error),
        other => Undetermined::all(other.to_string()),
    }
}

fn rolled_back(seen: &Epoch, newest: &Epoch) -> String {
    format!(
        "the CPAN was rolled back: expected its state of {seen} (seconds since 1970) or later, found that of {newest}; no author was checked"
    )
}
