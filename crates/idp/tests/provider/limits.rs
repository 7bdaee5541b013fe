//! Guesses: of one password, of many, from many places, and by the time that an answer takes.

use crate::{
    browser::{page, send},
    harness::{PASSWORD, Provider, failure, id_token},
};

#[tokio::test]
async fn stops_brute_force_of_one_account_from_anywhere() {
    let provider = Provider::start().await;
    for guess in 0..5 {
        // Each in another network, with another spelling.
        let id = if guess % 2 == 0 { "ANDREA" } else { "andrea" };
        let response = provider
            .by_password_from(&format!("192.0.{guess}.1"), id, "guess")
            .await;
        assert_eq!(response.status(), 401);
    }
    let response = provider
        .by_password_from("198.51.100.1", "Andrea", PASSWORD)
        .await;
    assert_eq!(response.headers()["retry-after"], "900");
    assert_eq!(
        failure(response).await,
        (429, "slow_down".to_owned()),
        "even the right one"
    );
    let form = page(&provider).await;
    let response = send(&provider, &form, "ANDREA", PASSWORD, "allow").await;
    assert_eq!(
        (
            response.status().as_u16(),
            &response.headers()["retry-after"]
        ),
        (429, &"900".parse().unwrap())
    );
    // A stranger's guesses do not keep out the author who has a token.
    id_token(provider.by_token("ANDREA:sign:secret").await).await;
    provider.advance(901);
    id_token(provider.by_password("ANDREA", PASSWORD).await).await;
}

#[tokio::test]
async fn stops_brute_force_of_many_accounts_from_one_network() {
    let provider = Provider::start().await;
    for guess in 0..20 {
        let (from, id) = (format!("2001:db8:0:1::{guess}"), format!("NOBODY{guess}"));
        let response = provider.by_password_from(&from, &id, PASSWORD).await;
        assert_eq!(response.status(), 401, "{guess}");
    }
    let response = provider
        .by_password_from("2001:db8:0:1:ffff::1", "CARLA", PASSWORD)
        .await;
    assert_eq!(response.status(), 429);
    let response = provider
        .by_password_from("2001:db8:0:2::1", "CARLA", PASSWORD)
        .await;
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn limits_by_the_address_that_the_proxy_saw() {
    let provider = Provider::start().await;
    for guess in 0..20 {
        // The attacker invents addresses in front of the one that the proxy adds.
        let from = format!("10.{guess}.0.1, 192.0.2.7");
        let response = provider
            .by_password_from(&from, &format!("NOBODY{guess}"), "x")
            .await;
        assert_eq!(response.status(), 401);
    }
    let response = provider
        .by_password_from("10.99.0.1, 192.0.2.7", "CARLA", PASSWORD)
        .await;
    assert_eq!(response.status(), 429);
}

#[tokio::test]
async fn hides_by_time_which_accounts_exist() {
    let provider = Provider::start().await;
    let mut answers = Vec::new();
    for id in [
        "ANDREA",
        "NOBODY",
        "not an id",
        "CLOSED",
        "OLDHASH",
        "ANDREA ",
    ] {
        let before = provider.idp.logins().passwords().rounds();
        let response = provider.by_password(id, "wrong").await;
        let rounds = provider.idp.logins().passwords().rounds() - before;
        answers.push((
            rounds,
            response.status().as_u16(),
            response.text().await.unwrap(),
        ));
    }
    assert_eq!(answers[0].0, 16, "one bcrypt");
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:#?}"
    );
}

#[tokio::test]
async fn limits_tokens_of_one_author() {
    let provider = Provider::start().await;
    for _ in 0..30 {
        id_token(provider.by_token("ANDREA:sign:secret").await).await;
    }
    let response = provider.by_password("ANDREA", PASSWORD).await;
    assert_eq!(response.headers()["retry-after"], "3600");
    assert_eq!(failure(response).await, (429, "slow_down".to_owned()));
    provider.advance(3600);
    id_token(provider.by_password("ANDREA", PASSWORD).await).await;
}
