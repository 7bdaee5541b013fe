//! Logins that succeed, and what everybody can read.

use serde_json::Value;

use crate::{
    browser::{RETURN, code, open, page, parameter, parameters, read, redeem, send, target},
    harness::{PASSWORD, Provider, START, id_token},
};

#[tokio::test]
async fn signs_in_by_browser_with_code_and_pkce() {
    let provider = Provider::start().await;
    let page = page(&provider).await;
    let response = send(&provider, &page, "andrea", PASSWORD, "allow").await;
    let url = target(&response);
    assert!(url.as_str().starts_with(&format!("{RETURN}?")));
    assert_eq!(parameter(&url, "state").as_deref(), Some("the state"));
    assert_eq!(
        parameter(&url, "iss").as_deref(),
        Some(provider.issuer.as_str())
    );
    let code = parameter(&url, "code").unwrap();
    let token = id_token(redeem(&provider, &code, ("", "")).await).await;
    let verified = provider.verified(&token, "sigstore").await;
    let mut claims = verified.claims().clone();
    assert_eq!(claims.remove("iss").unwrap(), provider.issuer.as_str());
    assert_eq!(
        Value::Object(claims),
        serde_json::json!({
            // As the row spells it, and no address.
            "sub": "ANDREA", "aud": "sigstore", "nonce": "the nonce", "amr": ["pwd"],
            "iat": START, "exp": START + 300, "auth_time": START,
        })
    );
    assert_eq!(provider.audit().await, ["issued"]);
}

#[tokio::test]
async fn returns_a_denial_to_the_client() {
    let provider = Provider::start().await;
    let page = page(&provider).await;
    let response = send(&provider, &page, "", "", "deny").await;
    let url = target(&response);
    assert_eq!(parameter(&url, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&url, "state").as_deref(), Some("the state"));
    assert!(provider.audit().await.is_empty(), "nobody tried to log in");
}

#[tokio::test]
async fn shows_the_page_again_after_a_wrong_password() {
    let provider = Provider::start().await;
    let first = page(&provider).await;
    let response = send(&provider, &first, "andrea", "wrong", "allow").await;
    assert_eq!(response.status(), 403);
    let second = read(response).await;
    assert!(second.html.contains("role=\"alert\"") && second.html.contains("value=\"andrea\""));
    assert!(
        !second.html.contains("wrong\""),
        "the password is not repeated"
    );
    assert_ne!(second.cookie, first.cookie);
    let response = send(&provider, &second, "andrea", PASSWORD, "allow").await;
    assert!(parameter(&target(&response), "code").is_some());
}

#[tokio::test]
async fn serves_another_audience_to_a_site() {
    let provider = Provider::start().await;
    let mut parameters = parameters();
    parameters[0].1 = "metacpan";
    parameters[1].1 = "https://metacpan.example/login";
    let page = read(open(&provider, &parameters).await).await;
    assert!(page.html.contains("MetaCPAN") && !page.html.contains("sign releases"));
    let response = send(&provider, &page, "ANDREA", PASSWORD, "allow").await;
    let code = parameter(&target(&response), "code").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "metacpan"),
        ("code", &code),
        ("redirect_uri", "https://metacpan.example/login"),
        ("code_verifier", crate::browser::VERIFIER),
    ];
    let response = provider
        .post("/oidc/token")
        .form(&form)
        .send()
        .await
        .unwrap();
    let token = id_token(response).await;
    provider.verified(&token, "metacpan").await;
}

#[tokio::test]
async fn describes_itself_as_clients_expect() {
    let provider = Provider::start().await;
    let response = provider
        .get("/.well-known/openid-configuration")
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["cache-control"], "public, max-age=3600");
    let text = response
        .text()
        .await
        .unwrap()
        .replace(&provider.issuer, "https://pause.example");
    let document: Value = serde_json::from_str(&text).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap());
    for key in &provider.keys().await.keys {
        let json = serde_json::to_value(key).unwrap();
        assert!(json.get("d").is_none(), "no private key");
    }
}

#[tokio::test]
async fn mails_the_author_once_a_day() {
    let outbox = tempfile::tempdir().unwrap();
    let notice = format!(
        "[notice]\nfrom = 'idp@pause.example'\ncommand = ['sh', '-c', 'cat >> {}/mail']\n",
        outbox.path().display()
    );
    let provider = Provider::with(&notice).await;
    let mails = || std::fs::read_to_string(outbox.path().join("mail")).unwrap_or_default();
    id_token(provider.by_password("ANDREA", PASSWORD).await).await;
    insta::assert_snapshot!(mails());
    code(&provider, "ANDREA").await;
    id_token(provider.by_token("ANDREA:sign:secret").await).await;
    assert_eq!(mails().matches("To: ANDREA@").count(), 1);
    id_token(provider.by_password("CARLA", PASSWORD).await).await;
    assert_eq!(mails().matches("To: CARLA@").count(), 1);
    provider.advance(86_400);
    code(&provider, "ANDREA").await;
    assert_eq!(mails().matches("To: ANDREA@").count(), 2);
}

#[tokio::test]
async fn issues_a_token_although_no_mail_can_be_sent() {
    let notice = "[notice]\nfrom = 'idp@pause.example'\ncommand = ['false']\n";
    let provider = Provider::with(notice).await;
    id_token(provider.by_password("ANDREA", PASSWORD).await).await;
    let author = "ANDREA".parse().unwrap();
    let is_due = provider
        .idp
        .state()
        .claim_notice(&author, provider.now())
        .await
        .unwrap();
    assert!(is_due, "the next token tries again");
}
