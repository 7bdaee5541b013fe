//! Bundles, with the certificates and timestamps in them. What is accepted can be shown and has a
//! fixed meaning: read again, it is the same.

#![no_main]

use cpan_sigstore_sigstore::{bundle::StrictBundle, inspect::claims};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(bundle) = StrictBundle::parse(bytes) else {
        return;
    };
    if let Ok(claims) = claims(&bundle) {
        let again = StrictBundle::parse(bytes).expect("what was read once is read again");
        let again = cpan_sigstore_sigstore::inspect::claims(&again).expect("and says the same");
        assert_eq!(format!("{claims:?}"), format!("{again:?}"));
        if let Some(signer) = claims.signer {
            let name = signer.subject.as_str();
            assert!(!name.is_empty() && !name.chars().any(char::is_control));
        }
    }
});
