//! The responses of the form.

use crate::harness::{
    ARCHIVE, AUTHOR, BUNDLE, HOME, STRANGER, Uploader, distribution, form, sha256,
};
use cpan_sigstore_sandbox::pause::{AcceptedUpload, Interface, PauseMisbehaviour};

#[tokio::test]
async fn publishes_an_upload_and_reports_success() {
    let uploader = Uploader::new();
    let bytes = distribution("1.02");
    uploader.upload(ARCHIVE, &bytes).await.succeeded();
    let path = format!("{HOME}/{ARCHIVE}");
    assert_eq!(uploader.published(), [path.as_str()]);
    let (status, served) = uploader.get(&format!("/authors/id/{path}")).await;
    assert_eq!((status, served), (200, bytes.clone()));
    let accepted = AcceptedUpload {
        user: AUTHOR.to_owned(),
        path,
        sha256: sha256(&bytes),
        via: Interface::Form,
    };
    assert_eq!(uploader.sandbox.pause.uploads(), [accepted]);
}

#[tokio::test]
async fn uploads_without_the_action_but_does_not_report_it() {
    let uploader = Uploader::new();
    let sent = form(AUTHOR, ARCHIVE, &distribution("1.02"));
    let answer = uploader.send("", AUTHOR, sent).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.succeeds(), "{answer:?}");
    assert_eq!(uploader.published(), [format!("{HOME}/{ARCHIVE}")]);
}

#[tokio::test]
async fn deletes_a_file_only_for_its_author() {
    let uploader = Uploader::new();
    uploader.upload_archive().await;
    let deleting = |user: &str| {
        reqwest::multipart::Form::new()
            .text("HIDDENNAME", user.to_owned())
            .text("pause99_delete_files_FILE", ARCHIVE)
            .text("SUBMIT_pause99_delete_files_delete", "Delete")
    };
    for (user, left) in [(STRANGER, 1), (AUTHOR, 0)] {
        let query = "?ACTION=delete_files";
        let answer = uploader.send(query, user, deleting(user)).await;
        assert_eq!(answer.status, 200);
        assert_eq!(uploader.published().len(), left);
    }
}

#[tokio::test]
async fn rejects_a_bad_password_with_401_and_the_realm() {
    let uploader = Uploader::new();
    let right = uploader.sandbox.pause.password(AUTHOR).unwrap();
    let decoded = right.replace("%4a", "J");
    let strangers = uploader.sandbox.pause.password(STRANGER).unwrap();
    for wrong in ["", &decoded, strangers] {
        let sent = form(AUTHOR, ARCHIVE, &distribution("1.02"));
        let answer = uploader
            .send_as("?ACTION=add_uri", AUTHOR, wrong, sent)
            .await;
        assert_eq!(answer.status, 401, "{wrong:?}");
        assert_eq!(answer.challenge.as_deref(), Some("Basic realm=\"PAUSE\""));
    }
    assert!(uploader.published().is_empty());
}

#[tokio::test]
async fn retries_a_lower_case_login_in_upper_case() {
    let uploader = Uploader::new();
    let sent = form("myauthor", ARCHIVE, &distribution("1.02"));
    uploader
        .send("?ACTION=add_uri", "myauthor", sent)
        .await
        .succeeded();
    assert_eq!(uploader.published(), [format!("{HOME}/{ARCHIVE}")]);
}

#[tokio::test]
async fn rejects_an_existing_path_with_409() {
    let uploader = Uploader::new();
    uploader.upload_archive().await;
    let answer = uploader.upload(ARCHIVE, &distribution("1.03")).await;
    assert_eq!(answer.status, 409);
    let said = answer.body.replace('\n', " ");
    assert!(
        said.contains("doesn't let you upload a file twice"),
        "{said}"
    );
    assert!(!answer.succeeds());
    let published = uploader.sandbox.pause.file(&format!("{HOME}/{ARCHIVE}"));
    assert_eq!(published, Some(distribution("1.02")));
}

#[tokio::test]
async fn rejects_a_base_name_from_another_subdirectory_with_409() {
    let uploader = Uploader::new();
    let bytes = distribution("1.02");
    uploader
        .upload_into("old", ARCHIVE, &bytes)
        .await
        .succeeded();
    assert_eq!(uploader.upload(ARCHIVE, &bytes).await.status, 409);
    assert_eq!(
        uploader.upload_into("new", ARCHIVE, &bytes).await.status,
        409
    );
    assert_eq!(uploader.published(), [format!("{HOME}/old/{ARCHIVE}")]);

    // Another author's file of the same name is no conflict.
    let sent = form(STRANGER, ARCHIVE, &bytes);
    uploader
        .send("?ACTION=add_uri", STRANGER, sent)
        .await
        .succeeded();
}

#[tokio::test]
async fn rejects_a_duplicate_of_a_queued_file() {
    let uploader = Uploader::new();
    uploader.sandbox.pause.hold();
    uploader.upload_archive().await;
    assert_eq!(
        uploader.upload(ARCHIVE, &distribution("1.02")).await.status,
        409
    );
}

#[tokio::test]
async fn replaces_a_bundle_only_at_the_same_path() {
    let uploader = Uploader::new();
    uploader.upload(BUNDLE, b"{\"first\":1}").await.succeeded();
    uploader.upload(BUNDLE, b"{\"second\":2}").await.succeeded();
    let published = uploader.sandbox.pause.file(&format!("{HOME}/{BUNDLE}"));
    assert_eq!(published.as_deref(), Some(b"{\"second\":2}".as_slice()));
    assert_eq!(uploader.upload_into("sub", BUNDLE, b"{}").await.status, 409);
}

#[tokio::test]
async fn reports_other_database_errors_with_406() {
    let uploader = Uploader::new();
    uploader
        .sandbox
        .pause
        .misbehaviour()
        .set(PauseMisbehaviour::DatabaseError);
    let answer = uploader.upload(ARCHIVE, &distribution("1.02")).await;
    assert_eq!(answer.status, 406);
    assert!(!answer.succeeds() && !answer.body.contains("upload a file twice"));
    assert!(uploader.published().is_empty());
}

#[tokio::test]
async fn reports_reserved_names_and_long_paths_with_200() {
    let uploader = Uploader::new();
    let longest = 255 - HOME.len() - 1 - ".tar.gz".len();
    let bytes = distribution("1.02");
    for name in ["CHECKSUMS", &format!("{}.tar.gz", "x".repeat(longest + 1))] {
        let answer = uploader.upload(name, &bytes).await;
        assert_eq!(answer.status, 200, "{name}");
        assert!(
            answer.body.contains("<p class=\"error_message\">"),
            "{answer:?}"
        );
        assert!(!answer.succeeds());
    }
    assert!(uploader.published().is_empty());
    let name = format!("{}.tar.gz", "x".repeat(longest));
    uploader.upload(&name, &bytes).await.succeeded();
}

#[tokio::test]
async fn ignores_an_empty_file_with_200() {
    let uploader = Uploader::new();
    let answer = uploader.upload(ARCHIVE, b"").await;
    assert_eq!(answer.status, 200);
    assert!(
        !answer.succeeds() && !answer.body.contains("error_message"),
        "{answer:?}"
    );
    assert!(uploader.sandbox.pause.uploads().is_empty());
    uploader.upload_archive().await;
}

#[tokio::test]
async fn answers_another_users_hidden_name_with_500() {
    let uploader = Uploader::new();
    let sent = form(STRANGER, ARCHIVE, &distribution("1.02"));
    let answer = uploader.send("?ACTION=add_uri", AUTHOR, sent).await;
    assert_eq!(answer.status, 500);
    assert!(uploader.published().is_empty());
    assert!(uploader.sandbox.pause.published(STRANGER).is_empty());
}

#[tokio::test]
async fn silently_removes_foreign_characters_from_names() {
    let uploader = Uploader::new();
    let sent = "Foo Bar~-1.02,é+@_.tar.gz";
    uploader
        .upload(sent, &distribution("1.02"))
        .await
        .succeeded();
    assert_eq!(
        uploader.published(),
        [format!("{HOME}/FooBar-1.02+@_.tar.gz")]
    );
}

#[tokio::test]
async fn keeps_a_subdirectory_in_the_authors_folder() {
    let uploader = Uploader::new();
    let bytes = distribution("1.02");
    uploader
        .upload_into("/../../a//b.c/", ARCHIVE, &bytes)
        .await
        .succeeded();
    assert_eq!(uploader.published(), [format!("{HOME}/a/bc/{ARCHIVE}")]);
}

#[tokio::test]
async fn rejects_an_upload_beyond_the_limit_with_413() {
    let uploader = Uploader::new();
    let bytes = vec![0; cpan_sigstore_sandbox::pause::UPLOAD_LIMIT + 1];
    assert_eq!(uploader.upload(ARCHIVE, &bytes).await.status, 413);
    assert!(uploader.published().is_empty());
}

#[test]
fn tests_encodings_by_passwords_kept_in_a_private_file() {
    use std::os::unix::fs::PermissionsExt;
    let uploader = Uploader::new();
    let pause = &uploader.sandbox.pause;
    for id in [AUTHOR, STRANGER] {
        let password = pause.password(id).unwrap();
        assert_eq!(password.len(), 20);
        assert!(
            password.contains('%') && password.contains(' '),
            "{password}"
        );
        let path = uploader.sandbox.dot_pause_path(id);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let content = std::fs::read_to_string(path).unwrap();
        assert!(
            content.contains(&format!("\nuser {id}\npassword {password}\n")),
            "{content}"
        );
    }
    assert_ne!(pause.password(AUTHOR), pause.password(STRANGER));
    let other = Uploader::new();
    assert_ne!(pause.password(AUTHOR), other.sandbox.pause.password(AUTHOR));
}

#[tokio::test]
async fn rejects_every_request_without_a_login() {
    let uploader = Uploader::new();
    let url = format!(
        "{}/pause/authenquery?ACTION=add_uri",
        uploader.sandbox.services.pause.url()
    );
    let client = cpan_sigstore_sandbox::loopback_client().unwrap();
    let large = form(AUTHOR, ARCHIVE, &vec![0; 20_000_000]);
    for request in [
        client.get(&url),
        client.post(&url),
        client.post(&url).multipart(large),
    ] {
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
}
