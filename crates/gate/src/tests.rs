//! The text of every error, with sample data.

use std::io;

use cpan_sigstore_core::{cause::Cause, digest::Sha256Digest};
use cpan_sigstore_cpan::CpanError;
use cpan_sigstore_keyless::bundle::VerificationFailure;
use jiff::Timestamp;

use crate::{
    GateError, IndexReadError, LogSetupError, RecordRefused,
    server::{ServerGateError, UploadPath},
    store::{StoredFork, TrustStoreError},
};

#[test]
fn states_each_error() {
    let failure = VerificationFailure::new(Cause::SignatureMismatch, "another signature");
    let time = |second| Timestamp::from_second(second).unwrap();
    let refused = [
        RecordRefused::Misnamed {
            expected: 2,
            found: 3,
        },
        RecordRefused::Unsigned,
        RecordRefused::Bundle(failure),
    ];
    let gate = [
        GateError::Archive {
            path: "/tmp/archive".into(),
            source: io::ErrorKind::PermissionDenied.into(),
        },
        GateError::ContradictingIndex,
        GateError::Stopped("the thread panicked".to_owned()),
    ];
    let index = [
        IndexReadError::RolledBack {
            newest: time(1_795_000_000),
            found: time(1_794_000_000),
        },
        IndexReadError::Undated {
            newest: time(1_795_000_000),
        },
        IndexReadError::Superseded {
            found: time(1_794_000_000),
            newer: time(1_795_000_000),
        },
        IndexReadError::Unlogged("expected a proof of the package index, found none".to_owned()),
        IndexReadError::LogUnavailable("cannot find tile/0/000.p/7 of cpan.example/log".to_owned()),
        IndexReadError::LogForked(Box::new(StoredFork {
            log: "cpan.example/log+16541b8f+AYDP".to_owned(),
            known: "one".to_owned(),
            found: "another".to_owned(),
            seen: time(1_795_000_000),
        })),
    ];
    let setup = LogSetupError {
        origin: "cpan.example/log".to_owned(),
        source: CpanError::Address("gopher://cpan.example/".to_owned()),
    };
    let mut texts: Vec<_> = refused.iter().map(ToString::to_string).collect();
    texts.extend(gate.iter().map(ToString::to_string));
    texts.extend(index.iter().map(ToString::to_string));
    texts.push(setup.to_string());
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn states_each_error_of_server_gate() {
    let digest = |byte| Sha256Digest::new([byte; 32]);
    let path = "M/MY/myauthor/Foo-1.0.tar.gz".parse::<UploadPath>();
    let errors = [
        ServerGateError::Temporary(io::ErrorKind::StorageFull.into()),
        ServerGateError::Upload {
            path: "/tmp/upload".into(),
            source: io::ErrorKind::PermissionDenied.into(),
        },
        ServerGateError::Changed {
            expected: digest(1),
            found: digest(2),
        },
        ServerGateError::Stopped("the thread panicked".to_owned()),
    ];
    let mut texts: Vec<_> = errors.iter().map(ToString::to_string).collect();
    texts.push(path.unwrap_err().to_string());
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn states_each_error_of_trust_store() {
    let place = || "/data/trust-store.sqlite".to_owned();
    let operator = || "https://index.example/index.json".to_owned();
    let digest = |byte| Sha256Digest::new([byte; 32]);
    let errors = [
        TrustStoreError::Place("mysql://host/database".to_owned()),
        TrustStoreError::File {
            place: place(),
            source: io::ErrorKind::PermissionDenied.into(),
        },
        TrustStoreError::Open {
            place: place(),
            reason: "no answer in time".to_owned(),
        },
        TrustStoreError::Query(sqlx::Error::PoolTimedOut),
        TrustStoreError::TooLong {
            what: "an issuer",
            limit: 4096,
            found: 5000,
        },
        TrustStoreError::Import("another text".to_owned()),
        TrustStoreError::Conflict {
            scope: "author",
            name: "TIMLEGGE".to_owned(),
            ours: "tim@example.org".to_owned(),
            theirs: "eve@example.org".to_owned(),
        },
        TrustStoreError::IndexRolledBack {
            operator: operator(),
            kept: 7,
            found: 6,
        },
        TrustStoreError::IndexForked {
            operator: operator(),
            number: 7,
            kept: digest(1),
            found: digest(2),
        },
        TrustStoreError::IndexGap {
            operator: operator(),
            kept: 7,
            found: 20_000,
        },
    ];
    insta::assert_snapshot!(errors.map(|error| error.to_string()).join("\n"));
}
