use std::path::Path;

use super::*;

const GOOD: &str = r#"
issuer = "https://pause.example"
listen = "127.0.0.1:8480"
state = "/var/lib/idp"
accounts = { file = "/etc/idp/accounts.toml" }
"#;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("idp.toml"))
}

#[test]
fn reads_settings_with_their_defaults() {
    let config = parse(GOOD).unwrap();
    assert_eq!(config.issuer(), "https://pause.example");
    assert_eq!(config.origin(), "https://pause.example");
    assert_eq!(config.path(), "");
    assert_eq!(config.quarantine(), SignedDuration::from_hours(72));
    let client = config.client("sigstore").unwrap();
    assert_eq!(client.redirect, Redirect::Loopback(Loopback::Loopback));
    assert!(client.direct && config.client("metacpan").is_none());
}

#[test]
fn reads_clients_and_tables_of_pause() {
    let text = r#"
issuer = "https://pause.example/id"
listen = "127.0.0.1:8480"
state = "/var/lib/idp"
proxies = ["127.0.0.1/32", "10.0.0.0/8"]
[accounts.mysql]
url-file = "/etc/idp/mysql"
[[client]]
id = "metacpan"
name = "MetaCPAN"
redirect = ["https://metacpan.example/login/pause"]
"#;
    let config = parse(text).unwrap();
    assert_eq!(config.path(), "/id");
    assert!(config.client("sigstore").is_none());
    let AccountSource::Mysql(source) = &config.accounts else {
        panic!("{:?}", config.accounts)
    };
    assert_eq!(
        (source.authen.as_str(), source.users.as_str()),
        ("authen_pause", "mod")
    );
}

#[test]
fn rejects_issuers_that_are_not_compared_to_the_letter() {
    for issuer in [
        "https://pause.example/",
        "http://pause.example",
        "HTTPS://PAUSE.example",
        "https://pause.example/a/../b",
        "https://a@pause.example",
        "https://pause.example?x",
        "https://pause.example/#x",
        "pause.example",
        "data:x",
    ] {
        let text = GOOD.replace("https://pause.example", issuer);
        let outcome = parse(&text);
        assert!(matches!(outcome, Err(ConfigError::Issuer(_))), "{issuer}");
    }
}

#[test]
fn rejects_redirects_that_are_read_on_the_way() {
    for address in [
        "http://metacpan.example/",
        "https://a.example/#b",
        "javascript:0",
        "https:/x@y",
    ] {
        let text = format!("{GOOD}\n[[client]]\nid = 'm'\nname = 'm'\nredirect = ['{address}']\n");
        let outcome = parse(&text);
        assert!(
            matches!(outcome, Err(ConfigError::Redirect { .. })),
            "{address}"
        );
    }
}

#[test]
fn rejects_unknown_settings_and_bad_names() {
    assert!(matches!(
        parse(&format!("colour = 1\n{GOOD}")),
        Err(ConfigError::Form { .. })
    ));
    let client = "\n[[client]]\nid = 'm'\nname = 'm'\nredirect = 'loopback'\n";
    let twice = format!("{GOOD}{client}{client}");
    assert!(matches!(parse(&twice), Err(ConfigError::Client(_))));
    let mysql = GOOD.replace(
        "{ file = \"/etc/idp/accounts.toml\" }",
        "{ mysql = { url-file = 'x', mod = 'mod`; DROP' } }",
    );
    assert!(matches!(parse(&mysql), Err(ConfigError::Database(_))));
    let notice = format!("{GOOD}\n[notice]\nfrom = 'a b'\ncommand = ['x']\n");
    assert!(matches!(parse(&notice), Err(ConfigError::Notice)));
}
