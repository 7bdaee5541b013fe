//! Who the author means to be.

use cpan_sigstore_core::identity::{CiClaims, IdentityPolicy, SignerIdentity, Subject};

use super::SignError;
use crate::login::IdentityToken;

/// Who the author means to be: by name, where one was given, and always as the token says.
///
/// The token says who the provider takes the author for; the certificate is compared with that. A
/// bundle's own word on its signer is never what it is verified against.
#[derive(Clone, Debug)]
pub struct LoginPolicy {
    name: Option<String>,
    voucher: Option<String>,
    one_of: Option<Vec<IdentityPolicy>>,
    token: TokenSubject,
    issuer: String,
}

#[derive(Clone, Debug)]
enum TokenSubject {
    /// A token with an e-mail address is certified for this address.
    Email(String),
    /// A token without one is certified for a user name `SUBJECT!DOMAIN`, or for the address of a
    /// workload that only the authority can derive from it.
    Subject(String),
}

impl LoginPolicy {
    /// The identity of a token; `name`, where given, has to be the certificate's, letter by letter.
    pub fn new(token: &IdentityToken, name: Option<String>) -> Self {
        Self {
            name,
            voucher: None,
            one_of: None,
            token: match token.email() {
                Some(email) => TokenSubject::Email(email.to_owned()),
                None => TokenSubject::Subject(token.subject().to_owned()),
            },
            issuer: token.certified_issuer().to_owned(),
        }
    }

    /// The same, where the certificate's issuer has to be `issuer`, letter by letter, too.
    #[must_use]
    pub fn vouched_for_by(self, issuer: Option<String>) -> Self {
        Self {
            voucher: issuer,
            ..self
        }
    }

    /// The same, which has to be one of these identities, too, where there are some.
    #[must_use]
    pub fn one_of(self, identities: Option<Vec<IdentityPolicy>>) -> Self {
        Self {
            one_of: identities,
            ..self
        }
    }

    /// Compares the token before it is sent: a certificate is logged as soon as it is issued, and
    /// with it a name that was not meant to become public.
    ///
    /// Only an e-mail address is sure to be the certificate's name; the others are compared then.
    ///
    /// # Errors
    /// [`SignError::Identity`] for a token of somebody else.
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

    /// Compares a certificate's identity.
    pub(super) fn check(&self, signer: &SignerIdentity) -> Result<(), SignError> {
        let named = self
            .name
            .as_ref()
            .is_none_or(|name| name == signer.subject.as_str());
        let vouched = self
            .voucher
            .as_ref()
            .is_none_or(|issuer| *issuer == signer.issuer);
        let listed = self
            .one_of
            .as_ref()
            .is_none_or(|identities| identities.iter().any(|one| one.check(signer).is_ok()));
        if named
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
            let listed: Vec<_> = identities.iter().map(ToString::to_string).collect();
            return listed.join(", or ");
        }
        let name = match (&self.name, &self.token) {
            (Some(name), _) => name.clone(),
            (None, TokenSubject::Email(email)) => email.clone(),
            (None, TokenSubject::Subject(subject)) => format!("the subject {subject}"),
        };
        let issuer = self.voucher.as_ref().unwrap_or(&self.issuer);
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
    fn a_certificate_names_who_the_token_names() {
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
    fn a_name_vouched_for_by_another_provider_is_somebody_else() {
        let claims = r#"{"iss":"https://i.test","sub":"1","exp":1,"email":"a@b.test"}"#;
        let by = |issuer: &str| expected(claims, None).vouched_for_by(Some(issuer.into()));
        assert!(by("https://i.test").check_token().is_ok());
        assert!(by("https://j.test").check_token().is_err());
    }

    #[test]
    fn who_is_none_of_those_who_may_sign_is_somebody_else() {
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
    fn a_user_name_is_the_whole_subject() {
        let user = |name: &str| signer(Subject::Username(name.into()), "https://i.test");
        let expected = expected(r#"{"iss":"https://i.test","sub":"AUTHOR","exp":1}"#, None);
        assert!(expected.check(&user("AUTHOR!pause.test")).is_ok());
        assert!(expected.check(&user("AUTHOR2!pause.test")).is_err());
        assert!(expected.check(&user("AUTHOR")).is_err());
    }
}
