//! `cpan-sigstore upload`.

use std::path::{Path, PathBuf};

use clap::Args;
use cpan_sigstore_core::{finding::Exit, identity::IdentityPolicy, text::shown_path};
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_pause::journal::Journal;

use crate::{
    bundle_file::{self, beside},
    credentials::{self, Account},
    error::CommandError,
    flags::{InstanceArgs, PauseArgs, WaitArgs},
    publishing::{
        self, Destination, NotSigned, Release, SignedArchive, Stage, Underway, Verification,
        published_tree,
    },
    session::Session,
    ui::{Terminal, Tone, preflight},
};

/// Upload signed releases to PAUSE.
///
/// Each bundle is uploaded before its archive, and the archive when PAUSE has published the bundle.
///
/// Before the first upload, each archive is checked as by `check`, and its bundle is verified. If it is
/// interrupted, run it again: it resumes and never uploads a file twice.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore upload Foo-Bar-1.02.tar.gz\n  \
    cpan-sigstore upload --identity author@example.com --issuer https://accounts.google.com \\\n    \
    --wait Foo-Bar-1.02.tar.gz\n\n\
    Exit codes: 0 uploaded, 1 failed, 2 usage, 3 try again later, 10 unsigned,\n  \
    11 signature invalid or other bytes published, 12 signed by somebody else, 14 unfit archive"
)]
pub struct UploadArgs {
    /// Archives, each with its bundle beside it
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Bundle of a single file [default: FILE.sigstore.json]
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// Required signer, such as author@example.com
    #[arg(long, value_name = "NAME", requires = "issuer")]
    identity: Option<String>,
    /// Issuer of the signer's name, such as https://accounts.google.com
    #[arg(long, value_name = "URL", requires = "identity")]
    issuer: Option<String>,
    /// Show the uploads, and the account, without making them
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    pause: PauseArgs,
    #[command(flatten)]
    wait: WaitArgs,
    #[command(flatten)]
    instance: InstanceArgs,
    /// Print each result as one JSON object on a line
    #[arg(long)]
    json: bool,
}

/// Runs the command. The first upload starts after all files passed.
pub fn run(args: &UploadArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let archives = archives(args)?;
    let verifier = session.verifier(&args.instance)?;
    let expected = match (&args.identity, &args.issuer) {
        (Some(name), Some(issuer)) => Some(IdentityPolicy::exact(name, issuer)),
        _ => None,
    };
    let mut signed = Vec::new();
    for archive in &archives {
        match look(args, archive, expected.as_ref(), verifier, terminal)? {
            Checked::Signed(release) => signed.push(*release),
            Checked::Stopped(exit) => return Ok(exit),
        }
    }
    if args.dry_run {
        let account = credentials::account(&args.pause, session)?;
        for release in &signed {
            plan(args, release, &account, terminal);
        }
        return Ok(Exit::Success);
    }
    upload(args, &signed, session)
}

/// The archives, each once; the name of a bundle means its archive.
fn archives(args: &UploadArgs) -> Result<Vec<PathBuf>, CommandError> {
    let mut archives: Vec<PathBuf> = Vec::new();
    for file in &args.files {
        let archive = bundle_file::archive_of(file).unwrap_or_else(|| file.clone());
        if !archives.contains(&archive) {
            archives.push(archive);
        }
    }
    if args.bundle.is_some() && archives.len() > 1 {
        return Err(CommandError::usage(
            "too many files for `--bundle`: expected one".into(),
        ));
    }
    Ok(archives)
}

/// The result of the checks of an archive and its bundle.
enum Checked {
    /// An archive that may be uploaded.
    Signed(Box<SignedArchive>),
    /// A report that was printed, and its exit code.
    Stopped(Exit),
}

/// Checks an archive and its bundle, and prints what is wrong.
fn look(
    args: &UploadArgs,
    archive: &Path,
    expected: Option<&IdentityPolicy>,
    verifier: &Verifier,
    terminal: &Terminal,
) -> Result<Checked, CommandError> {
    let destination = args.pause.destination(None);
    let found = preflight::look(archive, &destination, terminal, args.json)?;
    if !found.is_fit() {
        return Ok(Checked::Stopped(Exit::Archive));
    }
    let bundle = args.bundle.clone().unwrap_or_else(|| beside(archive));
    let file = shown_path(archive);
    let verified = SignedArchive::verify(archive, found.digest, &bundle, expected, verifier)?;
    let report = match verified {
        Verification::Signed(signed) => return Ok(Checked::Signed(signed)),
        Verification::Failed(NotSigned::NoBundle) => NotSigned::NoBundle.report(&file, &bundle).hinted(
            "sign it with `cpan-sigstore sign`, or check, sign and upload it with `cpan-sigstore release`",
        ),
        Verification::Failed(other) => other.report(&file, &bundle),
    };
    Ok(Checked::Stopped(report.print(terminal, args.json)))
}

fn plan(args: &UploadArgs, signed: &SignedArchive, account: &Account, terminal: &Terminal) {
    if args.json {
        publishing::print(signed, Stage::Signed, None, terminal, true);
        return;
    }
    terminal.headline(
        Tone::Careful,
        "nothing was uploaded",
        "a run would upload, in this order",
    );
    account.print(terminal);
    terminal.field("first", &shown_path(signed.bundle()));
    terminal.field("then", &shown_path(signed.archive()));
    terminal.field("digest", &signed.digest().to_string());
    terminal.field("signer", signed.verified().signer().subject.as_str());
    terminal.field("issuer", &signed.verified().signer().issuer);
}

fn upload(
    args: &UploadArgs,
    signed: &[SignedArchive],
    session: &Session<'_>,
) -> Result<Exit, CommandError> {
    let uploader = credentials::uploader(&args.pause, session)?;
    let cpan = session.cpan(&args.pause.cpan)?;
    let tree = published_tree(&uploader)?;
    let mut all = Vec::new();
    for signed in signed {
        let release = Release {
            signed,
            to: Destination {
                directory: args.pause.directory(uploader.author()),
                uploader: &uploader,
                cpan,
                tree: tree.as_ref(),
            },
        };
        let kept = Journal::beside(signed.archive());
        all.push(Underway::resume(release, Journal::read(&kept)?, &kept)?);
    }
    session.wait(publishing::finish(
        &mut all,
        &args.wait,
        session.verifier(&args.instance)?,
        session.terminal(),
        args.json,
    ))
}
