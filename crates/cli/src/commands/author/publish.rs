//! The upload of a record: its bundle, then itself. Unlike an archive it may be uploaded again, so that an
//! author can restore it after an attack.

use cpan_sigstore_core::{finding::Exit, text::count};
use cpan_sigstore_pause::upload::Outcome;

use super::files::Files;
use crate::{
    error::CommandError,
    flags::{PauseArgs, WaitArgs},
    publishing::{Destination, poll},
    ui::Terminal,
};

/// A record on its way.
pub struct Upload<'a> {
    /// The record and its bundle.
    pub files: &'a Files,
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
    /// Uploads the files that the CPAN does not serve as they are here, waits for them with `--wait`, and
    /// returns the stage.
    ///
    /// # Errors
    /// No confirmation by PAUSE, or no publication in time.
    pub async fn run(&self, terminal: &Terminal) -> Result<&'static str, CommandError> {
        let mut published = true;
        for (number, (bytes, outgoing)) in self.files.outgoing().into_iter().enumerate() {
            let is_there = self.to.is_newest(&outgoing.name, bytes).await;
            if is_there.unwrap_or(false) {
                terminal.say(&format!("PAUSE has already published {}", outgoing.name));
                continue;
            }
            published = false;
            if self.to.upload(&outgoing, terminal).await? == Outcome::NameTaken {
                return Err(name_taken(&outgoing.name));
            }
            // The record follows when its bundle is published: PAUSE would publish the record first.
            if number == 0 && !self.wait.no_wait {
                let (name, wait) = (&outgoing.name, self.wait);
                let is_foreign = |_: &[u8]| false;
                let published = self
                    .to
                    .until_published(name, bytes, is_foreign, wait, terminal);
                published.await?;
            }
        }
        if published {
            return Ok("published");
        }
        if !self.wait.wait {
            return Ok("uploaded");
        }
        self.until_published(terminal).await?;
        Ok("published")
    }

    async fn until_published(&self, terminal: &Terminal) -> Result<(), CommandError> {
        terminal.say("waiting for both files to be published");
        for (bytes, outgoing) in self.files.outgoing() {
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
        Ok(())
    }
}

/// PAUSE has a file of this name in another directory.
fn name_taken(name: &str) -> CommandError {
    CommandError::failed(format!(
        "cannot upload {name} into your own directory: PAUSE has a file of this name elsewhere"
    ))
    .hinted("delete the other file at PAUSE, wait until it is gone, and upload again")
}
