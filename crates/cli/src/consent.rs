//! What a person agrees to before the first signature: the name in the certificate is public for
//! ever. Asked once for each user; the answer is kept beside the configuration.

use std::path::Path;

use crate::{failure::Failure, folders, terminal::Terminal};

/// Asks, unless it was agreed to before or by a flag.
///
/// # Errors
/// Where the answer is no, or there is nobody to ask.
pub fn ask(terminal: &Terminal, agreed: bool) -> Result<(), Failure> {
    let kept = folders::config_file()?.with_file_name("agreed-to-public-log");
    if agreed || kept.exists() {
        return Ok(());
    }
    for line in [
        "Signing writes your name, an e-mail address mostly, and the time into a public log.",
        "It can never be removed: everybody can read it, now and in the future.",
    ] {
        terminal.say(line);
    }
    if !terminal.confirm("Do you agree?")? {
        return Err(Failure::NotAgreed);
    }
    keep(&kept);
    Ok(())
}

/// Keeps the answer; where that cannot be, it is asked again the next time.
fn keep(path: &Path) {
    let when = format!("{}\n", jiff::Timestamp::now());
    drop(cpan_sigstore_files::write(path, when.as_bytes()));
}
