//! Trusted roots and signing configurations, up to a verifier and a selection of services.

#![no_main]

use cpan_sigstore_keyless::{
    sign::Services,
    trust::{SigningConfig, TrustedRoot},
    verify::Verifier,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(root) = TrustedRoot::parse(bytes, "fuzz") {
        let _ = Verifier::new(&root);
    }
    if let Ok(config) = SigningConfig::parse(bytes, "fuzz") {
        let _ = Services::select(&config);
    }
});
