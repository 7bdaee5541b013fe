//! Tokens without a browser, and who gets none.

use serde_json::Value;

use crate::harness::{PASSWORD, Provider, failure, id_token};

#[tokio::test]
async fn issues_token_for_password_and_for_token_of_its_own_scope() {
    let provider = Provider::start().await;
    let token = id_token(provider.by_password("ANDREA", PASSWORD).await).await;
    let verified = provider.verified(&token, "sigstore").await;
    assert_eq!(verified.text("sub"), Some("ANDREA"));
    assert_eq!(verified.text("nonce"), None);
    let token = id_token(provider.by_token("ANDREA:sign:secret").await).await;
    let verified = provider.verified(&token, "sigstore").await;
    assert_eq!(verified.text("sub"), Some("ANDREA"));
    assert_eq!(verified.claims()["amr"], serde_json::json!(["pat"]));
}

#[tokio::test]
async fn rejects_stolen_upload_token() {
    let provider = Provider::start().await;
    for token in [
        "ANDREA:upload:secret",
        "CARLA:sign:secret",
        "ANDREA:sign:wrong",
        "ANDREA:sign:",
        "ANDREA:sign",
        "",
    ] {
        let outcome = failure(provider.by_token(token).await).await;
        assert_eq!(outcome, (401, "invalid_grant".to_owned()), "{token}");
    }
}

#[tokio::test]
async fn refuses_accounts_that_get_no_tokens() {
    let provider = Provider::start().await;
    for (id, outcome) in [
        ("CLOSED", (403, "access_denied")),
        ("FORCED", (403, "access_denied")),
        ("FRESH", (403, "access_denied")),
        // A hash of crypt(3): PAUSE replaces it at the next login there.
        ("OLDHASH", (401, "invalid_grant")),
    ] {
        let response = provider.by_password(id, PASSWORD).await;
        assert_eq!(
            failure(response).await,
            (outcome.0, outcome.1.to_owned()),
            "{id}"
        );
    }
    assert_eq!(
        provider.audit().await,
        ["refused", "refused", "refused", "wrong"]
    );
    provider.advance(86_400 * 3);
    id_token(provider.by_password("FRESH", PASSWORD).await).await;
}

#[tokio::test]
async fn states_why_an_account_is_refused_to_its_owner_only() {
    let provider = Provider::start().await;
    let texts = async |password: &str| {
        let body: Value = provider
            .by_password("FORCED", password)
            .await
            .json()
            .await
            .unwrap();
        body["error_description"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        texts(PASSWORD).await,
        "this account has to choose a new password first"
    );
    assert_eq!(texts("wrong").await, "wrong id, password or token");
}

#[tokio::test]
async fn rejects_wrong_audience() {
    let provider = Provider::start().await;
    // MetaCPAN gets its tokens by browser; nobody else gets one for it.
    for client in ["metacpan", "other", "", "sigstore metacpan"] {
        let request = provider
            .post("/oidc/id-token")
            .basic_auth("ANDREA", Some(PASSWORD));
        let response = request.form(&[("client_id", client)]).send().await.unwrap();
        assert_eq!(
            failure(response).await,
            (400, "invalid_client".to_owned()),
            "{client}"
        );
    }
    let request = provider
        .post("/oidc/id-token")
        .basic_auth("ANDREA", Some(PASSWORD));
    let twice = [("client_id", "sigstore"), ("client_id", "metacpan")];
    let response = request.form(&twice).send().await.unwrap();
    assert_eq!(failure(response).await, (400, "invalid_request".to_owned()));
}
