use std::{io, time::Duration};

use super::TokenError;
use cpan_sigstore_http::HttpError;

/// Error of a login that gave no identity token.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message names each field")]
pub enum LoginError {
    /// The provider's address is not a URL.
    #[error("invalid issuer: expected the URL of an OpenID provider, found `{url}`")]
    IssuerUrl { url: String },
    /// The address would send secrets unencrypted.
    #[error("invalid address: expected https (http only for this machine), found `{url}`")]
    Insecure { url: String },
    /// A request failed.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The provider's metadata cannot be used.
    #[error("cannot use the metadata of the OpenID provider {issuer}: {reason}")]
    Discovery { issuer: String, reason: String },
    /// The provider offers no device login.
    #[error("the OpenID provider {issuer} offers no device login")]
    NoDeviceFlow { issuer: String },
    /// No local port is available for the callback.
    #[error("cannot open a local port for the browser's callback: {0}")]
    Listen(#[source] io::Error),
    /// The code cannot be read.
    #[error("cannot read the code of the login page: {0}")]
    Code(#[source] io::Error),
    /// Nobody logged in within the time limit.
    #[error("nobody logged in within {} seconds", .0.as_secs())]
    TimedOut(Duration),
    /// The code for the other device expired.
    #[error("the code for the other device expired before anybody entered it")]
    DeviceCodeExpired,
    /// The person denied the login.
    #[error("the login was denied at the provider; nothing was signed")]
    Denied,
    /// The provider refused the login.
    #[error("the provider refused the login: {code}{}", described(.description.as_deref()))]
    Refused {
        code: String,
        description: Option<String>,
    },
    /// The callback belongs to a login that this program did not start.
    #[error(
        "the callback has an unknown `state`: somebody may be trying to log you in as themselves"
    )]
    StateMismatch,
    /// The callback has neither code nor error.
    #[error("the provider's login page returned no code")]
    NoCode,
    /// The response of the token endpoint cannot be read.
    #[error("cannot get an identity token from the provider: {reason}")]
    Answer { reason: String },
    /// The token endpoint returned no identity token.
    #[error("the provider returned no identity token; it may not be an OpenID provider")]
    NoIdToken,
    /// The identity token belongs to another login.
    #[error("the identity token belongs to another login: its `nonce` differs")]
    NonceMismatch,
    /// No known key signed the identity token.
    #[error("the identity token is not signed by the provider: {reason}")]
    Signature { reason: String },
    /// The identity token has another issuer.
    #[error("invalid identity token: expected the issuer {expected}, found {found}")]
    WrongIssuer { expected: String, found: String },
    /// The identity token cannot be used.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The identity token in a variable cannot be used.
    #[error("{variable}: {source}")]
    Variable {
        /// The name of the variable.
        variable: &'static str,
        /// The reason.
        source: TokenError,
    },
    /// The CI job may not get a token.
    #[error("this {service} job has no identity token: {hint}")]
    NotPermitted {
        service: &'static str,
        hint: &'static str,
    },
    /// A CI service should have issued a token and did not.
    #[error("cannot get an identity token from {service}: {reason}")]
    Ci {
        service: &'static str,
        reason: String,
    },
}

fn described(description: Option<&str>) -> String {
    description
        .map(|text| format!(", {text}"))
        .unwrap_or_default()
}
