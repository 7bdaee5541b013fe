//! The HTTP interface: time stamps by HTTP (RFC 3161, section 3.4), and the chain.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use const_oid::db::rfc5912::{ID_SHA_256, ID_SHA_384, ID_SHA_512};
use der::{Decode, Encode};
use x509_tsp::{MessageImprint, TimeStampReq};

use super::message::{Failure, TimeStampResp};
use super::{TimeStampAuthority, TsaMisbehaviour};
use crate::rejection::Rejection;
use crate::x509;

/// Path of the endpoint.
pub(crate) const PATH: &str = "/api/v1/timestamp";

pub(crate) fn router(tsa: &TimeStampAuthority) -> Router {
    Router::new()
        .route(PATH, post(stamp))
        .route("/api/v1/timestamp/certchain", get(chain))
        .with_state(tsa.clone())
}

async fn stamp(
    State(tsa): State<TimeStampAuthority>,
    request: Bytes,
) -> Result<Response, Rejection> {
    let answer = answer(&tsa, &request)
        .and_then(|answer| answer.to_der())
        .map_err(Rejection::internal)?;
    let content_type = [(header::CONTENT_TYPE, "application/timestamp-reply")];
    Ok((StatusCode::CREATED, content_type, answer).into_response())
}

fn answer(tsa: &TimeStampAuthority, request: &[u8]) -> der::Result<TimeStampResp> {
    let Ok(request) = TimeStampReq::from_der(request) else {
        return TimeStampResp::rejected(Failure::Format, "the request is unreadable");
    };
    if !is_digest(&request.message_imprint) {
        return TimeStampResp::rejected(Failure::Algorithm, "expected SHA-256, SHA-384 or SHA-512");
    }
    if tsa.misbehaviour().is(TsaMisbehaviour::Rejected) {
        return TimeStampResp::rejected(Failure::Request, "this authority is set to refuse");
    }
    tsa.inner.token(request).map(TimeStampResp::granted)
}

fn is_digest(imprint: &MessageImprint) -> bool {
    let length = match imprint.hash_algorithm.oid {
        ID_SHA_256 => 32,
        ID_SHA_384 => 48,
        ID_SHA_512 => 64,
        _ => return false,
    };
    imprint.hashed_message.as_bytes().len() == length
}

async fn chain(State(tsa): State<TimeStampAuthority>) -> Result<Response, Rejection> {
    let pems = tsa
        .trusted_chain()
        .into_iter()
        .map(x509::pem)
        .collect::<der::Result<String>>()
        .map_err(Rejection::internal)?;
    let content_type = [(header::CONTENT_TYPE, "application/pem-certificate-chain")];
    Ok((content_type, pems).into_response())
}
