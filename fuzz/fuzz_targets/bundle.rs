//! Bundles with their certificates and timestamps. An accepted bundle can be inspected and has one
//! meaning: read again, it is the same. No input forges a signature.

#![no_main]

use std::sync::LazyLock;

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_keyless::{
    bundle::StrictBundle,
    inspect::claims,
    trust::TrustedRoot,
    verify::{Artifact, Verifier, VerifyOptions, sha256},
};
use libfuzzer_sys::fuzz_target;

/// A verifier for the authorities of the seeds.
static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    let root = include_bytes!("../seeds/trust_material/trusted_root.json");
    let root = TrustedRoot::parse(root, "the seed").expect("a trusted root");
    Verifier::new(&root).expect("usable keys")
});
static SIGNED: LazyLock<Sha256Digest> =
    LazyLock::new(|| sha256(&mut &b"a release"[..]).expect("bytes can be read"));
/// Signers of the seed.
const SIGNERS: [&str; 3] = [
    "author@example.org",
    "MYAUTHOR!127.0.0.1",
    "https://github.com/author/Foo-Bar/.github/workflows/release.yml@refs/tags/v1.0",
];
const OLD_TOO: VerifyOptions = VerifyOptions { old_format: true };

fuzz_target!(|bytes: &[u8]| {
    let Ok(bundle) = StrictBundle::parse(bytes) else {
        return;
    };
    if let Ok(claims) = claims(&bundle) {
        let again = StrictBundle::parse(bytes).expect("what was read once is read again");
        let again = cpan_sigstore_keyless::inspect::claims(&again).expect("and says the same");
        assert_eq!(format!("{claims:?}"), format!("{again:?}"));
        if let Some(signer) = claims.signer {
            let name = signer.subject.as_str();
            assert!(!name.is_empty() && !name.chars().any(char::is_control));
        }
    }
    let verify = |digest| VERIFIER.verify(Artifact::Digest(digest), &bundle, OLD_TOO);
    if let Ok(verified) = verify(*SIGNED) {
        assert!(SIGNERS.contains(&verified.signer().subject.as_str()));
        assert!(verify(Sha256Digest::new([0; 32])).is_err());
    }
});
