//! A CI job as an author, over a long run.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{error::Error, pin::Pin};

use cpan_sigstore_http::Http;
use cpan_sigstore_pause::{
    server::Pause,
    trusted::{CiTokens, Exchange, ExchangeError, Refusal, TrustedPublisher},
};
use cpan_sigstore_sandbox::{Sandbox, SandboxOptions, oidc::Provider, pause::Workflow};
use jiff::{SignedDuration, Timestamp};

/// Tokens of the sandbox's workflow.
struct Tokens {
    provider: Provider,
    are_fresh: bool,
}

type Token<'a> =
    Pin<Box<dyn Future<Output = Result<String, Box<dyn Error + Send + Sync>>> + Send + 'a>>;

impl CiTokens for Tokens {
    fn token<'a>(&'a self, audience: &'a str) -> Token<'a> {
        Box::pin(async move { Ok(self.provider.token_for("ci", audience).unwrap()) })
    }

    fn are_fresh(&self) -> bool {
        self.are_fresh
    }
}

fn almost_expired() -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(29 * 60)
}

fn sandbox() -> (Sandbox, Pause) {
    let sandbox = Sandbox::start(SandboxOptions::default()).unwrap();
    let workflow = Workflow::of_cast(&sandbox.oidc.ci_issuer());
    sandbox.pause.register_workflow("MYAUTHOR", workflow);
    let form = format!("{}/pause/authenquery", sandbox.services.pause.url());
    let pause = Pause::at(&form).unwrap();
    (sandbox, pause)
}

async fn exchange(pause: &Pause) -> Exchange {
    let http = Http::for_urls([pause.form().as_str()]).unwrap();
    Exchange::discover(pause, http).await.unwrap().unwrap()
}

async fn publisher(
    sandbox: &Sandbox,
    pause: &Pause,
    are_fresh: bool,
    clock: fn() -> Timestamp,
) -> TrustedPublisher {
    let tokens = Box::new(Tokens {
        provider: sandbox.oidc.clone(),
        are_fresh,
    });
    let exchange = exchange(pause).await;
    TrustedPublisher::log_in(exchange, tokens, None, clock)
        .await
        .unwrap()
}

#[tokio::test]
async fn replaces_upload_token_before_it_expires() {
    let (sandbox, pause) = sandbox();
    let count = || sandbox.pause.minted_tokens().len();
    let long = publisher(&sandbox, &pause, true, almost_expired).await;
    long.credentials().await.unwrap();
    assert_eq!(count(), 2);
    let short = publisher(&sandbox, &pause, true, Timestamp::now).await;
    short.credentials().await.unwrap();
    assert_eq!(count(), 3);
    // A job that has one token alone keeps what it has.
    let fixed = publisher(&sandbox, &pause, false, almost_expired).await;
    fixed.credentials().await.unwrap();
    assert_eq!(count(), 4);
}

#[tokio::test]
async fn refuses_answers_without_a_bounded_end() {
    let (sandbox, pause) = sandbox();
    let exchange = exchange(&pause).await;
    let token = || sandbox.oidc.token_for("ci", exchange.audience()).unwrap();
    for days in [-2, 2] {
        let clock = Timestamp::now() - SignedDuration::from_hours(24 * days);
        let redeemed = exchange.redeem(&token(), None, clock).await;
        assert!(
            matches!(redeemed, Err(ExchangeError::Answer { .. })),
            "{days}"
        );
    }
    let used = token();
    exchange
        .redeem(&used, None, Timestamp::now())
        .await
        .unwrap();
    let again = exchange.redeem(&used, None, Timestamp::now()).await;
    assert!(matches!(
        again,
        Err(ExchangeError::Refused {
            refusal: Refusal::TokenUsed,
            ..
        })
    ));
}
