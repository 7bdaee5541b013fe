//! The consent before the first signature: the name in the certificate is public forever. Each user is
//! prompted once; the answer is kept beside the configuration.

use std::path::Path;

use crate::{error::CommandError, folders, ui::Terminal};

/// Whether a login needs consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// A signature follows, which makes the name public.
    Required,
    /// Nothing becomes public, as in a dry run.
    Unneeded,
}

/// Prompts for consent, unless it was given before or by a flag.
///
/// # Errors
/// No consent, or no terminal to prompt on.
pub fn ask(terminal: &Terminal, agreed: bool) -> Result<(), CommandError> {
    let kept = folders::config_file()?.with_file_name("agreed-to-public-log");
    if agreed || kept.exists() {
        return Ok(());
    }
    for line in [
        "Signing adds your name (mostly an e-mail address) and the time to a public log.",
        "The entry can never be removed, and everybody can read it.",
    ] {
        terminal.say(line);
    }
    let answer = terminal.confirm("Do you agree?");
    if !answer.map_err(|error| CommandError::system("cannot read the answer", error))? {
        return Err(CommandError::usage(
            "you did not agree to make your name public; nothing was signed".to_owned(),
        )
        .hinted("confirm the question, or use `--yes`"));
    }
    keep(&kept);
    Ok(())
}

/// Keeps the answer; if that fails, the next run prompts again.
fn keep(path: &Path) {
    let when = format!("{}\n", jiff::Timestamp::now());
    drop(cpan_sigstore_files::write_atomic(path, when.as_bytes()));
}
