//! The services to sign with (`sigstore_trustroot.proto`, `SigningConfig`, version 0.2).

use std::path::Path;

use super::{SIZE_LIMIT, TrustError, read_file};
use crate::json;

/// Most services of one kind.
const COUNT_LIMIT: usize = 100;

/// A signing configuration that was read strictly.
#[derive(Clone, Debug)]
pub struct SigningConfig {
    library: sigstore_trust_root::SigningConfig,
}

impl SigningConfig {
    /// Reads the JSON of a signing configuration; `origin` is where it came from, for messages.
    ///
    /// # Errors
    /// Where it is too large, has a key twice, or is no signing configuration.
    pub fn parse(bytes: &[u8], origin: &str) -> Result<Self, TrustError> {
        if bytes.len() > SIZE_LIMIT {
            return Err(TrustError::TooLarge {
                origin: origin.to_owned(),
            });
        }
        let unusable = |found: String| TrustError::Unusable {
            expected: "a Sigstore signing configuration (version 0.2)",
            origin: origin.to_owned(),
            found,
        };
        json::parse(bytes).map_err(|error| unusable(error.to_string()))?;
        let text = std::str::from_utf8(bytes).map_err(|error| unusable(error.to_string()))?;
        let library = sigstore_trust_root::SigningConfig::from_json(text)
            .map_err(|error| unusable(error.to_string()))?;
        let counts = [
            library.ca_urls.len(),
            library.oidc_urls.len(),
            library.rekor_tlog_urls.len(),
            library.tsa_urls.len(),
        ];
        if let Some(count) = counts.into_iter().find(|count| *count > COUNT_LIMIT) {
            return Err(unusable(format!("{count} services of one kind")));
        }
        Ok(Self { library })
    }

    /// Reads a `signing_config.json` file.
    ///
    /// # Errors
    /// Where it cannot be read, or as [`SigningConfig::parse`].
    pub fn from_file(path: &Path) -> Result<Self, TrustError> {
        Self::parse(&read_file(path)?, &path.display().to_string())
    }

    /// The OpenID issuer it names, if any.
    pub fn oidc_issuer(&self) -> Option<&str> {
        self.library.oidc_url().map(|service| service.url.as_str())
    }

    pub(crate) fn library(&self) -> &sigstore_trust_root::SigningConfig {
        &self.library
    }
}
