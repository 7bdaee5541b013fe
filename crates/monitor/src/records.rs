//! What has changed of an author's records, by the rules of succession.

use cpan_sigstore_core::{digest::Sha256Digest, release::PauseId};
use cpan_sigstore_cpan::{Cpan, CpanError};
use cpan_sigstore_gate::{
    RecordFile, RecordRefused,
    records::{RECORDS_LIMIT, verify},
};
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_records::{
    chain::{History, Outcome, Side, SignedRecord, Terms},
    record::{RecordName, difference},
};

use super::{
    Alert, AlertCode, Look,
    state::{AuthorState, FoundRecord, RecordsState},
};

/// The records in an author's directory: the known versions, and what follows on them. Nothing of them is
/// believed.
pub(super) async fn files(
    cpan: &Cpan,
    author: &PauseId,
    known: &RecordsState,
) -> Result<Vec<RecordFile>, CpanError> {
    let newest = newest(known);
    let mut files = Vec::new();
    // Of those that are known the latest; one that was dropped does not hide those after it.
    for version in oldest_asked(newest)..=newest {
        files.extend(cpan.author_record(author, version).await?);
    }
    files.extend(cpan.author_records(author, newest + 1).await?);
    Ok(files)
}

/// The newest version that is known or was found.
fn newest(known: &RecordsState) -> u32 {
    let found = known.found.keys().next_back().copied().unwrap_or(0);
    found.max(known.chain.last().map_or(0, |kept| kept.version))
}

/// The oldest version that is asked for.
fn oldest_asked(newest: u32) -> u32 {
    let limit = u32::try_from(RECORDS_LIMIT).unwrap_or(u32::MAX);
    newest.saturating_sub(limit).max(1)
}

/// A record that was found, and what there is to say of it.
struct Found<'a> {
    file: &'a RecordFile,
    signed: Result<SignedRecord, RecordRefused>,
    /// It was not there before, or not like this.
    is_news: bool,
}

impl Look<'_> {
    /// Looks at all records that were found. What is known stands, and is verified anew each time; where
    /// nothing is, what the gate remembered before stands.
    pub(super) fn records(
        &mut self,
        state: &mut AuthorState,
        files: &[RecordFile],
        remembered: History,
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
        let Some(mut history) = self.history(verifier, &state.records, remembered) else {
            let reason = "expected the known author records to verify as before, found that they do not: the trust material is another";
            self.untold(&self.author.directory(), reason);
            return;
        };
        let found: Vec<_> = files
            .iter()
            .map(|file| Found {
                signed: verify(verifier, file),
                is_news: state.records.found.get(&file.version) != Some(&seen(file)),
                file,
            })
            .collect();
        if self.is_unconnected(state, &history, &found) {
            self.unconnected(state, &found);
        } else {
            for record in &found {
                self.record(&mut history, &mut state.records, record);
            }
        }
        let now = files.iter().map(|file| (file.version, seen(file)));
        state.records.found.extend(now);
    }

    /// Tells what was there and is not.
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

    /// The known records; `None` where they do not verify any more.
    fn history(
        &self,
        verifier: &Verifier,
        known: &RecordsState,
        remembered: History,
    ) -> Option<History> {
        if known.chain.is_empty() {
            return Some(remembered);
        }
        let mut chain = Vec::new();
        for kept in &known.chain {
            chain.push(verify(verifier, &kept.file()).ok()?);
        }
        History::restored(self.author.clone(), chain)
    }

    /// Whether the first records that are found are of somebody else than who signed the releases.
    fn is_unconnected(&self, state: &AuthorState, known: &History, found: &[Found<'_>]) -> bool {
        if known.tip().is_some() || state.signers.is_empty() || self.is_by_record {
            return false;
        }
        let mut history = known.clone();
        let signed = found.iter().filter_map(|one| one.signed.as_ref().ok());
        history.learn_all(signed.cloned().collect(), Terms::at(self.now()));
        let agreed = history.has_signer(|signer| state.signers.contains(&signer.to_string()));
        history.tip().is_some() && !agreed
    }

    fn unconnected(&mut self, state: &AuthorState, found: &[Found<'_>]) {
        let signers: Vec<_> = state.signers.iter().map(String::as_str).collect();
        let expected = format!(
            "one of the first records signed by who signed the releases: {}",
            signers.join(", ")
        );
        for record in found.iter().filter(|record| record.is_news) {
            let by = match &record.signed {
                Ok(signed) => Side::from(signed).to_string(),
                Err(refused) => refused.to_string(),
            };
            let alert = self.alert_of(AlertCode::RecordConflict, record.file.version);
            let alert = alert.expecting(Some(expected.clone()), Some(by));
            self.alerts.push(alert);
        }
    }

    fn record(&mut self, history: &mut History, known: &mut RecordsState, record: &Found<'_>) {
        let version = record.file.version;
        let mut chain = history.chain().iter();
        let is_known = chain.any(|signed| signed.record().version() == version);
        let expected = known_side(history, version);
        let signed = match &record.signed {
            Ok(signed) => signed,
            Err(refused) => {
                if record.is_news {
                    let code = match (refused, is_known) {
                        (RecordRefused::Unsigned, true) => AlertCode::RecordDropped,
                        (_, true) => AlertCode::RecordReplaced,
                        (_, false) => AlertCode::RecordRefused,
                    };
                    let alert = self.alert_of(code, version);
                    let found = Some(refused.to_string());
                    self.alerts.push(alert.expecting(expected, found));
                }
                return;
            }
        };
        let before = history.tip().map(|tip| tip.record().clone());
        let learned = history.learn(signed.clone(), Terms::at(self.now()));
        let Some(first) = learned.first() else {
            return;
        };
        let code = match first.outcome {
            Outcome::Known => return known.keep(record.file),
            Outcome::Accepted => {
                known.keep(record.file);
                if !self.is_first {
                    let changes = difference(before.as_ref(), signed.record());
                    let changes = changes.iter().map(ToString::to_string).collect();
                    let found = Some(first.found.to_string());
                    let alert = self.alert_of(AlertCode::RecordAdded, version);
                    self.alerts
                        .push(alert.expecting(None, found).with_details(changes));
                }
                return;
            }
            outcome if outcome.is_conflict() => AlertCode::RecordConflict,
            _ if is_known => AlertCode::RecordReplaced,
            _ => AlertCode::RecordRefused,
        };
        if record.is_news {
            let alert = self.alert_of(code, version);
            let details = vec![format!("{}: {}", first.outcome, first.outcome.meaning())];
            let found = Some(first.found.to_string());
            self.alerts
                .push(alert.expecting(expected, found).with_details(details));
        }
    }

    fn alert_of(&self, code: AlertCode, version: u32) -> Alert {
        let name = RecordName {
            author: self.author.clone(),
            version,
        };
        self.alert(code, &name.path())
    }
}

/// What is known in the place of a version, or what it would have to follow on.
fn known_side(history: &History, version: u32) -> Option<String> {
    let chain = history.chain();
    let of = |version: u32| chain.iter().find(|it| it.record().version() == version);
    if let Some(known) = of(version) {
        return Some(Side::from(known).to_string());
    }
    let before = of(version.checked_sub(1)?)?;
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
