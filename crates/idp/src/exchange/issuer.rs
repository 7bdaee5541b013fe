//! The CI services whose runs may upload.

use serde::Deserialize;
use url::Url;

/// GitHub.
const GITHUB: &str = "https://token.actions.githubusercontent.com";
/// GitLab.
const GITLAB: &str = "https://gitlab.com";

/// The form of a CI service's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// GitHub Actions.
    Github,
    /// GitLab CI.
    Gitlab,
}

/// A CI service.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CiIssuer {
    /// The issuer of its tokens, to the letter.
    pub issuer: String,
    /// The form of its tokens.
    pub kind: Kind,
}

impl CiIssuer {
    /// Returns the public CI services.
    pub fn public() -> Vec<Self> {
        let issuer = |issuer: &str, kind| Self {
            issuer: issuer.to_owned(),
            kind,
        };
        vec![issuer(GITHUB, Kind::Github), issuer(GITLAB, Kind::Gitlab)]
    }

    /// Returns the address of its keys, which each kind has at a known path. No document can lead to another server.
    pub fn keys(&self) -> Option<Url> {
        let path = match self.kind {
            Kind::Github => "/.well-known/jwks",
            Kind::Gitlab => "/oauth/discovery/keys",
        };
        let url = Url::parse(&format!("{}{path}", self.issuer)).ok()?;
        cpan_sigstore_http::is_protected(&url).then_some(url)
    }

    /// Returns the host of GitLab's configurations, which the issuer has, too.
    pub fn host(&self) -> &str {
        self.issuer.split_once("://").map_or("", |(_, host)| host)
    }
}
