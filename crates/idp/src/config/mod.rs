//! The operator's settings: one TOML file.

use std::{net::SocketAddr, path::PathBuf};

use serde::Deserialize;
use url::Url;

/// The settings of a provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Config {
    /// The issuer in every token, to the letter: an `https` address without a slash at its end.
    pub issuer: Url,
    /// Address on which the reverse proxy finds the provider.
    pub listen: SocketAddr,
    /// The folder of keys and state, which only the provider can enter.
    pub state: PathBuf,
}

impl Config {
    /// Returns the issuer as tokens and documents state it.
    pub fn issuer(&self) -> &str {
        self.issuer.as_str().trim_end_matches('/')
    }
}
