//! An archive and a bundle that was verified to be for its bytes.

use std::path::{Path, PathBuf};

use cpan_sigstore_core::{
    digest::Sha256Digest,
    identity::{IdentityMismatch, IdentityPolicy},
};
use cpan_sigstore_keyless::{
    bundle::{Refused, StrictBundle},
    verify::{Allow, Artifact, VerifiedSignature, Verifier, VerifyError},
};
use cpan_sigstore_pause::{
    journal::{Journal, SignedBy},
    upload::Outgoing,
};

use crate::{
    bundle_file::{self, Place},
    failure::Failure,
    report::Report,
    signing::Session,
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

/// Why an archive is not signed as it should be.
pub enum NotSigned {
    /// There is no bundle.
    NoBundle,
    /// There is one, and it proves nothing.
    Invalid(Refused),
    /// It is by somebody else.
    Mismatch(IdentityMismatch, Box<VerifiedSignature>),
}

impl NotSigned {
    /// As the result of a command about a file with this bundle.
    pub fn report<'a>(&self, file: &'a str, bundle: &Path) -> Report<'a> {
        match self {
            Self::NoBundle => Report::unsigned(file, &bundle.display().to_string()),
            Self::Invalid(refused) => Report::invalid(file, refused),
            Self::Mismatch(mismatch, verified) => {
                Report::mismatch(file, mismatch, verified.signature().clone())
            }
        }
    }
}

/// Signs an archive's digest, and keeps bundle and journal. Who signed is what the bundle is held to
/// from now on.
///
/// # Errors
/// Where it could not be signed, or not kept.
pub async fn sign(
    session: &mut Session,
    digest: Sha256Digest,
    place: &Place,
    kept: &Path,
) -> Result<IdentityPolicy, Failure> {
    let bundle = session.sign(digest).await?;
    let by = SignedBy::from(bundle.verified().signer());
    let expected = by.identity();
    // The journal first: a bundle that it does not know would be taken for somebody else's.
    Journal::new(digest, by).write(kept)?;
    place.write(bundle.json())?;
    Ok(expected)
}

impl SignedArchive {
    /// Verifies the bundle of an archive with these bytes, as anybody will. Without `expected` it may
    /// be by anybody.
    ///
    /// # Errors
    /// Where the bundle cannot be read.
    pub fn verify(
        archive: &Path,
        digest: Sha256Digest,
        bundle: &Path,
        expected: Option<&IdentityPolicy>,
        verifier: &Verifier,
    ) -> Result<Result<Self, NotSigned>, Failure> {
        let Some(json) = bundle_file::read(bundle)? else {
            return Ok(Err(NotSigned::NoBundle));
        };
        Ok(
            verify_bundle(&json, digest, expected, verifier)?.map(|verified| Self {
                archive: archive.to_owned(),
                digest,
                bundle: bundle.to_owned(),
                json,
                verified,
            }),
        )
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
/// Never for what a bundle says: that is the inner result.
pub(super) fn verify_bundle(
    json: &[u8],
    digest: Sha256Digest,
    expected: Option<&IdentityPolicy>,
    verifier: &Verifier,
) -> Result<Result<VerifiedSignature, NotSigned>, Failure> {
    let bundle = match StrictBundle::parse(json) {
        Ok(bundle) => bundle,
        Err(refused) => return Ok(Err(NotSigned::Invalid(refused))),
    };
    let verified = match verifier.verify(Artifact::Digest(digest), &bundle, Allow::default()) {
        Ok(verified) => verified,
        Err(VerifyError::Refused(refused)) => return Ok(Err(NotSigned::Invalid(refused))),
        Err(VerifyError::Artifact(error)) => return Err(error.into()),
    };
    if let Some(Err(mismatch)) = expected.map(|expected| verified.is_by(expected)) {
        return Ok(Err(NotSigned::Mismatch(mismatch, Box::new(verified))));
    }
    Ok(Ok(verified))
}

fn base_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
