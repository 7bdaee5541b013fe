//! From bundle and bytes to a proof that only the verifier can make.
//!
//! The order is that of the design's step 4, and the most telling failure is reported:
//!
//! 1. the bundle was read strictly (its type says so), and its format is allowed;
//! 2. the certificate names one identity and one issuer, or the bundle is for the key that was given;
//! 3. each log entry is bound to the log it names, and is proved to be in it;
//! 4. by the Sigstore library: signed times, certificate chain at each of them, SCT, inclusion
//!    proofs, checkpoints, promises, the signature over the digest, and that every entry is about
//!    this signature;
//! 5. each log was trusted at each signed time.
//!
//! Who the signer should be is compared afterwards, by
//! [`IdentityPolicy::check`](cpan_sigstore_core::identity::IdentityPolicy::check) on the proof.

mod artifact;
mod explain;
mod log;
mod proof;

pub use artifact::{Artifact, ArtifactError, sha256};
pub use proof::{Clock, KeySignature, LogPosition, SignedTime, VerifiedSignature};

use cpan_sigstore_core::{cause::Cause, digest::Sha256Digest};
use sigstore_verify::{
    PublicKeyVerificationPolicy, VerificationPolicy, VerificationResult,
    types::{DerPublicKey, bundle::VerificationMaterialContent},
};

use crate::{
    bundle::{Format, Refused, StrictBundle},
    certificate::CertificateClaims,
    trust::{TrustError, TrustedRoot},
};

/// What a caller allows beyond the default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Allow {
    /// Accept cosign's old format, which rests on the log's promise without a proof.
    pub old_format: bool,
}

/// Why nothing was verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The signature proves nothing.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The file could not be read; nothing is said about its signature.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
}

/// Verifies signatures against one trusted root. Building one parses every key of the root, so
/// build it once for many signatures.
pub struct Verifier {
    library: sigstore_verify::Verifier,
    logs: log::Logs,
}

impl Verifier {
    /// A verifier for a trusted root.
    ///
    /// # Errors
    /// Where a key or certificate of the root cannot be used.
    pub fn new(root: &TrustedRoot) -> Result<Self, TrustError> {
        let library = sigstore_verify::Verifier::new(root.library())
            .map_err(|error| root.unusable(error.to_string()))?;
        Ok(Self {
            library,
            logs: log::Logs::new(root.library()),
        })
    }

    /// Verifies that an identity signed the artifact, and says which.
    ///
    /// # Errors
    /// [`VerifyError::Refused`] with the cause, or [`VerifyError::Artifact`] where the file could
    /// not be read.
    pub fn verify(
        &self,
        artifact: Artifact<'_>,
        bundle: &StrictBundle,
        allow: Allow,
    ) -> Result<VerifiedSignature, VerifyError> {
        self.check_format(bundle, allow)?;
        let certificate = bundle.bundle.signing_certificate().ok_or_else(|| {
            Refused::new(
                Cause::KeyKind,
                "a bundle for a public key, which names nobody",
            )
        })?;
        let claims = CertificateClaims::read(certificate)?;
        let policy = VerificationPolicy::any_identity();
        let (digest, result) =
            artifact.verify(&self.library, bundle, claims.info.key_algorithm, &policy)?;
        Ok(VerifiedSignature::new(
            claims.signer,
            self.signature(bundle, digest, &result)?,
        ))
    }

    /// Verifies that an identity signed just these bytes, as documents of this project are signed: a
    /// statement about them, or cosign's old format, does not do.
    ///
    /// # Errors
    /// The cause, where the bundle proves nothing.
    pub fn verify_message(
        &self,
        digest: Sha256Digest,
        bundle: &[u8],
    ) -> Result<VerifiedSignature, Refused> {
        let bundle = StrictBundle::parse(bundle)?;
        let verified = self
            .verify(Artifact::Digest(digest), &bundle, Allow::default())
            .map_err(|error| match error {
                VerifyError::Refused(refused) => refused,
                // A digest needs no file.
                VerifyError::Artifact(error) => {
                    Refused::new(Cause::ArtifactMismatch, error.to_string())
                }
            })?;
        match verified.signature().attestation() {
            Some(predicate) => Err(Refused::new(
                Cause::StatementKind,
                format!("a statement of the type {predicate}"),
            )),
            None => Ok(verified),
        }
    }

    /// Verifies that the holder of a public key signed the artifact.
    ///
    /// # Errors
    /// As [`Verifier::verify`].
    pub fn verify_key(
        &self,
        artifact: Artifact<'_>,
        bundle: &StrictBundle,
        key: &PublicKey,
        allow: Allow,
    ) -> Result<KeySignature, VerifyError> {
        self.check_format(bundle, allow)?;
        if !matches!(
            bundle.bundle.verification_material.content,
            VerificationMaterialContent::PublicKey(_)
        ) {
            return Err(Refused::new(
                Cause::KeyKind,
                "a bundle with a certificate, where `--key` asks for one by a public key",
            )
            .into());
        }
        let policy = PublicKeyVerificationPolicy::new(key.der.clone());
        let (digest, result) = artifact.verify(&self.library, bundle, key.algorithm, &policy)?;
        Ok(self.signature(bundle, digest, &result)?)
    }

    /// What the library proved, once its times fit the logs.
    fn signature(
        &self,
        bundle: &StrictBundle,
        digest: Sha256Digest,
        result: &VerificationResult,
    ) -> Result<KeySignature, Refused> {
        let times = proof::times(bundle, result);
        for entry in &bundle.bundle.verification_material.tlog_entries {
            self.logs.check_times(entry, &times)?;
        }
        Ok(KeySignature::new(bundle, digest, times, &self.logs))
    }

    fn check_format(&self, bundle: &StrictBundle, allow: Allow) -> Result<(), Refused> {
        if bundle.format() == Format::CosignOld && !allow.old_format {
            return Err(Refused::new(Cause::OldFormat, "cosign's old format"));
        }
        let entries = &bundle.bundle.verification_material.tlog_entries;
        if entries.is_empty() {
            return Err(Refused::new(
                Cause::InclusionProofMissing,
                "a bundle without a log entry",
            ));
        }
        for entry in entries {
            self.logs.bind(entry)?;
        }
        Ok(())
    }
}

/// A public key that the user gave.
#[derive(Clone, Debug)]
pub struct PublicKey {
    der: DerPublicKey,
    algorithm: sigstore_verify::crypto::KeyAlgorithm,
}

/// A public key that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a public key as PEM (`BEGIN PUBLIC KEY`), found {0}")]
pub struct KeyError(String);

impl PublicKey {
    /// Reads a key from PEM.
    ///
    /// # Errors
    /// Where it is none, or of an algorithm that is not supported.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let der = DerPublicKey::from_pem(pem).map_err(|error| KeyError(error.to_string()))?;
        let algorithm = sigstore_verify::crypto::KeyAlgorithm::from_spki(&der)
            .map_err(|error| KeyError(error.to_string()))?;
        Ok(Self { der, algorithm })
    }
}
