//! The codes of the standard by which the exchange refuses.

/// Why a run gets no upload token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request or the token has another form, signature, issuer, audience or time.
    #[error("token-invalid")]
    TokenInvalid,
    /// The token has expired.
    #[error("token-expired")]
    TokenExpired,
    /// The token was exchanged before.
    #[error("token-used")]
    TokenUsed,
    /// The issuer is no CI service of the settings.
    #[error("issuer-unknown")]
    IssuerUnknown,
    /// No author has registered the repository.
    #[error("not-registered")]
    NotRegistered,
    /// The repository is registered with another workflow.
    #[error("workflow-differs")]
    WorkflowDiffers,
    /// The job belongs to a workflow that another one calls.
    #[error("workflow-called")]
    WorkflowCalled,
    /// The workflow is registered with another environment.
    #[error("environment-differs")]
    EnvironmentDiffers,
    /// The workflow is registered for other branches or tags.
    #[error("ref-differs")]
    RefDiffers,
    /// Runs of this event get no token.
    #[error("event-refused")]
    EventRefused,
    /// Several authors have registered the workflow.
    #[error("author-ambiguous")]
    AuthorAmbiguous,
    /// The account may not upload now.
    #[error("account-refused")]
    AccountRefused,
    /// There were too many requests.
    #[error("too-many")]
    TooMany,
    /// The keys of the CI service, or the state, cannot be read.
    #[error("unavailable")]
    Unavailable,
}

impl Refusal {
    /// Returns the code.
    pub fn code(self) -> String {
        self.to_string()
    }

    /// Returns the HTTP status.
    pub const fn status(self) -> u16 {
        match self {
            Self::TokenInvalid => 400,
            Self::TokenExpired | Self::TokenUsed | Self::IssuerUnknown => 401,
            Self::TooMany => 429,
            Self::Unavailable => 503,
            _ => 403,
        }
    }
}
