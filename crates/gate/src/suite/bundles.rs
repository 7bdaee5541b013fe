//! Bundles, verified against a trusted root.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_keyless::{
    bundle::StrictBundle,
    trust::TrustedRoot,
    verify::{Artifact, Verifier, VerifyError, VerifyOptions},
};
use serde_json::{Value, json};

/// Bytes in base64.
pub(super) fn bytes(value: &Value) -> Vec<u8> {
    STANDARD.decode(value.as_str().unwrap()).unwrap()
}

pub(super) fn answer(case: &Value) -> Value {
    json!({ "finding": finding(case) })
}

fn finding(case: &Value) -> &'static str {
    let root = TrustedRoot::parse(&bytes(&case["trusted-root"]), "the suite").unwrap();
    let Ok(bundle) = StrictBundle::parse(&bytes(&case["bundle"])) else {
        return "signature-invalid";
    };
    // A root whose keys cannot be used proves nothing either.
    let Ok(verifier) = Verifier::new(&root) else {
        return "signature-invalid";
    };
    let artifact = Artifact::Digest(Sha256Digest::of(&bytes(&case["content"])));
    match verifier.verify(artifact, &bundle, VerifyOptions::default()) {
        Ok(_) => "valid",
        Err(VerifyError::Unknown(_)) => "unavailable",
        Err(_) => "signature-invalid",
    }
}
