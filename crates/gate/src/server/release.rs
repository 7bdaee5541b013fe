//! An uploaded archive.

use std::fs::File;

use cpan_sigstore_archive::{Defect, DefectReport, Destination, Preflight, Severity, preflight};
use cpan_sigstore_core::{
    finding::Finding,
    release::ReleasePath,
    verdict::{BindingSource, Verdict},
};
use jiff::Timestamp;

use super::{
    ServerGate, ServerGateError, UploadAnswer, UploadReason, UploadedFile, author::AuthorState,
    candidate,
};
use crate::ArchiveFile;

/// Answers about an archive whose name is no release's: nobody can verify it, so an author who signs everything cannot
/// publish it.
pub(super) fn odd(name: &str, state: &AuthorState) -> UploadAnswer {
    if !state.required {
        return UploadAnswer::accept(UploadReason::NotRequired);
    }
    UploadAnswer::reject(UploadReason::Name, Finding::NameMismatch).found(
        "the name of a release, such as Foo-Bar-1.02.tar.gz",
        name.to_owned(),
    )
}

impl ServerGate<'_> {
    /// Answers about an archive. It is accepted unless the author's record requires signatures.
    pub(super) async fn release(
        &self,
        path: &ReleasePath,
        file: &UploadedFile,
        state: &AuthorState,
        now: Timestamp,
    ) -> Result<UploadAnswer, ServerGateError> {
        let bundle = self.tree.bundle(path).await?;
        if bundle.is_none() && !state.required {
            let verdict = Verdict::new(
                Finding::Unsigned,
                cpan_sigstore_core::decision::Decision::Allow,
            );
            return Ok(UploadAnswer::accept(UploadReason::NotRequired).with(verdict));
        }
        let archive = ArchiveFile::Unhashed(file.path());
        let release = candidate(path, archive, bundle.as_deref());
        let verdict = self.judge(release, state, now).await?;
        same_bytes(file, &verdict)?;
        if !state.required {
            let reason = match is_signed(&verdict) {
                true => UploadReason::Signed,
                false => UploadReason::NotRequired,
            };
            return Ok(UploadAnswer::accept(reason).with(verdict));
        }
        let awaited = bundle.is_none();
        let verdict = self
            .gate
            .await_bundle(path, Some(now), verdict, now)
            .await?;
        if verdict.admits() && !is_bound(&verdict) {
            // The record itself could not be verified: nothing says whose signature this has to be.
            return Ok(undetermined(state, verdict));
        }
        if verdict.admits() && verdict.finding != Finding::Trusted {
            // An author who requires signatures admits no warnings: an old signed archive could return under a new name.
            let finding = verdict.finding;
            return Ok(UploadAnswer::reject(UploadReason::Denied, finding).with(verdict));
        }
        if verdict.admits()
            && let Some(defect) = self.defect(path, file).await?
        {
            return Ok(UploadAnswer {
                signer: verdict.signer,
                ..UploadAnswer::would_be_changed(&defect)
            });
        }
        let answer = UploadAnswer::by(verdict);
        Ok(
            match awaited && answer.finding == Some(Finding::Unavailable) {
                true => UploadAnswer {
                    reason: UploadReason::AwaitsBundle,
                    ..answer
                },
                false => answer,
            },
        )
    }

    /// Returns the defect for which PAUSE would change the archive, so that its signature would prove nothing.
    async fn defect(
        &self,
        path: &ReleasePath,
        file: &UploadedFile,
    ) -> Result<Option<DefectReport>, ServerGateError> {
        let (place, name) = (file.path().to_owned(), path.name.to_string());
        // Reading would block the other tasks of this thread.
        let inspected = tokio::task::spawn_blocking(move || {
            preflight(&mut File::open(&place)?, &name, &Destination::default())
        });
        let inspected = inspected
            .await
            .map_err(|error| ServerGateError::Stopped(error.to_string()))?;
        let Preflight {
            digest, defects, ..
        } = inspected.map_err(|source| ServerGateError::Upload {
            path: file.path().to_owned(),
            source,
        })?;
        if digest != file.digest() {
            return Err(ServerGateError::Changed {
                expected: file.digest(),
                found: digest,
            });
        }
        Ok(defects.into_iter().find(|defect| {
            let changes = matches!(defect.code, Defect::WorldWritable | Defect::TrailingBytes);
            changes && defect.severity == Severity::Error
        }))
    }
}

fn same_bytes(file: &UploadedFile, verdict: &Verdict) -> Result<(), ServerGateError> {
    match verdict.digest {
        Some(found) if found != file.digest() => Err(ServerGateError::Changed {
            expected: file.digest(),
            found,
        }),
        _ => Ok(()),
    }
}

fn is_signed(verdict: &Verdict) -> bool {
    verdict.admits() && verdict.signer.is_some()
}

/// Whether the author's record, or the server's policy, decided about the signer.
fn is_bound(verdict: &Verdict) -> bool {
    verdict.signer.is_some()
        && matches!(
            verdict.binding,
            Some(BindingSource::Record | BindingSource::Pin)
        )
}

fn undetermined(state: &AuthorState, verdict: Verdict) -> UploadAnswer {
    let found = state.undetermined.clone();
    let answer = UploadAnswer::later(UploadReason::Undetermined);
    UploadAnswer {
        signer: verdict.signer,
        found: found.or(verdict.found),
        ..answer
    }
}
