//! Timestamps of a signature (RFC 3161 over HTTP, section 3.4).

use rand_core::{OsRng, RngCore as _};
use reqwest::{
    Method, Url,
    header::{ACCEPT, CONTENT_TYPE},
};
use sigstore_verify::{crypto::sha256, types::SignatureBytes};

use super::{
    SignError,
    request::{Requests, refusal},
};
use crate::timestamp::{TimestampReply, TimestampReplyError, has_fraction, query};

const SERVICE: &str = "the timestamp authority";

/// Gets a timestamp from each authority and returns the whole responses, as bundles contain them.
pub(super) async fn timestamps(
    requests: &Requests,
    authorities: &[Url],
    signature: &SignatureBytes,
) -> Result<Vec<Vec<u8>>, SignError> {
    let digest = sha256(signature.as_bytes());
    let mut timestamps = Vec::with_capacity(authorities.len());
    for authority in authorities {
        timestamps.push(timestamp(requests, authority, digest.as_bytes()).await?);
    }
    Ok(timestamps)
}

async fn timestamp(
    requests: &Requests,
    url: &Url,
    digest: &[u8; 32],
) -> Result<Vec<u8>, SignError> {
    let unusable = |expected, found: String| SignError::Answer {
        service: SERVICE,
        url: url.to_string(),
        expected,
        found,
    };
    let mut nonce = [0; 8];
    OsRng
        .try_fill_bytes(&mut nonce)
        .map_err(|error| SignError::Key(error.to_string()))?;
    let body = query(digest, &nonce).map_err(|error| SignError::Key(error.to_string()))?;
    let answer = requests
        .send(Method::POST, url, |request| {
            request
                .header(CONTENT_TYPE, "application/timestamp-query")
                .header(ACCEPT, "application/timestamp-reply")
                .body(body)
        })
        .await?;
    if !answer.is_success() {
        return Err(refusal(SERVICE, url, &answer));
    }
    let reply = TimestampReply::read(&answer.body).map_err(|error| match error {
        TimestampReplyError::Rejected(status) => {
            unusable("a timestamp", format!("the status {status}"))
        }
        TimestampReplyError::Form(_) if has_fraction(&answer.body) => unusable(
            "a timestamp in whole seconds, as verifiers require",
            "one with fractions of a second".into(),
        ),
        TimestampReplyError::Form(found) => unusable("a timestamp", found),
    })?;
    if !reply.answers(digest, &nonce) {
        return Err(unusable(
            "a timestamp for this request",
            "one for another request".into(),
        ));
    }
    Ok(answer.body)
}
