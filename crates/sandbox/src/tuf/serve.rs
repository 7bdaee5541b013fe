//! The files under their names for consistent snapshots (TUF specification 1.0, section 6.2).

use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use sha2::{Digest as _, Sha256};

use super::{Repository, TufMisbehaviour};

pub(super) fn router(repository: Repository) -> Router {
    Router::new()
        .route("/{file}", get(metadata))
        .route("/targets/{file}", get(target))
        .with_state(repository)
}

async fn metadata(State(repository): State<Repository>, Path(file): Path<String>) -> Response {
    let bytes = match file.split_once('.') {
        Some(("timestamp", "json")) => repository.timestamp(),
        Some((version, rest)) => version.parse().ok().and_then(|version| match rest {
            "root.json" => repository.root(version),
            "snapshot.json" => repository.snapshot(version),
            "targets.json" => repository.targets(version),
            _ => None,
        }),
        None => None,
    };
    match bytes {
        Some(bytes) => ([(header::CONTENT_TYPE, "application/json")], bytes).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn target(State(repository): State<Repository>, Path(file): Path<String>) -> Response {
    let Some(mut content) = repository.target(&file) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if repository.wrong() == Some(TufMisbehaviour::AlteredTarget)
        && let Some(first) = content.first_mut()
    {
        *first ^= 1;
    }
    content.into_response()
}

impl Repository {
    /// Returns the target with the file name `HASH.NAME`, from any publication.
    fn target(&self, file: &str) -> Option<Vec<u8>> {
        let (hash, name) = file.split_once('.')?;
        self.history()
            .targets
            .iter()
            .flat_map(|generation| &generation.files)
            .find(|(n, content)| n == name && hex::encode(Sha256::digest(content)) == hash)
            .map(|(_, content)| content.clone())
    }
}
