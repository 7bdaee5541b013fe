//! The text of every error, with sample data.

use std::io;

use cpan_sigstore_core::{cause::Cause, digest::Sha256Digest};
use cpan_sigstore_cpan::package_index::PackedError;
use cpan_sigstore_gate::RecordRefused;
use cpan_sigstore_keyless::bundle::VerificationFailure;
use cpan_sigstore_records::{
    author_index::AuthorIndexError,
    chain::{AppendResult, Outcome, RecordSummary},
};

use crate::{assemble::BuildError, subscription::OperatorError};

fn denied() -> io::Error {
    io::ErrorKind::PermissionDenied.into()
}

#[test]
fn states_each_error_of_assembly() {
    let path = || "index.json".into();
    let author = || "TIMLEGGE".parse().unwrap();
    let refused = AppendResult {
        outcome: Outcome::WrongParent,
        found: RecordSummary {
            version: 2,
            digest: Sha256Digest::new([1; 32]),
            signer: "tim@example.org".to_owned(),
            signed: None,
        },
        known: None,
    };
    let unneeded = BuildError::Unneeded {
        author: author(),
        record: Box::new(refused.found.clone()),
    };
    let errors = [
        unneeded,
        BuildError::Read {
            path: path(),
            source: denied(),
        },
        BuildError::Write {
            path: path(),
            source: denied(),
        },
        BuildError::NoCpan("authors/00whois.xml".to_owned()),
        BuildError::Authors(PackedError::Trailing(3)),
        BuildError::TooManyOwners {
            found: 70_000,
            limit: 50_000,
        },
        BuildError::Previous {
            path: path(),
            source: AuthorIndexError::Shape("missing field `number`".to_owned()),
        },
        BuildError::Known {
            author: author(),
            version: 2,
            source: RecordRefused::Unsigned,
        },
        BuildError::Broken(author()),
        BuildError::Override(Box::new(refused)),
    ];
    insta::assert_snapshot!(errors.map(|error| error.to_string()).join("\n"));
}

#[test]
fn states_each_error_of_subscription() {
    let path = || "operator.toml".into();
    let failure = VerificationFailure::new(Cause::SignatureMismatch, "another signature");
    let errors = [
        OperatorError::Address("ftp://index.example/".to_owned()),
        OperatorError::Identity("*".to_owned()),
        OperatorError::Pin {
            path: path(),
            reason: "line 2: expected a value".to_owned(),
        },
        OperatorError::Absent("https://index.example/index.json".to_owned()),
        OperatorError::File {
            path: path(),
            source: denied(),
        },
        OperatorError::Signature(failure),
    ];
    insta::assert_snapshot!(errors.map(|error| error.to_string()).join("\n"));
}
