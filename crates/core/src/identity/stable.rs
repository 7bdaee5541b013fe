//! The part of an identity that stays the same from release to release.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{CiClaims, SignerIdentity, SourceClaims, Subject, WorkflowClaims, source::without_ref};

/// The part of a signer that stays the same from one release to the next.
///
/// A workflow's name in a certificate ends with the tag it ran for (`…/release.yml@refs/tags/v1.02`),
/// which differs for each release, and is left out. The repository is part of the identity: a workflow that many
/// repositories use has one name for all of them. So are the ids of repository and owner, because somebody else can
/// register a name that was given up.
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
    /// The id of that repository; empty if the certificate had none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub repository_id: String,
    /// The id of its owner; empty if the certificate had none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub owner_id: String,
}

impl From<&SignerIdentity> for StableIdentity {
    fn from(signer: &SignerIdentity) -> Self {
        let name = signer.subject.as_str();
        let (kind, subject) = match &signer.subject {
            Subject::Email(_) => ("email", name),
            Subject::Username(_) => ("username", name),
            Subject::Uri(_) => ("uri", without_ref(name)),
        };
        let source = SourceClaims::of(&signer.claims);
        Self {
            kind: kind.to_owned(),
            subject: subject.to_owned(),
            issuer: signer.issuer.clone(),
            repository: source.repository.unwrap_or_default(),
            repository_id: source.repository_id.unwrap_or_default(),
            owner_id: source.owner_id.unwrap_or_default(),
        }
    }
}

impl StableIdentity {
    /// Whether a signer is this remembered identity.
    ///
    /// Names are compared, and each id that is remembered. An identity without ids, from a certificate that had none,
    /// is compared by its names; the ids of the next admitted release are added to it. A signer without an id that is
    /// remembered is another one.
    pub fn is_signer(&self, signer: &Self) -> bool {
        let is_id = |remembered: &str, found: &str| remembered.is_empty() || remembered == found;
        self.has_names_of(signer)
            && is_id(&self.repository_id, &signer.repository_id)
            && is_id(&self.owner_id, &signer.owner_id)
    }

    /// Whether all but the ids are equal.
    fn has_names_of(&self, other: &Self) -> bool {
        (&self.kind, &self.subject) == (&other.kind, &other.subject)
            && (&self.issuer, &self.repository) == (&other.issuer, &other.repository)
    }

    /// Returns a signer of whom only this is known.
    pub fn signer(&self) -> SignerIdentity {
        let name = self.subject.clone();
        let entries = [
            ("source-repository-uri", &self.repository),
            ("source-repository-identifier", &self.repository_id),
            ("source-repository-owner-identifier", &self.owner_id),
        ];
        let entries = entries.into_iter().filter(|(_, value)| !value.is_empty());
        let claims = CiClaims::new(
            entries.map(|(name, value)| (name, value.clone())).collect(),
            WorkflowClaims::default(),
        );
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
        for (what, id) in [
            ("repository", &self.repository_id),
            ("owner", &self.owner_id),
        ] {
            if !id.is_empty() {
                write!(f, ", {what} id {id}")?;
            }
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
    fn same_names_with_other_ids_are_another_signer() {
        let with_ids = |repository_id: &str, owner_id: &str| StableIdentity {
            repository_id: repository_id.into(),
            owner_id: owner_id.into(),
            ..StableIdentity::from(&workflow("v1", "https://x/a"))
        };
        let known = with_ids("17", "5");
        assert_eq!(StableIdentity::from(&known.signer()), known);
        assert!(known.is_signer(&with_ids("17", "5")));
        for (repository, owner) in [("18", "5"), ("17", "6"), ("", "5"), ("17", ""), ("", "")] {
            assert!(
                !known.is_signer(&with_ids(repository, owner)),
                "{repository} {owner}"
            );
        }
        // Remembered without ids: compared by names, as long as no id is known.
        assert!(with_ids("", "").is_signer(&known));
        assert!(!with_ids("", "6").is_signer(&known));
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
