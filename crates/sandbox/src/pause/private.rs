//! What an account can read on PAUSE itself: the published files, before any mirror has them, and the folder of
//! received files.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::{
    Pause,
    form::unauthorized,
    serve::{self, not_found},
};

/// A path below `/pub/PAUSE/authors/id`.
pub(super) async fn published(
    State(pause): State<Pause>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    match pause.login(&headers) {
        Some(_) => serve::tree_file(&pause, &path),
        None => unauthorized(),
    }
}

/// A file of `/incoming`, of any account.
pub(super) async fn incoming(
    State(pause): State<Pause>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    if pause.login(&headers).is_none() {
        return unauthorized();
    }
    let received = pause.state().queue.incoming_file(&name).map(<[u8]>::to_vec);
    received.map_or_else(not_found, |content| serve::served(&name, content))
}
