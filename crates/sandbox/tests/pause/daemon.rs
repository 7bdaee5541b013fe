//! The daemon in its passes, as the real one publishes.

use cpan_sigstore_sandbox::pause::{
    DaemonStep::{Failed, GivenUp, Published, Verified, Withdrawn},
    MOST_TRIES, PauseMisbehaviour, SLEEP,
};
use cpan_sigstore_testkit::archive;

use crate::harness::{ARCHIVE, AUTHOR, BUNDLE, HOME, STRANGER, Uploader, distribution, form};

/// Returns an author whose uploads wait for the daemon.
fn waiting() -> Uploader {
    let uploader = Uploader::new();
    uploader.sandbox.pause.hold();
    uploader
}

fn path(name: &str) -> String {
    format!("{HOME}/{name}")
}

/// Returns the status of a file on the mirror.
async fn status(uploader: &Uploader, name: &str) -> u16 {
    uploader.get(&format!("/authors/id/{HOME}/{name}")).await.0
}

async fn checksums(uploader: &Uploader) -> String {
    let (_, text) = uploader.get(&format!("/authors/id/{HOME}/CHECKSUMS")).await;
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn publishes_an_archive_ten_seconds_before_its_bundle() {
    let uploader = waiting();
    let pause = &uploader.sandbox.pause;
    // The order of the uploads does not matter.
    uploader.upload_bundle().await;
    uploader.upload_archive().await;
    assert_eq!(pause.step(), Some(Published(path(ARCHIVE))));
    assert_eq!(status(&uploader, ARCHIVE).await, 200);
    assert_eq!(status(&uploader, BUNDLE).await, 404);
    let before = pause.clock().now();
    assert_eq!(pause.run_pass(), [Published(path(BUNDLE))]);
    assert_eq!(status(&uploader, BUNDLE).await, 200);
    assert!(pause.clock().now().duration_since(before) >= SLEEP);
}

#[tokio::test]
async fn publishes_bundle_first_only_in_an_earlier_pass() {
    let uploader = waiting();
    let pause = &uploader.sandbox.pause;
    uploader.upload_bundle().await;
    assert_eq!(pause.run_pass(), [Published(path(BUNDLE))]);
    uploader.upload_archive().await;
    let steps = [Published(path(ARCHIVE)), Verified(path(BUNDLE))];
    assert_eq!(pause.run_pass(), steps);
    assert_eq!(pause.run_pass(), [Verified(path(ARCHIVE))]);
    assert!(pause.run_pass().is_empty());
}

#[tokio::test]
async fn leaves_later_uploads_to_the_next_pass() {
    let uploader = waiting();
    let pause = &uploader.sandbox.pause;
    uploader.upload_bundle().await;
    uploader.upload("notes.txt", b"x").await.succeeded();
    assert_eq!(pause.step(), Some(Published(path(BUNDLE))));
    uploader.upload_archive().await;
    assert_eq!(pause.run_pass(), [Published(path("notes.txt"))]);
    assert_eq!(pause.run_pass()[0], Published(path(ARCHIVE)));
}

#[tokio::test]
async fn writes_checksums_and_index_a_pass_later() {
    let uploader = waiting();
    let pause = &uploader.sandbox.pause;
    uploader.upload_archive().await;
    pause.run_pass();
    assert_eq!(status(&uploader, "CHECKSUMS").await, 404);
    let index = "/modules/02packages.details.txt";
    assert!(!uploader.text(index).await.contains(ARCHIVE));
    pause.run_pass();
    assert!(checksums(&uploader).await.contains(ARCHIVE));
    assert!(uploader.text(index).await.contains(ARCHIVE));
}

#[tokio::test]
async fn keeps_stale_checksums_of_a_replaced_bundle_for_a_pass() {
    let uploader = waiting();
    let pause = &uploader.sandbox.pause;
    uploader.upload(BUNDLE, b"{\"first\":1}").await.succeeded();
    pause.run_pass();
    pause.run_pass();
    let first = checksums(&uploader).await;
    uploader.upload(BUNDLE, b"{\"second\":2}").await.succeeded();
    pause.run_pass();
    assert_eq!(pause.file(&path(BUNDLE)).unwrap(), b"{\"second\":2}");
    let now = crate::harness::sha256(b"{\"second\":2}");
    assert!(!checksums(&uploader).await.contains(&now));
    assert_eq!(checksums(&uploader).await, first);
    pause.run_pass();
    assert!(checksums(&uploader).await.contains(&now));
}

#[tokio::test]
async fn writes_meta_and_readme_after_checksums() {
    let uploader = waiting();
    let pause = &uploader.sandbox.pause;
    let bytes = archive::targz(&archive::with([archive::file(
        "Foo-Bar-1.02/README",
        "read me",
    )]));
    uploader.upload(ARCHIVE, &bytes).await.succeeded();
    pause.run_pass();
    assert_eq!(status(&uploader, "Foo-Bar-1.02.meta").await, 404);
    pause.run_pass();
    for companion in ["Foo-Bar-1.02.meta", "Foo-Bar-1.02.readme"] {
        assert_eq!(status(&uploader, companion).await, 200, "{companion}");
        let listed = checksums(&uploader).await.contains(companion);
        assert!(!listed, "{companion}");
    }
    // The next run lists the META file; CHECKSUMS never list a README.
    uploader.upload("notes.txt", b"x").await.succeeded();
    pause.run_pass();
    pause.run_pass();
    assert!(checksums(&uploader).await.contains("Foo-Bar-1.02.meta"));
}

#[tokio::test]
async fn fetches_a_published_file_again_after_a_lost_connection() {
    let uploader = waiting();
    let pause = &uploader.sandbox.pause;
    pause.misbehaviour().set(PauseMisbehaviour::LostConnection);
    uploader.upload("AAA.txt", b"x").await.succeeded();
    pause.run_pass();
    uploader.upload_bundle().await;
    // It verifies one file, and then publishes another.
    let steps = [Verified(path("AAA.txt")), Published(path(BUNDLE))];
    assert_eq!(pause.run_pass(), steps);
    assert_eq!(status(&uploader, BUNDLE).await, 200);
    assert_eq!(pause.step(), Some(Withdrawn(path(BUNDLE))));
    assert_eq!(status(&uploader, BUNDLE).await, 404);
    assert_eq!(pause.step(), Some(Published(path(BUNDLE))));
    assert_eq!(pause.run_pass(), [Verified(path(BUNDLE))]);
    let about_it = |mail: &&cpan_sigstore_sandbox::pause::Mail| mail.subject.ends_with(BUNDLE);
    assert_eq!(pause.mails().iter().filter(about_it).count(), 4);
}

#[tokio::test]
async fn publishes_what_another_account_put_under_the_same_name() {
    let uploader = waiting();
    let pause = &uploader.sandbox.pause;
    uploader.upload_archive().await;
    let others = distribution("6.66");
    let sent = form(STRANGER, ARCHIVE, &others);
    uploader
        .send("?ACTION=add_uri", STRANGER, sent)
        .await
        .succeeded();
    pause.run_pass();
    assert_eq!(pause.file(&path(ARCHIVE)), Some(others));
}

#[tokio::test]
async fn overwrites_the_received_file_even_if_the_name_is_taken() {
    let uploader = waiting();
    let pause = &uploader.sandbox.pause;
    uploader.upload_archive().await;
    let again = uploader.upload(ARCHIVE, &distribution("1.03")).await;
    assert_eq!(again.status, 409);
    pause.run_pass();
    assert_eq!(pause.file(&path(ARCHIVE)), Some(distribution("1.03")));
}

#[tokio::test]
async fn gives_up_a_file_after_sixteen_tries_and_frees_its_name() {
    let uploader = waiting();
    let pause = &uploader.sandbox.pause;
    pause.misbehaviour().set(PauseMisbehaviour::FailingFetch);
    uploader.upload_bundle().await;
    for _ in 1..MOST_TRIES {
        assert_eq!(pause.run_pass(), [Failed(path(BUNDLE))]);
    }
    assert!(pause.mails().is_empty());
    assert_eq!(pause.run_pass(), [GivenUp(path(BUNDLE))]);
    assert!(pause.run_pass().is_empty());
    let mails = pause.mails();
    assert_eq!(mails[0].to, AUTHOR);
    assert!(mails[0].text.contains("could not be fetched"), "{mails:?}");
    pause.misbehaviour().clear();
    uploader
        .upload_into("elsewhere", BUNDLE, b"{}")
        .await
        .succeeded();
}

#[tokio::test]
async fn gives_up_a_damaged_archive_at_once_with_a_mail() {
    let uploader = waiting();
    let pause = &uploader.sandbox.pause;
    uploader.upload(ARCHIVE, b"no gzip").await.succeeded();
    assert_eq!(pause.run_pass(), [GivenUp(path(ARCHIVE))]);
    let mails = pause.mails();
    assert_eq!(mails.len(), 2);
    assert!(mails[0].text.contains("damaged"), "{mails:?}");
}

#[tokio::test]
async fn mails_author_and_list_about_each_file() {
    let uploader = waiting();
    let pause = &uploader.sandbox.pause;
    uploader.upload_bundle().await;
    pause.run_pass();
    let mails = pause.mails();
    let to: Vec<_> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, [AUTHOR, "cpan-uploads@perl.org"]);
    // PAUSE states no size of a file that is no archive.
    let said = format!("size: {} bytes", path(BUNDLE));
    assert!(mails[0].text.contains(&said), "{mails:?}");
}
