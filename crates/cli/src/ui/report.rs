//! The result of a verification, for people and for machines.

use cpan_sigstore_core::{
    cause::Cause,
    decision::Decision,
    digest::Sha256Digest,
    finding::{Exit, Finding},
    hint::Hint,
    identity::{IdentityMismatch, MismatchField, SignerIdentity, SourceClaims},
    reason::Reason,
    release::ReleasePath,
    text::split_alternatives,
    verdict::Verdict,
};
use cpan_sigstore_keyless::{
    bundle::VerificationFailure,
    trust::{RefreshError, TrustError},
    verify::{ClockBehind, KeySignature, UnknownAuthority},
};
use serde::Serialize;

use super::{
    terminal::{Terminal, Tone},
    verdict_text,
};

/// One result. Its JSON is the interface described in the README.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<String>,
    #[serde(flatten)]
    verdict: Verdict,
    exit: u8,
    /// The address of the page about the cause, or else the finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<KeySignature>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// The lines that the hint wants in the policy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    policy: Vec<String>,
}

/// Longest value on one line, in characters.
const LINE: usize = 100;

/// Prints a value; the alternatives of a long one below each other.
fn value_of(label: &str, value: &str, terminal: &Terminal) {
    if value.chars().count() <= LINE {
        return terminal.field(label, value);
    }
    let mut label = label;
    for line in split_alternatives(value) {
        terminal.field(label, line);
        label = "";
    }
}

/// The signer, with the claim of a workflow if that differs.
fn found(mismatch: &IdentityMismatch) -> String {
    let signer = &mismatch.found;
    let of = |name, mut claims: Vec<(&'static str, Option<&str>)>| {
        claims.retain(|(stated, _)| *stated == name);
        claims
            .first()
            .and_then(|(_, value)| value.map(str::to_owned))
    };
    let none = || "none".to_owned();
    match mismatch.field {
        MismatchField::Workflow(name) => {
            let claim = of(name, signer.claims.github.iter().collect());
            format!("{signer}, workflow {name} {}", claim.unwrap_or_else(none))
        }
        MismatchField::Source(name) => {
            let source = SourceClaims::of(&signer.claims);
            let claim = of(name, source.iter().collect());
            format!("{signer}, {name} {}", claim.unwrap_or_else(none))
        }
        MismatchField::Issuer | MismatchField::Subject => signer.to_string(),
    }
}

impl<'a> Report<'a> {
    fn new(file: &'a str, finding: Finding) -> Self {
        let decision = match finding {
            Finding::Trusted => Decision::Allow,
            Finding::Unavailable => Decision::TryLater,
            _ => Decision::Deny,
        };
        Self::of(file, Verdict::new(finding, decision))
    }

    fn of(file: &'a str, mut verdict: Verdict) -> Self {
        Self {
            file,
            release: None,
            exit: verdict.exit() as u8,
            page: verdict.page(),
            signature: None,
            hint: verdict
                .hint
                .take()
                .map(|hint| verdict_text::hint(hint).to_owned()),
            policy: Vec::new(),
            verdict,
        }
    }

    fn found(self, expected: Option<String>, found: String) -> Self {
        Self {
            verdict: Verdict {
                expected,
                found: Some(found),
                ..self.verdict
            },
            ..self
        }
    }

    /// The verdict about a release that was named as `file`.
    pub fn verdict(file: &'a str, path: &ReleasePath, verdict: Verdict) -> Self {
        let hint = verdict.hint;
        Self {
            release: Some(path.to_string()),
            policy: verdict.pin(path).into_iter().collect(),
            hint: hint.map(|hint| verdict_text::hint_about(hint, path)),
            ..Self::of(file, verdict)
        }
    }

    /// A valid signature by the expected identity; without a signer, by the given key.
    pub fn trusted(file: &'a str, signer: Option<SignerIdentity>, signature: KeySignature) -> Self {
        let report = Self::new(file, Finding::Trusted);
        Self {
            verdict: Verdict {
                signer,
                ..report.verdict
            },
            signature: Some(signature),
            ..report
        }
    }

    /// No bundle in the expected place.
    pub fn unsigned(file: &'a str, bundle: &str) -> Self {
        Self::new(file, Finding::Unsigned)
            .found(Some(format!("a bundle in {bundle}")), "no such file".into())
            .hinted("fetch the bundle from the source of the file, or name it with `--bundle`")
    }

    /// Trust material that cannot be had, so that nothing is verified.
    pub fn unavailable(file: &'a str, error: &TrustError) -> Self {
        let report = Self::of(file, Verdict::unavailable(error.to_string()));
        match error {
            TrustError::Unavailable {
                online: RefreshError::Clock { .. },
                ..
            } => report.hinted(verdict_text::hint(Hint::SetClock)),
            _ => report,
        }
    }

    /// A clock by which nothing can be verified.
    pub fn clock_behind(file: &'a str, error: &ClockBehind) -> Self {
        Self::of(file, Verdict::unavailable(error.to_string()))
            .hinted(verdict_text::hint(Hint::SetClock))
    }

    /// A bundle by a log or authority that the trusted root does not have.
    pub fn unknown_authority(file: &'a str, unknown: &UnknownAuthority) -> Self {
        Self::of(file, Verdict::unavailable(unknown.to_string()))
            .hinted(verdict_text::hint(Hint::TryAgain))
    }

    /// A bundle that proves nothing.
    pub fn invalid(file: &'a str, refused: &VerificationFailure) -> Self {
        Self::new(file, Finding::SignatureInvalid(refused.cause))
            .found(Some(refused.cause.expected().into()), refused.found.clone())
            .hinted(verdict_text::hint(refused.cause.hint()))
    }

    /// A valid signature by somebody else.
    pub fn mismatch(file: &'a str, mismatch: &IdentityMismatch, signature: KeySignature) -> Self {
        let report = Self::new(file, Finding::IdentityMismatch)
            .found(Some(mismatch.expected.to_string()), found(mismatch))
            .hinted(
                "do not use the file unless the author confirms this identity through another channel",
            );
        Self {
            verdict: Verdict {
                signer: Some((*mismatch.found).clone()),
                ..report.verdict
            },
            signature: Some(signature),
            ..report
        }
    }

    /// A CPAN that serves, or lists, other bytes than those that were signed.
    pub fn published_differs(file: &'a str, signed: Sha256Digest, found: Sha256Digest) -> Self {
        Self::new(file, Finding::SignatureInvalid(Cause::ArtifactMismatch))
            .found(Some(format!("{signed}, as signed")), found.to_string())
            .hinted(
                "do not announce this release: another account uploaded a file of this name at the same time, or PAUSE or the mirror changed the archive. Check another mirror with `--cpan URL`; if it has the same bytes, release a new version and inform the administrators of PAUSE",
            )
    }

    /// The same with another hint.
    #[must_use]
    pub fn hinted(self, hint: &str) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// Prints the result, and returns the exit code.
    pub fn print(&self, terminal: &Terminal, json: bool) -> Exit {
        if json {
            terminal.json(self);
        } else {
            self.lines(terminal);
        }
        self.verdict.decision.exit(self.verdict.finding)
    }

    fn lines(&self, terminal: &Terminal) {
        let word = match self.verdict.cause {
            Some(cause) => format!("{} ({cause})", self.verdict.finding),
            None => self.verdict.finding.to_string(),
        };
        let (tone, word) = match self.verdict.decision {
            Decision::Allow if self.verdict.finding == Finding::Trusted => (Tone::Good, word),
            Decision::Allow | Decision::Warn => (Tone::Careful, format!("{word}, allowed")),
            Decision::Deny | Decision::TryLater => (Tone::Bad, word),
        };
        terminal.headline(tone, &word, self.file);
        // First what failed, why, and what to do; then the facts.
        for (label, value) in [
            ("expected", &self.verdict.expected),
            ("found", &self.verdict.found),
        ] {
            if let Some(text) = value {
                value_of(label, text, terminal);
            }
        }
        if let Some(hint) = &self.hint {
            terminal.hint(hint);
        }
        for line in &self.policy {
            terminal.copy(line);
        }
        self.facts(terminal);
    }

    fn facts(&self, terminal: &Terminal) {
        if let Some(release) = &self.release {
            terminal.field("release", release);
        }
        if self.verdict.finding == Finding::Trusted {
            self.details(terminal);
        }
        if let Some(binding) = self.verdict.binding {
            terminal.field("binding", &binding.to_string());
        }
        if let Some(owner) = self.verdict.owner {
            terminal.field("owner", &owner.to_string());
        }
        // The headline states this one.
        let reasons = self.verdict.reasons.iter();
        for reason in reasons.filter(|reason| **reason != Reason::AlwaysAllowed) {
            terminal.field("because", &verdict_text::reason(reason));
        }
        if let Some(evidence) = &self.verdict.evidence {
            evidence.lines().for_each(|line| terminal.copy(line));
        }
    }

    fn details(&self, terminal: &Terminal) {
        match &self.verdict.signer {
            Some(signer) => {
                terminal.field("signer", signer.subject.as_str());
                terminal.field("issuer", &signer.issuer);
            }
            None => terminal.field("signer", "the holder of the given key"),
        }
        if let Some(digest) = &self.verdict.digest {
            terminal.field("digest", &digest.to_string());
        }
        let Some(signature) = &self.signature else {
            return;
        };
        for signed in signature.signed_at() {
            terminal.field("signed", &format!("{} by {}", signed.time, signed.clock));
        }
        for log in signature.log() {
            terminal.field("log", &format!("{}, entry {}", log.url, log.index));
        }
        terminal.field("format", &signature.format().to_string());
        if let Some(predicate) = signature.attestation() {
            terminal.field("statement", predicate);
        }
        terminal.field("digest", &signature.digest().to_string());
    }
}
