//! Reads the signer identity from a certificate.
//!
//! The Sigstore libraries take the first e-mail address or URI of a certificate and ignore user
//! names. Here a certificate must name exactly one identity, of one of Fulcio's three kinds
//! (Fulcio's `docs/certificate-specification.md`).

use cpan_sigstore_core::{
    cause::Cause,
    identity::{CiClaims, SignerIdentity, Subject, WorkflowClaims},
    text::shows_as_itself,
};
use der::{Decode as _, Tag, Tagged as _, asn1::ObjectIdentifier};
use sigstore_verify::{
    crypto::{CertificateInfo, parse_certificate_info},
    types::DerCertificate,
};
use x509_cert::{
    Certificate,
    ext::pkix::{SubjectAltName, name::GeneralName},
};

use crate::bundle::VerificationFailure;

/// Fulcio's `otherName` for user names: a UTF8String `NAME!DOMAIN`.
const USERNAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.7");

/// Largest certificate that is read, in bytes. Fulcio's have 700 to 1,800.
const SIZE_LIMIT: usize = 16 * 1024;

/// The unverified content of a certificate.
#[derive(Clone, Debug)]
pub(crate) struct CertificateClaims {
    pub signer: SignerIdentity,
    pub info: CertificateInfo,
}

impl CertificateClaims {
    pub fn read(certificate: &DerCertificate) -> Result<Self, VerificationFailure> {
        let malformed =
            |found: String| VerificationFailure::new(Cause::CertificateMalformed, found);
        let der = certificate.as_bytes();
        if der.len() > SIZE_LIMIT {
            return Err(malformed(format!(
                "a certificate of {} bytes (at most {SIZE_LIMIT})",
                der.len()
            )));
        }
        let info =
            parse_certificate_info(certificate).map_err(|error| malformed(error.to_string()))?;
        let parsed = Certificate::from_der(der).map_err(|error| malformed(error.to_string()))?;
        refuse_repeated_extensions(&parsed)?;
        let issuer = info
            .issuer
            .clone()
            .filter(|issuer| !issuer.is_empty())
            .ok_or_else(|| {
                VerificationFailure::new(Cause::CertificateIdentity, "no issuer of the identity")
            })?;
        Ok(Self {
            signer: SignerIdentity {
                subject: subject(&parsed)?,
                issuer,
                claims: claims(&info),
            },
            info,
        })
    }
}

/// Refuses repeated extensions (RFC 5280 4.2). Readers could differ about which one applies.
fn refuse_repeated_extensions(certificate: &Certificate) -> Result<(), VerificationFailure> {
    let mut seen = Vec::new();
    for extension in certificate.tbs_certificate.extensions.iter().flatten() {
        if seen.contains(&extension.extn_id) {
            return Err(VerificationFailure::new(
                Cause::CertificateMalformed,
                format!("the extension {} twice", extension.extn_id),
            ));
        }
        seen.push(extension.extn_id);
    }
    Ok(())
}

fn subject(certificate: &Certificate) -> Result<Subject, VerificationFailure> {
    let refused = |found: &str| VerificationFailure::new(Cause::CertificateIdentity, found);
    let (_, SubjectAltName(names)) = certificate
        .tbs_certificate
        .get::<SubjectAltName>()
        .map_err(|error| VerificationFailure::new(Cause::CertificateMalformed, error.to_string()))?
        .ok_or_else(|| refused("a certificate without a name"))?;
    let [name] = names.as_slice() else {
        return Err(refused(&format!("{} names", names.len())));
    };
    let subject = match name {
        GeneralName::Rfc822Name(email) => Subject::Email(email.to_string()),
        GeneralName::UniformResourceIdentifier(uri) => Subject::Uri(uri.to_string()),
        GeneralName::OtherName(other) if other.type_id == USERNAME => {
            if other.value.tag() != Tag::Utf8String {
                return Err(refused("a user name that is not UTF-8 text"));
            }
            let name = std::str::from_utf8(other.value.value())
                .map_err(|_| refused("a user name that is not UTF-8 text"))?;
            Subject::Username(name.to_owned())
        }
        _ => return Err(refused("a name of another kind")),
    };
    // A name that does not print as itself could imitate another on a screen.
    if subject.as_str().is_empty() || !subject.as_str().chars().all(shows_as_itself) {
        return Err(refused("an empty name, or one with unprintable characters"));
    }
    Ok(subject)
}

fn claims(info: &CertificateInfo) -> CiClaims {
    let ci = &info.ci_claims;
    let entries = [
        ("build-signer-uri", &ci.build_signer_uri),
        ("build-signer-digest", &ci.build_signer_digest),
        ("runner-environment", &ci.runner_environment),
        ("source-repository-uri", &ci.source_repository_uri),
        ("source-repository-digest", &ci.source_repository_digest),
        ("source-repository-ref", &ci.source_repository_ref),
        (
            "source-repository-identifier",
            &ci.source_repository_identifier,
        ),
        (
            "source-repository-owner-uri",
            &ci.source_repository_owner_uri,
        ),
        (
            "source-repository-owner-identifier",
            &ci.source_repository_owner_identifier,
        ),
        ("build-config-uri", &ci.build_config_uri),
        ("build-config-digest", &ci.build_config_digest),
        ("build-trigger", &ci.build_trigger),
        ("run-invocation-uri", &ci.run_invocation_uri),
        (
            "source-repository-visibility-at-signing",
            &ci.source_repository_visibility_at_signing,
        ),
        ("deployment-environment", &ci.deployment_environment),
        ("token-subject", &ci.token_subject),
    ];
    let github = &ci.deprecated_github;
    CiClaims::new(
        entries
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.clone()?)))
            .collect(),
        WorkflowClaims {
            trigger: github.workflow_trigger.clone(),
            sha: github.workflow_sha.clone(),
            name: github.workflow_name.clone(),
            repository: github.workflow_repository.clone(),
            git_ref: github.workflow_ref.clone(),
        },
    )
}
