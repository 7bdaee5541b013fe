//! A workflow that may upload for an author.

use cpan_sigstore_core::release::PauseId;
use serde::{Deserialize, Serialize};

/// Longest text of a field, in bytes.
const LONGEST: usize = 255;

/// A workflow, as its author registers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Workflow {
    /// The CI service, to the letter.
    pub issuer: String,
    /// The repository's name, for people. Its id decides.
    pub repository: String,
    /// The repository's immutable id.
    pub repository_id: String,
    /// The immutable id of its owner.
    pub owner_id: String,
    /// The file of the workflow: its name below `.github/workflows`, or its path at GitLab.
    pub workflow: String,
    /// The required environment; any if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The required branch or tag; a `*` at its end means any rest.
    #[serde(rename = "ref")]
    pub git_ref: String,
}

/// A registered workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Registration {
    /// Its name, by which it is removed.
    pub id: String,
    /// The author.
    #[serde(skip)]
    pub author: PauseId,
    /// The workflow.
    #[serde(flatten)]
    pub workflow: Workflow,
}

/// A field that cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid `{field}`: expected {expected}")]
pub struct RegistrationError {
    /// The field.
    pub field: &'static str,
    /// What it should be.
    pub expected: &'static str,
}

impl Workflow {
    /// Checks each field.
    ///
    /// # Errors
    /// [`RegistrationError`] that names the first field that cannot be registered.
    pub fn check(&self) -> Result<(), RegistrationError> {
        let invalid = |field, expected| Err(RegistrationError { field, expected });
        let is_id = |text: &str| {
            !text.is_empty() && text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let is_text = |text: &str| {
            !text.is_empty() && text.len() <= LONGEST && text.bytes().all(|b| b.is_ascii_graphic())
        };
        if !is_id(&self.repository_id) {
            return invalid("repository-id", "a number");
        }
        if !is_id(&self.owner_id) {
            return invalid("owner-id", "a number");
        }
        if !is_text(&self.issuer) {
            return invalid("issuer", "an address");
        }
        if !is_text(&self.repository) || !self.repository.contains('/') {
            return invalid("repository", "OWNER/NAME");
        }
        let climbs = self
            .workflow
            .split('/')
            .any(|part| matches!(part, "" | "." | ".."));
        if !is_text(&self.workflow) || climbs || self.workflow.contains('@') {
            return invalid("workflow", "the name of a file");
        }
        // Environments may have spaces.
        let is_environment = |text: &String| {
            !text.is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control)
        };
        if self
            .environment
            .as_ref()
            .is_some_and(|text| !is_environment(text))
        {
            return invalid("environment", "a name");
        }
        let start = self.git_ref.strip_suffix('*').unwrap_or(&self.git_ref);
        let is_ref = start.starts_with("refs/tags/") || start.starts_with("refs/heads/");
        if !is_text(&self.git_ref) || !is_ref || start.contains('*') {
            return invalid(
                "ref",
                "refs/tags/ or refs/heads/, a name, and perhaps a `*` at its end",
            );
        }
        Ok(())
    }

    /// Returns whether a branch or tag is the required one.
    pub fn has_ref(&self, git_ref: &str) -> bool {
        match self.git_ref.strip_suffix('*') {
            Some(start) => git_ref.starts_with(start),
            None => git_ref == self.git_ref,
        }
    }
}
