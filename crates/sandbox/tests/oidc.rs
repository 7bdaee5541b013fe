//! The sandbox's OpenID provider as a client and a person see it over HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cpan_sigstore_sandbox::{
    Clock,
    oidc::{
        Account, GITHUB, Provider,
        browser::{Click, visit},
    },
};
use jiff::SignedDuration;
use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier as _};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::Url;

const VERIFIER: &str = "a-verifier-that-is-long-enough-for-rfc-7636-indeed";
const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

struct Served {
    provider: Provider,
    clock: Clock,
    url: String,
    http: reqwest::Client,
}

impl Served {
    async fn new() -> Self {
        let clock = Clock::new();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let provider = Provider::new(url.clone(), clock.clone(), Account::cast());
        let router = provider.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .tls_certs_only([])
            .build()
            .unwrap();
        Self {
            provider,
            clock,
            url,
            http,
        }
    }

    /// Returns a good authorization request with some parameters replaced or, by "", removed.
    fn authorization_url(&self, changes: &[(&str, &str)]) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let good = [
            ("client_id", "sigstore"),
            ("redirect_uri", OUT_OF_BAND),
            ("response_type", "code"),
            ("scope", "openid email"),
            ("state", "the-state"),
            ("nonce", "the-nonce"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let mut url = Url::parse(&format!("{}/authorize", self.url)).unwrap();
        for (name, value) in good {
            let changed = changes.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
            match changed.unwrap_or(value) {
                "" => {}
                value => drop(url.query_pairs_mut().append_pair(name, value)),
            }
        }
        url.into()
    }

    async fn code_of(&self, account: &str) -> String {
        let url = self.authorization_url(&[]);
        let page = visit(&url, Click::Account(account)).await.unwrap();
        page.code().expect("a code on the page").to_owned()
    }

    async fn redeem(&self, code: &str, verifier: &str) -> Value {
        self.token_request(&[
            ("grant_type", "authorization_code"),
            ("client_id", "sigstore"),
            ("code", code),
            ("redirect_uri", OUT_OF_BAND),
            ("code_verifier", verifier),
        ])
        .await
    }

    async fn token_request(&self, form: &[(&str, &str)]) -> Value {
        let request = self.http.post(format!("{}/token", self.url)).form(form);
        request.send().await.unwrap().json().await.unwrap()
    }

    async fn json(&self, path: &str) -> Value {
        let request = self.http.get(format!("{}{path}", self.url));
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Returns the claims of a token after checking its signature with the published key.
    async fn claims(&self, token: &str) -> Value {
        let keys = self.json("/keys").await;
        let coordinate =
            |name: &str| URL_SAFE_NO_PAD.decode(keys["keys"][0][name].as_str().unwrap());
        let point = [vec![4], coordinate("x").unwrap(), coordinate("y").unwrap()].concat();
        let key = VerifyingKey::from_sec1_bytes(&point).unwrap();
        let (message, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        key.verify(
            message.as_bytes(),
            &Signature::from_slice(&signature).unwrap(),
        )
        .expect("signed by the published key");
        let payload = URL_SAFE_NO_PAD
            .decode(message.split_once('.').unwrap().1)
            .unwrap();
        serde_json::from_slice(&payload).unwrap()
    }
}

#[tokio::test]
async fn exchanges_a_click_on_the_login_page_for_one_token() {
    let served = Served::new().await;
    let code = served.code_of("author").await;
    let answer = served.redeem(&code, VERIFIER).await;
    let claims = served.claims(answer["id_token"].as_str().unwrap()).await;
    assert_eq!(claims["iss"], served.url);
    assert_eq!(claims["aud"], "sigstore");
    assert_eq!(claims["nonce"], "the-nonce");
    assert_eq!(claims["email"], "author@example.org");
    assert_eq!(claims["email_verified"], true);
    assert_ne!(claims["sub"], claims["email"]);
    assert_eq!(claims.get("federated_claims"), None);

    let again = served.redeem(&code, VERIFIER).await;
    assert_eq!(again["error"], "invalid_grant");
}

#[tokio::test]
async fn rejects_a_code_without_verifier_or_after_its_time() {
    let served = Served::new().await;
    let stolen = served.code_of("author").await;
    assert_eq!(
        served.redeem(&stolen, "guessed").await["error"],
        "invalid_grant"
    );
    assert_eq!(
        served.redeem(&stolen, VERIFIER).await["error"],
        "invalid_grant"
    );

    let late = served.code_of("author").await;
    served.clock.set_offset(SignedDuration::from_mins(6));
    assert_eq!(
        served.redeem(&late, VERIFIER).await["error"],
        "invalid_grant"
    );
}

#[tokio::test]
async fn refuses_requests_that_dex_refuses() {
    let served = Served::new().await;
    let told_to_the_person = [
        ("client_id", "another"),
        ("redirect_uri", "https://localhost/auth/callback"),
        ("redirect_uri", "http://localhost:8080/other"),
        (
            "redirect_uri",
            "http://localhost.example.org:8080/auth/callback",
        ),
        ("redirect_uri", "http://u@localhost:8080/auth/callback"),
        ("redirect_uri", ""),
    ];
    for change in told_to_the_person {
        let url = served.authorization_url(&[change]);
        let answer = served.http.get(url).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{change:?}");
    }
    let told_to_the_client = [
        ("code_challenge", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("scope", "email", "invalid_scope"),
    ];
    for (name, value, error) in told_to_the_client {
        let callback = "http://localhost:8080/auth/callback";
        let url = served.authorization_url(&[(name, value), ("redirect_uri", callback)]);
        let answer = served.http.get(url).send().await.unwrap();
        let target = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        let has =
            |name: &str, value: &str| target.query_pairs().any(|(n, v)| n == name && v == value);
        assert!(has("error", error), "{name}={value}: {target}");
        assert!(has("state", "the-state"), "{target}");
    }
}

#[tokio::test]
async fn names_the_chosen_connector_in_the_token() {
    let served = Served::new().await;
    let url = format!("{}&connector_id={GITHUB}", served.authorization_url(&[]));
    assert!(visit(&url, Click::Account("author")).await.is_err());
    let page = visit(&url, Click::Account("author-github")).await.unwrap();
    let answer = served.redeem(page.code().unwrap(), VERIFIER).await;
    let claims = served.claims(answer["id_token"].as_str().unwrap()).await;
    assert_eq!(claims["federated_claims"]["connector_id"], GITHUB);
    assert_eq!(claims["iss"], served.url);
}

#[tokio::test]
async fn serves_metadata_and_tokens_of_each_issuer_separately() {
    let served = Served::new().await;
    let expected = [("", "author"), ("/pause", "MYAUTHOR"), ("/ci", "ci")];
    let issuers = served.provider.issuers();
    assert_eq!(issuers.len(), expected.len());
    for ((issuer, _), (path, account)) in issuers.iter().zip(expected) {
        let document = served
            .json(&format!("{path}/.well-known/openid-configuration"))
            .await;
        assert_eq!(document["issuer"], **issuer);
        let claims = served
            .claims(&served.provider.token(account).unwrap())
            .await;
        assert_eq!(claims["iss"], **issuer);
        assert_eq!(claims.get("email").is_some(), path.is_empty());
    }
    let url = served.authorization_url(&[]);
    assert!(visit(&url, Click::Account("MYAUTHOR")).await.is_err());
    let ci = served.claims(&served.provider.token("ci").unwrap()).await;
    assert_eq!(ci["sub"], "repo:author/Foo-Bar:ref:refs/tags/v1.0");
}

#[tokio::test]
async fn gives_a_device_its_token_after_consent() {
    let served = Served::new().await;
    served.provider.set_device_interval(0);
    let start = || async {
        let request = served.http.post(format!("{}/device/code", served.url));
        let request = request.form(&[("client_id", "sigstore"), ("scope", "openid email")]);
        request.send().await.unwrap().json::<Value>().await.unwrap()
    };
    let poll = |started: &Value| {
        let code = started["device_code"].as_str().unwrap().to_owned();
        let form = [
            ("grant_type", DEVICE_GRANT.to_owned()),
            ("client_id", "sigstore".to_owned()),
            ("device_code", code),
        ];
        let request = served
            .http
            .post(format!("{}/token", served.url))
            .form(&form);
        async move { request.send().await.unwrap().json::<Value>().await.unwrap() }
    };
    let page = |started: &Value| {
        started["verification_uri_complete"]
            .as_str()
            .unwrap()
            .to_owned()
    };

    let agreed = start().await;
    assert_eq!(poll(&agreed).await["error"], "authorization_pending");
    visit(&page(&agreed), Click::Account("author"))
        .await
        .unwrap();
    let token = poll(&agreed).await["id_token"].as_str().unwrap().to_owned();
    assert_eq!(served.claims(&token).await["email"], "author@example.org");
    assert_eq!(poll(&agreed).await["error"], "invalid_grant");

    let denied = start().await;
    visit(&page(&denied), Click::Deny).await.unwrap();
    assert_eq!(poll(&denied).await["error"], "access_denied");

    let hasty = start().await;
    served.provider.set_device_interval(5);
    assert_eq!(poll(&hasty).await["error"], "authorization_pending");
    assert_eq!(poll(&hasty).await["error"], "slow_down");

    served.clock.set_offset(SignedDuration::from_mins(6));
    assert_eq!(poll(&hasty).await["error"], "expired_token");
}

#[tokio::test]
async fn gives_machines_tokens_only_with_their_jobs_secret() {
    let served = Served::new().await;
    let environment = served.provider.github_actions_environment("ci");
    let url = format!("{}&audience=sigstore", environment[1].1);
    let stranger = served
        .http
        .get(&url)
        .bearer_auth("guess")
        .send()
        .await
        .unwrap();
    assert_eq!(stranger.status(), 401);
    let job = served.http.get(&url).bearer_auth(&environment[2].1);
    let answer: Value = job.send().await.unwrap().json().await.unwrap();
    let claims = served.claims(answer["value"].as_str().unwrap()).await;
    assert_eq!(claims["repository"], "author/Foo-Bar");

    let script = served
        .http
        .get(format!("{}/sandbox/token?account=author", served.url));
    let token = script.send().await.unwrap().text().await.unwrap();
    assert_eq!(served.claims(&token).await["email"], "author@example.org");
}
