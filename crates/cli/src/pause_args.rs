//! The flags that say which PAUSE, as whom, and into which directory.

use std::{io::IsTerminal as _, path::PathBuf};

use clap::Args;
use cpan_sigstore_archive::Destination;
use cpan_sigstore_core::release::{PauseId, Subdirectory};
use cpan_sigstore_cpan::{self as cpan, Cpan, Directory};
use cpan_sigstore_pause::{
    credentials::{Credentials, DotPause},
    server::{self, Pause},
    upload::Uploader,
};

use crate::{failure::Failure, folders, terminal::Terminal};

/// Longest PAUSE id that is read from the terminal, in bytes.
const LINE_LIMIT: u64 = 256;
/// The variable with a token.
const TOKEN: &str = "PAUSE_TOKEN";

/// Where it is uploaded to.
#[derive(Args, Debug)]
#[command(next_help_heading = "PAUSE")]
pub struct PauseArgs {
    /// Your PAUSE id, if it is not in ~/.pause
    #[arg(long, value_name = "ID")]
    pub user: Option<PauseId>,
    /// User and password, or a token, in the form of ~/.pause, which it is by default; PAUSE_TOKEN in
    /// the environment comes first
    #[arg(long, value_name = "FILE")]
    pub pause_file: Option<PathBuf>,
    /// The directory below your own
    #[arg(long, value_name = "DIR")]
    pub subdirectory: Option<Subdirectory>,
    /// The upload form, if it is not PAUSE's own
    #[arg(
        long,
        value_name = "URL",
        env = "CPAN_UPLOADER_UPLOAD_URI",
        hide_env_values = true
    )]
    pub upload_uri: Option<String>,
    #[command(flatten)]
    pub cpan: CpanArgs,
}

/// Which CPAN shows what is published.
#[derive(Args, Debug)]
#[command(next_help_heading = "PAUSE")]
pub struct CpanArgs {
    /// The CPAN that shows what is published
    #[arg(long = "cpan", value_name = "URL", env = "CPAN_SIGSTORE_CPAN", default_value = cpan::DEFAULT, hide_env_values = true)]
    url: String,
}

impl CpanArgs {
    /// The CPAN, by HTTP or in a folder.
    ///
    /// # Errors
    /// [`Failure::Cpan`] if its address is invalid, or TLS cannot be set up.
    pub fn open(&self) -> Result<Cpan, Failure> {
        Ok(Cpan::at(&self.url)?)
    }
}

impl PauseArgs {
    /// The author at PAUSE. Asks on the terminal for what is written nowhere.
    ///
    /// # Errors
    /// Where there are no credentials that can be used.
    pub fn uploader(&self, terminal: &Terminal) -> Result<Uploader, Failure> {
        let uri = match self.upload_uri.as_deref() {
            None | Some("") => server::DEFAULT,
            Some(uri) => uri,
        };
        let pause = Pause::at(uri)?;
        let credentials = self.credentials(&pause, terminal)?;
        Ok(Uploader::new(pause, credentials)?)
    }

    /// Where an author's release goes.
    pub fn directory(&self, author: &PauseId) -> Directory {
        Directory::new(author.clone(), self.subdirectory.clone())
    }

    /// The same, as far as it is known, for a look at the archive.
    pub fn destination(&self, author: Option<&PauseId>) -> Destination {
        Destination {
            author: author.or(self.user.as_ref()).cloned(),
            subdirectory: self.subdirectory.clone(),
        }
    }

    fn credentials(&self, pause: &Pause, terminal: &Terminal) -> Result<Credentials, Failure> {
        if let Some(token) = std::env::var_os(TOKEN).filter(|token| !token.is_empty()) {
            let token = token.to_string_lossy();
            let credentials = Credentials::token(&token).map_err(Failure::PauseToken)?;
            return self.of_user(credentials);
        }
        let file = self.dot_pause(terminal)?;
        if let Some(token) = file.token {
            return self.of_user(token);
        }
        let user = match self.user.clone().or(file.user.clone()) {
            Some(user) => user,
            None => ask_user(pause, terminal)?,
        };
        // A password belongs to the user beside it.
        let own = file.user.is_none_or(|of| of == user);
        match file.password.filter(|_| own) {
            Some(password) => Ok(Credentials::password(user, password)),
            None => ask_password(pause, user, terminal),
        }
    }

    /// A token names its user; a flag that names another is a mistake.
    fn of_user(&self, credentials: Credentials) -> Result<Credentials, Failure> {
        match &self.user {
            Some(user) if user != credentials.user() => Err(Failure::Usage(format!(
                "expected a token of {user}, found one of {}",
                credentials.user()
            ))),
            _ => Ok(credentials),
        }
    }

    fn dot_pause(&self, terminal: &Terminal) -> Result<DotPause, Failure> {
        let (path, named) = match &self.pause_file {
            Some(path) => (path.clone(), true),
            None => (folders::home()?.join(".pause"), false),
        };
        let Some(file) = DotPause::read(&path)? else {
            if named {
                return Err(Failure::read(path)(std::io::ErrorKind::NotFound.into()));
            }
            return Ok(DotPause::default());
        };
        if file.exposed {
            terminal.warning(&format!(
                "other users of this machine can read {0}; keep them out with `chmod 600 {0}`",
                path.display()
            ));
        }
        Ok(file)
    }
}

fn ask_user(pause: &Pause, terminal: &Terminal) -> Result<PauseId, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::NoCredentials);
    }
    let answer = terminal
        .ask(&format!("PAUSE id at {}:", pause.host()), LINE_LIMIT)
        .map_err(|source| Failure::System {
            what: "expected a PAUSE id",
            source,
        })?;
    let answer = answer.ok_or(Failure::NoCredentials)?;
    // The answer is not repeated: it may be a password that was typed at the wrong question.
    answer.parse().map_err(|_| {
        Failure::Usage("invalid PAUSE id: expected 2 to 12 letters, digits and hyphens".to_owned())
    })
}

fn ask_password(pause: &Pause, user: PauseId, terminal: &Terminal) -> Result<Credentials, Failure> {
    let question = format!("Password of {user} at {}:", pause.host());
    let password = terminal
        .ask_secret(&question)
        .map_err(|_| Failure::NoCredentials)?;
    if password.is_empty() {
        return Err(Failure::NoCredentials);
    }
    Ok(Credentials::password(user, password.into_bytes().into()))
}
