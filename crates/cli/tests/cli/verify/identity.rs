//! Who signed against who should have: exact, by pattern, by issuer, by the claims of a workflow, and
//! for user names.

use std::fs;

use crate::harness::{AUTHOR, FILE, World};

#[test]
fn rejects_signature_of_stranger_and_names_both() {
    let user = World::new();
    user.sign_as("stranger", &[FILE])
        .exits(0)
        .snapshot("verify/rejects_signature_of_stranger_and_names_both-1");
    let ran = user
        .verify_file(&[])
        .exits(12)
        .snapshot("verify/rejects_signature_of_stranger_and_names_both-2");
    assert!(ran.stdout.contains(AUTHOR), "{ran:#?}");
    assert!(ran.stdout.contains("stranger@example.net"), "{ran:#?}");
}

#[test]
fn rejects_same_name_of_another_issuer() {
    let user = World::new();
    user.sign_as("author-github", &[FILE]).exits(0);
    user.verify_file(&[])
        .exits(12)
        .snapshot("verify/rejects_same_name_of_another_issuer-1");
    let github = "https://github.com/login/oauth";
    let args = [
        "verify",
        FILE,
        "--certificate-identity",
        AUTHOR,
        "--certificate-oidc-issuer",
        github,
    ];
    user.run(&args)
        .exits(0)
        .snapshot("verify/rejects_same_name_of_another_issuer-2");
}

#[test]
fn matches_identity_pattern_against_whole_name() {
    let user = World::new();
    user.sign(&[FILE]).exits(0);
    let issuer = user.issuer();
    let verify = |pattern: &str| {
        user.run(&[
            "verify",
            FILE,
            "--certificate-identity-regexp",
            pattern,
            "--certificate-oidc-issuer",
            &issuer,
        ])
    };
    verify(r"author@example\.(org|com)").exits(0);
    verify(r"author@example")
        .exits(12)
        .snapshot("verify/matches_identity_pattern_against_whole_name-1");
    verify(r"example\.org")
        .exits(12)
        .snapshot("verify/matches_identity_pattern_against_whole_name-2");
    verify(r"(")
        .exits(2)
        .snapshot("verify/matches_identity_pattern_against_whole_name-3");
}

#[test]
fn verifies_nothing_without_identity() {
    let user = World::new();
    user.sign(&[FILE]).exits(0);
    let issuer = user.issuer();
    for (number, args) in [
        vec!["verify", FILE],
        vec!["verify", FILE, "--certificate-identity", AUTHOR],
        vec!["verify", FILE, "--certificate-oidc-issuer", &issuer],
        vec![
            "verify",
            FILE,
            "--certificate-identity",
            "",
            "--certificate-oidc-issuer",
            &issuer,
        ],
    ]
    .iter()
    .enumerate()
    {
        let ran = user.run(args).exits(2);
        let ran = ran.snapshot(&format!(
            "verify/verifies_nothing_without_identity-{number}"
        ));
        assert!(ran.stderr.contains("--certificate-identity"), "{ran:#?}");
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn matches_username_identity_of_provider() {
    let user = World::new();
    user.sign_as("MYAUTHOR", &[FILE]).exits(0);
    let issuer = format!("{}/pause", user.issuer());
    let verify = |name: &str| {
        user.run(&[
            "verify",
            FILE,
            "--certificate-identity",
            name,
            "--certificate-oidc-issuer",
            &issuer,
        ])
    };
    verify("MYAUTHOR!127.0.0.1").exits(0);
    verify("MYAUTHOR")
        .exits(12)
        .snapshot("verify/matches_username_identity_of_provider-1");
    verify("STRANGER!127.0.0.1")
        .exits(12)
        .snapshot("verify/matches_username_identity_of_provider-2");
}

#[test]
fn compares_github_workflow_claims() {
    let user = World::new();
    user.sign_as("ci", &[FILE]).exits(0);
    let issuer = format!("{}/ci", user.issuer());
    let verify = |args: &[&str]| {
        let mut all = vec![
            "verify",
            FILE,
            "--certificate-identity-regexp",
            "https://.*",
            "--certificate-oidc-issuer",
            &issuer,
        ];
        all.extend(args);
        user.run(&all)
    };
    verify(&["--certificate-github-workflow-repository", "author/Foo-Bar"]).exits(0);
    verify(&["--certificate-github-workflow-ref", "refs/tags/v1.0"]).exits(0);
    verify(&[
        "--certificate-github-workflow-repository",
        "stranger/Foo-Bar",
    ])
    .exits(12)
    .snapshot("verify/compares_github_workflow_claims-1");
    verify(&["--certificate-github-workflow-ref", "refs/heads/main"])
        .exits(12)
        .snapshot("verify/compares_github_workflow_claims-2");
    // A person's signature has no such claims.
    fs::remove_file(user.bundle()).unwrap();
    user.sign(&[FILE]).exits(0);
    user.verify_file(&["--certificate-github-workflow-name", "Release"])
        .exits(12)
        .snapshot("verify/compares_github_workflow_claims-3");
}
