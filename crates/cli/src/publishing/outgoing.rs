//! Bundle and archive to PAUSE, each once.
//!
//! The bundle goes first: PAUSE publishes in the order of uploads, and nobody shall find the archive
//! without it. What PAUSE confirmed is written down at once, so that an interrupted release is taken
//! up where it was.

use std::path::Path;

use cpan_sigstore_core::{digest::Sha256Digest, finding::Exit};
use cpan_sigstore_pause::{journal::Journal, upload::Outcome};
use jiff::Timestamp;

use super::{conflict::other_bytes, destination::Destination, signed::SignedArchive};
use crate::{error::CommandError, ui::Terminal};

/// A signed archive on its way to a directory of its author.
pub struct Release<'a> {
    /// What is uploaded.
    pub signed: &'a SignedArchive,
    /// The directory it goes to.
    pub to: Destination<'a>,
}

/// Uploads the files that PAUSE does not have. Afterwards PAUSE has both; with `wait`, it may instead have a
/// file under the archive's name that has to be compared when it is published.
///
/// # Errors
/// No confirmation of both files, or other bytes under the archive's name.
pub async fn send(
    release: &Release<'_>,
    journal: &mut Journal,
    kept: &Path,
    wait: bool,
    terminal: &Terminal,
) -> Result<(), CommandError> {
    let archive_there = release.is_archive_published().await?;
    if archive_there && journal.archive_uploaded.is_none() {
        journal.archive_uploaded = Some(Timestamp::now());
    }
    if archive_there && release.is_bundle_published().await {
        journal.bundle_uploaded.get_or_insert_with(Timestamp::now);
        journal.write(kept)?;
        terminal.say("PAUSE has already published both files as signed");
        return Ok(());
    }
    if journal.bundle_uploaded.is_none() {
        release.send_bundle(terminal).await?;
        journal.bundle_uploaded = Some(Timestamp::now());
        journal.write(kept)?;
    }
    if journal.archive_uploaded.is_none() {
        if release.send_archive(wait, terminal).await? {
            journal.archive_uploaded = Some(Timestamp::now());
        }
        journal.write(kept)?;
    }
    Ok(())
}

impl Release<'_> {
    /// Whether the archive is published with the bytes that were signed.
    ///
    /// A CPAN that cannot be asked is no reason to stop: PAUSE refuses a name that is taken.
    async fn is_archive_published(&self) -> Result<bool, CommandError> {
        match self.published_archive().await {
            Ok(published) => self.compare(published),
            Err(error) => {
                tracing::info!(%error, "cannot see what is published");
                Ok(false)
            }
        }
    }

    async fn published_archive(&self) -> Result<Option<Sha256Digest>, CommandError> {
        let path = self.to.path(&self.signed.name());
        Ok(self.to.cpan.digest(&path).await?)
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

    async fn is_bundle_published(&self) -> bool {
        let (name, json) = (self.signed.bundle_name(), self.signed.json());
        self.to.serves(&name, json).await.unwrap_or(false)
    }

    async fn send_bundle(&self, terminal: &Terminal) -> Result<(), CommandError> {
        let outgoing = self.signed.outgoing_bundle();
        match self.to.upload(&outgoing, terminal).await? {
            Outcome::Accepted => Ok(()),
            // PAUSE takes a bundle again in the same place, so that its name is taken in another.
            Outcome::NameTaken if self.is_bundle_published().await => Ok(()),
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
        let published = self.published_archive().await?;
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
