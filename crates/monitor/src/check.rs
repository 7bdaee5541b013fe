//! A check of one author: reads the files on the CPAN, and compares them with the known ones.

use std::{collections::BTreeSet, fmt::Display};

use cpan_sigstore_core::release::PauseId;
use cpan_sigstore_cpan::{CpanError, recent::EventKind};
use jiff::Timestamp;

use super::{
    Alert, AlertCode, Monitor, Undetermined, WatchError, listing::Listing, records, schedule::Scan,
    state::AuthorState,
};

/// A check of one author.
pub(super) struct AuthorCheck<'a> {
    pub monitor: &'a Monitor<'a>,
    pub author: &'a PauseId,
    /// Whether this is the first check, whose files are the baseline.
    pub is_first: bool,
    pub scan: &'a Scan,
    /// Whether the gate decided by the author record, so that the signers of the releases agree to it.
    pub is_by_record: bool,
    pub alerts: Vec<Alert>,
    pub undetermined: Vec<Undetermined>,
    /// Releases whose bundle may still follow.
    pub awaited: BTreeSet<String>,
}

/// The result of a check.
pub(super) struct Checked {
    pub state: AuthorState,
    pub alerts: Vec<Alert>,
    /// What the check could not determine; it is complete if there is nothing.
    pub undetermined: Vec<Undetermined>,
}

impl<'a> AuthorCheck<'a> {
    /// Checks an author.
    ///
    /// # Errors
    /// The gate or the trust store cannot be used. The inner error states why the CPAN has no usable files.
    pub async fn run(
        monitor: &'a Monitor<'a>,
        author: &'a PauseId,
        known: Option<AuthorState>,
        scan: &'a Scan,
    ) -> Result<Result<Checked, Undetermined>, WatchError> {
        let listing = match Listing::of(monitor.cpan, author).await {
            Ok(listing) => listing,
            Err(error) => return Ok(Err(error.into())),
        };
        if !listing.is_there {
            let is_known = known.is_some_and(|known| !known.is_empty());
            let reason = match is_known {
                true => "cannot list the files: the CHECKSUMS are gone",
                false => {
                    "cannot list the files: no CHECKSUMS, so an author without files, or no such author"
                }
            };
            return Ok(Err(Undetermined::all(reason.to_owned())));
        }
        let is_first = known.is_none();
        let mut state = known.unwrap_or_default();
        let files = records::files(monitor.cpan, author, &state.records, monitor.gate);
        let files = match files.await {
            Ok(files) => files,
            Err(error) => return Ok(Err(Undetermined::of_cpan(&error))),
        };
        let mut check = Self {
            monitor,
            author,
            is_first,
            scan,
            is_by_record: false,
            alerts: Vec::new(),
            undetermined: Vec::new(),
            awaited: BTreeSet::new(),
        };
        check.releases(&mut state, &listing, &files).await?;
        check.records(&mut state, &files).await?;
        check.lagging(&state);
        Ok(Ok(Checked {
            state,
            alerts: check.alerts,
            undetermined: check.undetermined,
        }))
    }

    pub fn now(&self) -> Timestamp {
        (self.monitor.clock)()
    }

    pub fn alert(&self, code: AlertCode, path: &str) -> Alert {
        Alert::new(code, self.author, path, self.now())
    }

    pub fn undetermined(&mut self, path: &str, reason: impl Display) {
        let reason = format!("{path}: {reason}");
        self.undetermined
            .push(Undetermined::of(self.author, reason));
    }

    /// Notes that the CPAN cannot be read.
    pub fn unread(&mut self, path: &str, error: &CpanError) {
        let reason = format!("{path}: {error}");
        self.undetermined.push(Undetermined {
            fault: error.setup_fault(),
            ..Undetermined::of(self.author, reason)
        });
    }

    /// Reports files that differ from RECENT: a mirror may have RECENT before it has the files.
    fn lagging(&mut self, state: &AuthorState) {
        for (path, kind) in &self.scan.named {
            if self.awaited.contains(path) {
                continue;
            }
            let reason = match (kind, state.has(self.author, path)) {
                (EventKind::New, Some(false)) => "RECENT lists it as new, and it is not there yet",
                (EventKind::Delete, Some(true)) => {
                    "RECENT lists it as deleted, and it is still there"
                }
                _ => continue,
            };
            self.undetermined(path, reason);
        }
    }
}
