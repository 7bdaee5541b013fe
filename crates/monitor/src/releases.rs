//! What has changed of an author's releases.

use cpan_sigstore_core::{
    digest::Sha256Digest,
    finding::Finding,
    release::ReleasePath,
    verdict::{BindingSource, Verdict},
};
use cpan_sigstore_cpan::path::BUNDLE_SUFFIX;
use cpan_sigstore_cpan::{CpanError, FetchedArchive, FetchedRelease};
use cpan_sigstore_files::HashingWriter;
use cpan_sigstore_gate::{ArchiveFile, Candidate, RecordFile};
use cpan_sigstore_http::Validators;
use cpan_sigstore_records::record::{AuthorRecord, Releases};

use super::{
    AlertCode, Look, Severity, WatchError,
    listing::{Listed, Listing},
    state::{AuthorState, ReleaseState},
};

/// Most different signers of one author that are remembered.
const SIGNERS_LIMIT: usize = 256;

/// A release as it was looked at.
struct Looked {
    archive: Sha256Digest,
    bundle: Option<Sha256Digest>,
    verdict: Verdict,
}

/// What a look at a release came to.
enum Outcome {
    /// It was judged.
    Judged(Box<Looked>),
    /// CHECKSUMS still list it, and it is gone.
    Gone,
    /// It could not be told; that was said.
    Untold,
}

impl Look<'_> {
    /// Looks at what is new and at what has changed; an archive is fetched only then.
    pub(super) async fn releases(
        &mut self,
        state: &mut AuthorState,
        listing: &Listing,
        records: &[RecordFile],
    ) -> Result<(), WatchError> {
        // Releases are deleted all the time, and what is not there installs nobody.
        state
            .releases
            .retain(|path, _| listing.releases.contains_key(path));
        let all_signed = says_all_are_signed(records);
        for (path, listed) in &listing.releases {
            match state.releases.get(path) {
                None if self.is_first && listed.bundle.is_none() && !all_signed => {
                    // The starting point, at which nobody could tell what should have been signed.
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

    /// Whether there are other files than were seen. Bundles are small, and are fetched to tell; so is no
    /// archive.
    async fn has_changed(&mut self, listed: &Listed, before: &ReleaseState) -> bool {
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
        // CHECKSUMS may not know yet, or say what is not so.
        let is_due = self.call.is_whole && before.bundle.is_some();
        if is_as_stated && !is_due && !self.is_named(&bundle) {
            return false;
        }
        match self.watcher.cpan.bundle(&listed.path).await {
            Ok(found) => found.as_deref().map(Sha256Digest::of) != before.bundle,
            Err(error) => {
                self.untold(&bundle, error);
                false
            }
        }
    }

    async fn release(
        &mut self,
        state: &mut AuthorState,
        listed: &Listed,
        before: Option<ReleaseState>,
        records: &[RecordFile],
    ) -> Result<(), WatchError> {
        let path = listed.path.to_string();
        let looked = match self.judged(&listed.path, records).await? {
            Outcome::Judged(looked) => looked,
            Outcome::Gone => {
                state.releases.remove(&path);
                return Ok(());
            }
            Outcome::Untold => return Ok(()),
        };
        let Looked {
            archive,
            bundle,
            verdict,
        } = *looked;
        self.is_by_record |= verdict.binding == Some(BindingSource::Record) && is_good(&verdict);
        let code = self.code(state, before.as_ref(), archive, bundle, &verdict);
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

    /// What has to be told of a release that is new, or has changed.
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
            .watcher
            .cpan
            .fetch_release(
                path,
                std::future::ready(Ok::<_, CpanError>(())),
                &Validators::default(),
                into,
            )
            .await;
        let (bundle, archive) = match fetched {
            Ok(Some(FetchedRelease {
                bundle,
                archive: FetchedArchive::Written { file, .. },
                ..
            })) => (bundle, file),
            // Without a condition nothing is unchanged.
            Ok(_) => return Ok(Outcome::Gone),
            Err(error) => {
                self.untold(&name, error);
                return Ok(Outcome::Untold);
            }
        };
        let candidate = Candidate {
            path,
            archive: ArchiveFile::Hashed(&archive),
            bundle: bundle.as_deref(),
            records,
        };
        let verdict = self.watcher.gate.admit(&candidate, self.now()).await?;
        let is_untold = matches!(verdict.finding, Finding::Unavailable | Finding::IndexStale);
        if is_untold && !verdict.admits() {
            self.untold(&name, &verdict);
            return Ok(Outcome::Untold);
        }
        Ok(Outcome::Judged(Box::new(Looked {
            archive: archive.digest(),
            bundle: bundle.as_deref().map(Sha256Digest::of),
            verdict,
        })))
    }

    /// Whether RECENT says that something has happened to this very file.
    fn is_named(&self, path: &str) -> bool {
        self.call.named.contains_key(path)
    }
}

/// Whether it is the author's signature, as far as anybody can tell.
fn is_good(verdict: &Verdict) -> bool {
    verdict.signer.is_some() && verdict.admits() && AlertCode::of_finding(verdict.finding).is_none()
}

fn says_all_are_signed(records: &[RecordFile]) -> bool {
    records.iter().any(|file| {
        AuthorRecord::parse(&file.json).is_ok_and(|record| record.releases() == Releases::Signed)
    })
}
