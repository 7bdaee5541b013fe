//! An author's directory: at PAUSE, where files are uploaded, and on the CPAN that shows them.

use std::sync::Arc;

use cpan_sigstore_core::{finding::Exit, text::count};
use cpan_sigstore_cpan::{Cpan, CpanError, Directory};
use cpan_sigstore_keyless::bundle::SIZE_LIMIT;
use cpan_sigstore_pause::upload::{Outcome, Outgoing, Uploader};

use super::wait::poll;
use crate::{
    error::CommandError,
    flags::WaitArgs,
    ui::{Terminal, progress::Progress},
};

/// The file that is published under a name.
#[derive(PartialEq, Eq)]
pub enum Shown {
    Absent,
    /// The expected bytes.
    Same,
    Other(Vec<u8>),
}

/// The files that PAUSE has published, as it shows them to an account with a password; `None` with a token.
///
/// # Errors
/// No TLS.
pub fn published_tree(uploader: &Uploader) -> Result<Option<Cpan>, CommandError> {
    let Some((address, authorization)) = uploader.published() else {
        return Ok(None);
    };
    let tree = Cpan::at(address.as_str())?;
    Ok(Some(tree.with_authorization(authorization)))
}

/// The directory that files are published in. Archives and author records share it.
pub struct Destination<'a> {
    /// The author at PAUSE.
    pub uploader: &'a Uploader,
    /// The CPAN that shows what is published.
    pub cpan: &'a Cpan,
    /// PAUSE itself, which shows it without a mirror's delay; `None` with a token.
    pub tree: Option<&'a Cpan>,
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

    /// Whether PAUSE or the CPAN serves exactly these bytes under a name.
    ///
    /// # Errors
    /// [`CpanError`] without a usable answer.
    pub async fn is_published(&self, name: &str, bytes: &[u8]) -> Result<bool, CpanError> {
        Ok(self.shown(name, bytes).await? == Shown::Same)
    }

    /// Whether the newest state serves exactly these bytes under a name: that of PAUSE or, if it does not show it, that
    /// of the CPAN.
    ///
    /// # Errors
    /// [`CpanError`] without a usable answer.
    pub async fn is_newest(&self, name: &str, bytes: &[u8]) -> Result<bool, CpanError> {
        match self.at_pause(name, bytes).await {
            Some(shown) => Ok(shown == Shown::Same),
            None => Ok(self.at(self.cpan, name, bytes).await? == Shown::Same),
        }
    }

    /// What PAUSE shows under a name or, if it shows nothing, the CPAN, compared with these bytes.
    ///
    /// # Errors
    /// [`CpanError`] without a usable answer.
    pub async fn shown(&self, name: &str, bytes: &[u8]) -> Result<Shown, CpanError> {
        match self.at_pause(name, bytes).await {
            Some(Shown::Absent) | None => self.at(self.cpan, name, bytes).await,
            Some(shown) => Ok(shown),
        }
    }

    /// The same of PAUSE alone; `None` if it does not show what it has published.
    async fn at_pause(&self, name: &str, bytes: &[u8]) -> Option<Shown> {
        match self.at(self.tree?, name, bytes).await {
            Ok(shown) => Some(shown),
            Err(error) => {
                tracing::info!(%error, "PAUSE does not show what it has published");
                None
            }
        }
    }

    async fn at(&self, cpan: &Cpan, name: &str, bytes: &[u8]) -> Result<Shown, CpanError> {
        Ok(match cpan.file(&self.path(name), SIZE_LIMIT).await {
            Ok(None) => Shown::Absent,
            Ok(Some(found)) if found == bytes => Shown::Same,
            Ok(Some(found)) => Shown::Other(found),
            // A larger file is just another one.
            Err(error) if error.is_too_large() => Shown::Other(Vec::new()),
            Err(error) => return Err(error),
        })
    }

    /// Waits until a file is published with exactly these bytes, or until `is_foreign` is true of published ones, which
    /// it then returns.
    ///
    /// # Errors
    /// A time limit, or a CPAN without a usable answer.
    pub async fn until_published(
        &self,
        name: &str,
        bytes: &[u8],
        is_foreign: impl Fn(&[u8]) -> bool,
        wait: &WaitArgs,
        terminal: &Terminal,
    ) -> Result<Option<Vec<u8>>, CommandError> {
        let mut is_first = true;
        let published = poll(wait, terminal, async || {
            match self.shown(name, bytes).await? {
                Shown::Same => return Ok(Some(None)),
                Shown::Other(found) if is_foreign(&found) => return Ok(Some(Some(found))),
                _ => {}
            }
            if std::mem::take(&mut is_first) {
                terminal.say(&self.patience_for(name));
            }
            Ok(None)
        });
        match published.await? {
            Some(foreign) => Ok(foreign),
            None => Err(CommandError::new(
                Exit::TryLater,
                format!(
                    "timed out waiting for {} to be published, after {}; the other file was not uploaded",
                    self.path(name),
                    count(wait.patience, "minute")
                ),
            )
            .hinted("run the same command again: it resumes; if PAUSE rejected the file, its mail to you states the reason")),
        }
    }

    /// The reason and the usual length of a wait.
    fn patience_for(&self, name: &str) -> String {
        let why = "so that nobody finds the other file without it";
        match self.tree {
            Some(_) => format!(
                "waiting until PAUSE has published {name}, {why}; this usually takes 1 to 3 minutes"
            ),
            None => format!(
                "waiting until {} shows {name}, {why}; this usually takes 5 to 10 minutes, because PAUSE shows published files to a password only",
                self.cpan.name()
            ),
        }
    }
}
