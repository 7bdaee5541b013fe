//! From a signed archive to a published one: what `upload`, `release` and its backlog share.

mod outgoing;
mod report;
mod signed;
mod wait;

pub use outgoing::Release;
pub use report::{Stage, print};
pub use signed::{NotSigned, SignedArchive, sign};
pub use wait::WaitArgs;

use std::path::Path;

use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_pause::journal::Journal;
use jiff::Timestamp;

use crate::{failure::Failure, terminal::Terminal};

/// Uploads what PAUSE has not yet, waits until it is published where that was asked for, and prints the
/// result. `kept` is where the release's journal is.
///
/// # Errors
/// Where PAUSE did not confirm both files, has other bytes under the archive's name, or did not publish
/// them in time.
pub async fn finish(
    release: &Release<'_>,
    kept: &Path,
    wait: &WaitArgs,
    verifier: &Verifier,
    terminal: &Terminal,
    json: bool,
) -> Result<Exit, Failure> {
    let signed = release.signed;
    let path = release.directory.path(&signed.name());
    let begun = Journal::read(kept)?;
    if let Some(when) = begun
        .as_ref()
        .and_then(|begun| begun.taken(signed.digest(), &path))
    {
        return Err(Failure::NameUsed { path, when });
    }
    // What another identity had signed is to be uploaded anew.
    let mut journal = begun
        .filter(|begun| begun.signer == signed.signed_by())
        .unwrap_or_else(|| Journal::new(signed.digest(), signed.signed_by()))
        .bound_to(signed.digest(), &path);
    outgoing::send(release, &mut journal, kept, wait.wait, terminal).await?;
    let mut stage = Stage::Uploaded;
    if wait.wait {
        match wait::wait(wait, release, verifier, terminal, json).await? {
            Exit::Success => {}
            alarm => return Ok(alarm),
        }
        stage = Stage::Published;
        journal.archive_uploaded.get_or_insert_with(Timestamp::now);
        journal.published.get_or_insert_with(Timestamp::now);
        journal.write(kept)?;
    }
    let url = release.cpan.address(&path);
    let author = release.directory.author();
    print(signed, stage, Some((author, &url)), terminal, json);
    Ok(Exit::Success)
}
