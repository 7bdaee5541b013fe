//! The wait until publication: the bytes that a CPAN serves are compared with the signed ones.

use std::path::Path;

use cpan_sigstore_core::{finding::Exit, identity::IdentityPolicy};
use cpan_sigstore_cpan::{
    Cpan,
    publication::{Awaited, Missing, Seen, Watch},
};
use cpan_sigstore_keyless::{bundle::SIZE_LIMIT, verify::Verifier};
use tokio::time::Instant;

use super::{
    outgoing::Release,
    signed::{BundleVerification, SignedArchive, verify_bundle},
};
use crate::{
    error::CommandError,
    flags::WaitArgs,
    ui::{Terminal, report::Report},
};

/// Waits until archive and bundle are published as signed. Other bytes are the result of the command, and
/// are printed.
///
/// # Errors
/// A time limit, or a CPAN without a usable answer.
pub async fn wait(
    args: &WaitArgs,
    release: &Release<'_>,
    verifier: &Verifier,
    terminal: &Terminal,
    json: bool,
) -> Result<Exit, CommandError> {
    let signed = release.signed;
    let mut watch = Watch::new(
        release.to.cpan,
        Awaited {
            directory: release.to.directory.clone(),
            archive: signed.name(),
            digest: signed.digest(),
            bundle: signed.bundle_name(),
        },
    );
    let seen = until_seen(args, &mut watch, terminal).await?;
    let url = |name: &str| release.to.url(name);
    Ok(match seen {
        Seen::Published { bundle } => {
            let url = url(&signed.bundle_name());
            judge(
                &bundle,
                signed,
                &signed.identity(),
                verifier,
                &url,
                terminal,
                json,
            )?
        }
        Seen::OtherArchive { found } => {
            let url = url(&signed.name());
            Report::published_differs(&url, signed.digest(), found).print(terminal, json)
        }
        Seen::OtherChecksums { found } => {
            let url = url("CHECKSUMS");
            Report::published_differs(&url, signed.digest(), found).print(terminal, json)
        }
        Seen::Waiting(missing) => return Err(not_published(missing, release.to.cpan, args)),
    })
}

/// Checks until there is a result, or the time limit.
async fn until_seen(
    args: &WaitArgs,
    watch: &mut Watch<'_>,
    terminal: &Terminal,
) -> Result<Seen, CommandError> {
    let end = Instant::now() + args.patience();
    let mut told = None;
    loop {
        let last = Instant::now() >= end;
        match watch.look(SIZE_LIMIT).await {
            Ok(Seen::Waiting(missing)) if !last => {
                if told.replace(missing) != Some(missing) {
                    terminal.say(&format!("waiting for {missing} to be published"));
                }
            }
            // A mirror that is away for a while does not end the wait.
            Err(error) if error.is_transient() && !last => {
                terminal.say(&format!("{error}; still waiting"));
            }
            decided => return Ok(decided?),
        }
        tokio::time::sleep(args.poll()).await;
    }
}

fn not_published(missing: Missing, cpan: &Cpan, args: &WaitArgs) -> CommandError {
    CommandError::new(
        Exit::TryLater,
        format!(
            "timed out waiting for {missing} at {} after {} minutes",
            cpan.name(),
            args.patience
        ),
    )
    .hinted("run the same command again later; if PAUSE rejected a file, its mail to you states the reason")
}

/// A bundle other than the one that was uploaded may still be the author's: one of another upload.
fn judge(
    published: &[u8],
    signed: &SignedArchive,
    expected: &IdentityPolicy,
    verifier: &Verifier,
    url: &str,
    terminal: &Terminal,
    json: bool,
) -> Result<Exit, CommandError> {
    if published == signed.json() {
        return Ok(Exit::Success);
    }
    let other = match verify_bundle(published, signed.digest(), Some(expected), verifier)? {
        BundleVerification::Verified(_) => return Ok(Exit::Success),
        BundleVerification::Failed(other) => other,
    };
    terminal.warning("the published bundle is not the uploaded one: somebody else has access to your PAUSE account or to the mirror");
    Ok(other.report(url, Path::new(url)).print(terminal, json))
}
