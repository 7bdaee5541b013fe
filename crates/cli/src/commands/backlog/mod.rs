//! `cpan-sigstore backlog`: the archives that an author published unsigned are signed in one login.
//!
//! Bundle and journal of each archive are kept in a folder of their own, so that an interrupted run
//! resumes as any release does.

mod arguments;
mod look;
mod sign;

pub use arguments::BacklogArgs;

use cpan_sigstore_core::{finding::Exit, release::PauseId, text::count};
use cpan_sigstore_cpan::backlog::unsigned;
use cpan_sigstore_keyless::bundle::SIZE_LIMIT;
use cpan_sigstore_pause::{journal::Journal, upload::Uploader};

use crate::{
    bundle_file, credentials,
    error::CommandError,
    publishing::{self, Destination, Release, SignedArchive, Stage, Underway, published_tree},
    session::Session,
    ui::Tone,
};
use look::Agreed;

/// Time that PAUSE takes to publish a file, in seconds.
const SECONDS_EACH: usize = 10;

/// Signs an author's backlog, but only archives that the author confirmed.
pub fn run(args: &BacklogArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let author = &args.author;
    let terminal = session.terminal();
    let uploader = uploader(args, author, session)?;
    let cpan = session.cpan(&args.publish.pause.cpan)?;
    if let Some(uploader) = &uploader {
        session.wait(uploader.check_login())?;
    }
    let listed = session.wait(unsigned(cpan, author, bundle_file::SUFFIX, SIZE_LIMIT))?;
    if listed.is_empty() {
        if !args.publish.json {
            let rest = format!("every archive of {author} has a bundle");
            terminal.headline(Tone::Good, "nothing to sign", &rest);
        }
        return Ok(Exit::Success);
    }
    let looked = session.wait(look::look(args, author, cpan, listed, terminal))?;
    let signed = sign::all(args, &looked.agreed, session)?;
    let published = match &uploader {
        Some(uploader) => publish(args, uploader, &looked.agreed, &signed, session)?,
        None => {
            for signed in &signed {
                publishing::print(signed, Stage::Signed, None, terminal, args.publish.json);
            }
            Exit::Success
        }
    };
    match published {
        Exit::Success => Ok(looked.refused.unwrap_or(Exit::Success)),
        alarm => Ok(alarm),
    }
}

fn uploader(
    args: &BacklogArgs,
    author: &PauseId,
    session: &Session<'_>,
) -> Result<Option<Uploader>, CommandError> {
    if args.publish.no_upload {
        return Ok(None);
    }
    let uploader = credentials::uploader(&args.publish.pause, session)?;
    if uploader.author() == author {
        return Ok(Some(uploader));
    }
    Err(CommandError::usage(format!(
        "invalid credentials: expected those of {author}, found those of {}",
        uploader.author()
    ))
    .hinted(format!(
        "run `cpan-sigstore backlog {}`, or name a file with the credentials of {author} with `--pause-file FILE`",
        uploader.author()
    )))
}

/// Uploads all bundles. With `--wait` it waits for them afterwards, so that PAUSE can publish them in one pass.
fn publish(
    args: &BacklogArgs,
    uploader: &Uploader,
    agreed: &[Agreed],
    signed: &[SignedArchive],
    session: &Session<'_>,
) -> Result<Exit, CommandError> {
    let cpan = session.cpan(&args.publish.pause.cpan)?;
    let tree = published_tree(uploader)?;
    let mut all = Vec::new();
    for (agreed, signed) in agreed.iter().zip(signed) {
        let release = Release {
            signed,
            to: Destination {
                directory: agreed.archive.directory.clone(),
                uploader,
                cpan,
                tree: tree.as_ref(),
            },
        };
        let begun = Journal::read(&agreed.kept)?;
        all.push(Underway::resume(release, begun, &agreed.kept)?);
    }
    let uploads = all
        .iter()
        .filter(|one| one.journal.bundle_uploaded.is_none())
        .count();
    if uploads > 0 {
        session.terminal().say(&cost(uploads));
    }
    session.wait(publishing::finish(
        &mut all,
        &args.publish.wait,
        session.verifier(&args.publish.signing.instance)?,
        session.terminal(),
        args.publish.json,
    ))
}

/// The load that the bundles cause at PAUSE.
fn cost(bundles: usize) -> String {
    let bundles_of_all = count(bundles, "bundle");
    let time = count((bundles * SECONDS_EACH).div_ceil(60), "minute");
    format!(
        "PAUSE publishes one file in about {SECONDS_EACH} seconds: {bundles_of_all} will keep its queue busy for about {time}. It sends 2 mails for each: one to you, one to the list of all uploads"
    )
}
