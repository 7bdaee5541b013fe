//! The text of every error, with sample data.

use std::io;

use cpan_sigstore_http::HttpError;

use crate::{
    LogError, WatchError, WebhookError,
    error::ListingError,
    state::{self, AuthorState, Cursor},
};

#[test]
fn states_each_error() {
    let malformed = || serde_json::from_str::<u8>("{").unwrap_err();
    let watch = [
        WatchError::Malformed {
            author: "TIMLEGGE".to_owned(),
            source: malformed(),
        },
        WatchError::Unwritable(malformed()),
        WatchError::TooManyAlerts,
        WatchError::Temporary(io::ErrorKind::StorageFull.into()),
    ];
    let webhook = [
        WebhookError::Address,
        WebhookError::Client(HttpError::Client("no CA certificates".to_owned())),
        WebhookError::NotDelivered {
            host: "example.org".to_owned(),
            found: "status 500".to_owned(),
        },
    ];
    let tile = || "tile/0/001.p/44".parse().unwrap();
    let log = [
        LogError::Read(cpan_sigstore_cpan::CpanError::Address(
            "ftp://log.example".to_owned(),
        )),
        LogError::Checkpoint("an unreadable checkpoint".to_owned()),
        LogError::Missing(tile()),
        LogError::Form("invalid tile/0/000: expected 8192 bytes, found 8191".to_owned()),
        LogError::TooManyTiles(32),
        LogError::OtherTree(300),
    ];
    let mut texts: Vec<_> = watch.iter().map(ToString::to_string).collect();
    texts.push(ListingError::TooManyReleases(50_000).to_string());
    texts.extend(log.iter().map(ToString::to_string));
    texts.extend(webhook.iter().map(ToString::to_string));
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn reads_state_strictly() {
    for text in [
        "",
        "[]",
        r#"{"releases":{},"records":{"valid":{},"found":{}},"signers":[],"more":1}"#,
        r#"{"releases":{"x":{"archive":"md5:00"}},"records":{"valid":{},"found":{}},"signers":[]}"#,
    ] {
        let state = state::parse::<AuthorState>("MYAUTHOR", text);
        assert!(matches!(state, Err(WatchError::Malformed { .. })), "{text}");
    }
    let cursor = r#"{"is-whole":true,"without-recent":false,"upto":"soon"}"#;
    assert!(state::parse::<Cursor>("MYAUTHOR", cursor).is_err());
}
