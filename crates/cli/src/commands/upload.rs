//! `cpan-sigstore upload`.

use std::path::{Path, PathBuf};

use clap::Args;
use cpan_sigstore_core::{finding::Exit, identity::IdentityPolicy};
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_pause::journal::Journal;

use crate::{
    bundle_file::{self, beside},
    failure::Failure,
    instance_args::{InstanceArgs, runtime},
    pause_args::PauseArgs,
    preflight_report,
    publishing::{self, NotSigned, Release, SignedArchive, Stage, WaitArgs},
    terminal::{Terminal, Tone},
};

/// Upload signed releases to PAUSE, each bundle before its archive.
///
/// Before anything is sent, each archive is looked at as `check` does, and its bundle is verified to be
/// for its bytes. What PAUSE has already is not sent again, so that an upload that was interrupted is
/// taken up by running it again.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore upload Foo-Bar-1.02.tar.gz\n  \
    cpan-sigstore upload --identity author@example.com --issuer https://accounts.google.com \\\n    \
    --wait Foo-Bar-1.02.tar.gz\n\n\
    Exit codes: 0 uploaded, 1 failed, 2 usage, 3 try again later, 10 unsigned,\n  \
    11 signature invalid or other bytes published, 12 signed by somebody else, 14 unfit archive"
)]
pub struct UploadArgs {
    /// The archives; the bundle of each stands beside it
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The bundle, for one file
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// Who has to have signed, for example author@example.com
    #[arg(long, value_name = "NAME", requires = "issuer")]
    identity: Option<String>,
    /// The provider that has to vouch for the name, for example https://accounts.google.com
    #[arg(long, value_name = "URL", requires = "identity")]
    issuer: Option<String>,
    /// Say what would be uploaded, and upload nothing
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

/// Runs the command. Nothing is uploaded before all files were found in order.
pub fn run(args: &UploadArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let archives = archives(args)?;
    let verifier = Verifier::new(&args.instance.trusted_root(terminal)?)?;
    let expected = match (&args.identity, &args.issuer) {
        (Some(name), Some(issuer)) => Some(IdentityPolicy::exact(name, issuer)),
        _ => None,
    };
    let mut signed = Vec::new();
    for archive in &archives {
        match look(args, archive, expected.as_ref(), &verifier, terminal)? {
            Ok(release) => signed.push(release),
            Err(exit) => return Ok(exit),
        }
    }
    if args.dry_run {
        for release in &signed {
            plan(args, release, terminal);
        }
        return Ok(Exit::Success);
    }
    upload(args, &signed, &verifier, terminal)
}

/// The archives, each once; the name of a bundle stands for its archive.
fn archives(args: &UploadArgs) -> Result<Vec<PathBuf>, Failure> {
    let mut archives: Vec<PathBuf> = Vec::new();
    for file in &args.files {
        let archive = bundle_file::archive_of(file).unwrap_or_else(|| file.clone());
        if !archives.contains(&archive) {
            archives.push(archive);
        }
    }
    if args.bundle.is_some() && archives.len() > 1 {
        return Err(Failure::Usage(
            "expected one file with `--bundle`, found several; without it each bundle is looked for beside its file".into(),
        ));
    }
    Ok(archives)
}

/// Looks at an archive and its bundle; what is wrong is printed, with the exit code it has.
fn look(
    args: &UploadArgs,
    archive: &Path,
    expected: Option<&IdentityPolicy>,
    verifier: &Verifier,
    terminal: &Terminal,
) -> Result<Result<SignedArchive, Exit>, Failure> {
    let destination = args.pause.destination(None);
    let found = preflight_report::look(archive, &destination, terminal, args.json)?;
    if !found.is_fit() {
        return Ok(Err(Exit::Archive));
    }
    let bundle = args.bundle.clone().unwrap_or_else(|| beside(archive));
    let file = archive.display().to_string();
    let verified = SignedArchive::verify(archive, found.digest, &bundle, expected, verifier)?;
    let report = match verified {
        Ok(signed) => return Ok(Ok(signed)),
        Err(NotSigned::NoBundle) => NotSigned::NoBundle.report(&file, &bundle).hinted(
            "sign it first with `cpan-sigstore sign`, or do all at once with `cpan-sigstore release`",
        ),
        Err(other) => other.report(&file, &bundle),
    };
    Ok(Err(report.print(terminal, args.json)))
}

fn plan(args: &UploadArgs, signed: &SignedArchive, terminal: &Terminal) {
    if args.json {
        publishing::print(signed, Stage::Signed, None, terminal, true);
        return;
    }
    terminal.headline(
        Tone::Careful,
        "nothing was uploaded",
        "this would be, in this order",
    );
    terminal.field("first", &signed.bundle().display().to_string());
    terminal.field("then", &signed.archive().display().to_string());
    terminal.field("digest", &signed.digest().to_string());
    terminal.field("signer", signed.verified().signer().subject.as_str());
    terminal.field("issuer", &signed.verified().signer().issuer);
}

fn upload(
    args: &UploadArgs,
    signed: &[SignedArchive],
    verifier: &Verifier,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let uploader = args.pause.uploader(terminal)?;
    let cpan = args.pause.cpan.open()?;
    let runtime = runtime()?;
    let archives: Vec<_> = signed
        .iter()
        .map(|signed| signed.archive().to_owned())
        .collect();
    for (done, signed) in signed.iter().enumerate() {
        let release = Release {
            signed,
            directory: args.pause.directory(uploader.author()),
            uploader: &uploader,
            cpan: &cpan,
        };
        let kept = Journal::beside(signed.archive());
        let exit = runtime
            .block_on(publishing::finish(
                &release, &kept, &args.wait, verifier, terminal, args.json,
            ))
            .map_err(|failure| Failure::partly(failure, done, "uploaded", archives.iter()))?;
        if exit != Exit::Success {
            return Ok(exit);
        }
    }
    Ok(Exit::Success)
}
