//! A person's browser: gets the page, keeps its cookie, sends its form.

use reqwest::{Response, header};
use url::Url;

use crate::harness::Provider;

/// The address to which the browser returns.
pub const RETURN: &str = "http://localhost:41234/auth/callback";
/// The client's secret, whose digest is [`CHALLENGE`] (RFC 7636, appendix B).
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The parameters of a good request.
pub fn parameters() -> Vec<(&'static str, &'static str)> {
    vec![
        ("client_id", "sigstore"),
        ("redirect_uri", RETURN),
        ("response_type", "code"),
        ("scope", "openid email"),
        ("state", "the state"),
        ("nonce", "the nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
}

/// The same with one parameter changed; without it if `value` is empty.
pub fn changed(name: &str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut parameters = parameters();
    for parameter in &mut parameters {
        if parameter.0 == name {
            parameter.1 = value;
        }
    }
    parameters.retain(|(_, value)| !value.is_empty());
    parameters
}

/// A page of consent in a browser.
pub struct Page {
    pub form: String,
    pub cookie: String,
    pub html: String,
}

/// Opens the page.
pub async fn open(provider: &Provider, parameters: &[(&str, &str)]) -> Response {
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    provider
        .get(&format!("/oidc/authorize?{query}"))
        .send()
        .await
        .unwrap()
}

/// Opens the page of a good request.
pub async fn page(provider: &Provider) -> Page {
    let response = open(provider, &parameters()).await;
    assert_eq!(response.status(), 200);
    read(response).await
}

/// Reads a page as the browser does.
pub async fn read(response: Response) -> Page {
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let html = response.text().await.unwrap();
    let form = html.split_once("name=\"form\" value=\"").unwrap().1;
    Page {
        form: form.split('"').next().unwrap().to_owned(),
        cookie,
        html,
    }
}

/// Sends the form.
pub async fn send(
    provider: &Provider,
    page: &Page,
    id: &str,
    password: &str,
    answer: &str,
) -> Response {
    provider
        .post("/oidc/authorize")
        .header("cookie", &page.cookie)
        .header("origin", &provider.issuer)
        .header("sec-fetch-site", "same-origin")
        .form(&[
            ("form", page.form.as_str()),
            ("id", id),
            ("password", password),
            ("answer", answer),
        ])
        .send()
        .await
        .unwrap()
}

/// Returns the address to which a response sends the browser.
pub fn target(response: &Response) -> Url {
    assert_eq!(response.status(), 303);
    response.headers()[header::LOCATION]
        .to_str()
        .unwrap()
        .parse()
        .unwrap()
}

/// Returns a parameter of an address.
pub fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs()
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
}

/// Logs in, and returns the code.
pub async fn code(provider: &Provider, id: &str) -> String {
    let page = page(provider).await;
    let response = send(provider, &page, id, crate::harness::PASSWORD, "allow").await;
    parameter(&target(&response), "code").unwrap()
}

/// Redeems a code with a change of one parameter.
pub async fn redeem(provider: &Provider, code: &str, change: (&str, &str)) -> Response {
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("client_id", "sigstore"),
        ("code", code),
        ("redirect_uri", RETURN),
        ("code_verifier", VERIFIER),
    ];
    for (name, value) in &mut form {
        if *name == change.0 {
            *value = change.1;
        }
    }
    provider
        .post("/oidc/token")
        .form(&form)
        .send()
        .await
        .unwrap()
}
