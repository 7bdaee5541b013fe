//! `cpan-sigstore sign`.

use std::{
    fs::{File, Metadata},
    path::{Path, PathBuf},
};

use clap::Args;
use cpan_sigstore_core::{digest::Sha256Digest, finding::Exit, text::shown_path};
use cpan_sigstore_keyless::{
    sign::SignedBundle,
    verify::{VerifiedSignature, sha256},
};
use serde::Serialize;

use crate::{
    bundle_file::{Place, beside},
    error::CommandError,
    flags::SigningArgs,
    session::Session,
    signing::Signer,
    ui::{Terminal, Tone},
};

/// Sign files, and write a bundle beside each.
///
/// You log in once for all files: in your browser, or with the identity of a CI service. Your name in the
/// certificate, mostly an e-mail address, becomes public forever in the transparency log. Each bundle is
/// verified, and then written as FILE.sigstore.json.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  cpan-sigstore sign Foo-Bar-1.02.tar.gz\n  \
    cpan-sigstore sign --identity author@example.com --provider google *.tar.gz")]
pub struct SignArgs {
    /// Files
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Bundle of a single file [default: FILE.sigstore.json]
    #[arg(long, value_name = "FILE")]
    pub(super) bundle: Option<PathBuf>,
    /// Replace existing bundles
    #[arg(long)]
    pub(super) force: bool,
    #[command(flatten)]
    pub(super) signing: SigningArgs,
    /// Print each result as one JSON object on a line
    #[arg(long)]
    pub(super) json: bool,
}

/// A file, its metadata when it was hashed, its digest, and the place of its bundle.
struct Job {
    file: PathBuf,
    was: Metadata,
    digest: Sha256Digest,
    place: Place,
}

#[derive(Serialize)]
struct Signed<'a> {
    file: String,
    bundle: String,
    #[serde(flatten)]
    verified: &'a VerifiedSignature,
}

/// Runs the command. Everything that can fail without a login comes before it.
pub fn run(args: &SignArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let jobs = jobs(args)?;
    let mut signer = Signer::log_in(&args.signing, None, session)?;
    for (done, job) in jobs.iter().enumerate() {
        session
            .wait(sign_one(&mut signer, job, args.json, session.terminal()))
            .map_err(|error| error.partly(done, "signed", jobs.iter().map(|job| &job.file)))?;
    }
    Ok(Exit::Success)
}

async fn sign_one(
    signer: &mut Signer,
    job: &Job,
    json: bool,
    terminal: &Terminal,
) -> Result<(), CommandError> {
    let signed = signer.sign(job.digest).await?;
    job.check_unchanged()?;
    job.place.write(signed.json())?;
    print(job, &signed, json, terminal);
    Ok(())
}

fn jobs(args: &SignArgs) -> Result<Vec<Job>, CommandError> {
    if args.bundle.is_some() && args.files.len() > 1 {
        return Err(CommandError::usage(
            "too many files for `--bundle`: expected one".into(),
        ));
    }
    let mut taken = args
        .files
        .iter()
        .map(|file| std::fs::canonicalize(file).map_err(CommandError::read(file)))
        .collect::<Result<Vec<_>, _>>()?;
    args.files
        .iter()
        .map(|file| {
            let path = args.bundle.clone().unwrap_or_else(|| beside(file));
            let place = Place::reserve(path, args.force)?;
            // A bundle must overwrite neither a file that is signed nor another bundle.
            let whole = place.whole_path()?;
            if taken.contains(&whole) {
                return Err(CommandError::usage(format!(
                    "invalid bundle paths: expected each once, found {} twice",
                    shown_path(&whole)
                )));
            }
            taken.push(whole);
            Job::new(file, place)
        })
        .collect()
}

impl Job {
    fn new(file: &Path, place: Place) -> Result<Self, CommandError> {
        let mut stream = File::open(file).map_err(CommandError::read(file))?;
        let was = stream.metadata().map_err(CommandError::read(file))?;
        Ok(Self {
            digest: sha256(&mut stream)?,
            file: file.to_owned(),
            was,
            place,
        })
    }

    /// A login takes time: a file that was rebuilt meanwhile is not the signed one.
    fn check_unchanged(&self) -> Result<(), CommandError> {
        let is = std::fs::metadata(&self.file).map_err(CommandError::read(&self.file))?;
        let same = is.len() == self.was.len() && is.modified().ok() == self.was.modified().ok();
        if same {
            Ok(())
        } else {
            Err(CommandError::failed(format!(
                "cannot write the bundle of {}: the file changed after it was hashed",
                shown_path(&self.file)
            ))
            .hinted("sign it again when no program writes to it"))
        }
    }
}

fn print(job: &Job, signed: &SignedBundle, json: bool, terminal: &Terminal) {
    let verified = signed.verified();
    let bundle = shown_path(job.place.path());
    if json {
        terminal.json(&Signed {
            file: shown_path(&job.file),
            bundle,
            verified,
        });
        terminal.flush();
        return;
    }
    terminal.headline(Tone::Good, "signed", &shown_path(&job.file));
    terminal.field("signer", verified.signer().subject.as_str());
    terminal.field("issuer", &verified.signer().issuer);
    for log in verified.signature().log() {
        terminal.field("log", &format!("{}, entry {}", log.url, log.index));
    }
    terminal.field("bundle", &bundle);
    terminal.flush();
}
