//! An author's directory: at PAUSE, where files are uploaded, and on the CPAN that shows them.

use std::sync::Arc;

use cpan_sigstore_cpan::{Cpan, CpanError, Directory};
use cpan_sigstore_pause::upload::{Outcome, Outgoing, Uploader};

use crate::{
    error::CommandError,
    ui::{Terminal, progress::Progress},
};

/// The directory that files are published in. Archives and author records share it.
pub struct Destination<'a> {
    /// The author at PAUSE.
    pub uploader: &'a Uploader,
    /// The CPAN that shows what is published.
    pub cpan: &'a Cpan,
    /// The directory.
    pub directory: Directory,
}

impl Destination<'_> {
    /// The path of a file on CPAN.
    pub fn path(&self, name: &str) -> String {
        self.directory.path(name)
    }

    /// The address of a file on the CPAN.
    pub fn url(&self, name: &str) -> String {
        self.cpan.address(&self.path(name))
    }

    /// Uploads a file, with a progress bar.
    ///
    /// # Errors
    /// [`CommandError`] without a confirmation by PAUSE.
    pub async fn upload(
        &self,
        file: &Outgoing,
        terminal: &Terminal,
    ) -> Result<Outcome, CommandError> {
        let progress = Arc::new(Progress::of_upload(file, self.uploader.pause().host()));
        let seen = Arc::clone(&progress);
        let sent = Arc::new(move |sent| seen.at(sent));
        let outcome = self
            .uploader
            .upload(file, self.directory.below(), sent)
            .await;
        progress.end();
        let outcome = outcome?;
        if outcome == Outcome::Accepted {
            terminal.say(&format!("uploaded {}", file.name));
        }
        Ok(outcome)
    }

    /// Whether the CPAN serves exactly these bytes under a name.
    ///
    /// # Errors
    /// [`CpanError`] without a usable answer; a larger file is just another one.
    pub async fn serves(&self, name: &str, bytes: &[u8]) -> Result<bool, CpanError> {
        match self.cpan.file(&self.path(name), bytes.len()).await {
            Ok(found) => Ok(found.as_deref() == Some(bytes)),
            Err(error) if error.is_too_large() => Ok(false),
            Err(error) => Err(error),
        }
    }
}
