//! Headers of every response.

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

/// The headers, unless a response has its own.
const HEADERS: [(HeaderName, &str); 7] = [
    // Nothing here is for a cache, but keys and metadata.
    (header::CACHE_CONTROL, "no-store"),
    (header::PRAGMA, "no-cache"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // No page is shown in a frame, where a click could be another one.
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    // `no-referrer` would make browsers hide the origin of the form, by which forged ones are found.
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
];

/// Adds the headers.
pub(super) async fn add(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let is_cached = response.headers().contains_key(header::CACHE_CONTROL);
    for (name, value) in HEADERS {
        if name == header::PRAGMA && is_cached {
            continue;
        }
        let headers = response.headers_mut();
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}
