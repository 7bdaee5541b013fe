//! The upload of records: their bundles, then themselves. Unlike an archive a record may be uploaded again, so that an
//! author can restore it after an attack.

use cpan_sigstore_core::{finding::Exit, text::count};
use cpan_sigstore_pause::upload::{Outcome, Outgoing};

use super::files::Files;
use crate::{
    error::CommandError,
    flags::{PauseArgs, WaitArgs},
    publishing::{Destination, poll},
    ui::Terminal,
};

/// Records on their way.
pub struct Upload<'a> {
    /// The records and their bundles.
    pub files: &'a [Files],
    /// The author's own directory.
    pub to: Destination<'a>,
    /// How long to wait.
    pub wait: &'a WaitArgs,
}

/// Refuses a subdirectory: records are published in the author's own directory.
///
/// # Errors
/// A subdirectory.
pub fn refuse_subdirectory(pause: &PauseArgs) -> Result<(), CommandError> {
    match &pause.subdirectory {
        None => Ok(()),
        Some(_) => Err(CommandError::usage(
            "invalid flag `--subdirectory`: author records are published in the author's own directory"
                .to_owned(),
        )),
    }
}

impl Upload<'_> {
    /// Uploads the files that the CPAN does not serve as they are here, all bundles first. Waits for all with `--wait`,
    /// and returns the stage of each record.
    ///
    /// # Errors
    /// No confirmation by PAUSE, or no publication in time.
    pub async fn run(&self, terminal: &Terminal) -> Result<Vec<&'static str>, CommandError> {
        let mut is_sent = Vec::new();
        for files in self.files {
            let [bundle, _] = files.outgoing();
            is_sent.push(self.send(bundle, terminal).await?);
        }
        // The records follow when their bundles are published: PAUSE would publish a record first.
        for (files, _) in self.files.iter().zip(&is_sent).filter(|(_, sent)| **sent) {
            if !self.wait.no_wait {
                let [(bytes, bundle), _] = files.outgoing();
                let (name, is_foreign) = (&bundle.name, |_: &[u8]| false);
                let published = self
                    .to
                    .until_published(name, bytes, is_foreign, self.wait, terminal);
                published.await?;
            }
        }
        for (files, is_sent) in self.files.iter().zip(&mut is_sent) {
            let [_, record] = files.outgoing();
            *is_sent |= self.send(record, terminal).await?;
        }
        let mut stages = Vec::new();
        for (files, is_sent) in self.files.iter().zip(is_sent) {
            stages.push(match is_sent {
                true if !self.wait.wait => "uploaded",
                true => self.until_published(files, terminal).await?,
                false => "published",
            });
        }
        Ok(stages)
    }

    /// Uploads a file, unless it is published already. Returns whether it was uploaded.
    async fn send(
        &self,
        (bytes, outgoing): (&[u8], Outgoing),
        terminal: &Terminal,
    ) -> Result<bool, CommandError> {
        let is_there = self.to.is_newest(&outgoing.name, bytes).await;
        if is_there.unwrap_or(false) {
            terminal.say(&format!("PAUSE has already published {}", outgoing.name));
            return Ok(false);
        }
        match self.to.upload(&outgoing, terminal).await? {
            Outcome::Accepted => Ok(true),
            Outcome::NameTaken => Err(name_taken(&outgoing.name)),
        }
    }

    async fn until_published(
        &self,
        files: &Files,
        terminal: &Terminal,
    ) -> Result<&'static str, CommandError> {
        terminal.say("waiting for both files to be published");
        for (bytes, outgoing) in files.outgoing() {
            let published = poll(self.wait, terminal, async || {
                let is_there = self.to.is_published(&outgoing.name, bytes).await?;
                Ok(is_there.then_some(()))
            });
            if published.await?.is_none() {
                return Err(CommandError::new(
                    Exit::TryLater,
                    format!(
                        "timed out waiting for {} to be published as uploaded, after {}",
                        self.to.path(&outgoing.name),
                        count(self.wait.patience, "minute")
                    ),
                )
                .hinted(
                    "check again later with `cpan-sigstore author check`; PAUSE may take longer",
                ));
            }
        }
        Ok("published")
    }
}

/// PAUSE has a file of this name in another directory.
fn name_taken(name: &str) -> CommandError {
    CommandError::failed(format!(
        "cannot upload {name} into your own directory: PAUSE has a file of this name elsewhere"
    ))
    .hinted("delete the other file at PAUSE, wait until it is gone, and upload again")
}
