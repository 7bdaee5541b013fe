//! An uploaded bundle, of a release or of a record.

use cpan_sigstore_core::{
    digest::Sha256Digest,
    finding::Finding,
    identity::{SignerIdentity, StableIdentity},
    release::ReleasePath,
    verdict::Verdict,
};
use cpan_sigstore_cpan::{CpanError, FetchedArchive, FetchedRelease};
use cpan_sigstore_files::HashingWriter;
use cpan_sigstore_keyless::{
    bundle::{StrictBundle, VerificationFailure},
    verify::VerifiedSignature,
};
use cpan_sigstore_records::{
    chain::{ChainContext, RecordChain},
    record::{RecordFile, RecordName},
};
use jiff::Timestamp;

use super::{
    ServerGate, ServerGateError, UploadAnswer, UploadReason, UploadedFile, author::AuthorState,
    candidate, record,
};
use crate::{ArchiveFile, evidence::Signature};

impl ServerGate<'_> {
    /// Answers about the bundle of a release. It has to be valid over the published archive, and by an authorized
    /// signer. Without an archive it waits for it.
    pub(super) async fn bundle(
        &self,
        path: &ReleasePath,
        file: &UploadedFile,
        state: &AuthorState,
        now: Timestamp,
    ) -> Result<UploadAnswer, ServerGateError> {
        if let Err(refused) = StrictBundle::parse(file.bytes()) {
            return Ok(invalid(&refused));
        }
        let into = tempfile::tempfile()
            .and_then(HashingWriter::new)
            .map_err(ServerGateError::Temporary)?;
        let no_records = async { Ok::<_, CpanError>(()) };
        let fetched = self
            .tree
            .fetch_release(path, no_records, &Default::default(), into)
            .await?;
        let Some(FetchedRelease {
            archive: FetchedArchive::Written { file: archive, .. },
            bundle: published,
            ..
        }) = fetched
        else {
            let published = self.tree.bundle(path).await?;
            if published.as_deref() == Some(file.bytes()) {
                return Ok(UploadAnswer::accept(UploadReason::Unchanged));
            }
            return Ok(self.awaits_archive(file.bytes(), published.as_deref(), state));
        };
        if published.as_deref() == Some(file.bytes()) {
            return Ok(UploadAnswer::accept(UploadReason::Unchanged));
        }
        let archive = ArchiveFile::Hashed(&archive);
        let release = candidate(path, archive, Some(file.bytes()));
        let verdict = self.judge(release, state, now).await?;
        if verdict.finding == Finding::Unavailable {
            // One that cannot be verified replaces nothing, and an author's record decides about every signer.
            let matters = state.has_record() || state.undetermined.is_some() || published.is_some();
            return Ok(match matters {
                true => UploadAnswer::by(verdict),
                false => UploadAnswer::accept(UploadReason::NotRequired).with(verdict),
            });
        }
        if !proves_signer(&verdict) {
            return Ok(UploadAnswer::by(verdict));
        }
        let Some(published) = published.filter(|_| !state.has_record()) else {
            return Ok(UploadAnswer::accept(UploadReason::Signed).with(verdict));
        };
        // Nothing says whose signature it has to be, so that the valid one that is there is kept.
        let before = candidate(path, archive, Some(&published));
        let before = self.judge(before, state, now).await?;
        Ok(match other_signer(&before, &verdict) {
            Some((expected, found)) => UploadAnswer {
                signer: verdict.signer,
                ..UploadAnswer::reject(UploadReason::OtherSigner, Finding::IdentityChanged)
                    .found(expected, found)
            },
            None => UploadAnswer::accept(UploadReason::Signed).with(verdict),
        })
    }

    /// Answers about the bundle of an archive that is not published. It has to be valid over the digest that it states,
    /// and an author's record decides about its signer already. So nobody else's bundle takes the author's place.
    fn awaits_archive(
        &self,
        bundle: &[u8],
        published: Option<&[u8]>,
        state: &AuthorState,
    ) -> UploadAnswer {
        let verified = match self.signer_by_itself(bundle) {
            Ok(verified) => verified,
            Err(answer) => return *answer,
        };
        let signer = verified.signer();
        let refused = if state.has_record() {
            let is_authorized = state.authorizes(signer, &verified.times());
            (!is_authorized).then(|| {
                let expected = format!("an authorized signer by {}", name(&state.chain));
                UploadAnswer::reject(UploadReason::Denied, Finding::IdentityMismatch)
                    .found(expected, signer.to_string())
            })
        } else {
            let before = published.and_then(|before| self.other_waiting_signer(before, signer));
            before.map(|before| {
                UploadAnswer::reject(UploadReason::OtherSigner, Finding::IdentityChanged)
                    .found(before.to_string(), signer.to_string())
            })
        };
        UploadAnswer {
            signer: Some(signer.clone()),
            ..refused.unwrap_or_else(|| UploadAnswer::accept(UploadReason::AwaitsArchive))
        }
    }

    /// Answers about the bundle of a record that is not published. It has to be valid over the digest that it states.
    /// A recovery key may authorize another signer of a record, so that any signer may wait. Only an authorized signer
    /// replaces an authorized one.
    fn awaits_record(
        &self,
        bundle: &[u8],
        published: Option<&[u8]>,
        state: &AuthorState,
    ) -> UploadAnswer {
        let verified = match self.signer_by_itself(bundle) {
            Ok(verified) => verified,
            Err(answer) => return *answer,
        };
        let signer = verified.signer().clone();
        let is_authorized = |bundle: &VerifiedSignature| {
            state.has_record() && state.authorizes(bundle.signer(), &bundle.times())
        };
        let before = published.and_then(|before| self.signer_by_itself(before).ok());
        let answer = match before.filter(is_authorized) {
            Some(before) if !is_authorized(&verified) => {
                UploadAnswer::reject(UploadReason::OtherSigner, Finding::IdentityChanged)
                    .found(before.signer().to_string(), signer.to_string())
            }
            _ => UploadAnswer::accept(UploadReason::AwaitsRecord),
        };
        UploadAnswer {
            signer: Some(signer),
            ..answer
        }
    }

    /// Returns the valid signature of a bundle that waits for its file; else the answer about the bundle.
    fn signer_by_itself(&self, bundle: &[u8]) -> Result<VerifiedSignature, Box<UploadAnswer>> {
        let answer = match self.verified_by_itself(bundle) {
            Signature::Verified(verified) => return Ok(*verified),
            Signature::Invalid(refused) => invalid(&refused),
            Signature::Undetermined(found) => UploadAnswer {
                found: Some(found),
                ..UploadAnswer::later(UploadReason::Undetermined)
            },
            Signature::Absent => UploadAnswer::later(UploadReason::Undetermined),
        };
        Err(Box::new(answer))
    }

    /// Returns the signer of a bundle that waits for its archive, if it is another one.
    fn other_waiting_signer(
        &self,
        published: &[u8],
        signer: &SignerIdentity,
    ) -> Option<SignerIdentity> {
        let Signature::Verified(before) = self.verified_by_itself(published) else {
            return None;
        };
        (!is_same_signer(before.signer(), signer)).then(|| before.signer().clone())
    }

    /// Verifies a bundle over the digest that it states itself.
    fn verified_by_itself(&self, bundle: &[u8]) -> Signature {
        let digests = match StrictBundle::parse(bundle) {
            Ok(bundle) => bundle.signed_digests(),
            Err(refused) => return Signature::Invalid(refused),
        };
        let digest = digests.first().copied();
        self.gate
            .verify_bundle(digest.unwrap_or(Sha256Digest::new([0; 32])), bundle)
    }

    /// Answers about the bundle of a record: the record with it has to continue the chain before the record.
    pub(super) async fn record_bundle(
        &self,
        name: &RecordName,
        file: &UploadedFile,
        state: &AuthorState,
        now: Timestamp,
    ) -> Result<UploadAnswer, ServerGateError> {
        if let Err(refused) = StrictBundle::parse(file.bytes()) {
            return Ok(invalid(&refused));
        }
        let (record, published) = self.published_record(name).await?;
        if published.as_deref() == Some(file.bytes()) {
            return Ok(UploadAnswer::accept(UploadReason::Unchanged));
        }
        let Some(json) = record else {
            return Ok(self.awaits_record(file.bytes(), published.as_deref(), state));
        };
        let record = RecordFile {
            version: name.version,
            json,
            bundle: Some(file.bytes().to_vec()),
        };
        let context = ChainContext {
            now,
            overrides: &state.overrides,
        };
        let Some(before) = chain_before(&state.chain, name.version) else {
            return Ok(UploadAnswer::later(UploadReason::AwaitsVersion));
        };
        Ok(record::answer(&record, before, context, self.gate))
    }
}

/// Returns the accepted records before a version; `None` if one of them is missing.
fn chain_before(chain: &RecordChain, version: u32) -> Option<RecordChain> {
    let before = usize::try_from(version).ok()?.checked_sub(1)?;
    let records = chain.records().get(..before)?.to_vec();
    RecordChain::restored(chain.author().clone(), records)
}

/// Whether the bundle is valid and by somebody who may sign. Findings about the archive say nothing about its bundle.
fn proves_signer(verdict: &Verdict) -> bool {
    let is_about_archive = matches!(
        verdict.finding,
        Finding::NameMismatch | Finding::ArchiveHostile | Finding::NameUnchecked
    );
    verdict.signer.is_some() && (verdict.admits() || is_about_archive)
}

/// Returns the signers of two bundles if both are valid and differ.
fn other_signer(before: &Verdict, after: &Verdict) -> Option<(String, String)> {
    let (one, other) = (before.signer.as_ref()?, after.signer.as_ref()?);
    let differs = proves_signer(before) && !is_same_signer(one, other);
    differs.then(|| (one.to_string(), other.to_string()))
}

fn is_same_signer(before: &SignerIdentity, after: &SignerIdentity) -> bool {
    StableIdentity::from(before).is_signer(&StableIdentity::from(after))
}

fn name(chain: &RecordChain) -> String {
    format!(
        "version {} of the record of {}",
        chain.version(),
        chain.author()
    )
}

pub(super) fn invalid(refused: &VerificationFailure) -> UploadAnswer {
    let finding = Finding::SignatureInvalid(refused.cause);
    UploadAnswer::reject(UploadReason::Denied, finding)
        .found(refused.cause.expected(), refused.found.clone())
}
