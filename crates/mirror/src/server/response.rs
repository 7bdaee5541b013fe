//! Responses: a cached file, whole or in part, or one line of text.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
};

use futures_util::stream;
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::BoxBody};
use hyper::{
    Method, Request, StatusCode,
    body::{Bytes, Frame},
    header::{self, HeaderValue},
};

use super::range::{Part, part};
use crate::cache::Content;

/// The body of a response.
pub(crate) type Body = BoxBody<Bytes, io::Error>;
/// A response.
pub(crate) type Response = hyper::Response<Body>;

/// Bytes of a file that are in memory at a time. They come from the system's cache, into which the file was just
/// written or hashed: handing each part to another thread would cost more, and hundreds of such threads would take the
/// processors from the requests.
const BUFFER: u64 = 64 * 1024;
/// Seconds until the next try of an undetermined request.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("30");

/// One line of text.
pub(crate) fn text(status: StatusCode, line: &str) -> Response {
    typed(status, "text/plain; charset=utf-8", line.to_owned().into())
}

/// One line of text that asks the client to try later.
pub(crate) fn later(line: &str) -> Response {
    let mut response = text(StatusCode::SERVICE_UNAVAILABLE, line);
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, RETRY_AFTER);
    response
}

/// Bytes of a media type.
pub(crate) fn typed(status: StatusCode, kind: &'static str, bytes: Bytes) -> Response {
    let mut response = respond(status, bytes.len() as u64, kind, whole(bytes));
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A file, the requested part of it, or `304 Not Modified`.
pub(crate) fn file<B>(
    request: &Request<B>,
    file: File,
    content: &Content,
    kind: &'static str,
) -> Response {
    let tag = format!("\"{}\"", content.digest.to_hex());
    let is_known = request
        .headers()
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .any(|tags| lists(tags, &tag));
    let mut response = if is_known {
        respond(StatusCode::NOT_MODIFIED, 0, kind, whole(Bytes::new()))
    } else {
        match part(request.headers(), content.size, &tag) {
            Part::Whole => body(request, file, 0, content.size, StatusCode::OK, kind),
            Part::Of { first, last } => {
                let mut response = body(
                    request,
                    file,
                    first,
                    last - first + 1,
                    StatusCode::PARTIAL_CONTENT,
                    kind,
                );
                let range = format!("bytes {first}-{last}/{}", content.size);
                insert(&mut response, header::CONTENT_RANGE, &range);
                response
            }
            Part::None => {
                let mut response = text(
                    StatusCode::RANGE_NOT_SATISFIABLE,
                    "refused: the file has no such part\n",
                );
                insert(
                    &mut response,
                    header::CONTENT_RANGE,
                    &format!("bytes */{}", content.size),
                );
                return response;
            }
        }
    };
    if is_known {
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    insert(&mut response, header::ETAG, &tag);
    let headers = response.headers_mut();
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
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
        return respond(status, length, kind, whole(Bytes::new()));
    }
    match read(file, first, length) {
        Ok(body) => respond(status, length, kind, body),
        Err(error) => {
            tracing::warn!(%error, "cannot read a file of the cache");
            later("try later: the cache cannot be read\n")
        }
    }
}

fn read(mut file: File, first: u64, length: u64) -> io::Result<Body> {
    file.seek(SeekFrom::Start(first))?;
    let parts = stream::try_unfold((file, length), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let size = left.min(BUFFER);
        let mut part = vec![0; usize::try_from(size).map_err(io::Error::other)?];
        file.read_exact(&mut part)?;
        Ok(Some((Frame::data(part.into()), (file, left - size))))
    });
    Ok(StreamBody::new(parts).boxed())
}

fn respond(status: StatusCode, length: u64, kind: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, length.into());
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed()
}

fn insert(response: &mut Response, name: header::HeaderName, value: &str) {
    // Digits and letters make a valid value.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
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
