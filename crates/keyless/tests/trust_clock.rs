//! Trust material by a clock that differs from the repository's.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test that cannot continue fails"
)]

use std::path::Path;

use cpan_sigstore_keyless::trust::{
    Instance, Refresh, RefreshError, Repository, TrustError, TrustLoader, TrustSource,
};
use cpan_sigstore_sandbox::{Sandbox, SandboxOptions, tuf::TufMisbehaviour};
use jiff::{SignedDuration, Timestamp};

/// The reason for which a machine without a cache gets no trust material at this time.
fn refused(sandbox: &Sandbox, now: Timestamp) -> Option<RefreshError> {
    let folder = tempfile::tempdir().unwrap();
    match load(sandbox, folder.path(), now) {
        Ok(()) => None,
        Err(TrustError::Unavailable { online, .. }) => Some(online),
        Err(other) => panic!("{other}"),
    }
}

fn load(sandbox: &Sandbox, cache: &Path, now: Timestamp) -> Result<(), TrustError> {
    let instance = Instance::new(TrustSource::Repository(Repository::Private {
        url: sandbox.services.tuf.url().to_owned(),
        root: sandbox.tuf_root_path(),
    }));
    let loader = TrustLoader::new(cache, Refresh::WhenDue);
    let loaded = loader.trusted_root(&instance, now);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(loaded).map(|_| ())
}

#[test]
fn names_the_clock_that_is_ahead_of_the_repository() {
    let sandbox = Sandbox::start(SandboxOptions::default()).unwrap();
    let now = Timestamp::now();
    assert!(refused(&sandbox, now).is_none());
    let ahead = now + SignedDuration::from_hours(24 * 90);
    let Some(RefreshError::Clock { reason, clock }) = refused(&sandbox, ahead) else {
        panic!("expected the clock");
    };
    assert!(reason.contains("expired"), "{reason}");
    assert_eq!(clock.clock.as_second(), ahead.as_second());
    assert!(clock.date.duration_since(now).abs() < SignedDuration::from_mins(5));
    let text = RefreshError::Clock { reason, clock }.to_string();
    assert!(text.contains("the clock of this machine says"), "{text}");
}

#[test]
fn names_no_clock_if_the_repository_has_expired() {
    let sandbox = Sandbox::start(SandboxOptions::default()).unwrap();
    let expired = TufMisbehaviour::ExpiredTimestamp;
    sandbox.tuf.misbehaviour().set(expired);
    let now = Timestamp::now();
    let error = refused(&sandbox, now).unwrap();
    let RefreshError::Repository(reason) = &error else {
        panic!("{error}");
    };
    assert!(reason.contains("expired"), "{reason}");
}
