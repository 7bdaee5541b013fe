//! The text of every error, with sample data.

use std::io;

use cpan_sigstore_core::cause::Cause;
use cpan_sigstore_keyless::bundle::VerificationFailure;

use crate::{
    cache::CacheError,
    mirror::FetchError,
    rendered::RenderError,
    server::{HostName, NoRandomness, TlsError},
};

#[test]
fn states_each_error() {
    let failure = VerificationFailure::new(Cause::BundleNotJson, "another text");
    let render = [
        RenderError::Bundle(failure),
        RenderError::OtherRecord {
            expected: "TIMLEGGE-sigstore-identities-1.json".parse().unwrap(),
            found: "TIMLEGGE-sigstore-identities-2.json".parse().unwrap(),
        },
        RenderError::Pack(io::ErrorKind::OutOfMemory.into()),
    ];
    let tls = [
        TlsError::File {
            expected: "a certificate",
            path: "mirror.pem".into(),
            found: "none".to_owned(),
        },
        TlsError::Pair("they do not match".to_owned()),
    ];
    let cache = CacheError {
        path: "/cache/index".into(),
        source: io::ErrorKind::PermissionDenied.into(),
    };
    let mut texts: Vec<_> = render.iter().map(ToString::to_string).collect();
    texts.extend(tls.iter().map(ToString::to_string));
    texts.push(cache.to_string());
    texts.push(FetchError::Ended.to_string());
    texts.push("host:80".parse::<HostName>().unwrap_err().to_string());
    texts.push(NoRandomness.to_string());
    insta::assert_snapshot!(texts.join("\n"));
}
