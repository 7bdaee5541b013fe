//! Attacks on the signature and the digest beside it.

use p256::ecdsa::Signature;
use serde_json::json;

use super::{Attacks, flip_last_bit};

const SIGNATURE: &str = "/messageSignature/signature";
const DIGEST: &str = "/messageSignature/messageDigest/digest";

pub(super) const ATTACKS: Attacks = &[
    ("signature-flipped", |exhibit, _| {
        exhibit.edit_bytes(SIGNATURE, flip_last_bit);
    }),
    ("signature-empty", |exhibit, _| {
        exhibit.set(SIGNATURE, json!(""));
    }),
    (
        "signature-by-the-same-author-elsewhere",
        |exhibit, others| {
            exhibit.borrow(&others.other_artifact, SIGNATURE);
        },
    ),
    // As valid as the original for the same key and file, but not the logged signature.
    ("signature-mirrored", |exhibit, _| {
        exhibit.edit_bytes(SIGNATURE, |der| {
            if let Some(mirrored) = mirror(der) {
                *der = mirrored;
            }
        });
    }),
    ("digest-of-another-artifact", |exhibit, others| {
        exhibit.borrow(&others.other_artifact, DIGEST);
    }),
    ("digest-of-another-algorithm", |exhibit, _| {
        exhibit.set(
            "/messageSignature/messageDigest/algorithm",
            json!("SHA2_512"),
        );
    }),
    ("digest-missing", |exhibit, _| {
        exhibit.remove("/messageSignature", "messageDigest");
    }),
];

/// Returns the other signature (r, n − s), which is valid whenever (r, s) is.
fn mirror(der: &[u8]) -> Option<Vec<u8>> {
    let signature = Signature::from_der(der).ok()?;
    let (r, s) = signature.split_scalars();
    let mirrored = Signature::from_scalars(r, -*s).ok()?;
    Some(mirrored.to_der().as_bytes().to_vec())
}
