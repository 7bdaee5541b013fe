//! Translates the library's errors to causes.

use cpan_sigstore_core::{cause::Cause, digest::Sha256Digest};
use sigstore_verify::{CertificateError, Error, TimestampError, TransparencyLogError};

use crate::{
    bundle::{StrictBundle, VerificationFailure},
    timestamp::has_fraction,
};

/// Returns the failure for an error of the library.
pub(super) fn refusal(
    error: Error,
    bundle: &StrictBundle,
    digest: Option<&Sha256Digest>,
) -> VerificationFailure {
    // The library reports a bad signature. The more useful fact is that the file is another one.
    if let Error::ArtifactMismatch(_) | Error::SignatureInvalid(_) = &error
        && let Some(refused) = another_file(bundle, digest)
    {
        return refused;
    }
    let found = error.to_string();
    let cause = match &error {
        Error::SignatureInvalid(_) => Cause::SignatureMismatch,
        // The bundle names these bytes, so the log entry is about other ones.
        Error::ArtifactMismatch(_) if names(bundle, digest) => Cause::EntryMismatch,
        Error::ArtifactMismatch(_) => Cause::ArtifactMismatch,
        Error::Certificate(error) => certificate(error),
        Error::TransparencyLog(error) => log(error),
        Error::Timestamp(error) => timestamp(error, bundle),
        Error::UnsupportedArtifact(_) | Error::UnsupportedBundle(_) => Cause::Unsupported,
        Error::Crypto(_) => Cause::SignatureMismatch,
        // `Verifier::new` has already reported all other defects of the root.
        Error::InvalidTrustRoot(_) => Cause::SctInvalid,
        // The library may add errors. Each is still a failure.
        _ => Cause::BundleMalformed,
    };
    VerificationFailure { cause, found }
}

fn certificate(error: &CertificateError) -> Cause {
    match error {
        CertificateError::NoValidAuthority { .. } => Cause::AuthorityExpired,
        CertificateError::NotYetValid { .. } | CertificateError::Expired { .. } => {
            Cause::CertificateExpired
        }
        CertificateError::Sct(_) => Cause::SctInvalid,
        CertificateError::Malformed(_) => Cause::CertificateMalformed,
        // The chain is checked at the time of signing, so an expired certificate ends here, too.
        // The library passes on only webpki's text.
        CertificateError::ChainInvalid(found)
            if found.contains("CertExpired") || found.contains("CertNotValidYet") =>
        {
            Cause::CertificateExpired
        }
        _ => Cause::CertificateUntrusted,
    }
}

fn log(error: &TransparencyLogError) -> Cause {
    match error {
        TransparencyLogError::UnknownLog { .. } => Cause::LogUnknown,
        TransparencyLogError::InclusionProof(_) => Cause::InclusionProofInvalid,
        TransparencyLogError::Checkpoint(_) => Cause::CheckpointInvalid,
        TransparencyLogError::InclusionPromise(_) => Cause::InclusionPromiseInvalid,
        TransparencyLogError::IntegratedTime(_) => Cause::LogTimeInvalid,
        TransparencyLogError::EntryMismatch(_) => Cause::EntryMismatch,
        _ => Cause::EntryMalformed,
    }
}

fn timestamp(error: &TimestampError, bundle: &StrictBundle) -> Cause {
    match error {
        TimestampError::NoVerifiedTimestamp(_) => Cause::TimestampMissing,
        TimestampError::OutsideAuthorityValidity { .. } => Cause::AuthorityExpired,
        _ if states_fraction(bundle) => Cause::TimestampForm,
        _ => Cause::TimestampInvalid,
    }
}

/// Returns whether a timestamp has fractions of a second, which RFC 3161 allows and the library
/// cannot read.
fn states_fraction(bundle: &StrictBundle) -> bool {
    let data = &bundle
        .bundle
        .verification_material
        .timestamp_verification_data;
    data.rfc3161_timestamps
        .iter()
        .any(|timestamp| has_fraction(timestamp.signed_timestamp.as_bytes()))
}

/// Returns whether the bundle names these bytes.
fn names(bundle: &StrictBundle, digest: Option<&Sha256Digest>) -> bool {
    digest.is_some_and(|digest| bundle.signed_digests().contains(digest))
}

/// Returns the failure for a bundle that names other bytes than the file has.
fn another_file(
    bundle: &StrictBundle,
    digest: Option<&Sha256Digest>,
) -> Option<VerificationFailure> {
    let found = digest?;
    let signed = bundle.signed_digests();
    if signed.is_empty() || signed.contains(found) {
        return None;
    }
    let signed: Vec<_> = signed.iter().take(4).map(ToString::to_string).collect();
    Some(VerificationFailure::new(
        Cause::ArtifactMismatch,
        format!("{found}, but {} was signed", signed.join(", ")),
    ))
}
