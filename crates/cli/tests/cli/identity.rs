//! Who signed against who should have: exact, by pattern, by issuer, by the claims of a workflow, and
//! for user names.

use std::fs;

use crate::harness::{AUTHOR, FILE, User};

#[test]
fn a_strangers_valid_signature_is_refused_with_both_identities() {
    let user = User::new();
    user.sign_as("stranger", &[FILE]).exits(0);
    let ran = user.verify(&[]).exits(12);
    assert!(ran.stdout.contains(AUTHOR), "{ran:#?}");
    assert!(ran.stdout.contains("stranger@example.net"), "{ran:#?}");
}

#[test]
fn the_same_name_at_another_issuer_is_refused() {
    let user = User::new();
    user.sign_as("author-github", &[FILE]).exits(0);
    user.verify(&[]).exits(12);
    let github = "https://github.com/login/oauth";
    let args = [
        "verify",
        FILE,
        "--certificate-identity",
        AUTHOR,
        "--certificate-oidc-issuer",
        github,
    ];
    user.run(&args).exits(0);
}

#[test]
fn patterns_are_for_the_whole_name() {
    let user = User::new();
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
    verify(r"author@example").exits(12);
    verify(r"example\.org").exits(12);
    verify(r"(").exits(2);
}

#[test]
fn without_an_identity_nothing_is_verified() {
    let user = User::new();
    user.sign(&[FILE]).exits(0);
    let issuer = user.issuer();
    for args in [
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
    ] {
        let ran = user.run(&args).exits(2);
        assert!(ran.stderr.contains("--certificate-identity"), "{ran:#?}");
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn a_user_name_of_a_provider_is_read_and_matched() {
    let user = User::new();
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
    verify("MYAUTHOR").exits(12);
    verify("STRANGER!127.0.0.1").exits(12);
}

#[test]
fn the_claims_of_a_workflow_are_compared() {
    let user = User::new();
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
    .exits(12);
    verify(&["--certificate-github-workflow-ref", "refs/heads/main"]).exits(12);
    // A person's signature has no such claims.
    fs::remove_file(user.bundle()).unwrap();
    user.sign(&[FILE]).exits(0);
    user.verify(&["--certificate-github-workflow-name", "Release"])
        .exits(12);
}
