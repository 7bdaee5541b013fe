//! The changes of an author's releases.

use cpan_sigstore_core::{
    digest::Sha256Digest,
    finding::Finding,
    release::ReleasePath,
    verdict::{BindingSource, Verdict},
};
use cpan_sigstore_cpan::path::BUNDLE_SUFFIX;
use cpan_sigstore_cpan::{CpanError, FetchedArchive, FetchedRelease, published};
use cpan_sigstore_files::HashingWriter;
use cpan_sigstore_gate::{ArchiveFile, Candidate, IndexStanding, RecordFile};
use cpan_sigstore_http::Validators;
use cpan_sigstore_records::record::{AuthorRecord, Releases};
use jiff::Timestamp;

use super::{
    AlertCode, Severity, WatchError,
    check::AuthorCheck,
    listing::{ListedRelease, Listing},
    state::{AuthorState, ReleaseState},
};

/// Most different signers of one author in the state.
const SIGNERS_LIMIT: usize = 256;

/// A release that the gate judged.
struct Judged {
    archive: Sha256Digest,
    bundle: Option<Sha256Digest>,
    /// The date of publication that the CPAN states.
    published: Option<Timestamp>,
    verdict: Verdict,
}

/// The outcome of fetching and judging a release.
enum Outcome {
    /// The gate judged it.
    Judged(Box<Judged>),
    /// CHECKSUMS list it, and it is gone.
    Gone,
    /// It could not be determined, which is reported.
    Undetermined,
}

impl AuthorCheck<'_> {
    /// Checks new and changed releases. Only their archives are fetched.
    pub(super) async fn releases(
        &mut self,
        state: &mut AuthorState,
        listing: &Listing,
        records: &[RecordFile],
    ) -> Result<(), WatchError> {
        // Authors delete releases all the time, and nobody can install a deleted one.
        state
            .releases
            .retain(|path, _| listing.releases.contains_key(path));
        let all_signed = states_all_signed(records);
        for (path, listed) in &listing.releases {
            match state.releases.get(path) {
                None if self.is_first && listed.bundle.is_none() && !all_signed => {
                    // The baseline: nothing states yet that this release should have been signed.
                    let unsigned = ReleaseState {
                        stated: listed.stated,
                        archive: None,
                        bundle: None,
                        alarmed: false,
                    };
                    state.releases.insert(path.clone(), unsigned);
                }
                None => self.release(state, listed, None, records).await?,
                Some(before) => {
                    let before = before.clone();
                    if self.has_changed(listed, &before).await {
                        self.release(state, listed, Some(before), records).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Returns whether files differ from the known ones. This fetches bundles, which are small, and no archive.
    async fn has_changed(&mut self, listed: &ListedRelease, before: &ReleaseState) -> bool {
        let path = listed.path.to_string();
        if listed.stated != before.stated || self.is_named(&path) {
            return true;
        }
        let bundle = format!("{path}{BUNDLE_SUFFIX}");
        let is_as_stated = match (listed.bundle, before.bundle) {
            (None, None) => true,
            (Some(stated), Some(seen)) => stated == Some(seen),
            _ => false,
        };
        // CHECKSUMS may be late, or wrong.
        let is_due = self.scan.is_whole && before.bundle.is_some();
        if is_as_stated && !is_due && !self.is_named(&bundle) {
            return false;
        }
        match self.monitor.cpan.bundle(&listed.path).await {
            Ok(found) => found.as_deref().map(Sha256Digest::of) != before.bundle,
            Err(error) => {
                self.unread(&bundle, &error);
                false
            }
        }
    }

    async fn release(
        &mut self,
        state: &mut AuthorState,
        listed: &ListedRelease,
        before: Option<ReleaseState>,
        records: &[RecordFile],
    ) -> Result<(), WatchError> {
        let path = listed.path.to_string();
        let judged = match self.judged(&listed.path, records).await? {
            Outcome::Judged(judged) => judged,
            Outcome::Gone => {
                state.releases.remove(&path);
                return Ok(());
            }
            Outcome::Undetermined => return Ok(()),
        };
        let Judged {
            archive,
            bundle,
            published,
            verdict,
        } = *judged;
        self.is_by_record |= verdict.binding == Some(BindingSource::Record) && is_good(&verdict);
        let code = self.code(state, before.as_ref(), archive, bundle, &verdict);
        if code == Some(AlertCode::UnsignedRelease) && self.awaits(&listed.path, published).await? {
            return Ok(());
        }
        let was_alarmed = before.as_ref().is_some_and(|before| before.alarmed);
        let is_same = before
            .as_ref()
            .is_some_and(|before| before.archive == Some(archive) && before.bundle == bundle);
        if let Some(code) = code.filter(|_| !is_same) {
            let mut details = verdict
                .reasons
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>();
            details.extend(verdict.cause.map(|cause| cause.to_string()));
            let pin = path.parse().ok().and_then(|path| verdict.pin(&path));
            details.extend(
                pin.map(|line| format!("the first line of a policy.toml that admits it: {line}")),
            );
            let mut alert = self
                .alert(code, &path)
                .expecting(verdict.expected.clone(), verdict.found.clone())
                .with_details(details);
            alert.finding = Some(verdict.finding.code().to_owned());
            self.alerts.push(alert);
        }
        if let Some(signer) = verdict.signer.as_ref().filter(|_| is_good(&verdict))
            && state.signers.len() < SIGNERS_LIMIT
        {
            state.signers.insert(signer.to_string());
        }
        let is_alarm = code.is_some_and(|code| code.severity() == Severity::Alarm);
        let seen = ReleaseState {
            stated: listed.stated,
            archive: Some(archive),
            bundle,
            alarmed: is_alarm || (is_same && was_alarmed),
        };
        state.releases.insert(path, seen);
        Ok(())
    }

    /// Returns the alert for a release that is new or has changed.
    fn code(
        &self,
        state: &AuthorState,
        before: Option<&ReleaseState>,
        archive: Sha256Digest,
        bundle: Option<Sha256Digest>,
        verdict: &Verdict,
    ) -> Option<AlertCode> {
        let is_good = is_good(verdict);
        let seen = before.and_then(|before| before.archive.or(before.stated));
        if seen.is_some_and(|seen| seen != archive) {
            return Some(AlertCode::ArchiveReplaced);
        }
        match (before.and_then(|before| before.bundle), bundle) {
            (Some(_), None) => return Some(AlertCode::BundleDropped),
            (Some(before), Some(now)) if before != now && is_good => {
                return Some(AlertCode::BundleRenewed);
            }
            (Some(before), Some(now)) if before != now => return Some(AlertCode::BundleReplaced),
            _ => {}
        }
        if let Some(code) = AlertCode::of_finding(verdict.finding) {
            return Some(code);
        }
        match bundle {
            None if verdict.finding == Finding::Unsigned && state.signs() => {
                Some(AlertCode::UnsignedRelease)
            }
            Some(_) if before.is_some_and(|before| before.alarmed) => {
                Some(AlertCode::SignedBelatedly)
            }
            Some(_) if is_good && !self.is_first && !state.signs() => {
                Some(AlertCode::FirstSignature)
            }
            _ => None,
        }
    }

    async fn judged(
        &mut self,
        path: &ReleasePath,
        records: &[RecordFile],
    ) -> Result<Outcome, WatchError> {
        let name = path.to_string();
        let into = tempfile::tempfile()
            .and_then(HashingWriter::new)
            .map_err(WatchError::Temporary)?;
        let fetched = self
            .monitor
            .cpan
            .fetch_release(
                path,
                std::future::ready(Ok::<_, CpanError>(())),
                &Validators::default(),
                into,
            )
            .await;
        let (bundle, archive, published) = match fetched {
            Ok(Some(FetchedRelease {
                bundle,
                archive: FetchedArchive::Written { file, validators },
                ..
            })) => (bundle, file, published(&validators)),
            // Without a condition nothing is unchanged.
            Ok(_) => return Ok(Outcome::Gone),
            Err(error) => {
                self.unread(&name, &error);
                return Ok(Outcome::Undetermined);
            }
        };
        let candidate = Candidate {
            path,
            archive: ArchiveFile::Hashed(&archive),
            bundle: bundle.as_deref(),
            records,
            // A watch goes by paths, and by no package index.
            packages: &[],
            permissions: None,
            index: IndexStanding::Unlogged,
            log_proof: None,
        };
        let verdict = self.monitor.gate.admit(&candidate, self.now()).await?;
        let is_undetermined = matches!(verdict.finding, Finding::Unavailable | Finding::IndexStale);
        if is_undetermined && !verdict.admits() {
            self.undetermined(&name, &verdict);
            return Ok(Outcome::Undetermined);
        }
        Ok(Outcome::Judged(Box::new(Judged {
            archive: archive.digest(),
            bundle: bundle.as_deref().map(Sha256Digest::of),
            published,
            verdict,
        })))
    }

    /// Returns whether a release has no bundle yet and may get one. It stays unknown, so that the next check judges it.
    async fn awaits(
        &mut self,
        path: &ReleasePath,
        published: Option<Timestamp>,
    ) -> Result<bool, WatchError> {
        let gate = self.monitor.gate;
        let Some(until) = gate.awaits_bundle(path, published, self.now()).await? else {
            return Ok(false);
        };
        let name = path.to_string();
        self.undetermined(
            &name,
            format!("it has no bundle yet; it is new, and is judged without one from {until} on"),
        );
        self.awaited.insert(name);
        Ok(true)
    }

    /// Returns whether RECENT names this very file.
    fn is_named(&self, path: &str) -> bool {
        self.scan.named.contains_key(path)
    }
}

/// Returns whether the gate found no objection to the signature.
fn is_good(verdict: &Verdict) -> bool {
    verdict.signer.is_some() && verdict.admits() && AlertCode::of_finding(verdict.finding).is_none()
}

fn states_all_signed(records: &[RecordFile]) -> bool {
    records.iter().any(|file| {
        AuthorRecord::parse(&file.json).is_ok_and(|record| record.releases() == Releases::Signed)
    })
}
