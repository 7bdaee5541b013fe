//! Why there is no identity token.

use std::{io, time::Duration};

use super::TokenError;
use cpan_sigstore_http::HttpError;

/// A login that gave no identity token.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each field is named in the message above it")]
pub enum LoginError {
    /// The provider's address is no URL.
    #[error("expected the URL of an OpenID provider, found `{url}`")]
    IssuerUrl { url: String },
    /// The address would send secrets through the network in clear.
    #[error("expected an https address (http is for this machine only), found `{url}`")]
    Insecure { url: String },
    /// A request got no answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The provider's description of itself cannot be used.
    #[error("expected a description of the OpenID provider at {issuer}, but {reason}")]
    Discovery { issuer: String, reason: String },
    /// A device login was asked for at a provider that has none.
    #[error(
        "expected a provider with device login, but {issuer} has none; log in with the browser or with a code"
    )]
    NoDeviceFlow { issuer: String },
    /// No port of this machine can be listened on.
    #[error("no address of this machine to which the browser could come back: {0}; try `--device`")]
    Listen(#[source] io::Error),
    /// The code could not be read.
    #[error("expected the code that the login page shows: {0}")]
    Code(#[source] io::Error),
    /// Nobody logged in.
    #[error("expected a login within {} seconds, found none; try again", .0.as_secs())]
    TimedOut(Duration),
    /// The code shown for another device is no longer good.
    #[error("the code for the other device has expired before anybody entered it; try again")]
    DeviceCodeExpired,
    /// The person said no.
    #[error("the login was denied at the provider; nothing was signed")]
    Denied,
    /// The provider refused.
    #[error("the provider refused the login: {code}{}", described(.description.as_deref()))]
    Refused {
        code: String,
        description: Option<String>,
    },
    /// The browser came back from a login that this program did not start.
    #[error(
        "the browser came back with a `state` that was not sent: somebody may be trying to log you in as themselves; try again"
    )]
    StateMismatch,
    /// The browser came back without code and without error.
    #[error("expected a code from the provider's login page, found none")]
    NoCode,
    /// The token endpoint's answer cannot be read.
    #[error("expected an identity token from the provider, but {reason}")]
    Answer { reason: String },
    /// The token endpoint gave no identity token.
    #[error(
        "expected an identity token from the provider, found an answer without one; is it an OpenID provider?"
    )]
    NoIdToken,
    /// The identity token answers another login.
    #[error("the identity token is not for this login: its `nonce` is not the one that was sent")]
    NonceMismatch,
    /// The identity token is signed by nobody known.
    #[error("the identity token is not signed by the provider: {reason}")]
    Signature { reason: String },
    /// The identity token names another issuer.
    #[error("expected an identity token issued by {expected}, found one issued by {found}")]
    WrongIssuer { expected: String, found: String },
    /// The identity token cannot be used.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// A CI job that has no right to a token.
    #[error("this {service} job has no identity token: {hint}")]
    NotPermitted {
        service: &'static str,
        hint: &'static str,
    },
    /// A CI service that should have given a token and did not.
    #[error("expected an identity token from {service}, but {reason}")]
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
