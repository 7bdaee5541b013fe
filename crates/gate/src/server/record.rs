//! An uploaded author record.

use cpan_sigstore_core::finding::Finding;
use cpan_sigstore_records::{
    chain::{ChainContext, Outcome, RecordChain},
    record::{RecordFile, RecordName},
};
use jiff::Timestamp;

use super::{
    ServerGate, ServerGateError, UploadAnswer, UploadReason, UploadedFile, author::AuthorState,
    bundle,
};
use crate::{Gate, RecordRefused, records};

/// Answers about a name that is nearly a record's. It would only mislead people.
pub(super) fn odd(name: &str) -> UploadAnswer {
    UploadAnswer::reject(UploadReason::Name, Finding::NameMismatch).found(
        "the name of a record of this author, in the author's own directory",
        name.to_owned(),
    )
}

impl ServerGate<'_> {
    /// Answers about a record: with its published bundle it has to continue the author's chain.
    pub(super) async fn record(
        &self,
        name: &RecordName,
        file: &UploadedFile,
        state: &AuthorState,
        now: Timestamp,
    ) -> Result<UploadAnswer, ServerGateError> {
        let (published, bundle) = self.published_record(name).await?;
        if published.as_deref() == Some(file.bytes()) {
            return Ok(UploadAnswer::accept(UploadReason::Unchanged));
        }
        if bundle.is_none() {
            return Ok(UploadAnswer::later(UploadReason::AwaitsBundle));
        }
        let record = RecordFile {
            version: name.version,
            json: file.bytes().to_vec(),
            bundle,
        };
        let context = ChainContext {
            now,
            overrides: &state.overrides,
        };
        Ok(answer(&record, state.chain.clone(), context, self.gate))
    }
}

/// Answers whether a record continues a chain.
pub(super) fn answer(
    file: &RecordFile,
    mut chain: RecordChain,
    context: ChainContext<'_>,
    gate: &Gate,
) -> UploadAnswer {
    let verifier = match gate.verifier() {
        Ok(verifier) => verifier,
        Err(reason) => {
            return UploadAnswer {
                found: Some(reason.to_owned()),
                ..UploadAnswer::later(UploadReason::Undetermined)
            };
        }
    };
    let signed = match records::verify(verifier, file) {
        Ok(signed) => signed,
        Err(refused) => return refuse(&refused),
    };
    let signer = signed.signer().clone();
    let results = chain.append(signed, context);
    let Some(result) = results.first() else {
        return UploadAnswer::later(UploadReason::Undetermined);
    };
    let outcome = result.outcome;
    let reason = match outcome {
        Outcome::Waiting => UploadReason::AwaitsVersion,
        Outcome::SignedInFuture => UploadReason::Undetermined,
        _ => UploadReason::RecordRefused,
    };
    let answer = match outcome {
        Outcome::Accepted | Outcome::Recovered | Outcome::Known => UploadAnswer {
            finding: Some(Finding::Trusted),
            ..UploadAnswer::accept(UploadReason::Continues)
        },
        Outcome::Waiting | Outcome::SignedInFuture => UploadAnswer::later(reason),
        _ => UploadAnswer::reject(reason, Finding::IdentityMismatch).found(
            "a record that continues the known ones",
            outcome.meaning().to_owned(),
        ),
    };
    UploadAnswer {
        outcome: Some(outcome),
        signer: Some(signer),
        ..answer
    }
}

fn refuse(refused: &RecordRefused) -> UploadAnswer {
    match refused {
        RecordRefused::Unsigned => UploadAnswer::later(UploadReason::AwaitsBundle),
        RecordRefused::Bundle(failure) => UploadAnswer {
            reason: UploadReason::RecordRefused,
            ..bundle::invalid(failure)
        },
        RecordRefused::Record(_) | RecordRefused::Misnamed { .. } => {
            UploadAnswer::reject(UploadReason::RecordRefused, Finding::IdentityMismatch)
                .found("an author record of this version", refused.to_string())
        }
    }
}
