//! The codes by which an exchange refuses.

use std::fmt;

use super::shown;

/// Why an exchange refuses a CI job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The token is no valid token of a CI service that PAUSE knows.
    TokenInvalid,
    /// The token has expired.
    TokenExpired,
    /// The token was exchanged before.
    TokenUsed,
    /// PAUSE knows no such CI service.
    IssuerUnknown,
    /// No author has registered this repository.
    NotRegistered,
    /// The repository is registered with another workflow.
    WorkflowDiffers,
    /// The job is in a workflow that another one calls.
    WorkflowCalled,
    /// The repository is registered with another environment, or the job has none.
    EnvironmentDiffers,
    /// The repository is registered for other branches or tags.
    RefDiffers,
    /// Runs of this event get no token, such as those of pull requests.
    EventRefused,
    /// Several authors have registered the workflow.
    AuthorAmbiguous,
    /// The account may not upload now.
    AccountRefused,
    /// A code that this program does not know.
    Other(String),
}

impl Refusal {
    /// Returns the reason with this code.
    pub fn of(code: &str) -> Self {
        match code {
            "token-invalid" => Self::TokenInvalid,
            "token-expired" => Self::TokenExpired,
            "token-used" => Self::TokenUsed,
            "issuer-unknown" => Self::IssuerUnknown,
            "not-registered" => Self::NotRegistered,
            "workflow-differs" => Self::WorkflowDiffers,
            "workflow-called" => Self::WorkflowCalled,
            "environment-differs" => Self::EnvironmentDiffers,
            "ref-differs" => Self::RefDiffers,
            "event-refused" => Self::EventRefused,
            "author-ambiguous" => Self::AuthorAmbiguous,
            "account-refused" => Self::AccountRefused,
            other => Self::Other(shown(other)),
        }
    }

    /// Returns whether the author's registration could be changed so that this job fits.
    pub fn is_about_registration(&self) -> bool {
        matches!(
            self,
            Self::NotRegistered
                | Self::WorkflowDiffers
                | Self::EnvironmentDiffers
                | Self::RefDiffers
        )
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TokenInvalid => "its identity token is invalid",
            Self::TokenExpired => "its identity token has expired",
            Self::TokenUsed => "its identity token was already used",
            Self::IssuerUnknown => "PAUSE does not know its CI service",
            Self::NotRegistered => "no author has registered its repository",
            Self::WorkflowDiffers => "its repository is registered with another workflow",
            Self::WorkflowCalled => "its workflow was called by another one",
            Self::EnvironmentDiffers => "its workflow is registered with another environment",
            Self::RefDiffers => "its workflow is registered for other branches or tags",
            Self::EventRefused => "its event starts no release",
            Self::AuthorAmbiguous => "several authors have registered its workflow",
            Self::AccountRefused => "the author's account may not upload now",
            Self::Other(code) => return write!(f, "`{code}`"),
        })
    }
}
