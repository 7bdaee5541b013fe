//! The source of a CI run: its repository, branch or tag, and build configuration.

use super::CiClaims;

/// What a certificate states of the repository for which a workflow ran, or what is expected of it.
///
/// The name in a workflow's certificate is that of the *called* workflow, which any repository may call. These claims
/// are about the repository that ran it. The ids never change and are never given to another repository or owner,
/// whereas a name is free again when its owner gives it up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceClaims {
    /// The id of the repository's owner (extension .17).
    pub owner_id: Option<String>,
    /// The branch or tag, such as `refs/tags/v1.0` (.14).
    pub git_ref: Option<String>,
    /// The address of the repository, such as `https://github.com/OWNER/REPOSITORY` (.12).
    pub repository: Option<String>,
    /// The id of the repository (.15).
    pub repository_id: Option<String>,
    /// The address of the build configuration without its branch or tag (.18), such as
    /// `https://github.com/OWNER/REPOSITORY/.github/workflows/release.yml`.
    pub workflow: Option<String>,
}

impl SourceClaims {
    /// Reads the claims of a certificate. GitHub's deprecated ones (.5 and .6) are read where the certificate has
    /// none of the current ones.
    pub fn of(claims: &CiClaims) -> Self {
        let claim = |name| claims.get(name).map(str::to_owned);
        let github = &claims.github;
        let old_repository = || {
            let name = github.repository.as_deref()?;
            Some(format!("https://github.com/{name}"))
        };
        Self {
            owner_id: claim("source-repository-owner-identifier"),
            git_ref: claim("source-repository-ref").or_else(|| github.git_ref.clone()),
            repository: claim("source-repository-uri").or_else(old_repository),
            repository_id: claim("source-repository-identifier"),
            workflow: claims
                .get("build-config-uri")
                .map(|uri| without_ref(uri).to_owned()),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The first claim of another form: its name, the expected form and the text that was found.
    ///
    /// Addresses have a scheme, so that the name of a repository alone is no claim that nothing matches.
    pub fn invalid(&self) -> Option<(&'static str, &'static str, &str)> {
        let is_address = |text: &str| {
            text.split_once("://").is_some_and(|(scheme, rest)| {
                let is_scheme = scheme.bytes().all(|byte| byte.is_ascii_lowercase());
                is_scheme && !scheme.is_empty() && !rest.is_empty()
            })
        };
        self.iter().find_map(|(name, value)| {
            let value = value?;
            let (is_valid, expected) = match name {
                "repository" => (
                    is_address(value),
                    "an address such as https://github.com/OWNER/REPOSITORY",
                ),
                "workflow" => (
                    is_address(value) && !value.contains("@refs/"),
                    "an address such as https://github.com/OWNER/REPOSITORY/.github/workflows/FILE",
                ),
                _ => (!value.is_empty(), "some text"),
            };
            (!is_valid).then_some((name, expected, value))
        })
    }

    /// Whether they name the repository.
    pub fn names_repository(&self) -> bool {
        self.repository.is_some() || self.repository_id.is_some()
    }

    /// Every claim by its name in policies and records, present or not.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Option<&str>)> {
        [
            ("owner-id", self.owner_id.as_deref()),
            ("ref", self.git_ref.as_deref()),
            ("repository", self.repository.as_deref()),
            ("repository-id", self.repository_id.as_deref()),
            ("workflow", self.workflow.as_deref()),
        ]
        .into_iter()
    }
}

/// The name of a workflow without the branch or tag for which it ran.
pub(super) fn without_ref(name: &str) -> &str {
    name.split_once("@refs/").map_or(name, |(before, _)| before)
}

/// Whether an exact name is that of a workflow: an address with the branch, tag or commit behind an `@`.
pub fn is_workflow_name(name: &str) -> bool {
    name.split_once("://")
        .is_some_and(|(_, path)| path.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::WorkflowClaims;

    #[test]
    fn reads_current_claims_before_deprecated_ones() {
        let github = WorkflowClaims {
            repository: Some("tim/Old".into()),
            git_ref: Some("refs/tags/old".into()),
            name: Some("Release".into()),
            ..WorkflowClaims::default()
        };
        let old = SourceClaims::of(&CiClaims::new(Vec::new(), github.clone()));
        assert_eq!(
            old.repository.as_deref(),
            Some("https://github.com/tim/Old")
        );
        assert_eq!(old.git_ref.as_deref(), Some("refs/tags/old"));
        // The deprecated name of a workflow is what it calls itself.
        assert_eq!((old.workflow, old.repository_id), (None, None));
        let entries = [
            ("source-repository-uri", "https://gitlab.example/tim/foo"),
            ("source-repository-ref", "refs/heads/main"),
            ("source-repository-identifier", "17"),
            ("source-repository-owner-identifier", "5"),
            (
                "build-config-uri",
                "https://gitlab.example/tim/foo//.gitlab-ci.yml@refs/heads/main",
            ),
        ];
        let entries = entries
            .map(|(name, value)| (name, value.to_owned()))
            .to_vec();
        let new = SourceClaims::of(&CiClaims::new(entries, github));
        let found: Vec<_> = new.iter().map(|(_, value)| value.unwrap()).collect();
        assert_eq!(
            found,
            [
                "5",
                "refs/heads/main",
                "https://gitlab.example/tim/foo",
                "17",
                "https://gitlab.example/tim/foo//.gitlab-ci.yml",
            ]
        );
    }
}
