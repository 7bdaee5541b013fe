//! The HTTP interface, as in [Rekor's `openapi.yaml`].
//!
//! [Rekor's `openapi.yaml`]: https://github.com/sigstore/rekor/blob/main/openapi.yaml

use std::sync::PoisonError;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::body::canonicalize;
use super::index::key_of_verifier;
use super::{RekorV1, TREE_ID};
use crate::merkle::{Hash, leaf_hash};
use crate::rejection::Rejection;
use crate::rekor::RekorMisbehaviour;
use crate::rekor::log::{Log, Proof, Receipt};
use crate::rekor::submission::Verifier;

const ENTRIES: &str = "/api/v1/log/entries";

type Answer = Result<Json<Value>, Rejection>;

pub(crate) fn router(rekor: &RekorV1) -> Router {
    Router::new()
        .route(ENTRIES, post(create).get(get_by_index))
        .route("/api/v1/log/entries/{id}", get(get_by_id))
        .route("/api/v1/log", get(tree_head))
        .route("/api/v1/log/proof", get(consistency_proof))
        .route("/api/v1/log/publicKey", get(public_key))
        .route("/api/v1/index/retrieve", post(search))
        .with_state(rekor.clone())
}

async fn create(
    State(rekor): State<RekorV1>,
    Json(proposed): Json<Value>,
) -> Result<Response, Rejection> {
    let log = &rekor.inner.log;
    let body = canonicalize(proposed, log.misbehaviour.get())?;
    let id = entry_id(&leaf_hash(&body.json));
    let location = format!("{ENTRIES}/{id}");
    let receipt = match log.append(body.json.clone()) {
        Ok(receipt) => receipt,
        Err(_) => {
            let message = format!(
                "an equivalent entry already exists in the transparency log with UUID {id}"
            );
            let conflict = Rejection {
                status: StatusCode::CONFLICT,
                message,
            };
            return Ok(([(header::LOCATION, location)], conflict).into_response());
        }
    };
    rekor.index().add(&body, receipt.index)?;
    let headers: [(HeaderName, String); 2] =
        [(header::ETAG, id.clone()), (header::LOCATION, location)];
    let entry = entry_json(log, &receipt)?;
    Ok((StatusCode::CREATED, headers, Json(json!({ id: entry }))).into_response())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ByIndex {
    log_index: usize,
}

async fn get_by_index(State(rekor): State<RekorV1>, Query(query): Query<ByIndex>) -> Answer {
    found(&rekor, Some(query.log_index))
}

async fn get_by_id(State(rekor): State<RekorV1>, Path(id): Path<String>) -> Answer {
    // The leaf's hash, with or without the tree's number before it.
    let hash = id.get(id.len().saturating_sub(64)..).unwrap_or_default();
    let hash: Option<Hash> = hex::decode(hash).ok().and_then(|hash| hash.try_into().ok());
    let hash = hash.ok_or_else(|| Rejection::bad_request("the id is not 64 or 80 hex digits"))?;
    found(&rekor, rekor.inner.log.find(&hash))
}

fn found(rekor: &RekorV1, index: Option<usize>) -> Answer {
    let log = &rekor.inner.log;
    let receipt = index
        .and_then(|index| log.receipt(index))
        .ok_or_else(|| Rejection::not_found("the log has no such entry"))?;
    let id = entry_id(&leaf_hash(&receipt.body));
    Ok(Json(json!({ id: entry_json(log, &receipt)? })))
}

fn entry_id(leaf: &Hash) -> String {
    format!("{TREE_ID:016x}{}", hex::encode(leaf))
}

/// The content of a signed entry timestamp, in canonical JSON: the fields are sorted by name.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Promise {
    body: String,
    integrated_time: i64,
    #[serde(rename = "logID")]
    log_id: String,
    log_index: usize,
}

fn entry_json(log: &Log, receipt: &Receipt) -> Result<Value, Rejection> {
    let promise = Promise {
        body: BASE64.encode(&receipt.body),
        integrated_time: receipt.time.as_second(),
        log_id: hex::encode(receipt.log_id),
        log_index: receipt.index,
    };
    let mut verification = json!({});
    if let Some(proof) = &receipt.proof {
        verification["inclusionProof"] = proof_json(proof, receipt.index);
    }
    if !log.misbehaviour.is(RekorMisbehaviour::NoPromise) {
        let signed = serde_json::to_vec(&promise).map_err(Rejection::internal)?;
        verification["signedEntryTimestamp"] =
            BASE64.encode(log.signing_key().sign(&signed)).into();
    }
    let mut entry = serde_json::to_value(promise).map_err(Rejection::internal)?;
    entry["verification"] = verification;
    Ok(entry)
}

fn proof_json(proof: &Proof, index: usize) -> Value {
    json!({
        "checkpoint": proof.checkpoint,
        "hashes": hex_each(&proof.path),
        "logIndex": index,
        "rootHash": hex::encode(proof.root),
        "treeSize": proof.size,
    })
}

fn hex_each(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(hex::encode).collect()
}

async fn tree_head(State(rekor): State<RekorV1>) -> Json<Value> {
    let (checkpoint, size, root) = rekor.inner.log.checkpoint();
    Json(json!({
        "inactiveShards": [],
        "rootHash": hex::encode(root),
        "signedTreeHead": checkpoint,
        "treeID": TREE_ID.to_string(),
        "treeSize": size,
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sizes {
    #[serde(default = "one")]
    first_size: usize,
    last_size: usize,
}

const fn one() -> usize {
    1
}

async fn consistency_proof(State(rekor): State<RekorV1>, Query(sizes): Query<Sizes>) -> Answer {
    let proof = rekor
        .inner
        .log
        .consistency_proof(sizes.first_size, sizes.last_size)
        .ok_or_else(|| Rejection::bad_request("the log has no trees of these sizes"))?;
    let (_, _, root) = rekor.inner.log.checkpoint();
    Ok(Json(
        json!({ "hashes": hex_each(&proof), "rootHash": hex::encode(root) }),
    ))
}

async fn public_key(State(rekor): State<RekorV1>) -> Result<Response, Rejection> {
    let pem = rekor.key().pem().map_err(Rejection::internal)?;
    Ok(([(header::CONTENT_TYPE, "application/x-pem-file")], pem).into_response())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Search {
    email: Option<String>,
    hash: Option<String>,
    public_key: Option<SearchKey>,
}

#[derive(Deserialize)]
struct SearchKey {
    content: String,
}

async fn search(State(rekor): State<RekorV1>, Json(search): Json<Search>) -> Answer {
    let mut keys: Vec<String> = Vec::new();
    keys.extend(search.email.map(|email| email.to_lowercase()));
    // Without an algorithm, the digest is a SHA-256.
    keys.extend(search.hash.map(|hash| match hash.contains(':') {
        true => hash.to_lowercase(),
        false => format!("sha256:{}", hash.to_lowercase()),
    }));
    if let Some(key) = search.public_key {
        let pem = BASE64.decode(key.content).map_err(Rejection::bad_request)?;
        keys.push(key_of_verifier(&Verifier::from_pem(&pem)?)?);
    }
    let index = rekor.index();
    let mut positions: Vec<usize> = keys.iter().flat_map(|key| index.find(key)).collect();
    positions.sort_unstable();
    positions.dedup();
    let ids: Vec<String> = positions
        .into_iter()
        .flat_map(|position| rekor.inner.log.bodies(position, 1))
        .map(|body| entry_id(&leaf_hash(&body)))
        .collect();
    Ok(Json(ids.into()))
}

impl RekorV1 {
    fn index(&self) -> std::sync::MutexGuard<'_, super::index::Index> {
        self.inner
            .index
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
