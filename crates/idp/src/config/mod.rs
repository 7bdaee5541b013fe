//! The operator's settings: one TOML file.

mod error;
mod read;

use std::{net::SocketAddr, path::PathBuf};

use ipnet::IpNet;
use jiff::SignedDuration;
use serde::Deserialize;
use url::Url;

use crate::exchange::CiIssuer;

pub use error::ConfigError;

/// The client id of programs that sign with Sigstore.
pub const SIGSTORE: &str = "sigstore";
/// Time after a change of password or address in which nobody gets a token: it may be a thief's.
const QUARANTINE: SignedDuration = SignedDuration::from_hours(72);

/// The settings of a provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Config {
    /// The issuer in every token, to the letter: an address without a slash at its end.
    issuer: String,
    /// Name of the site, for people.
    #[serde(default = "default_site")]
    pub site: String,
    /// Address on which the reverse proxy finds the provider.
    pub listen: SocketAddr,
    /// The folder of keys and state, which only the provider can enter.
    pub state: PathBuf,
    /// The reverse proxies, whose `X-Forwarded-For` is believed. Nobody else can connect, except from this machine.
    #[serde(default, deserialize_with = "read::networks")]
    pub proxies: Vec<IpNet>,
    /// The source of accounts.
    pub accounts: AccountSource,
    /// The programs and sites that may ask for tokens.
    #[serde(default = "default_clients", rename = "client")]
    pub clients: Vec<Client>,
    /// Mails to authors; none are sent without it.
    pub notice: Option<Notice>,
    /// Trusted publishing; it is not offered without it.
    pub exchange: Option<ExchangeSettings>,
    /// Hours after a change of password or address in which nobody gets a token.
    #[serde(default = "default_quarantine")]
    quarantine_hours: u32,
    /// Whether an account whose password can be reset by a mail on its way is refused.
    #[serde(default = "yes")]
    pub refuse_pending_recovery: bool,
}

/// The source of accounts.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum AccountSource {
    /// A TOML file.
    File(PathBuf),
    /// PAUSE's tables.
    Mysql(MysqlSource),
}

/// PAUSE's tables in MariaDB or MySQL, which the provider only reads.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MysqlSource {
    /// File with the address of the server, which may hold a password: `mysql://USER:PASSWORD@HOST`.
    pub url_file: PathBuf,
    /// Database with the tables `usertable`, `auth_tokens` and `abrakadabra`.
    #[serde(default = "default_authen")]
    pub authen: String,
    /// Database with the table `users`.
    #[serde(default = "default_users", rename = "mod")]
    pub users: String,
}

/// A program or site that may ask for tokens.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Client {
    /// Its client id, which is the audience of its tokens.
    pub id: String,
    /// Its name, for people.
    pub name: String,
    /// The addresses to which the browser may return.
    pub redirect: Redirect,
    /// Whether tokens are issued to programs with a password or a token, without a browser.
    #[serde(default)]
    pub direct: bool,
    /// Whether its tokens sign, so that the name becomes public.
    #[serde(default)]
    pub signs: bool,
}

/// The addresses to which the browser may return.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Redirect {
    /// `loopback`: this machine, at any port, with the path `/auth/callback`.
    Loopback(Loopback),
    /// These addresses, to the letter.
    Exact(Vec<String>),
}

/// The word `loopback`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loopback {
    /// A program on the person's machine.
    Loopback,
}

/// Trusted publishing.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ExchangeSettings {
    /// The CI services whose runs may upload.
    #[serde(default = "CiIssuer::public", rename = "ci-service")]
    pub ci_services: Vec<CiIssuer>,
}

/// Mails to authors.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Notice {
    /// The sender.
    pub from: String,
    /// The program that reads a mail with its headers, such as `/usr/sbin/sendmail -t -i`.
    pub command: Vec<String>,
}

impl Config {
    /// Returns the issuer as tokens and documents state it.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Returns the issuer's origin, as browsers name it.
    pub fn origin(&self) -> String {
        Url::parse(&self.issuer)
            .map(|url| url.origin().ascii_serialization())
            .unwrap_or_default()
    }

    /// Returns the path of the issuer, below which everything is served: empty or without a slash at its end.
    pub fn path(&self) -> String {
        let url = Url::parse(&self.issuer);
        url.map(|url| url.path().trim_end_matches('/').to_owned())
            .unwrap_or_default()
    }

    /// Returns whether browsers reach the provider through TLS.
    pub fn is_secure(&self) -> bool {
        self.issuer.starts_with("https://")
    }

    /// Returns the client with this id.
    pub fn client(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.id == id)
    }

    /// Returns the time after a change of password or address in which nobody gets a token.
    pub fn quarantine(&self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.quarantine_hours))
    }
}

impl Client {
    /// Returns programs that sign with Sigstore.
    pub fn sigstore() -> Self {
        Self {
            id: SIGSTORE.to_owned(),
            name: "A program on your computer that signs releases".to_owned(),
            redirect: Redirect::Loopback(Loopback::Loopback),
            direct: true,
            signs: true,
        }
    }
}

fn default_clients() -> Vec<Client> {
    vec![Client::sigstore()]
}

fn default_site() -> String {
    "PAUSE".to_owned()
}

fn default_authen() -> String {
    "authen_pause".to_owned()
}

fn default_users() -> String {
    "mod".to_owned()
}

fn default_quarantine() -> u32 {
    u32::try_from(QUARANTINE.as_hours()).unwrap_or(u32::MAX)
}

const fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests;
