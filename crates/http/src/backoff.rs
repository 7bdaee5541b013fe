//! The waits before a request is sent again.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Longest wait that a service may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The waits before each further try of a request.
#[derive(Clone, Debug)]
pub struct Backoff(Vec<Duration>);

impl Backoff {
    /// These waits, so one try more than there are waits.
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

/// The wait that a service asks for (RFC 9110, section 10.2.3), within the limit.
pub(crate) fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?;
    Some(Duration::from_secs(seconds.parse().ok()?).min(LONGEST_WAIT))
}
