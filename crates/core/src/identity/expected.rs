//! The expected identity, and the one comparison with a signer.

use std::fmt;

use super::{Matcher, SignerIdentity, SourceClaims, Subject, WorkflowClaims, is_workflow_name};

/// The issuer of GitHub's workflows.
pub const GITHUB_ISSUER: &str = "https://token.actions.githubusercontent.com";

/// The identity that a signature has to be by. The issuer is always part of it: a name means nothing without the
/// provider that vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityPolicy {
    /// The name.
    pub subject: Matcher,
    /// The OpenID issuer.
    pub issuer: Matcher,
    /// Claims about the source of a CI run that must be there and equal; those that are `None` are not compared.
    pub source: SourceClaims,
    /// The same of GitHub's deprecated claims, which cosign's flags name.
    pub workflow: WorkflowClaims,
}

impl IdentityPolicy {
    /// An exact name at an exact issuer.
    pub fn exact(subject: impl Into<String>, issuer: impl Into<String>) -> Self {
        Self {
            subject: Matcher::Exact(subject.into()),
            issuer: Matcher::Exact(issuer.into()),
            source: SourceClaims::default(),
            workflow: WorkflowClaims::default(),
        }
    }

    /// Compares as [`check`](Self::check) does. Of a workflow it also requires the repository that this identity
    /// means: the one that it states, or else the workflow's own.
    ///
    /// # Errors
    /// The first field that differs, with both identities whole.
    pub fn check_with_source(&self, signer: &SignerIdentity) -> Result<(), IdentityMismatch> {
        self.check(signer)?;
        if self.covers_source_of(signer) {
            return Ok(());
        }
        Err(IdentityMismatch {
            field: MismatchField::Source("repository"),
            expected: Box::new(self.clone()),
            found: Box::new(signer.clone()),
        })
    }

    /// Whether it has to state the repository and does not.
    ///
    /// A pattern, and the name of a workflow, are names of a *called* workflow. Every repository may call it, and
    /// sign under that name.
    pub fn leaves_source_open(&self) -> bool {
        let is_workflow = match &self.subject {
            Matcher::Exact(name) => is_workflow_name(name),
            Matcher::Wildcard(_) => true,
            // One for e-mail addresses has no slash.
            Matcher::Pattern(text, _) => text.contains('/') || self.issuer.matches(GITHUB_ISSUER),
        };
        is_workflow && !self.names_repository()
    }

    fn names_repository(&self) -> bool {
        self.source.names_repository() || self.workflow.repository.is_some()
    }

    /// Whether a signer ran in the repository that this identity means: any that it states; else the one in the
    /// signer's own name, `https://github.com/OWNER/REPOSITORY/…`.
    fn covers_source_of(&self, signer: &SignerIdentity) -> bool {
        let Subject::Uri(name) = &signer.subject else {
            return true;
        };
        match SourceClaims::of(&signer.claims).repository {
            Some(repository) if !self.names_repository() => name
                .strip_prefix(repository.as_str())
                .is_some_and(|rest| rest.starts_with('/')),
            _ => true,
        }
    }

    /// Compares issuer, subject and claims, in this order.
    ///
    /// # Errors
    /// The first field that differs, with both identities whole.
    pub fn check(&self, signer: &SignerIdentity) -> Result<(), IdentityMismatch> {
        let mismatch = |field| IdentityMismatch {
            field,
            expected: Box::new(self.clone()),
            found: Box::new(signer.clone()),
        };
        if !self.issuer.matches(&signer.issuer) {
            return Err(mismatch(MismatchField::Issuer));
        }
        if !self.subject.matches(signer.subject.as_str()) {
            return Err(mismatch(MismatchField::Subject));
        }
        let found = SourceClaims::of(&signer.claims);
        for ((name, expected), (_, found)) in self.source.iter().zip(found.iter()) {
            if expected.is_some() && expected != found {
                return Err(mismatch(MismatchField::Source(name)));
            }
        }
        for ((name, expected), (_, found)) in self.workflow.iter().zip(signer.claims.github.iter())
        {
            if expected.is_some() && expected != found {
                return Err(mismatch(MismatchField::Workflow(name)));
            }
        }
        Ok(())
    }
}

impl fmt::Display for IdentityPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (by {})", self.subject, self.issuer)?;
        for (name, value) in self.source.iter() {
            if let Some(value) = value {
                write!(f, ", {name} {value}")?;
            }
        }
        for (name, value) in self.workflow.iter() {
            if let Some(value) = value {
                write!(f, ", workflow {name} {value}")?;
            }
        }
        Ok(())
    }
}

/// The part of an identity that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MismatchField {
    /// The issuer.
    Issuer,
    /// The name.
    Subject,
    /// A claim about the source of the CI run, by its name in policies and records.
    Source(&'static str),
    /// A deprecated claim of GitHub, by the name of its flag.
    Workflow(&'static str),
}

/// A valid signature by somebody else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the file is signed by somebody else: expected {expected}, found {found}")]
pub struct IdentityMismatch {
    /// The first field that differs.
    pub field: MismatchField,
    /// The expected identity.
    pub expected: Box<IdentityPolicy>,
    /// The signer.
    pub found: Box<SignerIdentity>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{CiClaims, Subject};

    fn signer(subject: &str, issuer: &str) -> SignerIdentity {
        SignerIdentity {
            subject: Subject::Email(subject.into()),
            issuer: issuer.into(),
            claims: CiClaims::default(),
        }
    }

    #[test]
    fn rejects_the_same_name_at_another_issuer() {
        let expected = IdentityPolicy::exact("a@example.com", "https://accounts.google.com");
        assert!(
            expected
                .check(&signer("a@example.com", "https://accounts.google.com"))
                .is_ok()
        );
        let error = expected
            .check(&signer("a@example.com", "https://evil.test"))
            .unwrap_err();
        assert_eq!(error.field, MismatchField::Issuer);
        let error = expected
            .check(&signer("b@example.com", "https://accounts.google.com"))
            .unwrap_err();
        assert_eq!(error.field, MismatchField::Subject);
        assert!(error.to_string().contains("a@example.com"));
        assert!(error.to_string().contains("b@example.com"));
    }

    /// A run of a workflow of `tim/flows` that `repository` called.
    fn run_for(repository: &str, ids: [&str; 2]) -> SignerIdentity {
        let entries = [
            ("source-repository-uri", repository),
            ("source-repository-identifier", ids[0]),
            ("source-repository-owner-identifier", ids[1]),
        ];
        let entries = entries
            .map(|(name, value)| (name, value.to_owned()))
            .to_vec();
        SignerIdentity {
            subject: Subject::Uri(
                "https://github.com/tim/flows/.github/workflows/release.yml@refs/tags/v1".into(),
            ),
            issuer: "https://token.actions.githubusercontent.com".into(),
            claims: CiClaims::new(entries, WorkflowClaims::default()),
        }
    }

    #[test]
    fn rejects_a_workflow_that_another_repository_called() {
        let own = run_for("https://github.com/tim/flows", ["17", "5"]);
        let mut expected = IdentityPolicy::exact(own.subject.as_str(), own.issuer.clone());
        assert!(expected.leaves_source_open());
        assert!(expected.covers_source_of(&own));
        for other in [
            "https://github.com/eve/flows",
            "https://github.com/tim/flow",
            "https://github.com/tim",
            "",
        ] {
            let called = run_for(other, ["18", "6"]);
            let covered = other == "https://github.com/tim";
            assert_eq!(expected.covers_source_of(&called), covered, "{other}");
        }
        expected.source.repository = Some("https://github.com/tim/Foo".into());
        assert!(!expected.leaves_source_open());
        let error = expected.check(&own).unwrap_err();
        assert_eq!(error.field, MismatchField::Source("repository"));
        let called = run_for("https://github.com/tim/Foo", ["18", "5"]);
        assert!(expected.check(&called).is_ok() && expected.covers_source_of(&called));
    }

    #[test]
    fn rejects_ids_of_a_repository_that_took_over_the_name() {
        let own = run_for("https://github.com/tim/flows", ["17", "5"]);
        let mut expected = IdentityPolicy::exact(own.subject.as_str(), own.issuer.clone());
        expected.source.repository_id = Some("17".into());
        expected.source.owner_id = Some("5".into());
        assert!(expected.check(&own).is_ok());
        for (ids, field) in [
            (["18", "5"], "repository-id"),
            (["17", "6"], "owner-id"),
            (["", "5"], "repository-id"),
        ] {
            let other = run_for("https://github.com/tim/flows", ids);
            let error = expected.check(&other).unwrap_err();
            assert_eq!(error.field, MismatchField::Source(field));
        }
    }

    #[test]
    fn finds_names_and_patterns_that_leave_the_source_open() {
        let open = |subject| {
            let issuer = "https://token.actions.githubusercontent.com";
            IdentityPolicy {
                subject,
                ..IdentityPolicy::exact("", issuer)
            }
            .leaves_source_open()
        };
        let pattern = |text| Matcher::pattern(text).unwrap();
        let exact = |text: &str| Matcher::Exact(text.into());
        assert!(open(pattern(r"https://github\.com/tim/.*")));
        assert!(open(pattern(".*")));
        assert!(open(exact(
            "https://github.com/a/b/.github/workflows/c.yml@refs/heads/main"
        )));
        assert!(open(exact(
            "https://github.com/a/b/.github/workflows/c.yml@0123abcd"
        )));
        let people = IdentityPolicy::exact("", "https://accounts.google.com");
        let subject = pattern(r".*@example\.org");
        assert!(!IdentityPolicy { subject, ..people }.leaves_source_open());
        assert!(!open(exact("tim@example.org")));
        assert!(!open(exact("https://buildkite.com/tim/foo")));
    }

    #[test]
    fn rejects_a_missing_claim() {
        let mut expected = IdentityPolicy::exact("a@example.com", "https://issuer.test");
        expected.workflow.repository = Some("author/Foo-Bar".into());
        let error = expected
            .check(&signer("a@example.com", "https://issuer.test"))
            .unwrap_err();
        assert_eq!(error.field, MismatchField::Workflow("repository"));
        expected.source.owner_id = Some("5".into());
        let error = expected
            .check(&signer("a@example.com", "https://issuer.test"))
            .unwrap_err();
        assert_eq!(error.field, MismatchField::Source("owner-id"));
    }
}
