//! Proofs of a leaf. One that is accepted has exactly one text, and proves nothing to a policy without its log.

#![no_main]

use cpan_sigstore_tlog::{policy::LogPolicy, proof::TlogProof};
use libfuzzer_sys::fuzz_target;

const POLICY: &str =
    "log PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\nquorum none\n";

fuzz_target!(|bytes: &[u8]| {
    let Ok(proof) = TlogProof::parse(bytes) else {
        return;
    };
    assert_eq!(proof.to_string().as_bytes(), bytes);
    let policy: LogPolicy = POLICY.parse().expect("a policy");
    assert!(proof.verify(&policy).is_err(), "nobody has this key");
});
