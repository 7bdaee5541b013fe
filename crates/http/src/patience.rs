//! How long a request may stay without a response.

use std::{future::Future, time::Duration};

use crate::{HttpError, WAITING};

/// The variable that states it, in seconds.
const VARIABLE: &str = "CPAN_SIGSTORE_TIMEOUT";
/// The time without that variable. A Rekor v2 log answers only after the entry is in its tree.
const USUAL: Duration = Duration::from_secs(60);
/// Shortest and longest time that the variable may state, in seconds.
const RANGE: std::ops::RangeInclusive<f64> = 0.1..=3600.0;
/// The part of the time after which a person reads why nothing happens.
const NOTICE_AFTER: u32 = 6;

/// Longest wait for a whole response, for the beginning of a file, and for its next part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patience(Duration);

impl Patience {
    /// The one that the environment states.
    ///
    /// # Errors
    /// [`HttpError::TimeoutSetting`] if the variable is no number of seconds in the range.
    pub fn of_environment() -> Result<Self, HttpError> {
        Self::read(std::env::var(VARIABLE).ok().as_deref())
    }

    fn read(value: Option<&str>) -> Result<Self, HttpError> {
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            return Ok(Self(USUAL));
        };
        match value.trim().parse() {
            Ok(seconds) if RANGE.contains(&seconds) => Ok(Self(Duration::from_secs_f64(seconds))),
            _ => Err(HttpError::TimeoutSetting(value.to_owned())),
        }
    }

    pub fn duration(self) -> Duration {
        self.0
    }

    /// Awaits a response. If it takes long, one line says which address does not answer.
    pub async fn announced<T>(self, url: &str, response: impl Future<Output = T>) -> T {
        let mut response = std::pin::pin!(response);
        let early = tokio::time::timeout(self.0 / NOTICE_AFTER, response.as_mut()).await;
        if let Ok(done) = early {
            return done;
        }
        let seconds = self.0.as_secs_f32();
        tracing::info!(target: WAITING, "{url} has not answered yet; a try ends after {seconds} s");
        response.await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Backoff, Http, client};

    #[test]
    fn reads_seconds_within_range() {
        let read = |value| Patience::read(value).map(Patience::duration).ok();
        assert_eq!(read(None), Some(USUAL));
        assert_eq!(read(Some("")), Some(USUAL));
        assert_eq!(read(Some("0.5")), Some(Duration::from_millis(500)));
        assert_eq!(read(Some(" 300 ")), Some(Duration::from_secs(300)));
        for value in ["0", "-1", "NaN", "inf", "3601", "10s", "ten"] {
            assert_eq!(read(Some(value)), None, "{value}");
        }
    }

    /// A server that accepts connections and never answers.
    fn hanging() -> (std::net::TcpListener, reqwest::Url) {
        let listener = std::net::TcpListener::bind("[::1]:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        (listener, url.parse().unwrap())
    }

    #[tokio::test]
    async fn ends_when_server_never_answers() {
        let (_server, url) = hanging();
        let patience = Patience(Duration::from_millis(20));
        let http = Http {
            client: client(false, patience).unwrap(),
            patience,
            ..Http::for_urls([])
                .unwrap()
                .with_backoff(Backoff::new(Vec::new()))
        };
        let file = http.file(url.clone(), 10).await;
        assert!(matches!(file, Err(HttpError::Timeout { .. })), "{file:?}");
        let request = http.request(reqwest::Method::GET, url);
        let answer = http.send(request, 10).await.map(|answer| answer.status);
        assert!(
            matches!(answer, Err(HttpError::Timeout { .. })),
            "{answer:?}"
        );
    }
}
