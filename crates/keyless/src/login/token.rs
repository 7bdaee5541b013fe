//! The identity token: a JWT (RFC 7519), signed by an OpenID provider.
//!
//! Its signature is not checked here: the certificate authority checks it. The claims only decide
//! whether the token is worth sending.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cpan_sigstore_core::identity::{CiClaims, SignerIdentity, Subject};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// Largest token that is read, in bytes. Real ones have 1 to 3 KiB.
const SIZE_LIMIT: usize = 16 * 1024;
/// Audience that Sigstore's certificate authorities require, unless another was agreed.
const AUDIENCE: &str = "sigstore";
/// Time before its expiry at which a token is treated as expired: it must still reach the
/// authority.
const MARGIN: SignedDuration = SignedDuration::from_secs(3);

/// An identity token. Its holder can sign as its subject until it expires.
///
/// # Security
///
/// `Debug` does not show it, and this program never prints it.
#[derive(Clone)]
pub struct IdentityToken {
    jwt: String,
    claims: TokenClaims,
    /// Audience that it must have.
    audience: String,
}

#[derive(Clone, Deserialize)]
struct TokenClaims {
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

/// Error of an unusable token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is not a JWT.
    #[error("invalid identity token: expected three parts of base64 with dots between, found {0}")]
    Form(String),
    /// It has expired.
    #[error("the identity token expired at {at}")]
    Expired {
        /// Time of expiry.
        at: Timestamp,
    },
    /// It is for another service.
    #[error("invalid identity token: expected the audience `{expected}`, found {found}")]
    Audience {
        /// The required audience.
        expected: String,
        /// The audience of the token.
        found: String,
    },
    /// The provider has not verified its e-mail address, so no authority will certify it.
    #[error("the provider has not verified the e-mail address `{email}`")]
    EmailNotVerified {
        /// The address.
        email: String,
    },
}

impl IdentityToken {
    /// Reads a token and trims white space around it.
    ///
    /// # Errors
    /// [`TokenError::Form`] if it is not a JWT with the claims of an identity token.
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
            .map_err(|_| form("a second part that is not base64"))?;
        let claims: TokenClaims = serde_json::from_slice(&payload)
            // The error of the parser would quote the token.
            .map_err(|_| form("a second part without the claims of an identity token"))?;
        Ok(Self {
            jwt: jwt.to_owned(),
            claims,
            audience: AUDIENCE.to_owned(),
        })
    }

    /// Requires another audience, for a login as another client than `sigstore`. The certificate
    /// authority must be configured for it.
    #[must_use]
    pub fn for_audience(mut self, audience: &str) -> Self {
        audience.clone_into(&mut self.audience);
        self
    }

    /// Checks whether a certificate authority can accept the token at `now`. Expiry is checked
    /// first.
    ///
    /// # Errors
    /// The reason why an authority would refuse it.
    pub fn check(&self, now: Timestamp) -> Result<(), TokenError> {
        let at = self.expires();
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

    /// Returns the time of its expiry.
    pub fn expires(&self) -> Timestamp {
        Timestamp::from_second(self.claims.exp).unwrap_or(Timestamp::MIN)
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

    /// Returns the token. Send it to the certificate authority and nowhere else.
    pub fn expose(&self) -> &str {
        &self.jwt
    }

    /// Returns the text that a certificate request signs as proof of possession (Fulcio): the
    /// e-mail address if there is one, else the subject.
    pub fn proof_subject(&self) -> &str {
        self.claims.email.as_deref().unwrap_or(&self.claims.sub)
    }

    /// Returns the subject.
    pub fn subject(&self) -> &str {
        &self.claims.sub
    }

    /// Returns the e-mail address, if there is one.
    pub fn email(&self) -> Option<&str> {
        self.claims.email.as_deref()
    }

    /// Returns the issuer that the certificate will name. A federating provider, such as Sigstore's
    /// own login (Dex), names the provider behind it.
    pub fn certified_issuer(&self) -> &str {
        self.claims
            .federated_claims
            .as_ref()
            .and_then(|federated| federated.connector_id.as_deref())
            .unwrap_or(&self.claims.iss)
    }

    /// Returns the identity that a certificate will name: an e-mail address, or the address of a GitHub
    /// workflow. `None` for other workloads and for user names, which only the authority can derive.
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

    /// Returns the token's issuer.
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
    fn reports_token_expiry_before_audience() {
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
    fn derives_proof_subject_and_issuer_from_token_claims() {
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
    fn trims_and_bounds_tokens_and_never_shows_them() {
        let claims = URL_SAFE_NO_PAD.encode(r#"{"iss":"i","sub":"s","aud":"sigstore","exp":1}"#);
        let token = IdentityToken::from_jwt(&format!(" h.{claims}.secret\n")).unwrap();
        assert!(!format!("{token:?}").contains("secret"));
        assert!(token.expose().ends_with("secret"));
        assert!(IdentityToken::from_jwt(&"a".repeat(SIZE_LIMIT + 1)).is_err());
        assert!(IdentityToken::from_jwt("a.b").is_err());
    }
}
