//! The wait until publication: the bytes that a CPAN serves are compared with the signed ones.

use std::{path::Path, time::Duration};

use cpan_sigstore_core::{finding::Exit, text::count};
use cpan_sigstore_cpan::{
    Cpan, CpanError,
    publication::{Expected, Missing, Poller, State},
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
    let mut poller = Poller::new(
        release.to.cpan,
        Expected {
            directory: release.to.directory.clone(),
            archive: signed.name(),
            digest: signed.digest(),
            bundle: signed.bundle_name(),
        },
    );
    let mut missing = None;
    let mut is_earlier_bundle = false;
    let state = poll(args, terminal, async || {
        Ok(match poller.look(SIZE_LIMIT).await? {
            // PAUSE has accepted the bundle, but still publishes another one of the same signer.
            State::Published { bundle } if is_earlier(&bundle, signed, verifier) => {
                if !std::mem::replace(&mut is_earlier_bundle, true) {
                    terminal.say("waiting for the bundle as it was uploaded; an earlier one of yours is still published");
                }
                None
            }
            State::Waiting(now) => {
                is_earlier_bundle = false;
                if missing.replace(now) != Some(now) {
                    terminal.say(&format!("waiting for {now} to be published"));
                }
                None
            }
            state => Some(state),
        })
    });
    let state = state.await?;
    let url = |name: &str| release.to.url(name);
    Ok(match state {
        Some(State::Published { bundle }) => {
            let url = url(&signed.bundle_name());
            judge(&bundle, signed, verifier, &url, terminal, json)?
        }
        Some(State::OtherArchive { found }) => {
            let url = url(&signed.name());
            Report::published_differs(&url, signed.digest(), found).print(terminal, json)
        }
        Some(State::OtherChecksums { found }) => {
            let url = url("CHECKSUMS");
            Report::published_differs(&url, signed.digest(), found).print(terminal, json)
        }
        None if is_earlier_bundle => {
            return Err(CommandError::new(
                Exit::TryLater,
                format!(
                    "timed out waiting for the bundle as it was uploaded, at {} after {}: an earlier one of yours is still published",
                    release.to.cpan.name(),
                    count(args.patience, "minute")
                ),
            )
            .hinted("run the same command again later"));
        }
        Some(State::Waiting(_)) | None => {
            let missing = missing.unwrap_or_default();
            return Err(not_published(missing, release.to.cpan, args));
        }
    })
}

/// Time between the first two checks. It doubles until it is that of the flag.
const FIRST_POLL: Duration = Duration::from_secs(1);

/// Looks again and again until there is a result; `None` if the time is over.
///
/// # Errors
/// A CPAN without a usable answer. One that is away for a while does not end the wait.
pub async fn poll<T>(
    args: &WaitArgs,
    terminal: &Terminal,
    mut look: impl AsyncFnMut() -> Result<Option<T>, CpanError>,
) -> Result<Option<T>, CommandError> {
    let begun = Instant::now();
    let end = begun + args.patience();
    let mut minutes = 0;
    // PAUSE may have just published: look soon at first, and then as often as the flag says.
    let mut soon = FIRST_POLL;
    loop {
        let is_last = Instant::now() >= end;
        match look().await {
            Ok(None) if !is_last => {}
            Err(error) if error.is_transient() && !is_last => {
                terminal.say(&format!("{error}; still waiting"));
            }
            decided => return Ok(decided?),
        }
        tokio::time::sleep(args.poll().min(soon)).await;
        soon *= 2;
        let now = begun.elapsed().as_secs() / 60;
        if now > minutes {
            minutes = now;
            let waited = count(minutes, "minute");
            terminal.say(&format!("still waiting after {waited}"));
        }
    }
}

fn not_published(missing: Missing, cpan: &Cpan, args: &WaitArgs) -> CommandError {
    CommandError::new(
        Exit::TryLater,
        format!(
            "timed out waiting for {missing} at {} after {}",
            cpan.name(),
            count(args.patience, "minute")
        ),
    )
    .hinted("run the same command again later; if PAUSE rejected a file, its mail to you states the reason")
}

/// Whether a published bundle is another one than the uploaded one, and by the same signer over the same archive.
pub(super) fn is_earlier(published: &[u8], signed: &SignedArchive, verifier: &Verifier) -> bool {
    if published == signed.json() {
        return false;
    }
    let verified = verify_bundle(
        published,
        signed.digest(),
        Some(&signed.identity()),
        verifier,
    );
    matches!(verified, Ok(BundleVerification::Verified(_)))
}

/// Compares the published bundle with the uploaded one. Only the very bytes are a success.
pub(super) fn judge(
    published: &[u8],
    signed: &SignedArchive,
    verifier: &Verifier,
    url: &str,
    terminal: &Terminal,
    json: bool,
) -> Result<Exit, CommandError> {
    if published == signed.json() {
        return Ok(Exit::Success);
    }
    let expected = signed.identity();
    let other = match verify_bundle(published, signed.digest(), Some(&expected), verifier)? {
        BundleVerification::Verified(_) => return Ok(Exit::TryLater),
        BundleVerification::Failed(other) => other,
    };
    terminal.warning("the published bundle is not the uploaded one: somebody else has access to your PAUSE account or to the mirror");
    Ok(other.report(url, Path::new(url)).print(terminal, json))
}
