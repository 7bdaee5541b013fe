//! The changes of an author's records, by the rules of the record chain.

use cpan_sigstore_core::release::PauseId;
use cpan_sigstore_cpan::{Cpan, CpanError};
use cpan_sigstore_gate::{
    Gate, RecordFile, RecordRefused,
    records::{self, RECORDS_LIMIT, extend, restore, verify},
};
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_records::{
    chain::{AppendResult, ChainContext, RecordChain, RecordSummary, Report, SignedRecord},
    record::RecordName,
};

use super::{
    Alert, AlertCode, WatchError,
    check::AuthorCheck,
    state::{AuthorState, FoundRecord, RecordsState, UnconfirmedRecord},
};

/// Returns the records in an author's directory: the known versions, and those that follow. They are not
/// verified.
pub(super) async fn files(
    cpan: &Cpan,
    author: &PauseId,
    known: &RecordsState,
    gate: &Gate,
) -> Result<Vec<RecordFile>, CpanError> {
    let newest = known.newest();
    let mut files = Vec::new();
    // The latest known versions one by one, so that a dropped one does not hide those after it.
    for version in oldest_asked(newest)..=newest {
        files.extend(cpan.author_record(author, version).await?);
    }
    let verifier = gate.verifier().ok();
    files.extend(records::read(cpan, author, newest + 1, verifier).await?);
    Ok(files)
}

/// Returns the oldest version that the monitor requests.
fn oldest_asked(newest: u32) -> u32 {
    let limit = u32::try_from(RECORDS_LIMIT).unwrap_or(u32::MAX);
    newest.saturating_sub(limit).max(1)
}

impl AuthorCheck<'_> {
    /// Checks all records that were found. Known records remain in effect: those in the trust store, or those that
    /// an earlier check kept, which each check verifies again.
    pub(super) async fn records(
        &mut self,
        state: &mut AuthorState,
        files: &[RecordFile],
    ) -> Result<(), WatchError> {
        self.dropped(state, files);
        if files.is_empty() {
            return Ok(());
        }
        let gate = self.monitor.gate;
        let verifier = match gate.verifier() {
            Ok(verifier) => verifier,
            Err(reason) => {
                let reason = format!("cannot verify author records: {reason}");
                self.undetermined(&self.author.directory(), reason);
                return Ok(());
            }
        };
        let remembered = self.remembered(&mut state.records).await?;
        let is_stored = remembered.tip().is_some();
        let before = match is_stored {
            true => Some(remembered),
            false => self.unconfirmed(verifier, &state.records),
        };
        let Some(before) = before else {
            let reason =
                "the known author records do not verify any more: the trust material differs";
            self.undetermined(&self.author.directory(), reason);
            return Ok(());
        };
        if self.is_first {
            // The known records are a part of the baseline, even if the directory has others.
            let records = before.records().iter().map(SignedRecord::record);
            let known = records.map(|record| (record.version(), record.digest()));
            state.records.valid.extend(known);
        }
        let mut chain = before.clone();
        let overrides = gate.overrides(self.author, self.now()).await?;
        let context = ChainContext {
            now: self.now(),
            overrides: &overrides,
        };
        let report = extend(&mut chain, files, verifier, context);
        let is_unconnected = self.is_unconnected(state, &before, &chain);
        for file in files {
            let (version, now) = (file.version, FoundRecord::of(file));
            let result = report.results.iter().find(|it| it.found.version == version);
            let in_chain = result.is_some_and(|result| result.outcome.is_in_chain());
            let was_valid = state.records.is_valid(version, now.record);
            let is_news = state.records.found.get(&version) != Some(&now);
            if is_unconnected {
                if is_news {
                    let by = match result {
                        Some(result) => result.found.to_string(),
                        None => refused(&report, version),
                    };
                    self.unconnected(state, version, by);
                }
            } else if in_chain && !was_valid {
                state.records.note_valid(file);
                self.added(&chain, version);
            } else if !in_chain {
                // The trust store has learned meanwhile that another record is valid.
                let is_superseded = was_valid && result.is_some();
                if is_superseded {
                    state.records.valid.remove(&version);
                }
                if is_news || is_superseded {
                    self.refused(&before, &chain, (version, result), &report);
                }
            }
            state.records.found.insert(version, now);
        }
        if is_stored {
            state.records.unconfirmed.clear();
            if files.iter().any(|file| !before.has(file)) {
                gate.remember_continuation(self.author, files, self.now())
                    .await?;
            }
        }
        Ok(())
    }

    /// Reports known records that are gone.
    fn dropped(&mut self, state: &mut AuthorState, files: &[RecordFile]) {
        let is_there = |version: u32| files.iter().any(|file| file.version == version);
        let asked = oldest_asked(state.records.newest());
        let known = &state.records.valid;
        for version in state.records.found.keys() {
            if known.contains_key(version) && *version >= asked && !is_there(*version) {
                let alert = self.alert_of(AlertCode::RecordDropped, *version);
                let expected = Some(format!("version {version} of the author's record"));
                let alert = alert.expecting(expected, Some("no such file".to_owned()));
                self.alerts.push(alert);
            }
        }
        state
            .records
            .found
            .retain(|version, _| *version < asked || is_there(*version));
    }

    /// Returns the chain in the trust store, after it has got the records that continue it and that an earlier check
    /// kept.
    async fn remembered(&self, known: &mut RecordsState) -> Result<RecordChain, WatchError> {
        let gate = self.monitor.gate;
        let store = gate.trust_store();
        let remembered = store.record_chain(self.author).await?;
        if remembered.tip().is_none() || known.unconfirmed.is_empty() {
            return Ok(remembered);
        }
        let kept = known.unconfirmed.iter().map(UnconfirmedRecord::file);
        let kept: Vec<_> = kept.collect();
        gate.remember_continuation(self.author, &kept, self.now())
            .await?;
        known.unconfirmed.clear();
        Ok(store.record_chain(self.author).await?)
    }

    /// Returns the records that an earlier check kept; `None` if they do not verify any more.
    fn unconfirmed(&self, verifier: &Verifier, known: &RecordsState) -> Option<RecordChain> {
        let kept = known.unconfirmed.iter();
        let files = kept.map(|kept| (kept.version, kept.file()));
        let restored = restore(self.author, files, |file| verify(verifier, &file));
        restored.ok().flatten()
    }

    /// Returns whether the first records and the releases have different signers.
    fn is_unconnected(&self, state: &AuthorState, before: &RecordChain, now: &RecordChain) -> bool {
        if before.tip().is_some() || state.signers.is_empty() || self.is_by_record {
            return false;
        }
        let agreed = now.has_signer(|signer| state.signers.contains(&signer.to_string()));
        now.tip().is_some() && !agreed
    }

    fn unconnected(&mut self, state: &AuthorState, version: u32, by: String) {
        let signers: Vec<_> = state.signers.iter().map(String::as_str).collect();
        let expected = format!(
            "a first record signed by a signer of the releases: {}",
            signers.join(", ")
        );
        let alert = self.alert_of(AlertCode::RecordConflict, version);
        self.alerts.push(alert.expecting(Some(expected), Some(by)));
    }

    /// Reports a new valid record. Those of the first check are the baseline.
    fn added(&mut self, chain: &RecordChain, version: u32) {
        let mut versions = chain.versions();
        let added = versions.find(|(signed, _)| signed.record().version() == version);
        if let Some((signed, changes)) = added.filter(|_| !self.is_first) {
            let found = Some(RecordSummary::from(signed).to_string());
            let changes = changes.iter().map(ToString::to_string).collect();
            let alert = self.alert_of(AlertCode::RecordAdded, version);
            self.alerts
                .push(alert.expecting(None, found).with_details(changes));
        }
    }

    /// Reports a file that is no valid record.
    fn refused(
        &mut self,
        before: &RecordChain,
        chain: &RecordChain,
        (version, result): (u32, Option<&AppendResult>),
        report: &Report<RecordRefused>,
    ) {
        let is_known = before.get(version).is_some();
        let why = report.refused.iter().find(|(of, _)| *of == version);
        let code = match (result, why) {
            (Some(result), _) if result.outcome.is_conflict() => AlertCode::RecordConflict,
            (_, Some((_, RecordRefused::Unsigned))) if is_known => AlertCode::RecordDropped,
            _ if is_known => AlertCode::RecordReplaced,
            _ => AlertCode::RecordRefused,
        };
        let found = match result {
            Some(result) => result.found.to_string(),
            None => refused(report, version),
        };
        let details = result.map(|it| format!("{}: {}", it.outcome, it.outcome.meaning()));
        let alert = self
            .alert_of(code, version)
            .expecting(known_side(chain, version), Some(found))
            .with_details(details.into_iter().collect());
        self.alerts.push(alert);
    }

    fn alert_of(&self, code: AlertCode, version: u32) -> Alert {
        let name = RecordName {
            author: self.author.clone(),
            version,
        };
        self.alert(code, &name.path())
    }
}

/// Describes why a version is no signed record.
fn refused(report: &Report<RecordRefused>, version: u32) -> String {
    let why = report.refused.iter().find(|(of, _)| *of == version);
    why.map_or_else(String::new, |(_, why)| why.to_string())
}

/// Describes the known record of a version, or else the signers of the version before.
fn known_side(chain: &RecordChain, version: u32) -> Option<String> {
    if let Some(known) = chain.get(version) {
        return Some(RecordSummary::from(known).to_string());
    }
    let before = chain.get(version.checked_sub(1)?)?;
    let signers = before.record().identities().iter();
    let signers: Vec<_> = signers.map(ToString::to_string).collect();
    Some(format!(
        "a record signed by an identity of version {}: {}",
        version - 1,
        signers.join(", ")
    ))
}
