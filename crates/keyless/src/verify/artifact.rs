//! The signed bytes: a digest, or a stream that is hashed once.

use std::io::{self, Read};

use cpan_sigstore_core::{
    cause::Cause,
    digest::{Sha256Digest, Sha256Hasher},
};
use sigstore_verify::{
    Policy, VerificationResult, Verifier,
    crypto::KeyAlgorithm,
    types::{HashAlgorithm, Sha256Hash, SignatureContent},
};

use super::{VerifyError, explain};
use crate::bundle::{StrictBundle, VerificationFailure};

/// Size of the read buffer, in bytes: large enough to make system calls cheap, small enough to
/// touch few pages.
const BUFFER: usize = 64 * 1024;

/// The bytes whose signature is verified.
pub enum Artifact<'a> {
    /// Their SHA-256.
    Digest(Sha256Digest),
    /// The bytes themselves, read once to the end.
    Stream(&'a mut dyn Read),
}

/// Error for a file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the file: {0}")]
pub struct ArtifactError(#[source] pub io::Error);

/// Returns the SHA-256 of a stream, in constant memory.
///
/// # Errors
/// [`ArtifactError`] if the stream cannot be read to its end.
pub fn sha256(stream: &mut dyn Read) -> Result<Sha256Digest, ArtifactError> {
    let mut buffer = vec![0; BUFFER];
    let mut hasher = Sha256Hasher::default();
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(count) => hasher.update(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(ArtifactError(error)),
        }
    }
}

impl Artifact<'_> {
    /// Runs the library's verification. The bytes are read once. Nearly all signatures need only
    /// SHA-256, which is computed here. For others the library hashes, too.
    pub(super) fn verify(
        self,
        library: &Verifier,
        bundle: &StrictBundle,
        key: KeyAlgorithm,
        policy: &dyn Policy,
    ) -> Result<(Sha256Digest, VerificationResult), VerifyError> {
        let explain = |error, digest: Option<&Sha256Digest>| {
            VerifyError::from(explain::refusal(error, bundle, digest))
        };
        let by_digest = |digest: Sha256Digest| {
            library
                .verify(Sha256Hash::new(*digest.as_bytes()), &bundle.bundle, policy)
                .map(|result| (digest, result))
                .map_err(|error| explain(error, Some(&digest)))
        };
        match self {
            Self::Digest(_) if only_names_others(bundle) => Err(VerificationFailure::new(
                Cause::Unsupported,
                "a statement without a SHA-256 digest, which only the file itself can verify",
            )
            .into()),
            Self::Digest(digest) => by_digest(digest),
            Self::Stream(stream) if needs_sha256_alone(bundle, key) => by_digest(sha256(stream)?),
            Self::Stream(stream) => {
                let mut tee = HashingReader::new(stream);
                let result = library.verify_reader(&mut tee, &bundle.bundle, policy);
                let digest = tee.finish()?;
                match result {
                    Ok(result) => Ok((digest, result)),
                    Err(error) => Err(explain(error, Some(&digest))),
                }
            }
        }
    }
}

/// Returns whether SHA-256 of the bytes suffices to check the signature.
fn needs_sha256_alone(bundle: &StrictBundle, key: KeyAlgorithm) -> bool {
    match &bundle.bundle.content {
        // The envelope is signed, and its statement contains the digests.
        SignatureContent::DsseEnvelope(_) => !bundle.signed_digests().is_empty(),
        SignatureContent::MessageSignature(message) => {
            let hash = match &message.message_digest {
                Some(digest) => key
                    .resolve_signing_scheme(digest.algorithm)
                    .ok()
                    .and_then(|scheme| scheme.hash_algorithm()),
                None => key.default_signing_scheme().hash_algorithm(),
            };
            hash == Some(HashAlgorithm::Sha2256)
        }
        _ => false,
    }
}

/// Returns whether this is a statement without SHA-256 digests.
fn only_names_others(bundle: &StrictBundle) -> bool {
    matches!(bundle.bundle.content, SignatureContent::DsseEnvelope(_))
        && bundle.signed_digests().is_empty()
}

/// Hashes the bytes that are read, and keeps the first error.
struct HashingReader<'a> {
    inner: &'a mut dyn Read,
    hasher: Sha256Hasher,
    failed: Option<io::Error>,
}

impl<'a> HashingReader<'a> {
    fn new(inner: &'a mut dyn Read) -> Self {
        Self {
            inner,
            hasher: Sha256Hasher::default(),
            failed: None,
        }
    }

    fn finish(self) -> Result<Sha256Digest, ArtifactError> {
        match self.failed {
            Some(error) => Err(ArtifactError(error)),
            None => Ok(self.hasher.finish()),
        }
    }
}

impl Read for HashingReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buffer) {
            Ok(count) => {
                self.hasher.update(&buffer[..count]);
                Ok(count)
            }
            Err(error) => {
                let kind = error.kind();
                if kind != io::ErrorKind::Interrupted {
                    self.failed = Some(error);
                }
                Err(kind.into())
            }
        }
    }
}
