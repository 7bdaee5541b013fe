//! The services for signing (`sigstore_trustroot.proto`, `SigningConfig`, version 0.2).

use std::path::Path;

use cpan_sigstore_core::json;
use sigstore_trust_root::SIGNING_CONFIG_MEDIA_TYPE;

use super::{SIZE_LIMIT, TrustError, read_file};

/// Most services of one kind.
const COUNT_LIMIT: usize = 100;

/// A signing configuration, read strictly.
#[derive(Clone, Debug)]
pub struct SigningConfig {
    library: sigstore_trust_root::SigningConfig,
}

impl SigningConfig {
    /// Reads the JSON of a signing configuration. `origin` names its source in errors.
    ///
    /// # Errors
    /// [`TrustError`] if it is too large, repeats a key, or is not a signing configuration.
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
        let value = json::parse_object(bytes).map_err(|error| unusable(error.to_string()))?;
        let library: sigstore_trust_root::SigningConfig =
            serde_json::from_value(value).map_err(|error| unusable(error.to_string()))?;
        if library.media_type != SIGNING_CONFIG_MEDIA_TYPE {
            return Err(unusable(format!("the media type `{}`", library.media_type)));
        }
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
    /// [`TrustError::Read`], or as [`SigningConfig::parse`].
    pub fn from_file(path: &Path) -> Result<Self, TrustError> {
        Self::parse(&read_file(path)?, &path.display().to_string())
    }

    /// Returns the OpenID issuer, if there is one.
    pub fn oidc_issuer(&self) -> Option<&str> {
        self.library.oidc_url().map(|service| service.url.as_str())
    }

    pub(crate) fn library(&self) -> &sigstore_trust_root::SigningConfig {
        &self.library
    }
}
