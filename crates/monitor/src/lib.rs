//! Watches authors on a CPAN, and reports suspicious events: an unsigned release by an author who signs,
//! a signature by somebody else, a bundle or an author record that was replaced or dropped.
//!
//! - [`alert`]: the reports; [`outbox`]: their delivery; [`webhook`]: delivery by HTTP.
//! - [`state`]: the known state of an author, in the trust store.
//! - [`identities`]: signatures under an author's identities in Sigstore's logs.
//! - [`schedule`]: the authors to check, by the files RECENT.
//! - [`check`]: a check of one author; [`listing`]: the author's files, by CHECKSUMS; [`releases`], [`records`]:
//!   the changes of these files.
//! - [`logged`]: the files that a CPAN log has under an author's name.
//!
//! # Security
//!
//! The monitor does not trust a CPAN. RECENT and CHECKSUMS only name the files to check, and a full check
//! once a day finds the changes that they hide. Only the gate judges signatures.
//!
//! The monitor stores an alert before delivery, and removes it afterwards. If the program ends in between, the
//! next run delivers the alert, perhaps a second time. Of two processes that check one author at once, the first
//! one to end reports the changes.

mod alert;
mod check;
mod error;
mod identities;
mod listing;
mod logged;
mod outbox;
mod records;
mod releases;
mod schedule;
mod state;
mod webhook;

pub use alert::{Alert, AlertCode, Severity};
pub use error::{Undetermined, WatchError};
pub use identities::{IdentitySearch, LogError};
pub use logged::{LoggedFile, LoggedFiles};
pub use webhook::{Webhook, WebhookError};

use std::{collections::BTreeMap, fmt::Display};

use cpan_sigstore_core::{finding::Exit, release::PauseId};
use cpan_sigstore_cpan::Cpan;
use cpan_sigstore_gate::{Gate, store::Watched};
use jiff::Timestamp;

use check::{AuthorCheck, Checked};
use outbox::Outbox;
use schedule::{Scan, Schedule};
use state::Cursor;

/// Most authors that one process watches.
pub const AUTHORS_LIMIT: usize = 20_000;
/// Most alerts that wait for delivery.
const ALERTS_LIMIT: usize = 10_000;

/// Watches authors on a CPAN.
pub struct Monitor<'a> {
    /// The CPAN.
    pub cpan: &'a Cpan,
    /// Decides about releases. Its trust store has the state of the watch.
    pub gate: &'a Gate,
    /// The leaves of the authors in a log of the CPAN.
    pub logged: Option<LoggedFiles>,
    /// The time.
    pub clock: fn() -> Timestamp,
}

/// The result of one check of all authors.
#[derive(Debug, Default)]
pub struct Round {
    /// Delivered alerts, in order.
    pub delivered: Vec<Alert>,
    /// States that could not be determined.
    pub undetermined: Vec<Undetermined>,
    /// The number of alerts that wait for delivery.
    pub waiting: usize,
    /// Authors whose first check this was.
    pub begun: Vec<PauseId>,
    /// Whether the CPAN is now known to have no files RECENT, so that each round checks every author.
    pub without_recent: bool,
    /// Remarks about the search in Sigstore's logs.
    pub remarks: Vec<String>,
}

impl Round {
    /// Adds the results of another part of the round.
    pub fn extend(&mut self, other: Self) {
        self.delivered.extend(other.delivered);
        self.undetermined.extend(other.undetermined);
        self.remarks.extend(other.remarks);
        self.begun.extend(other.begun);
        self.waiting = other.waiting;
        self.without_recent |= other.without_recent;
    }

    /// Returns the exit code of a program that did nothing else.
    pub fn exit(&self) -> Exit {
        let undetermined = self.undetermined.iter().map(Undetermined::exit);
        let alerts = self.delivered.iter().map(|alert| alert.alert.exit());
        let worst = alerts.chain(undetermined).max_by_key(|exit| *exit as u8);
        worst.unwrap_or(Exit::Success)
    }
}

impl Monitor<'_> {
    /// Checks the authors for whom something may have happened, and delivers alerts. It first delivers those
    /// that an earlier round could not deliver.
    ///
    /// # Errors
    /// The trust store cannot be used, or the gate cannot decide. A CPAN that does not answer is no error: the
    /// round lists it in `undetermined`.
    pub async fn round<E: Display>(
        &self,
        authors: &[PauseId],
        deliver: impl AsyncFnMut(&Alert) -> Result<(), E>,
    ) -> Result<Round, WatchError> {
        let mut round = Round::default();
        let store = self.gate.trust_store();
        let mut outbox = Outbox::new(store, deliver);
        outbox.run(&mut round).await?;
        let cursors = self.cursors().await?;
        let schedule = Schedule::of(self.cpan, &cursors, authors, (self.clock)()).await;
        round.undetermined.extend(schedule.undetermined.clone());
        round.without_recent = schedule.without_recent && !all_without_recent(authors, &cursors);
        let mut passed = Vec::new();
        for author in authors {
            let cursor = cursors.get(author.as_str());
            let Some(scan) = schedule.scan(author, cursor) else {
                if let Some(cursor) = cursor {
                    let moved = schedule.moved(cursor, None);
                    if moved != *cursor {
                        passed.push((author, state::text(&moved)?));
                    }
                }
                continue;
            };
            if store.waiting_alerts().await? > ALERTS_LIMIT {
                return Err(WatchError::TooManyAlerts);
            }
            self.check(author, &schedule, &scan, cursor, &mut round)
                .await?;
            outbox.run(&mut round).await?;
        }
        store.move_watch_cursors(&passed).await?;
        if let Some(logged) = &self.logged {
            self.check_log(authors, logged, &mut outbox, &mut round)
                .await?;
        }
        round.waiting = store.waiting_alerts().await?;
        Ok(round)
    }

    /// Reads how far the checks of all watched authors have come.
    async fn cursors(&self) -> Result<BTreeMap<String, Cursor>, WatchError> {
        let texts = self.gate.trust_store().watch_cursors().await?;
        let parsed = texts.into_iter().map(|(author, text)| {
            let cursor = state::parse(&author, &text)?;
            Ok((author, cursor))
        });
        parsed.collect()
    }

    /// Checks one author, and stores state and alerts. If the CPAN gives no usable files, the next round checks
    /// again.
    async fn check(
        &self,
        author: &PauseId,
        schedule: &Schedule,
        scan: &Scan,
        cursor: Option<&Cursor>,
        round: &mut Round,
    ) -> Result<(), WatchError> {
        let store = self.gate.trust_store();
        let before = store.watched_files(author).await?;
        let known = before
            .as_deref()
            .map(|text| state::parse(author.as_str(), text))
            .transpose()?;
        let is_first = known.is_none();
        let checked = match AuthorCheck::run(self, author, known, scan).await? {
            Ok(checked) => checked,
            Err(undetermined) => {
                round.undetermined.push(undetermined.by(author));
                return Ok(());
            }
        };
        let Checked {
            state,
            alerts,
            undetermined,
        } = checked;
        let cursor = Cursor {
            is_whole: undetermined.is_empty(),
            ..cursor.cloned().unwrap_or_default()
        };
        let alerts = alerts.iter().map(state::text).collect::<Result<_, _>>()?;
        let watched = Watched {
            cursor: state::text(&schedule.moved(&cursor, Some(scan)))?,
            files: state::text(&state)?,
            alerts,
        };
        round.undetermined.extend(undetermined);
        let now = (self.clock)();
        let is_stored = store
            .note_watched(author, before.as_deref(), &watched, now)
            .await?;
        if is_stored && is_first {
            round.begun.push(author.clone());
        }
        Ok(())
    }
}

/// Returns whether the CPAN had no files RECENT at the last check of each author.
fn all_without_recent(authors: &[PauseId], cursors: &BTreeMap<String, Cursor>) -> bool {
    authors.iter().all(|author| {
        let cursor = cursors.get(author.as_str());
        cursor.is_some_and(|cursor| cursor.without_recent)
    })
}

#[cfg(test)]
mod tests;
