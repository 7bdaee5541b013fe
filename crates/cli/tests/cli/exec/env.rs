//! `env`: shell settings for a mirror that runs already.

use std::process::Command;

use crate::harness::{Ran, World};

#[test]
fn prints_shell_settings_for_the_mirror() {
    let user = World::new();
    let mirror = "http://127.0.0.1:4711/cpan/";
    let settings = user
        .run(&["env", "--mirror", mirror])
        .exits(0)
        .snapshot("env/prints_shell_settings_for_the_mirror-1")
        .stdout;
    user.write("settings.sh", settings.as_bytes());
    // Each client is a stand-in that shows what it got.
    let line = "cpanm() { :; }; . ./settings.sh; echo \"$PERL_CPANM_OPT\"; \
                command() { echo \"$@\" \"$PERL_CARTON_MIRROR\" \"$https_proxy\"; }; \
                carton install; cpm install Foo; minicpan -l x";
    let ran = Command::new("bash")
        .current_dir(user.folder.path())
        .args(["-c", line])
        .output()
        .unwrap();
    let ran = Ran::of(ran)
        .exits(0)
        .snapshot("env/prints_shell_settings_for_the_mirror-2");
    let url = "http://127.0.0.1:4711/cpan";
    let expected = [
        format!("--from {url}"),
        format!("carton install {url} {url}"),
        format!("cpm install --resolver 02packages,{url} --no-default-resolvers Foo  "),
        format!("minicpan -l x --remote {url}  "),
    ];
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(lines, expected, "{ran:#?}");
}

#[test]
fn prints_settings_of_one_client_and_quotes_address() {
    let user = World::new();
    let ran = user
        .run(&["env", "--client", "cpanm"])
        .exits(0)
        .snapshot("env/prints_settings_of_one_client_and_quotes_address");
    assert!(
        ran.stdout
            .contains("PERL_CPANM_OPT='--from http://127.0.0.1:8199'")
    );
    assert!(!ran.stdout.contains("carton"));
    for address in ["http://x/';id;'", "file:///x", "x", "http://x/$(id)"] {
        let ran = user.run(&["env", "--mirror", address]).exits(2);
        assert!(
            ran.stderr.contains(&format!("found `{address}`")),
            "{ran:#?}"
        );
    }
}
