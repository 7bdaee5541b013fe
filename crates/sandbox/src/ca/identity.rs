//! The identity in a token, and its form in a certificate ([Fulcio's OID assignments]).
//!
//! [Fulcio's OID assignments]: https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md

use const_oid::ObjectIdentifier;
use der::asn1::{Any, Ia5String, Utf8StringRef};
use der::{Encode, Tag};
use serde::Deserialize;
use serde_json::{Map, Value};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::{GeneralName, OtherName};

use crate::rejection::Rejection;
use crate::x509;

/// Kind of subject in an identity provider's tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssuerKind {
    /// A verified e-mail address. If the login used another provider
    /// (`federated_claims.connector_id`), that provider is the certificate's issuer.
    Email,
    /// A user name in `sub`, which becomes `sub!domain`.
    Username {
        /// Part after the exclamation mark.
        domain: String,
    },
    /// A workflow run, with the claims of GitHub Actions.
    Workflow,
}

/// The claims of a verified token.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) sub: String,
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl Claims {
    fn text(&self, name: &str) -> Result<&str, Rejection> {
        self.others
            .get(name)
            .and_then(Value::as_str)
            .ok_or_else(|| Rejection::bad_request(format!("the token has no claim `{name}`")))
    }

    fn connector(&self) -> Option<&str> {
        self.others
            .get("federated_claims")?
            .get("connector_id")?
            .as_str()
    }
}

/// The subject of a certificate request.
pub(super) struct Principal {
    /// Text that the proof of possession signs.
    pub(super) challenge: String,
    pub(super) issuer: String,
    name: Subject,
    subject: String,
    /// Last arc below 1.3.6.1.4.1.57264.1, and value.
    claims: Vec<(u32, String)>,
}

enum Subject {
    Email(String),
    Username(String),
    Uri(String),
}

impl Principal {
    pub(super) fn new(kind: &IssuerKind, claims: &Claims) -> Result<Self, Rejection> {
        match kind {
            IssuerKind::Email => Self::email(claims),
            IssuerKind::Username { domain } => Self::username(claims, domain),
            IssuerKind::Workflow => Self::workflow(claims),
        }
    }

    fn email(claims: &Claims) -> Result<Self, Rejection> {
        let address = claims.text("email")?;
        if claims.others.get("email_verified") != Some(&Value::Bool(true)) {
            return Err(Rejection::bad_request(
                "the provider has not verified the e-mail address",
            ));
        }
        if !address.contains('@') {
            return Err(Rejection::bad_request(
                "the claim `email` is not an e-mail address",
            ));
        }
        Ok(Self {
            challenge: address.to_owned(),
            issuer: claims.connector().unwrap_or(&claims.iss).to_owned(),
            name: Subject::Email(address.to_owned()),
            subject: claims.sub.clone(),
            claims: Vec::new(),
        })
    }

    fn username(claims: &Claims, domain: &str) -> Result<Self, Rejection> {
        if claims.sub.contains('!') || claims.sub.contains('@') {
            return Err(Rejection::bad_request(
                "the subject is not a user name: it contains `!` or `@`",
            ));
        }
        Ok(Self {
            challenge: claims.sub.clone(),
            issuer: claims.iss.clone(),
            name: Subject::Username(format!("{}!{domain}", claims.sub)),
            subject: claims.sub.clone(),
            claims: Vec::new(),
        })
    }

    fn workflow(claims: &Claims) -> Result<Self, Rejection> {
        let claim = |name| claims.text(name).map(str::to_owned);
        let address = |name| {
            claims
                .text(name)
                .map(|path| format!("https://github.com/{path}"))
        };
        let run = format!(
            "{}/actions/runs/{}/attempts/{}",
            address("repository")?,
            claim("run_id")?,
            claim("run_attempt")?,
        );
        Ok(Self {
            challenge: claims.sub.clone(),
            issuer: claims.iss.clone(),
            name: Subject::Uri(address("job_workflow_ref")?),
            subject: claims.sub.clone(),
            claims: vec![
                (2, claim("event_name")?),
                (3, claim("sha")?),
                (4, claim("workflow")?),
                (5, claim("repository")?),
                (6, claim("ref")?),
                (9, address("job_workflow_ref")?),
                (10, claim("job_workflow_sha")?),
                (11, claim("runner_environment")?),
                (12, address("repository")?),
                (13, claim("sha")?),
                (14, claim("ref")?),
                (15, claim("repository_id")?),
                (16, address("repository_owner")?),
                (17, claim("repository_owner_id")?),
                (18, address("workflow_ref")?),
                (19, claim("workflow_sha")?),
                (20, claim("event_name")?),
                (21, run),
                (22, claim("repository_visibility")?),
            ],
        })
    }

    /// Returns another subject of the same kind.
    pub(super) fn into_somebody_else(mut self) -> Self {
        self.name = match self.name {
            Subject::Email(_) => Subject::Email("somebody-else@example.test".to_owned()),
            Subject::Username(name) => Subject::Username(format!("SOMEBODYELSE{name}")),
            Subject::Uri(uri) => Subject::Uri(format!("{uri}-somebody-else")),
        };
        self
    }

    /// Returns the subject alternative name. It is critical because the subject is empty.
    pub(super) fn name(&self) -> der::Result<Extension> {
        let name = match &self.name {
            Subject::Email(address) => GeneralName::Rfc822Name(Ia5String::new(address)?),
            Subject::Uri(uri) => GeneralName::UniformResourceIdentifier(Ia5String::new(uri)?),
            Subject::Username(name) => GeneralName::OtherName(OtherName {
                type_id: fulcio_oid(7)?,
                value: Any::new(Tag::Utf8String, name.as_bytes())?,
            }),
        };
        x509::extension_of(true, &SubjectAltName(vec![name]))
    }

    /// Returns the issuer, in the deprecated raw form and as a DER string.
    pub(super) fn issuer_extensions(&self) -> der::Result<[Extension; 2]> {
        Ok([raw(1, &self.issuer)?, text(8, &self.issuer)?])
    }

    /// Returns the claims about the workflow, and its subject.
    pub(super) fn claim_extensions(&self) -> der::Result<Vec<Extension>> {
        self.claims
            .iter()
            .map(|(arc, value)| (*arc, value.as_str()))
            .chain([(24, self.subject.as_str())])
            // The first six identifiers are older than the DER encoding of values.
            .map(|(arc, value)| {
                if arc < 7 {
                    raw(arc, value)
                } else {
                    text(arc, value)
                }
            })
            .collect()
    }
}

fn fulcio_oid(arc: u32) -> der::Result<ObjectIdentifier> {
    Ok(ObjectIdentifier::new("1.3.6.1.4.1.57264.1")?.push_arc(arc)?)
}

fn raw(arc: u32, value: &str) -> der::Result<Extension> {
    x509::extension(fulcio_oid(arc)?, false, value.as_bytes().to_vec())
}

fn text(arc: u32, value: &str) -> der::Result<Extension> {
    x509::extension(
        fulcio_oid(arc)?,
        false,
        Utf8StringRef::new(value)?.to_der()?,
    )
}
