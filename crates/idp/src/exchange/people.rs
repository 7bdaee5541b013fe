//! The accounts of PAUSE, as the exchange needs them.

use std::{net::IpAddr, pin::Pin};

use cpan_sigstore_core::release::PauseId;
use jiff::Timestamp;
use secrecy::SecretString;

/// A question about an account.
pub type PeopleFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The accounts.
pub trait People: Send + Sync {
    /// Returns the id of the account with this name and password, or `None`. Attempts are limited, and a token is no
    /// password.
    fn log_in<'a>(
        &'a self,
        name: &'a str,
        password: SecretString,
        address: IpAddr,
        now: Timestamp,
    ) -> PeopleFuture<'a, Option<PauseId>>;

    /// Returns whether an account may upload now.
    fn may_upload<'a>(&'a self, id: &'a PauseId, now: Timestamp) -> PeopleFuture<'a, bool>;
}
