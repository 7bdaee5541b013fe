//! Workflows: a signature belongs to the repository that ran one, under any name.

use std::fs;

use cpan_sigstore_sandbox::{SandboxOptions, oidc::Account};

use crate::{
    fixtures::{
        author::{ID, distribution},
        shop::RELEASE,
    },
    harness::World,
};

const REPOSITORY: &str = "author/Foo-Bar";
const WORKFLOW: &str = "author/Foo-Bar/.github/workflows/release.yml@refs/tags/v1.0";

/// A shop whose sandbox also knows runs of the author's workflow by others.
fn shop() -> World {
    let run = |id: &str| Account::workflow(id, REPOSITORY, "v1.0");
    let mut accounts = Account::cast();
    accounts.extend([
        Account::workflow("next-tag", REPOSITORY, "v1.1"),
        // Somebody else registered the names again after they were given up.
        run("other-repository").claiming("repository_id", "702999"),
        run("other-owner").claiming("repository_owner_id", "5999"),
        // Another repository calls the author's workflow.
        Account::workflow("caller", "eve/Foo-Bar", "v1.0")
            .claiming("job_workflow_ref", WORKFLOW)
            .claiming("repository_id", "702999")
            .claiming("repository_owner_id", "5999"),
    ]);
    World::with(SandboxOptions {
        accounts,
        ..SandboxOptions::default()
    })
}

fn publish(user: &World, account: &str, version: &str) -> String {
    let name = format!("Foo-Bar-{version}.tar.gz");
    user.publish_signed(account, &name, &distribution("Foo-Bar", version));
    format!("{ID}/{name}")
}

#[test]
fn exec_rejects_workflow_that_took_over_a_name() {
    let user = shop();
    user.policy("");
    fs::create_dir(user.path("home")).unwrap();
    let first = publish(&user, "ci", "1.02");
    user.cpanm(&[&first]).exits(0);
    let next = publish(&user, "next-tag", "1.03");
    user.cpanm(&[&next]).exits(0);
    fs::remove_dir_all(user.path("perl")).unwrap();
    for (account, version) in [
        ("other-repository", "1.04"),
        ("other-owner", "1.05"),
        ("caller", "1.06"),
    ] {
        let release = publish(&user, account, version);
        let ran = user.cpanm(&[&release]);
        user.assert_refused(&ran, 12, "identity-changed");
    }
}

#[test]
fn pin_of_workflow_binds_its_repository() {
    let user = shop();
    let issuer = format!("{}/ci", user.issuer());
    let pinned = |claims: &str| {
        let subject = format!("https://github.com/{WORKFLOW}");
        user.policy(&format!(
            "[author.{ID}]\nidentities = [\n  {{ subject = '{subject}', issuer = '{issuer}'{claims} }},\n]\n"
        ))
    };
    let own = publish(&user, "ci", "1.02");
    let taken = publish(&user, "other-repository", "1.03");
    let owned = publish(&user, "other-owner", "1.04");
    let called = publish(&user, "caller", "1.05");
    let finding = |release: &str, claims: &str, code| {
        let found = user.found(&[&[release], &pinned(claims)[..]].concat(), code);
        found["finding"].as_str().unwrap().to_owned()
    };
    let ids = ", repository = 'https://github.com/author/Foo-Bar', repository-id = '702001', owner-id = '5001'";
    assert_eq!(finding(&own, ids, 0), "trusted");
    for other in [&taken, &owned, &called] {
        assert_eq!(finding(other, ids, 12), "identity-mismatch", "{other}");
    }
    let name = ", repository = 'https://github.com/author/Foo-Bar'";
    assert_eq!(finding(&own, name, 0), "trusted");
    assert_eq!(finding(&called, name, 12), "identity-mismatch");
    let id = ", repository-id = '702001'";
    assert_eq!(finding(&own, id, 0), "trusted");
    assert_eq!(finding(&called, id, 12), "identity-mismatch");
    // A pin that everybody's runs match is no pin.
    for open in ["", ", owner-id = '5001'", ", ref = 'refs/tags/v1.0'"] {
        let flags = pinned(open);
        let ran = user.verify(&[&[RELEASE], &flags[..]].concat()).exits(2);
        assert!(ran.stderr.contains("line 3"), "{ran:#?}");
        assert!(ran.stderr.contains("repository-id"), "{ran:#?}");
    }
}
