//! From digest and login to a bundle that was verified.
//!
//! One login signs many files: the key and its certificate are made once and live for as long as the
//! certificate (ten minutes). Nothing is logged before the token, then the certificate, was found to
//! name who was meant, and no bundle leaves this module before it was verified as any other bundle is.
//!
//! 1. [`Services::select`]: which services, as the signing configuration asks; what cannot be done
//!    is said before anything is signed.
//! 2. [`SigningSession::certify`] (and [`SigningSession::renew`], for many files): an ephemeral key, and a certificate for it; its key and its name are
//!    compared with what was asked for.
//! 3. [`SigningSession::sign`]: a signature over the digest; the log and the timestamp authority at the same
//!    time; the bundle, strictly read and verified.

mod certificate;
mod error;
mod expected;
mod log;
mod request;
mod services;
mod timestamp;

pub use error::SignError;
pub use expected::LoginPolicy;
pub use services::Services;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use cpan_sigstore_core::{digest::Sha256Digest, identity::SignerIdentity};
use cpan_sigstore_http::Backoff;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sigstore_verify::{
    crypto::KeyPair,
    types::{DerCertificate, MediaType, Sha256Hash, SignatureBytes},
};

use crate::{
    bundle::StrictBundle,
    login::IdentityToken,
    sign::{log::Logged, request::Requests},
    verify::{Allow, Artifact, VerifiedSignature, Verifier},
};

/// Signs as one identity until its certificate expires.
pub struct SigningSession {
    requests: Requests,
    services: Services,
    verifier: Verifier,
    expected: LoginPolicy,
    certified: Certified,
}

/// How long before its end a certificate is not used any more: log and timestamp authority still have
/// to answer.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// A key, and the certificate that says whose it is.
struct Certified {
    key: KeyPair,
    certificate: DerCertificate,
    identity: SignerIdentity,
    expires: Timestamp,
}

impl Certified {
    async fn get(
        requests: &Requests,
        services: &Services,
        token: &IdentityToken,
        expected: &LoginPolicy,
        now: Timestamp,
    ) -> Result<Self, SignError> {
        token.check(now)?;
        expected.check_token()?;
        let key = KeyPair::generate_ecdsa_p256().map_err(SignError::key)?;
        let certificate = certificate::request(requests, &services.authority, token, &key).await?;
        let claims = certificate::check(&certificate, &key)?;
        expected.check(&claims.signer)?;
        Ok(Self {
            key,
            certificate,
            expires: claims.info.not_after,
            identity: claims.signer,
        })
    }
}

/// A bundle that was verified as its reader will.
#[derive(Clone, Debug)]
pub struct SignedBundle {
    json: String,
    verified: VerifiedSignature,
}

impl SignedBundle {
    /// The bundle, format 0.3.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// What was verified about it.
    pub fn verified(&self) -> &VerifiedSignature {
        &self.verified
    }
}

impl SigningSession {
    /// Gets a certificate for the identity of a token.
    ///
    /// `expected` is who the user means to be; a certificate for anybody else is an error, and
    /// nothing is logged under the wrong name.
    ///
    /// # Errors
    /// Where the token is of no use, no certificate is to be had, or it is not for this identity and
    /// key.
    pub async fn certify(
        services: Services,
        verifier: Verifier,
        token: &IdentityToken,
        expected: LoginPolicy,
        backoff: Backoff,
        now: Timestamp,
    ) -> Result<Self, SignError> {
        let requests = Requests::new(&services, backoff)?;
        let certified = Certified::get(&requests, &services, token, &expected, now).await?;
        Ok(Self {
            requests,
            services,
            verifier,
            expected,
            certified,
        })
    }

    /// Who signs, as the certificate says.
    pub fn identity(&self) -> &SignerIdentity {
        &self.certified.identity
    }

    /// Gets another certificate where the one there is would expire too soon to sign with.
    ///
    /// # Errors
    /// As [`SigningSession::certify`]; the token may have expired meanwhile.
    pub async fn renew(&mut self, token: &IdentityToken, now: Timestamp) -> Result<(), SignError> {
        let soon = now.saturating_add(MARGIN).unwrap_or(Timestamp::MAX);
        if soon >= self.certified.expires {
            self.certified =
                Certified::get(&self.requests, &self.services, token, &self.expected, now).await?;
        }
        Ok(())
    }

    /// Signs a digest.
    ///
    /// # Errors
    /// Where a service does not answer as it should, or the finished bundle does not verify.
    pub async fn sign(&self, digest: Sha256Digest) -> Result<SignedBundle, SignError> {
        match self.sign_once(digest).await {
            // A Rekor v2 log had taken an entry whose answer was lost, and keeps its proof to
            // itself. The same key signs again: another signature, another entry.
            Err(SignError::EntryExists { .. }) => self.sign_once(digest).await,
            result => result,
        }
    }

    async fn sign_once(&self, digest: Sha256Digest) -> Result<SignedBundle, SignError> {
        let hash = Sha256Hash::new(*digest.as_bytes());
        let signature = self
            .certified
            .key
            .sign_digest(&hash)
            .map_err(SignError::key)?;
        let logged = Logged {
            digest: &hash,
            signature: &signature,
            certificate: &self.certified.certificate,
        };
        let (entries, timestamps) = tokio::try_join!(
            log::entries(&self.requests, &self.services.logs, &logged),
            timestamp::timestamps(
                &self.requests,
                &self.services.timestamp_authorities,
                &signature
            ),
        )?;
        let json = self
            .bundle(&hash, &signature, &entries, &timestamps)
            .to_string();
        let verified = self.verify(digest, &json)?;
        Ok(SignedBundle { json, verified })
    }

    /// The bundle in format 0.3 (`sigstore_bundle.proto`).
    fn bundle(
        &self,
        hash: &Sha256Hash,
        signature: &SignatureBytes,
        entries: &[Value],
        timestamps: &[Vec<u8>],
    ) -> Value {
        let timestamps: Vec<_> = timestamps
            .iter()
            .map(|token| json!({ "signedTimestamp": STANDARD.encode(token) }))
            .collect();
        let mut material = json!({
            "certificate": { "rawBytes": self.certified.certificate.to_base64() },
            "tlogEntries": entries,
        });
        if !timestamps.is_empty() {
            material["timestampVerificationData"] = json!({ "rfc3161Timestamps": timestamps });
        }
        json!({
            "mediaType": MediaType::Bundle0_3.as_str(),
            "verificationMaterial": material,
            "messageSignature": {
                "messageDigest": { "algorithm": "SHA2_256", "digest": hash.to_base64() },
                "signature": signature.to_base64(),
            },
        })
    }

    /// Reads and verifies the finished bundle as anybody will, against who was meant to sign.
    fn verify(&self, digest: Sha256Digest, json: &str) -> Result<VerifiedSignature, SignError> {
        let bundle = StrictBundle::parse(json.as_bytes()).map_err(SignError::OwnBundle)?;
        let verified = self
            .verifier
            .verify(Artifact::Digest(digest), &bundle, Allow::default())
            .map_err(SignError::own)?;
        self.expected.check(verified.signer())?;
        Ok(verified)
    }
}
