//! The way from a change to a signed record at PAUSE, which enroll, add, retire and others share.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::{
    finding::Exit,
    identity::IdentityPolicy,
    release::PauseId,
    text::{count, shown_path},
};
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

use super::{files::Files, publish, stated::logged_in};
use crate::{
    author_records::{Found, disputed},
    bundle_file::{self, BundleExists, Place},
    credentials,
    error::CommandError,
    flags::{PauseArgs, SigningArgs, TrustStoreArgs, WaitArgs},
    publishing::{Destination, published_tree},
    session::Session,
    signing::{Login, Signer},
    ui::{Terminal, Tone, consent::Consent},
};

/// The flags of commands that create a record. `--yes` confirms every question.
#[derive(Args, Debug)]
pub struct MakeArgs {
    /// Show the change, without signature or certificate
    #[arg(long)]
    dry_run: bool,
    /// Sign only, without upload
    #[arg(long)]
    no_upload: bool,
    /// Folder for the record and its bundle
    #[arg(long, value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    #[command(flatten)]
    pub signing: SigningArgs,
    #[command(flatten)]
    pub pause: PauseArgs,
    #[command(flatten)]
    wait: WaitArgs,
    #[command(flatten)]
    trust_store: TrustStoreArgs,
    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
}

/// The parts of a run that creates a record.
pub struct Maker<'a> {
    args: &'a MakeArgs,
    session: &'a Session<'a>,
    terminal: &'a Terminal,
    uploader: Option<Uploader>,
    verifier: &'a Verifier,
    store: &'a TrustStore,
    author: PauseId,
}

/// The result for machines.
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
    /// Does everything that can fail without a login.
    ///
    /// # Errors
    /// A password that PAUSE rejects, or unusable trust material or trust store.
    pub fn begin(args: &'a MakeArgs, session: &'a Session<'a>) -> Result<Self, CommandError> {
        let terminal = session.terminal();
        publish::refuse_subdirectory(&args.pause)?;
        let (uploader, author) = match (&args.pause.user, args.no_upload || args.dry_run) {
            (Some(author), true) => (None, author.clone()),
            _ => {
                let uploader = credentials::uploader(&args.pause, session)?;
                let author = uploader.author().clone();
                (Some(uploader), author)
            }
        };
        if let Some(uploader) = &uploader {
            session.wait(uploader.check_login())?;
        }
        if !args.dry_run {
            session.signing_material(&args.signing)?;
        }
        Ok(Self {
            args,
            session,
            terminal,
            uploader,
            verifier: session.verifier(&args.signing.instance)?,
            store: session.trust_store(&args.trust_store)?,
            author,
        })
    }

    /// The author of the record.
    pub fn author(&self) -> &PauseId {
        &self.author
    }

    /// The existing records.
    ///
    /// # Errors
    /// An unreadable CPAN or trust store.
    pub fn found(&self) -> Result<Found, CommandError> {
        let cpan = self.session.cpan(&self.args.pause.cpan)?;
        let found = Found::at(cpan, &self.author, self.store, self.verifier);
        self.session.wait(found)
    }

    /// Checks that all releases are signed, if the record is to say so.
    ///
    /// # Errors
    /// An unsigned release, or an unreadable CPAN.
    pub fn check_backlog(&self, releases: Releases) -> Result<(), CommandError> {
        if releases == Releases::Mixed {
            return Ok(());
        }
        let cpan = self.session.cpan(&self.args.pause.cpan)?;
        let suffix = bundle_file::SUFFIX;
        let unsigned = backlog::unsigned(cpan, &self.author, suffix, SIZE_LIMIT);
        let unsigned = self.session.wait(unsigned)?;
        match unsigned.first() {
            None => Ok(()),
            Some(one) => Err(CommandError::new(
                Exit::Unsigned,
                format!(
                    "cannot require signatures of {}: found {} without a bundle, such as {}",
                    self.author,
                    count(unsigned.len(), "archive"),
                    one.path()
                ),
            )
            .hinted(format!(
                "sign the archives first with `cpan-sigstore backlog {}`, or delete them at PAUSE",
                self.author
            ))),
        }
    }

    /// Logs in as one of these identities, and gets a certificate.
    ///
    /// # Errors
    /// A login that fails, or as an identity that may not sign.
    pub fn log_in_as(&self, one_of: Vec<IdentityPolicy>) -> Result<Signer, CommandError> {
        Signer::log_in(&self.args.signing, Some(one_of), self.session)
    }

    /// Logs in as anybody, without a certificate, and names the identity as a record does.
    ///
    /// # Errors
    /// A login that fails, or that does not tell the identity.
    pub fn log_in(&self) -> Result<(Login, IdentityPolicy), CommandError> {
        let consent = match self.args.dry_run {
            true => Consent::Unneeded,
            false => Consent::Required,
        };
        let login = Login::new(&self.args.signing, None, consent, self.session)?;
        let identity = logged_in(&login.identity(&self.args.signing.login)?);
        Ok((login, identity))
    }

    /// Gets the certificate of a login, which has to name the identity in the record.
    ///
    /// # Errors
    /// No certificate, or one for another identity.
    pub fn certify(&self, login: Login, identity: &IdentityPolicy) -> Result<Signer, CommandError> {
        let signer = self.session.wait(login.certify())?;
        if logged_in(signer.identity()) == *identity {
            return Ok(signer);
        }
        Err(CommandError::new(
            Exit::IdentityMismatch,
            format!(
                "invalid certificate: expected {identity}, as the record names it, found {}; no record was signed",
                signer.identity()
            ),
        )
        .hinted("name the identity as the certificate does, with `--identity NAME`"))
    }

    /// Prints a warning before the confirmation.
    pub fn warn(&self, warning: &str) {
        self.terminal.warning(warning);
    }

    /// Whether the run is dry.
    pub fn is_dry_run(&self) -> bool {
        self.args.dry_run
    }

    /// Shows the change, and prompts for confirmation.
    ///
    /// # Errors
    /// No confirmation.
    pub fn confirm(
        &self,
        before: Option<&AuthorRecord>,
        record: &AuthorRecord,
    ) -> Result<(), CommandError> {
        self.place(record)?;
        let terminal = self.terminal;
        let verb = match before {
            None => "lists",
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
        let answer = terminal.confirm("Sign and publish this?");
        match answer.map_err(|error| CommandError::system("cannot read the answer", error))? {
            true => Ok(()),
            false => Err(CommandError::usage(
                "you did not confirm the change; nothing was signed".to_owned(),
            )
            .hinted("confirm on a terminal, or use `--yes`")),
        }
    }

    /// Prints an unsigned record, and which steps would make it public.
    pub fn show(&self, before: Option<&AuthorRecord>, record: &AuthorRecord) -> Exit {
        let upload = match self.args.no_upload {
            true => "",
            false => ", and uploads record and bundle to PAUSE",
        };
        self.terminal.say(&format!(
            "nothing was published; without `--dry-run`, this command logs your name and the signature over {} in public{upload}",
            record.name()
        ));
        let json = String::from_utf8_lossy(record.json());
        if self.args.json {
            self.print(before, record, "", "dry-run");
        } else {
            self.terminal.line(&json);
        }
        Exit::Success
    }

    /// Signs a record, checks that clients accept it, writes it, and uploads it.
    ///
    /// # Errors
    /// A failed step; a written record can be uploaded later.
    pub fn finish(
        &self,
        mut signer: Signer,
        found: &Found,
        record: &AuthorRecord,
        counts: bool,
    ) -> Result<Exit, CommandError> {
        let (record_place, bundle_place) = self.place(record)?;
        let signed = self.session.wait(signer.sign(record.digest()))?;
        let json = String::from_utf8_lossy(record.json()).into_owned();
        // The record first: its bundle alone would look like one that belongs to another text.
        record_place.write(&json)?;
        bundle_place.write(signed.json())?;
        let files = Files::verify(record_place.path(), self.verifier)?;
        let before = found.history.tip().map(|tip| tip.record().clone());
        if counts {
            self.remember(found, &files)?;
        }
        let signer = files.signed().signer().to_string();
        self.terminal.say(&format!("signed by {signer}"));
        let stage = match &self.uploader {
            Some(uploader) if !self.args.no_upload => {
                let tree = published_tree(uploader)?;
                let upload = publish::Upload {
                    files: std::slice::from_ref(&files),
                    to: Destination {
                        uploader,
                        cpan: self.session.cpan(&self.args.pause.cpan)?,
                        tree: tree.as_ref(),
                        directory: self.args.pause.directory(uploader.author()),
                    },
                    wait: &self.args.wait,
                };
                let sent = self.session.wait(upload.run(self.terminal));
                let stages = sent.inspect_err(|_| self.terminal.hint(&self.way_on(record)))?;
                stages.first().copied().unwrap_or("uploaded")
            }
            _ => "signed",
        };
        self.print(before.as_ref(), record, &signer, stage);
        Ok(Exit::Success)
    }

    /// Checks the signed record as every client does, and adds it to the trust store.
    fn remember(&self, found: &Found, files: &Files) -> Result<(), CommandError> {
        let mut history = found.history.clone();
        let now = Timestamp::now();
        let results = history.append(files.signed().clone(), ChainContext::at(now));
        if let Some(refused) = results.iter().find(|it| !it.outcome.is_in_chain()) {
            return Err(disputed(&self.author, &refused.to_string()));
        }
        let replaced = !history.contains(&found.history);
        let remembered = self.store.remember_chain(&history, replaced, now);
        self.session.wait(remembered)?;
        Ok(())
    }

    /// The places of record and bundle, free and writable.
    fn place(&self, record: &AuthorRecord) -> Result<(Place, Place), CommandError> {
        let path = self.args.directory.join(record.name().to_string());
        let kept = |error: CommandError| match error.downcast_ref::<BundleExists>() {
            Some(BundleExists(path)) => CommandError::failed(format!(
                "cannot write version {} to {}: there is a file already, which is not on CPAN",
                record.version(),
                shown_path(path)
            ))
            .hinted(
                "upload it with `cpan-sigstore author upload FILE`, or delete it and its bundle",
            ),
            None => error,
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
                bundle: shown_path(bundle_file::beside(&file)),
                file: shown_path(&file),
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
        for line in handed_over(record) {
            self.terminal.field("shares", &line);
        }
        if let Some(key) = record.recovery_key() {
            self.terminal.field("recovery", &key.to_string());
        }
        if stage == "signed" {
            self.terminal.hint(&self.way_on(record));
        }
    }

    /// The hint for uploading a signed record.
    fn way_on(&self, record: &AuthorRecord) -> String {
        let file = self.args.directory.join(record.name().to_string());
        format!(
            "upload it with `cpan-sigstore author upload {}`",
            shown_path(&file)
        )
    }
}

/// Each distribution that others may release, too, with their ids.
pub fn handed_over(record: &AuthorRecord) -> impl Iterator<Item = String> {
    record
        .distributions()
        .iter()
        .map(|(distribution, authors)| {
            let ids: Vec<_> = authors.iter().map(PauseId::as_str).collect();
            format!("{distribution} with {}", ids.join(", "))
        })
}
