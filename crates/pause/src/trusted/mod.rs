//! Trusted publishing: an upload token of minutes for a CI job, without any stored secret.
//!
//! PAUSE states by a document at a well-known address that it offers this. A CI job sends its identity token to the
//! exchange and receives an upload token for the author who registered the job's workflow.

mod exchange;
mod publisher;
mod refusal;
mod registrations;

pub use exchange::{Exchange, WELL_KNOWN};
pub use publisher::{CiTokens, MintedToken, TrustedPublisher};
pub use refusal::Refusal;
pub use registrations::{Registration, Registrations, Workflow};

use cpan_sigstore_core::{release::PauseId, text::printable};
use cpan_sigstore_http::HttpError;

/// Reasons why there is no upload token.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// PAUSE refuses the token of the CI job.
    #[error("{host} gives this CI job no upload token: {refusal}")]
    Refused {
        /// The host of PAUSE.
        host: String,
        /// The reason.
        refusal: Refusal,
    },
    /// The document names another server, to which the token would go.
    #[error(
        "cannot use trusted publishing of {host}: expected an exchange at {expected}, found {found}"
    )]
    Elsewhere {
        /// The host of PAUSE.
        host: String,
        /// The origin of PAUSE.
        expected: String,
        /// The address in the document, without credentials.
        found: String,
    },
    /// The server answers with a redirect.
    #[error("cannot use trusted publishing of {host}: it redirects to another address")]
    Redirect {
        /// The host of PAUSE.
        host: String,
    },
    /// A response that cannot be used.
    #[error("invalid response of {host}: expected {expected}, found {found}")]
    Answer {
        /// The host of PAUSE.
        host: String,
        /// The expected content.
        expected: &'static str,
        /// The content that was found.
        found: String,
    },
    /// The token is for another author than the required one.
    #[error("invalid upload token: expected one of {expected}, found one of {found}")]
    User {
        /// The required author.
        expected: PauseId,
        /// The author of the token.
        found: PauseId,
    },
    /// PAUSE does not take the password.
    #[error("PAUSE rejected the password of {0}")]
    Password(PauseId),
    /// The account has no such registration.
    #[error("cannot remove the workflow: no registration has this id")]
    NoRegistration,
    /// The CI service gives the job no token.
    #[error("{0}")]
    Ci(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A request failed.
    #[error(transparent)]
    Http(#[from] HttpError),
}

/// Returns text of a server as it can be shown, up to a limit.
fn shown(text: &str) -> String {
    const LIMIT: usize = 80;
    printable(text).chars().take(LIMIT).collect()
}
