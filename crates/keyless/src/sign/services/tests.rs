use serde_json::{Value, json};

use super::*;

/// A time at which all services are in use.
const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

fn service(url: &str, version: u32, operator: &str) -> Value {
    json!({ "url": url, "majorApiVersion": version, "operator": operator,
            "validFor": { "start": "2020-01-01T00:00:00Z" } })
}

fn select(
    logs: Value,
    logs_config: Value,
    authorities: Value,
    authorities_config: Value,
) -> Result<Services, SignError> {
    let config = json!({
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": [service("https://ca.test", 1, "a")],
        "rekorTlogUrls": logs, "rekorTlogConfig": logs_config,
        "tsaUrls": authorities, "tsaConfig": authorities_config,
    });
    let config = SigningConfig::parse(config.to_string().as_bytes(), "test").unwrap();
    Services::select(&config, NOW)
}

fn logs() -> Value {
    json!([
        service("https://one.test", 1, "a"),
        service("https://two.test", 2, "a"),
        service("https://three.test", 1, "b"),
    ])
}

fn authority() -> Value {
    json!([service("https://tsa.test", 1, "a")])
}

fn any() -> Value {
    json!({ "selector": "ANY" })
}

fn hosts(services: &Services) -> Vec<&str> {
    services
        .logs
        .iter()
        .map(|log| log.url.host_str().unwrap())
        .collect()
}

#[test]
fn honours_selectors() {
    let services = select(logs(), any(), authority(), any()).unwrap();
    assert_eq!(hosts(&services), ["two.test"]);
    let all = json!({ "selector": "ALL" });
    assert_eq!(
        hosts(&select(logs(), all, authority(), any()).unwrap()),
        ["two.test", "three.test"]
    );
    let two = json!({ "selector": "EXACT", "count": 2 });
    assert_eq!(
        hosts(&select(logs(), two, authority(), any()).unwrap()).len(),
        2
    );
}

#[test]
fn reports_unsatisfiable_configurations_before_signing() {
    for config in [
        json!({ "selector": "EXACT", "count": 3 }),
        json!({ "selector": "EXACT" }),
        json!({ "selector": "SERVICE_SELECTOR_UNDEFINED" }),
    ] {
        assert!(select(logs(), config, authority(), any()).is_err());
    }
    assert!(select(json!([]), any(), authority(), any()).is_err());
}

#[test]
fn rejects_rekor_v2_without_a_clock() {
    let error = select(logs(), any(), json!([]), any()).unwrap_err();
    assert!(error.to_string().contains("timestamp authority"), "{error}");
    let v1 = json!([service("https://one.test", 1, "a")]);
    assert!(select(v1, any(), json!([]), any()).is_ok());
}

#[test]
fn rejects_an_authority_without_https() {
    let config = json!({
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": [service("http://ca.test", 1, "a")],
        "rekorTlogUrls": logs(), "rekorTlogConfig": any(),
        "tsaUrls": authority(), "tsaConfig": any(),
    });
    let config = SigningConfig::parse(config.to_string().as_bytes(), "test").unwrap();
    let error = Services::select(&config, NOW).unwrap_err();
    assert!(error.to_string().contains("with https"), "{error}");
}

#[test]
fn accepts_only_web_addresses_as_services() {
    let file = json!([service("file:///etc/passwd", 1, "a")]);
    assert!(select(file, any(), authority(), any()).is_err());
}

#[test]
fn names_the_clock_before_a_service_that_began_later() {
    let later = json!([{ "url": "https://me:pw@log.test", "majorApiVersion": 2, "operator": "a",
                         "validFor": { "start": "9999-01-01T00:00:00Z" } }]);
    let error = select(later, any(), authority(), any()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the clock of this machine says 2027-01-15T08:00:00Z, before https://log.test began at 9999-01-01T00:00:00Z"
    );
    // A missing service has nothing to do with the clock.
    let error = select(json!([]), any(), authority(), any()).unwrap_err();
    assert!(matches!(error, SignError::Services { .. }), "{error}");
}
