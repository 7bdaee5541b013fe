//! The tree as a CPAN mirror serves it.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use futures_util::stream;
use jiff::Timestamp;

use super::{Pause, PauseMisbehaviour, compression::Compression, index};

/// Compression level of indexes.
const BEST: u32 = 9;

pub(super) fn router(pause: Pause) -> Router {
    Router::new()
        .route("/{name}", get(root))
        .route("/authors/id/{*path}", get(file))
        .route("/authors/{name}", get(authors))
        .route("/modules/{name}", get(modules))
        .with_state(pause)
}

async fn file(State(pause): State<Pause>, Path(path): Path<String>) -> Response {
    tree_file(&pause, &path)
}

/// Returns the response to a path under `authors/id`.
pub(super) fn tree_file(pause: &Pause, path: &str) -> Response {
    let content = match path.strip_suffix("/CHECKSUMS") {
        Some(folder) => pause.checksums(folder).map(String::into_bytes),
        None => pause.file(path),
    };
    let Some(content) = content else {
        return not_found();
    };
    let mut response = served(path, content);
    let date = pause.modified(path).map(index::http_date);
    if let Some(date) = date.and_then(|date| HeaderValue::try_from(date).ok()) {
        response.headers_mut().insert(header::LAST_MODIFIED, date);
    }
    response
}

async fn root(State(pause): State<Pause>, Path(name): Path<String>) -> Response {
    match interval(&name, ".json") {
        Some(interval) => pause.recent(interval, false, &name),
        None => not_found(),
    }
}

async fn authors(State(pause): State<Pause>, Path(name): Path<String>) -> Response {
    if let Some(interval) = interval(&name, ".yaml") {
        return pause.recent(interval, true, &name);
    }
    let text = (name == "01mailrc.txt.gz").then(|| index::authors(&pause.ids()));
    text.map_or_else(not_found, |text| served(&name, packed(&text)))
}

async fn modules(State(pause): State<Pause>, Path(name): Path<String>) -> Response {
    let (plain, is_packed) = match name.strip_suffix(".gz") {
        Some(plain) => (plain, true),
        None => (name.as_str(), false),
    };
    let Some(text) = pause.index_file(plain) else {
        return not_found();
    };
    let content = if is_packed {
        packed(&text)
    } else {
        text.into_bytes()
    };
    served(&name, content)
}

impl Pause {
    /// Returns CHECKSUMS of a folder under `authors/id`.
    fn checksums(&self, folder: &str) -> Option<String> {
        let wrong = self.inner.misbehaviour.get();
        let state = self.state();
        let checksums = state.tree.checksums(folder)?;
        Some(checksums.render(wrong))
    }

    /// Returns the date of a published file.
    fn modified(&self, path: &str) -> Option<Timestamp> {
        let since = self.state().tree.since(path)?;
        let is_young = self.inner.misbehaviour.is(PauseMisbehaviour::YoungForever);
        Some(if is_young {
            self.inner.clock.now()
        } else {
            since
        })
    }

    /// Returns the file RECENT of an interval, in YAML or in JSON.
    fn recent(&self, interval: &str, is_yaml: bool, name: &str) -> Response {
        let wrong = self.inner.misbehaviour.get();
        match wrong {
            Some(PauseMisbehaviour::NoRecent) => return not_found(),
            Some(PauseMisbehaviour::GarbageRecent) => {
                return served(name, b"{\x00[<html>".to_vec());
            }
            Some(PauseMisbehaviour::EndlessRecent) => return endless(),
            _ => {}
        }
        let now = self.inner.clock.now();
        let stale = wrong == Some(PauseMisbehaviour::StaleRecent);
        let state = self.state();
        let text = state
            .tree
            .events()
            .file(interval, now, stale)
            .map(|file| if is_yaml { file.yaml() } else { file.json() });
        text.map_or_else(not_found, |text| served(name, text.into_bytes()))
    }

    fn index_file(&self, name: &str) -> Option<String> {
        let now = self.inner.clock.now();
        let state = self.state();
        let index = state.tree.index();
        match name {
            "02packages.details.txt" => Some(index.packages(now)),
            "03modlist.data" => Some(index::module_list(now)),
            "06perms.txt" => Some(index.permissions(now)),
            _ => None,
        }
    }
}

/// Returns the interval in the name of a file RECENT, such as `1h` in `RECENT-1h.yaml`.
fn interval<'a>(name: &'a str, suffix: &str) -> Option<&'a str> {
    name.strip_prefix("RECENT-")?.strip_suffix(suffix)
}

/// A body that never ends.
fn endless() -> Response {
    let line = Bytes::from_static(&[b' '; 64 * 1024]);
    let lines = stream::repeat_with(move || Ok::<_, std::convert::Infallible>(line.clone()));
    Body::from_stream(lines).into_response()
}

fn packed(text: &str) -> Vec<u8> {
    let packed = Compression::Gzip.pack(text.as_bytes(), BEST);
    // Writing to memory cannot fail.
    packed.unwrap_or_default()
}

pub(super) fn served(name: &str, content: Vec<u8>) -> Response {
    let kind = match name.rsplit('.').next() {
        Some("gz" | "tgz") => "application/x-gzip",
        Some("bz2" | "tbz") => "application/x-bzip2",
        Some("zip") => "application/zip",
        Some("json") => "application/json",
        _ => "text/plain; charset=utf-8",
    };
    ([(header::CONTENT_TYPE, kind)], content).into_response()
}

pub(super) fn not_found() -> Response {
    StatusCode::NOT_FOUND.into_response()
}
