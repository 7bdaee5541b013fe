//! The operator whose index is trusted: `index.toml`, beside the configuration.

use std::{fs, io, path::Path};

use cpan_sigstore_core::{
    identity::{IdentityPolicy, Matcher, SourceClaims, Wildcard, WorkflowClaims},
    text::{shows_as_itself, without_credentials},
};
use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::OperatorError;

/// Largest file that is read, in bytes.
const SIZE_LIMIT: u64 = 16 * 1024;
/// Longest text in it, in bytes.
const TEXT_LIMIT: usize = 1024;

/// An operator whose index is believed, as far as its rules go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Pin {
    /// The address of the index; its bundle is beside it.
    pub url: String,
    /// The signer: a name, or a pattern with `*` for a part of an address.
    pub identity: String,
    /// The issuer of that name.
    pub issuer: String,
}

impl Pin {
    /// An operator.
    ///
    /// # Errors
    /// The address or the identity is unusable.
    pub fn new(url: &str, identity: &str, issuer: &str) -> Result<Self, OperatorError> {
        let parsed =
            Url::parse(url).map_err(|_| OperatorError::Address(without_credentials(url)))?;
        let is_here = matches!(parsed.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let allowed = match parsed.scheme() {
            "https" => true,
            "http" => is_here,
            "file" => parsed.to_file_path().is_ok(),
            _ => false,
        };
        let plain = parsed.query().is_none()
            && parsed.fragment().is_none()
            && parsed.username().is_empty()
            && parsed.password().is_none();
        if !allowed || !plain || url.len() > TEXT_LIMIT {
            return Err(OperatorError::Address(without_credentials(url)));
        }
        let pin = Self {
            url: parsed.to_string(),
            identity: identity.to_owned(),
            issuer: issuer.to_owned(),
        };
        pin.expected()?;
        Ok(pin)
    }

    /// Reads the file; `None` where there is none.
    ///
    /// # Errors
    /// The file is there and unusable.
    pub fn load(path: &Path) -> Result<Option<Self>, OperatorError> {
        let failed = |reason: String| OperatorError::Pin {
            path: path.to_owned(),
            reason,
        };
        let bytes = cpan_sigstore_files::read_limited(path, SIZE_LIMIT);
        let Some(bytes) = bytes.map_err(OperatorError::file(path))? else {
            return Ok(None);
        };
        let text = String::from_utf8(bytes).map_err(|error| failed(error.to_string()))?;
        let stated: Self = toml::from_str(&text).map_err(|error| failed(error.to_string()))?;
        let pin = Self::new(&stated.url, &stated.identity, &stated.issuer)
            .map_err(|error| failed(error.to_string()))?;
        Ok(Some(pin))
    }

    /// Writes the file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), OperatorError> {
        let text = toml::to_string(self).map_err(|error| OperatorError::Pin {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        cpan_sigstore_files::write_atomic(path, text.as_bytes()).map_err(OperatorError::file(path))
    }

    /// Removes the file; says whether there was one.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn remove(path: &Path) -> Result<bool, OperatorError> {
        match fs::remove_file(path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(OperatorError::file(path)(error)),
        }
    }

    /// The required signer.
    ///
    /// # Errors
    /// The name is empty, or a pattern that names too many.
    pub fn expected(&self) -> Result<IdentityPolicy, OperatorError> {
        for text in [&self.identity, &self.issuer] {
            let is_name = !text.is_empty()
                && text.len() <= TEXT_LIMIT
                && text
                    .chars()
                    .all(|c| shows_as_itself(c) && !c.is_whitespace());
            if !is_name {
                return Err(OperatorError::Identity(shown(text)));
            }
        }
        let subject = if self.identity.contains('*') {
            let pattern = Wildcard::new(&self.identity);
            Matcher::Wildcard(pattern.map_err(|_| OperatorError::Identity(shown(&self.identity)))?)
        } else {
            Matcher::Exact(self.identity.clone())
        };
        Ok(IdentityPolicy {
            subject,
            issuer: Matcher::Exact(self.issuer.clone()),
            source: SourceClaims::default(),
            workflow: WorkflowClaims::default(),
        })
    }
}

fn shown(text: &str) -> String {
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://issuer.example";

    #[test]
    fn an_operator_is_pinned_and_found_again_and_nothing_half_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/index.toml");
        assert_eq!(Pin::load(&path).unwrap(), None);
        let pin = Pin::new("https://operator.example/index.json", "op@x", ISSUER).unwrap();
        pin.save(&path).unwrap();
        assert_eq!(Pin::load(&path).unwrap(), Some(pin));
        for text in [
            "",
            "url = 'https://x/'",
            "url = 'https://x/'\nidentity = 'a'\nissuer = 'b'\nmore = 1",
        ] {
            fs::write(&path, text).unwrap();
            assert!(Pin::load(&path).is_err(), "{text}");
        }
        assert!(Pin::remove(&path).unwrap());
        assert!(!Pin::remove(&path).unwrap());
    }

    #[test]
    fn an_index_comes_by_tls_or_from_this_machine() {
        for url in [
            "http://operator.example/index.json",
            "http://127.0.0.1.example/index.json",
            "ftp://operator.example/index.json",
            "https://user:secret@operator.example/index.json",
            "https://operator.example/index.json?x=1",
            "index.json",
        ] {
            assert!(Pin::new(url, "op@x", ISSUER).is_err(), "{url}");
        }
        for url in [
            "https://operator.example/index.json",
            "http://127.0.0.1:8199/-/index.json",
            "http://[::1]:8199/-/index.json",
            "file:///srv/index.json",
        ] {
            assert!(Pin::new(url, "op@x", ISSUER).is_ok(), "{url}");
        }
        for identity in ["", "a b", "*", "https://*", "*@x"] {
            let pin = Pin::new("https://operator.example/index.json", identity, ISSUER);
            assert!(pin.is_err(), "{identity}");
        }
    }
}
