//! From a signed archive to a published one: what `upload`, `release` and its backlog share.

mod conflict;
mod destination;
mod outgoing;
mod report;
mod signed;
mod wait;

pub use conflict::{name_used, other_bytes};
pub use destination::{Destination, published_tree};
pub use outgoing::{Release, Underway};
pub use report::{Stage, print};
pub use signed::{NotSigned, SignedArchive, Verification, sign};
pub use wait::poll;

use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_keyless::verify::Verifier;
use tracing::Instrument as _;

use crate::{error::CommandError, flags::WaitArgs, ui::Terminal};

/// Uploads all bundles, waits until they are published, and uploads the archives. Files that PAUSE has are not uploaded
/// again. With `--wait`, waits until all is published as signed. Prints the results.
///
/// # Errors
/// No confirmation of a file, other bytes under an archive's name, or no publication in time.
pub async fn finish(
    all: &mut [Underway<'_>],
    wait: &WaitArgs,
    verifier: &Verifier,
    terminal: &Terminal,
    json: bool,
) -> Result<Exit, CommandError> {
    let names: Vec<_> = all
        .iter()
        .map(|one| one.release.signed.archive().to_owned())
        .collect();
    let failed = |done| {
        let names = &names;
        move |error: CommandError| error.partly(done, "uploaded", names.iter())
    };
    for one in all.iter_mut() {
        let span = span(one);
        let sent = one.send_bundle(terminal).instrument(span).await;
        sent.map_err(failed(0))?;
    }
    for one in all.iter_mut() {
        let span = span(one);
        let published = one.until_bundle_published(wait, verifier, terminal, json);
        match published.instrument(span).await.map_err(failed(0))? {
            Exit::Success => {}
            alarm => return Ok(alarm),
        }
    }
    for (done, one) in all.iter_mut().enumerate() {
        let span = span(one);
        let sent = one.send_archive(wait.wait, terminal).instrument(span).await;
        sent.map_err(failed(done))?;
    }
    for one in all {
        let span = span(one);
        let mut stage = Stage::Uploaded;
        if wait.wait {
            let waited = wait::wait(wait, &one.release, verifier, terminal, json);
            match waited.instrument(span).await? {
                Exit::Success => {}
                alarm => return Ok(alarm),
            }
            stage = Stage::Published;
            one.set_published()?;
        }
        let (signed, to) = (one.release.signed, &one.release.to);
        let url = to.url(&signed.name());
        let published = Some((to.directory.author(), url.as_str()));
        print(signed, stage, published, terminal, json);
    }
    if !wait.wait && !json {
        terminal.hint("run the same command with `--wait` to compare the published files with these; until PAUSE fetches an upload, another account can replace it by a file of the same name");
    }
    Ok(Exit::Success)
}

fn span(one: &Underway<'_>) -> tracing::Span {
    tracing::info_span!("release", id = %one.release.signed.digest())
}
