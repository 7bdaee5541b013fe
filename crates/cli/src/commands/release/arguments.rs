//! The flags of `release`.

use std::path::PathBuf;

use clap::Args;

use crate::flags::PublishArgs;

/// Check, sign, verify and upload a release.
///
/// The archive is uploaded when PAUSE has published its bundle, so that nobody finds it unsigned. That usually takes 1 to
/// 3 minutes; with a PAUSE token, 5 to 10.
///
/// If it is interrupted, run it again: it resumes and never uploads a file twice. Progress is kept in
/// FILE.release.json beside the archive.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore release --wait Foo-Bar-1.02.tar.gz\n  \
    cpan-sigstore release --identity author@example.com --provider google Foo-Bar-1.02.tar.gz\n\n\
    Exit codes: 0 done, 1 failed, 2 usage, 3 try again later, 11 signature invalid or other\n  \
    bytes published, 12 logged in as or signed by somebody else, 14 unfit archive"
)]
pub struct ReleaseArgs {
    /// Archive
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Bundle to write; PAUSE gets it under the same name [default: FILE.sigstore.json]
    #[arg(long, value_name = "FILE")]
    pub bundle: Option<PathBuf>,
    /// Sign again, and replace the existing bundle
    #[arg(long)]
    pub force: bool,
    /// Check the archive, and show the account and its proof; sign and upload nothing
    #[arg(long, conflicts_with = "no_upload")]
    pub dry_run: bool,
    #[command(flatten)]
    pub publish: PublishArgs,
}
