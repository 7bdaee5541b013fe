//! Time stamps, as `openssl ts` sees them.

use cpan_sigstore_sandbox::TsaMisbehaviour as Wrong;
use jiff::SignedDuration;

use crate::harness::{ARTIFACT, Client, Folder};

/// Gets a time stamp of the artifact, in a folder with everything that `openssl` needs to verify
/// it.
async fn stamp(client: &Client, query: &[&str]) -> Folder {
    let folder = Folder::new();
    folder.write("artifact", ARTIFACT);
    let mut arguments = vec!["ts", "-query", "-data", "artifact", "-out", "query"];
    arguments.extend(query);
    let (written, said) = folder.openssl(&arguments);
    assert!(written, "{said}");

    let tsa = client.sandbox.services.tsa.url();
    let answer = client
        .http()
        .post(format!("{tsa}/api/v1/timestamp"))
        .header("content-type", "application/timestamp-query")
        .body(std::fs::read(folder.path().join("query")).unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(
        answer.headers()["content-type"],
        "application/timestamp-reply"
    );
    folder.write("reply", answer.bytes().await.unwrap());

    // The chain of the trusted root: leaf, then root.
    let (_, chain) = client
        .get(&client.sandbox.services.tsa, "/api/v1/timestamp/certchain")
        .await;
    let chain = String::from_utf8(chain).unwrap();
    let end = chain.find("-----END CERTIFICATE-----\n").unwrap() + 26;
    folder.write("leaf.pem", &chain[..end]);
    folder.write("root.pem", &chain[end..]);
    folder
}

fn verify(folder: &Folder) -> (bool, String) {
    folder.openssl(&[
        "ts",
        "-verify",
        "-in",
        "reply",
        "-queryfile",
        "query",
        "-CAfile",
        "root.pem",
        "-untrusted",
        "leaf.pem",
    ])
}

#[tokio::test]
async fn issues_stamps_that_openssl_verifies() {
    let client = Client::new();
    for query in [
        &["-sha256", "-cert"][..],
        &["-sha384", "-cert"],
        &["-sha512", "-cert", "-no_nonce"],
        &["-sha256"],
    ] {
        let folder = stamp(&client, query).await;
        let (verified, said) = verify(&folder);
        assert!(verified, "{query:?}: {said}");
    }
}

#[tokio::test]
async fn spoils_the_stamp_by_each_misbehaviour_but_one() {
    let client = Client::new();
    for (wrong, complaint) in [
        (Wrong::OtherKey, "signature failure"),
        (Wrong::UnknownAuthority, "verify error"),
        (Wrong::OtherMessage, "message imprint mismatch"),
        (Wrong::OtherNonce, "nonce mismatch"),
        (Wrong::NoNonce, "nonce not returned"),
        (Wrong::Rejected, "no time stamp token"),
    ] {
        client.sandbox.tsa.misbehaviour().set(wrong);
        let (verified, said) = verify(&stamp(&client, &["-sha256", "-cert"]).await);
        assert!(!verified, "{wrong:?}");
        assert!(said.contains(complaint), "{wrong:?}: {said}");
    }
    client
        .sandbox
        .tsa
        .misbehaviour()
        .set(Wrong::FractionalSeconds);
    let folder = stamp(&client, &["-sha256", "-cert"]).await;
    let (verified, said) = verify(&folder);
    assert!(verified, "{said}");
    let (_, text) = folder.openssl(&["ts", "-reply", "-in", "reply", "-text"]);
    assert!(text.contains(".125"), "{text}");
}

#[tokio::test]
async fn refuses_weak_digests_and_garbage_in_the_response() {
    let client = Client::new();
    let folder = stamp(&client, &["-sha1", "-cert"]).await;
    let (_, text) = folder.openssl(&["ts", "-reply", "-in", "reply", "-text"]);
    assert!(text.contains("Rejected"), "{text}");
    assert!(
        text.contains("unrecognized or unsupported algorithm"),
        "{text}"
    );
}

#[tokio::test]
async fn stamps_the_authoritys_own_time() {
    let client = Client::new();
    client
        .sandbox
        .tsa
        .clock()
        .set_offset(SignedDuration::from_hours(-24 * 400));
    let folder = stamp(&client, &["-sha256", "-cert"]).await;
    let (_, text) = folder.openssl(&["ts", "-reply", "-in", "reply", "-text"]);
    let year = (client.sandbox.tsa.clock().now())
        .strftime("%Y GMT")
        .to_string();
    assert!(text.contains(&year), "{year}: {text}");
}
