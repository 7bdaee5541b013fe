//! HTTP/1.1, to whoever asks: CPAN's clients as a mirror, and as a forward proxy to those that ask other
//! hosts. Nothing but `GET` and `HEAD` is done, and no connection is passed through.

mod answer;
mod listen;
mod metrics;
mod operator;
mod page;
mod range;

pub use listen::{Listening, TlsError, tls};
pub use operator::OperatorFiles;

use std::sync::Arc;

use cpan_sigstore_core::text::printable;
use hyper::{Method, Request, StatusCode, Uri, header};
use percent_encoding::percent_decode_str;

use crate::{
    Mirror,
    mirror::Answer,
    record::{Record, Refusal},
};
use answer::{Response, file, text};
use cpan_sigstore_cpan::path::{CpanPath, below_any_cpan};
use metrics::Metrics;
use operator::OperatorFile;

/// What requests are answered with.
pub(crate) struct Server {
    mirror: Arc<Mirror>,
    metrics: Metrics,
}

/// What a request is for.
enum Target {
    Cpan(CpanPath),
    Verdicts,
    Metrics,
    Operator(OperatorFile),
    Front,
    /// Nothing that is here.
    Nothing,
    /// Nothing that any CPAN has, at another host.
    Outside,
}

impl Server {
    pub(crate) fn new(mirror: Arc<Mirror>) -> Self {
        Self {
            mirror,
            metrics: Metrics::default(),
        }
    }

    /// Answers a request.
    pub(crate) async fn answer<B>(&self, request: Request<B>) -> Response {
        let answer = self.answered(&request).await;
        self.metrics.count(answer.status());
        tracing::debug!(method = %request.method(), path = request.uri().path(), status = answer.status().as_u16(), "answered");
        answer
    }

    async fn answered<B>(&self, request: &Request<B>) -> Response {
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
        match target(request.uri()) {
            Target::Cpan(wanted) => self.cpan(request, &wanted).await,
            Target::Verdicts => page::verdicts(&self.mirror, wants_html(request)),
            Target::Metrics => self.metrics.answer(&self.mirror),
            Target::Operator(which) => self.mirror.operator().answer(which),
            Target::Front => page::front(),
            Target::Nothing => text(
                StatusCode::NOT_FOUND,
                "not found: a mirror of CPAN has indexes, archives, bundles and CHECKSUMS, and nothing else\n",
            ),
            Target::Outside => self.outside(request.uri()),
        }
    }

    async fn cpan<B>(&self, request: &Request<B>, wanted: &CpanPath) -> Response {
        // Once more when what was kept is gone meanwhile.
        for _ in 0..2 {
            match self.mirror.get(wanted).await {
                Answer::File(content) => {
                    if let Some(opened) = self.mirror.cache().file(&content) {
                        return file(request, opened, &content, wanted.content_type());
                    }
                    self.mirror.forget(wanted);
                }
                Answer::Absent => {
                    return text(
                        StatusCode::NOT_FOUND,
                        "not found: the upstream has no such file\n",
                    );
                }
                Answer::Refused(record) => return refused(&record),
            }
        }
        answer::later("try later: the cache is too small for what is asked for at once\n")
    }

    fn outside(&self, uri: &Uri) -> Response {
        let mirror = &self.mirror;
        let record = Record::refused(
            mirror.now(),
            shown(uri),
            Refusal::Outside,
            "expected the path of a file on CPAN, by plain http, found another",
        );
        refused(&mirror.records().add(record))
    }
}

/// One line, and no byte of what was refused: some clients take the body of an error for the file.
fn refused(record: &Record) -> Response {
    let line = format!(
        "{}: {}; see /-/verdicts\n",
        record.decision(),
        record.code()
    );
    if record.decision() == cpan_sigstore_core::decision::Decision::Deny {
        text(StatusCode::FORBIDDEN, &line)
    } else {
        answer::later(&line)
    }
}

fn target(uri: &Uri) -> Target {
    let decoded = percent_decode_str(uri.path()).decode_utf8();
    // An address with a host is a request to a proxy.
    if let Some(host) = uri.host() {
        let is_plain = uri.scheme_str() == Some("http") && !host.is_empty();
        let wanted = decoded.ok().filter(|_| is_plain && uri.query().is_none());
        let wanted = wanted.and_then(|path| CpanPath::at(below_any_cpan(&path)?));
        return wanted.map_or(Target::Outside, Target::Cpan);
    }
    let Ok(path) = decoded else {
        return Target::Nothing;
    };
    match path.as_ref() {
        "/" => Target::Front,
        "/-/verdicts" => Target::Verdicts,
        "/-/metrics" => Target::Metrics,
        "/-/index.json" => Target::Operator(OperatorFile::Index),
        "/-/index.json.sigstore.json" => Target::Operator(OperatorFile::Bundle),
        path => path
            .strip_prefix('/')
            .and_then(CpanPath::at)
            .map_or(Target::Nothing, Target::Cpan),
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

/// An address without what may be a secret in it.
fn shown(uri: &Uri) -> String {
    const LENGTH: usize = 300;
    let scheme = uri.scheme_str().map(|scheme| format!("{scheme}://"));
    let host = uri.host().unwrap_or_default();
    let port = uri.port().map(|port| format!(":{port}"));
    let address = format!(
        "{}{host}{}{}",
        scheme.unwrap_or_default(),
        port.unwrap_or_default(),
        uri.path()
    );
    printable(&address).chars().take(LENGTH).collect()
}
