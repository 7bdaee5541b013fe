//! Watches authors on a CPAN, and reports suspicious events: an unsigned release by an author who signs,
//! a signature by somebody else, a bundle or an author record that was replaced or dropped.
//!
//! - [`alert`]: the reports.
//! - [`state`]: the known state of all authors; [`kept`]: its file.
//! - [`called`]: the authors to check, by the files RECENT.
//! - [`listing`]: an author's files, by CHECKSUMS.
//! - [`releases`], [`records`]: the changes of these files.
//! - [`webhook`]: alerts by HTTP.
//!
//! # Security
//!
//! The monitor does not trust a CPAN. RECENT and CHECKSUMS only name the files to check, and a full check
//! once a day finds the changes that they hide. Only the gate judges signatures.
//!
//! The monitor writes an alert into the state before delivery, and removes it afterwards. If the program
//! ends in between, the next run delivers the alert, perhaps a second time.

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

/// Most authors that one process watches.
pub const AUTHORS_LIMIT: usize = 20_000;

/// The CPAN to watch, and the gate that judges it.
pub struct Watcher<'a> {
    /// The CPAN.
    pub cpan: &'a Cpan,
    /// Decides about releases, and remembers their signers.
    pub gate: &'a Gate,
    /// The time.
    pub clock: fn() -> Timestamp,
}

/// The result of one check of all authors.
#[derive(Debug, Default)]
pub struct Round {
    /// Delivered alerts, in order.
    pub told: Vec<Alert>,
    /// Failures that leave something unreported.
    pub untold: Vec<Untold>,
    /// The number of alerts that could not be delivered, and are kept.
    pub undelivered: usize,
    /// Authors whose first check this was.
    pub begun: Vec<PauseId>,
    /// Whether the CPAN is now known to have no files RECENT, so that each round checks every author.
    pub without_recent: bool,
}

impl Round {
    /// Returns the exit code of a program that did nothing else.
    pub fn exit(&self) -> Exit {
        let untold = (!self.untold.is_empty()).then_some(Exit::TryLater);
        let told = self.told.iter().map(|alert| alert.alert.exit());
        let worst = told.chain(untold).max_by_key(|exit| *exit as u8);
        worst.unwrap_or(Exit::Success)
    }
}

impl Watcher<'_> {
    /// Checks the authors for whom something may have happened, and delivers alerts. It first delivers those
    /// that an earlier round could not deliver.
    ///
    /// # Errors
    /// Returns an error if the state cannot be written, or if the gate cannot decide. A CPAN that does not
    /// answer is no error: the round lists it in `untold`.
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

    /// Checks one author; returns `None` if the CPAN gave no usable files, so that the next round checks again.
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
        // Read this before the check of releases, because that check makes the gate remember new records.
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

/// A check of one author.
struct Look<'a> {
    watcher: &'a Watcher<'a>,
    author: &'a PauseId,
    /// Whether this is the first check, whose files are the starting point.
    is_first: bool,
    call: &'a Call,
    /// Whether the gate decided by the author record, so that the signers of the releases agree to it.
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

    /// Reports files that differ from RECENT: a mirror may have RECENT before it has the files.
    fn lagging(&mut self, state: &AuthorState) {
        for (path, kind) in &self.call.named {
            let (expected, is_so) = match (kind, state.has(self.author, path)) {
                (EventKind::New, Some(is_there)) => ("it to be there", is_there),
                (EventKind::Delete, Some(is_there)) => ("it to be deleted", !is_there),
                // The monitor does not watch such files.
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

/// Delivers the alerts in the state until one delivery fails.
struct Delivery {
    /// Whether a delivery failed. The next round tries again.
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
