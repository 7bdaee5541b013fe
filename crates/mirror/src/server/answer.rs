//! Answers: a verified file, whole or in part, or one line of text.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
};

use futures_util::TryStreamExt as _;
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::BoxBody};
use hyper::{
    Method, Request, StatusCode,
    body::{Bytes, Frame},
    header::{self, HeaderValue},
};
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;

use super::range::{Part, part};
use crate::cache::Content;

/// What is sent.
pub(crate) type Body = BoxBody<Bytes, io::Error>;
/// An answer.
pub(crate) type Response = hyper::Response<Body>;

/// Largest file that is read at once, in bytes: for such, a task of its own costs more than the reading.
const AT_ONCE: u64 = 256 * 1024;
/// How much of a larger file is in memory at a time, in bytes.
const BUFFER: usize = 64 * 1024;
/// When to come again, in seconds, where it could not be told.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("30");

/// A text, which ends with its line.
pub(crate) fn text(status: StatusCode, line: &str) -> Response {
    typed(status, "text/plain; charset=utf-8", line.to_owned().into())
}

/// A text, to come again later.
pub(crate) fn later(line: &str) -> Response {
    let mut answer = text(StatusCode::SERVICE_UNAVAILABLE, line);
    answer
        .headers_mut()
        .insert(header::RETRY_AFTER, RETRY_AFTER);
    answer
}

/// Bytes of a type.
pub(crate) fn typed(status: StatusCode, kind: &'static str, bytes: Bytes) -> Response {
    let mut answer = of(status, bytes.len() as u64, kind, whole(bytes));
    answer
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// A verified file, or the part that is asked for, or only that it is as it was.
pub(crate) fn file<B>(
    request: &Request<B>,
    file: File,
    content: &Content,
    kind: &'static str,
) -> Response {
    let tag = format!("\"{}\"", content.digest.to_string().replace("sha256:", ""));
    let is_known = request
        .headers()
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .any(|tags| lists(tags, &tag));
    let mut answer = if is_known {
        of(StatusCode::NOT_MODIFIED, 0, kind, whole(Bytes::new()))
    } else {
        match part(request.headers(), content.size, &tag) {
            Part::Whole => body(request, file, 0, content.size, StatusCode::OK, kind),
            Part::Of { first, last } => {
                let mut answer = body(
                    request,
                    file,
                    first,
                    last - first + 1,
                    StatusCode::PARTIAL_CONTENT,
                    kind,
                );
                let range = format!("bytes {first}-{last}/{}", content.size);
                insert(&mut answer, header::CONTENT_RANGE, &range);
                answer
            }
            Part::None => {
                let mut answer = text(
                    StatusCode::RANGE_NOT_SATISFIABLE,
                    "refused: the file has no such part\n",
                );
                insert(
                    &mut answer,
                    header::CONTENT_RANGE,
                    &format!("bytes */{}", content.size),
                );
                return answer;
            }
        }
    };
    if is_known {
        answer.headers_mut().remove(header::CONTENT_LENGTH);
    }
    insert(&mut answer, header::ETAG, &tag);
    let headers = answer.headers_mut();
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    answer
}

fn body<B>(
    request: &Request<B>,
    file: File,
    first: u64,
    length: u64,
    status: StatusCode,
    kind: &'static str,
) -> Response {
    if request.method() == Method::HEAD {
        return of(status, length, kind, whole(Bytes::new()));
    }
    match read(file, first, length) {
        Ok(body) => of(status, length, kind, body),
        Err(error) => {
            tracing::warn!(%error, "a file of the cache cannot be read");
            later("try later: the cache cannot be read\n")
        }
    }
}

fn read(mut file: File, first: u64, length: u64) -> io::Result<Body> {
    file.seek(SeekFrom::Start(first))?;
    if length <= AT_ONCE {
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        file.read_exact(&mut bytes)?;
        return Ok(whole(bytes.into()));
    }
    let file = tokio::fs::File::from_std(file).take(length);
    let parts = ReaderStream::with_capacity(file, BUFFER).map_ok(Frame::data);
    Ok(StreamBody::new(parts).boxed())
}

fn of(status: StatusCode, length: u64, kind: &'static str, body: Body) -> Response {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_LENGTH, length.into());
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    answer
}

fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed()
}

fn insert(answer: &mut Response, name: header::HeaderName, value: &str) {
    // Digits and letters only, so that it is one.
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

/// Whether `If-None-Match` names a tag (RFC 9110, section 13.1.2).
fn lists(tags: &HeaderValue, tag: &str) -> bool {
    tags.to_str().is_ok_and(|tags| {
        tags.split(',')
            .map(str::trim)
            .any(|named| named == "*" || named.trim_start_matches("W/") == tag)
    })
}
