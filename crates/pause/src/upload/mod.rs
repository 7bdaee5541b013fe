//! One file to PAUSE.
//!
//! What is sent is bound to a digest: a file that is not what was verified any more is never sent
//! whole.

mod answer;
mod body;
mod request;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use cpan_sigstore_core::{
    digest::Sha256Digest,
    release::{PauseId, Subdirectory},
};
use cpan_sigstore_http::{Http, HttpError};
use reqwest::{
    Method, Url,
    header::{AUTHORIZATION, HeaderValue},
};

use crate::{
    credentials::Credentials,
    server::Pause,
    trusted::{ExchangeError, TrustedPublisher},
};

/// Largest answer that is read, in bytes: a page of HTML.
const ANSWER_LIMIT: usize = 1024 * 1024;

/// A file to be uploaded, and what its bytes have to be.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Where it is.
    pub path: PathBuf,
    /// Its base name on PAUSE.
    pub name: String,
    /// What was verified.
    pub digest: Sha256Digest,
}

/// The outcome of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// PAUSE has taken it and will publish it.
    Accepted,
    /// PAUSE has a file of this name, published or waiting, here or in another subdirectory. Whether
    /// it has the same bytes, it does not say.
    NameTaken,
}

/// How many bytes were sent so far.
pub type Progress = Arc<dyn Fn(u64) + Send + Sync>;

/// A failed or unconfirmed upload.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// PAUSE does not take the password.
    #[error("PAUSE rejected the password of {0}")]
    Password(PauseId),
    /// PAUSE does not take the token.
    #[error("PAUSE rejected the token of {user}: {said}")]
    Token {
        /// The owner of the token.
        user: PauseId,
        /// The words of PAUSE.
        said: String,
    },
    /// The account has to choose a new password before PAUSE takes anything of it.
    #[error("PAUSE accepts no upload of {0} before they choose a new password")]
    PasswordChange(PauseId),
    /// The account may not use PAUSE.
    #[error("PAUSE refuses {user}: {said}")]
    Account {
        /// The account.
        user: PauseId,
        /// The words of PAUSE.
        said: String,
    },
    /// An answer of success that is none.
    #[error("PAUSE did not confirm the upload of {name}: {said}")]
    NotConfirmed {
        /// The file.
        name: String,
        /// The words of PAUSE.
        said: String,
    },
    /// Any other answer.
    #[error("PAUSE rejected {name} with status {status}: {said}")]
    Refused {
        /// The file.
        name: String,
        /// The HTTP status.
        status: u16,
        /// The words of PAUSE.
        said: String,
    },
    /// The file is not what was verified. It was not sent whole.
    #[error("cannot upload {}: it changed after it was verified", .0.display())]
    Changed(PathBuf),
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The upload token of a CI job cannot be replaced.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// No answer.
    #[error(transparent)]
    Http(#[from] HttpError),
}

/// Uploads to one PAUSE as one author.
pub struct Uploader {
    pause: Pause,
    account: Account,
    http: Http,
}

/// The proof that the account is yours.
enum Account {
    Own(Credentials),
    Trusted(Arc<TrustedPublisher>),
}

impl Uploader {
    /// An author at a PAUSE.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn new(pause: Pause, credentials: Credentials) -> Result<Self, HttpError> {
        Self::of(pause, Account::Own(credentials))
    }

    /// A CI job at a PAUSE.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn trusted(pause: Pause, publisher: Arc<TrustedPublisher>) -> Result<Self, HttpError> {
        Self::of(pause, Account::Trusted(publisher))
    }

    fn of(pause: Pause, account: Account) -> Result<Self, HttpError> {
        let http = Http::for_urls([pause.form().as_str()])?;
        Ok(Self {
            pause,
            account,
            http,
        })
    }

    /// The author whose directory it uploads to.
    pub fn author(&self) -> &PauseId {
        match &self.account {
            Account::Own(credentials) => credentials.user(),
            Account::Trusted(publisher) => publisher.user(),
        }
    }

    /// Where it uploads to.
    pub fn pause(&self) -> &Pause {
        &self.pause
    }

    /// The files that PAUSE has published, with the proof that lets the author read them; `None` with a token, which
    /// is valid for uploads only.
    pub fn published(&self) -> Option<(Url, HeaderValue)> {
        let credentials = self.password()?;
        Some((self.pause.published(), credentials.authorization()))
    }

    fn password(&self) -> Option<&Credentials> {
        match &self.account {
            Account::Own(credentials) if !credentials.is_token() => Some(credentials),
            _ => None,
        }
    }

    /// Checks that the account can upload, before anything is done that cannot be undone. PAUSE reveals an invalid
    /// token only when it is used.
    ///
    /// # Errors
    /// [`UploadError`] if PAUSE rejects the password or the account, or does not answer.
    pub async fn check_login(&self) -> Result<(), UploadError> {
        let Some(credentials) = self.password() else {
            return Ok(());
        };
        let request = self
            .http
            .request(Method::GET, self.pause.form().clone())
            .header(AUTHORIZATION, credentials.authorization());
        let answer = self.http.send(request, ANSWER_LIMIT).await?;
        answer::check_account(&answer, credentials)
    }

    /// Uploads a file into the author's directory, or one below it.
    ///
    /// # Errors
    /// Where PAUSE did not confirm it, or the file is not what was verified.
    pub async fn upload(
        &self,
        file: &Outgoing,
        subdirectory: Option<&Subdirectory>,
        progress: Progress,
    ) -> Result<Outcome, UploadError> {
        let credentials = match &self.account {
            Account::Own(credentials) => credentials.clone(),
            Account::Trusted(publisher) => publisher.credentials().await?,
        };
        let failure = body::Failure::default();
        let request = || {
            let body = body::open(file, Arc::clone(&progress), failure.clone())?;
            request::build(self, &credentials, file, subdirectory, body)
        };
        let answered = self.http.send_each(request, ANSWER_LIMIT).await;
        if let Some(error) = failure.take() {
            return Err(error);
        }
        answer::read(&answered?, file, &credentials)
    }
}

fn unreadable(path: &Path, source: io::Error) -> UploadError {
    UploadError::Read {
        path: path.to_owned(),
        source,
    }
}
