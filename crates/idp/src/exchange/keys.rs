//! The public keys of CI services, fetched within limits and kept for a while.

use std::{collections::BTreeMap, time::Duration};

use cpan_sigstore_http::{Backoff, Http, HttpError};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::CiIssuer;
use crate::keys::{JwkError, JwkSet};

/// Largest key set, in bytes.
const LIMIT: usize = 256 * 1024;
/// Longest wait for a key set.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// Age at which a key set is fetched again.
const FRESH: SignedDuration = SignedDuration::from_mins(10);
/// Age up to which a key set is used if it cannot be fetched.
const OLDEST: SignedDuration = SignedDuration::from_hours(24);
/// Time between two requests to one service, also if somebody makes up names of keys.
const PAUSE: SignedDuration = SignedDuration::from_secs(60);

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The service does not answer in time.
    #[error("cannot read the keys of {0}: no response in time")]
    Slow(String),
    /// The keys were requested a moment ago.
    #[error(
        "cannot read the keys of {0}: the last request failed, and the next one is not yet due"
    )]
    NotDue(String),
    /// The address cannot be used.
    #[error("invalid CI service {0}: expected an https address")]
    Address(String),
    /// The request failed.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The service has no keys there.
    #[error("cannot read the keys of {issuer}: status {status}")]
    Status {
        /// The service.
        issuer: String,
        /// The status.
        status: u16,
    },
    /// The response is no key set.
    #[error(transparent)]
    Form(#[from] JwkError),
}

/// Keys of all services.
pub(super) struct KeyCache {
    http: Http,
    patience: Duration,
    kept: BTreeMap<String, Mutex<Kept>>,
}

/// The keys of one service.
#[derive(Default)]
struct Kept {
    keys: Option<(JwkSet, Timestamp)>,
    /// Time of the last request.
    requested: Option<Timestamp>,
}

impl KeyCache {
    pub(super) fn new(issuers: &[CiIssuer], patience: Duration) -> Result<Self, HttpError> {
        let http = Http::for_urls(issuers.iter().map(|one| one.issuer.as_str()))?;
        let kept = issuers.iter();
        Ok(Self {
            // A request waits for this one, so it is not repeated.
            http: http.with_backoff(Backoff::new(Vec::new())),
            patience,
            kept: kept
                .map(|one| (one.issuer.clone(), Mutex::default()))
                .collect(),
        })
    }

    /// Returns the keys of a service: kept ones, unless they are old or lack the key `kid`.
    pub(super) async fn of(
        &self,
        issuer: &CiIssuer,
        kid: Option<&str>,
        now: Timestamp,
    ) -> Result<JwkSet, KeysError> {
        let no_address = || KeysError::Address(issuer.issuer.clone());
        let kept = self.kept.get(&issuer.issuer).ok_or_else(no_address)?;
        // One request at a time; the others wait for its result, and it takes seconds at most.
        let mut kept = kept.lock().await;
        let age = |since: Timestamp| now.duration_since(since).abs();
        if let Some((keys, since)) = &kept.keys
            && age(*since) < FRESH
            && keys.candidates(kid).next().is_some()
        {
            return Ok(keys.clone());
        }
        if kept.requested.is_none_or(|last| age(last) >= PAUSE) {
            kept.requested = Some(now);
            match self.fetch(issuer).await {
                Ok(keys) => kept.keys = Some((keys, now)),
                Err(error) if kept.keys.is_none() => return Err(error),
                Err(error) => tracing::warn!(%error, "kept keys stay in use"),
            }
        }
        match &kept.keys {
            Some((keys, since)) if age(*since) < OLDEST => Ok(keys.clone()),
            _ => Err(KeysError::NotDue(issuer.issuer.clone())),
        }
    }

    async fn fetch(&self, issuer: &CiIssuer) -> Result<JwkSet, KeysError> {
        let url = issuer
            .keys()
            .ok_or_else(|| KeysError::Address(issuer.issuer.clone()))?;
        let request = self.http.request(reqwest::Method::GET, url);
        // No redirect is followed.
        let answer = tokio::time::timeout(self.patience, self.http.send(request, LIMIT))
            .await
            .map_err(|_| KeysError::Slow(issuer.issuer.clone()))??;
        match answer.status {
            200 => Ok(JwkSet::parse(&answer.body)?),
            status => Err(KeysError::Status {
                issuer: issuer.issuer.clone(),
                status,
            }),
        }
    }
}
