//! The identity token: a JWT (RFC 7519), signed by an OpenID provider.
//!
//! Its signature is not checked here: the certificate authority checks it. The claims only decide
//! whether the token is worth sending.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cpan_sigstore_core::{
    identity::{CiClaims, SignerIdentity, Subject, WorkflowClaims},
    text::count,
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// Largest token that is read, in bytes. Real ones have 1 to 3 KiB.
const SIZE_LIMIT: usize = 16 * 1024;
/// The address of GitHub.
const GITHUB: &str = "https://github.com";
/// Audience that Sigstore's certificate authorities require, unless another was agreed.
const AUDIENCE: &str = "sigstore";
/// Claims that identify a CI job. None of them is a secret.
const REGISTRABLE: [&str; 14] = [
    "iss",
    "repository",
    "repository_id",
    "repository_owner_id",
    "workflow_ref",
    "job_workflow_ref",
    "event_name",
    "project_path",
    "project_id",
    "namespace_id",
    "ci_config_ref_uri",
    "pipeline_source",
    "environment",
    "ref",
];
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
    /// The run of a workflow.
    #[serde(flatten)]
    run: RunClaims,
}

/// The claims of a CI run, as far as a certificate repeats them.
#[derive(Clone, Deserialize)]
struct RunClaims {
    /// GitHub: the workflow, without the address of GitHub.
    job_workflow_ref: Option<String>,
    /// GitHub: the repository, its id, and that of its owner.
    repository: Option<String>,
    repository_id: Option<String>,
    repository_owner_id: Option<String>,
    /// GitLab: the configuration of the pipeline, without a scheme.
    ci_config_ref_uri: Option<String>,
    /// GitLab: the project, its id, and that of its namespace.
    project_path: Option<String>,
    project_id: Option<String>,
    namespace_id: Option<String>,
}

/// The name of a workflow in a certificate, with the claims about its source.
struct Run {
    name: String,
    claims: Vec<(&'static str, String)>,
}

impl RunClaims {
    /// The name and the claims that Fulcio writes into the certificate of this run.
    fn run(&self, issuer: &str) -> Option<Run> {
        let (name, host, repository, ids) = match (&self.job_workflow_ref, &self.ci_config_ref_uri)
        {
            (Some(workflow), _) => (
                format!("{GITHUB}/{workflow}"),
                GITHUB,
                &self.repository,
                [&self.repository_id, &self.repository_owner_id],
            ),
            (None, Some(configuration)) => (
                format!("https://{configuration}"),
                issuer,
                &self.project_path,
                [&self.project_id, &self.namespace_id],
            ),
            (None, None) => return None,
        };
        let address = repository.as_ref().map(|path| format!("{host}/{path}"));
        let [repository_id, owner_id] = ids;
        let claims = [
            ("source-repository-uri", address),
            ("source-repository-identifier", repository_id.clone()),
            ("source-repository-owner-identifier", owner_id.clone()),
        ];
        Some(Run {
            name,
            claims: claims
                .into_iter()
                .filter_map(|(claim, value)| Some((claim, value?)))
                .collect(),
        })
    }
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
            return Err(form(&count(parts.len(), "part")));
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

    /// Returns the claims by which a repository registers a CI job at PAUSE. They are no secrets.
    pub fn registrable(&self) -> Vec<(&'static str, String)> {
        let payload = self.jwt.split('.').nth(1).unwrap_or_default();
        let payload = URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
        let claims: serde_json::Value = serde_json::from_slice(&payload).unwrap_or_default();
        let claim = |name: &'static str| Some((name, claims[name].as_str()?.to_owned()));
        REGISTRABLE.iter().filter_map(|name| claim(name)).collect()
    }

    /// Returns the token. Send it to the service of its audience and nowhere else.
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

    /// Returns the identity that a certificate will name: an e-mail address, or the address of a workflow at GitHub
    /// or GitLab. `None` for other workloads and for user names, which only the authority can derive.
    ///
    /// It is a forecast, for texts that are shown before a certificate is logged. The certificate decides.
    pub fn certified_identity(&self) -> Option<SignerIdentity> {
        let (subject, claims) = match (&self.claims.email, self.claims.run.run(self.issuer())) {
            (Some(email), _) => (Subject::Email(email.clone()), CiClaims::default()),
            (None, Some(run)) => (
                Subject::Uri(run.name),
                CiClaims::new(run.claims, WorkflowClaims::default()),
            ),
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
    use cpan_sigstore_core::identity::SourceClaims;

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
    fn forecasts_the_source_of_a_run() {
        let source = |claims: &str| {
            let identity = token(claims).unwrap().certified_identity().unwrap();
            (
                identity.subject.to_string(),
                SourceClaims::of(&identity.claims),
            )
        };
        let (name, found) = source(
            r#"{"iss":"https://token.actions.githubusercontent.com","sub":"s","exp":1,"job_workflow_ref":"shared/flows/.github/workflows/r.yml@refs/tags/v1","repository":"tim/Foo","repository_id":"17","repository_owner_id":"5"}"#,
        );
        assert_eq!(
            name,
            "https://github.com/shared/flows/.github/workflows/r.yml@refs/tags/v1"
        );
        assert_eq!(
            found.repository.as_deref(),
            Some("https://github.com/tim/Foo")
        );
        assert_eq!(
            (found.repository_id.as_deref(), found.owner_id.as_deref()),
            (Some("17"), Some("5"))
        );
        let (name, found) = source(
            r#"{"iss":"https://gitlab.com","sub":"s","exp":1,"ci_config_ref_uri":"gitlab.com/tim/foo//.gitlab-ci.yml@refs/tags/v1","project_path":"tim/foo","project_id":"17","namespace_id":"5"}"#,
        );
        assert_eq!(
            name,
            "https://gitlab.com/tim/foo//.gitlab-ci.yml@refs/tags/v1"
        );
        assert_eq!(
            found.repository.as_deref(),
            Some("https://gitlab.com/tim/foo")
        );
        assert_eq!(
            (found.repository_id.as_deref(), found.owner_id.as_deref()),
            (Some("17"), Some("5"))
        );
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
