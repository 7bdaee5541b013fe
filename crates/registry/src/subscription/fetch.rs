//! The files of an operator, within limits.

use std::{path::PathBuf, time::Duration};

use cpan_sigstore_core::text::without_credentials;
use cpan_sigstore_http::{Backoff, Http};
use reqwest::Url;

use super::OperatorError;

/// What the name of a bundle adds to that of its file.
pub use cpan_sigstore_core::bundle::SUFFIX as BUNDLE_SUFFIX;

/// Where an index is.
pub(super) enum Place {
    Network(Http, Url),
    File(PathBuf),
}

impl Place {
    /// By its address, which was checked when the operator was pinned.
    pub fn at(url: &str) -> Result<Self, OperatorError> {
        let refused = || OperatorError::Address(without_credentials(url));
        let parsed = Url::parse(url).map_err(|_| refused())?;
        if parsed.scheme() == "file" {
            return Ok(Self::File(parsed.to_file_path().map_err(|()| refused())?));
        }
        // Somebody waits for something else, and what is kept can go on being used.
        let backoff = Backoff::new(vec![Duration::from_millis(500)]);
        Ok(Self::Network(
            Http::for_urls([url])?.with_backoff(backoff),
            parsed,
        ))
    }

    /// The index, or what has a suffix more.
    pub async fn file(&self, suffix: &str, limit: usize) -> Result<Vec<u8>, OperatorError> {
        match self {
            Self::Network(http, url) => {
                let mut url = url.clone();
                url.set_path(&format!("{}{suffix}", url.path()));
                let shown = without_credentials(url.as_str());
                let file = http.file(url, limit).await?;
                file.ok_or(OperatorError::Absent(shown))
            }
            Self::File(path) => {
                let mut name = path.clone().into_os_string();
                name.push(suffix);
                let path = PathBuf::from(name);
                let file = cpan_sigstore_files::read_limited(&path, limit as u64);
                let file = file.map_err(OperatorError::file(&path))?;
                file.ok_or_else(|| OperatorError::Absent(path.display().to_string()))
            }
        }
    }
}
