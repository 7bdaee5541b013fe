//! The published files: links, foreign files and names that are no records.

use std::{fs, os::unix::fs::symlink};

use cpan_sigstore_gate::server::{ServerGateError, UploadDecision};
use cpan_sigstore_records::record::Releases;

use crate::world::{ARCHIVE, BUNDLE, Server, TIM, archive, brief, first, record_name, sign};

#[tokio::test]
async fn follows_no_link_that_leads_out_of_the_published_files() {
    // A file of the machine in the place of each file that the gate reads.
    let record = record_name(2);
    let record_bundle = format!("{}.sigstore.json", record_name(1));
    for (name, asked) in [
        (BUNDLE, ARCHIVE),
        (ARCHIVE, BUNDLE),
        (record.as_str(), ARCHIVE),
        (record_bundle.as_str(), ARCHIVE),
    ] {
        let server = Server::with_record(Releases::Signed);
        let outside = server.folder.path().join("secret");
        fs::write(&outside, sign(TIM, &archive())).unwrap();
        let _ = fs::remove_file(server.path(name));
        symlink(&outside, server.path(name)).unwrap();
        let bytes = match asked {
            ARCHIVE => archive(),
            _ => sign(TIM, &archive()),
        };
        let error = server.try_ask(asked, &bytes).await.unwrap_err();
        assert!(matches!(error, ServerGateError::Published(_)), "{error}");
    }
}

#[tokio::test]
async fn takes_no_folder_or_link_to_nowhere_for_a_bundle() {
    let server = Server::with_record(Releases::Signed);
    fs::create_dir(server.path(BUNDLE)).unwrap();
    let answer = server.ask(ARCHIVE, &archive()).await;
    assert_eq!(answer.decision, UploadDecision::Later);
    fs::remove_dir(server.path(BUNDLE)).unwrap();
    symlink("nowhere", server.path(BUNDLE)).unwrap();
    let answer = server.ask(ARCHIVE, &archive()).await;
    assert_eq!(answer.decision, UploadDecision::Later);
}

#[tokio::test]
async fn ignores_published_names_that_are_no_records() {
    let server = Server::new();
    let record = first(TIM, Releases::Signed);
    fs::create_dir(server.path("sub")).unwrap();
    for name in [
        "TIM-sigstore-identities-01.json",
        "tim-sigstore-identities-1.json",
        "sub/TIM-sigstore-identities-1.json",
        "OTHER-sigstore-identities-1.json",
        "TIM-sigstore-identities-1.json~",
        "-sigstore-identities-1.json",
    ] {
        server.publish(name, record.json());
        server.publish(&format!("{name}.sigstore.json"), sign(TIM, record.json()));
    }
    assert!(!server.ask(ARCHIVE, &archive()).await.required);
    // No new one is published, so that nobody takes it for a record.
    for name in [
        "TIM-sigstore-identities-01.json",
        "tim-sigstore-identities-1.json",
    ] {
        let answer = server.ask(name, record.json()).await;
        assert_eq!(brief(&answer), ("reject", "name", 14), "{name}");
    }
}
