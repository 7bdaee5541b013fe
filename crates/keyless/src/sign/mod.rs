//! Signing: from digest and identity token to a verified bundle.
//!
//! One login signs many files: key and certificate are created once and last until the certificate
//! expires, after ten minutes. Nothing is logged unless token and certificate name the intended
//! identity. Every bundle is verified before it leaves this module.
//!
//! 1. [`Services::select`] selects services by the signing configuration. It fails before anything
//!    is signed if the configuration cannot be satisfied.
//! 2. [`SigningSession::certify`] (and [`SigningSession::renew`], for many files) creates an
//!    ephemeral key, gets a certificate for it, and checks key and name.
//! 3. [`SigningSession::sign`] signs the digest, contacts log and timestamp authority at the same
//!    time, and reads and verifies the bundle.

mod certificate;
mod error;
mod log;
mod login_policy;
mod request;
mod services;
mod timestamp;

pub use error::SignError;
pub use login_policy::LoginPolicy;
pub use services::Services;

use std::sync::Arc;

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
    sign::{log::EntryContent, request::Requests},
    verify::{Artifact, VerifiedSignature, Verifier, VerifyOptions},
};

/// A session that signs as one identity until its certificate expires.
pub struct SigningSession {
    requests: Requests,
    services: Services,
    verifier: Arc<Verifier>,
    expected: LoginPolicy,
    certified: CertifiedKey,
}

/// Time before its expiry at which a certificate is no longer used: log and timestamp authority
/// still have to respond.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// A key and its certificate.
struct CertifiedKey {
    key: KeyPair,
    certificate: DerCertificate,
    identity: SignerIdentity,
    /// The client for requests with this certificate.
    requests: Requests,
    expires: Timestamp,
}

impl CertifiedKey {
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
        let in_time = requests.until(token.expires(), now);
        let certificate = certificate::request(&in_time, &services.authority, token, &key).await?;
        let claims = certificate::check(&certificate, &key)?;
        expected.check(&claims.signer)?;
        Ok(Self {
            key,
            certificate,
            requests: requests.until(claims.info.not_after, now),
            expires: claims.info.not_after,
            identity: claims.signer,
        })
    }
}

/// A bundle that was verified as its readers will verify it.
#[derive(Clone, Debug)]
pub struct SignedBundle {
    json: String,
    verified: VerifiedSignature,
}

impl SignedBundle {
    /// Returns the bundle, in format 0.3.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// Returns the verified content of the bundle.
    pub fn verified(&self) -> &VerifiedSignature {
        &self.verified
    }
}

impl SigningSession {
    /// Gets a certificate for the identity of a token.
    ///
    /// `expected` is the intended identity. A certificate for another identity is an error, and
    /// nothing is logged under the wrong name.
    ///
    /// # Errors
    /// [`SignError`] if the token is unusable, no certificate is issued, or the certificate is for
    /// another identity or key.
    pub async fn certify(
        services: Services,
        verifier: Arc<Verifier>,
        token: &IdentityToken,
        expected: LoginPolicy,
        backoff: Backoff,
        now: Timestamp,
    ) -> Result<Self, SignError> {
        let requests = Requests::new(&services, backoff)?;
        let certified = CertifiedKey::get(&requests, &services, token, &expected, now).await?;
        Ok(Self {
            requests,
            services,
            verifier,
            expected,
            certified,
        })
    }

    /// Returns the identity in the certificate.
    pub fn identity(&self) -> &SignerIdentity {
        &self.certified.identity
    }

    /// Gets a new certificate if the current one expires too soon to sign with.
    ///
    /// # Errors
    /// As [`SigningSession::certify`]. The token may have expired meanwhile.
    pub async fn renew(&mut self, token: &IdentityToken, now: Timestamp) -> Result<(), SignError> {
        let soon = now.saturating_add(MARGIN).unwrap_or(Timestamp::MAX);
        if soon >= self.certified.expires {
            self.certified =
                CertifiedKey::get(&self.requests, &self.services, token, &self.expected, now)
                    .await?;
        }
        Ok(())
    }

    /// Signs a digest.
    ///
    /// # Errors
    /// [`SignError`] if a service fails, or if the finished bundle does not verify.
    pub async fn sign(&self, digest: Sha256Digest) -> Result<SignedBundle, SignError> {
        match self.sign_once(digest).await {
            // A Rekor v2 log had accepted an entry, but its response was lost, and it does not
            // return the proof. The same key signs again: another signature makes another entry.
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
        let logged = EntryContent {
            digest: &hash,
            signature: &signature,
            certificate: &self.certified.certificate,
        };
        let (entries, timestamps) = tokio::try_join!(
            log::entries(&self.certified.requests, &self.services.logs, &logged),
            timestamp::timestamps(
                &self.certified.requests,
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

    /// Builds the bundle in format 0.3 (`sigstore_bundle.proto`).
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

    /// Reads and verifies the finished bundle and checks the intended identity.
    fn verify(&self, digest: Sha256Digest, json: &str) -> Result<VerifiedSignature, SignError> {
        let bundle = StrictBundle::parse(json.as_bytes()).map_err(SignError::OwnBundle)?;
        let verified = self
            .verifier
            .verify(Artifact::Digest(digest), &bundle, VerifyOptions::default())
            .map_err(SignError::own)?;
        self.expected.check(verified.signer())?;
        Ok(verified)
    }
}
