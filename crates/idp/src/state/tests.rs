use std::net::IpAddr;

use cpan_sigstore_core::release::PauseId;
use jiff::{SignedDuration, Timestamp};

use super::*;

const NOW: i64 = 1_800_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(NOW + seconds).unwrap()
}

async fn state() -> (tempfile::TempDir, State) {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(&folder.path().join("state")).await.unwrap();
    (folder, state)
}

/// Begins an attempt by password; `true` if it is within the limits.
async fn begin(
    state: &State,
    author: &str,
    address: &str,
    seconds: i64,
    method: Method,
) -> Option<Pending> {
    let author: PauseId = author.parse().unwrap();
    let address: IpAddr = address.parse().unwrap();
    let attempt = Attempt {
        author: Some(&author),
        address,
        client: "sigstore",
        method,
        now: at(seconds),
    };
    match state.begin(&attempt, &Limits::default()).await.unwrap() {
        Attempted::Begun(pending) => Some(pending),
        Attempted::Limited(limit) => {
            assert_eq!(limit, Limit::Failures);
            None
        }
    }
}

async fn guesses(state: &State, author: &str, address: &str, seconds: i64) -> bool {
    let pending = begin(state, author, address, seconds, Method::Password).await;
    if let Some(pending) = &pending {
        state.fail(pending, Outcome::Wrong).await.unwrap();
    }
    pending.is_some()
}

#[tokio::test]
async fn limits_guesses_of_one_password_from_many_networks() {
    let (_folder, state) = state().await;
    for guess in 0..5 {
        assert!(guesses(&state, "ANDREA", &format!("192.0.{guess}.1"), guess).await);
    }
    assert!(!guesses(&state, "ANDREA", "198.51.100.1", 10).await);
    assert!(
        !guesses(&state, "andrea", "198.51.100.1", 10).await,
        "in small letters"
    );
    assert!(guesses(&state, "CARLA", "198.51.100.1", 10).await);
    // The author has a token, and is not kept out by a stranger's guesses.
    assert!(
        begin(&state, "ANDREA", "198.51.100.1", 10, Method::Token)
            .await
            .is_some()
    );
    // The first guess is forgotten after 15 minutes.
    assert!(!guesses(&state, "ANDREA", "198.51.100.1", 899).await);
    assert!(guesses(&state, "ANDREA", "198.51.100.1", 900).await);
    assert!(!guesses(&state, "ANDREA", "198.51.100.1", 900).await);
}

#[tokio::test]
async fn limits_guesses_of_many_passwords_from_one_network() {
    let (_folder, state) = state().await;
    for guess in 0..20 {
        assert!(
            guesses(
                &state,
                &format!("AUTHOR{guess}"),
                &format!("192.0.2.{guess}"),
                0
            )
            .await
        );
    }
    assert!(!guesses(&state, "ANDREA", "192.0.2.99", 1).await);
    assert!(
        begin(&state, "ANDREA", "192.0.2.99", 1, Method::Token)
            .await
            .is_none()
    );
    assert!(guesses(&state, "ANDREA", "192.0.3.99", 1).await);
}

#[tokio::test]
async fn limits_guesses_at_the_same_time_as_those_one_by_one() {
    let (_folder, state) = state().await;
    let mut all = tokio::task::JoinSet::new();
    for guess in 0..40 {
        let state = state.clone();
        all.spawn(async move {
            begin(
                &state,
                "ANDREA",
                &format!("192.0.{guess}.1"),
                0,
                Method::Page,
            )
            .await
            .is_some()
        });
    }
    let begun = all
        .join_all()
        .await
        .into_iter()
        .filter(|begun| *begun)
        .count();
    assert_eq!(begun, 5, "pending attempts are failures");
}

#[tokio::test]
async fn counts_no_success_as_a_guess_and_limits_tokens() {
    let (_folder, state) = state().await;
    let limits = Limits::default();
    for second in 0..30 {
        let pending = begin(&state, "ANDREA", "192.0.2.1", second, Method::Password)
            .await
            .unwrap();
        let outcome = state
            .succeed(&pending, Some("key"), at(second), &limits)
            .await
            .unwrap();
        assert_eq!(outcome, Ok(()), "{second}");
    }
    let pending = begin(&state, "ANDREA", "192.0.2.1", 60, Method::Password)
        .await
        .unwrap();
    let outcome = state
        .succeed(&pending, Some("key"), at(60), &limits)
        .await
        .unwrap();
    assert_eq!(outcome, Err(Limit::Tokens));
    let pending = begin(&state, "ANDREA", "192.0.2.1", 3600, Method::Password)
        .await
        .unwrap();
    let outcome = state
        .succeed(&pending, Some("key"), at(3600), &limits)
        .await
        .unwrap();
    assert_eq!(outcome, Ok(()));
    let author: PauseId = "ANDREA".parse().unwrap();
    let rows = state.audit(Some(&author), 100).await.unwrap();
    assert_eq!(rows.len(), 32);
    assert_eq!(
        (rows[0].outcome.as_str(), rows[1].outcome.as_str()),
        ("issued", "refused")
    );
    assert_eq!(rows[0].key.as_deref(), Some("key"));
}

#[tokio::test]
async fn forgives_nothing_to_a_clock_that_was_set_back() {
    let (_folder, state) = state().await;
    for guess in 0..5 {
        assert!(guesses(&state, "ANDREA", &format!("192.0.{guess}.1"), 0).await);
    }
    assert!(!guesses(&state, "ANDREA", "198.51.100.1", -86_400).await);
}

#[tokio::test]
async fn redeems_a_code_once_and_for_a_minute() {
    let (_folder, state) = state().await;
    let grant = Grant {
        subject: "ANDREA".to_owned(),
        client: "sigstore".to_owned(),
        redirect_uri: "http://localhost:1/auth/callback".to_owned(),
        challenge: "x".to_owned(),
        nonce: None,
        auth_time: NOW,
        row: 1,
    };
    let code = state.keep(&grant, at(0)).await.unwrap();
    assert_eq!(state.take("other", at(0)).await.unwrap(), None);
    assert_eq!(
        state.take(code.as_str(), at(59)).await.unwrap(),
        Some(grant.clone())
    );
    assert_eq!(state.take(code.as_str(), at(59)).await.unwrap(), None);
    let code = state.keep(&grant, at(0)).await.unwrap();
    assert_eq!(state.take(code.as_str(), at(60)).await.unwrap(), None);
}

#[tokio::test]
async fn claims_one_mail_a_day_for_each_author() {
    let (_folder, state) = state().await;
    let (andrea, carla): (PauseId, PauseId) = ("ANDREA".parse().unwrap(), "CARLA".parse().unwrap());
    assert!(state.claim_notice(&andrea, at(0)).await.unwrap());
    assert!(!state.claim_notice(&andrea, at(86_399)).await.unwrap());
    assert!(state.claim_notice(&carla, at(86_399)).await.unwrap());
    assert!(state.claim_notice(&andrea, at(86_400)).await.unwrap());
    state.withdraw_notice(&andrea).await.unwrap();
    assert!(state.claim_notice(&andrea, at(86_401)).await.unwrap());
}

#[tokio::test]
async fn keeps_state_private_and_removes_old_rows() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, state) = state().await;
    assert!(guesses(&state, "ANDREA", "192.0.2.1", 0).await);
    for entry in std::fs::read_dir(folder.path().join("state")).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(
            entry.metadata().unwrap().permissions().mode() & 0o077,
            0,
            "{entry:?}"
        );
    }
    state.clean(at(10), at(0)).await.unwrap();
    assert_eq!(state.audit(None, 9).await.unwrap().len(), 1);
    state
        .clean(at(10), at(1) + SignedDuration::ZERO)
        .await
        .unwrap();
    assert_eq!(state.audit(None, 9).await.unwrap().len(), 0);
}
