//! Policies of logs, and keys. A key that is accepted has exactly one text.

#![no_main]

use cpan_sigstore_tlog::{key::VerifierKey, policy::LogPolicy};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(policy) = text.parse::<LogPolicy>() {
        assert!(!policy.logs().is_empty());
    }
});
