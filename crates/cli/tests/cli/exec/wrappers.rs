//! Programs that run the client for somebody, and runs in which the mirror had nothing to do.

use crate::harness::World;

#[test]
fn exec_refuses_programs_that_take_the_mirror_away() {
    let user = World::new().with_policy();
    for (name, client) in [
        ("sudo", &["sudo", "sh", "-c", "touch ran"][..]),
        ("env-i", &["env", "-i", "sh", "-c", "touch ran"]),
        (
            "env-u",
            &["env", "-u", "http_proxy", "sh", "-c", "touch ran"],
        ),
        ("ssh", &["ssh", "localhost", "touch ran"]),
    ] {
        let ran = user.exec(&[], client).exits(2);
        ran.snapshot(&format!("exec/takes_the_mirror_away-{name}"));
        assert!(!user.path("ran").exists(), "{name}");
    }
    // The user's own decision.
    let client = ["env", "-i", "/bin/sh", "-c", ": > ran"];
    user.exec(&["--allow-outside"], &client).exits(0);
    assert!(user.path("ran").exists());
}

#[test]
fn exec_checks_arguments_of_client_behind_env() {
    let user = World::new().with_policy();
    let client = ["env", "A=b", "cpanm", "--mirror", "http://x/", "Foo"];
    let ran = user.exec(&[], &client).exits(2);
    assert!(ran.stderr.contains("it bypasses the mirror"), "{ran:#?}");
}

#[test]
fn exec_warns_of_client_in_a_shell_and_verifies_it() {
    let user = World::new().with_policy();
    user.publish_release("1.02");
    let line = "cpanm --quiet --notest -l perl Foo::Bar >&2";
    let ran = user.exec(&[], &["sh", "-c", line]).exits(0);
    assert!(user.has("perl", "Foo::Bar"), "{ran:#?}");
    assert!(ran.stderr.contains("warning: `sh` runs cpanm"), "{ran:#?}");
    assert!(!ran.stderr.contains("verified nothing"), "{ran:#?}");
}

#[test]
fn exec_warns_if_the_mirror_got_no_request() {
    let user = World::new().with_policy();
    // The environment is lost where nobody sees it.
    user.write("build", b"#!/bin/sh\nexec env -i true\n");
    user.exec(&[], &["sh", "build"])
        .exits(0)
        .snapshot("exec/warns_if_the_mirror_got_no_request");
    // A client that fails has its own message.
    let ran = user.exec(&[], &["sh", "-c", "exit 7"]).exits(7);
    assert_eq!(ran.stderr, "", "{ran:#?}");
    // One that installs nothing needs no mirror.
    let ran = user.exec(&[], &["cpanm", "--version"]).exits(0);
    assert_eq!(ran.stderr, "", "{ran:#?}");
}

#[test]
fn exec_names_the_missing_separator() {
    let user = World::new().with_policy();
    user.run(&["exec", "cpanm", "Foo::Bar"])
        .exits(2)
        .snapshot("exec/names_the_missing_separator");
}

#[test]
fn exec_names_the_release_in_a_refused_address() {
    let user = World::new().with_policy();
    let address = "https://www.cpan.org/authors/id/T/TI/TIM/Foo-1.0.tar.gz";
    user.exec(&[], &["cpanm", address])
        .exits(2)
        .snapshot("exec/names_the_release_in_a_refused_address");
}
