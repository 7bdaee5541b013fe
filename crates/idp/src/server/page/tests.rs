use super::*;

fn config() -> Config {
    let text = "issuer = 'https://pause.example'\nlisten = '127.0.0.1:1'\nstate = '/x'\naccounts = { file = '/x' }\n\
                [[client]]\nid = 'metacpan'\nname = 'MetaCPAN'\nredirect = ['https://metacpan.example/login']\n";
    Config::parse(text, std::path::Path::new("idp.toml")).unwrap()
}

fn form() -> Form {
    Form {
        field: "content.tag".to_owned(),
        cookie: "secret-cookie".to_owned(),
    }
}

fn page<'a>(config: &'a Config, client: &'a Client, form: &'a Form) -> Consent<'a> {
    Consent {
        config,
        client,
        redirect_uri: "http://localhost:41234/auth/callback",
        form,
        typed: "",
        alarm: None,
    }
}

async fn html(response: Response) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20)
        .await
        .unwrap();
    let html = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(html.contains(STYLE));
    html.replace(STYLE, "")
}

#[tokio::test]
async fn shows_consent_to_sign_and_to_log_in() {
    let (config, form) = (config(), form());
    let signs = Client::sigstore();
    let response = consent(&page(&config, &signs, &form));
    let policy = response.headers()[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.contains("form-action 'self' http://localhost:41234;"),
        "{policy}"
    );
    insta::assert_snapshot!("consent_to_sign", html(response).await);
    let alarm = Consent {
        typed: "andrea",
        alarm: Some("Wrong id or password."),
        ..page(&config, &signs, &form)
    };
    insta::assert_snapshot!("consent_after_wrong_password", html(consent(&alarm)).await);
    let login = Consent {
        redirect_uri: "https://metacpan.example/login",
        ..page(&config, &config.clients[0], &form)
    };
    insta::assert_snapshot!("consent_to_log_in", html(consent(&login)).await);
    insta::assert_snapshot!(
        "refusal",
        html(refuse(
            StatusCode::BAD_REQUEST,
            "The program that sent you here is not known."
        ))
        .await
    );
}

#[tokio::test]
async fn is_usable_by_keyboard_and_without_script() {
    let (config, form, client) = (config(), form(), Client::sigstore());
    let html = html(consent(&page(&config, &client, &form))).await;
    assert!(!html.contains("<script") && !html.contains("onclick="));
    assert!(!html.contains("tabindex"), "the order is that of the page");
    for name in ["id", "password"] {
        assert!(
            html.contains(&format!("<label for=\"{name}\">")),
            "{name} has a label"
        );
    }
    // The Enter key presses the first button, and that one is what the person typed a password for.
    assert!(html.find("value=\"allow\"").unwrap() < html.find("value=\"deny\"").unwrap());
    assert!(
        !html.contains("secret-cookie"),
        "the cookie is for the browser alone"
    );
}

#[tokio::test]
async fn shows_foreign_text_as_text() {
    let (config, form) = (config(), form());
    let client = Client {
        name: "<script>alert(1)</script>".to_owned(),
        ..Client::sigstore()
    };
    let hostile = Consent {
        typed: "\"><script>alert(2)</script>",
        alarm: Some("<b>'"),
        ..page(&config, &client, &form)
    };
    let html = html(consent(&hostile)).await;
    assert!(!html.contains("<script") && !html.contains("<b>"), "{html}");
}

/// Relative luminance (WCAG 2.2) of a colour as `#rrggbb`.
fn luminance(colour: &str) -> f64 {
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

#[test]
fn has_enough_contrast_in_both_modes() {
    let (light, dark) = STYLE
        .split_once("@media (prefers-color-scheme: dark)")
        .unwrap();
    for mode in [light, dark] {
        let colour = |name: &str| {
            let at = mode.find(&format!("--{name}: ")).unwrap() + name.len() + 4;
            luminance(&mode[at..at + 7])
        };
        for (ink, ground, least) in [
            ("ink", "paper", 7.0),
            ("soft", "paper", 4.5),
            ("accent", "paper", 4.5),
            ("on-accent", "accent", 4.5),
            ("alarm", "alarm-ground", 4.5),
            ("line", "paper", 3.0),
        ] {
            let (a, b) = (colour(ink), colour(ground));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= least, "{ink} on {ground}: {contrast:.1}");
        }
    }
}
