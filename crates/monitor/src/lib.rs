//! Watches authors on a CPAN, and tells what somebody has to hear of: an unsigned release by an author who
//! signs, a signature by somebody else, a bundle or an author record that was replaced or dropped.
//!
//! - [`alert`]: what is told.
//! - [`state`]: what was seen before; [`kept`]: its file.
//! - [`called`]: whom to look at, by the files RECENT.
//! - [`listing`]: what CHECKSUMS say that an author has.
//! - [`releases`], [`records`]: what has changed of it.
//! - [`webhook`]: alerts by HTTP.
//!
//! # Security
//!
//! Nothing of a CPAN is believed: RECENT and CHECKSUMS say where to look, and whatever they hide is looked
//! at once a day anyhow. What a signature means is said by the gate alone.
//!
//! An alert is written into the state before it is told, and out of it afterwards: whoever ends the program
//! in between hears of it at the next run, perhaps a second time.

mod alert;
mod called;
mod error;
mod kept;
mod listing;
mod records;
mod releases;
mod state;
mod webhook;

pub use alert::{Alert, AlertCode, Severity};
pub use error::{Untold, WatchError};
pub use kept::{Kept, StateError};
pub use webhook::{Webhook, WebhookError};

use cpan_sigstore_core::{finding::Exit, release::PauseId};
use cpan_sigstore_cpan::Cpan;
use cpan_sigstore_cpan::recent::EventKind;
use cpan_sigstore_gate::Gate;
use jiff::Timestamp;

use called::{Call, Called};
use listing::Listing;
use state::AuthorState;

/// Most authors that are watched at once.
pub const AUTHORS_LIMIT: usize = 20_000;

/// What is asked, and by what it is judged.
pub struct Watcher<'a> {
    /// The CPAN.
    pub cpan: &'a Cpan,
    /// Decides about releases, and remembers who signed them.
    pub gate: &'a Gate,
    /// The time.
    pub clock: fn() -> Timestamp,
}

/// What one look at all authors gave.
#[derive(Debug, Default)]
pub struct Round {
    /// What was told, in order.
    pub told: Vec<Alert>,
    /// What could not be told.
    pub untold: Vec<Untold>,
    /// Alerts that could not be delivered, and are kept.
    pub undelivered: usize,
    /// Authors who were looked at for the first time.
    pub begun: Vec<PauseId>,
    /// Whether the CPAN turned out to have no files RECENT, so that every author is looked at each time.
    pub without_recent: bool,
}

impl Round {
    /// How a program ends that did nothing else.
    pub fn exit(&self) -> Exit {
        let untold = (!self.untold.is_empty()).then_some(Exit::TryLater);
        let told = self.told.iter().map(|alert| alert.alert.exit());
        let worst = told.chain(untold).max_by_key(|exit| *exit as u8);
        worst.unwrap_or(Exit::Success)
    }
}

impl Watcher<'_> {
    /// Looks at those authors where something may have happened, and delivers what has to be told: first
    /// what an earlier round could not.
    ///
    /// # Errors
    /// Where the state cannot be written, or the gate cannot look. What a CPAN does not answer is no error
    /// but something untold.
    pub async fn round<E: std::fmt::Display>(
        &self,
        authors: &[PauseId],
        kept: &mut Kept,
        mut deliver: impl AsyncFnMut(&Alert) -> Result<(), E>,
    ) -> Result<Round, WatchError> {
        let mut round = Round::default();
        let mut delivery = Delivery { failed: false };
        delivery.run(kept, &mut round, &mut deliver).await?;
        let now = (self.clock)();
        let called = Called::by(self.cpan, &kept.state.authors, authors, now).await;
        round.without_recent = kept.note_without_recent(called.without_recent);
        round.untold.extend(called.untold.clone());
        for author in authors {
            let known = kept.state.authors.get(author.as_str());
            let Some(call) = called.call(author, known) else {
                kept.pass(author, |state| called.note(None, state));
                continue;
            };
            kept.has_room()?;
            let is_first = known.is_none();
            let looked = self.look(author, known, &call, &mut round.untold).await?;
            let Some((mut state, alerts)) = looked else {
                continue;
            };
            if is_first {
                round.begun.push(author.clone());
            }
            called.note(Some(&call), &mut state);
            kept.take(author, state, alerts)?;
            delivery.run(kept, &mut round, &mut deliver).await?;
        }
        kept.save()?;
        round.undelivered = kept.state.outbox.len();
        Ok(round)
    }

    /// Looks at one author; `None` where not all could be told, so that it is looked at again.
    async fn look(
        &self,
        author: &PauseId,
        known: Option<&AuthorState>,
        call: &Call,
        untold: &mut Vec<Untold>,
    ) -> Result<Option<(AuthorState, Vec<Alert>)>, WatchError> {
        let mut failed = |error: &dyn std::fmt::Display| {
            untold.push(Untold::of(author, error.to_string()));
        };
        let mut state = known.cloned().unwrap_or_default();
        let listing = match Listing::of(self.cpan, author).await {
            Ok(listing) => listing,
            Err(error) => {
                failed(&error);
                return Ok(None);
            }
        };
        if !listing.is_there {
            let is_known = known.is_some_and(|known| !known.is_empty());
            failed(&if is_known {
                "expected the CHECKSUMS of a known author, found none"
            } else {
                "expected CHECKSUMS, found none: an author without files, or no such author"
            });
            return Ok(None);
        }
        // Asked before releases are looked at, with which the gate remembers new records.
        let remembered = self.gate.memory().record_chain(author).await?;
        let overrides = self.gate.overrides(author, (self.clock)()).await?;
        let files = match records::files(self.cpan, author, &state.records).await {
            Ok(files) => files,
            Err(error) => {
                failed(&error);
                return Ok(None);
            }
        };
        let mut look = Look {
            watcher: self,
            author,
            is_first: known.is_none(),
            call,
            is_by_record: false,
            alerts: Vec::new(),
            untold: Vec::new(),
        };
        look.releases(&mut state, &listing, &files).await?;
        look.records(&mut state, &files, remembered, &overrides);
        look.lagging(&state);
        let Look {
            alerts,
            untold: left,
            ..
        } = look;
        state.is_whole = left.is_empty();
        untold.extend(left);
        Ok(Some((state, alerts)))
    }
}

/// A look at one author.
struct Look<'a> {
    watcher: &'a Watcher<'a>,
    author: &'a PauseId,
    /// What is there is the starting point.
    is_first: bool,
    call: &'a Call,
    /// Whether the gate went by the author's record, so that whoever signed releases agrees to it.
    is_by_record: bool,
    alerts: Vec<Alert>,
    untold: Vec<Untold>,
}

impl Look<'_> {
    fn now(&self) -> Timestamp {
        (self.watcher.clock)()
    }

    fn alert(&self, code: AlertCode, path: &str) -> Alert {
        Alert::new(code, self.author, path, self.now())
    }

    /// Says which files are not yet as RECENT says that they are: a mirror may have RECENT before it has them.
    fn lagging(&mut self, state: &AuthorState) {
        for (path, kind) in &self.call.named {
            let (expected, is_so) = match (kind, state.has(self.author, path)) {
                (EventKind::New, Some(is_there)) => ("it to be there", is_there),
                (EventKind::Delete, Some(is_there)) => ("it to be deleted", !is_there),
                // Nothing that is watched.
                (_, None) => continue,
            };
            if !is_so {
                let reason =
                    format!("expected {expected}, as RECENT says, found that it is not so yet");
                self.untold(path, reason);
            }
        }
    }

    fn untold(&mut self, path: &str, reason: impl std::fmt::Display) {
        let reason = format!("{path}: {reason}");
        self.untold.push(Untold::of(self.author, reason));
    }
}

/// Delivers what is in the state, as long as it is taken.
struct Delivery {
    /// Once is enough: the next try is the next round's.
    failed: bool,
}

impl Delivery {
    async fn run<E: std::fmt::Display>(
        &mut self,
        kept: &mut Kept,
        round: &mut Round,
        deliver: &mut impl AsyncFnMut(&Alert) -> Result<(), E>,
    ) -> Result<(), WatchError> {
        let mut delivered = false;
        while !self.failed
            && let Some(alert) = kept.state.outbox.front()
        {
            match deliver(alert).await {
                Ok(()) => {
                    delivered = true;
                    round.told.extend(kept.delivered());
                }
                Err(error) => {
                    self.failed = true;
                    round.untold.push(Untold::delivery(error.to_string()));
                }
            }
        }
        if delivered {
            kept.save()?;
        }
        Ok(())
    }
}
