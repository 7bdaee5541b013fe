//! The flags of `backlog`.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::release::PauseId;

use crate::flags::PublishArgs;

/// Sign the releases that an author published without a bundle.
///
/// You log in once. Each archive is compared with your own copy of it; archives that you have no copy of
/// are listed, and you confirm the list. All bundles are uploaded before `--wait` waits for them. PAUSE publishes one in
/// about 10 seconds, during which its queue stops for everybody. If it is interrupted, run it again: it resumes.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore backlog AUTHOR --copies ~/releases\n  \
    cpan-sigstore backlog AUTHOR --accept-published --wait\n\n\
    Exit codes: 0 done, 1 failed, 2 usage or not confirmed, 3 try again later, 11 other bytes\n  \
    published than released, 12 logged in as an unauthorized identity, 14 archive in a directory\n  \
    that takes no uploads"
)]
pub struct BacklogArgs {
    /// Your PAUSE id
    #[arg(value_name = "AUTHOR")]
    pub author: PauseId,
    /// Folder with your own copies; an archive that equals its copy needs no confirmation
    #[arg(long, value_name = "DIR")]
    pub copies: Option<PathBuf>,
    /// Folder for bundles and progress [default: AUTHOR-backlog]
    #[arg(long, value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// Confirmation for the archives that you have no copy of
    #[arg(long)]
    pub accept_published: bool,
    #[command(flatten)]
    pub publish: PublishArgs,
}
