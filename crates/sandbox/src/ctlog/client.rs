//! The CA's side of the log's interface.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde_json::json;

use super::sct::{SignedCertificateTimestamp, undo_digitally_signed};

/// Error of a submission to the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SctError {
    #[error("{0}")]
    Http(#[from] reqwest::Error),
    #[error("the log's response is not a timestamp")]
    FormError,
}

#[derive(Deserialize)]
struct Answer {
    id: String,
    timestamp: u64,
    signature: String,
}

/// Submits a chain whose first certificate is a precertificate.
pub(crate) async fn submit_precertificate(
    http: &reqwest::Client,
    log_url: &str,
    chain: &[Vec<u8>],
) -> Result<SignedCertificateTimestamp, SctError> {
    let chain: Vec<String> = chain.iter().map(|der| BASE64.encode(der)).collect();
    let answer: Answer = http
        .post(format!("{log_url}/ct/v1/add-pre-chain"))
        .json(&json!({ "chain": chain }))
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    answer.read().ok_or(SctError::FormError)
}

impl Answer {
    fn read(&self) -> Option<SignedCertificateTimestamp> {
        let signature = BASE64.decode(&self.signature).ok()?;
        Some(SignedCertificateTimestamp {
            log_id: BASE64.decode(&self.id).ok()?.try_into().ok()?,
            timestamp: self.timestamp,
            signature: undo_digitally_signed(&signature)?.to_vec(),
        })
    }
}
