//! Each client as Debian has it: what is allowed is installed, what is refused is not, and nothing leads
//! round the mirror.

use std::{
    fs,
    process::{Command, Stdio},
};

use crate::{
    fixtures::author::{HOME, ID, distribution},
    fixtures::shop::FILE,
    harness::{Ran, World, names},
};

/// A user for whom the only release of `Foo::Bar` is the attacker's.
fn attacked() -> World {
    let user = World::new().with_policy();
    let bytes = distribution("Foo-Bar", "1.02");
    user.publish_signed("stranger", FILE, &bytes);
    user
}

#[test]
fn confines_cpanm_despite_its_environment() {
    let user = attacked();
    let cpan = user.sandbox.services.cpan.url().to_owned();
    let mut command = user.exec_command(&[], &["cpanm", "--notest", "-l", "perl", "Foo::Bar"]);
    command.env("PERL_CPANM_OPT", format!("--mirror {cpan} --mirror-only"));
    command.env("no_proxy", "*").env("NO_PROXY", "127.0.0.1");
    let ran = Ran::of(command.output().unwrap());
    user.assert_refused(&ran, 12, "identity-mismatch");
}

#[test]
fn rejects_arguments_that_bypass_the_mirror() {
    let user = attacked();
    let cpan = user.sandbox.services.cpan.url().to_owned();
    let address = format!("{cpan}/authors/id/{HOME}/{FILE}");
    user.write(FILE, &distribution("Foo-Bar", "1.02"));
    for (number, arguments) in [
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
        &["carton", "install", "-cached"],
        &["carton", "install", "+cached"],
        &["minicpan", "-remote", &cpan],
        &["cpanm", "--verify", "Foo::Bar"],
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("exec/rejects_arguments_that_bypass_the_mirror-{number}");
        let ran = user.exec(&[], arguments).exits(2).snapshot(&name);
        assert!(
            ran.stderr.contains("--allow-outside") || arguments.contains(&"--verify"),
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
fn leads_unknown_client_to_mirror_by_proxy() {
    let user = attacked();
    // Settings that would lead past the proxy.
    fs::write(user.home().join(".curlrc"), "noproxy = \"*\"\n").unwrap();
    // Any other program than those that are known, and every host.
    let line = format!(
        "curl -s -o got -w '%{{http_code}}' http://www.cpan.org/pub/authors/id/{HOME}/{FILE}; \
         curl -s -o /dev/null https://www.cpan.org/ || echo closed; \
         curl -s -o /dev/null -w '%{{http_code}}' http://fastapi.metacpan.org/v1/download_url/Foo"
    );
    let ran = user
        .exec(&[], &["sh", "-c", &line])
        .exits(12)
        .snapshot("exec/leads_unknown_client_to_mirror_by_proxy");
    assert_eq!(ran.stdout, "403closed\n403", "{ran:#?}");
    let got = fs::read_to_string(user.path("got")).unwrap();
    assert!(got.starts_with("deny: identity-mismatch"), "{got}");
    assert!(
        ran.stderr.contains("closed: http://fastapi.metacpan.org/"),
        "{ran:#?}"
    );
}

#[test]
fn reports_refusal_that_client_hides() {
    let user = attacked();
    let line = format!("curl -s http://www.cpan.org/authors/id/{HOME}/{FILE} >&2; exit 0");
    user.exec(&[], &["sh", "-c", &line])
        .exits(12)
        .snapshot("exec/reports_refusal_that_client_hides-1");
    // Without a refusal, exec passes the client's exit code on.
    user.exec(&[], &["sh", "-c", "exit 7"]).exits(7);
    user.exec(&[], &["sh", "-c", "kill -TERM $$"]).exits(143);
    let ran = user
        .exec(&[], &["./none"])
        .exits(1)
        .snapshot("exec/reports_refusal_that_client_hides-2");
    assert!(ran.stderr.contains("cannot run ./none"), "{ran:#?}");
}

#[test]
fn confines_carton_to_the_mirror() {
    let user = attacked();
    user.write("cpanfile", b"requires 'Foo::Bar';\n");
    let ran = user.exec(&[], &["carton", "install"]);
    user.assert_refused(&ran, 12, "identity-mismatch");
    assert!(!user.has("local", "Foo::Bar"), "{ran:#?}");

    let user = World::new().with_policy();
    user.publish_release("1.02");
    user.write("cpanfile", b"requires 'Foo::Bar';\n");
    let ran = user.exec(&[], &["carton", "install"]).exits(0);
    assert!(user.has("local", "Foo::Bar"), "{ran:#?}");
}

#[test]
fn warns_of_cpanfile_that_bypasses_the_mirror() {
    let user = World::new().with_policy();
    user.write("cpanfile", b"requires 'Foo', git => 'git://127.0.0.1/x';\n");
    let ran = user.exec(&[], &["carton", "version"]).exits(0);
    assert!(ran.stderr.contains("cpanfile, line 1"), "{ran:#?}");
    ran.assert_summary("warns_of_cpanfile_that_bypasses_the_mirror");
}

#[test]
fn warns_of_file_addresses_in_cpanfile_of_cpanm() {
    let user = World::new().with_policy();
    user.write(
        "cpanfile",
        b"requires 'strict', url => 'file:///x.tar.gz';\n",
    );
    let client = ["cpanm", "--notest", "-l", "perl", "--installdeps", "."];
    let ran = user.exec(&[], &client);
    assert!(
        ran.stderr.contains("cpanfile, line 1, may lead round"),
        "{ran:#?}"
    );
}

#[test]
fn confines_cpan_to_the_mirror() {
    let install = ["cpan", "-T", "-i", "Foo::Bar"];
    let user = attacked();
    let run = |user: &World| {
        let perl = user.path("perl");
        let mut command = user.exec_command(&[], &install);
        command.env("PERL_MM_OPT", format!("INSTALL_BASE={}", perl.display()));
        Ran::of(command.output().unwrap())
    };
    let ran = run(&user);
    user.assert_refused(&ran, 12, "identity-mismatch");

    let user = World::new().with_policy();
    user.publish_release("1.02");
    let ran = run(&user).exits(0);
    assert!(user.has("perl", "Foo::Bar"), "{ran:#?}");
}

#[test]
fn cpan_leaves_the_callers_folder_unchanged() {
    let user = World::new().with_policy();
    user.publish_release("1.02");
    let work = user.path("work");
    fs::create_dir(&work).unwrap();
    fs::copy(user.path("policy.toml"), work.join("policy.toml")).unwrap();
    let mut command = user.exec_command(&[], &["cpan", "-T", "-i", "Foo::Bar"]);
    let perl = user.path("perl");
    command
        .current_dir(&work)
        .env("PERL_MM_OPT", format!("INSTALL_BASE={}", perl.display()));
    let ran = Ran::of(command.output().unwrap()).exits(0);
    assert!(user.has("perl", "Foo::Bar"), "{ran:#?}");
    assert_eq!(names(&work), ["policy.toml"]);
}

/// A folder as upstream, with the indexes and CHECKSUMS of the sandbox.
pub fn folder_upstream(user: &World) -> std::path::PathBuf {
    let folder = user.folder();
    let cpan = user.sandbox.services.cpan.url();
    let host = cpan.trim_start_matches("http://");
    for path in [
        "modules/02packages.details.txt.gz",
        "modules/03modlist.data.gz",
        "authors/01mailrc.txt.gz",
        &format!("authors/id/{HOME}/CHECKSUMS"),
    ] {
        let answer = crate::fixtures::http::ask(host, &format!("GET /{path}"), &[]);
        assert_eq!(answer.status, 200, "{path}");
        fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
        fs::write(folder.join(path), answer.body).unwrap();
    }
    folder
}

#[test]
fn cpan_gets_no_text_around_the_data_of_checksums() {
    let user = World::new().with_policy();
    user.publish_release("1.02");
    let folder = folder_upstream(&user);
    let checksums = folder.join(format!("authors/id/{HOME}/CHECKSUMS"));
    let text = fs::read_to_string(&checksums).unwrap();
    let marked = text.replacen("$cksum = {", "die 'MARKER-BEFORE';\n$cksum = {", 1);
    assert_ne!(marked, text);
    fs::write(&checksums, marked).unwrap();
    let upstream = format!("file://{}/", folder.display());
    let client = ["cpan", "-T", "-i", "Foo::Bar"];
    let mut command = user.exec_command(&["--upstream", &upstream], &client);
    let perl = user.path("perl");
    command.env("PERL_MM_OPT", format!("INSTALL_BASE={}", perl.display()));
    let ran = Ran::of(command.output().unwrap()).exits(0);
    assert!(user.has("perl", "Foo::Bar"), "{ran:#?}");
    // cpan did read CHECKSUMS.
    assert!(ran.stdout.contains("Checksum for "), "{ran:#?}");
    assert!(!format!("{ran:?}").contains("MARKER"), "{ran:#?}");
}

#[test]
fn ignores_sources_that_cpan_has_already() {
    let user = attacked();
    let sources = user.home().join(".cpan/sources/authors/id").join(HOME);
    fs::create_dir_all(&sources).unwrap();
    fs::write(sources.join(FILE), distribution("Foo-Bar", "1.02")).unwrap();
    let ran = user.exec(&[], &["cpan", "-T", "-i", &format!("{ID}/{FILE}")]);
    user.assert_refused(&ran, 12, "identity-mismatch");
}

#[test]
fn confines_minicpan_and_reports_refusals() {
    let user = attacked();
    let good = distribution("Good-One", "1.00");
    user.publish_signed("author", "Good-One-1.00.tar.gz", &good);
    let cpan = user.sandbox.services.cpan.url();
    fs::write(user.home().join(".minicpanrc"), format!("remote: {cpan}\n")).unwrap();
    let ran = user
        .exec(&[], &["minicpan", "--local", "mini"])
        .exits(12)
        .snapshot("exec/confines_minicpan_and_reports_refusals");
    let mirrored = user.path("mini/authors/id").join(HOME);
    assert!(mirrored.join("Good-One-1.00.tar.gz").exists(), "{ran:#?}");
    assert!(!mirrored.join(FILE).exists(), "{ran:#?}");
}

#[test]
fn confines_cpm_to_the_mirror() {
    let user = attacked();
    // A stand-in that shows its arguments: Debian has no cpm.
    user.write("cpm", b"#!/bin/sh\necho \"$@\"\n");
    let cpm = user.path("cpm");
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
fn passes_signal_to_client_and_its_exit_code_on() {
    use std::io::{BufRead as _, BufReader};
    let user = World::new().with_policy();
    let line = "trap 'kill $!; exit 9' TERM; sleep 60 & echo ready; wait";
    let mut running = user
        .exec_command(&[], &["sh", "-c", line])
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
