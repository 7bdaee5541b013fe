//! A registered workflow.

use serde::{Deserialize, Serialize};

/// A workflow that may upload for an author.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Workflow {
    pub issuer: String,
    /// Name, for people.
    pub repository: String,
    pub repository_id: String,
    pub owner_id: String,
    pub workflow: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Branch or tag; `*` at its end is any rest.
    #[serde(rename = "ref")]
    pub git_ref: String,
}

/// A workflow with its author and its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Registration {
    pub id: String,
    #[serde(skip)]
    pub author: String,
    #[serde(flatten)]
    pub workflow: Workflow,
}

impl Workflow {
    /// Returns `release.yml` of the repository in the token of [`Account::workflow`](crate::oidc::Account::workflow),
    /// in any environment and for all tags.
    pub fn of_cast(issuer: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            repository: "author/Foo-Bar".to_owned(),
            repository_id: "702001".to_owned(),
            owner_id: "5001".to_owned(),
            workflow: "release.yml".to_owned(),
            environment: None,
            git_ref: "refs/tags/*".to_owned(),
        }
    }

    pub(super) fn has_ref(&self, git_ref: &str) -> bool {
        match self.git_ref.strip_suffix('*') {
            Some(start) => git_ref.starts_with(start),
            None => self.git_ref == git_ref,
        }
    }
}
