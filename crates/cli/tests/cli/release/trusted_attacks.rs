//! Attacks on trusted publishing: each ends without an upload.

use cpan_sigstore_sandbox::{
    oidc::Account,
    pause::{PauseMisbehaviour, Workflow},
};

use super::trusted::{JOB, in_github, job, run, with_token};
use crate::fixtures::author::ID;
use crate::harness::{FILE, World};

/// A run is refused with this text, before anything is signed or uploaded.
#[track_caller]
fn assert_refused(account: Account, reason: &str) {
    let job = job(account);
    let ran = in_github(&job, &["release", "--yes", FILE]).exits(1);
    assert!(ran.stderr.contains(reason), "{ran:#?}");
    assert_nothing_happened(&job);
}

#[track_caller]
fn assert_nothing_happened(job: &World) {
    assert_eq!(job.uploads(), [""; 0]);
    assert!(job.sandbox.pause.minted_tokens().is_empty());
    assert!(job.sandbox.services.ca.requests().is_empty());
}

#[test]
fn refuses_new_repository_of_the_same_name() {
    assert_refused(
        run().claiming("repository_id", "702002"),
        "no author has registered",
    );
    assert_refused(
        run().claiming("repository_owner_id", "5002"),
        "no author has registered",
    );
}

#[test]
fn refuses_other_workflow_of_the_same_repository() {
    let other = "author/Foo-Bar/.github/workflows/test.yml@refs/tags/v1.02";
    let account = run()
        .claiming("workflow_ref", other)
        .claiming("job_workflow_ref", other);
    assert_refused(account, "another workflow");
}

#[test]
fn refuses_registered_workflow_that_another_one_calls() {
    let other = "author/Foo-Bar/.github/workflows/test.yml@refs/tags/v1.02";
    assert_refused(
        run().claiming("workflow_ref", other),
        "called by another one",
    );
    let foreign = "shared/flows/.github/workflows/release.yml@refs/tags/v1";
    assert_refused(
        run().claiming("job_workflow_ref", foreign),
        "called by another one",
    );
}

#[test]
fn refuses_pull_request_of_a_fork() {
    for event in [
        "pull_request",
        "pull_request_target",
        "workflow_run",
        "issue_comment",
    ] {
        assert_refused(run().claiming("event_name", event), "starts no release");
    }
}

#[test]
fn refuses_job_without_or_in_another_environment() {
    assert_refused(
        Account::workflow(JOB, "author/Foo-Bar", "v1.02"),
        "another environment",
    );
    assert_refused(run().claiming("environment", "test"), "another environment");
}

#[test]
fn refuses_run_of_a_branch_if_tags_are_registered() {
    assert_refused(run().claiming("ref", "refs/heads/main"), "branches or tags");
}

#[test]
fn refuses_ci_token_for_another_audience() {
    let job = job(run());
    let pause = job.sandbox.services.pause.url().to_owned();
    for audience in ["sigstore", "https://pause.perl.org", "http://127.0.0.1"] {
        let token = job.sandbox.oidc.token_for(JOB, audience).unwrap();
        let ran = with_token(&job, &token, &["release", "--yes", FILE]).exits(1);
        assert!(
            ran.stderr.contains(&format!("audience `{pause}`")),
            "{ran:#?}"
        );
    }
    assert_nothing_happened(&job);
    // It is not even sent.
    let requests = job.sandbox.services.pause.requests();
    assert!(
        !requests.iter().any(|request| request.starts_with("POST")),
        "{requests:?}"
    );
}

#[test]
fn refuses_ci_token_that_was_exchanged_before() {
    let job = job(run());
    job.sign(&[FILE]).exits(0);
    let pause = job.sandbox.services.pause.url().to_owned();
    let token = job.sandbox.oidc.token_for(JOB, &pause).unwrap();
    with_token(&job, &token, &["upload", FILE]).exits(0);
    let ran = with_token(&job, &token, &["upload", FILE])
        .exits(1)
        .snapshot("upload/refuses_ci_token_that_was_exchanged_before");
    assert!(ran.stderr.contains("already used"), "{ran:#?}");
    assert_eq!(job.sandbox.pause.minted_tokens().len(), 1);
}

#[test]
fn sends_ci_token_to_no_other_server_of_the_document() {
    let job = job(run());
    job.sandbox
        .pause
        .misbehaviour()
        .set(PauseMisbehaviour::ForeignExchange);
    let ran = in_github(&job, &["release", "--yes", FILE])
        .exits(1)
        .snapshot("release/sends_ci_token_to_no_other_server_of_the_document");
    assert!(ran.stderr.contains("pause.evil.example"), "{ran:#?}");
    // No token was requested, so none can be sent.
    assert_eq!(job.sandbox.services.oidc.requests(), [""; 0]);
    assert_nothing_happened(&job);
}

#[test]
fn follows_no_redirect_of_the_exchange() {
    let job = job(run());
    job.sandbox
        .pause
        .misbehaviour()
        .set(PauseMisbehaviour::RedirectingExchange);
    let ran = in_github(&job, &["release", "--yes", FILE]).exits(1);
    assert!(ran.stderr.contains("redirects"), "{ran:#?}");
    assert_nothing_happened(&job);
}

#[test]
fn sends_no_ci_token_over_http_to_another_host() {
    let job = job(run());
    let args = [
        "release",
        "--yes",
        FILE,
        "--upload-uri",
        "http://pause.example.org/pause/authenquery",
    ];
    in_github(&job, &args).exits(2);
    assert_eq!(job.sandbox.services.oidc.requests(), [""; 0]);
}

#[test]
fn takes_no_upload_token_of_another_author() {
    let job = job(run());
    let workflow = Workflow::of_cast(&job.sandbox.oidc.ci_issuer());
    for registration in job.sandbox.pause.registrations(ID) {
        assert!(job.sandbox.pause.end_registration(ID, &registration.id));
    }
    job.sandbox.pause.register_workflow("STRANGER", workflow);
    let ran = in_github(&job, &["release", "--yes", FILE, "--user", ID]).exits(1);
    assert!(ran.stderr.contains("no author has registered"), "{ran:#?}");
    // A PAUSE that gives out another author's token anyway is not believed.
    job.sandbox
        .pause
        .misbehaviour()
        .set(PauseMisbehaviour::OtherAuthorsToken);
    let ran = in_github(&job, &["release", "--yes", FILE, "--user", ID]).exits(1);
    assert!(ran.stderr.contains("expected one of MYAUTHOR"), "{ran:#?}");
    assert_eq!(job.uploads(), [""; 0]);
}
