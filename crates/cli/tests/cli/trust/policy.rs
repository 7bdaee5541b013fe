//! `policy check` and `policy explain`.

use crate::fixtures::shop::RELEASE;
use crate::harness::{AUTHOR, Ran, World};

#[test]
fn checks_policy_and_names_lines_of_mistakes() {
    let shop = World::new();
    shop.policy(&shop.pins(AUTHOR));
    let ran = shop
        .run(&["policy", "check", "policy.toml"])
        .exits(0)
        .snapshot("trust/checks_policy_and_names_lines_of_mistakes-1");
    assert!(ran.stdout.contains("1 author,"), "{ran:#?}");
    shop.policy("[default]\nunsigned = 'warn'\nunsinged = 'deny'\n");
    let ran = shop
        .run(&["policy", "check", "policy.toml"])
        .exits(2)
        .snapshot("trust/checks_policy_and_names_lines_of_mistakes-2");
    assert!(ran.stderr.contains("policy.toml: line 3: "), "{ran:#?}");
    // Nothing is verified by half a policy.
    let ran = shop.verify(&[RELEASE, "--policy", "policy.toml"]).exits(2);
    assert!(ran.stdout.is_empty());
    shop.write("latin1.toml", b"# \n# \xe9\n");
    let ran = shop
        .run(&["policy", "check", "latin1.toml"])
        .exits(2)
        .snapshot("trust/checks_policy_and_names_lines_of_mistakes-3");
    assert!(ran.stderr.contains("line 2"), "{ran:#?}");
    let mut default = shop.command(&["policy", "check"]);
    default.env("CPAN_SIGSTORE_CONFIG", shop.path("none/config.toml"));
    Ran::of(default.output().unwrap())
        .exits(0)
        .snapshot("trust/says_that_there_is_no_policy");
    shop.run(&["policy", "check", "none.toml"])
        .exits(1)
        .snapshot("trust/checks_policy_and_names_lines_of_mistakes-4");
}

#[test]
fn explains_which_policy_key_decides() {
    let shop = World::new();
    let policy = format!(
        "[default]\nrequire-signed = true\n{}[distribution.Foo-Bar]\nrequire-signed = false\nunsigned = 'allow'\n",
        shop.pins(AUTHOR)
    );
    let flags = shop.policy(&policy);
    let explain = |release: &str, more: &[&str]| {
        let args = [&["policy", "explain", release], &flags[..], more].concat();
        shop.run(&args).exits(0)
    };
    let ran = explain(RELEASE, &[]).snapshot("trust/explains_which_policy_key_decides");
    for text in [
        AUTHOR,
        "[author.MYAUTHOR]",
        "`unsigned = \"allow\"` of [distribution.Foo-Bar]",
        "downgrade is always denied",
    ] {
        assert!(ran.stdout.contains(text), "{text}: {ran:#?}");
    }
    let json = explain("OTHER/Other-1.tar.gz", &["--json"]).json();
    assert_eq!(json["identities"].as_array().unwrap().len(), 0);
    assert_eq!(json["decisions"][0]["finding"], "unsigned");
    assert_eq!(json["decisions"][0]["decision"], "deny");
    assert_eq!(
        json["decisions"][0]["reason"],
        "decided by `require-signed = true` of [default]"
    );
}
