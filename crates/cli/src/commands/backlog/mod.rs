//! `cpan-sigstore backlog`: the archives that an author published unsigned are signed in one login.
//!
//! Bundle and journal of each archive are kept in a folder of their own, so that an interrupted run
//! resumes as any release does.

mod arguments;
mod look;
mod sign;

pub use arguments::BacklogArgs;

use cpan_sigstore_core::{finding::Exit, release::PauseId};
use cpan_sigstore_cpan::backlog::unsigned;
use cpan_sigstore_keyless::bundle::SIZE_LIMIT;
use cpan_sigstore_pause::{journal::Journal, upload::Uploader};

use crate::{
    bundle_file, credentials,
    error::CommandError,
    publishing::{self, Destination, Release, SignedArchive, Stage},
    session::Session,
    ui::{Terminal, Tone},
};
use look::Agreed;

/// Signs an author's backlog, but only archives that the author confirmed.
pub fn run(args: &BacklogArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let author = &args.author;
    let terminal = session.terminal();
    let uploader = uploader(args, author, terminal)?;
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
    let publishing = Publishing {
        args,
        uploader: uploader.as_ref(),
        session,
    };
    for (agreed, signed) in looked.agreed.iter().zip(&signed) {
        match publishing.finish(agreed, signed)? {
            Exit::Success => {}
            alarm => return Ok(alarm),
        }
    }
    Ok(looked.refused.unwrap_or(Exit::Success))
}

fn uploader(
    args: &BacklogArgs,
    author: &PauseId,
    terminal: &Terminal,
) -> Result<Option<Uploader>, CommandError> {
    if args.publish.no_upload {
        return Ok(None);
    }
    let uploader = credentials::uploader(&args.publish.pause, terminal)?;
    if uploader.author() == author {
        return Ok(Some(uploader));
    }
    Err(CommandError::usage(format!(
        "invalid credentials: expected those of {author}, found those of {}",
        uploader.author()
    )))
}

/// The last step of each archive.
struct Publishing<'a> {
    args: &'a BacklogArgs,
    uploader: Option<&'a Uploader>,
    session: &'a Session<'a>,
}

impl Publishing<'_> {
    fn finish(&self, agreed: &Agreed, signed: &SignedArchive) -> Result<Exit, CommandError> {
        let _span = tracing::info_span!("release", id = %signed.digest()).entered();
        let args = self.args;
        let Some(uploader) = self.uploader else {
            publishing::print(
                signed,
                Stage::Signed,
                None,
                self.session.terminal(),
                args.publish.json,
            );
            return Ok(Exit::Success);
        };
        let release = Release {
            signed,
            to: Destination {
                directory: agreed.archive.directory.clone(),
                uploader,
                cpan: self.session.cpan(&args.publish.pause.cpan)?,
            },
        };
        self.session.wait(publishing::finish(
            &release,
            Journal::read(&agreed.kept)?,
            &agreed.kept,
            &args.publish.wait,
            self.session.verifier(&args.publish.signing.instance)?,
            self.session.terminal(),
            args.publish.json,
        ))
    }
}
