//! ID tokens and their claims.

use serde_json::{Value, json};

use super::{Account, CLIENT_ID, Provider, ProviderMisbehaviour, Realm, keys};

/// Lifetime of an ID token, in seconds.
const TOKEN_SECONDS: i64 = 600;

impl Provider {
    /// Returns an account's ID token for a login with `nonce` (if any) and for `audience`.
    pub(super) fn id_token(
        &self,
        account: &Account,
        audience: &str,
        nonce: Option<&str>,
    ) -> String {
        let claims = self.claims(account, audience, nonce);
        match self.wrong() {
            Some(ProviderMisbehaviour::ForeignKey) => self.inner.foreign_key.sign(&claims),
            Some(ProviderMisbehaviour::UnsignedToken) => keys::without_signature(&claims),
            _ => self.inner.key.sign(&claims),
        }
    }

    fn claims(&self, account: &Account, audience: &str, nonce: Option<&str>) -> Value {
        let wrong = self.wrong();
        let issued = self.inner.clock.now().as_second();
        let mut claims = account.claims.clone();
        let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);

        let issuer = match wrong {
            Some(ProviderMisbehaviour::WrongIssuer) => "http://127.0.0.1:1".to_owned(),
            _ => self.issuer_url(account.realm),
        };
        put("iss", issuer.into());
        put("sub", account.subject.clone().into());
        let audience = match wrong {
            Some(ProviderMisbehaviour::WrongAudience) => "somebody-else",
            _ => audience,
        };
        put("aud", audience.into());
        let (issued, expires) = match wrong {
            Some(ProviderMisbehaviour::ExpiredToken) => {
                (issued - 2 * TOKEN_SECONDS, issued - TOKEN_SECONDS)
            }
            _ => (issued, issued + TOKEN_SECONDS),
        };
        put("jti", super::random_name().into());
        put("iat", issued.into());
        put("exp", expires.into());
        if let Some(email) = &account.email {
            put("email", email.clone().into());
            let verified = wrong != Some(ProviderMisbehaviour::EmailUnverified);
            put("email_verified", verified.into());
        }
        match (wrong, nonce) {
            (Some(ProviderMisbehaviour::MissingNonce), _) | (_, None) => None,
            (Some(ProviderMisbehaviour::WrongNonce), _) => {
                put("nonce", "the-nonce-of-another-login".into())
            }
            (_, Some(nonce)) => put("nonce", nonce.into()),
        };
        Value::Object(claims)
    }

    /// Returns the token endpoint's response to a successful login (OpenID Connect Core §3.1.3.3).
    pub(super) fn token_response(&self, account: &Account, nonce: Option<&str>) -> Value {
        let mut response = json!({
            "access_token": super::random_name(),
            "token_type": "bearer",
            "expires_in": TOKEN_SECONDS,
        });
        if self.wrong() != Some(ProviderMisbehaviour::NoIdToken) {
            response["id_token"] = self.id_token(account, CLIENT_ID, nonce).into();
        }
        response
    }

    /// Returns the issuer of a realm.
    pub(super) fn issuer_url(&self, realm: Realm) -> String {
        let path = match realm {
            Realm::Email => "",
            Realm::Pause => "/pause",
            Realm::Ci => "/ci",
        };
        format!("{}{path}", self.inner.base_url)
    }
}
