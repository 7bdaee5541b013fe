//! Keys over time, as a verifier sees them that keeps the key set for an hour.

use crate::harness::{PASSWORD, Provider, id_token};

#[tokio::test]
async fn rotates_keys_without_a_gap() {
    let provider = Provider::start().await;
    let mut names = std::collections::BTreeSet::new();
    let mut kept = provider.keys().await;
    for hour in 0..24 * 33 {
        provider.idp.tick().await;
        if hour % 11 == 0 {
            let token = id_token(provider.by_password("ANDREA", PASSWORD).await).await;
            let kid = token_key(&token);
            // The set of an hour ago has the key, and so has the set of five minutes later.
            assert!(kept.candidates(Some(&kid)).next().is_some(), "hour {hour}");
            provider.advance(299);
            provider.verified(&token, "sigstore").await;
            provider.advance(-299);
            names.insert(kid);
        }
        kept = provider.keys().await;
        provider.advance(3600);
    }
    assert_eq!(names.len(), 2, "{names:?}");
}

#[tokio::test]
async fn keeps_its_keys_over_a_restart() {
    let provider = Provider::start().await;
    let before = provider.keys().await;
    let config = provider.idp.config().clone();
    let clock = provider.idp.clock().clone();
    let again =
        cpan_sigstore_idp::server::Idp::open(config, clock, cpan_sigstore_idp::accounts::Cost(4));
    assert_eq!(again.await.unwrap().published_keys(), before);
}

fn token_key(token: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let header = URL_SAFE_NO_PAD
        .decode(token.split('.').next().unwrap())
        .unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}
