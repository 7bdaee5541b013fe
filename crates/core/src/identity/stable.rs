//! The part of an identity that stays the same from release to release.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{CiClaims, SignerIdentity, Subject, WorkflowClaims};

/// The part of a signer that stays the same from one release to the next.
///
/// A workflow's name in a certificate ends with the tag it ran for (`…/release.yml@refs/tags/v1.02`),
/// which differs for each release, and is left out. The repository is part of the identity: a workflow that many
/// repositories use has one name for all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StableIdentity {
    /// `email`, `uri` or `username`.
    pub kind: String,
    /// The name.
    pub subject: String,
    /// The OpenID issuer.
    pub issuer: String,
    /// The repository that a workflow was run for; empty for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub repository: String,
}

impl From<&SignerIdentity> for StableIdentity {
    fn from(signer: &SignerIdentity) -> Self {
        let name = signer.subject.as_str();
        let (kind, subject) = match &signer.subject {
            Subject::Email(_) => ("email", name),
            Subject::Username(_) => ("username", name),
            Subject::Uri(_) => (
                "uri",
                name.split_once("@refs/").map_or(name, |(before, _)| before),
            ),
        };
        let claims = &signer.claims;
        let stated = claims
            .iter()
            .find_map(|(claim, value)| (claim == "source-repository-uri").then_some(value));
        Self {
            kind: kind.to_owned(),
            subject: subject.to_owned(),
            issuer: signer.issuer.clone(),
            repository: stated
                .or(claims.github.repository.as_deref())
                .unwrap_or_default()
                .to_owned(),
        }
    }
}

impl StableIdentity {
    /// Returns a signer of whom only this is known.
    pub fn signer(&self) -> SignerIdentity {
        let name = self.subject.clone();
        let claims = match self.repository.as_str() {
            "" => CiClaims::default(),
            repository => CiClaims::new(
                vec![("source-repository-uri", repository.to_owned())],
                WorkflowClaims::default(),
            ),
        };
        SignerIdentity {
            subject: match self.kind.as_str() {
                "uri" => Subject::Uri(name),
                "username" => Subject::Username(name),
                _ => Subject::Email(name),
            },
            issuer: self.issuer.clone(),
            claims,
        }
    }
}

impl fmt::Display for StableIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (by {})", self.subject, self.issuer)?;
        if !self.repository.is_empty() {
            write!(f, " for {}", self.repository)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workflow(tag: &str, repository: &str) -> SignerIdentity {
        SignerIdentity {
            subject: Subject::Uri(format!(
                "https://github.com/shared/flows/.github/workflows/release.yml@refs/tags/{tag}"
            )),
            issuer: "https://token.actions.githubusercontent.com".into(),
            claims: CiClaims::new(
                vec![("source-repository-uri", repository.to_owned())],
                WorkflowClaims::default(),
            ),
        }
    }

    #[test]
    fn workflow_is_the_same_for_each_tag_of_one_repository() {
        let seen = |tag, repository| StableIdentity::from(&workflow(tag, repository));
        assert_eq!(seen("v1", "https://x/a"), seen("v2", "https://x/a"));
        assert_ne!(seen("v1", "https://x/a"), seen("v1", "https://x/b"));
    }

    #[test]
    fn same_name_of_another_kind_or_issuer_differs() {
        let signer = |subject, issuer: &str| SignerIdentity {
            subject,
            issuer: issuer.into(),
            claims: CiClaims::default(),
        };
        let name = || "a@x@refs/b".to_owned();
        let email = StableIdentity::from(&signer(Subject::Email(name()), "i"));
        assert_eq!(email.subject, name());
        assert_ne!(
            email,
            StableIdentity::from(&signer(Subject::Username(name()), "i"))
        );
        assert_ne!(
            email,
            StableIdentity::from(&signer(Subject::Email(name()), "j"))
        );
    }
}
