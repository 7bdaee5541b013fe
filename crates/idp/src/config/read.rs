//! Reading settings, and checking what the form alone does not.

use std::{collections::HashSet, path::Path};

use ipnet::IpNet;
use serde::{Deserialize as _, Deserializer, de::Error as _};
use url::{Host, Url};

use super::{AccountSource, Config, ConfigError, Redirect};
use crate::notice;

/// Largest file, in bytes.
const LIMIT: u64 = 256 * 1024;

impl Config {
    /// Reads a file of settings.
    ///
    /// # Errors
    /// [`ConfigError`] if it cannot be read, or a setting is invalid.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let read = |source| ConfigError::Read {
            path: path.to_owned(),
            source,
        };
        let bytes = cpan_sigstore_files::read_limited(path, LIMIT)
            .and_then(|bytes| bytes.ok_or_else(cpan_sigstore_files::no_such_file))
            .map_err(read)?;
        let text =
            String::from_utf8(bytes).map_err(|_| read(std::io::ErrorKind::InvalidData.into()))?;
        Self::parse(&text, path)
    }

    /// Reads settings; `path` is for errors.
    ///
    /// # Errors
    /// [`ConfigError`] if a setting is invalid.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|source| ConfigError::Form {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        if !is_issuer(&self.issuer) {
            return Err(ConfigError::Issuer(self.issuer.clone()));
        }
        if let AccountSource::Mysql(source) = &self.accounts {
            for name in [&source.authen, &source.users] {
                let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
                if name.is_empty() || !name.bytes().all(is_plain) {
                    return Err(ConfigError::Database(name.clone()));
                }
            }
        }
        let mut ids = HashSet::new();
        for client in &self.clients {
            if client.id.is_empty() || !ids.insert(&client.id) {
                return Err(ConfigError::Client(client.id.clone()));
            }
            if let Redirect::Exact(addresses) = &client.redirect
                && let Some(address) = addresses.iter().find(|address| !is_redirect(address))
            {
                return Err(ConfigError::Redirect {
                    client: client.id.clone(),
                    address: address.clone(),
                });
            }
        }
        match &self.notice {
            Some(notice) if notice.command.is_empty() || !notice::is_address(&notice.from) => {
                Err(ConfigError::Notice)
            }
            _ => Ok(()),
        }
    }
}

/// Reads a list of networks.
pub(super) fn networks<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(source)?;
    let networks = texts.iter().map(|text| {
        let expected = || {
            D::Error::custom(format!(
                "expected a network such as 127.0.0.1/32, found `{text}`"
            ))
        };
        text.parse().map_err(|_| expected())
    });
    networks.collect()
}

/// Returns whether an address can be an issuer: https, or this machine for tests, and written as it is compared.
fn is_issuer(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else {
        return false;
    };
    let written = url.as_str();
    is_safe(&url)
        && !text.ends_with('/')
        && (written == text || written.strip_suffix('/') == Some(text))
        && url.query().is_none()
        && url.fragment().is_none()
}

fn is_redirect(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| is_safe(&url) && url.fragment().is_none())
}

/// Returns whether nobody on the way reads what is sent there.
fn is_safe(url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let is_encrypted = url.scheme() == "https" && url.has_host();
    (is_encrypted || (url.scheme() == "http" && is_loopback))
        && url.username().is_empty()
        && url.password().is_none()
}
