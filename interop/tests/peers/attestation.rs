//! In-toto statements about a file (DSSE), as cosign and GitHub create them.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cpan_sigstore_interop::instance::Instance;
use cpan_sigstore_interop::peer::{Answer, Cosign, Format, Order, Peer, Question};
use cpan_sigstore_sandbox::{RekorVersion, Sandbox, SandboxOptions};
use serde_json::{Value, json};

use crate::workshop::{Signer, Workshop};

/// Returns the answers of our program and cosign to a statement.
async fn ask(question: Question<'_>) -> [Answer; 2] {
    let [ours, ..] = Peer::all().unwrap();
    let cosign = Cosign::find().unwrap();
    [
        ours.verify(question).await.unwrap(),
        cosign.verify_attestation(question).await.unwrap(),
    ]
}

/// Returns the bundle with its statement changed to the file of another digest.
fn about_another_file(bundle: &Path, digest: &str) -> String {
    let text = std::fs::read_to_string(bundle).unwrap();
    let mut bundle: Value = serde_json::from_str(&text).unwrap();
    let payload = &mut bundle["dsseEnvelope"]["payload"];
    let statement = STANDARD.decode(payload.as_str().unwrap()).unwrap();
    let mut statement: Value = serde_json::from_slice(&statement).unwrap();
    statement["subject"][0]["digest"]["sha256"] = json!(digest);
    *payload = json!(STANDARD.encode(statement.to_string()));
    bundle.to_string()
}

async fn a_statement_counts_for_the_file_it_names(rekor: RekorVersion) {
    let sandbox = Sandbox::start(SandboxOptions {
        rekor,
        ..SandboxOptions::default()
    })
    .unwrap();
    let instance =
        Instance::read(&sandbox.trusted_root_path(), &sandbox.signing_config_path()).unwrap();
    let author = Signer::by_email(&sandbox, "author");
    let workshop = Workshop::new();
    let artifact = workshop.file("artifact", b"a release");
    let bundle = workshop.path("bundle");
    let order = Order {
        instance: &instance,
        artifact: &artifact,
        bundle: &bundle,
        token: &workshop.file("token", author.token.as_bytes()),
    };
    let answer = Cosign::find().unwrap().attest(order).await.unwrap();
    assert!(answer.success(), "cosign attests: {answer:#?}");

    let question = Question {
        instance: &instance,
        artifact: &artifact,
        bundle: &bundle,
        format: Format::Bundle,
        identity: &author.identity,
        issuer: &author.issuer,
    };
    for answer in ask(question).await {
        assert!(answer.success(), "{answer:#?}");
    }
    let other = workshop.file("other", b"another release");
    // SHA-256 of `another release`.
    let digest = "0bc418f9550d1d7064d0fb627c66753a90f8857b7f4b209fa3e9f254f02d0fc4";
    let forged = workshop.file("forged", about_another_file(&bundle, digest).as_bytes());
    for bundle in [&bundle, &forged] {
        let about_other = Question {
            artifact: &other,
            bundle,
            ..question
        };
        for answer in ask(about_other).await {
            assert!(!answer.success(), "{answer:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accepts_a_rekor_v2_statement_only_for_the_file_it_names() {
    a_statement_counts_for_the_file_it_names(RekorVersion::V2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accepts_a_rekor_v1_statement_only_for_the_file_it_names() {
    a_statement_counts_for_the_file_it_names(RekorVersion::V1).await;
}
