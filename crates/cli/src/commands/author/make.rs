//! From a change to a signed record at PAUSE: what enroll, add, retire and the others share.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::{finding::Exit, identity::IdentityPolicy, release::PauseId};
use cpan_sigstore_cpan::backlog;
use cpan_sigstore_gate::TrustStore;
use cpan_sigstore_keyless::{bundle::SIZE_LIMIT, verify::Verifier};
use cpan_sigstore_pause::upload::Uploader;
use cpan_sigstore_records::{
    chain::ChainContext,
    record::{AuthorRecord, Change, Releases, difference},
};
use jiff::Timestamp;
use serde::Serialize;
use tokio::runtime::Runtime;

use super::{AuthorError, files::Files, publish};
use crate::{
    author_records::Found,
    bundle_file::{self, Place},
    failure::Failure,
    gate_args::TrustStoreArgs,
    instance_args::runtime,
    pause_args::PauseArgs,
    publishing::WaitArgs,
    signing::{Session, SigningArgs},
    terminal::{Terminal, Tone},
};

/// How a record is made and where it goes. `--yes` answers every question.
#[derive(Args, Debug)]
pub struct MakeArgs {
    /// Show what would change, and sign nothing
    #[arg(long)]
    dry_run: bool,
    /// Sign, and do not upload
    #[arg(long)]
    no_upload: bool,
    /// The folder in which the record and its bundle are kept
    #[arg(long, value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    #[command(flatten)]
    pub signing: SigningArgs,
    #[command(flatten)]
    pub pause: PauseArgs,
    #[command(flatten)]
    wait: WaitArgs,
    #[command(flatten)]
    memory: TrustStoreArgs,
    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
}

/// All that a record is made with.
pub struct Maker<'a> {
    args: &'a MakeArgs,
    terminal: &'a Terminal,
    runtime: Runtime,
    uploader: Option<Uploader>,
    verifier: Verifier,
    memory: TrustStore,
    author: PauseId,
}

/// What may sign a record.
pub enum MaySign {
    /// An identity of the version before.
    OneOf(Vec<IdentityPolicy>),
    /// Whoever is logged in, whom the record names.
    Anybody,
}

/// What is printed for machines.
#[derive(Serialize)]
struct Made<'a> {
    author: &'a PauseId,
    version: u32,
    file: String,
    bundle: String,
    digest: String,
    signer: String,
    changes: Vec<String>,
    stage: &'static str,
}

impl<'a> Maker<'a> {
    /// Does all that can fail without a login.
    ///
    /// # Errors
    /// Where PAUSE does not take the password, or trust material or memory cannot be used.
    pub fn begin(args: &'a MakeArgs, terminal: &'a Terminal) -> Result<Self, Failure> {
        publish::refuse_subdirectory(&args.pause)?;
        let runtime = runtime()?;
        let (uploader, author) = match (&args.pause.user, args.no_upload || args.dry_run) {
            (Some(author), true) => (None, author.clone()),
            _ => {
                let uploader = args.pause.uploader(terminal)?;
                let author = uploader.author().clone();
                (Some(uploader), author)
            }
        };
        if let Some(uploader) = &uploader {
            runtime.block_on(uploader.check_login())?;
        }
        let verifier = Verifier::new(&args.signing.instance.trusted_root(terminal)?)?;
        let memory = runtime.block_on(args.memory.open())?;
        Ok(Self {
            args,
            terminal,
            runtime,
            uploader,
            verifier,
            memory,
            author,
        })
    }

    /// Whose record it is.
    pub fn author(&self) -> &PauseId {
        &self.author
    }

    /// The records that are there.
    ///
    /// # Errors
    /// Where it cannot be told.
    pub fn found(&self) -> Result<Found, Failure> {
        let cpan = self.args.pause.cpan.open()?;
        let found = Found::at(&cpan, &self.author, &self.memory, &self.verifier);
        self.runtime.block_on(found)
    }

    /// Nobody is told that all releases are signed while some are not.
    ///
    /// # Errors
    /// Where some are not, or that cannot be told.
    pub fn check_backlog(&self, releases: Releases) -> Result<(), Failure> {
        if releases == Releases::Mixed {
            return Ok(());
        }
        let cpan = self.args.pause.cpan.open()?;
        let suffix = bundle_file::SUFFIX;
        let unsigned = backlog::unsigned(&cpan, &self.author, suffix, SIZE_LIMIT);
        let unsigned = self.runtime.block_on(unsigned)?;
        match unsigned.first() {
            None => Ok(()),
            Some(one) => Err(AuthorError::Backlog {
                author: self.author.clone(),
                count: unsigned.len(),
                example: one.path(),
            }
            .into()),
        }
    }

    /// Logs in.
    ///
    /// # Errors
    /// Where the login fails, or is as nobody who may sign.
    pub fn login(&self, may_sign: MaySign) -> Result<Session, Failure> {
        let one_of = match may_sign {
            MaySign::OneOf(identities) => Some(identities),
            MaySign::Anybody => None,
        };
        let session = self.args.signing.begin_as(one_of, self.terminal);
        self.runtime.block_on(session)
    }

    /// Says what should be known before it is agreed to.
    pub fn warn(&self, warning: &str) {
        self.terminal.warning(warning);
    }

    /// Whether it is only to be shown.
    pub fn is_dry_run(&self) -> bool {
        self.args.dry_run
    }

    /// Shows what changes, and asks.
    ///
    /// # Errors
    /// Where the answer is no, or there is nobody to ask.
    pub fn confirm(
        &self,
        before: Option<&AuthorRecord>,
        record: &AuthorRecord,
    ) -> Result<(), Failure> {
        self.place(record)?;
        let terminal = self.terminal;
        let verb = match before {
            None => "says",
            Some(_) => "changes",
        };
        terminal.say(&format!(
            "version {} of the record of {} {verb}:",
            record.version(),
            self.author
        ));
        for change in difference(before, record) {
            terminal.say(&format!("  {change}"));
        }
        if self.args.dry_run || self.args.signing.login.yes {
            return Ok(());
        }
        match terminal.confirm("Sign and publish this?")? {
            true => Ok(()),
            false => Err(AuthorError::NotConfirmed.into()),
        }
    }

    /// Prints a record that is not signed.
    pub fn show(&self, before: Option<&AuthorRecord>, record: &AuthorRecord) -> Exit {
        let json = String::from_utf8_lossy(record.json());
        if self.args.json {
            self.print(before, record, "", "dry-run");
        } else {
            self.terminal.line(&json);
        }
        Exit::Success
    }

    /// Signs a record, looks whether it counts for everybody, keeps it, and uploads it.
    ///
    /// # Errors
    /// Where one of these fails; what was kept can be uploaded again.
    pub fn finish(
        &self,
        session: Session,
        found: &Found,
        record: &AuthorRecord,
        counts: bool,
    ) -> Result<Exit, Failure> {
        let (record_place, bundle_place) = self.place(record)?;
        let mut session = session;
        let signed = self.runtime.block_on(session.sign(record.digest()))?;
        let json = String::from_utf8_lossy(record.json()).into_owned();
        // The record first: its bundle alone would look like one that belongs to another text.
        record_place.write(&json)?;
        bundle_place.write(signed.json())?;
        let files = Files::verify(record_place.path(), &self.verifier)?;
        let before = found.history.tip().map(|tip| tip.record().clone());
        if counts {
            self.remember(found, &files)?;
        }
        let signer = files.signed().signer().to_string();
        self.terminal.say(&format!("signed by {signer}"));
        let stage = match &self.uploader {
            Some(uploader) if !self.args.no_upload => {
                let upload = publish::Upload {
                    files: &files,
                    uploader,
                    pause: &self.args.pause,
                    wait: &self.args.wait,
                };
                let sent = self.runtime.block_on(upload.run(self.terminal));
                sent.inspect_err(|_| self.terminal.hint(&self.way_on(record)))?
            }
            _ => "signed",
        };
        self.print(before.as_ref(), record, &signer, stage);
        Ok(Exit::Success)
    }

    /// Looks at the signed record as everybody will, and remembers it.
    fn remember(&self, found: &Found, files: &Files) -> Result<(), Failure> {
        let mut history = found.history.clone();
        let now = Timestamp::now();
        let results = history.append(files.signed().clone(), ChainContext::at(now));
        if let Some(refused) = results.iter().find(|it| !it.outcome.is_in_chain()) {
            return Err(AuthorError::Disputed {
                author: self.author.clone(),
                found: refused.to_string(),
            }
            .into());
        }
        let remembered = self.memory.remember_chain(&history, false, now);
        self.runtime.block_on(remembered)?;
        Ok(())
    }

    /// Where record and bundle are kept; found free and writable.
    fn place(&self, record: &AuthorRecord) -> Result<(Place, Place), Failure> {
        let path = self.args.directory.join(record.name().to_string());
        let kept = |failure| match failure {
            Failure::BundleExists { path } => Failure::from(AuthorError::Kept {
                path,
                version: record.version(),
            }),
            other => other,
        };
        let bundle = bundle_file::beside(&path);
        let record = Place::reserve(path, false).map_err(kept)?;
        Ok((record, Place::reserve(bundle, false).map_err(kept)?))
    }

    fn print(
        &self,
        before: Option<&AuthorRecord>,
        record: &AuthorRecord,
        signer: &str,
        stage: &'static str,
    ) {
        let name = record.name().to_string();
        let file = self.args.directory.join(&name);
        if self.args.json {
            self.terminal.json(&Made {
                author: &self.author,
                version: record.version(),
                bundle: bundle_file::beside(&file).display().to_string(),
                file: file.display().to_string(),
                digest: record.digest().to_string(),
                signer: signer.to_owned(),
                changes: difference(before, record)
                    .iter()
                    .map(Change::to_string)
                    .collect(),
                stage,
            });
            return;
        }
        self.terminal.headline(Tone::Good, stage, &name);
        self.terminal.field("author", self.author.as_str());
        self.terminal.field("digest", &record.digest().to_string());
        self.terminal.field("signer", signer);
        for identity in record.identities() {
            self.terminal.field("signs", &identity.to_string());
        }
        self.terminal.field("releases", record.releases().code());
        if stage == "signed" {
            self.terminal.hint(&self.way_on(record));
        }
    }

    /// What uploads a record that is signed already, without another signature.
    fn way_on(&self, record: &AuthorRecord) -> String {
        let file = self.args.directory.join(record.name().to_string());
        format!(
            "upload it with `cpan-sigstore author upload {}`",
            file.display()
        )
    }
}
