//! The identity as which the author intends to sign.

use cpan_sigstore_core::{
    identity::{CiClaims, IdentityPolicy, SignerIdentity, Subject},
    text::alternatives,
};

use super::SignError;
use crate::login::IdentityToken;

/// The identity as which the author intends to sign: always that of the token, and optionally one
/// with a given name, issuer or list.
///
/// The provider states the identity in the token, and the certificate is compared with it. A
/// bundle's own claim about its signer is never used.
#[derive(Clone, Debug)]
pub struct LoginPolicy {
    name: Option<String>,
    required_issuer: Option<String>,
    one_of: Option<Vec<IdentityPolicy>>,
    token: TokenSubject,
    issuer: String,
}

#[derive(Clone, Debug)]
enum TokenSubject {
    /// A token with an e-mail address is certified for this address.
    Email(String),
    /// A token without one is certified for a user name `SUBJECT!DOMAIN`, or for a workload's URI,
    /// which only the authority can derive from the token.
    Subject(String),
}

impl LoginPolicy {
    /// Returns the policy for a token. If `name` is given, the certificate must have exactly this
    /// name.
    pub fn new(token: &IdentityToken, name: Option<String>) -> Self {
        Self {
            name,
            required_issuer: None,
            one_of: None,
            token: match token.email() {
                Some(email) => TokenSubject::Email(email.to_owned()),
                None => TokenSubject::Subject(token.subject().to_owned()),
            },
            issuer: token.certified_issuer().to_owned(),
        }
    }

    /// Also requires exactly this issuer, if one is given.
    #[must_use]
    pub fn with_issuer(self, issuer: Option<String>) -> Self {
        Self {
            required_issuer: issuer,
            ..self
        }
    }

    /// Also requires one of these identities, if any are given.
    #[must_use]
    pub fn one_of(self, identities: Option<Vec<IdentityPolicy>>) -> Self {
        Self {
            one_of: identities,
            ..self
        }
    }

    /// Checks the token before it is sent: a certificate is logged as soon as it is issued, and
    /// makes its name public.
    ///
    /// Only an e-mail address is certain to be the certificate's name. Other names are checked in
    /// the certificate.
    ///
    /// # Errors
    /// [`SignError::Identity`] for another identity's token.
    pub fn check_token(&self) -> Result<(), SignError> {
        match &self.token {
            TokenSubject::Email(email) => self.check(&SignerIdentity {
                subject: Subject::Email(email.clone()),
                issuer: self.issuer.clone(),
                claims: CiClaims::default(),
            }),
            TokenSubject::Subject(_) => Ok(()),
        }
    }

    /// Checks a certificate's identity.
    pub(super) fn check(&self, signer: &SignerIdentity) -> Result<(), SignError> {
        let is_named = self
            .name
            .as_ref()
            .is_none_or(|name| name == signer.subject.as_str());
        let vouched = self
            .required_issuer
            .as_ref()
            .is_none_or(|issuer| *issuer == signer.issuer);
        let listed = self
            .one_of
            .as_ref()
            .is_none_or(|identities| identities.iter().any(|one| one.check(signer).is_ok()));
        if is_named
            && vouched
            && listed
            && self.issuer == signer.issuer
            && self.token.is(&signer.subject)
        {
            return Ok(());
        }
        Err(SignError::Identity {
            expected: self.describe(),
            found: Box::new(signer.clone()),
        })
    }

    fn describe(&self) -> String {
        if let Some(identities) = &self.one_of {
            return alternatives(identities);
        }
        let name = match (&self.name, &self.token) {
            (Some(name), _) => name.clone(),
            (None, TokenSubject::Email(email)) => email.clone(),
            (None, TokenSubject::Subject(subject)) => format!("the subject {subject}"),
        };
        let issuer = self.required_issuer.as_ref().unwrap_or(&self.issuer);
        format!("{name} (by {issuer})")
    }
}

impl TokenSubject {
    fn is(&self, subject: &Subject) -> bool {
        match (self, subject) {
            (Self::Email(email), Subject::Email(name)) => email == name,
            (Self::Subject(stated), Subject::Username(name)) => name
                .strip_prefix(stated.as_str())
                .is_some_and(|rest| rest.starts_with('!')),
            (Self::Subject(_), Subject::Uri(_)) => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    fn expected(claims: &str, name: Option<&str>) -> LoginPolicy {
        let payload = URL_SAFE_NO_PAD.encode(claims);
        let token = IdentityToken::from_jwt(&format!("h.{payload}.s")).unwrap();
        LoginPolicy::new(&token, name.map(str::to_owned))
    }

    fn signer(subject: Subject, issuer: &str) -> SignerIdentity {
        SignerIdentity {
            subject,
            issuer: issuer.into(),
            claims: CiClaims::default(),
        }
    }

    #[test]
    fn accepts_only_a_certificate_for_the_identity_of_the_token() {
        let email = |name: &str| signer(Subject::Email(name.into()), "https://i.test");
        let claims = r#"{"iss":"https://i.test","sub":"1","exp":1,"email":"a@b.test"}"#;
        assert!(expected(claims, None).check(&email("a@b.test")).is_ok());
        assert!(expected(claims, None).check(&email("c@b.test")).is_err());
        assert!(
            expected(claims, Some("c@b.test"))
                .check(&email("a@b.test"))
                .is_err()
        );
        let elsewhere = signer(Subject::Email("a@b.test".into()), "https://j.test");
        assert!(expected(claims, None).check(&elsewhere).is_err());
    }

    #[test]
    fn rejects_a_name_certified_by_another_issuer() {
        let claims = r#"{"iss":"https://i.test","sub":"1","exp":1,"email":"a@b.test"}"#;
        let by = |issuer: &str| expected(claims, None).with_issuer(Some(issuer.into()));
        assert!(by("https://i.test").check_token().is_ok());
        assert!(by("https://j.test").check_token().is_err());
    }

    #[test]
    fn rejects_an_identity_outside_the_authorized_ones() {
        let claims = r#"{"iss":"https://i.test","sub":"1","exp":1,"email":"a@b.test"}"#;
        let among = |name: &str| {
            let identities = vec![IdentityPolicy::exact(name, "https://i.test")];
            expected(claims, None).one_of(Some(identities))
        };
        assert!(among("a@b.test").check_token().is_ok());
        assert!(among("c@b.test").check_token().is_err());
        assert!(
            expected(claims, None)
                .one_of(Some(Vec::new()))
                .check_token()
                .is_err()
        );
    }

    #[test]
    fn compares_user_names_with_the_whole_subject() {
        let user = |name: &str| signer(Subject::Username(name.into()), "https://i.test");
        let expected = expected(r#"{"iss":"https://i.test","sub":"AUTHOR","exp":1}"#, None);
        assert!(expected.check(&user("AUTHOR!pause.test")).is_ok());
        assert!(expected.check(&user("AUTHOR2!pause.test")).is_err());
        assert!(expected.check(&user("AUTHOR")).is_err());
    }
}
