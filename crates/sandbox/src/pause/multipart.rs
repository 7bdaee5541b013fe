//! The fields of a form, read within limits.

use std::collections::BTreeMap;

use axum::extract::{
    Multipart,
    multipart::{Field, MultipartError, MultipartRejection},
};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::UPLOAD_LIMIT;

/// Most fields of a form.
const MOST_FIELDS: usize = 64;
/// Longest value of a field that is not a file, in bytes.
const LONGEST_VALUE: usize = 64 * 1024;

/// A form that was sent.
#[derive(Default)]
pub(super) struct Form {
    pub(super) values: BTreeMap<String, String>,
    pub(super) files: BTreeMap<String, SentFile>,
}

/// A file in a form.
pub(super) struct SentFile {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// Error of an unreadable form.
enum FormError {
    Broken(MultipartError),
    TooLarge,
}

impl Form {
    /// Returns the form of a request, or the response to a request without one or with one that is
    /// too large.
    pub(super) async fn received(
        sent: Result<Multipart, MultipartRejection>,
    ) -> Result<Self, Response> {
        let sent = sent.map_err(IntoResponse::into_response)?;
        Self::read(sent).await.map_err(IntoResponse::into_response)
    }

    async fn read(mut sent: Multipart) -> Result<Self, FormError> {
        let mut form = Self::default();
        for _ in 0..MOST_FIELDS {
            let Some(field) = sent.next_field().await? else {
                return Ok(form);
            };
            form.add(field).await?;
        }
        Err(FormError::TooLarge)
    }

    async fn add(&mut self, field: Field<'_>) -> Result<(), FormError> {
        let Some(key) = field.name().map(str::to_owned) else {
            return Ok(());
        };
        if let Some(name) = field.file_name().map(str::to_owned) {
            let bytes = bounded(field, UPLOAD_LIMIT).await?;
            self.files.insert(key, SentFile { name, bytes });
        } else {
            let bytes = bounded(field, LONGEST_VALUE).await?;
            let value = String::from_utf8_lossy(&bytes).into_owned();
            self.values.insert(key, value);
        }
        Ok(())
    }

    /// Returns the value of a field, or an empty text if it is missing.
    pub(super) fn value(&self, key: &str) -> &str {
        self.values.get(key).map(String::as_str).unwrap_or_default()
    }
}

async fn bounded(mut field: Field<'_>, limit: usize) -> Result<Vec<u8>, FormError> {
    let mut bytes = Vec::new();
    let mut length = 0;
    while let Some(chunk) = field.chunk().await? {
        length += chunk.len();
        // Read the excess, too: a client that is still sending may lose the response.
        if length <= limit {
            bytes.extend_from_slice(&chunk);
        }
    }
    if length > limit {
        return Err(FormError::TooLarge);
    }
    Ok(bytes)
}

impl From<MultipartError> for FormError {
    fn from(error: MultipartError) -> Self {
        Self::Broken(error)
    }
}

impl IntoResponse for FormError {
    fn into_response(self) -> Response {
        match self {
            Self::Broken(error) => error.into_response(),
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        }
    }
}
