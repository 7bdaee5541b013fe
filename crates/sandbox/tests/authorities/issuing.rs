//! Certificates and their log.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use cpan_sigstore_sandbox::oidc::ProviderMisbehaviour;
use cpan_sigstore_sandbox::{CaMisbehaviour, CtLogMisbehaviour};
use der::{Decode, DecodePem, Encode};
use jiff::SignedDuration;
use serde_json::json;
use sha2::{Digest, Sha256};
use x509_cert::Certificate;

use crate::harness::{Client, Folder, decode, leaf_hash, verifies};

const EMAIL: &str = "author@example.org";
const WORKFLOW: &str = "repo:author/Foo-Bar:ref:refs/tags/v1.0";
const SCT_LIST: &str = "1.3.6.1.4.1.11129.2.4.2";

#[tokio::test]
async fn issues_chains_that_openssl_accepts_for_every_identity() {
    let client = Client::new();
    for (account, challenge, name) in [
        ("author", EMAIL, "email:author@example.org"),
        ("MYAUTHOR", "MYAUTHOR", "MYAUTHOR!127.0.0.1"),
        (
            "ci",
            WORKFLOW,
            "URI:https://github.com/author/Foo-Bar/.github/workflows/release.yml@refs/tags/v1.0",
        ),
    ] {
        let chain = client.certificate(account, challenge).await;
        let folder = Folder::new();
        folder.write("leaf.pem", &chain[0]);
        folder.write("intermediate.pem", &chain[1]);
        folder.write("root.pem", &chain[2]);
        let (accepted, said) = folder.openssl(&[
            "verify",
            "-x509_strict",
            "-CAfile",
            "root.pem",
            "-untrusted",
            "intermediate.pem",
            "leaf.pem",
        ]);
        assert!(accepted, "{account}: {said}");

        let (_, text) = folder.openssl(&["x509", "-in", "leaf.pem", "-noout", "-text"]);
        let (_, structure) = folder.openssl(&["asn1parse", "-in", "leaf.pem"]);
        assert!(text.contains("Code Signing"), "{text}");
        assert!(text.contains("CT Precertificate SCTs"), "{text}");
        let hex = hex::encode_upper(name);
        assert!(
            text.contains(name) || structure.contains(&hex),
            "{account}: {text}{structure}"
        );
    }
}

#[tokio::test]
async fn states_the_build_in_a_workflow_certificate() {
    let client = Client::new();
    let chain = client.certificate("ci", WORKFLOW).await;
    let leaf = Certificate::from_pem(&chain[0]).unwrap();
    let extension = |oid: &str| {
        let extensions = leaf.tbs_certificate.extensions.iter().flatten();
        let mut found = extensions.filter(|extension| extension.extn_id.to_string() == oid);
        found.next().unwrap().extn_value.as_bytes().to_vec()
    };
    let text =
        |arc: u32| String::from_der(&extension(&format!("1.3.6.1.4.1.57264.1.{arc}"))).unwrap();
    let issuer = format!("{}/ci", client.sandbox.services.oidc.url());
    assert_eq!(extension("1.3.6.1.4.1.57264.1.1"), issuer.as_bytes());
    assert_eq!(text(8), issuer);
    assert_eq!(text(12), "https://github.com/author/Foo-Bar");
    assert_eq!(text(14), "refs/tags/v1.0");
    assert_eq!(text(20), "push");
    assert_eq!(
        text(21),
        "https://github.com/author/Foo-Bar/actions/runs/900001/attempts/1"
    );
    assert_eq!(text(24), WORKFLOW);
    assert_eq!(extension("1.3.6.1.4.1.57264.1.5"), b"author/Foo-Bar");
}

#[tokio::test]
async fn certifies_a_federated_login_as_that_of_its_provider() {
    let client = Client::new();
    let chain = client.certificate("author-github", EMAIL).await;
    let der = Certificate::from_pem(&chain[0]).unwrap().to_der().unwrap();
    let issuer = b"https://github.com/login/oauth";
    assert!(der.windows(issuer.len()).any(|window| window == issuer));
}

/// Rebuilds the bytes that the log signed from a certificate without its SCTs.
fn logged_leaf(chain: &[String]) -> (Vec<u8>, Vec<u8>, [u8; 32]) {
    let leaf = Certificate::from_pem(&chain[0]).unwrap();
    let issuer = Certificate::from_pem(&chain[1]).unwrap();
    let mut tbs = leaf.tbs_certificate;
    let extensions = tbs.extensions.as_mut().unwrap();
    let position = extensions
        .iter()
        .position(|extension| extension.extn_id.to_string() == SCT_LIST);
    let list = extensions.remove(position.unwrap()).extn_value;
    let list = der::asn1::OctetString::from_der(list.as_bytes()).unwrap();
    // Two lengths, version, log, time, extensions, algorithms, length, signature.
    let sct = &list.as_bytes()[4..];
    assert_eq!(sct[0], 0);
    let log: [u8; 32] = sct[1..33].try_into().unwrap();
    let timestamp = &sct[33..41];
    assert_eq!(sct[41..45], [0, 0, 4, 3]);
    let signature = sct[47..].to_vec();

    let tbs = tbs.to_der().unwrap();
    let key = Sha256::digest(
        issuer
            .tbs_certificate
            .subject_public_key_info
            .to_der()
            .unwrap(),
    );
    let length = u32::try_from(tbs.len()).unwrap().to_be_bytes();
    let leaf = [
        &[0, 0],
        timestamp,
        &[0, 1],
        &key,
        &length[1..],
        &tbs,
        &[0, 0],
    ]
    .concat();
    (leaf, signature, log)
}

#[tokio::test]
async fn embeds_the_logs_timestamp_and_logs_the_certificate() {
    let client = Client::new();
    let key = client.trusted_key("/ctlogs/0");
    let log = &client.sandbox.services.ct_log;
    client.certificate("MYAUTHOR", "MYAUTHOR").await;
    let chain = client.certificate("author", EMAIL).await;

    let (leaf, signature, log_id) = logged_leaf(&chain);
    assert!(verifies(&key, &leaf, &signature));
    let spki = p256::pkcs8::EncodePublicKey::to_public_key_der(&key).unwrap();
    assert_eq!(log_id[..], Sha256::digest(spki.as_bytes())[..]);

    let head = client.get_json(log, "/ct/v1/get-sth").await;
    assert_eq!(head["tree_size"], 2);
    let signed = [
        &[0, 1],
        &head["timestamp"].as_u64().unwrap().to_be_bytes()[..],
        &2_u64.to_be_bytes(),
        &decode(&head["sha256_root_hash"]),
    ]
    .concat();
    assert!(verifies(
        &key,
        &signed,
        &decode(&head["tree_head_signature"])[4..]
    ));

    let hash = BASE64
        .encode(leaf_hash(&leaf))
        .replace('+', "%2B")
        .replace('/', "%2F");
    let path = format!("/ct/v1/get-proof-by-hash?hash={hash}&tree_size=2");
    let proof = client.get_json(log, &path).await;
    assert_eq!(proof["leaf_index"], 1);

    let entries = client
        .get_json(log, "/ct/v1/get-entries?start=1&end=9")
        .await;
    assert_eq!(decode(&entries["entries"][0]["leaf_input"]), leaf);
    let consistency = client
        .get_json(log, "/ct/v1/get-sth-consistency?first=1&second=2")
        .await;
    assert_eq!(decode(&consistency["consistency"][0]), leaf_hash(&leaf));
}

#[tokio::test]
async fn logs_a_final_certificate_and_rejects_a_foreign_one() {
    let client = Client::new();
    let log = &client.sandbox.services.ct_log;
    let chain = client.certificate("author", EMAIL).await;
    let der = |pem: &String| BASE64.encode(Certificate::from_pem(pem).unwrap().to_der().unwrap());
    let body = json!({ "chain": chain.iter().map(der).collect::<Vec<_>>() });
    let (status, _) = client.post(log, "/ct/v1/add-chain", &body).await;
    assert_eq!(status, 200);
    // No poison.
    let (status, _) = client.post(log, "/ct/v1/add-pre-chain", &body).await;
    assert_eq!(status, 400);
    // Not signed by its neighbour.
    let body = json!({ "chain": [der(&chain[0]), der(&chain[2])] });
    let (status, _) = client.post(log, "/ct/v1/add-chain", &body).await;
    assert_eq!(status, 400);
    // From another sandbox.
    let strange = Client::new().certificate("author", EMAIL).await;
    let body = json!({ "chain": strange.iter().map(der).collect::<Vec<_>>() });
    let (status, _) = client.post(log, "/ct/v1/add-chain", &body).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn accepts_a_signing_request_as_proof_of_possession() {
    let client = Client::new();
    let folder = Folder::new();
    let (written, said) = folder.openssl(&[
        "req",
        "-new",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-384",
        "-sha256",
        "-nodes",
        "-keyout",
        "key.pem",
        "-subj",
        "/CN=ignored",
        "-out",
        "csr.pem",
    ]);
    assert!(written, "{said}");
    let pem = std::fs::read(folder.path().join("csr.pem")).unwrap();
    let body = json!({ "certificateSigningRequest": BASE64.encode(pem) });
    let url = format!("{}/api/v2/signingCert", client.sandbox.services.ca.url());
    let token = client.sandbox.token("author").unwrap();
    let request = client.http().post(url).bearer_auth(token).json(&body);
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn certifies_only_the_providers_own_tokens_for_this_purpose() {
    let client = Client::new();
    let ca = &client.sandbox.services.ca;
    for fault in [
        ProviderMisbehaviour::WrongAudience,
        ProviderMisbehaviour::WrongIssuer,
        ProviderMisbehaviour::ExpiredToken,
        ProviderMisbehaviour::ForeignKey,
        ProviderMisbehaviour::UnsignedToken,
        ProviderMisbehaviour::EmailUnverified,
    ] {
        client.sandbox.oidc.misbehaviour().set(fault);
        let token = client.sandbox.token("author").unwrap();
        let request = client.certificate_request(&token, EMAIL);
        let (status, answer) = client.post(ca, "/api/v2/signingCert", &request).await;
        assert_eq!(status, 400, "{fault:?}: {answer}");
    }
    client.sandbox.oidc.misbehaviour().clear();
    let token = client.sandbox.token("author").unwrap();
    let request = client.certificate_request(&token, "subject-of-author");
    let (status, answer) = client.post(ca, "/api/v2/signingCert", &request).await;
    assert_eq!(
        (status, &answer["message"]),
        (
            400,
            &json!("the proof of possession is not a signature of author@example.org"),
        )
    );
    assert_eq!(client.sandbox.ct_log.size(), 0);
}

#[tokio::test]
async fn dates_certificates_by_a_moved_clock() {
    let client = Client::new();
    client.sandbox.set_clocks(SignedDuration::from_hours(-5));
    let chain = client.certificate("author", EMAIL).await;
    let folder = Folder::new();
    folder.write("leaf.pem", &chain[0]);
    let (still_good, said) =
        folder.openssl(&["x509", "-in", "leaf.pem", "-noout", "-checkend", "0"]);
    assert!(!still_good, "{said}");
}

#[tokio::test]
async fn misbehaves_in_exactly_one_way_in_a_certificate() {
    let client = Client::new();
    let key = client.trusted_key("/ctlogs/0");
    for wrong in [
        CtLogMisbehaviour::OtherKey,
        CtLogMisbehaviour::UnknownLog,
        CtLogMisbehaviour::OtherCertificate,
    ] {
        client.sandbox.ct_log.misbehaviour().set(wrong);
        let (leaf, signature, _) = logged_leaf(&client.certificate("author", EMAIL).await);
        assert!(!verifies(&key, &leaf, &signature), "{wrong:?}");
    }
    client.sandbox.ct_log.misbehaviour().clear();

    let good = client.certificate("author", EMAIL).await;
    for (wrong, accepted) in [
        (CaMisbehaviour::UntrustedRoot, false),
        (CaMisbehaviour::BadSignature, false),
        (CaMisbehaviour::Expired, false),
        (CaMisbehaviour::OtherIdentity, true),
        (CaMisbehaviour::OtherIssuer, true),
        (CaMisbehaviour::NoIssuer, true),
        (CaMisbehaviour::OtherKey, true),
        (CaMisbehaviour::NoCodeSigning, true),
    ] {
        client.sandbox.ca.misbehaviour().set(wrong);
        let chain = client.certificate("author", EMAIL).await;
        let folder = Folder::new();
        folder.write("leaf.pem", &chain[0]);
        folder.write("intermediate.pem", &good[1]);
        folder.write("root.pem", &good[2]);
        let (verified, said) = folder.openssl(&[
            "verify",
            "-CAfile",
            "root.pem",
            "-untrusted",
            "intermediate.pem",
            "leaf.pem",
        ]);
        assert_eq!(verified, accepted, "{wrong:?}: {said}");
        let (_, text) = folder.openssl(&["x509", "-in", "leaf.pem", "-noout", "-text"]);
        let has = |part: &str| text.contains(part);
        assert_eq!(
            has(EMAIL),
            wrong != CaMisbehaviour::OtherIdentity,
            "{wrong:?}"
        );
        assert_eq!(
            has("57264.1.8"),
            wrong != CaMisbehaviour::NoIssuer,
            "{wrong:?}"
        );
        assert_eq!(
            has("Code Signing"),
            wrong != CaMisbehaviour::NoCodeSigning,
            "{wrong:?}"
        );
        let key = Certificate::from_pem(&chain[0])
            .unwrap()
            .tbs_certificate
            .subject_public_key_info;
        let is_ours = key.to_der().unwrap() == client.public_key_der();
        assert_eq!(is_ours, wrong != CaMisbehaviour::OtherKey, "{wrong:?}");
    }
}
