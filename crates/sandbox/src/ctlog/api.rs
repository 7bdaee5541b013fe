//! The HTTP interface (RFC 6962, section 4).

use axum::extract::{Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use der::Encode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::CtLog;
use super::entry::Submission;
use super::sct::digitally_signed;
use crate::merkle::Hash;
use crate::rejection::Rejection;

/// Most entries in one response of `get-entries`.
const PAGE: usize = 256;

type Answer = Result<Json<Value>, Rejection>;

pub(crate) fn router(log: &CtLog) -> Router {
    Router::new()
        .route("/ct/v1/add-chain", post(add_chain))
        .route("/ct/v1/add-pre-chain", post(add_pre_chain))
        .route("/ct/v1/get-sth", get(get_sth))
        .route("/ct/v1/get-sth-consistency", get(get_sth_consistency))
        .route("/ct/v1/get-proof-by-hash", get(get_proof_by_hash))
        .route("/ct/v1/get-entries", get(get_entries))
        .route("/ct/v1/get-roots", get(get_roots))
        .with_state(log.clone())
}

#[derive(Deserialize)]
struct Chain {
    chain: Vec<String>,
}

async fn add_chain(State(log): State<CtLog>, Json(chain): Json<Chain>) -> Answer {
    add(&log, &chain, false)
}

async fn add_pre_chain(State(log): State<CtLog>, Json(chain): Json<Chain>) -> Answer {
    add(&log, &chain, true)
}

fn add(log: &CtLog, chain: &Chain, is_precertificate: bool) -> Answer {
    let chain = chain
        .chain
        .iter()
        .map(|certificate| BASE64.decode(certificate))
        .collect::<Result<Vec<_>, _>>()
        .map_err(Rejection::bad_request)?;
    let submission = Submission::new(chain, is_precertificate, &log.inner.roots)
        .map_err(Rejection::bad_request)?;
    let sct = log.inner.add(&submission);
    Ok(Json(json!({
        "sct_version": 0,
        "id": BASE64.encode(sct.log_id),
        "timestamp": sct.timestamp,
        "extensions": "",
        "signature": BASE64.encode(digitally_signed(&sct.signature)),
    })))
}

async fn get_sth(State(log): State<CtLog>) -> Json<Value> {
    let (size, root, timestamp, signature) = log.inner.tree_head();
    Json(json!({
        "tree_size": size,
        "timestamp": timestamp,
        "sha256_root_hash": BASE64.encode(root),
        "tree_head_signature": BASE64.encode(signature),
    }))
}

#[derive(Deserialize)]
struct Sizes {
    first: usize,
    second: usize,
}

async fn get_sth_consistency(State(log): State<CtLog>, Query(sizes): Query<Sizes>) -> Answer {
    let proof = log
        .inner
        .state()
        .tree
        .consistency_proof(sizes.first, sizes.second)
        .ok_or_else(|| Rejection::bad_request("the log has no trees of these sizes"))?;
    Ok(Json(json!({ "consistency": base64_each(&proof) })))
}

#[derive(Deserialize)]
struct LeafHash {
    hash: String,
    tree_size: usize,
}

async fn get_proof_by_hash(State(log): State<CtLog>, Query(leaf): Query<LeafHash>) -> Answer {
    let hash: Hash = BASE64
        .decode(&leaf.hash)
        .ok()
        .and_then(|hash| hash.try_into().ok())
        .ok_or_else(|| Rejection::bad_request("the hash is not base64 of 32 bytes"))?;
    let state = log.inner.state();
    let index = state
        .tree
        .find(&hash)
        .ok_or_else(|| Rejection::not_found("the log has no such leaf"))?;
    let path = state
        .tree
        .inclusion_proof(index, leaf.tree_size)
        .ok_or_else(|| Rejection::bad_request("the leaf is not in a tree of this size"))?;
    Ok(Json(
        json!({ "leaf_index": index, "audit_path": base64_each(&path) }),
    ))
}

#[derive(Deserialize)]
struct Range {
    start: usize,
    end: usize,
}

async fn get_entries(State(log): State<CtLog>, Query(range): Query<Range>) -> Answer {
    let state = log.inner.state();
    if range.start > range.end || range.start >= state.entries.len() {
        return Err(Rejection::bad_request(
            "the log has no entries in this range",
        ));
    }
    let entries: Vec<Value> = state.entries[range.start..]
        .iter()
        .take((range.end - range.start).saturating_add(1).min(PAGE))
        .map(|(leaf, extra)| {
            json!({ "leaf_input": BASE64.encode(leaf), "extra_data": BASE64.encode(extra) })
        })
        .collect();
    Ok(Json(json!({ "entries": entries })))
}

async fn get_roots(State(log): State<CtLog>) -> Answer {
    let roots = log
        .inner
        .roots
        .iter()
        .map(|root| Ok(BASE64.encode(root.to_der()?)))
        .collect::<der::Result<Vec<_>>>()
        .map_err(Rejection::internal)?;
    Ok(Json(json!({ "certificates": roots })))
}

fn base64_each(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(|hash| BASE64.encode(hash)).collect()
}
