//! Until it is published: the bytes that a CPAN serves, compared with those that were signed.

use std::{path::Path, time::Duration};

use clap::Args;
use cpan_sigstore_core::{finding::Exit, identity::IdentityPolicy};
use cpan_sigstore_cpan::{
    Cpan,
    publication::{Awaited, Missing, Seen, Watch},
};
use cpan_sigstore_keyless::{bundle::SIZE_LIMIT, verify::Verifier};
use tokio::time::Instant;

use super::{Release, SignedArchive, signed::verify_bundle};
use crate::{failure::Failure, report::Report, terminal::Terminal};

/// Whether and how long to wait.
#[derive(Args, Debug)]
pub struct WaitArgs {
    /// Wait until both files are published, and compare them with what was signed
    #[arg(long, help_heading = "PAUSE")]
    pub wait: bool,
    /// How many minutes to wait at most
    #[arg(
        long,
        value_name = "MINUTES",
        default_value_t = 60,
        requires = "wait",
        help_heading = "PAUSE"
    )]
    patience: u64,
    /// How many seconds to wait between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 15.0, value_parser = seconds, requires = "wait", help_heading = "PAUSE")]
    poll: f64,
}

impl WaitArgs {
    /// How long to wait at most.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.patience * 60)
    }

    /// How long to wait between two looks.
    pub fn poll(&self) -> Duration {
        Duration::from_secs_f64(self.poll)
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("expected a number of seconds from 0 to 3600".to_owned()),
    }
}

/// Waits until archive and bundle are published as they were signed. What is published otherwise is
/// the result of the command, and printed as such.
///
/// # Errors
/// Where they are not published in time, or the CPAN gives no answer of use.
pub async fn wait(
    args: &WaitArgs,
    release: &Release<'_>,
    verifier: &Verifier,
    terminal: &Terminal,
    json: bool,
) -> Result<Exit, Failure> {
    let signed = release.signed;
    let mut watch = Watch::new(
        release.cpan,
        Awaited {
            directory: release.directory.clone(),
            archive: signed.name(),
            digest: signed.digest(),
            bundle: signed.bundle_name(),
        },
    );
    let seen = until_seen(args, &mut watch, terminal).await?;
    let url = |name: &str| release.cpan.address(&release.directory.path(name));
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
        Seen::Waiting(missing) => return Err(not_published(missing, release.cpan, args)),
    })
}

/// Looks until there is something to judge, or patience ends.
async fn until_seen(
    args: &WaitArgs,
    watch: &mut Watch<'_>,
    terminal: &Terminal,
) -> Result<Seen, Failure> {
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

fn not_published(missing: Missing, cpan: &Cpan, args: &WaitArgs) -> Failure {
    Failure::NotPublished {
        missing: missing.to_string(),
        cpan: cpan.name(),
        minutes: args.patience,
    }
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
) -> Result<Exit, Failure> {
    if published == signed.json() {
        return Ok(Exit::Success);
    }
    let Err(other) = verify_bundle(published, signed.digest(), Some(expected), verifier)? else {
        return Ok(Exit::Success);
    };
    terminal.warning("the published bundle is not the one that was uploaded: whoever put it there holds your PAUSE account, or the mirror");
    Ok(other.report(url, Path::new(url)).print(terminal, json))
}
