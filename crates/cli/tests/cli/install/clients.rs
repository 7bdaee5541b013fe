//! Each client as Debian has it: what is allowed is installed, what is refused is not, and nothing leads
//! round the mirror.

use std::{
    fs,
    process::{Command, Stdio},
};

use super::installation::Installation;
use crate::{
    gate::shop::FILE,
    harness::Ran,
    pause::author::{HOME, ID, distribution},
};

/// A user for whom the only release of `Foo::Bar` is the attacker's.
fn attacked() -> Installation {
    let user = Installation::new();
    let bytes = distribution("Foo-Bar", "1.02");
    user.shop.publish_signed("stranger", FILE, &bytes);
    user
}

#[test]
fn cpanm_has_no_other_mirror_whatever_its_environment_says() {
    let user = attacked();
    let cpan = user.shop.user.sandbox.services.cpan.url().to_owned();
    let mut command = user.command(&[], &["cpanm", "--notest", "-l", "perl", "Foo::Bar"]);
    command.env("PERL_CPANM_OPT", format!("--mirror {cpan} --mirror-only"));
    command.env("no_proxy", "*").env("NO_PROXY", "127.0.0.1");
    let ran = Ran::of(command.output().unwrap());
    user.assert_refused(&ran, 12, "identity-mismatch");
}

#[test]
fn arguments_that_lead_round_the_mirror_are_refused_before_anything_runs() {
    let user = attacked();
    let cpan = user.shop.user.sandbox.services.cpan.url().to_owned();
    let address = format!("{cpan}/authors/id/{HOME}/{FILE}");
    user.shop.user.write(FILE, &distribution("Foo-Bar", "1.02"));
    for arguments in [
        &["cpanm", &address][..],
        &["cpanm", FILE],
        &["cpanm", "--mirror", &cpan, "Foo::Bar"],
        &["cpanm", "-qM", &cpan, "Foo::Bar"],
        &["cpanm", "git://127.0.0.1/foo.git"],
        &["cpan", "-j", "x", "Foo::Bar"],
        &["cpan", "."],
        &["carton", "install", "--cached"],
        &["cpm", "install", "--mirror", &cpan, "Foo::Bar"],
        &["minicpan", "--remote", &cpan],
    ] {
        let ran = user.exec(&[], arguments).exits(2);
        assert!(
            ran.stderr.contains("--allow-outside"),
            "{arguments:?}: {ran:#?}"
        );
        assert!(ran.stdout.is_empty());
    }
    // What the user lets pass is the user's.
    for (folder, argument) in [("file", &*format!("./{FILE}")), ("address", &address)] {
        let client = ["cpanm", "--notest", "-l", folder, argument];
        user.exec(&["--allow-outside"], &client).exits(0);
        assert!(user.has(folder, "Foo::Bar"));
    }
}

#[test]
fn an_unflagged_client_is_led_to_the_mirror_by_the_proxy() {
    let user = attacked();
    // Settings that would lead past the proxy.
    fs::write(user.home().join(".curlrc"), "noproxy = \"*\"\n").unwrap();
    // Any other program than those that are known, and every host.
    let line = format!(
        "curl -s -o got -w '%{{http_code}}' http://www.cpan.org/pub/authors/id/{HOME}/{FILE}; \
         curl -s -o /dev/null https://www.cpan.org/ || echo closed; \
         curl -s -o /dev/null -w '%{{http_code}}' http://fastapi.metacpan.org/v1/download_url/Foo"
    );
    let ran = user.exec(&[], &["sh", "-c", &line]).exits(12);
    assert_eq!(ran.stdout, "403closed\n403", "{ran:#?}");
    let got = fs::read_to_string(user.shop.user.path("got")).unwrap();
    assert!(got.starts_with("deny: identity-mismatch"), "{got}");
    assert!(
        ran.stderr.contains("closed: http://fastapi.metacpan.org/"),
        "{ran:#?}"
    );
}

#[test]
fn a_client_that_says_all_is_well_does_not_hide_a_refusal() {
    let user = attacked();
    let line = format!("curl -s http://www.cpan.org/authors/id/{HOME}/{FILE} >&2; exit 0");
    user.exec(&[], &["sh", "-c", &line]).exits(12);
    // Without a refusal the client's own code counts.
    user.exec(&[], &["sh", "-c", "exit 7"]).exits(7);
    user.exec(&[], &["sh", "-c", "kill -TERM $$"]).exits(143);
    let ran = user.exec(&[], &["./none"]).exits(1);
    assert!(ran.stderr.contains("expected to run ./none"), "{ran:#?}");
}

#[test]
fn carton_installs_what_is_allowed_and_its_fallback_mirrors_are_closed() {
    let user = attacked();
    user.shop.user.write("cpanfile", b"requires 'Foo::Bar';\n");
    let ran = user.exec(&[], &["carton", "install"]);
    user.assert_refused(&ran, 12, "identity-mismatch");
    assert!(!user.has("local", "Foo::Bar"), "{ran:#?}");

    let user = Installation::new();
    user.shop.release("1.02");
    user.shop.user.write("cpanfile", b"requires 'Foo::Bar';\n");
    let ran = user.exec(&[], &["carton", "install"]).exits(0);
    assert!(user.has("local", "Foo::Bar"), "{ran:#?}");
}

#[test]
fn a_cpanfile_that_leads_round_the_mirror_is_pointed_out() {
    let user = Installation::new();
    user.shop
        .user
        .write("cpanfile", b"requires 'Foo', git => 'git://127.0.0.1/x';\n");
    let ran = user.exec(&[], &["carton", "version"]).exits(0);
    assert!(ran.stderr.contains("cpanfile, line 1"), "{ran:#?}");
}

#[test]
fn cpan_installs_what_is_allowed_and_asks_no_other_mirror() {
    let install = ["cpan", "-T", "-i", "Foo::Bar"];
    let user = attacked();
    let run = |user: &Installation| {
        let perl = user.shop.user.path("perl");
        let mut command = user.command(&[], &install);
        command.env("PERL_MM_OPT", format!("INSTALL_BASE={}", perl.display()));
        Ran::of(command.output().unwrap())
    };
    let ran = run(&user);
    user.assert_refused(&ran, 12, "identity-mismatch");

    let user = Installation::new();
    user.shop.release("1.02");
    let ran = run(&user).exits(0);
    assert!(user.has("perl", "Foo::Bar"), "{ran:#?}");
}

/// A folder as upstream, with the indexes and CHECKSUMS of the sandbox.
fn folder_upstream(user: &Installation) -> std::path::PathBuf {
    let folder = user.folder();
    let cpan = user.shop.user.sandbox.services.cpan.url();
    let host = cpan.trim_start_matches("http://");
    for path in [
        "modules/02packages.details.txt.gz",
        "modules/03modlist.data.gz",
        "authors/01mailrc.txt.gz",
        &format!("authors/id/{HOME}/CHECKSUMS"),
    ] {
        let answer = super::http::ask(host, &format!("GET /{path}"), &[]);
        assert_eq!(answer.status, 200, "{path}");
        fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
        fs::write(folder.join(path), answer.body).unwrap();
    }
    folder
}

#[test]
fn cpan_gets_no_text_around_the_data_of_checksums() {
    let user = Installation::new();
    user.shop.release("1.02");
    let folder = folder_upstream(&user);
    let checksums = folder.join(format!("authors/id/{HOME}/CHECKSUMS"));
    let text = fs::read_to_string(&checksums).unwrap();
    let marked = text.replacen("$cksum = {", "die 'MARKER-BEFORE';\n$cksum = {", 1);
    assert_ne!(marked, text);
    fs::write(&checksums, marked).unwrap();
    let upstream = format!("file://{}/", folder.display());
    let client = ["cpan", "-T", "-i", "Foo::Bar"];
    let mut command = user.command(&["--upstream", &upstream], &client);
    let perl = user.shop.user.path("perl");
    command.env("PERL_MM_OPT", format!("INSTALL_BASE={}", perl.display()));
    let ran = Ran::of(command.output().unwrap()).exits(0);
    assert!(user.has("perl", "Foo::Bar"), "{ran:#?}");
    // cpan did read CHECKSUMS.
    assert!(ran.stdout.contains("Checksum for "), "{ran:#?}");
    assert!(!format!("{ran:?}").contains("MARKER"), "{ran:#?}");
}

#[test]
fn sources_that_cpan_has_already_are_not_used() {
    let user = attacked();
    let sources = user.home().join(".cpan/sources/authors/id").join(HOME);
    fs::create_dir_all(&sources).unwrap();
    fs::write(sources.join(FILE), distribution("Foo-Bar", "1.02")).unwrap();
    let ran = user.exec(&[], &["cpan", "-T", "-i", &format!("{ID}/{FILE}")]);
    user.assert_refused(&ran, 12, "identity-mismatch");
}

#[test]
fn minicpan_mirrors_what_is_allowed_and_its_zero_does_not_hide_the_rest() {
    let user = attacked();
    let good = distribution("Good-One", "1.00");
    user.shop
        .publish_signed("author", "Good-One-1.00.tar.gz", &good);
    let cpan = user.shop.user.sandbox.services.cpan.url();
    fs::write(user.home().join(".minicpanrc"), format!("remote: {cpan}\n")).unwrap();
    let ran = user.exec(&[], &["minicpan", "--local", "mini"]).exits(12);
    let mirrored = user.shop.user.path("mini/authors/id").join(HOME);
    assert!(mirrored.join("Good-One-1.00.tar.gz").exists(), "{ran:#?}");
    assert!(!mirrored.join(FILE).exists(), "{ran:#?}");
}

#[test]
fn cpm_gets_the_mirror_as_its_only_resolver() {
    let user = attacked();
    // A stand-in that shows its arguments: Debian has no cpm.
    user.shop.user.write("cpm", b"#!/bin/sh\necho \"$@\"\n");
    let cpm = user.shop.user.path("cpm");
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(&cpm, fs::Permissions::from_mode(0o755)).unwrap();
    let ran = user
        .exec(&[], &[cpm.to_str().unwrap(), "install", "-g", "Foo::Bar"])
        .exits(0);
    let expected = "install --resolver 02packages,http://127.0.0.1:";
    assert!(ran.stdout.starts_with(expected), "{ran:#?}");
    assert!(ran.stdout.contains(" --no-default-resolvers "), "{ran:#?}");
    assert!(ran.stdout.ends_with(" -g Foo::Bar\n"), "{ran:#?}");
}

#[test]
fn a_signal_reaches_the_client_and_its_answer_is_the_end() {
    use std::io::{BufRead as _, BufReader};
    let user = Installation::new();
    let line = "trap 'kill $!; exit 9' TERM; sleep 60 & echo ready; wait";
    let mut running = user
        .command(&[], &["sh", "-c", line])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    let mut stdout = BufReader::new(running.stdout.take().unwrap());
    stdout.read_line(&mut ready).unwrap();
    assert_eq!(ready, "ready\n");
    let id = running.id().to_string();
    let sent = Command::new("kill").args(["-TERM", &id]).status().unwrap();
    assert!(sent.success());
    assert_eq!(running.wait().unwrap().code(), Some(9));
}
