//! Attacks on the code flow and its page.

use reqwest::header;

use crate::{
    browser::{
        CHALLENGE, Page, RETURN, changed, code, open, page, parameter, parameters, read, redeem,
        send, target,
    },
    harness::{PASSWORD, Provider, failure, id_token},
};

#[tokio::test]
async fn rejects_replayed_code() {
    let provider = Provider::start().await;
    let code = code(&provider, "ANDREA").await;
    id_token(redeem(&provider, &code, ("", "")).await).await;
    let outcome = failure(redeem(&provider, &code, ("", "")).await).await;
    assert_eq!(outcome, (400, "invalid_grant".to_owned()));
}

#[tokio::test]
async fn rejects_code_of_another_client_address_or_verifier() {
    let provider = Provider::start().await;
    for change in [
        ("client_id", "metacpan"),
        ("redirect_uri", "http://localhost:41235/auth/callback"),
        ("redirect_uri", "http://127.0.0.1:41234/auth/callback"),
        (
            "code_verifier",
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl",
        ),
        ("code_verifier", CHALLENGE),
        ("code_verifier", ""),
        ("code", "other"),
    ] {
        let code = code(&provider, "ANDREA").await;
        let outcome = failure(redeem(&provider, &code, change).await).await;
        assert_eq!(outcome, (400, "invalid_grant".to_owned()), "{change:?}");
        if change.0 != "code" {
            // The thief has spoilt it, and the owner notices.
            let outcome = failure(redeem(&provider, &code, ("", "")).await).await;
            assert_eq!(
                outcome,
                (400, "invalid_grant".to_owned()),
                "after {change:?}"
            );
        }
    }
    let code = code(&provider, "ANDREA").await;
    provider.advance(60);
    let outcome = failure(redeem(&provider, &code, ("", "")).await).await;
    assert_eq!(outcome, (400, "invalid_grant".to_owned()), "after a minute");
    let outcome = failure(redeem(&provider, &code, ("grant_type", "password")).await).await;
    assert_eq!(outcome.1, "unsupported_grant_type");
}

#[tokio::test]
async fn rejects_foreign_redirect_address() {
    let provider = Provider::start().await;
    for address in [
        "https://evil.example/auth/callback",
        "http://localhost:1@evil.example/auth/callback",
        "http://localhost:41234/auth/callback/../evil",
        "http://localhost:41234/auth/callback?next=https://evil.example",
        "https://metacpan.example/login",
        "",
    ] {
        let response = open(&provider, &changed("redirect_uri", address)).await;
        assert_eq!(response.status(), 400, "{address}");
        assert!(
            !response.headers().contains_key(header::LOCATION),
            "{address}"
        );
        let html = response.text().await.unwrap();
        assert!(!html.contains("evil.example"), "{html}");
    }
    let response = open(&provider, &changed("client_id", "unknown")).await;
    assert_eq!(response.status(), 400);
}

#[tokio::test]
async fn rejects_request_without_pkce_or_with_two_meanings() {
    let provider = Provider::start().await;
    for (name, value, error) in [
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        (
            "response_type",
            "code id_token",
            "unsupported_response_type",
        ),
        ("scope", "email", "invalid_scope"),
    ] {
        let response = open(&provider, &changed(name, value)).await;
        let url = target(&response);
        assert!(url.as_str().starts_with(RETURN));
        assert_eq!(
            parameter(&url, "error").as_deref(),
            Some(error),
            "{name}={value}"
        );
    }
    for more in [
        ("client_id", "metacpan"),
        ("redirect_uri", RETURN),
        ("code_challenge", CHALLENGE),
    ] {
        let mut twice = parameters();
        twice.push(more);
        assert_eq!(open(&provider, &twice).await.status(), 400, "{more:?}");
    }
    for (more, error) in [
        (
            ("request", "eyJhbGciOiJub25lIn0.e30."),
            "request_not_supported",
        ),
        (
            ("request_uri", "https://evil.example"),
            "request_uri_not_supported",
        ),
        (("response_mode", "form_post"), "invalid_request"),
        (("prompt", "none"), "login_required"),
    ] {
        let mut request = parameters();
        request.push(more);
        let url = target(&open(&provider, &request).await);
        assert_eq!(parameter(&url, "error").as_deref(), Some(error), "{more:?}");
    }
}

/// Sends a form with other headers.
async fn forge(provider: &Provider, page: &Page, headers: &[(&'static str, &str)]) -> u16 {
    let form = [
        ("form", page.form.as_str()),
        ("id", "ANDREA"),
        ("password", PASSWORD),
        ("answer", "allow"),
    ];
    let mut request = provider.post("/oidc/authorize").form(&form);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn rejects_forged_consent() {
    let provider = Provider::start().await;
    let page = page(&provider).await;
    let own = provider.issuer.clone();
    let cookie = page.cookie.clone();
    let other = self::page(&provider).await.cookie;
    for headers in [
        // The attacker has a form of his own, and the victim's browser has no cookie, or that of another page.
        &[][..],
        &[("cookie", "consent=")],
        &[("cookie", other.as_str())],
        &[("cookie", &format!("{other}; {cookie}"))],
        // Even with the cookie, a browser states where a form comes from.
        &[
            ("cookie", cookie.as_str()),
            ("origin", "https://evil.example"),
        ],
        &[("cookie", cookie.as_str()), ("origin", "null")],
        &[
            ("cookie", cookie.as_str()),
            ("origin", &own),
            ("sec-fetch-site", "cross-site"),
        ],
        &[
            ("cookie", cookie.as_str()),
            ("origin", &own),
            ("sec-fetch-site", "same-site"),
        ],
    ] {
        assert_eq!(forge(&provider, &page, headers).await, 403, "{headers:?}");
    }
    assert!(
        provider.audit().await.is_empty(),
        "no password was compared"
    );
    // An old browser states nothing.
    assert_eq!(forge(&provider, &page, &[("cookie", &cookie)]).await, 303);
}

#[tokio::test]
async fn rejects_changed_or_expired_form() {
    let provider = Provider::start().await;
    let mut page = page(&provider).await;
    let original = page.form.clone();
    let (content, tag) = original.split_once('.').unwrap();
    let changed = content.replacen('A', "B", 1);
    for form in [
        format!("{changed}.{tag}"),
        content.to_owned(),
        format!("{content}."),
        String::new(),
    ] {
        page.form = form;
        assert_eq!(
            send(&provider, &page, "ANDREA", PASSWORD, "allow")
                .await
                .status(),
            403
        );
    }
    page.form = original;
    provider.advance(600);
    assert_eq!(
        send(&provider, &page, "ANDREA", PASSWORD, "allow")
            .await
            .status(),
        403
    );
}

#[tokio::test]
async fn takes_over_no_planted_cookie() {
    let provider = Provider::start().await;
    let attacker = page(&provider).await;
    // The attacker plants the cookie of his own page, whose form he knows.
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters())
        .finish();
    let request = provider.get(&format!("/oidc/authorize?{query}"));
    let response = request
        .header("cookie", &attacker.cookie)
        .send()
        .await
        .unwrap();
    let cookie = response.headers()[header::SET_COOKIE]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    let victim = read(response).await;
    assert_ne!(victim.cookie, attacker.cookie);
    let mixed = Page {
        cookie: victim.cookie,
        ..attacker
    };
    assert_eq!(
        send(&provider, &mixed, "ANDREA", PASSWORD, "allow")
            .await
            .status(),
        403
    );
}

#[tokio::test]
async fn refuses_browsers_at_the_direct_endpoint() {
    let provider = Provider::start().await;
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", provider.issuer.as_str()),
        ("sec-fetch-site", "cross-site"),
        ("cookie", "a=b"),
    ] {
        let request = provider
            .post("/oidc/id-token")
            .basic_auth("ANDREA", Some(PASSWORD));
        let response = request
            .header(name, value)
            .form(&[("client_id", "sigstore")])
            .send()
            .await;
        assert_eq!(
            failure(response.unwrap()).await,
            (403, "access_denied".to_owned()),
            "{name}"
        );
    }
    // A browser would keep the password, and send it again by itself.
    let response = provider.by_password("ANDREA", "wrong").await;
    assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer");
    assert!(
        !response
            .headers()
            .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
    );
}

#[tokio::test]
async fn treats_other_spellings_as_no_account() {
    let provider = Provider::start().await;
    let token = id_token(provider.by_password("aNdReA", PASSWORD).await).await;
    let verified = provider.verified(&token, "sigstore").await;
    assert_eq!(verified.text("sub"), Some("ANDREA"), "as the row spells it");
    for id in [
        "ANDREA ",
        " ANDREA",
        "ANDREA\t",
        "ANDREA!",
        "ANDREA@pause",
        "%41NDREA",
        "ＡNDREA",
    ] {
        let outcome = failure(provider.by_password(id, PASSWORD).await).await;
        assert_eq!(outcome, (401, "invalid_grant".to_owned()), "{id:?}");
    }
    // An administrator of PAUSE acts for others by such a field. Here it has no meaning.
    let request = provider
        .post("/oidc/id-token")
        .basic_auth("CARLA", Some(PASSWORD));
    let form = [
        ("client_id", "sigstore"),
        ("HIDDENNAME", "ANDREA"),
        ("id", "ANDREA"),
    ];
    let token = id_token(request.form(&form).send().await.unwrap()).await;
    assert_eq!(
        provider.verified(&token, "sigstore").await.text("sub"),
        Some("CARLA")
    );
}

#[tokio::test]
async fn sends_headers_against_frames_caches_and_sniffing() {
    let provider = Provider::start().await;
    let page = open(&provider, &parameters()).await;
    let refusal = open(&provider, &changed("client_id", "unknown")).await;
    let token = provider.by_password("ANDREA", PASSWORD).await;
    let missing = provider.get("/nothing").send().await.unwrap();
    for response in [page, refusal, token, missing] {
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        let url = response.url();
        assert_eq!(header("cache-control"), "no-store", "{url}");
        assert_eq!(header("x-frame-options"), "DENY", "{url}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{url}");
        assert_eq!(header("referrer-policy"), "same-origin", "{url}");
        let policy = header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"));
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}

#[tokio::test]
async fn rejects_token_at_another_time() {
    let provider = Provider::start().await;
    let token = id_token(provider.by_password("ANDREA", PASSWORD).await).await;
    let keys = provider.keys().await;
    let expected = |seconds: i64| cpan_sigstore_idp::tokens::Expected {
        issuer: &provider.issuer,
        audience: "sigstore",
        now: provider.now() + jiff::SignedDuration::from_secs(seconds),
    };
    for (seconds, is_valid) in [(-61, false), (-60, true), (359, true), (360, false)] {
        let verified = cpan_sigstore_idp::tokens::verify(&token, &keys, &expected(seconds));
        assert_eq!(verified.is_ok(), is_valid, "{seconds}");
    }
}

#[tokio::test]
async fn answers_only_its_proxy_and_this_machine() {
    // The network of this machine is not among the proxies: nobody is believed.
    let provider = Provider::start().await;
    let response = provider
        .by_password_from("not an address", "ANDREA", PASSWORD)
        .await;
    assert_eq!(response.status(), 403);
    assert!(provider.audit().await.is_empty());
}
