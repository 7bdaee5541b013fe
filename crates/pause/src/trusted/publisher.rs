//! An author at PAUSE whose proof is a CI job.

use std::{error::Error, pin::Pin};

use cpan_sigstore_core::release::PauseId;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::{Exchange, ExchangeError};
use crate::credentials::Credentials;

/// Time before its expiry at which a token is replaced: an upload has to begin before it.
const MARGIN: SignedDuration = SignedDuration::from_mins(2);

/// An upload token. Its `Debug` does not show it.
#[derive(Clone, Debug)]
pub struct MintedToken {
    /// The author and the token.
    pub credentials: Credentials,
    /// The time at which it expires.
    pub expires: Timestamp,
}

/// The tokens of a CI job for an audience.
pub trait CiTokens: Send + Sync {
    /// Returns a token.
    fn token<'a>(&'a self, audience: &'a str) -> CiTokenFuture<'a>;
    /// Returns whether each call returns another token. An exchange accepts each one once.
    fn are_fresh(&self) -> bool;
}

/// The result of [`CiTokens::token`].
type CiTokenFuture<'a> =
    Pin<Box<dyn Future<Output = Result<String, Box<dyn Error + Send + Sync>>> + Send + 'a>>;

/// An author, as the exchange vouches for it.
pub struct TrustedPublisher {
    exchange: Exchange,
    tokens: Box<dyn CiTokens>,
    clock: fn() -> Timestamp,
    user: PauseId,
    current: Mutex<MintedToken>,
}

impl TrustedPublisher {
    /// Exchanges a token of the CI job, for this author if one is named.
    ///
    /// # Errors
    /// [`ExchangeError`] if there is no token of the job or of PAUSE.
    pub async fn log_in(
        exchange: Exchange,
        tokens: Box<dyn CiTokens>,
        user: Option<&PauseId>,
        clock: fn() -> Timestamp,
    ) -> Result<Self, ExchangeError> {
        let minted = mint(&exchange, tokens.as_ref(), user, clock).await?;
        Ok(Self {
            user: minted.credentials.user().clone(),
            current: Mutex::new(minted),
            exchange,
            tokens,
            clock,
        })
    }

    /// Returns the author.
    pub fn user(&self) -> &PauseId {
        &self.user
    }

    /// Returns a token that is valid for some time. An old one is replaced if the CI job can have another.
    ///
    /// # Errors
    /// [`ExchangeError`] if it cannot be replaced.
    pub async fn credentials(&self) -> Result<Credentials, ExchangeError> {
        let mut current = self.current.lock().await;
        let soon = (self.clock)()
            .saturating_add(MARGIN)
            .unwrap_or(Timestamp::MAX);
        if current.expires <= soon && self.tokens.are_fresh() {
            *current = mint(
                &self.exchange,
                self.tokens.as_ref(),
                Some(&self.user),
                self.clock,
            )
            .await?;
        }
        Ok(current.credentials.clone())
    }

    /// Ends the validity of the token, which nobody needs any more.
    ///
    /// # Errors
    /// [`ExchangeError`] without a confirmation. The token then expires by itself.
    pub async fn revoke(&self) -> Result<(), ExchangeError> {
        self.exchange.revoke(&*self.current.lock().await).await
    }
}

async fn mint(
    exchange: &Exchange,
    tokens: &dyn CiTokens,
    user: Option<&PauseId>,
    clock: fn() -> Timestamp,
) -> Result<MintedToken, ExchangeError> {
    let token = tokens.token(exchange.audience()).await;
    let token = token.map_err(ExchangeError::Ci)?;
    exchange.redeem(&token, user, clock()).await
}
