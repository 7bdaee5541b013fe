//! The way from credentials to a token: limits, comparison, refusal, audit, mail.
//!
//! Everything that issues tokens goes through [`Logins`], and a [`LoggedIn`] author comes from nowhere else.

mod claims;

use std::net::IpAddr;

use cpan_sigstore_core::release::PauseId;
use jiff::Timestamp;
use secrecy::SecretString;

use crate::{
    accounts::{Account, Accounts, AccountsError, Passwords, Refusal, Rules, SentToken, typed_id},
    config::{Client, Config},
    network::network_of,
    notice::{self, Letter},
    state::{Attempt, Attempted, Limit, Limits, Method, Outcome, Pending, State, StateError},
};

pub use claims::{TOKEN_LIFE, id_token_claims};

/// Why somebody gets no token.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Id, password or token is wrong. It is not said which.
    #[error("wrong id, password or token")]
    Wrong,
    /// The credentials are right, and the account gets no tokens.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There were too many attempts or tokens.
    #[error("too many attempts: try again later")]
    Limited(Limit),
    /// Too many logins at once.
    #[error("too many logins at once: try again later")]
    Busy,
    /// The accounts cannot be read.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// The state cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
}

/// The credentials that somebody sent.
pub enum Credentials {
    /// Id and password.
    Password {
        /// The id as typed.
        id: String,
        /// The password.
        password: SecretString,
    },
    /// A token of PAUSE.
    Token(String),
}

/// Where a request comes from, and for what.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The address.
    pub address: IpAddr,
    /// The client.
    pub client: &'a Client,
    /// Whether it is the page of consent.
    pub by_page: bool,
    /// The time.
    pub now: Timestamp,
}

/// An author whose credentials were right, and who gets a token. Only [`Logins`] creates one.
pub struct LoggedIn {
    account: Account,
    pending: Pending,
    method: Method,
}

/// Checks credentials. Clones share limits and state.
#[derive(Clone)]
pub struct Logins {
    accounts: Accounts,
    passwords: Passwords,
    rules: Rules,
    limits: Limits,
    state: State,
}

impl Logins {
    /// Creates it with the rules of the settings and the usual limits.
    pub fn new(config: &Config, accounts: Accounts, passwords: Passwords, state: State) -> Self {
        Self {
            accounts,
            passwords,
            rules: Rules::of(config),
            limits: Limits::default(),
            state,
        }
    }

    /// Returns the state.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Returns the comparer of passwords.
    pub const fn passwords(&self) -> &Passwords {
        &self.passwords
    }

    /// Checks credentials within the limits.
    ///
    /// # Errors
    /// [`LoginError`] that states why there is no token.
    pub async fn check(
        &self,
        credentials: Credentials,
        request: &Request<'_>,
    ) -> Result<LoggedIn, LoginError> {
        let (author, sent) = match &credentials {
            Credentials::Password { id, .. } => (typed_id(id), None),
            Credentials::Token(text) => {
                let sent = SentToken::parse(text);
                (sent.as_ref().map(|sent| sent.user.clone()), sent)
            }
        };
        let method = match (&credentials, request.by_page) {
            (Credentials::Token(_), _) => Method::Token,
            (_, true) => Method::Page,
            (_, false) => Method::Password,
        };
        let attempt = Attempt {
            author: author.as_ref(),
            address: request.address,
            client: &request.client.id,
            method,
            now: request.now,
        };
        let pending = match self.state.begin(&attempt, &self.limits).await? {
            Attempted::Begun(pending) => pending,
            Attempted::Limited(limit) => return Err(LoginError::Limited(limit)),
        };
        let found = match &author {
            Some(author) => self.accounts.find(author).await?,
            None => None,
        };
        let is_right = match credentials {
            Credentials::Password { password, .. } => {
                let hash = found.as_ref().and_then(|account| account.password.as_ref());
                let compared = self.passwords.is_right(password, hash).await;
                match compared {
                    Ok(is_right) => is_right,
                    Err(_) => {
                        // Nothing was compared, so nothing was guessed.
                        self.state.fail(&pending, Outcome::Refused).await?;
                        return Err(LoginError::Busy);
                    }
                }
            }
            Credentials::Token(_) => self.is_token(sent.as_ref(), request).await?,
        };
        let Some(account) = found.filter(|_| is_right) else {
            self.state.fail(&pending, Outcome::Wrong).await?;
            return Err(LoginError::Wrong);
        };
        if let Err(refusal) = self.rules.check(&account.standing, request.now) {
            self.state.fail(&pending, Outcome::Refused).await?;
            return Err(refusal.into());
        }
        Ok(LoggedIn {
            account,
            pending,
            method,
        })
    }

    /// Returns whether an account would get a token if somebody proved to be it.
    ///
    /// # Errors
    /// [`LoginError`] that states why it would not.
    pub async fn check_standing(&self, id: &PauseId, now: Timestamp) -> Result<(), LoginError> {
        let account = self.accounts.find(id).await?.ok_or(LoginError::Wrong)?;
        Ok(self.rules.check(&account.standing, now)?)
    }

    async fn is_token(
        &self,
        sent: Option<&SentToken>,
        request: &Request<'_>,
    ) -> Result<bool, LoginError> {
        let Some(sent) = sent else {
            return Ok(false);
        };
        let row = self.accounts.token(&sent.user, &sent.id).await?;
        Ok(sent.is_valid(row.as_ref(), request.address, request.now))
    }

    /// Writes that an author gets a code, or a token that `key` signs.
    ///
    /// # Errors
    /// [`LoginError::Limited`] if the author has got too many.
    pub async fn grant(
        &self,
        author: &LoggedIn,
        key: Option<&str>,
        now: Timestamp,
    ) -> Result<(), LoginError> {
        let outcome = self
            .state
            .succeed(&author.pending, key, now, &self.limits)
            .await?;
        outcome.map_err(LoginError::Limited)
    }

    /// Sends the author a mail, unless there was one in the last day. Failures are reported to the operator alone.
    pub async fn notify(&self, config: &Config, author: &LoggedIn, request: &Request<'_>) {
        let Some(settings) = &config.notice else {
            return;
        };
        let id = &author.account.id;
        let to = author.account.email.as_deref();
        let Some(to) = to.filter(|to| notice::is_address(to)) else {
            tracing::warn!(%id, "cannot send a mail: the account has no usable address");
            return;
        };
        match self.state.claim_notice(id, request.now).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return tracing::error!(%id, %error, "cannot send a mail"),
        }
        let letter = Letter {
            author: id.as_str(),
            to,
            client: &request.client.name,
            signs: request.client.signs,
            way: match author.method {
                Method::Token => "token",
                Method::Page => "password, in a browser",
                Method::Password => "password",
            },
            network: &network_of(request.address).to_string(),
            time: request.now,
        };
        let text = notice::text(config, settings, &letter);
        if let Err(error) = notice::send(settings, &text).await {
            tracing::error!(%id, %error, "cannot send a mail");
            // The next token tries again.
            if let Err(error) = self.state.withdraw_notice(id).await {
                tracing::error!(%id, %error, "cannot take back a mail");
            }
        }
    }
}

impl LoggedIn {
    /// Returns the id, as its row spells it.
    pub const fn id(&self) -> &PauseId {
        &self.account.id
    }

    /// Returns the row of the login in the audit table.
    pub const fn row(&self) -> i64 {
        self.pending.row()
    }

    /// Returns the name of the method, for the claim `amr` (RFC 8176).
    pub const fn amr(&self) -> &'static str {
        match self.method {
            Method::Page | Method::Password => "pwd",
            Method::Token => "pat",
        }
    }
}
