//! The waits before a request is sent again.

use std::time::Duration;

use jiff::fmt::rfc2822;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use tokio::time::Instant;

use crate::{Http, HttpError, WAITING};

/// Longest wait that a service may ask for. A request ends at once if the service asks for more: an
/// earlier try would only be refused again.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The waits before each further try of a request.
#[derive(Clone, Debug)]
pub struct Backoff(Vec<Duration>);

impl Backoff {
    /// These waits, so one try more than there are waits.
    pub fn new(waits: Vec<Duration>) -> Self {
        Self(waits)
    }
}

impl Default for Backoff {
    /// Five tries within eight seconds.
    fn default() -> Self {
        Self([500, 1000, 2000, 4000].map(Duration::from_millis).to_vec())
    }
}

/// A try that failed.
pub(crate) struct Failure {
    pub error: HttpError,
    /// The wait that the service asks for.
    pub asked: Option<Duration>,
}

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        Self { error, asked: None }
    }
}

/// The wait that a service asks for (RFC 9110, section 10.2.3), in seconds or as a date. That date is compared with the
/// time of the same response, because the clock of this machine may differ.
pub(crate) fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok();
    let asked = text(RETRY_AFTER)?.trim();
    if let Ok(seconds) = asked.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text| rfc2822::parse(text).ok();
    let wait = date(asked)?.duration_since(&date(text(DATE)?)?);
    Some(Duration::try_from(wait).unwrap_or_default())
}

/// The further tries of one request.
pub(crate) struct Tries {
    waits: std::vec::IntoIter<Duration>,
    /// The number of the last try, from 1.
    number: usize,
    most: usize,
    until: Option<Instant>,
}

impl Tries {
    pub fn of(http: &Http) -> Self {
        let Backoff(waits) = http.backoff.clone();
        Self {
            number: 1,
            most: waits.len() + 1,
            waits: waits.into_iter(),
            until: http.until,
        }
    }

    /// Waits for the next try.
    ///
    /// # Errors
    /// The failure, if no further try may help or there is no time for one.
    pub async fn wait(&mut self, failure: Failure) -> Result<(), HttpError> {
        let Failure { error, asked } = failure;
        let wait = match self.waits.next() {
            Some(wait) if error.is_transient() => asked.unwrap_or(wait),
            _ => return Err(error),
        };
        let is_too_late = self
            .until
            .is_some_and(|until| Instant::now() + wait >= until);
        if wait > LONGEST_WAIT || is_too_late {
            return Err(error);
        }
        self.number += 1;
        let (number, most, seconds) = (self.number, self.most, wait.as_secs_f32());
        tracing::info!(target: WAITING, "{error}; trying again in {seconds} s (try {number} of {most})");
        tokio::time::sleep(wait).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(headers: &[(reqwest::header::HeaderName, &str)]) -> Option<u64> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()));
        asked_wait(&headers.collect()).map(|wait| wait.as_secs())
    }

    #[test]
    fn reads_wait_in_seconds_and_as_a_date() {
        const NOON: (reqwest::header::HeaderName, &str) = (DATE, "Tue, 24 Nov 2026 12:00:00 GMT");
        assert_eq!(wait(&[(RETRY_AFTER, "120")]), Some(120));
        assert_eq!(wait(&[(RETRY_AFTER, " 2 ")]), Some(2));
        let until = (RETRY_AFTER, "Tue, 24 Nov 2026 12:02:00 GMT");
        assert_eq!(wait(&[until.clone(), NOON]), Some(120));
        let past = (RETRY_AFTER, "Tue, 24 Nov 2026 11:00:00 GMT");
        assert_eq!(wait(&[past, NOON]), Some(0));
        // Without the time of the response, a date states no wait.
        assert_eq!(wait(&[until]), None);
        assert_eq!(wait(&[(RETRY_AFTER, "soon"), NOON]), None);
        assert_eq!(wait(&[NOON]), None);
    }
}
