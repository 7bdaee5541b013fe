//! Keys of a CI service that misbehaves.

use super::harness::{AUTHOR, Answer, World, workflow};
use crate::{
    exchange::Refusal,
    keys::{JwkSet, SigningKey},
    tokens,
};

#[tokio::test]
async fn exchange_waits_for_no_slow_or_endless_key_set() {
    for answer in [Answer::Never, Answer::Endless, Answer::Failure] {
        let world = World::new().await;
        world.register(AUTHOR, workflow(&world)).await;
        let good = world.github.key.public();
        world.github.answers(answer);
        let refused = world.redeem(&world.token(&[])).await.unwrap_err();
        assert_eq!(refused, Refusal::Unavailable);
        // Nor does anybody make it ask again at once.
        for _ in 0..3 {
            let refused = world.redeem(&world.token(&[])).await.unwrap_err();
            assert_eq!(refused, Refusal::Unavailable);
        }
        assert_eq!(world.github.requests(), 1);
        // The service is back.
        world
            .github
            .answers(Answer::Keys(JwkSet { keys: vec![good] }));
        world.pass(61);
        world.redeem(&world.token(&[])).await.unwrap();
    }
}

#[tokio::test]
async fn exchange_follows_no_redirect_to_keys() {
    let world = World::new().await;
    world.register(AUTHOR, workflow(&world)).await;
    // The other service has keys of an attacker, who signs as the first.
    let to = format!("{}/.well-known/jwks", world.gitlab.url);
    world.github.answers(Answer::Redirect(to));
    let forged = tokens::sign(&world.gitlab.key, &world.claims()).unwrap();
    assert_eq!(
        world.redeem(&forged).await.unwrap_err(),
        Refusal::Unavailable
    );
    assert_eq!(world.gitlab.requests(), 0);
}

#[tokio::test]
async fn exchange_keeps_keys_and_finds_new_ones() {
    let world = World::new().await;
    world.register(AUTHOR, workflow(&world)).await;
    world.redeem(&world.token(&[])).await.unwrap();
    world.redeem(&world.token(&[])).await.unwrap();
    assert_eq!(world.github.requests(), 1);
    // Names of keys that an attacker makes up cause one request in a minute.
    let (stranger, _) = SigningKey::generate().unwrap();
    world.pass(61);
    for _ in 0..5 {
        let forged = tokens::sign(&stranger, &world.claims()).unwrap();
        assert_eq!(
            world.redeem(&forged).await.unwrap_err(),
            Refusal::TokenInvalid
        );
    }
    assert_eq!(world.github.requests(), 2);
    // A service that is down for a while stops nobody, and one that is down for a day does.
    world.github.answers(Answer::Failure);
    world.pass(3600);
    world.redeem(&world.token(&[])).await.unwrap();
    world.pass(24 * 3600);
    let refused = world.redeem(&world.token(&[])).await.unwrap_err();
    assert_eq!(refused, Refusal::Unavailable);
    // A key that was withdrawn is no longer accepted.
    world.github.answers(Answer::Keys(JwkSet {
        keys: vec![stranger.public()],
    }));
    world.pass(61);
    let refused = world.redeem(&world.token(&[])).await.unwrap_err();
    assert_eq!(refused, Refusal::TokenInvalid);
}
