//! An archive and a bundle that was verified to be for its bytes.

use std::path::{Path, PathBuf};

use cpan_sigstore_core::{
    digest::Sha256Digest,
    identity::{IdentityMismatch, IdentityPolicy},
    text::shown_path,
};
use cpan_sigstore_keyless::{
    bundle::{StrictBundle, VerificationFailure},
    verify::{Artifact, VerifiedSignature, Verifier, VerifyError, VerifyOptions},
};
use cpan_sigstore_pause::{
    journal::{Journal, SignedBy},
    upload::Outgoing,
};

use crate::{
    bundle_file::{self, Place},
    error::CommandError,
    signing::Signer,
    ui::report::Report,
};

/// An archive and its bundle, as they were verified.
///
/// # Security
///
/// Only [`SignedArchive::verify`] makes one, and only of one can anything be uploaded.
pub struct SignedArchive {
    archive: PathBuf,
    digest: Sha256Digest,
    bundle: PathBuf,
    json: Vec<u8>,
    verified: VerifiedSignature,
}

/// The reason why an archive is not signed as expected.
pub enum NotSigned {
    /// There is no bundle.
    NoBundle,
    /// There is one, and it proves nothing.
    Invalid(VerificationFailure),
    /// It is by another identity.
    Mismatch(IdentityMismatch, Box<VerifiedSignature>),
}

/// The result of verifying an archive's bundle.
pub enum Verification {
    /// It is for the archive's bytes, and by the expected identity.
    Signed(Box<SignedArchive>),
    /// It is not.
    Failed(NotSigned),
}

/// The result of verifying a bundle over a digest.
pub(super) enum BundleVerification {
    /// It proves a signature by the expected identity.
    Verified(Box<VerifiedSignature>),
    /// It does not.
    Failed(NotSigned),
}

impl NotSigned {
    /// As the result of a command about a file with this bundle.
    pub fn report<'a>(&self, file: &'a str, bundle: &Path) -> Report<'a> {
        match self {
            Self::NoBundle => Report::unsigned(file, &shown_path(bundle)),
            Self::Invalid(refused) => Report::invalid(file, refused),
            Self::Mismatch(mismatch, verified) => {
                Report::mismatch(file, mismatch, verified.signature().clone())
            }
        }
    }
}

/// Signs an archive's digest, and writes bundle and journal. From now on the bundle has to be by this
/// identity.
///
/// # Errors
/// A failed signature, or a file that cannot be written.
pub async fn sign(
    signer: &mut Signer,
    digest: Sha256Digest,
    place: &Place,
    kept: &Path,
) -> Result<(IdentityPolicy, Journal), CommandError> {
    let bundle = signer.sign(digest).await?;
    let by = SignedBy::from(bundle.verified().signer());
    let expected = by.identity();
    // The journal first: a bundle that it does not know would be treated as a foreign one.
    let journal = Journal::new(digest, by);
    journal.write(kept)?;
    place.write(bundle.json())?;
    Ok((expected, journal))
}

impl SignedArchive {
    /// Verifies the bundle of an archive with these bytes, as every reader does. Without `expected` any
    /// identity is accepted.
    ///
    /// # Errors
    /// A bundle that cannot be read.
    pub fn verify(
        archive: &Path,
        digest: Sha256Digest,
        bundle: &Path,
        expected: Option<&IdentityPolicy>,
        verifier: &Verifier,
    ) -> Result<Verification, CommandError> {
        let Some(json) = bundle_file::read(bundle)? else {
            return Ok(Verification::Failed(NotSigned::NoBundle));
        };
        Ok(match verify_bundle(&json, digest, expected, verifier)? {
            BundleVerification::Verified(verified) => Verification::Signed(Box::new(Self {
                archive: archive.to_owned(),
                digest,
                bundle: bundle.to_owned(),
                json,
                verified: *verified,
            })),
            BundleVerification::Failed(why) => Verification::Failed(why),
        })
    }

    /// The archive's base name.
    pub fn name(&self) -> String {
        base_name(&self.archive)
    }

    /// The bundle's base name.
    pub fn bundle_name(&self) -> String {
        base_name(&self.bundle)
    }

    /// The archive.
    pub fn archive(&self) -> &Path {
        &self.archive
    }

    /// The bundle.
    pub fn bundle(&self) -> &Path {
        &self.bundle
    }

    /// The bundle's text.
    pub fn json(&self) -> &[u8] {
        &self.json
    }

    /// What was signed.
    pub fn digest(&self) -> Sha256Digest {
        self.digest
    }

    /// What was verified.
    pub fn verified(&self) -> &VerifiedSignature {
        &self.verified
    }

    /// Who signed, as the journal keeps it.
    pub fn signed_by(&self) -> SignedBy {
        self.verified.signer().into()
    }

    /// Who signed, as what others are held to.
    pub fn identity(&self) -> IdentityPolicy {
        self.signed_by().identity()
    }

    /// The archive, to be uploaded as it was verified or not at all.
    pub fn outgoing_archive(&self) -> Outgoing {
        Outgoing {
            path: self.archive.clone(),
            name: self.name(),
            digest: self.digest,
        }
    }

    /// The bundle, to be uploaded as it was verified or not at all.
    pub fn outgoing_bundle(&self) -> Outgoing {
        Outgoing {
            path: self.bundle.clone(),
            name: self.bundle_name(),
            digest: Sha256Digest::of(&self.json),
        }
    }
}

/// Verifies a bundle over a digest.
///
/// # Errors
/// A file that cannot be read; never anything that a bundle says.
pub(super) fn verify_bundle(
    json: &[u8],
    digest: Sha256Digest,
    expected: Option<&IdentityPolicy>,
    verifier: &Verifier,
) -> Result<BundleVerification, CommandError> {
    let bundle = match StrictBundle::parse(json) {
        Ok(bundle) => bundle,
        Err(refused) => return Ok(BundleVerification::Failed(NotSigned::Invalid(refused))),
    };
    let verified =
        match verifier.verify(Artifact::Digest(digest), &bundle, VerifyOptions::default()) {
            Ok(verified) => verified,
            Err(VerifyError::Refused(refused)) => {
                return Ok(BundleVerification::Failed(NotSigned::Invalid(refused)));
            }
            Err(VerifyError::Unknown(unknown)) => {
                return Ok(BundleVerification::Failed(NotSigned::Invalid(
                    unknown.into(),
                )));
            }
            Err(VerifyError::Artifact(error)) => return Err(error.into()),
            Err(VerifyError::Clock(error)) => return Err(error.into()),
        };
    if let Some(Err(mismatch)) = expected.map(|expected| verified.is_by(expected)) {
        let mismatch = NotSigned::Mismatch(mismatch, Box::new(verified));
        return Ok(BundleVerification::Failed(mismatch));
    }
    Ok(BundleVerification::Verified(Box::new(verified)))
}

fn base_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
