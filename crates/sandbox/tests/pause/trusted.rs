//! The upload token of trusted publishing, in the hands of a thief.

use cpan_sigstore_sandbox::{loopback_client, pause::Workflow};
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{ARCHIVE, AUTHOR, STRANGER, Uploader, api_form, distribution, form};

/// Returns an upload token of the author, as the exchange gives it to the registered workflow.
async fn minted(uploader: &Uploader) -> String {
    let sandbox = &uploader.sandbox;
    let workflow = Workflow::of_cast(&sandbox.oidc.ci_issuer());
    sandbox.pause.register_workflow(AUTHOR, workflow);
    let pause = sandbox.services.pause.url();
    let http = loopback_client().unwrap();
    let document = http.get(format!("{pause}/.well-known/pause-trusted-publishing"));
    let document: Value = document.send().await.unwrap().json().await.unwrap();
    let token = sandbox.oidc.token_for("ci", pause).unwrap();
    let exchange = http.post(document["exchange"].as_str().unwrap());
    let sent = exchange
        .json(&json!({ "token": token }))
        .send()
        .await
        .unwrap();
    let answer: Value = sent.json().await.unwrap();
    assert_eq!(answer["user"], AUTHOR);
    answer["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn minted_token_is_no_password() {
    let uploader = Uploader::new();
    let token = minted(&uploader).await;
    let secret = token.rsplit(':').next().unwrap();
    let http = loopback_client().unwrap();
    let pause = uploader.sandbox.services.pause.url();
    for password in [token.as_str(), secret] {
        let sent = form(AUTHOR, ARCHIVE, &distribution("1.02"));
        let answer = uploader
            .send_as("?ACTION=add_uri", AUTHOR, password, sent)
            .await;
        assert_eq!(answer.status, 401);
        for path in [
            "/pause/authenquery",
            "/oidc/trusted-publishers",
            "/incoming/x",
        ] {
            let request = http
                .get(format!("{pause}{path}"))
                .basic_auth(AUTHOR, Some(password));
            let status = request.send().await.unwrap().status();
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}");
            let request = http.get(format!("{pause}{path}")).bearer_auth(password);
            let status = request.send().await.unwrap().status();
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}");
        }
    }
    assert!(uploader.sandbox.pause.uploads().is_empty());
}

#[tokio::test]
async fn minted_token_expires_and_uploads_for_its_author_alone() {
    let uploader = Uploader::new();
    let token = minted(&uploader).await;
    let (_, rest) = token.split_once(':').unwrap();
    let of_another = format!("{STRANGER}:{rest}");
    let sent = || api_form(ARCHIVE, &distribution("1.02"));
    let status = async |token: &str, form| uploader.upload_with(Some(token), form).await.status;
    assert_eq!(status(&of_another, sent()).await, 400);
    // The form of the interface names no author; a field that does is not read.
    let foreign = sent().text("HIDDENNAME", STRANGER).text("user", STRANGER);
    assert_eq!(status(&token, foreign).await, 200);
    assert_eq!(uploader.sandbox.pause.published(STRANGER), [""; 0]);
    let clock = uploader.sandbox.pause.clock();
    clock.set_offset(SignedDuration::from_mins(31));
    let later = api_form("Foo-Bar-1.03.tar.gz", &distribution("1.03"));
    assert_eq!(status(&token, later).await, 400);
}
