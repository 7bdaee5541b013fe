//! Delivery of alerts by HTTP: one POST of JSON for each alert.

use cpan_sigstore_http::{Http, HttpError, is_protected};
use reqwest::{Method, Url, header::CONTENT_TYPE};
use serde::Serialize;

/// Size limit of a response, in bytes.
const ANSWER_LIMIT: usize = 64 * 1024;

/// The receiver of alerts.
#[derive(Clone, Debug)]
pub struct Webhook {
    url: Url,
    http: Http,
}

/// An alert could not be delivered. The text never shows the address, because anybody who knows it can send
/// alerts there.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The address is not one for alerts.
    #[error(
        "invalid address of the webhook: expected https, or http on this machine, found another"
    )]
    Address,
    /// No connection can be made.
    #[error("cannot reach the webhook: {0}")]
    Client(HttpError),
    /// The webhook did not accept the alert.
    #[error("cannot deliver the alert: expected a status of success from {host}, found {found}")]
    NotDelivered {
        /// The host of the webhook.
        host: String,
        /// The result of the request.
        found: String,
    },
}

impl Webhook {
    /// Returns the webhook at an address: https, or http on this machine.
    ///
    /// # Errors
    /// Returns an error if the address is another one, or if TLS cannot be set up.
    pub fn at(address: &str) -> Result<Self, WebhookError> {
        let url = Url::parse(address).map_err(|_| WebhookError::Address)?;
        if !is_protected(&url) {
            return Err(WebhookError::Address);
        }
        let http = Http::for_urls([url.as_str()]).map_err(WebhookError::Client)?;
        Ok(Self { url, http })
    }

    /// Sends an alert, and tries again after a temporary failure.
    ///
    /// # Errors
    /// Returns an error if the webhook does not answer with a status of 2xx.
    pub async fn send(&self, alert: &impl Serialize) -> Result<(), WebhookError> {
        let failed = |found: String| WebhookError::NotDelivered {
            host: self.url.host_str().unwrap_or_default().to_owned(),
            found,
        };
        let body = serde_json::to_vec(alert).map_err(|error| failed(error.to_string()))?;
        let request = self
            .http
            .request(Method::POST, self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        match self.http.send(request, ANSWER_LIMIT).await {
            Ok(answer) if answer.is_success() => Ok(()),
            Ok(answer) => Err(failed(format!("status {}", answer.status))),
            Err(HttpError::Unavailable { status, .. }) => Err(failed(format!("status {status}"))),
            Err(HttpError::Timeout { .. }) => Err(failed("no response in time".to_owned())),
            Err(error) => Err(failed(match error.setup_fault() {
                Some(fault) => fault.summary().to_owned(),
                None => "no usable response".to_owned(),
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sends_alerts_by_https_and_hides_the_address() {
        assert!(Webhook::at("http://127.0.0.1:1/hook").is_ok());
        for address in ["http://example.org/secret", "file:///secret", "secret", ""] {
            let error = Webhook::at(address).unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
