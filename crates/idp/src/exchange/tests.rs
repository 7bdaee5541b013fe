//! The exchange against runs of a CI service that the test plays.

mod attacks;
mod harness;
mod keys;

use super::Refusal;
use harness::{AUTHOR, World, workflow};

#[tokio::test]
async fn gives_a_registered_run_a_token_for_its_author() {
    let world = World::new().await;
    world.register(AUTHOR, workflow(&world)).await;
    let minted = world.redeem(&world.token(&[])).await.unwrap();
    assert!(minted.starts_with("ANDREA:"), "{minted}");
    let (author, _) = world.exchange.uploader(&minted).await.unwrap().unwrap();
    assert_eq!(author.as_str(), AUTHOR);
    let audit = world.exchange.store().audit(9).await.unwrap();
    assert!(
        audit[0].contains(" issued ANDREA tim/Foo-Bar (702001) "),
        "{audit:?}"
    );
    // The database of a thief holds nothing to upload with.
    let secret = minted.rsplit(':').next().unwrap();
    assert!(!audit.join("\n").contains(secret));
    let file = std::fs::read(world.folder.path().join("exchange.sqlite")).unwrap();
    assert!(
        !file
            .windows(secret.len())
            .any(|part| part == secret.as_bytes())
    );
}

#[tokio::test]
async fn gives_a_registered_pipeline_of_gitlab_a_token() {
    let world = World::new().await;
    let mut registered = workflow(&world);
    registered.issuer = world.gitlab.url.clone();
    registered.workflow = "ci/release.yml".to_owned();
    world.register(AUTHOR, registered).await;
    world.redeem(&world.pipeline(&[])).await.unwrap();
    let host = world.gitlab.url.trim_start_matches("http://").to_owned();
    for (claim, value, refusal) in [
        (
            "pipeline_source",
            "merge_request_event",
            Refusal::EventRefused,
        ),
        ("pipeline_source", "parent_pipeline", Refusal::EventRefused),
        ("project_id", "702002", Refusal::NotRegistered),
        ("namespace_id", "5002", Refusal::NotRegistered),
        ("ref_path", "refs/heads/main", Refusal::RefDiffers),
        (
            "ci_config_ref_uri",
            &format!("{host}/tim/Foo-Bar//ci/test.yml@refs/tags/v1"),
            Refusal::WorkflowDiffers,
        ),
        (
            "ci_config_ref_uri",
            &format!("{host}/shared/flows//ci/release.yml@refs/heads/main"),
            Refusal::WorkflowCalled,
        ),
        (
            "ci_config_ref_uri",
            "evil.example/tim/Foo-Bar//ci/release.yml@refs/tags/v1",
            Refusal::WorkflowCalled,
        ),
    ] {
        let token = world.pipeline(&[(claim, value)]);
        assert_eq!(
            world.redeem(&token).await.unwrap_err(),
            refusal,
            "{claim}={value}"
        );
    }
}

#[tokio::test]
async fn lets_an_author_choose_among_several() {
    let world = World::new().await;
    world.register(AUTHOR, workflow(&world)).await;
    world.register("CARLA", workflow(&world)).await;
    assert_eq!(
        world.redeem(&world.token(&[])).await.unwrap_err(),
        Refusal::AuthorAmbiguous
    );
    let minted = world
        .redeem_as(&world.token(&[]), Some("CARLA"))
        .await
        .unwrap();
    assert!(minted.starts_with("CARLA:"));
    assert_eq!(
        world
            .redeem_as(&world.token(&[]), Some("TIM"))
            .await
            .unwrap_err(),
        Refusal::NotRegistered
    );
}

#[tokio::test]
async fn registers_a_workflow_once_and_ends_its_tokens_with_it() {
    let world = World::new().await;
    let first = world.register(AUTHOR, workflow(&world)).await;
    let again = world.register(AUTHOR, workflow(&world)).await;
    assert_eq!(first, again);
    let minted = world.redeem(&world.token(&[])).await.unwrap();
    let (carla, andrea) = ("CARLA".parse().unwrap(), AUTHOR.parse().unwrap());
    let end = async |author| {
        let ended = world
            .exchange
            .end_registration(author, &first.id, harness::HERE);
        ended.await.unwrap()
    };
    assert!(!end(&carla).await);
    assert!(world.exchange.uploader(&minted).await.unwrap().is_some());
    assert!(end(&andrea).await);
    assert!(world.exchange.uploader(&minted).await.unwrap().is_none());
    assert_eq!(
        world.redeem(&world.token(&[])).await.unwrap_err(),
        Refusal::NotRegistered
    );
}

#[tokio::test]
async fn refuses_registrations_that_no_run_could_fit() {
    let world = World::new().await;
    let good = workflow(&world);
    good.check().unwrap();
    let changes: [fn(&mut super::Workflow); 10] = [
        |w| w.repository_id = "tim/Foo-Bar".to_owned(),
        |w| w.owner_id = String::new(),
        |w| w.workflow = "../release.yml".to_owned(),
        |w| w.workflow = "release.yml@refs/tags/v1".to_owned(),
        |w| w.git_ref = "*".to_owned(),
        |w| w.git_ref = "refs/*/v1".to_owned(),
        |w| w.git_ref = "v1".to_owned(),
        |w| w.environment = Some(String::new()),
        |w| w.environment = Some("pause\n".to_owned()),
        |w| w.repository = "Foo-Bar".to_owned(),
    ];
    for change in changes {
        let mut wrong = good.clone();
        change(&mut wrong);
        assert!(wrong.check().is_err(), "{wrong:?}");
    }
    let mut unknown = good;
    unknown.issuer = "https://ci.evil.example".to_owned();
    let author = AUTHOR.parse().unwrap();
    let registered = world
        .exchange
        .register(&author, unknown, harness::HERE)
        .await;
    assert_eq!(registered.unwrap_err(), Refusal::IssuerUnknown);
}
