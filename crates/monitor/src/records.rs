//! The changes of an author's records, by the rules of succession.

use cpan_sigstore_core::{digest::Sha256Digest, release::PauseId};
use cpan_sigstore_cpan::{Cpan, CpanError};
use cpan_sigstore_gate::{
    RecordFile, RecordRefused,
    records::{RECORDS_LIMIT, extend, verify},
};
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_records::{
    chain::{
        AppendResult, ChainContext, Outcome, RecordChain, RecordSummary, Report, VerifiedRecords,
    },
    record::RecordName,
};

use super::{
    Alert, AlertCode, Look,
    state::{AuthorState, FoundRecord, RecordsState},
};

/// Returns the records in an author's directory: the known versions, and those that follow. They are not
/// verified.
pub(super) async fn files(
    cpan: &Cpan,
    author: &PauseId,
    known: &RecordsState,
) -> Result<Vec<RecordFile>, CpanError> {
    let newest = newest(known);
    let mut files = Vec::new();
    // The latest known versions one by one, so that a dropped one does not hide those after it.
    for version in oldest_asked(newest)..=newest {
        files.extend(cpan.author_record(author, version).await?);
    }
    files.extend(cpan.author_records(author, newest + 1).await?);
    Ok(files)
}

/// Returns the newest version that is known or was found.
fn newest(known: &RecordsState) -> u32 {
    let found = known.found.keys().next_back().copied().unwrap_or(0);
    found.max(known.chain.last().map_or(0, |kept| kept.version))
}

/// Returns the oldest version that the monitor requests.
fn oldest_asked(newest: u32) -> u32 {
    let limit = u32::try_from(RECORDS_LIMIT).unwrap_or(u32::MAX);
    newest.saturating_sub(limit).max(1)
}

impl Look<'_> {
    /// Checks all records that were found. Known records remain in effect, and each check verifies them again.
    /// Without known records, the records that the gate remembers remain in effect.
    pub(super) fn records(
        &mut self,
        state: &mut AuthorState,
        files: &[RecordFile],
        remembered: RecordChain,
        overrides: &[Sha256Digest],
    ) {
        self.dropped(state, files);
        if files.is_empty() {
            return;
        }
        let verifier = match self.watcher.gate.verifier() {
            Ok(verifier) => verifier,
            Err(reason) => {
                let reason = format!("author records cannot be verified: {reason}");
                self.untold(&self.author.directory(), reason);
                return;
            }
        };
        let Some(before) = self.chain(verifier, &state.records, remembered) else {
            let reason = "expected the known author records to verify as before, found that they do not: the trust material is another";
            self.untold(&self.author.directory(), reason);
            return;
        };
        let mut chain = before.clone();
        let context = ChainContext {
            now: self.now(),
            overrides,
        };
        let report = extend(&mut chain, files, verifier, context);
        let is_unconnected = self.is_unconnected(state, &before, &chain);
        for file in files {
            let version = file.version;
            let is_news = state.records.found.get(&version) != Some(&seen(file));
            let result = report.results.iter().find(|it| it.found.version == version);
            if is_unconnected {
                if is_news {
                    let by = match result {
                        Some(result) => result.found.to_string(),
                        None => refused(&report, version),
                    };
                    self.unconnected(state, version, by);
                }
                continue;
            }
            match result.map(|result| result.outcome) {
                Some(Outcome::Known) => state.records.keep(file),
                Some(Outcome::Accepted) => {
                    // An override takes the place of all records from its version on.
                    state.records.forget_from(version);
                    state.records.keep(file);
                }
                _ => {}
            }
            if is_news {
                self.record(&before, &chain, (version, result), &report);
            }
        }
        let now = files.iter().map(|file| (file.version, seen(file)));
        state.records.found.extend(now);
    }

    /// Reports known records that are gone.
    fn dropped(&mut self, state: &mut AuthorState, files: &[RecordFile]) {
        let is_there = |version: u32| files.iter().any(|file| file.version == version);
        let asked = oldest_asked(newest(&state.records));
        let known = &state.records.chain;
        for version in state.records.found.keys() {
            let is_known = known.iter().any(|kept| kept.version == *version);
            if is_known && *version >= asked && !is_there(*version) {
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

    /// Returns the known records; `None` if they do not verify any more.
    fn chain(
        &self,
        verifier: &Verifier,
        known: &RecordsState,
        remembered: RecordChain,
    ) -> Option<RecordChain> {
        if known.chain.is_empty() {
            return Some(remembered);
        }
        let files = known.chain.iter().map(|kept| (kept.version, kept.file()));
        let verified = VerifiedRecords::of(files, |file| verify(verifier, &file));
        let is_whole = verified.refused.is_empty();
        is_whole
            .then(|| RecordChain::restored(self.author.clone(), verified.signed))
            .flatten()
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
            "one of the first records signed by who signed the releases: {}",
            signers.join(", ")
        );
        let alert = self.alert_of(AlertCode::RecordConflict, version);
        self.alerts.push(alert.expecting(Some(expected), Some(by)));
    }

    /// Reports a record that is new or has changed.
    fn record(
        &mut self,
        before: &RecordChain,
        chain: &RecordChain,
        (version, result): (u32, Option<&AppendResult>),
        report: &Report<RecordRefused>,
    ) {
        let is_known = before.get(version).is_some();
        let expected = known_side(chain, version);
        let Some(result) = result else {
            let why = report.refused.iter().find(|(of, _)| *of == version);
            let code = match why {
                Some((_, RecordRefused::Unsigned)) if is_known => AlertCode::RecordDropped,
                _ if is_known => AlertCode::RecordReplaced,
                _ => AlertCode::RecordRefused,
            };
            let found = Some(refused(report, version));
            self.alerts
                .push(self.alert_of(code, version).expecting(expected, found));
            return;
        };
        let found = Some(result.found.to_string());
        let code = match result.outcome {
            Outcome::Known => return,
            Outcome::Accepted if self.is_first => return,
            Outcome::Accepted => {
                let mut versions = chain.versions();
                let changes = versions.find(|(signed, _)| signed.record().version() == version);
                let changes = changes.map(|(_, changes)| changes).unwrap_or_default();
                let changes = changes.iter().map(ToString::to_string).collect();
                let alert = self.alert_of(AlertCode::RecordAdded, version);
                self.alerts
                    .push(alert.expecting(None, found).with_details(changes));
                return;
            }
            outcome if outcome.is_conflict() => AlertCode::RecordConflict,
            _ if is_known => AlertCode::RecordReplaced,
            _ => AlertCode::RecordRefused,
        };
        let details = vec![format!("{}: {}", result.outcome, result.outcome.meaning())];
        let alert = self.alert_of(code, version);
        self.alerts
            .push(alert.expecting(expected, found).with_details(details));
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

fn seen(file: &RecordFile) -> FoundRecord {
    FoundRecord {
        record: Sha256Digest::of(&file.json),
        bundle: file.bundle.as_deref().map(Sha256Digest::of),
    }
}
