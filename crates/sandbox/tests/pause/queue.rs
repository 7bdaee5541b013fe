//! Time and order of publication.

use crate::harness::{ARCHIVE, AUTHOR, BUNDLE, HOME, Uploader, distribution, form, sha256};
use cpan_sigstore_sandbox::Fault;

#[tokio::test]
async fn publishes_held_uploads_by_path() {
    let uploader = Uploader::new();
    let pause = uploader.sandbox.pause.clone();
    pause.hold();
    uploader.upload_bundle().await;
    uploader.upload_archive().await;
    let (archive, bundle) = (format!("{HOME}/{ARCHIVE}"), format!("{HOME}/{BUNDLE}"));
    assert_eq!(pause.queue(), [archive.clone(), bundle.clone()]);
    assert!(uploader.published().is_empty());

    assert_eq!(pause.publish_next(), Some(archive.clone()));
    assert_eq!(uploader.published(), [archive.as_str()]);
    assert_eq!(pause.publish_all(), [bundle.as_str()]);
    assert_eq!(uploader.published(), [archive, bundle]);
    assert_eq!(pause.publish_next(), None);

    uploader
        .upload("Foo-Bar-1.03.tar.gz", &distribution("1.03"))
        .await
        .succeeded();
    assert_eq!(pause.queue().len(), 1);
    assert_eq!(pause.release().len(), 1);
    uploader
        .upload("Foo-Bar-1.04.tar.gz", &distribution("1.04"))
        .await
        .succeeded();
    assert!(pause.queue().is_empty());
    assert_eq!(uploader.published().len(), 4);
}

#[tokio::test]
async fn publishes_a_bundle_as_it_was_last_uploaded() {
    let uploader = Uploader::new();
    let pause = &uploader.sandbox.pause;
    pause.hold();
    uploader.upload(BUNDLE, b"{\"first\":1}").await.succeeded();
    uploader.upload_archive().await;
    uploader.upload(BUNDLE, b"{\"second\":2}").await.succeeded();
    let (archive, bundle) = (format!("{HOME}/{ARCHIVE}"), format!("{HOME}/{BUNDLE}"));
    assert_eq!(pause.publish_all(), [archive, bundle.clone()]);
    assert_eq!(pause.file(&bundle).unwrap(), b"{\"second\":2}");
    let digests: Vec<_> = pause
        .uploads()
        .into_iter()
        .map(|upload| upload.sha256)
        .collect();
    let sent = [
        b"{\"first\":1}".to_vec(),
        distribution("1.02"),
        b"{\"second\":2}".to_vec(),
    ];
    assert_eq!(digests, sent.map(|bytes| sha256(&bytes)));
}

#[tokio::test]
async fn loses_the_response_to_the_second_of_two_uploads() {
    let uploader = Uploader::new();
    uploader
        .sandbox
        .services
        .pause
        .faults()
        .after(1, 1, Fault::DropAnswer);
    uploader.upload_bundle().await;
    let url = format!(
        "{}/pause/authenquery?ACTION=add_uri",
        uploader.sandbox.services.pause.url()
    );
    let lost = cpan_sigstore_sandbox::loopback_client()
        .unwrap()
        .post(url)
        .basic_auth(AUTHOR, uploader.sandbox.pause.password(AUTHOR))
        .multipart(form(AUTHOR, ARCHIVE, &distribution("1.02")))
        .send()
        .await;
    assert!(lost.is_err(), "{lost:?}");
    assert_eq!(uploader.published().len(), 2);
    assert_eq!(
        uploader.upload(ARCHIVE, &distribution("1.02")).await.status,
        409
    );
}

#[tokio::test]
async fn sends_a_planned_status_while_a_large_file_arrives() {
    let uploader = Uploader::new();
    let faults = uploader.sandbox.services.pause.faults();
    for status in [503, 409] {
        faults.next(1, Fault::Status(status));
        let answer = uploader.upload(ARCHIVE, &vec![0; 20_000_000]).await;
        assert_eq!(answer.status, status);
        assert!(!answer.succeeds());
    }
    assert!(uploader.sandbox.pause.uploads().is_empty());
}

#[tokio::test]
async fn keeps_the_name_of_a_deleted_file_taken() {
    let uploader = Uploader::new();
    let pause = &uploader.sandbox.pause;
    uploader.upload_archive().await;
    assert!(pause.delete(AUTHOR, ARCHIVE));
    assert!(!pause.delete(AUTHOR, ARCHIVE));
    let (status, _) = uploader.get(&format!("/authors/id/{HOME}/{ARCHIVE}")).await;
    assert_eq!(status, 404);
    assert_eq!(
        uploader.upload(ARCHIVE, &distribution("1.02")).await.status,
        409
    );
    let packages = uploader.text("/modules/02packages.details.txt").await;
    assert!(!packages.contains(ARCHIVE), "{packages}");
}
