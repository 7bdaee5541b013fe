//! Adapts our HTTP client to `openidconnect`. Every response is bounded, and no secret is sent
//! unencrypted.

use std::{future::Future, pin::Pin};

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse, http};

use super::super::{LoginError, address::refuse_insecure};
use cpan_sigstore_http::{Answer, Http, HttpError};

/// Largest response of a provider, in bytes. The largest real ones, key sets, have about 10 KiB.
const LIMIT: usize = 256 * 1024;

/// The HTTP client of a login.
pub(super) struct Transport<'a>(pub(super) &'a Http);

/// Error of a request.
#[derive(Debug, thiserror::Error)]
pub(super) enum TransportError {
    #[error(transparent)]
    Address(LoginError),
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error(transparent)]
    Request(#[from] reqwest::Error),
    #[error(transparent)]
    Response(#[from] http::Error),
}

impl From<TransportError> for LoginError {
    fn from(error: TransportError) -> Self {
        let reason = match error {
            TransportError::Address(error) => return error,
            TransportError::Http(error) => return Self::Http(error),
            TransportError::Request(error) => error.to_string(),
            TransportError::Response(error) => error.to_string(),
        };
        Self::Answer { reason }
    }
}

impl<'c> AsyncHttpClient<'c> for Transport<'_> {
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, TransportError>> + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let request = reqwest::Request::try_from(request)?;
            refuse_insecure(request.url()).map_err(TransportError::Address)?;
            let url = request.url().clone();
            let answer = self.0.execute(request, LIMIT).await?;
            match answer.misdirected(&url) {
                Some(error) => Err(error.into()),
                None => Ok(response(answer)?),
            }
        })
    }
}

fn response(answer: Answer) -> Result<HttpResponse, http::Error> {
    let mut response = http::Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    response.body(answer.body)
}
