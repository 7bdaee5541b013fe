//! HTTP/1.1 for CPAN's clients, as a mirror and as a forward proxy.
//!
//! Only `GET` and `HEAD` are answered, and no connection is passed through.

mod access;
mod activity;
mod connections;
mod crowds;
mod line;
mod listen;
mod metrics;
mod names;
mod page;
mod progress;
mod range;
mod response;
mod secret;
mod tls;

pub use access::Access;
pub use connections::Limits;
pub use listen::{Listening, Running, Service};
pub use names::{HostName, HostNameError};
pub use secret::{NoRandomness, RunSecret};
pub use tls::{TlsError, tls};

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use cpan_sigstore_core::{decision::Decision, text::printable};
use cpan_sigstore_cpan::path::{CpanPath, below_any_cpan};
use cpan_sigstore_gate::log::SUFFIX;
use cpan_sigstore_records::author_index::MEDIA_TYPE;
use hyper::{Method, Request, StatusCode, Uri, header};
use percent_encoding::percent_decode_str;
use tracing::Instrument as _;

use crate::{
    Mirror,
    author_index::AuthorIndexFile,
    decision_log::{LogEntry, Refusal},
    mirror::Served,
};
use access::{Admitted, Guard};
use metrics::Metrics;
use response::{Response, file, later, text, typed};

/// Characters of an address that a log entry shows.
const ADDRESS_LIMIT: usize = 300;

/// Answers the requests to a mirror.
struct Server {
    mirror: Arc<Mirror>,
    guard: Guard,
    metrics: Metrics,
    /// The number of requests for files of a CPAN so far.
    files: AtomicU64,
    /// The number of requests so far, by which the log tells them apart.
    requests: AtomicU64,
}

/// The meaning of a request's address.
enum Target {
    Cpan(CpanPath),
    Verdicts,
    Metrics,
    AuthorIndex(AuthorIndexFile),
    /// A file of the CPAN log, or a proof beside a file.
    Log(String),
    Front,
    /// A path of this mirror that has no file.
    Nothing,
    /// A file of another host that no CPAN has.
    Outside,
}

impl Server {
    fn new(mirror: Arc<Mirror>, guard: Guard) -> Self {
        Self {
            mirror,
            guard,
            metrics: Metrics::default(),
            files: AtomicU64::new(0),
            requests: AtomicU64::new(0),
        }
    }

    /// Answers a request. One that is not admitted has no effect but in the metrics.
    async fn answer<B>(&self, request: Request<B>) -> Response {
        let response = match self.guard.admit(&request) {
            Ok(admitted) => self.answer_admitted(&request, admitted).await,
            Err(stranger) => {
                tracing::debug!(reason = stranger.code(), "refused a stranger's request");
                self.metrics.count_stranger(stranger);
                stranger.response()
            }
        };
        self.metrics.count(response.status());
        response
    }

    /// Answers in a span with the number of the request.
    async fn answer_admitted<B>(&self, request: &Request<B>, admitted: Admitted) -> Response {
        let id = self.requests.fetch_add(1, Ordering::Relaxed);
        let path = match &admitted {
            Admitted::Own(path) => path.clone(),
            Admitted::Proxied(uri) => self.shown(uri),
        };
        let span = tracing::info_span!("request", id, method = %request.method(), path);
        let answer = async {
            let response = self.respond(request, admitted).await;
            tracing::debug!(status = response.status().as_u16(), "answered");
            response
        };
        answer.instrument(span).await
    }

    async fn respond<B>(&self, request: &Request<B>, admitted: Admitted) -> Response {
        match *request.method() {
            Method::GET | Method::HEAD => {}
            Method::CONNECT => return self.outside(request.uri()),
            _ => {
                return text(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "refused: nothing but GET and HEAD\n",
                );
            }
        }
        let target = match &admitted {
            Admitted::Own(path) => own_target(path),
            Admitted::Proxied(uri) => proxied_target(uri),
        };
        match target {
            Target::Cpan(_) if self.comes_from_here(request) => text(
                StatusCode::LOOP_DETECTED,
                "refused: this mirror is its own upstream\n",
            ),
            Target::Cpan(wanted) => {
                self.files.fetch_add(1, Ordering::Relaxed);
                self.cpan(request, &wanted).await
            }
            Target::Verdicts => page::verdicts(&self.mirror, wants_html(request)),
            Target::Metrics => self.metrics.answer(&self.mirror),
            Target::AuthorIndex(which) => self.author_index(which),
            Target::Log(path) => self.log(&path).await,
            Target::Front => page::front(),
            Target::Nothing => text(
                StatusCode::NOT_FOUND,
                "not found: a mirror of CPAN has indexes, archives, bundles and CHECKSUMS, and nothing else\n",
            ),
            Target::Outside => self.outside(request.uri()),
        }
    }

    /// Whether this mirror itself sent a request, perhaps through others.
    fn comes_from_here<B>(&self, request: &Request<B>) -> bool {
        let mut via = request.headers().get_all(header::VIA).iter();
        via.any(|via| {
            via.to_str()
                .is_ok_and(|via| via.contains(self.mirror.name()))
        })
    }

    async fn cpan<B>(&self, request: &Request<B>, path: &CpanPath) -> Response {
        // Once more if the file left the cache meanwhile.
        for _ in 0..2 {
            match self.mirror.get(path).await {
                Served::File(content) => {
                    if let Some(opened) = self.mirror.cache().file(&content) {
                        return file(request, opened, &content, path.content_type());
                    }
                    self.mirror.forget(path).await;
                }
                Served::Absent => {
                    return text(
                        StatusCode::NOT_FOUND,
                        "not found: the upstream has no such file\n",
                    );
                }
                Served::Refused(entry) => return refused(&entry),
            }
        }
        later("try later: the cache is too small for all requests at once\n")
    }

    fn author_index(&self, which: AuthorIndexFile) -> Response {
        let kind = match which {
            AuthorIndexFile::Index => MEDIA_TYPE,
            AuthorIndexFile::Bundle => "application/json",
        };
        match self.mirror.author_index().get(which) {
            Some(bytes) => typed(StatusCode::OK, kind, bytes),
            None => text(
                StatusCode::NOT_FOUND,
                "not found: this mirror uses no author index\n",
            ),
        }
    }

    /// A file of the CPAN log that the gate uses.
    async fn log(&self, path: &str) -> Response {
        match self.mirror.log_file(path).await {
            Ok(Some(bytes)) => typed(StatusCode::OK, "application/octet-stream", bytes.into()),
            Ok(None) => text(
                StatusCode::NOT_FOUND,
                "not found: the log has no such file, or this mirror uses no log\n",
            ),
            Err(error) => {
                tracing::warn!(%error, "cannot serve the log");
                later("try later: the trust store cannot be used\n")
            }
        }
    }

    fn outside(&self, uri: &Uri) -> Response {
        let mirror = &self.mirror;
        let entry = LogEntry::refused(
            mirror.now(),
            self.shown(uri),
            Refusal::Outside,
            "expected the path of a file on CPAN, by plain http, found another",
        );
        refused(&mirror.log().add(entry))
    }

    /// An address without user, password, query and the secret of the run.
    fn shown(&self, uri: &Uri) -> String {
        let scheme = uri.scheme_str().map(|scheme| format!("{scheme}://"));
        let host = uri.host().unwrap_or_default();
        let port = uri.port().map(|port| format!(":{port}"));
        let address = format!(
            "{}{host}{}{}",
            scheme.unwrap_or_default(),
            port.unwrap_or_default(),
            uri.path()
        );
        let address = self.guard.without_secret(address);
        printable(&address).chars().take(ADDRESS_LIMIT).collect()
    }
}

/// One line, and no byte of the refused file: some clients take the body of an error for the file.
fn refused(entry: &LogEntry) -> Response {
    let line = format!("{}: {}; see /-/verdicts\n", entry.decision(), entry.code());
    if entry.decision() == Decision::Deny {
        text(StatusCode::FORBIDDEN, &line)
    } else {
        later(&line)
    }
}

/// The meaning of an address in a request to the proxy.
fn proxied_target(uri: &Uri) -> Target {
    let is_plain = uri.scheme_str() == Some("http") && uri.query().is_none();
    let path = percent_decode_str(uri.path()).decode_utf8();
    let path = path.ok().filter(|_| is_plain);
    let path = path.and_then(|path| CpanPath::at(below_any_cpan(&folded(&path))?));
    path.map_or(Target::Outside, Target::Cpan)
}

/// A path with one slash for several in a row, as web servers read it. cpanm asks for
/// `authors/id////P/P5/P5P/…` if the second character of a PAUSE id is a digit.
fn folded(path: &str) -> Cow<'_, str> {
    if !path.contains("//") {
        return Cow::Borrowed(path);
    }
    let mut folded = String::with_capacity(path.len());
    for c in path.chars() {
        if c != '/' || !folded.ends_with('/') {
            folded.push(c);
        }
    }
    Cow::Owned(folded)
}

/// The meaning of a path of the mirror itself.
fn own_target(path: &str) -> Target {
    let Ok(path) = percent_decode_str(path).decode_utf8() else {
        return Target::Nothing;
    };
    match folded(&path).as_ref() {
        "/" => Target::Front,
        "/-/verdicts" => Target::Verdicts,
        "/-/metrics" => Target::Metrics,
        "/-/index.json" => Target::AuthorIndex(AuthorIndexFile::Index),
        "/-/index.json.sigstore.json" => Target::AuthorIndex(AuthorIndexFile::Bundle),
        path => {
            let path = path.strip_prefix('/').unwrap_or_default();
            if let Some(file) = path.strip_prefix("-/log/") {
                return Target::Log(file.to_owned());
            }
            // Before releases: such a name is also one of an archive with another suffix.
            if path.ends_with(SUFFIX) {
                return Target::Log(path.to_owned());
            }
            CpanPath::at(path).map_or(Target::Nothing, Target::Cpan)
        }
    }
}

fn wants_html<B>(request: &Request<B>) -> bool {
    let accept = request.headers().get(header::ACCEPT);
    accept.is_some_and(|accept| {
        accept
            .to_str()
            .is_ok_and(|accept| accept.contains("text/html"))
    })
}
