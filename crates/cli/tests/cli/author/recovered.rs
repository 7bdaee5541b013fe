//! An author who lost every identity.

use cpan_sigstore_core::identity::{AuthorIdentity, IdentityPolicy, StableIdentity};
use cpan_sigstore_gate::TrustStore;
use cpan_sigstore_records::{
    chain::{RecordChain, SignedRecord},
    record::{AuthorRecord, Releases},
};
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::harness::Masks;

#[test]
fn rejects_recovery_record_by_itself() {
    let enrolling = Enrolling::new();
    enrolling.run("author", &["enroll"]).exits(0);
    let ran = enrolling.run("stranger", &["recover", "--json"]).exits(0);
    let made = ran.json();
    assert_eq!(made["version"], 2);
    let digest = made["digest"].as_str().unwrap();
    assert!(ran.stderr.contains(digest), "{ran:#?}");
    let ran = enrolling
        .look(&["check", ID])
        .exits(12)
        .snapshot("author/rejects_recovery_record_by_itself");
    assert!(ran.stderr.contains("signer-not-listed"), "{ran:#?}");
    let shown = enrolling.look(&["show", ID, "--json"]).exits(0).json();
    assert_eq!(shown["version"], 1);
}
