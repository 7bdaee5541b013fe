//! Undetermined: `watch` warns, exits with 3, and reports it later.

use cpan_sigstore_gate::{TrustStore, store};
use cpan_sigstore_sandbox::{Fault, PauseMisbehaviour};

use super::watched::{Watched, archive, bundle, codes};
use crate::fixtures::author::{HOME, distribution};
use crate::harness::World;

#[test]
fn warns_of_unreachable_cpan() {
    let watched = Watched::begun();
    watched.publish_unsigned("1.03");
    let faults = watched.world.sandbox.services.cpan.faults();
    faults.always(Fault::busy());
    let ran = watched
        .run(&[])
        .exits(3)
        .snapshot("watch/warns_of_unreachable_cpan");
    assert!(ran.stderr.contains("warning: MYAUTHOR: "), "{ran:#?}");
    assert_eq!(ran.stdout, "");
    faults.clear();
    watched.reports_once("unsigned-release-3", "unsigned-release", 13);
}

#[test]
fn reports_alerts_despite_malformed_recent_files() {
    for wrong in [
        PauseMisbehaviour::GarbageRecent,
        PauseMisbehaviour::EndlessRecent,
    ] {
        let watched = Watched::begun();
        watched.publish_unsigned("1.03");
        let misbehaviour = watched.world.sandbox.pause.misbehaviour();
        misbehaviour.set(wrong);
        let told = watched.reports(13);
        assert_eq!(codes(&told), ["unsigned-release"], "{wrong:?}");
        let name = format!("watch/reports_alerts_despite_{wrong:?}");
        let ran = watched.run(&[]).exits(3).snapshot(&name);
        assert!(ran.stderr.contains("RECENT-1h.yaml"), "{ran:#?}");
        misbehaviour.clear();
        assert!(watched.reports(0).is_empty());
    }
}

#[test]
fn reports_rolled_back_cpan_and_checks_nothing() {
    let author = World::new().with_account();
    author.upload(&[]).exits(0);
    author.run(&["watch", "MYAUTHOR"]).exits(0);
    let misbehaviour = author.sandbox.pause.misbehaviour();
    misbehaviour.set(PauseMisbehaviour::StaleRecent);
    let asked = author.sandbox.services.cpan.requests().len();
    let ran = author
        .run(&["watch", "MYAUTHOR"])
        .exits(3)
        .snapshot("watch/reports_rolled_back_cpan_and_checks_nothing");
    assert!(ran.stderr.contains("or later, found that of"), "{ran:#?}");
    // Once the mirror is current and nothing has happened, `watch` requests no more than that.
    misbehaviour.clear();
    author.run(&["watch", "MYAUTHOR"]).exits(0);
    let requests = author.sandbox.services.cpan.requests();
    assert_eq!(requests[asked..], ["GET /authors/RECENT-1h.yaml"; 2]);
}

#[test]
fn checks_every_author_without_recent_files() {
    let watched = Watched::new();
    let misbehaviour = watched.world.sandbox.pause.misbehaviour().clone();
    misbehaviour.set(PauseMisbehaviour::NoRecent);
    watched.world.publish_release("1.02");
    let ran = watched
        .run(&[])
        .exits(0)
        .snapshot("watch/checks_every_author_without_recent_files-1");
    assert!(ran.stderr.contains("has no RECENT files"), "{ran:#?}");
    watched.delete("Foo-Bar-1.02.tar.gz.sigstore.json");
    let ran = watched
        .run(&[])
        .exits(13)
        .snapshot("watch/checks_every_author_without_recent_files-2");
    assert!(ran.stdout.starts_with("bundle-dropped"), "{ran:#?}");
    assert!(!ran.stderr.contains("RECENT"), "{ran:#?}");
}

#[test]
fn watches_local_folder() {
    let watched = Watched::begun();
    watched.publish_unsigned("1.03");
    let url = folder(&watched);
    let ran = watched
        .run(&["--cpan", &url])
        .exits(13)
        .snapshot("watch/watches_local_folder");
    assert!(ran.stdout.starts_with("unsigned-release"), "{ran:#?}");
}

#[test]
fn checks_again_when_recent_precedes_files() {
    let watched = Watched::new();
    watched.world.publish_release("1.02");
    let url = folder(&watched);
    let happened = |epoch, kind, file: &str| happened(&watched, epoch, kind, file);
    let watch = || watched.run(&["--cpan", &url]);
    happened("2.5", "new", &archive("1.02"));
    watch().exits(0);
    happened("3.5", "new", &archive("1.03"));
    for _ in 0..3 {
        let ran = watch()
            .exits(3)
            .snapshot("watch/checks_again_when_recent_precedes_files-1");
        assert!(ran.stderr.contains("it is not there yet"), "{ran:#?}");
    }
    watched.publish_unsigned("1.03");
    folder(&watched);
    let ran = watch().exits(13);
    assert!(ran.stdout.starts_with("unsigned-release"), "{ran:#?}");
    watch().exits(0);
    happened("4.5", "delete", &bundle("1.02"));
    for _ in 0..3 {
        let ran = watch()
            .exits(3)
            .snapshot("watch/checks_again_when_recent_precedes_files-2");
        assert!(ran.stderr.contains("it is still there"), "{ran:#?}");
    }
    let home = watched.world.path("upstream/authors/id").join(HOME);
    std::fs::remove_file(home.join(bundle("1.02"))).unwrap();
    let ran = watch().exits(13);
    assert!(ran.stdout.starts_with("bundle-dropped"), "{ran:#?}");
    watch().exits(0);
}

#[test]
fn keeps_progress_of_each_author() {
    let watched = Watched::new();
    watched.world.publish_release("1.02");
    let url = folder(&watched);
    happened(&watched, "2.5", "new", &archive("1.02"));
    watched.run(&["--cpan", &url]).exits(0);
    watched.publish_unsigned("1.03");
    folder(&watched);
    happened(&watched, "3.5", "new", &archive("1.03"));
    // There is nothing of this one.
    let stranger = ["watch", "STRANGER", "--cpan", &url];
    watched
        .world
        .run(&stranger)
        .exits(3)
        .snapshot("watch/keeps_progress_of_each_author");
    let ran = watched.run(&["--cpan", &url]).exits(13);
    assert!(ran.stdout.starts_with("unsigned-release"), "{ran:#?}");
}

/// Writes into the folder what happened last to a file of the author.
fn happened(watched: &Watched, epoch: &str, kind: &str, file: &str) {
    let text = format!(
        "meta: {{protocol: 1, interval: 1h}}\nrecent:\n- {{epoch: {epoch}, path: id/{HOME}/{file}, type: {kind}}}\n- {{epoch: 1.5, path: id/x, type: new}}\n"
    );
    let authors = watched.world.path("upstream/authors");
    std::fs::write(authors.join("RECENT-1h.yaml"), text).unwrap();
}

/// Copies the author's files from the CPAN into a folder, and says its address.
fn folder(watched: &Watched) -> String {
    let folder = watched.world.path("upstream");
    let pause = &watched.world.sandbox.pause;
    let home = folder.join("authors/id").join(HOME);
    std::fs::create_dir_all(&home).unwrap();
    for path in pause.published("MYAUTHOR") {
        let file = folder.join("authors/id").join(&path);
        std::fs::write(file, pause.file(&path).unwrap()).unwrap();
    }
    let cpan = watched.world.sandbox.services.cpan.url();
    let address = cpan.trim_start_matches("http://");
    let line = format!("GET /authors/id/{HOME}/CHECKSUMS");
    let checksums = crate::fixtures::http::ask(address, &line, &[]).body;
    std::fs::write(home.join("CHECKSUMS"), checksums).unwrap();
    format!("file://{}/", folder.display())
}

#[test]
fn accepts_nothing_without_trust_material() {
    let watched = Watched::begun();
    let bytes = distribution("Foo-Bar", "1.03");
    watched
        .world
        .publish_signed("stranger", &archive("1.03"), &bytes);
    let ran = watched
        .command(&["--instance", "sandbox-tuf", "--offline"])
        .env("CPAN_SIGSTORE_CACHE", watched.world.path("empty"))
        .output()
        .unwrap();
    let ran = crate::harness::Ran::of(ran)
        .exits(3)
        .snapshot("watch/accepts_nothing_without_trust_material");
    assert!(ran.stderr.contains("Foo-Bar-1.03"), "{ran:#?}");
    watched.reports_once("foreign-signature-3", "foreign-signature", 12);
}

#[test]
fn warns_of_author_without_files() {
    let watched = Watched::new();
    let ran = watched
        .run(&[])
        .exits(3)
        .snapshot("watch/warns_of_author_without_files");
    assert!(ran.stderr.contains("no such author"), "{ran:#?}");
}

#[test]
fn reports_malformed_state_until_it_is_forgotten() {
    let watched = Watched::begun();
    write_malformed_state(&watched);
    let ran = watched
        .run(&[])
        .exits(1)
        .snapshot("watch/reports_malformed_state");
    assert!(ran.stderr.contains("trust forget"), "{ran:#?}");
    let forget = ["trust", "forget", "--author", "MYAUTHOR"];
    watched.world.run(&forget).exits(0);
    let ran = watched.run(&[]).exits(0);
    assert!(ran.stderr.contains("current releases"), "{ran:#?}");
}

/// Writes a malformed state of the author into the trust store.
fn write_malformed_state(watched: &Watched) {
    let place = watched.world.path("data/trust-store.sqlite");
    let author = "MYAUTHOR".parse().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let is_written = runtime.block_on(async {
        let store = TrustStore::open(place.to_str().unwrap()).await.unwrap();
        let before = store.watched_files(&author).await.unwrap();
        let malformed = store::Watched {
            cursor: store.watch_cursors().await.unwrap()["MYAUTHOR"].clone(),
            files: "{".to_owned(),
            alerts: Vec::new(),
        };
        let now = jiff::Timestamp::UNIX_EPOCH;
        store
            .note_watched(&author, before.as_deref(), &malformed, now)
            .await
    });
    assert!(is_written.unwrap());
    watched.publish_unsigned("1.03");
}
