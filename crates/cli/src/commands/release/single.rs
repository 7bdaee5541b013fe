//! The release of one archive.

use std::path::{Path, PathBuf};

use cpan_sigstore_core::{
    digest::Sha256Digest, finding::Exit, identity::IdentityPolicy, release::PauseId,
};
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_pause::{
    journal::{Journal, SignedBy},
    upload::Uploader,
};
use tokio::runtime::Runtime;

use super::ReleaseArgs;
use crate::{
    author_records,
    bundle_file::{Place, beside},
    failure::Failure,
    instance_args::runtime,
    preflight_report,
    publishing::{self, NotSigned, Release, SignedArchive, Stage},
    terminal::Terminal,
};

/// What is released, and what is known of it.
struct Job<'a> {
    args: &'a ReleaseArgs,
    archive: &'a Path,
    digest: Sha256Digest,
    /// Whose release it is, as far as that is known.
    author: Option<PauseId>,
    bundle: PathBuf,
    /// Where the journal is kept.
    kept: PathBuf,
}

/// An archive that is signed now, or the exit code of what was printed instead.
type Signed = Result<SignedArchive, Exit>;

/// Releases an archive. All that can go wrong without a login is tried before it.
pub fn run(args: &ReleaseArgs, archive: &Path, terminal: &Terminal) -> Result<Exit, Failure> {
    let uploader = match args.no_upload {
        true => None,
        false => Some(args.pause.uploader(terminal)?),
    };
    let destination = args
        .pause
        .destination(uploader.as_ref().map(Uploader::author));
    let found = preflight_report::look(archive, &destination, terminal, args.json)?;
    if !found.is_fit() {
        return Ok(Exit::Archive);
    }
    let job = Job {
        args,
        archive,
        digest: found.digest,
        author: destination.author,
        bundle: args.bundle.clone().unwrap_or_else(|| beside(archive)),
        kept: Journal::beside(archive),
    };
    let runtime = runtime()?;
    if let Some(uploader) = &uploader {
        job.check_name_is_free(uploader.author(), &runtime)?;
        runtime.block_on(uploader.check_login())?;
    }
    let verifier = Verifier::new(&args.signing.instance.trusted_root(terminal)?)?;
    let signed = match job.signed(&verifier, &runtime, terminal)? {
        Ok(signed) => signed,
        Err(exit) => return Ok(exit),
    };
    let Some(uploader) = uploader else {
        publishing::print(&signed, Stage::Signed, None, terminal, args.json);
        return Ok(Exit::Success);
    };
    let cpan = args.pause.cpan.open()?;
    let release = Release {
        signed: &signed,
        directory: args.pause.directory(uploader.author()),
        uploader: &uploader,
        cpan: &cpan,
    };
    runtime.block_on(publishing::finish(
        &release, &job.kept, &args.wait, &verifier, terminal, args.json,
    ))
}

impl Job<'_> {
    /// Nothing is signed, and so logged for ever, that PAUSE will not take under this name.
    fn check_name_is_free(&self, author: &PauseId, runtime: &Runtime) -> Result<(), Failure> {
        let name = self
            .archive
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let path = self.args.pause.directory(author).path(&name);
        let begun = Journal::read(&self.kept)?;
        if let Some(when) = begun.and_then(|begun| begun.taken(self.digest, &path)) {
            return Err(Failure::NameUsed { path, when });
        }
        let cpan = self.args.pause.cpan.open()?;
        match runtime.block_on(cpan.digest(&path)) {
            Ok(Some(found)) if found != self.digest => Err(Failure::OtherBytes {
                path,
                expected: self.digest,
                found,
            }),
            Ok(_) => Ok(()),
            Err(error) => {
                // PAUSE will say it, though only later.
                tracing::info!(%error, "cannot see whether the name is free");
                Ok(())
            }
        }
    }

    /// The archive with a bundle: the one that is there, where it is known whose it has to be; else a
    /// new one.
    fn signed(
        &self,
        verifier: &Verifier,
        runtime: &Runtime,
        terminal: &Terminal,
    ) -> Result<Signed, Failure> {
        let there = self.bundle.symlink_metadata().is_ok();
        if !there || self.args.force {
            return self.sign(verifier, runtime, terminal);
        }
        let begun = Journal::read(&self.kept)?;
        let of_these = begun.as_ref().filter(|begun| begun.archive == self.digest);
        let Some(expected) = self.expected(of_these.map(|begun| &begun.signer)) else {
            if begun.is_none() {
                return Err(Failure::ForeignBundle {
                    path: self.bundle.clone(),
                });
            }
            terminal.say("the archive was built anew since it was signed; it is signed again");
            return self.sign(verifier, runtime, terminal);
        };
        match self.verify(&expected, verifier)? {
            Err(NotSigned::NoBundle) => self.sign(verifier, runtime, terminal),
            // Ours, and interrupted: the journal is written before the bundle.
            Err(NotSigned::Invalid(refused)) if of_these.is_some() => {
                terminal.say(&format!(
                    "the bundle that is there does not verify ({}); it is signed again",
                    refused.cause
                ));
                self.sign(verifier, runtime, terminal)
            }
            Err(other) => Ok(Err(self.print(&other, terminal))),
            Ok(signed) => {
                terminal.say(&format!("signed already by {expected}"));
                Ok(Ok(signed))
            }
        }
    }

    /// Who has to have signed what is there: who the flags name, else who the journal says.
    fn expected(&self, begun: Option<&SignedBy>) -> Option<IdentityPolicy> {
        let login = &self.args.signing.login;
        let name = login.identity.clone().or(begun.map(|by| by.name.clone()))?;
        let issuer = login.issuer.clone().or(begun.map(|by| by.issuer.clone()))?;
        Some(IdentityPolicy::exact(name, issuer))
    }

    fn sign(
        &self,
        verifier: &Verifier,
        runtime: &Runtime,
        terminal: &Terminal,
    ) -> Result<Signed, Failure> {
        let place = Place::reserve(self.bundle.clone(), true)?;
        let expected = runtime.block_on(async {
            let may_sign = self.may_sign(verifier).await?;
            let mut session = self.args.signing.begin_as(may_sign, terminal).await?;
            publishing::sign(&mut session, self.digest, &place, &self.kept).await
        })?;
        terminal.say(&format!("signed by {expected}"));
        match self.verify(&expected, verifier)? {
            Ok(signed) => Ok(Ok(signed)),
            Err(other) => Ok(Err(self.print(&other, terminal))),
        }
    }

    /// Whom the author's own record names, where there is one: a release by anybody else would be refused.
    async fn may_sign(&self, verifier: &Verifier) -> Result<Option<Vec<IdentityPolicy>>, Failure> {
        let Some(author) = &self.author else {
            return Ok(None);
        };
        let cpan = self.args.pause.cpan.open()?;
        Ok(author_records::may_sign(&cpan, author, verifier).await)
    }

    fn verify(
        &self,
        expected: &IdentityPolicy,
        verifier: &Verifier,
    ) -> Result<Result<SignedArchive, NotSigned>, Failure> {
        SignedArchive::verify(
            self.archive,
            self.digest,
            &self.bundle,
            Some(expected),
            verifier,
        )
    }

    fn print(&self, not_signed: &NotSigned, terminal: &Terminal) -> Exit {
        let file = self.archive.display().to_string();
        not_signed
            .report(&file, &self.bundle)
            .print(terminal, self.args.json)
    }
}
