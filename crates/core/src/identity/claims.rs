//! The claims of a certificate about the CI run that requested it.

use serde::Serialize;

/// Extensions 1.3.6.1.4.1.57264.1.9 to .1.24 of Fulcio's certificates, and the GitHub-only ones
/// (.1.2 to .1.6) that they replaced. See Fulcio's `docs/oid-info.md`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct CiClaims {
    /// Each claim that the certificate has: its name and its value, in the order of the extensions.
    #[serde(flatten, serialize_with = "as_map")]
    entries: Vec<(&'static str, String)>,
    /// The GitHub-only claims.
    #[serde(skip_serializing_if = "WorkflowClaims::is_empty")]
    pub github: WorkflowClaims,
}

fn as_map<S: serde::Serializer>(
    entries: &[(&'static str, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(entries.iter().map(|(name, value)| (name, value)))
}

impl CiClaims {
    /// Takes the claims as (name, value) in the order of their extensions.
    pub fn new(entries: Vec<(&'static str, String)>, github: WorkflowClaims) -> Self {
        Self { entries, github }
    }

    /// Whether there is none, as in a person's certificate.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.github.is_empty()
    }

    /// The value of a claim.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find_map(|(known, value)| (known == name).then_some(value))
    }

    /// Names and values, in the order of the extensions.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.entries
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
    }
}

/// The claims that `--certificate-github-workflow-*` compares: extensions .1.2 to .1.6.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct WorkflowClaims {
    /// The event that started the run, for example `release`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// The commit, 40 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha: Option<String>,
    /// The workflow's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `OWNER/REPOSITORY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The branch or tag, for example `refs/tags/v1.0`.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub git_ref: Option<String>,
}

impl WorkflowClaims {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Every claim by the name of its flag, present or not.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Option<&str>)> {
        [
            ("trigger", self.trigger.as_deref()),
            ("sha", self.sha.as_deref()),
            ("name", self.name.as_deref()),
            ("repository", self.repository.as_deref()),
            ("ref", self.git_ref.as_deref()),
        ]
        .into_iter()
    }
}
