//! Tokens from the environment, by the documentation of each CI service.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{fs, os::unix::fs::PermissionsExt as _};

use cpan_sigstore_keyless::login::{Env, IdentityToken, LoginError, TokenError, ambient};
use cpan_sigstore_sandbox::{Fault, Sandbox, SandboxOptions};

fn sandbox() -> Sandbox {
    Sandbox::start(SandboxOptions::default()).unwrap()
}

async fn found(variables: &[(&str, &str)]) -> Result<Option<IdentityToken>, LoginError> {
    ambient(&Env::with_variables(variables.iter().copied())).await
}

/// Writes a program with this name to the sandbox's folder and returns the folder.
fn program(sandbox: &Sandbox, name: &str, script: &str) -> String {
    let path = sandbox.dir().join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.dir().to_str().unwrap().to_owned()
}

#[tokio::test]
async fn finds_no_token_in_an_empty_environment() {
    assert!(found(&[]).await.unwrap().is_none());
    assert!(found(&[("SIGSTORE_ID_TOKEN", "")]).await.unwrap().is_none());
}

#[tokio::test]
async fn prefers_a_token_in_its_variable_and_trims_it() {
    let sandbox = sandbox();
    let jwt = sandbox.token("author").unwrap();
    let with_newline = format!("{jwt}\n");
    let token = found(&[
        ("SIGSTORE_ID_TOKEN", &with_newline),
        ("GITHUB_ACTIONS", "true"),
    ])
    .await
    .unwrap()
    .unwrap();
    assert_eq!(token.expose(), jwt);
    assert!(matches!(
        found(&[("SIGSTORE_ID_TOKEN", "hunter2")]).await,
        Err(LoginError::Variable {
            variable: "SIGSTORE_ID_TOKEN",
            source: TokenError::Form(_)
        })
    ));
}

#[tokio::test]
async fn requests_a_token_from_the_github_actions_runner() {
    let sandbox = sandbox();
    let job = sandbox.oidc.github_actions_environment("ci");
    let variables: Vec<_> = job
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let token = found(&variables).await.unwrap().unwrap();
    token.check(jiff::Timestamp::now()).unwrap();
    assert_eq!(token.subject(), "repo:author/Foo-Bar:ref:refs/tags/v1.0");

    let mut stranger = variables.clone();
    stranger[2].1 = "guess";
    let refused = found(&stranger).await;
    assert!(matches!(refused, Err(LoginError::Ci { reason, .. }) if reason.contains("401")));

    sandbox
        .services
        .oidc
        .faults()
        .next(1, Fault::OversizedBody(1 << 20));
    assert!(matches!(found(&variables).await, Err(LoginError::Http(_))));

    let mut elsewhere = variables.clone();
    elsewhere[1].1 = "http://runner.example.org/token?x=1";
    assert!(matches!(
        found(&elsewhere).await,
        Err(LoginError::Insecure { .. })
    ));
}

#[tokio::test]
async fn reports_the_permission_that_a_job_lacks() {
    for (variable, hint) in [
        ("GITHUB_ACTIONS", "id-token: write"),
        ("GITLAB_CI", "SIGSTORE_ID_TOKEN"),
    ] {
        let error = found(&[(variable, "true")]).await.unwrap_err();
        assert!(matches!(error, LoginError::NotPermitted { .. }));
        assert!(error.to_string().contains(hint), "{error}");
    }
}

#[tokio::test]
async fn runs_programs_of_ci_services_with_their_arguments() {
    let sandbox = sandbox();
    let jwt = sandbox.token("ci").unwrap();
    let cases = [
        (
            "BUILDKITE",
            "buildkite-agent",
            "oidc request-token --audience sigstore",
        ),
        (
            "CIRCLECI",
            "circleci",
            r#"run oidc get --root-issuer --claims {"aud":"sigstore"}"#,
        ),
    ];
    for (variable, name, arguments) in cases {
        let script = format!("[ \"$*\" = '{arguments}' ] || exit 9\necho '{jwt}'");
        let path = program(&sandbox, name, &script);
        let token = found(&[(variable, "true"), ("PATH", &path)])
            .await
            .unwrap()
            .unwrap();
        assert_eq!(token.expose(), jwt, "{variable}");

        let path = program(&sandbox, name, "exit 3");
        let error = found(&[(variable, "true"), ("PATH", &path)])
            .await
            .unwrap_err();
        assert!(error.to_string().contains("exit status: 3"), "{error}");

        let error = found(&[(variable, "true"), ("PATH", "/nowhere")])
            .await
            .unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
}
