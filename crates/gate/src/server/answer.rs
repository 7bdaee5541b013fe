//! The answer about an uploaded file.

use std::fmt;

use cpan_sigstore_archive::DefectReport;
use cpan_sigstore_core::{
    cause::Cause,
    digest::Sha256Digest,
    finding::{Exit, Finding},
    identity::SignerIdentity,
    verdict::Verdict,
};
use cpan_sigstore_records::chain::Outcome;
use jiff::Timestamp;

use super::{UploadedFile, author::AuthorState};

/// What the server does with an uploaded file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadDecision {
    /// It publishes the file.
    Accept,
    /// It keeps the file, and asks again later.
    Later,
    /// It publishes nothing, and informs the author.
    Reject,
}

impl UploadDecision {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Later => "later",
            Self::Reject => "reject",
        }
    }
}

impl fmt::Display for UploadDecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Why a server decides as it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadReason {
    /// The signature is valid, and by an authorized signer.
    Signed,
    /// Nothing requires a signature.
    NotRequired,
    /// The same bytes are published.
    Unchanged,
    /// The bundle is not published yet.
    AwaitsBundle,
    /// The archive of the bundle is not published yet.
    AwaitsArchive,
    /// The record of the bundle is not published yet.
    AwaitsRecord,
    /// The version of the record before this one is not published yet.
    AwaitsVersion,
    /// It continues the author's record chain.
    Continues,
    /// The finding is denied.
    Denied,
    /// A published bundle is valid, and this one is by another signer.
    OtherSigner,
    /// The server would change the bytes of the archive.
    WouldBeChanged,
    /// The record is none, or does not continue the chain.
    RecordRefused,
    /// The name is not that of a release or record.
    Name,
    /// Trust material is missing.
    Undetermined,
}

impl UploadReason {
    /// The stable kebab-case code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::NotRequired => "not-required",
            Self::Unchanged => "unchanged",
            Self::AwaitsBundle => "awaits-bundle",
            Self::AwaitsArchive => "awaits-archive",
            Self::AwaitsRecord => "awaits-record",
            Self::AwaitsVersion => "awaits-version",
            Self::Continues => "continues",
            Self::Denied => "denied",
            Self::OtherSigner => "other-signer",
            Self::WouldBeChanged => "would-be-changed",
            Self::RecordRefused => "record-refused",
            Self::Name => "name",
            Self::Undetermined => "undetermined",
        }
    }
}

/// The answer of the gate about one uploaded file.
#[derive(Clone, Debug)]
pub struct UploadAnswer {
    /// What the server does.
    pub decision: UploadDecision,
    /// Why.
    pub reason: UploadReason,
    /// The finding, if something was judged.
    pub finding: Option<Finding>,
    /// What the record chain says of a record.
    pub outcome: Option<Outcome>,
    /// The signer of a valid signature.
    pub signer: Option<SignerIdentity>,
    /// The value that would have been right.
    pub expected: Option<String>,
    /// The value that is there instead.
    pub found: Option<String>,
    /// The digest of the bytes that were judged.
    pub digest: Sha256Digest,
    /// Whether the author's record requires signatures.
    pub required: bool,
    /// The newest accepted version of the author's record; 0 without one.
    pub record_version: u32,
    /// When the author's first record will be in effect, if it is not yet.
    pub record_from: Option<Timestamp>,
}

impl UploadAnswer {
    fn new(decision: UploadDecision, reason: UploadReason) -> Self {
        Self {
            decision,
            reason,
            finding: None,
            outcome: None,
            signer: None,
            expected: None,
            found: None,
            digest: Sha256Digest::new([0; 32]),
            required: false,
            record_version: 0,
            record_from: None,
        }
    }

    pub(super) fn accept(reason: UploadReason) -> Self {
        Self::new(UploadDecision::Accept, reason)
    }

    pub(super) fn later(reason: UploadReason) -> Self {
        Self {
            finding: Some(Finding::Unavailable),
            ..Self::new(UploadDecision::Later, reason)
        }
    }

    /// A rejection. A finding that denies nothing by itself cannot reject.
    pub(super) fn reject(reason: UploadReason, finding: Finding) -> Self {
        match finding.exit() {
            Exit::Success | Exit::TryLater => Self::later(reason),
            _ => Self {
                finding: Some(finding),
                ..Self::new(UploadDecision::Reject, reason)
            },
        }
    }

    /// The answer that a verdict gives.
    pub(super) fn by(verdict: Verdict) -> Self {
        let answer = match verdict.exit() {
            Exit::Success => Self::accept(UploadReason::Signed),
            Exit::TryLater => Self::later(UploadReason::Undetermined),
            _ => Self::reject(UploadReason::Denied, verdict.finding),
        };
        answer.with(verdict)
    }

    /// The same with the facts of a verdict.
    pub(super) fn with(self, verdict: Verdict) -> Self {
        Self {
            finding: Some(verdict.finding),
            signer: verdict.signer,
            expected: verdict.expected,
            found: verdict.found,
            ..self
        }
    }

    pub(super) fn found(self, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            expected: Some(expected.into()),
            found: Some(found.into()),
            ..self
        }
    }

    /// The same because of a defect that makes the server change the archive.
    pub(super) fn would_be_changed(defect: &DefectReport) -> Self {
        Self::reject(UploadReason::WouldBeChanged, Finding::ArchiveHostile).found(
            defect.expected.clone(),
            format!("{} ({})", defect.found, defect.code),
        )
    }

    pub(super) fn about(self, file: &UploadedFile, state: &AuthorState) -> Self {
        Self {
            digest: file.digest(),
            required: state.required,
            record_version: state.chain.version(),
            record_from: state.in_effect_from,
            ..self
        }
    }

    /// The cause of `signature-invalid`.
    pub fn cause(&self) -> Option<Cause> {
        self.finding?.cause()
    }

    /// The exit code, which says the same as the decision.
    pub fn exit(&self) -> Exit {
        match (self.decision, self.finding) {
            (UploadDecision::Accept, _) => Exit::Success,
            (UploadDecision::Later, _) => Exit::TryLater,
            (UploadDecision::Reject, finding) => {
                finding.map_or(Exit::SignatureInvalid, Finding::exit)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use cpan_sigstore_core::decision::Decision;

    use super::*;

    #[test]
    fn exits_as_each_decision_about_an_upload_says() {
        // A server decides before any log has the file.
        let findings = Finding::ALL.iter().filter(|it| it.exit() != Exit::Log);
        for finding in findings {
            for decision in [
                Decision::Allow,
                Decision::Warn,
                Decision::Deny,
                Decision::TryLater,
            ] {
                let by = UploadAnswer::by(Verdict::new(*finding, decision));
                let rejected = UploadAnswer::reject(UploadReason::Denied, *finding);
                for answer in [by, rejected] {
                    let code = answer.exit() as u8;
                    let expected = match answer.decision {
                        UploadDecision::Accept => 0..=0,
                        UploadDecision::Later => 3..=3,
                        UploadDecision::Reject => 10..=14,
                    };
                    assert!(expected.contains(&code), "{finding} {decision} {code}");
                }
            }
        }
    }
}
