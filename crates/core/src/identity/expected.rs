//! The expected identity, and the one comparison with a signer.

use std::fmt;

use super::{Matcher, SignerIdentity, WorkflowClaims};

/// The identity that a signature has to be by. The issuer is always part of it: a name means nothing without the
/// provider that vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityPolicy {
    /// The name.
    pub subject: Matcher,
    /// The OpenID issuer.
    pub issuer: Matcher,
    /// Claims of the CI run that must be there and equal; those that are `None` are not compared.
    pub workflow: WorkflowClaims,
}

impl IdentityPolicy {
    /// An exact name at an exact issuer.
    pub fn exact(subject: impl Into<String>, issuer: impl Into<String>) -> Self {
        Self {
            subject: Matcher::Exact(subject.into()),
            issuer: Matcher::Exact(issuer.into()),
            workflow: WorkflowClaims::default(),
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
    /// A claim of the CI run, by the name of its flag.
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

    #[test]
    fn rejects_a_missing_claim() {
        let mut expected = IdentityPolicy::exact("a@example.com", "https://issuer.test");
        expected.workflow.repository = Some("author/Foo-Bar".into());
        let error = expected
            .check(&signer("a@example.com", "https://issuer.test"))
            .unwrap_err();
        assert_eq!(error.field, MismatchField::Workflow("repository"));
    }
}
