//! The trusted keys and certificates (`sigstore_trustroot.proto`, `TrustedRoot`).

use std::path::Path;

use cpan_sigstore_core::json;

use super::{SIZE_LIMIT, TrustError, fields, read_file, validity};

/// Most logs or authorities of one kind. The public-good instance has 4.
const COUNT_LIMIT: usize = 100;
/// Most certificates in the chain of an authority. Sigstore's have 2 or 3.
const CHAIN_LIMIT: usize = 10;

/// A trusted root, read strictly.
#[derive(Clone, Debug)]
pub struct TrustedRoot {
    library: sigstore_trust_root::TrustedRoot,
    origin: String,
}

impl TrustedRoot {
    /// Reads the JSON of a trusted root. `origin` names its source in errors.
    ///
    /// # Errors
    /// [`TrustError`] if it is too large, repeats a key, or is not a trusted root.
    pub fn parse(bytes: &[u8], origin: impl Into<String>) -> Result<Self, TrustError> {
        let origin = origin.into();
        if bytes.len() > SIZE_LIMIT {
            return Err(TrustError::TooLarge { origin });
        }
        let unusable = |found: String| TrustError::Unusable {
            expected: "a Sigstore trusted root",
            origin: origin.clone(),
            found,
        };
        let value = json::parse_object(bytes).map_err(|error| unusable(error.to_string()))?;
        let media_type = value.get("mediaType").and_then(|text| text.as_str());
        if !media_type
            .is_some_and(|text| text.starts_with("application/vnd.dev.sigstore.trustedroot"))
        {
            return Err(unusable(format!("the media type {media_type:?}")));
        }
        let used = fields::used(&value).map_err(unusable)?;
        let mut library: sigstore_trust_root::TrustedRoot =
            serde_json::from_value(used).map_err(|error| unusable(error.to_string()))?;
        let counts = [
            library.tlogs.len(),
            library.ctlogs.len(),
            library.certificate_authorities.len(),
            library.timestamp_authorities.len(),
        ];
        if let Some(count) = counts.into_iter().find(|count| *count > COUNT_LIMIT) {
            return Err(unusable(format!("{count} authorities of one kind")));
        }
        let chains = library.certificate_authorities.iter();
        let chains = chains
            .map(|authority| authority.cert_chain.certificates.len())
            .chain(
                library
                    .timestamp_authorities
                    .iter()
                    .map(|authority| authority.cert_chain.certificates.len()),
            );
        if let Some(count) = chains.into_iter().find(|count| *count > CHAIN_LIMIT) {
            return Err(unusable(format!("a chain of {count} certificates")));
        }
        validity::narrow(&mut library);
        Ok(Self { library, origin })
    }

    /// Reads a `trusted_root.json` file.
    ///
    /// # Errors
    /// [`TrustError::Read`], or as [`TrustedRoot::parse`].
    pub fn from_file(path: &Path) -> Result<Self, TrustError> {
        Self::parse(&read_file(path)?, path.display().to_string())
    }

    pub(crate) fn library(&self) -> &sigstore_trust_root::TrustedRoot {
        &self.library
    }

    pub(crate) fn unusable(&self, found: String) -> TrustError {
        TrustError::Unusable {
            expected: "usable keys and certificates",
            origin: self.origin.clone(),
            found,
        }
    }
}
