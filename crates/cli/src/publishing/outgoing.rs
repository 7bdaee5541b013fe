//! Bundle and archive to PAUSE, each once.
//!
//! The bundle goes first: PAUSE publishes in the order of uploads, and nobody shall find the archive
//! without it. What PAUSE confirmed is written down at once, so that an interrupted release is taken
//! up where it was.

use std::{path::Path, sync::Arc};

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_cpan::{Cpan, Directory};
use cpan_sigstore_keyless::bundle::SIZE_LIMIT;
use cpan_sigstore_pause::{
    journal::Journal,
    upload::{Outcome, Outgoing, Uploader},
};
use jiff::Timestamp;

use super::SignedArchive;
use crate::{failure::Failure, progress::Progress, terminal::Terminal};

/// A signed archive on its way to a directory of its author.
pub struct Release<'a> {
    /// What is uploaded.
    pub signed: &'a SignedArchive,
    /// Where to.
    pub directory: Directory,
    /// By whom.
    pub uploader: &'a Uploader,
    /// Where it will be seen.
    pub cpan: &'a Cpan,
}

/// Uploads what PAUSE has not yet. When it returns, PAUSE has both, or, where `wait` is set, has
/// something under the archive's name that has to be watched until it is published.
///
/// # Errors
/// Where PAUSE did not confirm both, or has other bytes under the archive's name.
pub async fn send(
    release: &Release<'_>,
    journal: &mut Journal,
    kept: &Path,
    wait: bool,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let archive_there = release.is_archive_published().await?;
    if archive_there && journal.archive_uploaded.is_none() {
        journal.archive_uploaded = Some(Timestamp::now());
    }
    if archive_there && release.is_bundle_published().await {
        journal.bundle_uploaded.get_or_insert_with(Timestamp::now);
        journal.write(kept)?;
        terminal.say("PAUSE has published both already, as they were signed");
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
    async fn is_archive_published(&self) -> Result<bool, Failure> {
        match self.published_archive().await {
            Ok(published) => self.compare(published),
            Err(failure) => {
                tracing::info!(%failure, "cannot see what is published");
                Ok(false)
            }
        }
    }

    async fn published_archive(&self) -> Result<Option<Sha256Digest>, Failure> {
        let path = self.directory.path(&self.signed.name());
        Ok(self.cpan.digest(&path).await?)
    }

    fn compare(&self, published: Option<Sha256Digest>) -> Result<bool, Failure> {
        match published {
            None => Ok(false),
            Some(digest) if digest == self.signed.digest() => Ok(true),
            Some(found) => Err(Failure::OtherBytes {
                path: self.directory.path(&self.signed.name()),
                expected: self.signed.digest(),
                found,
            }),
        }
    }

    async fn is_bundle_published(&self) -> bool {
        let path = self.directory.path(&self.signed.bundle_name());
        let published = self.cpan.file(&path, SIZE_LIMIT).await;
        published.is_ok_and(|bundle| bundle.as_deref() == Some(self.signed.json()))
    }

    async fn send_bundle(&self, terminal: &Terminal) -> Result<(), Failure> {
        let outgoing = self.signed.outgoing_bundle();
        match self.upload(&outgoing, terminal).await? {
            Outcome::Accepted => Ok(()),
            // PAUSE takes a bundle again in the same place, so that its name is taken in another.
            Outcome::NameTaken if self.is_bundle_published().await => Ok(()),
            Outcome::NameTaken => Err(Failure::BundleNameTaken {
                path: self.directory.path(&outgoing.name),
            }),
        }
    }

    /// Whether PAUSE is known to have these bytes; false where that shows only when it publishes.
    async fn send_archive(&self, wait: bool, terminal: &Terminal) -> Result<bool, Failure> {
        let outgoing = self.signed.outgoing_archive();
        match self.upload(&outgoing, terminal).await? {
            Outcome::Accepted => return Ok(true),
            Outcome::NameTaken => {}
        }
        let published = self.published_archive().await?;
        if self.compare(published)? {
            return Ok(true);
        }
        if wait {
            terminal.say("PAUSE has a file of this name already; whether it is this one shows when it is published");
            return Ok(false);
        }
        Err(Failure::NameTaken {
            path: self.directory.path(&outgoing.name),
        })
    }

    async fn upload(&self, file: &Outgoing, terminal: &Terminal) -> Result<Outcome, Failure> {
        let progress = Arc::new(Progress::of_upload(file, self.uploader.pause().host()));
        let seen = Arc::clone(&progress);
        let outcome = self
            .uploader
            .upload(
                file,
                self.directory.below(),
                Arc::new(move |sent| seen.at(sent)),
            )
            .await;
        progress.end();
        let outcome = outcome?;
        if outcome == Outcome::Accepted {
            terminal.say(&format!("uploaded {}", file.name));
        }
        Ok(outcome)
    }
}
