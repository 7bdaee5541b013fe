//! The identity token: a JWT (RFC 7519) that an OpenID provider signed.
//!
//! It is read here without checking its signature: it is for the certificate authority to check, and
//! nothing is decided by it but whether it is worth sending.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cpan_sigstore_core::identity::{CiClaims, SignerIdentity, Subject};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// Largest token that is read, in bytes. Real ones have 1 to 3 KiB.
const SIZE_LIMIT: usize = 16 * 1024;
/// The audience that Sigstore's certificate authorities ask for, where none other was agreed.
const AUDIENCE: &str = "sigstore";
/// How long before its expiry a token is taken as expired: it still has to reach the authority.
const MARGIN: SignedDuration = SignedDuration::from_secs(3);

/// An identity token. Whoever holds it can sign as its subject until it expires.
///
/// # Security
///
/// `Debug` does not show it, and nothing in this program prints it.
#[derive(Clone)]
pub struct IdentityToken {
    jwt: String,
    claims: Claims,
    /// For whom it has to be.
    audience: String,
}

#[derive(Clone, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    #[serde(default)]
    aud: Audience,
    exp: i64,
    email: Option<String>,
    email_verified: Option<bool>,
    federated_claims: Option<FederatedClaims>,
    /// The workflow of a run of GitHub Actions, without the address of GitHub.
    job_workflow_ref: Option<String>,
    /// The repository of that run.
    repository: Option<String>,
}

#[derive(Clone, Deserialize)]
struct FederatedClaims {
    connector_id: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(untagged)]
enum Audience {
    #[default]
    None,
    One(String),
    Many(Vec<String>),
}

/// A token that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is no JWT.
    #[error("expected an identity token (three parts of base64 with dots between), found {0}")]
    Form(String),
    /// Its time is over.
    #[error(
        "expected an identity token that is still valid, found one that expired at {at}; log in again"
    )]
    Expired {
        /// When.
        at: Timestamp,
    },
    /// It is for another service.
    #[error("expected an identity token for `{expected}`, found one for {found}")]
    Audience {
        /// For which it should be.
        expected: String,
        /// For which.
        found: String,
    },
    /// Its e-mail address is not verified, so no authority will certify it.
    #[error(
        "expected an e-mail address that the provider has verified, found `{email}`, which it has not"
    )]
    EmailNotVerified {
        /// The address.
        email: String,
    },
}

impl IdentityToken {
    /// Reads a token; white space around it is dropped.
    ///
    /// # Errors
    /// [`TokenError::Form`] where it is no JWT with the claims of an identity token.
    pub fn from_jwt(text: &str) -> Result<Self, TokenError> {
        let form = |found: &str| TokenError::Form(found.to_owned());
        let jwt = text.trim();
        if jwt.len() > SIZE_LIMIT {
            return Err(form(&format!("{} bytes", jwt.len())));
        }
        let parts: Vec<&str> = jwt.split('.').collect();
        let [_, payload, _] = parts.as_slice() else {
            return Err(form(&format!("{} parts", parts.len())));
        };
        let payload = URL_SAFE_NO_PAD
            .decode(payload)
            .map_err(|_| form("a second part that is no base64"))?;
        let claims: Claims = serde_json::from_slice(&payload)
            // The error of the parser would quote the token.
            .map_err(|_| form("a second part without the claims of an identity token"))?;
        Ok(Self {
            jwt: jwt.to_owned(),
            claims,
            audience: AUDIENCE.to_owned(),
        })
    }

    /// The token of a login as another client than `sigstore`: such a token is for that client, and
    /// the certificate authority was configured for it.
    #[must_use]
    pub fn for_audience(mut self, audience: &str) -> Self {
        audience.clone_into(&mut self.audience);
        self
    }

    /// Whether it is worth sending to a certificate authority at `now`. Expiry comes first.
    ///
    /// # Errors
    /// The reason why an authority would refuse it.
    pub fn check(&self, now: Timestamp) -> Result<(), TokenError> {
        let at = Timestamp::from_second(self.claims.exp).unwrap_or(Timestamp::MIN);
        if now.saturating_add(MARGIN).unwrap_or(Timestamp::MAX) >= at {
            return Err(TokenError::Expired { at });
        }
        let found = match &self.claims.aud {
            Audience::One(one) if *one == self.audience => return self.check_email(),
            Audience::Many(many) if many.contains(&self.audience) => {
                return self.check_email();
            }
            Audience::None => "nobody".to_owned(),
            Audience::One(one) => format!("`{one}`"),
            Audience::Many(many) => format!("`{}`", many.join("`, `")),
        };
        Err(TokenError::Audience {
            expected: self.audience.clone(),
            found,
        })
    }

    fn check_email(&self) -> Result<(), TokenError> {
        match &self.claims.email {
            Some(email) if self.claims.email_verified == Some(false) => {
                Err(TokenError::EmailNotVerified {
                    email: email.clone(),
                })
            }
            _ => Ok(()),
        }
    }

    /// The token itself, to be sent to the certificate authority and nowhere else.
    pub fn expose(&self) -> &str {
        &self.jwt
    }

    /// What a certificate request signs to prove that it has the key: the e-mail address when the
    /// token has one, else the subject (Fulcio's proof of possession).
    pub fn proof_subject(&self) -> &str {
        self.claims.email.as_deref().unwrap_or(&self.claims.sub)
    }

    /// The subject.
    pub fn subject(&self) -> &str {
        &self.claims.sub
    }

    /// The e-mail address, if it has one.
    pub fn email(&self) -> Option<&str> {
        self.claims.email.as_deref()
    }

    /// The issuer that a certificate for it will name: the provider behind a federating one, as
    /// Sigstore's own login (Dex) is, else the token's issuer.
    pub fn certified_issuer(&self) -> &str {
        self.claims
            .federated_claims
            .as_ref()
            .and_then(|federated| federated.connector_id.as_deref())
            .unwrap_or(&self.claims.iss)
    }

    /// The identity that a certificate for it will name, as far as the token tells: an e-mail address, or
    /// the address of a workflow of GitHub. `None` for other workloads and for user names, to which the
    /// authority adds what only it knows.
    ///
    /// It is a forecast, for texts that are shown before a certificate is logged. The certificate decides.
    pub fn certified_identity(&self) -> Option<SignerIdentity> {
        let mut claims = CiClaims::default();
        let subject = match (&self.claims.email, &self.claims.job_workflow_ref) {
            (Some(email), _) => Subject::Email(email.clone()),
            (None, Some(workflow)) => {
                claims.github.repository.clone_from(&self.claims.repository);
                Subject::Uri(format!("https://github.com/{workflow}"))
            }
            (None, None) => return None,
        };
        Some(SignerIdentity {
            subject,
            issuer: self.certified_issuer().to_owned(),
            claims,
        })
    }

    /// The token's issuer.
    pub fn issuer(&self) -> &str {
        &self.claims.iss
    }
}

impl fmt::Debug for IdentityToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityToken").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> Result<IdentityToken, TokenError> {
        IdentityToken::from_jwt(&format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims)))
    }

    #[test]
    fn expiry_is_said_first() {
        let token =
            token(r#"{"iss":"https://i.test","sub":"s","aud":"other","exp":1000}"#).unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(
            token.check(at(997)),
            Err(TokenError::Expired { at: at(1000) })
        );
        assert!(matches!(
            token.check(at(990)),
            Err(TokenError::Audience { .. })
        ));
    }

    #[test]
    fn claims_decide_what_is_proved_and_who_is_named() {
        let plain = token(r#"{"iss":"i","sub":"s","aud":["sigstore"],"exp":1000}"#).unwrap();
        assert_eq!(
            (plain.proof_subject(), plain.certified_issuer()),
            ("s", "i")
        );
        let federated = token(
            r#"{"iss":"dex","sub":"s","aud":"sigstore","exp":1000,"email":"a@b.test","email_verified":false,"federated_claims":{"connector_id":"https://github.com/login/oauth"}}"#,
        )
        .unwrap();
        assert_eq!(federated.proof_subject(), "a@b.test");
        assert_eq!(
            federated.certified_issuer(),
            "https://github.com/login/oauth"
        );
        assert!(matches!(
            federated.check(Timestamp::from_second(1).unwrap()),
            Err(TokenError::EmailNotVerified { .. })
        ));
    }

    #[test]
    fn a_token_is_trimmed_bounded_and_never_shown() {
        let claims = URL_SAFE_NO_PAD.encode(r#"{"iss":"i","sub":"s","aud":"sigstore","exp":1}"#);
        let token = IdentityToken::from_jwt(&format!(" h.{claims}.secret\n")).unwrap();
        assert!(!format!("{token:?}").contains("secret"));
        assert!(token.expose().ends_with("secret"));
        assert!(IdentityToken::from_jwt(&"a".repeat(SIZE_LIMIT + 1)).is_err());
        assert!(IdentityToken::from_jwt("a.b").is_err());
    }
}
