//! `cpan-sigstore sign`.

use std::{
    fs::{File, Metadata},
    path::{Path, PathBuf},
};

use clap::Args;
use cpan_sigstore_core::{digest::Sha256Digest, finding::Exit};
use cpan_sigstore_keyless::{
    sign::SignedBundle,
    verify::{VerifiedSignature, sha256},
};
use serde::Serialize;

use crate::{
    bundle_file::{Place, beside},
    failure::Failure,
    instance_args::runtime,
    signing::{Session, SigningArgs},
    terminal::{Terminal, Tone},
};

/// Sign files, and write a bundle beside each.
///
/// You log in once, whatever the number of files: at the provider in your browser, or by what a CI
/// service offers. Your name in the certificate, an e-mail address mostly, becomes public for ever
/// in the transparency log. A bundle is written as FILE.sigstore.json after it was verified.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  cpan-sigstore sign Foo-Bar-1.02.tar.gz\n  \
    cpan-sigstore sign --identity author@example.com --provider google *.tar.gz")]
pub struct SignArgs {
    /// The files
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Where to write the bundle, for one file
    #[arg(long, value_name = "FILE")]
    pub(super) bundle: Option<PathBuf>,
    /// Replace bundles that are there already
    #[arg(long)]
    pub(super) force: bool,
    #[command(flatten)]
    pub(super) signing: SigningArgs,
    /// Print each result as one JSON object on a line
    #[arg(long)]
    pub(super) json: bool,
}

/// A file, what it was when it was hashed, its digest, and where its bundle goes.
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

/// Runs the command. All that can go wrong without a login is tried before it.
pub fn run(args: &SignArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let jobs = jobs(args)?;
    runtime()?.block_on(sign(args, &jobs, terminal))?;
    Ok(Exit::Success)
}

async fn sign(args: &SignArgs, jobs: &[Job], terminal: &Terminal) -> Result<(), Failure> {
    let mut session = args.signing.begin(terminal).await?;
    for (done, job) in jobs.iter().enumerate() {
        sign_one(&mut session, job, args.json, terminal)
            .await
            .map_err(|failure| {
                Failure::partly(failure, done, "signed", jobs.iter().map(|job| &job.file))
            })?;
    }
    Ok(())
}

async fn sign_one(
    session: &mut Session,
    job: &Job,
    json: bool,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let signed = session.sign(job.digest).await?;
    job.check_unchanged()?;
    job.place.write(signed.json())?;
    print(job, &signed, json, terminal);
    Ok(())
}

fn jobs(args: &SignArgs) -> Result<Vec<Job>, Failure> {
    if args.bundle.is_some() && args.files.len() > 1 {
        return Err(Failure::Usage(
            "expected one file with `--bundle`, found several; without it each bundle goes beside its file".into(),
        ));
    }
    let mut taken = args
        .files
        .iter()
        .map(|file| std::fs::canonicalize(file).map_err(Failure::read(file)))
        .collect::<Result<Vec<_>, _>>()?;
    args.files
        .iter()
        .map(|file| {
            let path = args.bundle.clone().unwrap_or_else(|| beside(file));
            let place = Place::reserve(path, args.force)?;
            // Neither a file that is signed nor the bundle of another may be written over.
            let whole = place.whole_path()?;
            if taken.contains(&whole) {
                return Err(Failure::Usage(format!(
                    "expected a place of its own for each bundle, found {} named twice",
                    whole.display()
                )));
            }
            taken.push(whole);
            Job::new(file, place)
        })
        .collect()
}

impl Job {
    fn new(file: &Path, place: Place) -> Result<Self, Failure> {
        let mut stream = File::open(file).map_err(Failure::read(file))?;
        let was = stream.metadata().map_err(Failure::read(file))?;
        Ok(Self {
            digest: sha256(&mut stream)?,
            file: file.to_owned(),
            was,
            place,
        })
    }

    /// A login takes its time: a file that was built anew meanwhile is not what was signed.
    fn check_unchanged(&self) -> Result<(), Failure> {
        let is = std::fs::metadata(&self.file).map_err(Failure::read(&self.file))?;
        let same = is.len() == self.was.len() && is.modified().ok() == self.was.modified().ok();
        if same {
            Ok(())
        } else {
            Err(Failure::FileChanged {
                path: self.file.clone(),
            })
        }
    }
}

fn print(job: &Job, signed: &SignedBundle, json: bool, terminal: &Terminal) {
    let verified = signed.verified();
    let bundle = job.place.path().display().to_string();
    if json {
        terminal.json(&Signed {
            file: job.file.display().to_string(),
            bundle,
            verified,
        });
        terminal.flush();
        return;
    }
    terminal.headline(Tone::Good, "signed", &job.file.display().to_string());
    terminal.field("signer", verified.signer().subject.as_str());
    terminal.field("issuer", &verified.signer().issuer);
    for log in verified.signature().log() {
        terminal.field("log", &format!("{}, entry {}", log.url, log.index));
    }
    terminal.field("bundle", &bundle);
    terminal.flush();
}
