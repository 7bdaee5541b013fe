//! Other users and web pages that find the port of a private mirror, and the secret that keeps them out.

use std::fs;

use super::clients::folder_upstream;
use crate::{
    fixtures::author::{HOME, distribution},
    fixtures::shop::FILE,
    harness::{Ran, World},
};

/// A user who trusts on first use, and a release whose first signer is a stranger.
fn first_use() -> World {
    let user = World::new().with_policy();
    user.policy("");
    user.publish_signed("stranger", FILE, &distribution("Foo-Bar", "1.02"));
    user
}

/// `exec` of a script for `sh`, in which `$mirror` is host and port.
fn script(user: &World, flags: &[&str], script: &str) -> Ran {
    let script = format!("mirror=${{http_proxy##*@}}; {script}");
    user.exec(flags, &["sh", "-c", &script])
}

#[test]
fn strangers_change_neither_trust_store_nor_exit_code() {
    let user = first_use();
    let archive = format!("authors/id/{HOME}/{FILE}");
    let get = "curl -s -o /dev/null -w '%{http_code} ' --noproxy '*'";
    let ran = script(
        &user,
        &[],
        &format!(
            "{get} http://$mirror/{archive}
             {get} -H 'Host: evil.example' http://$mirror/{archive}
             {get} -H 'Sec-Fetch-Site: cross-site' http://$mirror/{archive}
             {get} http://$mirror/-/verdicts
             {get} http://$mirror/00000000000000000000000000000000/{archive}
             get='curl -s -o /dev/null -w %{{http_code}}_ -x'
             $get http://$mirror http://www.cpan.org/{archive}
             $get http://x:wrong@$mirror http://www.cpan.org/{archive}
             $get http://$mirror http://www.example.org/outside
             $get http://$mirror https://www.example.org/ || true"
        ),
    )
    .exits(0);
    assert_eq!(
        ran.stdout, "403 421 403 403 403 407_407_407_000_",
        "{ran:#?}"
    );
    // Nobody but strangers made requests.
    assert!(
        ran.stderr
            .starts_with("warning: the client requested no index"),
        "{ran:#?}"
    );
    assert!(user.sandbox.services.cpan.requests().is_empty());
    let known = user.run(&["trust", "list"]).exits(0);
    assert!(!known.stdout.contains("MYAUTHOR"), "{known:#?}");
    // The client itself is served, and its release is remembered.
    let line = format!("curl -s -o /dev/null http://www.cpan.org/{archive}");
    script(&user, &[], &line).exits(0);
    let known = user.run(&["trust", "list"]).exits(0);
    assert!(known.stdout.contains("MYAUTHOR"), "{known:#?}");
}

#[test]
fn http_clients_send_the_secret_of_the_run() {
    let user = World::new().with_policy();
    user.publish_release("1.02");
    let url = format!("http://www.cpan.org/authors/id/{HOME}/{FILE}");
    let tiny = "print HTTP::Tiny->new->get(shift)->{status}";
    let lwp = "print LWP::UserAgent->new(env_proxy => 1)->get(shift)->code";
    for client in [
        &["perl", "-MHTTP::Tiny", "-e", tiny, &url][..],
        &["perl", "-MLWP::UserAgent", "-e", lwp, &url],
        &["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", &url],
        &[
            "sh",
            "-c",
            "wget -q -O /dev/null \"$0\" && printf 200",
            &url,
        ],
    ] {
        let ran = user.exec(&[], client).exits(0);
        assert_eq!(ran.stdout, "200", "{client:?}: {ran:#?}");
    }
    for others in [
        &[][..],
        &["--no-lwp"],
        &["--no-lwp", "--no-wget"],
        &["--no-lwp", "--no-wget", "--no-curl"],
    ] {
        let client = [&["cpanm", "--info"], others, &["Foo::Bar"]].concat();
        let ran = user.exec(&[], &client).exits(0);
        assert!(ran.stdout.contains(FILE), "{ran:#?}");
        // Other users see the arguments of its curl and wget.
        assert!(!ran.stderr.contains("@127.0.0.1"), "{ran:#?}");
    }
}

#[test]
fn private_mirror_has_the_secret_in_its_path_without_proxy() {
    let user = World::new().with_policy();
    user.publish_release("1.02");
    let client = ["cpanm", "--notest", "-l", "perl", "Foo::Bar"];
    let upstream = format!("file://{}/", folder_upstream(&user).display());
    let flags = ["--allow-outside", "--upstream", &upstream];
    let mut command = user.exec_command(&flags, &client);
    // The user's own proxy, which is not there.
    command.env("http_proxy", "http://127.0.0.1:1/");
    let ran = Ran::of(command.output().unwrap()).exits(0);
    assert!(user.has("perl", "Foo::Bar"), "{ran:#?}");
}

#[test]
fn shows_no_secret_of_the_run() {
    let user = World::new().with_policy();
    user.publish_release("1.02");
    for flags in [&["-vv"][..], &["-vv", "--allow-outside"]] {
        let line = "printf %s \"$http_proxy $PERL_CARTON_MIRROR\" > addresses
            for path in modules/02packages.details.txt -/verdicts nothing ../x '' //; do
                curl -s -o /dev/null $PERL_CARTON_MIRROR/$path
                curl -s -o /dev/null http://www.cpan.org/$path || true
            done
            curl -s -o /dev/null https://www.cpan.org/ || true";
        let ran = user.exec(flags, &["sh", "-c", line]).exits(0);
        let addresses = fs::read_to_string(user.path("addresses")).unwrap();
        let is_secret =
            |word: &&str| word.len() == 32 && word.bytes().all(|b| b.is_ascii_hexdigit());
        let secret = addresses.split([':', '@', '/', ' ']).find(is_secret);
        let secret = secret.unwrap_or_else(|| panic!("{addresses}"));
        assert!(ran.stderr.contains("answered"), "{ran:#?}");
        assert!(!ran.stderr.contains(secret), "{ran:#?}");
    }
}
