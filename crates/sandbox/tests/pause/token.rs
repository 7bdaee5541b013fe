//! The responses to an upload with a token.

use crate::harness::{ARCHIVE, AUTHOR, HOME, STRANGER, Uploader, api_form, distribution};
use cpan_sigstore_sandbox::pause::{Interface, TokenTerms};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// Returns status and body of an upload of the archive with a token.
async fn upload(uploader: &Uploader, token: Option<&str>) -> (u16, Value) {
    let sent = api_form(ARCHIVE, &distribution("1.02"));
    let answer = uploader.upload_with(token, sent).await;
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

fn invalid() -> (u16, Value) {
    (400, json!({ "error": ["Invalid token"] }))
}

#[tokio::test]
async fn reports_success_and_duplicates_of_token_uploads() {
    let uploader = Uploader::new();
    let token = uploader.sandbox.pause.token(AUTHOR).unwrap();
    let succeeded = (200, json!({ "result": "Upload succeeded" }));
    assert_eq!(upload(&uploader, Some(&token)).await, succeeded);
    assert_eq!(uploader.published(), [format!("{HOME}/{ARCHIVE}")]);
    assert_eq!(uploader.sandbox.pause.uploads()[0].via, Interface::Token);
    let duplicated = (409, json!({ "error": "Duplicated" }));
    assert_eq!(upload(&uploader, Some(&token)).await, duplicated);
}

#[tokio::test]
async fn uploads_into_a_subdirectory_with_a_token() {
    let uploader = Uploader::new();
    let token = uploader.sandbox.pause.token(AUTHOR).unwrap();
    let sent = api_form(ARCHIVE, &distribution("1.02")).text("subdir", "old");
    assert_eq!(uploader.upload_with(Some(&token), sent).await.status, 200);
    assert_eq!(uploader.published(), [format!("{HOME}/old/{ARCHIVE}")]);
}

#[tokio::test]
async fn rejects_an_invalid_token_with_400() {
    let uploader = Uploader::new();
    let token = uploader.sandbox.pause.token(AUTHOR).unwrap();
    let (_, secret) = token.split_once(':').unwrap();
    let of_another = format!("{STRANGER}:{secret}");
    for wrong in ["nonsense", &format!("{token}0"), &of_another] {
        assert_eq!(upload(&uploader, Some(wrong)).await, invalid(), "{wrong}");
    }
    assert!(uploader.sandbox.pause.uploads().is_empty());
}

#[tokio::test]
async fn answers_a_missing_authorization_with_500() {
    let uploader = Uploader::new();
    assert_eq!(upload(&uploader, None).await.0, 500);
}

#[tokio::test]
async fn limits_a_token_to_180_days() {
    let uploader = Uploader::new();
    let pause = &uploader.sandbox.pause;
    let terms = TokenTerms {
        days: 1000,
        ..TokenTerms::default()
    };
    let token = pause.issue_token(AUTHOR, terms).unwrap();
    pause
        .clock()
        .set_offset(SignedDuration::from_hours(181 * 24));
    assert_eq!(upload(&uploader, Some(&token)).await, invalid());
    pause
        .clock()
        .set_offset(SignedDuration::from_hours(179 * 24));
    assert_eq!(upload(&uploader, Some(&token)).await.0, 200);
}

#[tokio::test]
async fn rejects_a_token_without_scope_or_from_other_networks() {
    let uploader = Uploader::new();
    let pause = &uploader.sandbox.pause;
    let scopeless = TokenTerms {
        may_upload: false,
        ..TokenTerms::default()
    };
    let elsewhere = TokenTerms {
        networks: vec!["10.0.0.0/8".parse().unwrap()],
        ..TokenTerms::default()
    };
    for terms in [scopeless, elsewhere] {
        let token = pause.issue_token(AUTHOR, terms.clone()).unwrap();
        assert_eq!(
            upload(&uploader, Some(&token)).await,
            invalid(),
            "{terms:?}"
        );
    }
    let here = TokenTerms {
        networks: vec![
            "10.0.0.0/8".parse().unwrap(),
            "127.0.0.0/24".parse().unwrap(),
        ],
        ..TokenTerms::default()
    };
    let token = pause.issue_token(AUTHOR, here).unwrap();
    assert_eq!(upload(&uploader, Some(&token)).await.0, 200);
}
