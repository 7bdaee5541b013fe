//! How far a release has come, as the result of a command.

use cpan_sigstore_core::{release::PauseId, text::shown_path};
use cpan_sigstore_keyless::verify::VerifiedSignature;
use serde::Serialize;

use super::signed::SignedArchive;
use crate::ui::{Terminal, Tone};

/// How far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Checked, signed and verified.
    Signed,
    /// Confirmed by PAUSE.
    Uploaded,
    /// Published, as it was signed.
    Published,
}

/// What `release --json` and `upload --json` print of a file.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Released<'a> {
    file: String,
    stage: Stage,
    bundle: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<&'a PauseId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(flatten)]
    verified: &'a VerifiedSignature,
}

/// Prints the result, for people or as one JSON object. `published` is the author, and the archive's
/// address on the CPAN that was asked.
pub fn print(
    signed: &SignedArchive,
    stage: Stage,
    published: Option<(&PauseId, &str)>,
    terminal: &Terminal,
    json: bool,
) {
    let file = shown_path(signed.archive());
    let bundle = shown_path(signed.bundle());
    if json {
        terminal.json(&Released {
            file,
            stage,
            bundle,
            author: published.map(|(author, _)| author),
            url: published.map(|(_, url)| url),
            verified: signed.verified(),
        });
        terminal.flush();
        return;
    }
    let word = match stage {
        Stage::Signed => "signed",
        Stage::Uploaded => "uploaded",
        Stage::Published => "published",
    };
    terminal.headline(Tone::Good, word, &file);
    let signer = signed.verified().signer();
    terminal.field("signer", signer.subject.as_str());
    terminal.field("issuer", &signer.issuer);
    for log in signed.verified().signature().log() {
        terminal.field("log", &format!("{}, entry {}", log.url, log.index));
    }
    terminal.field("digest", &signed.digest().to_string());
    terminal.field("bundle", &bundle);
    if let Some((author, url)) = published {
        terminal.field("author", author.as_str());
        terminal.field("address", url);
    }
    terminal.flush();
}
