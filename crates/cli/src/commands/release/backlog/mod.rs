//! `release --backlog`: what an author published unsigned is signed in one login.
//!
//! Bundle and journal of each archive are kept in a folder of their own, so that what was interrupted is
//! taken up as any release is.

mod look;
mod sign;

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::{finding::Exit, release::PauseId};
use cpan_sigstore_cpan::{Cpan, Directory, backlog::unsigned};
use cpan_sigstore_keyless::{bundle::SIZE_LIMIT, verify::Verifier};
use cpan_sigstore_pause::upload::Uploader;
use tokio::runtime::Runtime;

use super::ReleaseArgs;
use crate::{
    bundle_file,
    failure::Failure,
    instance_args::runtime,
    publishing::{self, Release, SignedArchive, Stage},
    terminal::{Terminal, Tone},
};
use look::Agreed;

/// The flags of a backlog.
#[derive(Args, Debug)]
#[command(next_help_heading = "Backlog")]
pub struct BacklogArgs {
    /// Sign all archives of this author that are published without a bundle
    #[arg(long, value_name = "AUTHOR")]
    pub backlog: Option<PauseId>,
    /// A folder with your own copies; an archive that equals its copy needs no further word
    #[arg(long, value_name = "DIR", requires = "backlog")]
    copies: Option<PathBuf>,
    /// Where bundles and the state are kept; AUTHOR-backlog by default
    #[arg(long, value_name = "DIR", requires = "backlog")]
    directory: Option<PathBuf>,
    /// Say yes to the list of archives that you have no copy of
    #[arg(long, requires = "backlog")]
    accept_published: bool,
}

/// Signs an author's backlog. Nothing is signed of which the author did not say that it is theirs.
pub fn run(args: &ReleaseArgs, author: &PauseId, terminal: &Terminal) -> Result<Exit, Failure> {
    let uploader = uploader(args, author, terminal)?;
    let cpan = args.pause.cpan.open()?;
    let runtime = runtime()?;
    if let Some(uploader) = &uploader {
        runtime.block_on(uploader.check_login())?;
    }
    let listed = runtime.block_on(unsigned(&cpan, author, bundle_file::SUFFIX, SIZE_LIMIT))?;
    if listed.is_empty() {
        if !args.json {
            let rest = format!("every archive of {author} has a bundle");
            terminal.headline(Tone::Good, "nothing to sign", &rest);
        }
        return Ok(Exit::Success);
    }
    let looked = runtime.block_on(look::look(args, author, &cpan, listed, terminal))?;
    let verifier = Verifier::new(&args.signing.instance.trusted_root(terminal)?)?;
    let signed = sign::all(args, &looked.agreed, &verifier, &runtime, terminal)?;
    let publishing = Publishing {
        args,
        uploader: uploader.as_ref(),
        cpan: &cpan,
        verifier: &verifier,
        runtime: &runtime,
        terminal,
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
    args: &ReleaseArgs,
    author: &PauseId,
    terminal: &Terminal,
) -> Result<Option<Uploader>, Failure> {
    if args.no_upload {
        return Ok(None);
    }
    let uploader = args.pause.uploader(terminal)?;
    if uploader.author() == author {
        return Ok(Some(uploader));
    }
    Err(Failure::Usage(format!(
        "expected the credentials of {author}, whose backlog it is, found those of {}",
        uploader.author()
    )))
}

/// What the last step of each archive needs.
struct Publishing<'a> {
    args: &'a ReleaseArgs,
    uploader: Option<&'a Uploader>,
    cpan: &'a Cpan,
    verifier: &'a Verifier,
    runtime: &'a Runtime,
    terminal: &'a Terminal,
}

impl Publishing<'_> {
    fn finish(&self, agreed: &Agreed, signed: &SignedArchive) -> Result<Exit, Failure> {
        let args = self.args;
        let Some(uploader) = self.uploader else {
            publishing::print(signed, Stage::Signed, None, self.terminal, args.json);
            return Ok(Exit::Success);
        };
        let directory: Directory = agreed.archive.directory.clone();
        let release = Release {
            signed,
            directory,
            uploader,
            cpan: self.cpan,
        };
        self.runtime.block_on(publishing::finish(
            &release,
            &agreed.kept,
            &args.wait,
            self.verifier,
            self.terminal,
            args.json,
        ))
    }
}
