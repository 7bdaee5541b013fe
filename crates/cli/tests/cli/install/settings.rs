//! `env`: shell settings for a mirror that runs already.

use std::process::Command;

use crate::harness::{Ran, User};

#[test]
fn settings_are_a_shell_s_and_lead_to_the_mirror() {
    let user = User::new();
    let mirror = "http://127.0.0.1:4711/cpan/";
    let settings = user.run(&["env", "--mirror", mirror]).exits(0).stdout;
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
    let ran = Ran::of(ran).exits(0);
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
fn settings_for_one_client_are_its_own_and_no_address_breaks_out() {
    let user = User::new();
    let ran = user.run(&["env", "--client", "cpanm"]).exits(0);
    assert!(
        ran.stdout
            .contains("PERL_CPANM_OPT='--from http://127.0.0.1:8199'")
    );
    assert!(!ran.stdout.contains("carton"));
    for address in ["http://x/';id;'", "file:///x", "x", "http://x/$(id)"] {
        user.run(&["env", "--mirror", address]).exits(2);
    }
}
