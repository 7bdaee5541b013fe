//! What a verification found, for people and for machines.

use cpan_sigstore_core::{
    cause::Cause,
    decision::Decision,
    digest::Sha256Digest,
    finding::{Exit, Finding},
    identity::{IdentityMismatch, MismatchField, SignerIdentity},
    release::ReleasePath,
    verdict::{BindingSource, Verdict},
};
use cpan_sigstore_keyless::{bundle::Refused, trust::TrustError, verify::KeySignature};
use serde::Serialize;

use crate::terminal::{Terminal, Tone};

/// One result. Its JSON is the interface described in the README.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<String>,
    finding: Finding,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<Cause>,
    decision: Decision,
    exit: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<Sha256Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<SignerIdentity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    binding: Option<BindingSource>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<KeySignature>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// Who signed, with the claim of a workflow if that is what differs.
fn found(mismatch: &IdentityMismatch) -> String {
    let MismatchField::Workflow(name) = mismatch.field else {
        return mismatch.found.to_string();
    };
    let mut claims = mismatch.found.claims.github.iter();
    let claim = claims.find_map(|(stated, value)| (stated == name).then_some(value)?);
    format!(
        "{}, workflow {name} {}",
        mismatch.found,
        claim.unwrap_or("none")
    )
}

impl<'a> Report<'a> {
    fn new(file: &'a str, finding: Finding) -> Self {
        let decision = match finding {
            Finding::Trusted => Decision::Allow,
            Finding::Unavailable => Decision::TryLater,
            _ => Decision::Deny,
        };
        Self {
            file,
            release: None,
            finding,
            cause: finding.cause(),
            decision,
            exit: decision.exit(finding) as u8,
            digest: None,
            signer: None,
            binding: None,
            signature: None,
            expected: None,
            found: None,
            reasons: Vec::new(),
            hint: None,
        }
    }

    /// What the gate says of a release that was asked for as `file`.
    pub fn verdict(file: &'a str, path: &ReleasePath, verdict: Verdict) -> Self {
        Self {
            release: Some(path.to_string()),
            decision: verdict.decision,
            exit: verdict.exit() as u8,
            digest: verdict.digest,
            signer: verdict.signer,
            binding: verdict.binding,
            expected: verdict.expected,
            found: verdict.found,
            reasons: verdict.reasons,
            hint: verdict.hint,
            ..Self::new(file, verdict.finding)
        }
    }

    /// A valid signature by who was expected; without a signer, by the key that was given.
    pub fn trusted(file: &'a str, signer: Option<SignerIdentity>, signature: KeySignature) -> Self {
        Self {
            signer,
            signature: Some(signature),
            ..Self::new(file, Finding::Trusted)
        }
    }

    /// No bundle where one was looked for.
    pub fn unsigned(file: &'a str, bundle: &str) -> Self {
        Self {
            expected: Some(format!("a bundle in {bundle}")),
            found: Some("no such file".into()),
            hint: Some(
                "fetch the bundle from where the file came from, or name it with `--bundle`; a file without one is not known to be its author's"
                    .into(),
            ),
            ..Self::new(file, Finding::Unsigned)
        }
    }

    /// Trust material that is not to be had, so that nothing can be told.
    pub fn unavailable(file: &'a str, error: &TrustError) -> Self {
        Self {
            found: Some(error.to_string()),
            hint: Some(
                "nothing was verified; try again with a network, or name the trust material with `--trusted-root FILE`"
                    .into(),
            ),
            ..Self::new(file, Finding::Unavailable)
        }
    }

    /// A bundle that proves nothing.
    pub fn invalid(file: &'a str, refused: &Refused) -> Self {
        Self {
            expected: Some(refused.cause.expected().into()),
            found: Some(refused.found.clone()),
            hint: Some(refused.cause.hint().into()),
            ..Self::new(file, Finding::SignatureInvalid(refused.cause))
        }
    }

    /// A valid signature by somebody else.
    pub fn mismatch(file: &'a str, mismatch: &IdentityMismatch, signature: KeySignature) -> Self {
        Self {
            expected: Some(mismatch.expected.to_string()),
            found: Some(found(mismatch)),
            signer: Some((*mismatch.found).clone()),
            signature: Some(signature),
            hint: Some(
                "do not use the file, unless the author says, and not in the bundle, that this identity signs too"
                    .into(),
            ),
            ..Self::new(file, Finding::IdentityMismatch)
        }
    }

    /// A CPAN that serves, or speaks of, other bytes than those that were signed.
    pub fn published_differs(file: &'a str, signed: Sha256Digest, found: Sha256Digest) -> Self {
        Self {
            expected: Some(format!("{signed}, as it was signed")),
            found: Some(found.to_string()),
            hint: Some(
                "PAUSE or the mirror changed the archive after you signed it: nobody can verify it, so do not announce it. Look at another mirror with `--cpan URL`; if it is the same there, release a new version, and tell the administrators of PAUSE"
                    .into(),
            ),
            ..Self::new(file, Finding::SignatureInvalid(Cause::ArtifactMismatch))
        }
    }

    /// The same with another hint.
    #[must_use]
    pub fn hinted(self, hint: &str) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// Prints the result, and says how the program ends.
    pub fn print(&self, terminal: &Terminal, json: bool) -> Exit {
        if json {
            terminal.json(self);
        } else {
            self.lines(terminal);
        }
        self.decision.exit(self.finding)
    }

    fn lines(&self, terminal: &Terminal) {
        let word = match self.cause {
            Some(cause) => format!("{} ({cause})", self.finding),
            None => self.finding.to_string(),
        };
        let (tone, word) = match self.decision {
            Decision::Allow if self.finding == Finding::Trusted => (Tone::Good, word),
            Decision::Allow | Decision::Warn => (Tone::Careful, format!("{word}, allowed")),
            Decision::Deny | Decision::TryLater => (Tone::Bad, word),
        };
        terminal.headline(tone, &word, self.file);
        if let Some(release) = &self.release {
            terminal.field("release", release);
        }
        for (label, value) in [("expected", &self.expected), ("found", &self.found)] {
            if let Some(value) = value {
                terminal.field(label, value);
            }
        }
        if self.finding == Finding::Trusted {
            self.details(terminal);
        }
        if let Some(binding) = self.binding {
            terminal.field("binding", &binding.to_string());
        }
        for reason in &self.reasons {
            terminal.field("because", reason);
        }
        if let Some(hint) = &self.hint {
            terminal.hint(hint);
        }
    }

    fn details(&self, terminal: &Terminal) {
        match &self.signer {
            Some(signer) => {
                terminal.field("signer", signer.subject.as_str());
                terminal.field("issuer", &signer.issuer);
            }
            None => terminal.field("signer", "the holder of the given key"),
        }
        if let Some(digest) = &self.digest {
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
