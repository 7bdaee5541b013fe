//! Verifying: from bundle and bytes to a proof that only the verifier can create.
//!
//! Steps, in this order. The first failure is reported:
//!
//! 1. The bundle was read strictly (its type guarantees it), and its format is allowed.
//! 2. The certificate names one identity and one issuer, or the bundle is for the given key.
//! 3. The trusted root has all logs and authorities that the bundle names. Each log entry is bound to the log it names
//!    and has an inclusion proof.
//! 4. The Sigstore library verifies the signed times, the certificate chain at each time, the SCT,
//!    inclusion proofs, checkpoints, promises, the signature over the digest, and that every entry
//!    is about this signature.
//! 5. Each log was trusted at each signed time.
//!
//! The caller then compares the signer with the expected identity, by
//! [`IdentityPolicy::check`](cpan_sigstore_core::identity::IdentityPolicy::check) on the proof.

mod artifact;
mod explain;
mod issued;
mod log;
mod proof;
mod unknown;

pub use artifact::{Artifact, ArtifactError, sha256};
pub use proof::{Clock, KeySignature, LogPosition, SignedTime, VerifiedSignature};
pub use unknown::UnknownAuthority;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use cpan_sigstore_core::{cause::Cause, digest::Sha256Digest};
use jiff::{SignedDuration, Timestamp};
use sigstore_verify::{
    PublicKeyVerificationPolicy, VerificationPolicy, VerificationResult,
    types::{DerCertificate, DerPublicKey, bundle::VerificationMaterialContent},
};

use crate::{
    bundle::{Format, StrictBundle, VerificationFailure},
    certificate::CertificateClaims,
    transparency::{RekorLog, entry::LoggedSignature},
    trust::{TrustError, TrustedRoot},
};

/// Options that relax verification.
#[derive(Clone, Copy, Debug, Default)]
pub struct VerifyOptions {
    /// Accepts cosign's old format, which relies on the log's promise without a proof.
    pub old_format: bool,
}

/// Error of a verification.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The signature proves nothing.
    #[error(transparent)]
    Refused(#[from] VerificationFailure),
    /// The file cannot be read. This says nothing about its signature.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The clock of this machine is behind. This says nothing about the signature.
    #[error(transparent)]
    Clock(#[from] ClockBehind),
    /// The trusted root does not have a log or authority of the bundle. It may be older than that one, so this says
    /// nothing about the signature.
    #[error(transparent)]
    Unknown(#[from] UnknownAuthority),
}

/// A clock that says an earlier time than the certificate's beginning, so that nothing can be verified: by such
/// a clock a trusted root is not yet valid either.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the clock of this machine says {clock}, before the certificate was issued at {issued}")]
pub struct ClockBehind {
    /// The time of this machine.
    pub clock: Timestamp,
    /// The beginning of the certificate, which is not verified.
    pub issued: Timestamp,
}

impl ClockBehind {
    /// Limit by which a clock may be behind.
    const LIMIT: SignedDuration = SignedDuration::from_mins(10);

    fn check(clock: Timestamp, issued: Timestamp) -> Result<(), Self> {
        if issued.duration_since(clock) > Self::LIMIT {
            let clock = Timestamp::from_second(clock.as_second()).unwrap_or(clock);
            return Err(Self { clock, issued });
        }
        Ok(())
    }
}

/// A verifier for one trusted root. Creating one parses every key of the root, so use one for many
/// signatures.
pub struct Verifier {
    library: sigstore_verify::Verifier,
    logs: log::TrustedLogs,
    authorities: issued::Authorities,
    known: unknown::KnownAuthorities,
    lacking: Arc<AtomicBool>,
}

impl Verifier {
    /// Creates a verifier for a trusted root.
    ///
    /// # Errors
    /// [`TrustError::Unusable`] if a key or certificate of the root cannot be used.
    pub fn new(root: &TrustedRoot) -> Result<Self, TrustError> {
        let library = sigstore_verify::Verifier::new(root.library())
            .map_err(|error| root.unusable(error.to_string()))?;
        Ok(Self {
            library,
            logs: log::TrustedLogs::new(root.library()),
            authorities: issued::Authorities::new(root.library()),
            known: unknown::KnownAuthorities::new(root.library()),
            lacking: Arc::default(),
        })
    }

    /// Returns a flag that is set as soon as a bundle names a log or authority that the root does not have, so that the
    /// root should be refreshed.
    pub fn lacking(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.lacking)
    }

    /// Returns the logs of the trusted root.
    pub fn logs(&self) -> Vec<RekorLog> {
        self.logs.all()
    }

    /// Returns whether an authority of the trusted root issued the certificate of a logged signature, and the signature
    /// belongs to it. A log has entries by anybody.
    pub fn issued(&self, signature: &LoggedSignature) -> bool {
        self.authorities
            .issued(&signature.certificate, signature.issued)
            && signature.is_signed()
    }

    /// Verifies that an identity signed the artifact, and returns the proof with this identity.
    ///
    /// # Errors
    /// [`VerifyError::Refused`] with the cause, or [`VerifyError::Artifact`] if the file cannot be
    /// read.
    pub fn verify(
        &self,
        artifact: Artifact<'_>,
        bundle: &StrictBundle,
        allow: VerifyOptions,
    ) -> Result<VerifiedSignature, VerifyError> {
        self.check_format(bundle, allow)?;
        let certificate = bundle.bundle.signing_certificate().ok_or_else(|| {
            VerificationFailure::new(
                Cause::KeyKind,
                "a bundle for a public key, which names no identity",
            )
        })?;
        let claims = CertificateClaims::read(certificate)?;
        self.bind(bundle, Some(certificate))?;
        let policy = VerificationPolicy::any_identity();
        let verified = artifact.verify(&self.library, bundle, claims.info.key_algorithm, &policy);
        // Only a failure needs the explanation: a proof is valid at any time.
        if matches!(verified, Err(VerifyError::Refused(_))) {
            ClockBehind::check(Timestamp::now(), claims.info.not_before)?;
        }
        let (digest, result) = verified?;
        Ok(VerifiedSignature::new(
            claims.signer,
            self.signature(bundle, digest, &result)?,
        ))
    }

    /// Verifies that an identity signed exactly these bytes, as this project's documents are
    /// signed. Statements about the bytes and cosign's old format are refused.
    ///
    /// # Errors
    /// [`VerificationFailure`] if the bundle proves nothing.
    pub fn verify_message(
        &self,
        digest: Sha256Digest,
        bundle: &[u8],
    ) -> Result<VerifiedSignature, VerificationFailure> {
        let bundle = StrictBundle::parse(bundle)?;
        let verified = self
            .verify(Artifact::Digest(digest), &bundle, VerifyOptions::default())
            .map_err(|error| match error {
                VerifyError::Refused(refused) => refused,
                // Unreachable: a digest needs no file.
                VerifyError::Artifact(error) => {
                    VerificationFailure::new(Cause::ArtifactMismatch, error.to_string())
                }
                VerifyError::Clock(error) => {
                    VerificationFailure::new(Cause::TimestampInvalid, error.to_string())
                }
                // An undetermined record would stop all releases of its author, and everybody with the author's
                // password could upload one.
                VerifyError::Unknown(unknown) => unknown.into(),
            })?;
        match verified.signature().attestation() {
            Some(predicate) => Err(VerificationFailure::new(
                Cause::StatementKind,
                format!("a statement of type {predicate}"),
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
        allow: VerifyOptions,
    ) -> Result<KeySignature, VerifyError> {
        self.check_format(bundle, allow)?;
        if !matches!(
            bundle.bundle.verification_material.content,
            VerificationMaterialContent::PublicKey(_)
        ) {
            return Err(VerificationFailure::new(
                Cause::KeyKind,
                "a bundle with a certificate instead of a public key",
            )
            .into());
        }
        self.bind(bundle, None)?;
        let policy = PublicKeyVerificationPolicy::new(key.der.clone());
        let (digest, result) = artifact.verify(&self.library, bundle, key.algorithm, &policy)?;
        Ok(self.signature(bundle, digest, &result)?)
    }

    /// Returns the proof after checking the signed times against the logs.
    fn signature(
        &self,
        bundle: &StrictBundle,
        digest: Sha256Digest,
        result: &VerificationResult,
    ) -> Result<KeySignature, VerificationFailure> {
        let times = proof::times(bundle, result);
        for entry in &bundle.bundle.verification_material.tlog_entries {
            self.logs.check_times(entry, &times)?;
        }
        Ok(KeySignature::new(bundle, digest, times, &self.logs))
    }

    fn check_format(
        &self,
        bundle: &StrictBundle,
        allow: VerifyOptions,
    ) -> Result<(), VerificationFailure> {
        if bundle.format() == Format::CosignOld && !allow.old_format {
            return Err(VerificationFailure::new(
                Cause::OldFormat,
                "cosign's old format",
            ));
        }
        let entries = &bundle.bundle.verification_material.tlog_entries;
        if entries.is_empty() {
            return Err(VerificationFailure::new(
                Cause::InclusionProofMissing,
                "a bundle without a log entry",
            ));
        }
        Ok(())
    }

    /// Checks that the root has all that the bundle names, and binds each log entry to its log.
    fn bind(
        &self,
        bundle: &StrictBundle,
        certificate: Option<&DerCertificate>,
    ) -> Result<(), VerifyError> {
        if let Err(unknown) = self.known.check(&bundle.bundle, certificate) {
            self.lacking.store(true, Ordering::Relaxed);
            return Err(unknown.into());
        }
        for entry in &bundle.bundle.verification_material.tlog_entries {
            self.logs.bind(entry)?;
        }
        Ok(())
    }
}

/// A public key from the user.
#[derive(Clone, Debug)]
pub struct PublicKey {
    der: DerPublicKey,
    algorithm: sigstore_verify::crypto::KeyAlgorithm,
}

/// Error for an unusable public key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid public key: expected PEM (`BEGIN PUBLIC KEY`), found {0}")]
pub struct KeyError(String);

impl PublicKey {
    /// Reads a key from PEM.
    ///
    /// # Errors
    /// [`KeyError`] if it is not a key, or if its algorithm is not supported.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let der = DerPublicKey::from_pem(pem).map_err(|error| KeyError(error.to_string()))?;
        let algorithm = sigstore_verify::crypto::KeyAlgorithm::from_spki(&der)
            .map_err(|error| KeyError(error.to_string()))?;
        Ok(Self { der, algorithm })
    }
}
