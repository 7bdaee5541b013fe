//! A clock of this machine that is ahead of a service's.

use cpan_sigstore_core::{finding::Exit, text::without_credentials};
use cpan_sigstore_keyless::{clock::date_of, login::TokenError};
use jiff::Timestamp;

use crate::error::CommandError;

/// A token that has expired by the clock of this machine alone.
#[derive(Debug, thiserror::Error)]
#[error(
    "the clock of this machine says {clock}, and {service} says {date}, when the identity token is valid until {expires}"
)]
pub struct ClockAhead {
    /// The time of this machine.
    pub clock: Timestamp,
    /// The address of the service.
    pub service: String,
    /// The time of the service.
    pub date: Timestamp,
    /// The end of the token.
    pub expires: Timestamp,
}

/// Returns the error for an unusable token: the clock's, if a service states a time at which the token is valid.
///
/// The stated time changes this error alone. Nobody is trusted for the time of a signature.
pub async fn explained(error: TokenError, clock: Timestamp, service: Option<&str>) -> CommandError {
    let TokenError::Expired { at } = error else {
        return error.into();
    };
    let Some(service) = service else {
        return error.into();
    };
    match date_of(service).await {
        Some(date) if date < at => CommandError::new(
            Exit::TryLater,
            ClockAhead {
                clock: Timestamp::from_second(clock.as_second()).unwrap_or(clock),
                service: without_credentials(service),
                date,
                expires: at,
            },
        )
        .hinted("set the clock of this machine, and run the same command again"),
        _ => error.into(),
    }
}
