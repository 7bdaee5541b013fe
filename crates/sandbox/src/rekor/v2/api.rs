//! The HTTP interface, as in [rekor-tiles' `rekor_service.proto`].
//!
//! [rekor-tiles' `rekor_service.proto`]:
//! https://github.com/sigstore/rekor-tiles/tree/main/api/proto/rekor/v2

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::RekorV2;
use super::body::{Request, canonicalize};
use super::tiles::{TilePath, entry_bundle};
use crate::rejection::Rejection;
use crate::rekor::log::{Proof, Receipt};

/// Header with the position of a duplicate.
const DUPLICATE: &str = "x-log-index";

pub(crate) fn router(rekor: &RekorV2) -> Router {
    Router::new()
        .route("/api/v2/log/entries", post(create))
        .route("/api/v2/checkpoint", get(checkpoint))
        .route("/api/v2/tile/entries/{*path}", get(entries))
        .route("/api/v2/tile/{level}/{*path}", get(tile))
        .with_state(rekor.clone())
}

async fn create(
    State(rekor): State<RekorV2>,
    Json(request): Json<Value>,
) -> Result<Response, Rejection> {
    let request: Request = serde_json::from_value(request).map_err(Rejection::bad_request)?;
    let log = &rekor.log;
    let body = canonicalize(request, log.misbehaviour.get())?;
    match log.append(body.json) {
        Ok(receipt) => {
            let entry = entry_json(&receipt, body.kind);
            Ok((StatusCode::CREATED, Json(entry)).into_response())
        }
        Err(duplicate) => {
            let conflict = Rejection {
                status: StatusCode::CONFLICT,
                message: format!("the entry is already in the log, at {}", duplicate.index),
            };
            Ok(([(DUPLICATE, duplicate.index.to_string())], conflict).into_response())
        }
    }
}

/// Returns a TransparencyLogEntry in protobuf's JSON, including unset fields.
fn entry_json(receipt: &Receipt, kind: &str) -> Value {
    json!({
        "logIndex": receipt.index.to_string(),
        "logId": { "keyId": BASE64.encode(receipt.log_id) },
        "kindVersion": { "kind": kind, "version": "0.0.2" },
        "integratedTime": "0",
        "inclusionPromise": null,
        "inclusionProof": receipt.proof.as_ref().map(|proof| proof_json(proof, receipt.index)),
        "canonicalizedBody": BASE64.encode(&receipt.body),
    })
}

fn proof_json(proof: &Proof, index: usize) -> Value {
    let path: Vec<String> = proof.path.iter().map(|hash| BASE64.encode(hash)).collect();
    let checkpoint = match proof.checkpoint.as_str() {
        "" => Value::Null,
        envelope => json!({ "envelope": envelope }),
    };
    json!({
        "logIndex": index.to_string(),
        "rootHash": BASE64.encode(proof.root),
        "treeSize": proof.size.to_string(),
        "hashes": path,
        "checkpoint": checkpoint,
    })
}

async fn checkpoint(State(rekor): State<RekorV2>) -> Result<String, Rejection> {
    let none = || Rejection::not_found("the log has no checkpoint");
    rekor.served_checkpoint().ok_or_else(none)
}

async fn tile(
    State(rekor): State<RekorV2>,
    Path((level, path)): Path<(u32, String)>,
) -> Result<Response, Rejection> {
    let path = TilePath::parse(&path).ok_or_else(no_tile)?;
    if !rekor.serves(path.width) {
        return Err(no_tile());
    }
    let hashes = rekor.served_tile(level, path.index);
    let hashes = hashes.get(..path.width).ok_or_else(no_tile)?;
    Ok(binary(hashes.concat()))
}

async fn entries(
    State(rekor): State<RekorV2>,
    Path(path): Path<String>,
) -> Result<Response, Rejection> {
    let path = TilePath::parse(&path).ok_or_else(no_tile)?;
    let bodies = rekor.served_bodies(path.index.saturating_mul(256), path.width);
    if bodies.len() < path.width || !rekor.serves(path.width) {
        return Err(no_tile());
    }
    let bundle = entry_bundle(&bodies)
        .ok_or_else(|| Rejection::internal("an entry is longer than 65535 bytes"))?;
    Ok(binary(bundle))
}

fn no_tile() -> Rejection {
    Rejection::not_found("the log has no such tile")
}

fn binary(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response()
}
