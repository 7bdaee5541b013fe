//! What verifying costs whoever does it: starting a process, the signatures that have to be checked, the hash.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _,
    UnparsedPublicKey,
};

use crate::attempt::BenchError;
use crate::measure::time;

/// The signatures that no verifier of a Rekor v2 bundle can leave out, all of P-256 at the sandbox: certificate, signed
/// certificate timestamp, checkpoint, timestamp, artifact.
pub const SIGNATURES: u32 = 5;

/// A Rust program that does nothing, from beside this one.
pub fn nothing() -> Result<Command, BenchError> {
    let ourselves = std::env::current_exe()?;
    let folder = ourselves.parent().unwrap_or(Path::new("."));
    Ok(Command::new(folder.join("nothing")))
}

/// The time to check the signatures, keys read anew for each.
pub fn signatures() -> Result<Duration, BenchError> {
    let library = |_| BenchError::Library;
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map_err(library)?;
    let message = [7; 200];
    let signature = key.sign(&SystemRandom::new(), &message).map_err(library)?;
    let one = time(|| {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.public_key().as_ref());
        let verified = black_box(&key).verify(black_box(&message), signature.as_ref());
        verified.map_err(library)
    })?;
    Ok(one * SIGNATURES)
}

/// The time to hash these bytes.
pub fn hash(bytes: &[u8]) -> Result<Duration, BenchError> {
    time(|| {
        black_box(digest(&SHA256, black_box(bytes)));
        Ok(())
    })
}
