//! Archives.

use cpan_sigstore_core::{cause::Cause, finding::Finding};
use cpan_sigstore_gate::server::{ServerGateError, UploadDecision};
use cpan_sigstore_records::record::Releases;
use cpan_sigstore_testkit::archive::{file, release, targz};
use jiff::SignedDuration;

use crate::world::{ARCHIVE, BUNDLE, EVIL, Server, TIM, archive, brief, first, next, sign};

#[tokio::test]
async fn publishes_every_archive_of_an_author_who_requires_nothing() {
    let mixed = Server::with_record(Releases::Mixed);
    for server in [Server::new(), mixed] {
        let accepted = ("accept", "not-required", 0);
        assert_eq!(brief(&server.ask(ARCHIVE, &archive()).await), accepted);
        // PAUSE publishes other names and other contents today as well.
        for name in ["Foo-Bar-1.02.tar_gz", "perl-hack.zip", "Foo.pm.gz"] {
            assert_eq!(brief(&server.ask(name, b"no archive").await), accepted);
        }
        server.publish(BUNDLE, sign(TIM, b"other bytes"));
        let answer = server.ask(ARCHIVE, &archive()).await;
        assert_eq!(brief(&answer), accepted);
        let mismatch = Finding::SignatureInvalid(Cause::ArtifactMismatch);
        assert_eq!(answer.finding, Some(mismatch));
        assert!(!answer.required);
    }
}

#[tokio::test]
async fn rejects_unsigned_upload_once_its_bundle_is_overdue() {
    let mut server = Server::with_record(Releases::Signed);
    let answer = server.ask(ARCHIVE, &archive()).await;
    assert_eq!(brief(&answer), ("later", "awaits-bundle", 3));
    assert!(answer.required);
    server.passed = SignedDuration::from_mins(14);
    let answer = server.ask(ARCHIVE, &archive()).await;
    assert_eq!(answer.decision, UploadDecision::Later);
    server.passed = SignedDuration::from_mins(15);
    let answer = server.ask(ARCHIVE, &archive()).await;
    assert_eq!(brief(&answer), ("reject", "denied", 13));
    assert_eq!(answer.finding, Some(Finding::Downgrade));
    // Its bundle makes it good, at any time.
    server.publish(BUNDLE, sign(TIM, &archive()));
    let answer = server.ask(ARCHIVE, &archive()).await;
    assert_eq!(brief(&answer), ("accept", "signed", 0));
}

#[tokio::test]
async fn rejects_upload_signed_with_a_stolen_password_alone() {
    let server = Server::with_record(Releases::Signed);
    server.publish(BUNDLE, sign(EVIL, &archive()));
    let answer = server.ask(ARCHIVE, &archive()).await;
    assert_eq!(brief(&answer), ("reject", "denied", 12));
    assert_eq!(answer.finding, Some(Finding::IdentityMismatch));
    server.publish(BUNDLE, sign(TIM, b"other bytes"));
    let answer = server.ask(ARCHIVE, &archive()).await;
    assert_eq!(brief(&answer), ("reject", "denied", 11));
    server.publish(BUNDLE, "no bundle");
    let answer = server.ask(ARCHIVE, &archive()).await;
    assert_eq!(brief(&answer), ("reject", "denied", 11));
}

#[tokio::test]
async fn rejects_bytes_of_another_account_under_a_signed_name() {
    let server = Server::with_record(Releases::Signed);
    server.publish(BUNDLE, sign(TIM, &archive()));
    let mut theirs = archive();
    theirs[4] ^= 1;
    let answer = server.ask(ARCHIVE, &theirs).await;
    assert_eq!(brief(&answer), ("reject", "denied", 11));
    let answer = server.ask(ARCHIVE, &archive()).await;
    assert_eq!(brief(&answer), ("accept", "signed", 0));
}

#[tokio::test]
async fn rejects_archive_that_nobody_could_verify() {
    let server = Server::with_record(Releases::Signed);
    // PAUSE indexes the first, and clients take the others.
    for name in ["Foo-Bar-1.02.tar_gz", "Foo-Bar-1.02.tar", "Foo Bar.tar.gz"] {
        let answer = server.ask(name, &archive()).await;
        assert_eq!(brief(&answer), ("reject", "name", 14), "{name}");
    }
    let name = "Foo-Bar-9.99.tar.gz";
    server.publish(&format!("{name}.sigstore.json"), sign(TIM, &archive()));
    let answer = server.ask(name, &archive()).await;
    assert_eq!(answer.finding, Some(Finding::NameMismatch));
    assert_eq!(answer.exit() as u8, 14);
}

#[tokio::test]
async fn rejects_signed_archive_that_pause_would_repack() {
    let server = Server::with_record(Releases::Signed);
    let mut entries = release();
    for entry in entries.iter_mut().skip(1) {
        entry.mode = 0o666;
    }
    let bytes = targz(&entries);
    server.publish(BUNDLE, sign(TIM, &bytes));
    let answer = server.ask(ARCHIVE, &bytes).await;
    assert_eq!(brief(&answer), ("reject", "would-be-changed", 14));
    assert!(answer.found.unwrap().contains("world-writable"));
}

#[tokio::test]
async fn rejects_old_signed_archive_under_a_new_name() {
    // Neither META nor a folder states which release it is.
    let bytes = targz(&[file("lib/Foo/Bar.pm", "package Foo::Bar; 1;")]);
    for releases in [Releases::Signed, Releases::Mixed] {
        let server = Server::with_record(releases);
        server.publish(BUNDLE, sign(TIM, &bytes));
        let answer = server.ask(ARCHIVE, &bytes).await;
        assert_eq!(answer.finding, Some(Finding::NameUnchecked));
        let expected = match releases {
            Releases::Signed => ("reject", "denied", 14),
            Releases::Mixed => ("accept", "signed", 0),
        };
        assert_eq!(brief(&answer), expected);
    }
}

#[tokio::test]
async fn answers_nothing_about_archive_that_changes_while_it_is_judged() {
    let server = Server::with_record(Releases::Signed);
    server.publish(BUNDLE, sign(TIM, &archive()));
    let file = server.upload(b"what PAUSE hashed");
    std::fs::write(file.path(), archive()).unwrap();
    let error = server.ask_about(ARCHIVE, &file).await.unwrap_err();
    assert!(matches!(error, ServerGateError::Changed { .. }), "{error}");
}

#[tokio::test]
async fn requires_signatures_until_a_later_record_takes_it_back() {
    let server = Server::new();
    let one = first(TIM, Releases::Mixed);
    let two = next(&one, TIM, Releases::Signed);
    let three = next(&two, TIM, Releases::Mixed);
    for (record, required) in [(&one, false), (&two, true), (&three, false)] {
        server.publish_record(record, TIM);
        let answer = server.ask(ARCHIVE, &archive()).await;
        assert_eq!(answer.required, required);
        assert_eq!(answer.record_version, record.version());
    }
}

#[tokio::test]
async fn never_publishes_for_want_of_trust_material() {
    let mut server = Server::with_record(Releases::Signed);
    server.trusts = false;
    // The gate has not seen the record yet, and cannot verify it.
    let answer = server.ask(ARCHIVE, &archive()).await;
    assert_eq!(answer.decision, UploadDecision::Later);
    assert!(answer.required);
    server.publish(BUNDLE, sign(TIM, &archive()));
    let answer = server.ask(ARCHIVE, &archive()).await;
    assert_eq!(brief(&answer), ("later", "undetermined", 3));
    // It knows the record.
    server.trusts = true;
    server.ask(ARCHIVE, &archive()).await;
    server.trusts = false;
    let answer = server.ask(ARCHIVE, &archive()).await;
    assert_eq!(brief(&answer), ("later", "undetermined", 3));
    // Nobody else waits for it.
    let other = Server::new();
    other.publish(BUNDLE, sign(TIM, &archive()));
    let other = Server {
        trusts: false,
        ..other
    };
    assert_eq!(other.ask(ARCHIVE, &archive()).await.exit() as u8, 0);
}
