//! Policies. No policy admits what is always denied, and requiring signatures only narrows a
//! policy.

#![no_main]

use cpan_sigstore_core::{finding::Finding, policy::Policy};
use libfuzzer_sys::fuzz_target;

const PATH: &str = "authors/id/T/TI/TIMLEGGE/Foo-Bar-1.02.tar.gz";

fuzz_target!(|text: &str| {
    let Ok(policy) = Policy::parse(text) else {
        return;
    };
    let path = PATH.parse().expect("a path");
    let (rule, strict) = (policy.rule(&path), policy.requiring_signed().rule(&path));
    for finding in [
        Finding::Downgrade,
        Finding::IdentityMismatch,
        Finding::IdentityRetired,
        Finding::IdentityChanged,
        Finding::ArchiveHostile,
        Finding::Unavailable,
    ] {
        assert!(!rule.decide(finding).admits());
    }
    for finding in [
        Finding::Unsigned,
        Finding::IdentityUnknown,
        Finding::NameUnchecked,
        Finding::OwnerChanged,
        Finding::ReleaseRolledBack,
    ] {
        assert!(!strict.decide(finding).admits());
        assert!(!rule.reason(finding).to_string().is_empty());
    }
    assert!(rule.identities.is_none_or(|set| !set.value.is_empty()));
});
