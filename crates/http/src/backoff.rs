//! How long to wait before a request is sent again.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Longest wait that a service may ask for before the next try.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How long to wait before each further try of a request that may succeed later.
#[derive(Clone, Debug)]
pub struct Backoff(Vec<Duration>);

impl Backoff {
    /// Waits of these lengths; one try more than there are waits.
    pub fn new(waits: Vec<Duration>) -> Self {
        Self(waits)
    }

    pub(crate) fn waits(&self) -> impl Iterator<Item = Duration> {
        self.0.iter().copied()
    }
}

impl Default for Backoff {
    /// Five tries within eight seconds.
    fn default() -> Self {
        Self([500, 1000, 2000, 4000].map(Duration::from_millis).to_vec())
    }
}

/// The wait in seconds that a service asks for (RFC 9110, section 10.2.3), within reason.
pub(crate) fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?;
    Some(Duration::from_secs(seconds.parse().ok()?).min(LONGEST_WAIT))
}
