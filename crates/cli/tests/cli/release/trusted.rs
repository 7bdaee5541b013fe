//! `release` in a CI job without any secret, by trusted publishing.

use std::process::Stdio;

use cpan_sigstore_sandbox::{
    SandboxOptions,
    oidc::Account,
    pause::{PauseMisbehaviour, Workflow},
};

use super::single::WAIT;
use crate::fixtures::author::{BUNDLE, ID};
use crate::harness::{FILE, Ran, World};
use crate::upload::secrets::assert_none_in;

/// The name of the job's account.
pub const JOB: &str = "job";

/// The run of the registered workflow.
pub fn run() -> Account {
    Account::workflow(JOB, "author/Foo-Bar", "v1.02").claiming("environment", "pause")
}

/// A CI job without credentials, whose author has registered `release.yml` in the environment `pause`.
pub fn job(account: Account) -> World {
    let world = World::with(SandboxOptions {
        accounts: [Account::cast(), vec![account]].concat(),
        ..SandboxOptions::default()
    });
    let world = world.with_account();
    std::fs::remove_file(world.home().join(".pause")).unwrap();
    let workflow = Workflow {
        environment: Some("pause".to_owned()),
        ..Workflow::of_cast(&world.sandbox.oidc.ci_issuer())
    };
    world.sandbox.pause.register_workflow(ID, workflow);
    world
}

/// Runs a command in the environment of GitHub Actions.
pub fn in_github(world: &World, args: &[&str]) -> Ran {
    let mut command = world.command(args);
    command
        .envs(world.sandbox.oidc.github_actions_environment(JOB))
        .stdin(Stdio::null());
    Ran::of(command.output().unwrap())
}

/// Runs a command with this token in `PAUSE_ID_TOKEN`.
pub fn with_token(world: &World, token: &str, args: &[&str]) -> Ran {
    let mut command = world.command(args);
    command.env("PAUSE_ID_TOKEN", token).stdin(Stdio::null());
    Ran::of(command.output().unwrap())
}

fn release(args: &[&'static str]) -> Vec<&'static str> {
    [&["release", FILE, "--yes"], args].concat()
}

#[test]
fn releases_from_ci_without_any_secret() {
    let job = job(run());
    let ran = in_github(&job, &release(&WAIT))
        .exits(0)
        .snapshot("release/releases_from_ci_without_any_secret");
    assert!(
        ran.stdout.contains("release.yml@refs/tags/v1.02"),
        "{ran:#?}"
    );
    assert_eq!(job.uploads(), [BUNDLE, FILE]);
    job.assert_published();
}

#[test]
fn revokes_upload_token_at_the_end_of_any_run() {
    let job = job(run());
    in_github(&job, &release(&[])).exits(0);
    job.write(FILE, b"no archive");
    in_github(&job, &release(&[])).exits(14);
    let minted = job.sandbox.pause.minted_tokens();
    assert_eq!(minted.len(), 2);
    for token in minted {
        assert!(!job.sandbox.pause.accepts_token(&token));
    }
}

#[test]
fn shows_no_minted_token_at_highest_verbosity() {
    let job = job(run());
    let ran = in_github(&job, &["-vvv", "release", "--yes", FILE]).exits(0);
    let mut secrets = job.sandbox.pause.minted_tokens();
    let last = secrets[0].rsplit(':').next().unwrap().to_owned();
    secrets.push(last);
    assert_none_in(&ran.stdout, &secrets, "the output");
    assert_none_in(&ran.stderr, &secrets, "the log");
    let journal = std::fs::read_to_string(job.path("Foo-Bar-1.02.tar.gz.release.json")).unwrap();
    assert_none_in(&journal, &secrets, "the journal");
}

#[test]
fn states_how_a_ci_job_would_authenticate() {
    let job = job(run());
    let ran = in_github(&job, &release(&["--dry-run"]))
        .exits(0)
        .snapshot("release/states_how_a_ci_job_would_authenticate");
    assert!(ran.stdout.contains("trusted publishing"), "{ran:#?}");
    assert!(job.sandbox.pause.minted_tokens().is_empty());
    assert!(job.sandbox.services.ca.requests().is_empty());
    assert!(!job.bundle().exists());
}

#[test]
fn prefers_credentials_of_pause_over_ci_job() {
    let job = job(run());
    let token = job.sandbox.pause.token(ID).unwrap();
    let mut command = job.command(&release(&[]));
    command
        .envs(job.sandbox.oidc.github_actions_environment(JOB))
        .env("PAUSE_TOKEN", token);
    Ran::of(command.output().unwrap()).exits(0);

    let job = self::job(run());
    job.write_dot_pause(&job.sandbox.pause.dot_pause(ID).unwrap());
    in_github(&job, &release(&[])).exits(0);
    assert!(job.sandbox.pause.minted_tokens().is_empty());
}

#[test]
fn prints_registration_command_for_unregistered_job() {
    let job = job(run());
    for registration in job.sandbox.pause.registrations(ID) {
        assert!(job.sandbox.pause.end_registration(ID, &registration.id));
    }
    let ran = in_github(&job, &release(&[]))
        .exits(1)
        .snapshot("release/prints_registration_command_for_unregistered_job");
    assert!(ran.stderr.contains("--repository-id 702001"), "{ran:#?}");
    assert_eq!(job.uploads(), [""; 0]);
    assert!(job.sandbox.services.ca.requests().is_empty());
}

#[test]
fn requires_an_author_of_several_registered_ones() {
    let job = job(run());
    let workflow = Workflow::of_cast(&job.sandbox.oidc.ci_issuer());
    job.sandbox.pause.register_workflow("STRANGER", workflow);
    let ran = in_github(&job, &release(&[])).exits(1);
    assert!(ran.stderr.contains("--user"), "{ran:#?}");
    in_github(&job, &release(&["--user", ID])).exits(0);
    job.assert_published();
}

#[test]
fn uploads_from_gitlab_with_a_token_in_a_variable() {
    let pipeline = Account::pipeline(JOB, "author/Foo-Bar", "v1.02");
    let job = job(pipeline);
    let workflow = Workflow {
        workflow: ".gitlab-ci.yml".to_owned(),
        ..Workflow::of_cast(&job.sandbox.oidc.ci_issuer())
    };
    job.sandbox.pause.register_workflow(ID, workflow);
    job.sign(&[FILE]).exits(0);
    let audience = job.sandbox.services.pause.url().to_owned();
    let token = job.sandbox.oidc.token_for(JOB, &audience).unwrap();
    with_token(&job, &token, &["upload", FILE])
        .exits(0)
        .snapshot("upload/uploads_from_gitlab_with_a_token_in_a_variable");
    job.assert_published();
    // The file is never asked: the variable is for PAUSE alone.
    job.write_dot_pause("user NOBODY\npassword wrong\n");
    let token = job.sandbox.oidc.token_for(JOB, &audience).unwrap();
    with_token(&job, &token, &["upload", FILE]).exits(0);
}

#[test]
fn reports_what_a_ci_job_lacks() {
    let job = job(run());
    job.sign(&[FILE]).exits(0);
    for (variable, hint) in [
        ("GITHUB_ACTIONS", "id-token: write"),
        ("GITLAB_CI", "PAUSE_ID_TOKEN"),
    ] {
        let mut command = job.command(&["upload", FILE]);
        command.env(variable, "true").stdin(Stdio::null());
        let ran = Ran::of(command.output().unwrap()).exits(2);
        assert!(ran.stderr.contains(hint), "{ran:#?}");
    }
}

#[test]
fn asks_for_other_credentials_without_trusted_publishing() {
    let job = job(run());
    job.sign(&[FILE]).exits(0);
    job.sandbox.pause.withdraw_trusted_publishing();
    let ran = in_github(&job, &["upload", FILE]).exits(2);
    assert!(ran.stderr.contains("PAUSE_TOKEN"), "{ran:#?}");
    let ran = with_token(&job, "a.b.c", &["upload", FILE])
        .exits(1)
        .snapshot("upload/asks_for_other_credentials_without_trusted_publishing");
    assert!(ran.stderr.contains("does not offer"), "{ran:#?}");
}

#[test]
fn ends_with_three_if_the_exchange_is_down() {
    let job = job(run());
    job.sign(&[FILE]).exits(0);
    job.sandbox
        .pause
        .misbehaviour()
        .set(PauseMisbehaviour::ExchangeDown);
    in_github(&job, &["upload", FILE]).exits(3);
}

#[test]
fn registers_lists_and_removes_workflows() {
    let author = World::new().with_account();
    let issuer = author.sandbox.oidc.ci_issuer();
    let add = [
        "author",
        "trusted-publisher",
        "add",
        "--repository",
        "author/Foo-Bar",
        "--repository-id",
        "702001",
        "--owner-id",
        "5001",
        "--workflow",
        "release.yml",
        "--issuer",
        &issuer,
    ];
    author
        .run(&[&add[..], &["--environment", "pause"]].concat())
        .exits(0)
        .snapshot("author/registers_lists_and_removes_workflows-1");
    author
        .run(&add)
        .exits(0)
        .snapshot("author/registers_lists_and_removes_workflows-2");
    let list = ["author", "trusted-publisher", "list"];
    let ran = author
        .run(&list)
        .exits(0)
        .snapshot("author/registers_lists_and_removes_workflows-3");
    assert_eq!(ran.stdout.matches("registered").count(), 2);
    for registration in author.sandbox.pause.registrations(ID) {
        author
            .run(&["author", "trusted-publisher", "remove", &registration.id])
            .exits(0);
    }
    let ran = author
        .run(&["author", "trusted-publisher", "remove", "123456"])
        .exits(1);
    assert!(ran.stderr.contains("trusted-publisher list"), "{ran:#?}");
    assert!(author.sandbox.pause.registrations(ID).is_empty());
    author
        .run(&list)
        .exits(0)
        .snapshot("author/registers_lists_and_removes_workflows-4");
    author.write_dot_pause("user MYAUTHOR\npassword wrong\n");
    author.run(&list).exits(1);
}
