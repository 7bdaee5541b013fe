//! A record to PAUSE: its bundle, then itself. Unlike an archive it may be uploaded again, which is how an
//! author puts it back after somebody else has replaced it.

use std::sync::Arc;

use cpan_sigstore_core::release::PauseId;
use cpan_sigstore_cpan::{Cpan, Directory};
use cpan_sigstore_pause::upload::{Outcome, Outgoing, Uploader};
use tokio::time::Instant;

use super::{AuthorError, files::Files};
use crate::{
    failure::Failure, pause_args::PauseArgs, progress::Progress, publishing::WaitArgs,
    terminal::Terminal,
};

/// A record on its way.
pub struct Upload<'a> {
    pub files: &'a Files,
    pub uploader: &'a Uploader,
    pub pause: &'a PauseArgs,
    pub wait: &'a WaitArgs,
}

/// Records lie in the author's own directory.
///
/// # Errors
/// Where another one was asked for.
pub fn refuse_subdirectory(pause: &PauseArgs) -> Result<(), Failure> {
    match &pause.subdirectory {
        None => Ok(()),
        Some(_) => Err(Failure::Usage(
            "expected no `--subdirectory`: a record lies in the author's own directory, where it is looked for"
                .to_owned(),
        )),
    }
}

impl Upload<'_> {
    /// Uploads what the CPAN does not show as it is here, and waits until it does, where that was asked for.
    /// Says how far it has come.
    ///
    /// # Errors
    /// Where PAUSE does not confirm it, or it is not published in time.
    pub async fn run(&self, terminal: &Terminal) -> Result<&'static str, Failure> {
        let cpan = self.pause.cpan.open()?;
        let author = self.uploader.author();
        let mut published = true;
        for (bytes, outgoing) in self.files.outgoing() {
            if is_published(&cpan, author, &outgoing, bytes)
                .await
                .unwrap_or(false)
            {
                terminal.say(&format!("PAUSE has published {} already", outgoing.name));
                continue;
            }
            published = false;
            self.send(&outgoing, terminal).await?;
        }
        if published {
            return Ok("published");
        }
        if !self.wait.wait {
            return Ok("uploaded");
        }
        self.until_published(&cpan, author, terminal).await?;
        Ok("published")
    }

    async fn send(&self, file: &Outgoing, terminal: &Terminal) -> Result<(), Failure> {
        let progress = Arc::new(Progress::of_upload(file, self.uploader.pause().host()));
        let seen = Arc::clone(&progress);
        let sent = Arc::new(move |sent| seen.at(sent));
        let outcome = self.uploader.upload(file, None, sent).await;
        progress.end();
        match outcome? {
            Outcome::Accepted => terminal.say(&format!("uploaded {}", file.name)),
            Outcome::NameTaken => return Err(AuthorError::NameTaken(file.name.clone()).into()),
        }
        Ok(())
    }

    async fn until_published(
        &self,
        cpan: &Cpan,
        author: &PauseId,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let end = Instant::now() + self.wait.patience();
        terminal.say("waiting for both files to be published");
        for (bytes, outgoing) in self.files.outgoing() {
            loop {
                match is_published(cpan, author, &outgoing, bytes).await {
                    Ok(true) => break,
                    Ok(false) => {}
                    // A mirror that is away for a while does not end the wait.
                    Err(error) => terminal.say(&format!("{error}; still waiting")),
                }
                if Instant::now() >= end {
                    return Err(AuthorError::NotPublished {
                        path: path(author, &outgoing),
                        minutes: self.wait.patience().as_secs() / 60,
                    }
                    .into());
                }
                tokio::time::sleep(self.wait.poll()).await;
            }
        }
        Ok(())
    }
}

fn path(author: &PauseId, file: &Outgoing) -> String {
    Directory::new(author.clone(), None).path(&file.name)
}

/// Whether a CPAN serves a file to the letter.
async fn is_published(
    cpan: &Cpan,
    author: &PauseId,
    file: &Outgoing,
    bytes: &[u8],
) -> Result<bool, Failure> {
    let found = cpan.file(&path(author, file), bytes.len()).await;
    match found {
        Ok(found) => Ok(found.as_deref() == Some(bytes)),
        // Larger is other.
        Err(error) if error.is_too_large() => Ok(false),
        Err(error) => Err(error.into()),
    }
}
