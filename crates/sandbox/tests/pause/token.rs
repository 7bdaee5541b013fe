//! The responses to an upload with a token.

use crate::harness::{ARCHIVE, AUTHOR, Answer, HOME, STRANGER, Uploader, api_form, distribution};
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
    let sent = api_form(ARCHIVE, &distribution("1.02"));
    crashed(&uploader.upload_with(None, sent).await);
}

/// The answer is a page of HTML, and nothing was accepted.
#[track_caller]
fn crashed(answer: &Answer) {
    assert_eq!(answer.status, 500, "{answer:?}");
    assert!(answer.body.contains("<html>"), "{answer:?}");
}

#[tokio::test]
async fn crashes_without_a_file_or_with_a_long_user() {
    let uploader = Uploader::new();
    let token = uploader.sandbox.pause.token(AUTHOR).unwrap();
    let no_file = reqwest::multipart::Form::new().text("subdir", "old");
    crashed(&uploader.upload_with(Some(&token), no_file).await);
    let sent = api_form(ARCHIVE, &distribution("1.02"));
    let long = "MYAUTHORXX:1:2";
    crashed(&uploader.upload_with(Some(long), sent).await);
    assert!(uploader.sandbox.pause.uploads().is_empty());
}

#[tokio::test]
async fn crashes_for_clients_with_a_long_address() {
    let uploader = Uploader::new();
    let pause = &uploader.sandbox.pause;
    let token = pause.token(AUTHOR).unwrap();
    pause.set_client_address("2001:db8:1:2:3:4:5:6".parse().unwrap());
    let sent = api_form(ARCHIVE, &distribution("1.02"));
    crashed(&uploader.upload_with(Some(&token), sent).await);
    pause.set_client_address("2001:db8::1".parse().unwrap());
    assert_eq!(upload(&uploader, Some(&token)).await.0, 200);
}

#[tokio::test]
async fn finds_a_token_without_regard_to_case_of_its_user() {
    let uploader = Uploader::new();
    let token = uploader.sandbox.pause.token(AUTHOR).unwrap();
    let lower = token.replace(AUTHOR, "myauthor");
    assert_eq!(upload(&uploader, Some(&lower)).await.0, 200);
    assert_eq!(uploader.sandbox.pause.uploads()[0].user, AUTHOR);
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
