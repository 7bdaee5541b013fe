//! This machine's clock beside the one of a service.

use std::fmt;

use cpan_sigstore_core::text::without_credentials;
use cpan_sigstore_http::Http;
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};

/// Smallest difference of two clocks that is reported. Certificates are valid for ten minutes.
const LIMIT: SignedDuration = SignedDuration::from_mins(5);

/// A clock of this machine that differs from a service's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockDifference {
    /// The time of this machine.
    pub clock: Timestamp,
    /// The address of the service.
    pub service: String,
    /// The time of the service.
    pub date: Timestamp,
}

impl ClockDifference {
    /// Compares a time of this machine with the `Date` of a service's response; `None` if they agree, or if the service
    /// states none.
    ///
    /// # Security
    ///
    /// Anybody on the way can state a time. It explains an error, and changes no decision.
    pub async fn with(service: &str, clock: Timestamp) -> Option<Self> {
        let date = date_of(service).await?;
        let is_large = clock.duration_since(date).abs() > LIMIT;
        is_large.then(|| Self {
            clock: Timestamp::from_second(clock.as_second()).unwrap_or(clock),
            service: without_credentials(service),
            date,
        })
    }
}

impl fmt::Display for ClockDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            clock,
            service,
            date,
        } = self;
        write!(
            f,
            "the clock of this machine says {clock}, and {service} says {date}"
        )
    }
}

/// Returns the `Date` of a service's response.
pub async fn date_of(service: &str) -> Option<Timestamp> {
    let date = Http::for_urls([service]).ok()?.date(service).await?;
    Some(rfc2822::parse(&date).ok()?.timestamp())
}
