//! What could not be told is said, ends with 3, and is told later.

use cpan_sigstore_sandbox::{Fault, PauseMisbehaviour};

use super::watched::{Watched, archive, bundle, codes};
use crate::pause::author::{HOME, distribution};

#[test]
fn a_cpan_that_is_down_is_no_silence() {
    let watched = Watched::begun();
    watched.publish_unsigned("1.03");
    let faults = watched.shop.user.sandbox.services.cpan.faults();
    faults.always(Fault::Status(403));
    let ran = watched.run(&[]).exits(3);
    assert!(ran.stderr.contains("warning: MYAUTHOR: "), "{ran:#?}");
    assert_eq!(ran.stdout, "");
    faults.clear();
    watched.told_once("unsigned-release", 13);
}

#[test]
fn recent_files_that_are_garbage_or_endless_hide_nothing() {
    for wrong in [
        PauseMisbehaviour::GarbageRecent,
        PauseMisbehaviour::EndlessRecent,
    ] {
        let watched = Watched::begun();
        watched.publish_unsigned("1.03");
        let misbehaviour = watched.shop.user.sandbox.pause.misbehaviour();
        misbehaviour.set(wrong);
        let told = watched.told(13);
        assert_eq!(codes(&told), ["unsigned-release"], "{wrong:?}");
        let ran = watched.run(&[]).exits(3);
        assert!(ran.stderr.contains("RECENT-1h.yaml"), "{ran:#?}");
        misbehaviour.clear();
        assert!(watched.told(0).is_empty());
    }
}

#[test]
fn a_cpan_that_went_back_is_told_and_not_looked_at() {
    let watched = Watched::new();
    let author = crate::pause::author::Author {
        user: watched.shop.user,
    };
    std::fs::create_dir(author.home()).unwrap();
    author.write_dot_pause(&author.user.sandbox.pause.dot_pause("MYAUTHOR").unwrap());
    author
        .user
        .write(crate::harness::FILE, &distribution("Foo-Bar", "1.02"));
    author.upload(&[]).exits(0);
    author.run(&["watch", "MYAUTHOR"]).exits(0);
    let misbehaviour = author.user.sandbox.pause.misbehaviour();
    misbehaviour.set(PauseMisbehaviour::StaleRecent);
    let asked = author.user.sandbox.services.cpan.requests().len();
    let ran = author.run(&["watch", "MYAUTHOR"]).exits(3);
    assert!(ran.stderr.contains("or later, found it as of"), "{ran:#?}");
    // Where it is not, and nothing has happened, that is all that is asked for, too.
    misbehaviour.clear();
    author.run(&["watch", "MYAUTHOR"]).exits(0);
    let requests = author.user.sandbox.services.cpan.requests();
    assert_eq!(requests[asked..], ["GET /authors/RECENT-1h.yaml"; 2]);
}

#[test]
fn without_recent_files_every_author_is_looked_at_and_that_is_said_once() {
    let watched = Watched::new();
    let misbehaviour = watched.shop.user.sandbox.pause.misbehaviour().clone();
    misbehaviour.set(PauseMisbehaviour::NoRecent);
    watched.shop.release("1.02");
    let ran = watched.run(&[]).exits(0);
    assert!(ran.stderr.contains("has no files RECENT"), "{ran:#?}");
    watched.delete("Foo-Bar-1.02.tar.gz.sigstore.json");
    let ran = watched.run(&[]).exits(13);
    assert!(ran.stdout.starts_with("bundle-dropped"), "{ran:#?}");
    assert!(!ran.stderr.contains("RECENT"), "{ran:#?}");
}

#[test]
fn a_folder_is_watched_like_a_cpan() {
    let watched = Watched::begun();
    watched.publish_unsigned("1.03");
    let url = folder(&watched);
    let ran = watched.run(&["--cpan", &url]).exits(13);
    assert!(ran.stdout.starts_with("unsigned-release"), "{ran:#?}");
}

#[test]
fn a_mirror_that_has_recent_before_the_files_is_looked_at_again() {
    let watched = Watched::new();
    watched.shop.release("1.02");
    let url = folder(&watched);
    let happened = |epoch, kind, file: &str| happened(&watched, epoch, kind, file);
    let watch = || watched.run(&["--cpan", &url]);
    happened("2.5", "new", &archive("1.02"));
    watch().exits(0);
    happened("3.5", "new", &archive("1.03"));
    for _ in 0..3 {
        let ran = watch().exits(3);
        assert!(ran.stderr.contains("it to be there"), "{ran:#?}");
    }
    watched.publish_unsigned("1.03");
    folder(&watched);
    let ran = watch().exits(13);
    assert!(ran.stdout.starts_with("unsigned-release"), "{ran:#?}");
    watch().exits(0);
    happened("4.5", "delete", &bundle("1.02"));
    for _ in 0..3 {
        let ran = watch().exits(3);
        assert!(ran.stderr.contains("it to be deleted"), "{ran:#?}");
    }
    let home = watched.shop.user.path("upstream/authors/id").join(HOME);
    std::fs::remove_file(home.join(bundle("1.02"))).unwrap();
    let ran = watch().exits(13);
    assert!(ran.stdout.starts_with("bundle-dropped"), "{ran:#?}");
    watch().exits(0);
}

#[test]
fn what_is_looked_at_for_one_author_is_not_lost_for_another() {
    let watched = Watched::new();
    watched.shop.release("1.02");
    let url = folder(&watched);
    happened(&watched, "2.5", "new", &archive("1.02"));
    watched.run(&["--cpan", &url]).exits(0);
    watched.publish_unsigned("1.03");
    folder(&watched);
    happened(&watched, "3.5", "new", &archive("1.03"));
    // There is nothing of this one.
    let stranger = ["watch", "STRANGER", "--cpan", &url];
    watched.shop.user.run(&stranger).exits(3);
    let ran = watched.run(&["--cpan", &url]).exits(13);
    assert!(ran.stdout.starts_with("unsigned-release"), "{ran:#?}");
}

/// Writes into the folder what happened last to a file of the author.
fn happened(watched: &Watched, epoch: &str, kind: &str, file: &str) {
    let text = format!(
        "meta: {{protocol: 1, interval: 1h}}\nrecent:\n- {{epoch: {epoch}, path: id/{HOME}/{file}, type: {kind}}}\n- {{epoch: 1.5, path: id/x, type: new}}\n"
    );
    let authors = watched.shop.user.path("upstream/authors");
    std::fs::write(authors.join("RECENT-1h.yaml"), text).unwrap();
}

/// Copies the author's files from the CPAN into a folder, and says its address.
fn folder(watched: &Watched) -> String {
    let folder = watched.shop.user.path("upstream");
    let pause = &watched.shop.user.sandbox.pause;
    let home = folder.join("authors/id").join(HOME);
    std::fs::create_dir_all(&home).unwrap();
    for path in pause.published("MYAUTHOR") {
        let file = folder.join("authors/id").join(&path);
        std::fs::write(file, pause.file(&path).unwrap()).unwrap();
    }
    let cpan = watched.shop.user.sandbox.services.cpan.url();
    let address = cpan.trim_start_matches("http://");
    let line = format!("GET /authors/id/{HOME}/CHECKSUMS");
    let checksums = crate::install::http::ask(address, &line, &[]).body;
    std::fs::write(home.join("CHECKSUMS"), checksums).unwrap();
    format!("file://{}/", folder.display())
}

#[test]
fn without_trust_material_nothing_is_taken_for_good() {
    let watched = Watched::begun();
    let bytes = distribution("Foo-Bar", "1.03");
    watched
        .shop
        .publish_signed("stranger", &archive("1.03"), &bytes);
    let ran = watched
        .command(&["--instance", "sandbox-tuf", "--offline"])
        .env("CPAN_SIGSTORE_CACHE", watched.shop.user.path("empty"))
        .output()
        .unwrap();
    let ran = crate::harness::Ran::of(ran).exits(3);
    assert!(ran.stderr.contains("Foo-Bar-1.03"), "{ran:#?}");
    watched.told_once("foreign-signature", 12);
}

#[test]
fn an_author_of_whom_there_is_nothing_is_said() {
    let watched = Watched::new();
    let ran = watched.run(&[]).exits(3);
    assert!(ran.stderr.contains("no such author"), "{ran:#?}");
}

#[test]
fn a_state_that_is_none_is_refused() {
    let watched = Watched::begun();
    std::fs::write(watched.shop.user.path("data/watch.json"), "{").unwrap();
    let ran = watched.run(&[]).exits(1);
    assert!(ran.stderr.contains("move the file away"), "{ran:#?}");
}
