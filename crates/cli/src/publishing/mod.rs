//! From a signed archive to a published one: what `upload`, `release` and its backlog share.

mod conflict;
mod destination;
mod outgoing;
mod report;
mod signed;
mod wait;

pub use conflict::{name_used, other_bytes};
pub use destination::Destination;
pub use outgoing::Release;
pub use report::{Stage, print};
pub use signed::{NotSigned, SignedArchive, Verification, sign};
pub use wait::poll;

use std::path::Path;

use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_pause::journal::Journal;
use jiff::Timestamp;

use crate::{error::CommandError, flags::WaitArgs, ui::Terminal};

/// Uploads the files that PAUSE does not have, waits for publication with `--wait`, and prints the result. `begun` is the release's journal, `kept` its file.
///
/// # Errors
/// No confirmation of both files, other bytes under the archive's name, or no publication in time.
pub async fn finish(
    release: &Release<'_>,
    begun: Option<Journal>,
    kept: &Path,
    wait: &WaitArgs,
    verifier: &Verifier,
    terminal: &Terminal,
    json: bool,
) -> Result<Exit, CommandError> {
    let signed = release.signed;
    let path = release.to.path(&signed.name());
    if let Some(when) = begun
        .as_ref()
        .and_then(|begun| begun.taken(signed.digest(), &path))
    {
        return Err(name_used(&path, when));
    }
    // The bundle of another identity has to be uploaded again.
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
    let url = release.to.url(&signed.name());
    let author = release.to.directory.author();
    print(signed, stage, Some((author, &url)), terminal, json);
    Ok(Exit::Success)
}
