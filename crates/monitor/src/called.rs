//! Selects the authors to check: those that the files RECENT name, new ones, and all authors once a day.

use std::collections::BTreeMap;

use cpan_sigstore_core::release::PauseId;
use cpan_sigstore_cpan::Cpan;
use cpan_sigstore_cpan::recent::{Coverage, Epoch, EventKind, News, news};
use jiff::{SignedDuration, Timestamp};

use super::{Untold, state::AuthorState};

/// The longest time without a full check of an author for whom RECENT names no event: nobody signs RECENT.
const WHOLE_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// The check that an author needs, beside the changes that CHECKSUMS show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// Whether all files need a check, even those that are known.
    pub is_whole: bool,
    /// The events in RECENT since the last complete check, by path.
    pub named: BTreeMap<String, EventKind>,
}

/// The news from RECENT, or the reason why there is none.
pub(super) struct Called {
    now: Timestamp,
    news: Option<News>,
    /// The CPAN is in an older state than the known one, so the monitor checks nothing.
    went_back: bool,
    pub without_recent: bool,
    pub untold: Option<Untold>,
}

impl Called {
    /// Asks the CPAN for events since the last check of these authors.
    pub async fn by(
        cpan: &Cpan,
        known: &BTreeMap<String, AuthorState>,
        authors: &[PauseId],
        now: Timestamp,
    ) -> Self {
        let watched = authors
            .iter()
            .filter_map(|author| known.get(author.as_str()));
        let upto: Vec<_> = watched.filter_map(|known| known.upto.as_ref()).collect();
        // The oldest check of a known author sets the start; all other authors get a full check.
        let since = upto.iter().min().copied();
        let newest_seen = upto.iter().max().copied();
        let fetch = async |path: String, limit| cpan.file(&path, limit).await;
        let mut called = Self {
            now,
            news: None,
            went_back: false,
            without_recent: false,
            untold: None,
        };
        match news(fetch, since).await {
            Ok(Some(news)) => {
                if let (Some(newest), Some(seen)) = (&news.newest, newest_seen)
                    && newest < seen
                {
                    called.went_back = true;
                    called.untold = Some(Untold::all(went_back(seen, newest)));
                }
                called.news = Some(news);
            }
            Ok(None) => called.without_recent = true,
            // The monitor still checks the directories.
            Err(error) => called.untold = Some(Untold::all(error.to_string())),
        }
        called
    }

    /// Returns the check that an author needs; `None` if the author needs none.
    pub fn call(&self, author: &PauseId, known: Option<&AuthorState>) -> Option<Call> {
        if self.went_back {
            return None;
        }
        let named = self.named(author, known);
        let is_whole = self.is_due(known);
        (is_whole || !named.is_empty()).then_some(Call { is_whole, named })
    }

    /// Returns whether an author needs a full check.
    fn is_due(&self, known: Option<&AuthorState>) -> bool {
        let (Some(news), Some(known)) = (&self.news, known) else {
            return true;
        };
        let is_fresh = known
            .looked
            .is_some_and(|looked| self.now.duration_since(looked).abs() < WHOLE_EVERY);
        let is_told = news.coverage == Coverage::Whole
            && news.dirtymark == known.dirtymark
            && known.upto.is_some();
        !(is_fresh && is_told && known.is_whole)
    }

    fn named(&self, author: &PauseId, known: Option<&AuthorState>) -> BTreeMap<String, EventKind> {
        let upto = known.and_then(|known| known.upto.as_ref());
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

    /// Notes in an author's state the newest event that it covers, after a check or where none was needed.
    pub fn note(&self, call: Option<&Call>, state: &mut AuthorState) {
        if call.is_some_and(|call| call.is_whole) {
            state.looked = Some(self.now);
        }
        if let Some(news) = &self.news
            && state.is_whole
            && !self.went_back
        {
            state.upto = state.upto.take().max(news.newest.clone());
            state.dirtymark.clone_from(&news.dirtymark);
        }
    }
}

fn went_back(seen: &Epoch, newest: &Epoch) -> String {
    format!(
        "expected the CPAN as of {seen} (seconds since 1970) or later, found it as of {newest}: nothing was looked at; ask another mirror with `--cpan URL`, or try again later"
    )
}
