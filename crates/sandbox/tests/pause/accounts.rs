//! Accounts that cannot upload, and what an account can read on PAUSE.

use cpan_sigstore_sandbox::{loopback_client, pause::AccountState};

use crate::harness::{ARCHIVE, AUTHOR, BUNDLE, HOME, STRANGER, Uploader, distribution, form};

/// Returns status and content of a path of the upload server.
async fn get(uploader: &Uploader, path: &str, user: Option<&str>) -> (u16, Vec<u8>) {
    let url = format!("{}{path}", uploader.sandbox.services.pause.url());
    let request = loopback_client().unwrap().get(url);
    let request = match user {
        Some(user) => {
            let id = user.trim_end().to_uppercase();
            request.basic_auth(user, uploader.sandbox.pause.password(&id))
        }
        None => request,
    };
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.bytes().await.unwrap().to_vec())
}

const FORM: &str = "/pause/authenquery?ACTION=add_uri";

#[tokio::test]
async fn shows_a_disabled_account_nothing_but_an_error() {
    let uploader = Uploader::new();
    let pause = &uploader.sandbox.pause;
    pause.set_account_state(AUTHOR, AccountState::NoLogin);
    let (status, page) = get(&uploader, FORM, Some(AUTHOR)).await;
    let page = String::from_utf8(page).unwrap();
    assert_eq!(status, 200);
    assert!(page.contains("<p class=\"error_message\">"), "{page}");
    let answer = uploader.upload(BUNDLE, b"{}").await;
    assert_eq!(answer.status, 200);
    assert!(!answer.succeeds());
    assert!(pause.uploads().is_empty());
}

#[tokio::test]
async fn wants_a_new_password_before_anything_else() {
    let uploader = Uploader::new();
    let pause = &uploader.sandbox.pause;
    pause.set_account_state(AUTHOR, AccountState::MustChangePassword);
    let (status, page) = get(&uploader, FORM, Some(AUTHOR)).await;
    let page = String::from_utf8(page).unwrap();
    assert_eq!(status, 200);
    assert!(page.contains("pause99_change_passwd_pw1"), "{page}");
    let answer = uploader.upload(BUNDLE, b"{}").await;
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("Failed CSRF check"), "{answer:?}");
    assert!(pause.uploads().is_empty());
}

#[tokio::test]
async fn shows_published_files_to_accounts_only() {
    let uploader = Uploader::new();
    let pause = &uploader.sandbox.pause;
    pause.hold();
    uploader.upload_bundle().await;
    let path = format!("/pub/PAUSE/authors/id/{HOME}/{BUNDLE}");
    assert_eq!(get(&uploader, &path, Some(STRANGER)).await.0, 404);
    pause.run_pass();
    assert_eq!(get(&uploader, &path, None).await.0, 401);
    let found = (200, b"{}".to_vec());
    assert_eq!(get(&uploader, &path, Some(STRANGER)).await, found);
    // Only the web pages know that an account is disabled.
    pause.set_account_state(STRANGER, AccountState::NoLogin);
    assert_eq!(get(&uploader, &path, Some(STRANGER)).await, found);
}

#[tokio::test]
async fn shows_received_files_to_every_account() {
    let uploader = Uploader::new();
    uploader.sandbox.pause.hold();
    uploader.upload_bundle().await;
    let path = format!("/incoming/{BUNDLE}");
    assert_eq!(get(&uploader, &path, None).await.0, 401);
    let found = (200, b"{}".to_vec());
    assert_eq!(get(&uploader, &path, Some(STRANGER)).await, found);
}

#[tokio::test]
async fn accepts_an_id_with_blanks_at_its_end() {
    let uploader = Uploader::new();
    let id = format!("{AUTHOR} ");
    assert_eq!(get(&uploader, FORM, Some(&id)).await.0, 200);
    let sent = form(AUTHOR, ARCHIVE, &distribution("1.02"));
    let password = uploader.sandbox.pause.password(AUTHOR).unwrap();
    uploader
        .send_as("?ACTION=add_uri", &id, password, sent)
        .await
        .succeeded();
    assert_eq!(uploader.published(), [format!("{HOME}/{ARCHIVE}")]);
}
