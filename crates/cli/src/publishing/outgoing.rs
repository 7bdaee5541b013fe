//! Bundle and archive to PAUSE, each once, and the archive only after its bundle is published.
//!
//! PAUSE does not publish in the order of uploads. If both files wait in its queue, it publishes the archive first.
//! Each confirmation goes into the journal at once, so that an interrupted release resumes.

use std::path::{Path, PathBuf};

use cpan_sigstore_core::{digest::Sha256Digest, finding::Exit};
use cpan_sigstore_keyless::verify::Verifier;
use cpan_sigstore_pause::{journal::Journal, upload::Outcome};
use jiff::Timestamp;

use super::{
    conflict::{name_used, other_bytes},
    destination::{Destination, Shown},
    signed::SignedArchive,
    wait::{is_earlier, judge},
};
use crate::{error::CommandError, flags::WaitArgs, ui::Terminal};

/// A signed archive on its way to a directory of its author.
pub struct Release<'a> {
    /// What is uploaded.
    pub signed: &'a SignedArchive,
    /// The directory it goes to.
    pub to: Destination<'a>,
}

/// A release with its journal.
pub struct Underway<'a> {
    pub release: Release<'a>,
    pub journal: Journal,
    kept: PathBuf,
    /// The bundle that was published before this one was uploaded.
    before: Option<Vec<u8>>,
    /// Whether the archive was uploaded long ago and is not published.
    is_archive_overdue: bool,
}

impl<'a> Underway<'a> {
    /// Resumes a release by its journal in the file `kept`.
    ///
    /// # Errors
    /// Other bytes that were uploaded under the archive's name.
    pub fn resume(
        release: Release<'a>,
        begun: Option<Journal>,
        kept: &Path,
    ) -> Result<Self, CommandError> {
        let signed = release.signed;
        let path = release.to.path(&signed.name());
        if let Some(when) = begun
            .as_ref()
            .and_then(|begun| begun.taken(signed.digest(), &path))
        {
            return Err(name_used(&path, when));
        }
        // The bundle of another identity has to be uploaded again.
        let journal = begun
            .filter(|begun| begun.signer == signed.signed_by())
            .unwrap_or_else(|| Journal::new(signed.digest(), signed.signed_by()))
            .bound_to(signed.digest(), &path);
        Ok(Self {
            release,
            journal,
            kept: kept.to_owned(),
            before: None,
            is_archive_overdue: false,
        })
    }

    /// Uploads the bundle, unless PAUSE has it.
    ///
    /// # Errors
    /// No confirmation, or other bytes under the archive's name.
    pub async fn send_bundle(&mut self, terminal: &Terminal) -> Result<(), CommandError> {
        self.look(terminal).await?;
        if self.journal.bundle_uploaded.is_none() {
            self.before = self.release.other_bundle().await;
            self.release.send_bundle(terminal).await?;
            self.journal.bundle_uploaded = Some(Timestamp::now());
            self.keep()?;
        }
        Ok(())
    }

    /// Compares the journal with what is published. What PAUSE dropped is uploaded again.
    async fn look(&mut self, terminal: &Terminal) -> Result<(), CommandError> {
        let now = Timestamp::now();
        let journal = &mut self.journal;
        let archive = self
            .release
            .is_archive_published(journal.archive_uploaded.is_some())
            .await?;
        let is_archive_published = archive == Some(true);
        self.is_archive_overdue = archive == Some(false) && journal.is_archive_overdue(now);
        if is_archive_published {
            journal.archive_uploaded.get_or_insert(now);
        }
        if !is_archive_published && journal.bundle_uploaded.is_none() {
            return Ok(());
        }
        match self.release.is_bundle_published().await {
            Some(true) => {
                journal.bundle_uploaded.get_or_insert(now);
                journal.bundle_published.get_or_insert(now);
                self.keep()?;
                if is_archive_published {
                    terminal.say("PAUSE has already published both files as signed");
                }
            }
            Some(false) if journal.forget_dropped_bundle(now) => terminal.say(&format!(
                "PAUSE does not publish {}, which was uploaded before; uploading it again",
                self.release.signed.bundle_name()
            )),
            _ => {}
        }
        Ok(())
    }

    /// Waits until the bundle is published, if the archive is still to be uploaded. Another bundle in its place is the
    /// result of the command, and is printed.
    ///
    /// # Errors
    /// A time limit, or a CPAN without a usable answer.
    pub async fn until_bundle_published(
        &mut self,
        wait: &WaitArgs,
        verifier: &Verifier,
        terminal: &Terminal,
        json: bool,
    ) -> Result<Exit, CommandError> {
        if wait.no_wait || !self.sends_archive() || self.journal.bundle_published.is_some() {
            return Ok(Exit::Success);
        }
        let (signed, to) = (self.release.signed, &self.release.to);
        let name = signed.bundle_name();
        let is_foreign = |found: &[u8]| {
            self.before.as_deref() != Some(found) && !is_earlier(found, signed, verifier)
        };
        let foreign = to
            .until_published(&name, signed.json(), is_foreign, wait, terminal)
            .await?;
        if let Some(foreign) = foreign {
            return judge(&foreign, signed, verifier, &to.url(&name), terminal, json);
        }
        self.journal.bundle_published = Some(Timestamp::now());
        self.keep()?;
        Ok(Exit::Success)
    }

    fn sends_archive(&self) -> bool {
        self.journal.archive_uploaded.is_none() || self.is_archive_overdue
    }

    /// Uploads the archive, unless PAUSE has it. With `wait`, PAUSE may afterwards have a file under the archive's name
    /// that has to be compared when it is published.
    ///
    /// # Errors
    /// No confirmation, or other bytes under the archive's name.
    pub async fn send_archive(
        &mut self,
        wait: bool,
        terminal: &Terminal,
    ) -> Result<(), CommandError> {
        if !self.sends_archive() {
            return self.keep();
        }
        if self.is_archive_overdue {
            terminal.say(&format!(
                "PAUSE has not published {}, which was uploaded before; uploading it again",
                self.release.signed.name()
            ));
        }
        // PAUSE has these bytes still if it refuses the name of a file that was uploaded before.
        let waits = wait || self.is_archive_overdue;
        if self.release.send_archive(waits, terminal).await? {
            self.journal.archive_uploaded = Some(Timestamp::now());
        }
        self.keep()
    }

    /// Records that both files are published.
    ///
    /// # Errors
    /// A journal that cannot be written.
    pub fn set_published(&mut self) -> Result<(), CommandError> {
        let now = Timestamp::now();
        self.journal.archive_uploaded.get_or_insert(now);
        self.journal.bundle_published.get_or_insert(now);
        self.journal.published.get_or_insert(now);
        self.keep()
    }

    fn keep(&self) -> Result<(), CommandError> {
        Ok(self.journal.write(&self.kept)?)
    }
}

impl Release<'_> {
    /// Whether the archive is published with the bytes that were signed; `None` if that cannot be found out. PAUSE
    /// refuses a name that is taken, so that is no reason to stop.
    async fn is_archive_published(&self, was_uploaded: bool) -> Result<Option<bool>, CommandError> {
        match self.published_archive(was_uploaded).await {
            Ok(published) => self.compare(published).map(Some),
            Err(error) => {
                tracing::info!(%error, "cannot see what is published");
                Ok(None)
            }
        }
    }

    /// The digest of the archive on the CPAN or, if it was uploaded, on PAUSE itself.
    async fn published_archive(
        &self,
        was_uploaded: bool,
    ) -> Result<Option<Sha256Digest>, CommandError> {
        let path = self.to.path(&self.signed.name());
        let on_cpan = self.to.cpan.digest(&path).await?;
        match self.to.tree.filter(|_| was_uploaded && on_cpan.is_none()) {
            Some(tree) => Ok(tree.digest(&path).await?),
            None => Ok(on_cpan),
        }
    }

    fn compare(&self, published: Option<Sha256Digest>) -> Result<bool, CommandError> {
        match published {
            None => Ok(false),
            Some(digest) if digest == self.signed.digest() => Ok(true),
            Some(found) => Err(other_bytes(
                &self.to.path(&self.signed.name()),
                self.signed.digest(),
                found,
            )),
        }
    }

    /// The bundle that is published, unless it is the one to be uploaded.
    async fn other_bundle(&self) -> Option<Vec<u8>> {
        let (name, json) = (self.signed.bundle_name(), self.signed.json());
        match self.to.shown(&name, json).await {
            Ok(Shown::Other(found)) => Some(found),
            _ => None,
        }
    }

    async fn is_bundle_published(&self) -> Option<bool> {
        let (name, json) = (self.signed.bundle_name(), self.signed.json());
        self.to.is_published(&name, json).await.ok()
    }

    async fn send_bundle(&self, terminal: &Terminal) -> Result<(), CommandError> {
        let outgoing = self.signed.outgoing_bundle();
        match self.to.upload(&outgoing, terminal).await? {
            Outcome::Accepted => Ok(()),
            // PAUSE takes a bundle again in the same place, so that its name is taken in another.
            Outcome::NameTaken if self.is_bundle_published().await == Some(true) => Ok(()),
            Outcome::NameTaken => Err(CommandError::failed(format!(
                "cannot upload {}: PAUSE has a file of this name in another directory of yours, or does not allow to replace it",
                self.to.path(&outgoing.name)
            ))
            .hinted("delete the other file on PAUSE, or use its directory with `--subdirectory`")),
        }
    }

    /// Whether PAUSE is known to have these bytes; false where that shows only when it publishes.
    async fn send_archive(&self, wait: bool, terminal: &Terminal) -> Result<bool, CommandError> {
        let outgoing = self.signed.outgoing_archive();
        match self.to.upload(&outgoing, terminal).await? {
            Outcome::Accepted => return Ok(true),
            Outcome::NameTaken => {}
        }
        let published = self.published_archive(true).await?;
        if self.compare(published)? {
            return Ok(true);
        }
        if wait {
            terminal
                .say("PAUSE already has a file of this name; it is compared when it is published");
            return Ok(false);
        }
        Err(CommandError::new(
            Exit::TryLater,
            format!(
                "cannot upload {}: PAUSE already has a file of this name, which is not published yet",
                self.to.path(&outgoing.name)
            ),
        )
        .hinted("run the same command again when it is published, or now with `--wait`; the published bytes are then compared"))
    }
}
