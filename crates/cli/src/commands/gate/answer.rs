//! The answer as one JSON object.

use cpan_sigstore_core::{
    cause::Cause, digest::Sha256Digest, finding::Finding, identity::SignerIdentity,
};
use cpan_sigstore_gate::server::{UploadAnswer, UploadPath};
use cpan_sigstore_records::chain::Outcome;
use jiff::Timestamp;
use serde::Serialize;

use super::mail;

/// Version of the format.
const VERSION: u32 = 1;
/// Longest value that is printed, in characters.
const LINE: usize = 400;
/// Longest mail, in characters.
const MAIL: usize = 4000;

/// The answer, for PAUSE. Section 13 of the standard describes it.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Answer<'a> {
    version: u32,
    kind: &'static str,
    path: &'a str,
    digest: Sha256Digest,
    decision: &'static str,
    exit: u8,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    finding: Option<Finding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<Cause>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    required: bool,
    record_version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    record_from: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<Signer>,
    /// One line, for the log and the list of files.
    text: String,
    /// Paragraphs for the author's mail; empty if there is nothing to report.
    mail: String,
}

/// The signer, in ASCII.
#[derive(Serialize)]
struct Signer {
    subject: String,
    issuer: String,
}

impl<'a> Answer<'a> {
    /// The answer about a path.
    pub fn of(path: &'a UploadPath, answer: &UploadAnswer) -> Self {
        Self {
            version: VERSION,
            kind: path.kind().code(),
            path: path.as_str(),
            digest: answer.digest,
            decision: answer.decision.code(),
            exit: answer.exit() as u8,
            reason: answer.reason.code(),
            finding: answer.finding,
            cause: answer.cause(),
            outcome: answer.outcome,
            required: answer.required,
            record_version: answer.record_version,
            record_from: answer.record_from,
            signer: answer.signer.as_ref().map(signer),
            text: ascii(&mail::line(answer), LINE),
            mail: paragraphs(&mail::text(path, answer)),
        }
    }
}

fn signer(signer: &SignerIdentity) -> Signer {
    Signer {
        subject: ascii(signer.subject.as_str(), LINE),
        issuer: ascii(&signer.issuer, LINE),
    }
}

/// A line of visible ASCII. Foreign text reaches logs, mails and pages of the server.
fn ascii(text: &str, limit: usize) -> String {
    let visible = text.chars().map(|c| match c {
        ' '..='~' => c,
        c if c.is_whitespace() => ' ',
        _ => '?',
    });
    visible.take(limit).collect()
}

/// Lines of visible ASCII.
fn paragraphs(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(|line| ascii(line, LINE)).collect();
    lines.join("\n").chars().take(MAIL).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_foreign_text_of_a_signer_as_one_line_of_ascii() {
        let text = ascii("tim\r\nBcc: all@example.org\u{202e}\u{e9}\u{7}", 100);
        assert_eq!(text, "tim  Bcc: all@example.org???");
        assert_eq!(ascii(&"x".repeat(1000), LINE).len(), LINE);
        assert_eq!(paragraphs("one\ntwo\u{1b}[2J"), "one\ntwo?[2J");
    }
}
