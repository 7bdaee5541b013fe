//! Errors of uploads, and of the exchange that gives a CI job its upload token.

use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_keyless::login::{LoginError, TokenError};
use cpan_sigstore_pause::{trusted::ExchangeError, upload::UploadError};

use super::{CommandError, network_hint::after_request};

const WRONG_PASSWORD: &str = "correct user and password in ~/.pause, or in the file of `--pause-file`, and run the same command again";

impl From<UploadError> for CommandError {
    fn from(error: UploadError) -> Self {
        let error = match error {
            UploadError::Exchange(error) => return Self::from(error),
            other => other,
        };
        let hint = match &error {
            UploadError::Password(_) => WRONG_PASSWORD,
            UploadError::Token { .. } => {
                "get a new token from PAUSE's menu; tokens expire after 180 days, and may be limited to some addresses"
            }
            UploadError::PasswordChange(_) => {
                "log in at PAUSE with a browser, choose a new password, and write it into ~/.pause"
            }
            UploadError::Account { .. } => {
                "log in at PAUSE with a browser, and ask its administrators if it shows the same"
            }
            UploadError::NotConfirmed { .. } | UploadError::Refused { .. } => {
                "correct the cause that PAUSE reports, and run the same command again"
            }
            UploadError::Changed(_) => {
                "run the same command again when no program writes to the file"
            }
            UploadError::Http(http) if http.is_transient() => {
                return Self::new(Exit::TryLater, error).hinted(
                    "run the same command again when PAUSE is back; confirmed files are not sent again",
                );
            }
            UploadError::Http(http) => {
                let hint = after_request(http);
                return Self::failed(error).hinted_by(hint);
            }
            _ => return Self::failed(error),
        };
        Self::failed(error).hinted(hint)
    }
}

impl From<ExchangeError> for CommandError {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::Http(http) if http.is_transient() => Self::new(Exit::TryLater, http)
                .hinted("run the job again when PAUSE is back"),
            ExchangeError::Http(http) => {
                let hint = after_request(&http);
                Self::failed(http).hinted_by(hint)
            }
            ExchangeError::Ci(source) => match source.downcast::<LoginError>() {
                Ok(login) => Self::from(*login),
                Err(source) => match source.downcast::<TokenError>() {
                    Ok(token) => Self::from(*token),
                    Err(source) => Self::failed(source),
                },
            },
            ExchangeError::Elsewhere { .. } | ExchangeError::Redirect { .. } => Self::failed(error)
                .hinted("nothing was sent there; ask the administrators of this PAUSE, and upload with a token in PAUSE_TOKEN"),
            ExchangeError::User { .. } => {
                Self::failed(error).hinted("register this workflow with the other author, too")
            }
            ExchangeError::Password(_) => Self::failed(error).hinted(WRONG_PASSWORD),
            ExchangeError::NoRegistration => Self::failed(error)
                .hinted("see the ids with `cpan-sigstore author trusted-publisher list`"),
            _ => Self::failed(error),
        }
    }
}
