//! The release of one archive.

use std::path::{Path, PathBuf};

use cpan_sigstore_core::{
    digest::Sha256Digest, finding::Exit, identity::IdentityPolicy, release::PauseId,
    text::shown_path,
};
use cpan_sigstore_pause::{
    journal::{Journal, SignedBy},
    upload::Uploader,
};

use super::arguments::ReleaseArgs;
use crate::{
    author_records,
    bundle_file::{Place, beside},
    credentials,
    error::CommandError,
    publishing::{
        self, Destination, NotSigned, Release, SignedArchive, Stage, Underway, Verification,
        published_tree,
    },
    session::Session,
    signing::Signer,
    ui::{Tone, preflight},
};

/// A release, and what is known of it.
struct Job<'a> {
    args: &'a ReleaseArgs,
    session: &'a Session<'a>,
    archive: &'a Path,
    digest: Sha256Digest,
    /// The author, if known.
    author: Option<PauseId>,
    bundle: PathBuf,
    /// The journal of a run before.
    begun: Option<Journal>,
    /// The file of the journal.
    kept: PathBuf,
}

/// The end of signing.
enum Outcome {
    /// A signed archive, and its journal as it is now.
    Signed(Box<SignedArchive>, Option<Box<Journal>>),
    /// A report that was printed, and its exit code.
    Stopped(Exit),
}

/// Releases an archive. Everything that can fail without a login comes before it.
pub fn run(args: &ReleaseArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let archive = args.file.as_path();
    let terminal = session.terminal();
    if args.dry_run {
        return plan(args, session);
    }
    let uploader = match args.publish.no_upload {
        true => None,
        false => Some(credentials::uploader(&args.publish.pause, session)?),
    };
    let destination = args
        .publish
        .pause
        .destination(uploader.as_ref().map(Uploader::author));
    let found = preflight::look(archive, &destination, terminal, args.publish.json)?;
    if !found.is_fit() {
        return Ok(Exit::Archive);
    }
    let _span =
        tracing::info_span!("release", id = %found.digest, file = %archive.display()).entered();
    let kept = Journal::beside(archive);
    let job = Job {
        args,
        session,
        archive,
        digest: found.digest,
        author: destination.author,
        bundle: args.bundle.clone().unwrap_or_else(|| beside(archive)),
        begun: Journal::read(&kept)?,
        kept,
    };
    if let Some(uploader) = &uploader {
        job.check_name_is_free(uploader.author())?;
        session.wait(uploader.check_login())?;
    }
    let (signed, begun) = match job.signed()? {
        Outcome::Signed(signed, begun) => (*signed, begun.map(|begun| *begun)),
        Outcome::Stopped(exit) => return Ok(exit),
    };
    let Some(uploader) = uploader else {
        publishing::print(&signed, Stage::Signed, None, terminal, args.publish.json);
        return Ok(Exit::Success);
    };
    let tree = published_tree(&uploader)?;
    let release = Release {
        signed: &signed,
        to: Destination {
            directory: args.publish.pause.directory(uploader.author()),
            uploader: &uploader,
            cpan: session.cpan(&args.publish.pause.cpan)?,
            tree: tree.as_ref(),
        },
    };
    session.wait(publishing::finish(
        &mut [Underway::resume(release, begun, &job.kept)?],
        &args.publish.wait,
        session.verifier(&args.publish.signing.instance)?,
        terminal,
        args.publish.json,
    ))
}

/// Checks the archive, and shows who would upload it, and by which proof.
fn plan(args: &ReleaseArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let account = credentials::account(&args.publish.pause, session)?;
    let destination = args.publish.pause.destination(account.user.as_ref());
    let found = preflight::look(&args.file, &destination, terminal, args.publish.json)?;
    if !found.is_fit() {
        return Ok(Exit::Archive);
    }
    terminal.headline(
        Tone::Careful,
        "nothing was signed or uploaded",
        "a run would sign and upload",
    );
    account.print(terminal);
    terminal.field("archive", &shown_path(&args.file));
    terminal.field("digest", &found.digest.to_string());
    Ok(Exit::Success)
}

impl Job<'_> {
    /// Refuses a name that PAUSE does not accept, before a signature is logged forever.
    fn check_name_is_free(&self, author: &PauseId) -> Result<(), CommandError> {
        let name = self
            .archive
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let path = self.args.publish.pause.directory(author).path(&name);
        let begun = self.begun.as_ref();
        if let Some(when) = begun.and_then(|begun| begun.taken(self.digest, &path)) {
            return Err(publishing::name_used(&path, when));
        }
        let cpan = self.session.cpan(&self.args.publish.pause.cpan)?;
        match self.session.runtime()?.block_on(cpan.digest(&path)) {
            Ok(Some(found)) if found != self.digest => {
                Err(publishing::other_bytes(&path, self.digest, found))
            }
            Ok(_) => Ok(()),
            Err(error) => {
                // PAUSE reports it later.
                tracing::info!(%error, "cannot check whether the name is free");
                Ok(())
            }
        }
    }

    /// The archive with a bundle: the existing one if its signer is known, else a new one.
    fn signed(&self) -> Result<Outcome, CommandError> {
        let terminal = self.session.terminal();
        let there = self.bundle.symlink_metadata().is_ok();
        if !there || self.args.force {
            return self.sign();
        }
        let begun = self.begun.as_ref();
        let of_these = begun.filter(|begun| begun.archive == self.digest);
        let Some(expected) = self.expected(of_these.map(|begun| &begun.signer)) else {
            if begun.is_none() {
                return Err(CommandError::failed(format!(
                    "cannot use the bundle at {}: this command did not create it",
                    shown_path(&self.bundle)
                ))
                .hinted("name its signer with `--identity` and `--issuer`, or sign again with `--force`"));
            }
            terminal.say("the archive was rebuilt since it was signed; signing it again");
            return self.sign();
        };
        match self.verify(&expected)? {
            Verification::Failed(NotSigned::NoBundle) => self.sign(),
            // Ours, and interrupted: the journal is written before the bundle.
            Verification::Failed(NotSigned::Invalid(refused)) if of_these.is_some() => {
                terminal.say(&format!(
                    "the existing bundle is invalid ({}); signing again",
                    refused.cause
                ));
                self.sign()
            }
            Verification::Failed(other) => Ok(self.stopped(&other)),
            Verification::Signed(signed) => {
                terminal.say(&format!("already signed by {expected}"));
                Ok(Outcome::Signed(signed, self.begun.clone().map(Box::new)))
            }
        }
    }

    /// The required signer of an existing bundle: by the flags, else by the journal.
    fn expected(&self, begun: Option<&SignedBy>) -> Option<IdentityPolicy> {
        let login = &self.args.publish.signing.login;
        let name = login.identity.clone().or(begun.map(|by| by.name.clone()))?;
        let issuer = login.issuer.clone().or(begun.map(|by| by.issuer.clone()))?;
        Some(IdentityPolicy::exact(name, issuer))
    }

    fn sign(&self) -> Result<Outcome, CommandError> {
        let place = Place::reserve(self.bundle.clone(), true)?;
        self.session.signing_material(&self.args.publish.signing)?;
        let may_sign = self.may_sign()?;
        let mut signer = Signer::log_in(&self.args.publish.signing, may_sign, self.session)?;
        let signed = publishing::sign(&mut signer, self.digest, &place, &self.kept);
        let (expected, journal) = self.session.wait(signed)?;
        self.session
            .terminal()
            .say(&format!("signed by {expected}"));
        Ok(match self.verify(&expected)? {
            Verification::Signed(signed) => Outcome::Signed(signed, Some(Box::new(journal))),
            Verification::Failed(other) => self.stopped(&other),
        })
    }

    /// The authorized signers by the author record, if there is one; users reject a release by others.
    fn may_sign(&self) -> Result<Option<Vec<IdentityPolicy>>, CommandError> {
        let Some(author) = &self.author else {
            return Ok(None);
        };
        let cpan = self.session.cpan(&self.args.publish.pause.cpan)?;
        let verifier = self.session.verifier(&self.args.publish.signing.instance)?;
        let may_sign = author_records::may_sign(cpan, author, verifier);
        Ok(self.session.runtime()?.block_on(may_sign))
    }

    fn verify(&self, expected: &IdentityPolicy) -> Result<Verification, CommandError> {
        SignedArchive::verify(
            self.archive,
            self.digest,
            &self.bundle,
            Some(expected),
            self.session.verifier(&self.args.publish.signing.instance)?,
        )
    }

    /// Prints why the archive is not signed.
    fn stopped(&self, not_signed: &NotSigned) -> Outcome {
        let file = shown_path(self.archive);
        let report = not_signed.report(&file, &self.bundle);
        Outcome::Stopped(report.print(self.session.terminal(), self.args.publish.json))
    }
}
