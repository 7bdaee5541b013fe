//! PAUSE's misbehaviours.

use crate::harness::{ARCHIVE, AUTHOR, BUNDLE, HOME, Uploader, api_form, distribution, sha256};
use cpan_sigstore_sandbox::pause::PauseMisbehaviour::{
    self, ChangedBytes, DroppedBundle, SwappedBundle, UnsuccessfulSuccess, WrongChecksums,
};

fn misbehaving(wrong: PauseMisbehaviour) -> Uploader {
    let uploader = Uploader::new();
    uploader.sandbox.pause.misbehaviour().set(wrong);
    uploader
}

fn file(uploader: &Uploader, name: &str) -> Option<Vec<u8>> {
    uploader.sandbox.pause.file(&format!("{HOME}/{name}"))
}

#[tokio::test]
async fn changes_one_byte_of_an_archive_that_still_unpacks() {
    let uploader = misbehaving(ChangedBytes);
    let sent = distribution("1.02");
    uploader.upload(ARCHIVE, &sent).await.succeeded();
    uploader.upload_bundle().await;
    let published = file(&uploader, ARCHIVE).unwrap();
    let differing = sent
        .iter()
        .zip(&published)
        .filter(|(one, other)| one != other);
    assert_eq!((published.len(), differing.count()), (sent.len(), 1));
    assert_eq!(file(&uploader, BUNDLE).unwrap(), b"{}");
    let packages = uploader.text("/modules/02packages.details.txt").await;
    assert!(packages.contains(ARCHIVE), "{packages}");
    // PAUSE notices nothing.
    let checksums = uploader
        .text(&format!("/authors/id/{HOME}/CHECKSUMS"))
        .await;
    assert!(checksums.contains(&sha256(&published)), "{checksums}");
}

#[tokio::test]
async fn swaps_or_drops_a_bundle_but_not_its_archive() {
    for wrong in [SwappedBundle, DroppedBundle] {
        let uploader = misbehaving(wrong);
        uploader.upload(BUNDLE, b"{\"a\":1}").await.succeeded();
        uploader.upload_archive().await;
        let swapped = file(&uploader, BUNDLE);
        assert_eq!(swapped.is_some(), wrong == SwappedBundle);
        assert_ne!(swapped.as_deref(), Some(b"{\"a\":1}".as_slice()));
        assert_eq!(file(&uploader, ARCHIVE), Some(distribution("1.02")));
    }
}

#[tokio::test]
async fn reports_success_for_an_ignored_upload() {
    let uploader = misbehaving(UnsuccessfulSuccess);
    let answer = uploader.upload(ARCHIVE, &distribution("1.02")).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.succeeds());
    let token = uploader.sandbox.pause.token(AUTHOR).unwrap();
    let sent = api_form(ARCHIVE, &distribution("1.02"));
    let answer = uploader.upload_with(Some(&token), sent).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "{}"));
    assert!(uploader.sandbox.pause.uploads().is_empty());
}

#[tokio::test]
async fn writes_checksums_with_only_the_sha256_wrong() {
    let uploader = Uploader::new();
    uploader.upload_bundle().await;
    let path = format!("/authors/id/{HOME}/CHECKSUMS");
    let right = uploader.text(&path).await;
    uploader.sandbox.pause.misbehaviour().set(WrongChecksums);
    let wrong = uploader.text(&path).await;
    assert!(right.contains(&sha256(b"{}")) && !wrong.contains(&sha256(b"{}")));
    let data = |text: &str| {
        let lines = text.lines().take_while(|line| *line != "__END__");
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let (right, wrong) = (data(&right), data(&wrong));
    let differing: Vec<_> = right
        .iter()
        .zip(&wrong)
        .filter(|(one, other)| one != other)
        .collect();
    assert_eq!(
        (differing.len(), right.len()),
        (1, wrong.len()),
        "{differing:?}"
    );
    assert!(differing[0].0.contains("'sha256'"), "{differing:?}");
}
