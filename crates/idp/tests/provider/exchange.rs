//! Trusted publishing, over HTTP, with the provider's accounts.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{PASSWORD, Provider};

const SETTINGS: &str = "exchange = {}\n";
const PUBLISHERS: &str = "/oidc/trusted-publishers";

fn workflow() -> Value {
    json!({
        "issuer": "https://token.actions.githubusercontent.com", "repository": "tim/Foo-Bar",
        "repository-id": "702001", "owner-id": "5001", "workflow": "release.yml",
        "environment": "pause", "ref": "refs/tags/*",
    })
}

#[tokio::test]
async fn registers_workflows_with_the_password_alone() {
    let provider = Provider::with(SETTINGS).await;
    let added = provider
        .post(PUBLISHERS)
        .basic_auth("andrea", Some(PASSWORD))
        .json(&workflow());
    let added = added.send().await.unwrap();
    assert_eq!(added.status(), StatusCode::CREATED);
    let added: Value = added.json().await.unwrap();
    let listed = async |id: &str, password: &str| {
        let request = provider.get(PUBLISHERS).basic_auth(id, Some(password));
        request.send().await.unwrap()
    };
    let all: Value = listed("ANDREA", PASSWORD).await.json().await.unwrap();
    assert_eq!(all["trusted-publishers"], json!([added]));
    // Each author has their own.
    let none: Value = listed("CARLA", PASSWORD).await.json().await.unwrap();
    assert_eq!(none["trusted-publishers"], json!([]));
    let path = format!("{PUBLISHERS}/{}", added["id"].as_str().unwrap());
    let url = format!("{}{path}", provider.issuer);
    let remove = async |id: &str| {
        let request = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build()
            .unwrap();
        let request = request.delete(&url).basic_auth(id, Some(PASSWORD));
        request
            .header("x-forwarded-for", "192.0.2.1")
            .send()
            .await
            .unwrap()
            .status()
    };
    assert_eq!(remove("CARLA").await, StatusCode::NOT_FOUND);
    assert_eq!(remove("ANDREA").await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn refuses_registrations_without_the_password() {
    let provider = Provider::with(SETTINGS).await;
    for (id, password) in [
        ("ANDREA", "wrong"),
        ("ANDREA", "ANDREA:sign:secret"),
        ("ANDREA", "ANDREA:upload:secret"),
        ("CLOSED", PASSWORD),
        ("FORCED", PASSWORD),
        ("FRESH", PASSWORD),
    ] {
        let sent = provider
            .post(PUBLISHERS)
            .basic_auth(id, Some(password))
            .json(&workflow());
        assert_eq!(
            sent.send().await.unwrap().status(),
            StatusCode::UNAUTHORIZED,
            "{id}"
        );
    }
    let bearer = provider
        .post(PUBLISHERS)
        .bearer_auth("ANDREA:sign:secret")
        .json(&workflow());
    assert_eq!(
        bearer.send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
    // A page makes the browser send the stored password.
    let browser = provider
        .post(PUBLISHERS)
        .basic_auth("ANDREA", Some(PASSWORD))
        .json(&workflow());
    let browser = browser
        .header("origin", "https://evil.example")
        .send()
        .await
        .unwrap();
    assert_eq!(browser.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn limits_guesses_of_passwords_at_registrations() {
    let provider = Provider::with(SETTINGS).await;
    for _ in 0..6 {
        let guess = provider.get(PUBLISHERS).basic_auth("ANDREA", Some("guess"));
        assert_eq!(
            guess.send().await.unwrap().status(),
            StatusCode::UNAUTHORIZED
        );
    }
    let right = provider
        .get(PUBLISHERS)
        .basic_auth("ANDREA", Some(PASSWORD));
    assert_eq!(
        right.send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn offers_trusted_publishing_only_if_it_is_set_up() {
    let document = "/.well-known/pause-trusted-publishing";
    let provider = Provider::start().await;
    let missing = provider.get(document).send().await.unwrap();
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    let provider = Provider::with(SETTINGS).await;
    let found: Value = provider
        .get(document)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(found["version"], 1);
    assert_eq!(
        found["exchange"],
        format!("{}/oidc/exchange", provider.issuer)
    );
    for (body, status, error) in [
        (json!({ "token": "x" }), 400, "token-invalid"),
        (json!({ "token": "x", "more": 1 }), 400, "token-invalid"),
        (json!({ "token": "x", "user": "?" }), 403, "not-registered"),
    ] {
        let sent = provider
            .post("/oidc/exchange")
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(sent.status().as_u16(), status);
        let said: Value = sent.json().await.unwrap();
        assert_eq!(said["error"], error);
    }
    let form = [("token", "ANDREA:1:2")];
    let sent = provider
        .post("/oidc/introspect")
        .form(&form)
        .send()
        .await
        .unwrap();
    let said: Value = sent.json().await.unwrap();
    assert_eq!(said, json!({ "active": false }));
}
