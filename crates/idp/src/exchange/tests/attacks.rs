//! Runs that get no upload token.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::harness::{AUTHOR, HERE, World, workflow};
use crate::{
    exchange::{Refusal, Workflow},
    keys::SigningKey,
    tokens,
};

async fn registered() -> World {
    let world = World::new().await;
    world.register(AUTHOR, workflow(&world)).await;
    world
}

/// Runs with these claims are refused, and a good run is not.
async fn assert_refused(cases: &[(&[(&str, &str)], Refusal)]) {
    let world = registered().await;
    for (changes, refusal) in cases {
        let token = world.token(changes);
        assert_eq!(
            world.redeem(&token).await.unwrap_err(),
            *refusal,
            "{changes:?}"
        );
    }
    world.redeem(&world.token(&[])).await.unwrap();
}

#[tokio::test]
async fn exchange_accepts_a_token_once() {
    let world = registered().await;
    let token = world.token(&[]);
    world.redeem(&token).await.unwrap();
    assert_eq!(world.redeem(&token).await.unwrap_err(), Refusal::TokenUsed);
    // Nor at the same time.
    let token = world.token(&[]);
    let (one, other) = tokio::join!(world.redeem(&token), world.redeem(&token));
    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1);
    // Nor after the names were cleaned up: it has expired by then.
    world.pass(2 * 24 * 3600);
    world.exchange.clean().await;
    assert_eq!(
        world.redeem(&token).await.unwrap_err(),
        Refusal::TokenExpired
    );
    // A token that could be replayed unnoticed is none.
    let nameless = world.token(&[("jti", "")]);
    assert_eq!(
        world.redeem(&nameless).await.unwrap_err(),
        Refusal::TokenInvalid
    );
}

#[tokio::test]
async fn exchange_refuses_another_audience() {
    assert_refused(&[
        (&[("aud", "sigstore")], Refusal::TokenInvalid),
        (&[("aud", "https://pause.example/")], Refusal::TokenInvalid),
        (
            &[("aud", "https://pause.example.evil.example")],
            Refusal::TokenInvalid,
        ),
        (&[("aud", "")], Refusal::TokenInvalid),
    ])
    .await;
}

#[tokio::test]
async fn exchange_refuses_new_repository_of_the_same_name() {
    assert_refused(&[
        (&[("repository_id", "702002")], Refusal::NotRegistered),
        (&[("repository_owner_id", "5002")], Refusal::NotRegistered),
        (&[("repository_id", "")], Refusal::TokenInvalid),
    ])
    .await;
    // A new name of the same repository is no attack.
    let world = registered().await;
    let moved = "tim/Bar/.github/workflows/release.yml@refs/tags/v1";
    let renamed = world.token(&[
        ("repository", "tim/Bar"),
        ("workflow_ref", moved),
        ("job_workflow_ref", moved),
    ]);
    world.redeem(&renamed).await.unwrap();
}

#[tokio::test]
async fn exchange_refuses_other_and_called_workflows() {
    let other = "tim/Foo-Bar/.github/workflows/test.yml@refs/tags/v1";
    let below = "tim/Foo-Bar/.github/workflows/x/release.yml@refs/tags/v1";
    let foreign = "evil/flows/.github/workflows/release.yml@refs/heads/main";
    assert_refused(&[
        (
            &[("workflow_ref", other), ("job_workflow_ref", other)],
            Refusal::WorkflowDiffers,
        ),
        (
            &[("workflow_ref", below), ("job_workflow_ref", below)],
            Refusal::WorkflowDiffers,
        ),
        (&[("workflow_ref", other)], Refusal::WorkflowCalled),
        (&[("job_workflow_ref", foreign)], Refusal::WorkflowCalled),
        (
            &[("workflow_ref", foreign), ("job_workflow_ref", foreign)],
            Refusal::TokenInvalid,
        ),
        (&[("job_workflow_ref", "")], Refusal::TokenInvalid),
    ])
    .await;
}

#[tokio::test]
async fn exchange_refuses_events_that_run_foreign_code() {
    for event in [
        "pull_request",
        "pull_request_target",
        "workflow_run",
        "issue_comment",
        "Push",
    ] {
        assert_refused(&[(&[("event_name", event)], Refusal::EventRefused)]).await;
    }
    assert_refused(&[(&[("event_name", "")], Refusal::TokenInvalid)]).await;
}

#[tokio::test]
async fn exchange_refuses_other_environments_and_refs() {
    assert_refused(&[
        (&[("environment", "")], Refusal::EnvironmentDiffers),
        (&[("environment", "Pause")], Refusal::EnvironmentDiffers),
        (&[("ref", "refs/heads/refs/tags/v1")], Refusal::RefDiffers),
        (&[("ref", "v1")], Refusal::RefDiffers),
    ])
    .await;
}

#[tokio::test]
async fn exchange_refuses_tokens_out_of_their_time() {
    let world = registered().await;
    let token = world.token(&[]);
    world.pass(300 + 60);
    assert_eq!(
        world.redeem(&token).await.unwrap_err(),
        Refusal::TokenExpired
    );
    world.pass(-10_000);
    assert_eq!(
        world.redeem(&token).await.unwrap_err(),
        Refusal::TokenInvalid
    );
}

#[tokio::test]
async fn exchange_refuses_issuers_that_are_spoofed() {
    let world = registered().await;
    let github = world.github.url.clone();
    for issuer in [
        format!("{github}/"),
        format!("{github}/tim"),
        format!("{github}#x"),
        github.replace("http://", "HTTP://"),
        github.replace("http://", "http://tim@"),
        "https://token.actions.githubusercontent.com.evil.example".to_owned(),
    ] {
        let token = world.token(&[("iss", &issuer)]);
        let refused = world.redeem(&token).await.unwrap_err();
        assert_eq!(refused, Refusal::IssuerUnknown, "{issuer}");
    }
    // Another service of the settings has the key of the first for nothing.
    let token = world.token(&[("iss", &world.gitlab.url)]);
    assert_eq!(
        world.redeem(&token).await.unwrap_err(),
        Refusal::TokenInvalid
    );
    assert_eq!(world.github.requests(), 0);
}

#[tokio::test]
async fn exchange_refuses_algorithms_none_and_hs256() {
    let world = registered().await;
    let good = world.token(&[]);
    let (message, signature) = good.rsplit_once('.').unwrap();
    let claims = message.split_once('.').unwrap().1;
    let public = serde_json::to_vec(&world.github.key.public()).unwrap();
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "None", "kid": world.github.key.kid() }),
        json!({ "alg": "HS256", "kid": world.github.key.kid() }),
        json!({ "alg": "ES256", "kid": world.github.key.kid(), "crit": ["exp"] }),
        json!({ "alg": ["ES256"], "kid": world.github.key.kid() }),
    ] {
        let header = URL_SAFE_NO_PAD.encode(header.to_string());
        let message = format!("{header}.{claims}");
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &public);
        let mac = aws_lc_rs::hmac::sign(&key, message.as_bytes());
        for signature in ["", signature, &URL_SAFE_NO_PAD.encode(mac)] {
            let refused = world
                .redeem(&format!("{message}.{signature}"))
                .await
                .unwrap_err();
            assert_eq!(refused, Refusal::TokenInvalid, "{message}");
        }
    }
    let (stranger, _) = SigningKey::generate().unwrap();
    let forged = tokens::sign(&stranger, &world.claims()).unwrap();
    assert_eq!(
        world.redeem(&forged).await.unwrap_err(),
        Refusal::TokenInvalid
    );
    // A key that travels in the header is nobody's.
    let (_, rest) = forged.split_once('.').unwrap();
    let header = json!({ "alg": "ES256", "jwk": stranger.public() });
    let carried = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()));
    assert_eq!(
        world.redeem(&carried).await.unwrap_err(),
        Refusal::TokenInvalid
    );
}

#[tokio::test]
async fn upload_token_is_worthless_after_its_minutes() {
    let world = registered().await;
    let minted = world.redeem(&world.token(&[])).await.unwrap();
    world.pass(30 * 60 - 1);
    assert!(world.exchange.uploader(&minted).await.unwrap().is_some());
    world.pass(1);
    assert!(world.exchange.uploader(&minted).await.unwrap().is_none());
}

#[tokio::test]
async fn upload_token_is_for_its_author_alone_and_revocable() {
    let world = registered().await;
    let minted = world.redeem(&world.token(&[])).await.unwrap();
    let (_, rest) = minted.split_once(':').unwrap();
    let (id, secret) = rest.split_once(':').unwrap();
    for wrong in [
        format!("CARLA:{rest}"),
        format!("ANDREA:{id}:{secret}0"),
        format!("ANDREA:{id}"),
        format!("{minted}:x"),
        String::new(),
    ] {
        assert!(
            world.exchange.uploader(&wrong).await.unwrap().is_none(),
            "{wrong}"
        );
        // Nobody revokes the token of somebody else.
        world.exchange.revoke(&wrong, HERE).await.unwrap();
    }
    assert!(world.exchange.uploader(&minted).await.unwrap().is_some());
    world.exchange.revoke(&minted, HERE).await.unwrap();
    assert!(world.exchange.uploader(&minted).await.unwrap().is_none());
}

#[tokio::test]
async fn upload_token_is_no_password_of_the_account() {
    let world = registered().await;
    let minted = world.redeem(&world.token(&[])).await.unwrap();
    let logged_in = world.exchange.log_in(AUTHOR, minted.into(), HERE).await;
    assert_eq!(logged_in, None);
    let right = "right".to_owned().into();
    assert!(world.exchange.log_in(AUTHOR, right, HERE).await.is_some());
}

#[tokio::test]
async fn exchange_refuses_accounts_that_may_not_upload() {
    let world = World::new().await;
    world.register("CLOSED", workflow(&world)).await;
    let token = world.token(&[]);
    assert_eq!(
        world.redeem(&token).await.unwrap_err(),
        Refusal::AccountRefused
    );
}

#[tokio::test]
async fn exchange_limits_networks_and_authors() {
    let world = registered().await;
    let mut minted = 0;
    let refused = loop {
        match world.redeem(&world.token(&[])).await {
            Ok(_) => minted += 1,
            Err(refused) => break refused,
        }
    };
    assert_eq!((minted, refused), (60, Refusal::TooMany));
    while world.redeem("no token").await.unwrap_err() != Refusal::TooMany {}
    // Other networks go on, and so does this one after a while.
    let other = "192.0.2.1".parse().unwrap();
    let elsewhere = world.exchange.redeem("no token", None, other).await;
    assert_eq!(elsewhere.err(), Some(Refusal::TokenInvalid));
    world.pass(3601);
    world.redeem(&world.token(&[])).await.unwrap();
}

#[tokio::test]
async fn exchange_reads_no_claim_twice() {
    let world = registered().await;
    let claims = Value::Object(world.claims()).to_string();
    let twice = claims.replacen('{', r#"{"repository_id":"702001","#, 1);
    let header = json!({ "alg": "ES256", "kid": world.github.key.kid() });
    let part = |text: String| URL_SAFE_NO_PAD.encode(text);
    let message = format!("{}.{}", part(header.to_string()), part(twice));
    let signature = world.github.key.sign(message.as_bytes()).unwrap();
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
    assert_eq!(
        world.redeem(&token).await.unwrap_err(),
        Refusal::TokenInvalid
    );
}

#[test]
fn a_ref_with_a_star_is_a_start_and_nothing_else() {
    let has = |pattern: &str, found: &str| {
        let workflow = Workflow {
            issuer: String::new(),
            repository: String::new(),
            repository_id: String::new(),
            owner_id: String::new(),
            workflow: String::new(),
            environment: None,
            git_ref: pattern.to_owned(),
        };
        workflow.has_ref(found)
    };
    assert!(has("refs/tags/v*", "refs/tags/v1.0"));
    assert!(has("refs/heads/main", "refs/heads/main"));
    assert!(!has("refs/heads/main", "refs/heads/main2"));
    assert!(!has("refs/tags/v*", "refs/heads/refs/tags/v1"));
}
