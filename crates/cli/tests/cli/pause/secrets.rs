//! Passwords and tokens: never in output, logs, errors or a list of processes.

use std::{fs, process::Stdio, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use cpan_sigstore_sandbox::Fault;

use super::author::{Author, ID};
use crate::harness::{FILE, Ran, until};

/// A secret, and how it looks in headers and addresses.
pub fn shapes(secret: &str) -> Vec<String> {
    let basic = STANDARD.encode(format!("{ID}:{secret}"));
    let address: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    vec![
        secret.to_owned(),
        basic.trim_end_matches('=').to_owned(),
        address,
        secret.replace(' ', "%20").replace('%', "%25"),
    ]
}

#[track_caller]
pub fn assert_none_in(text: &str, secrets: &[String], place: &str) {
    for secret in secrets {
        assert!(!text.contains(secret), "a secret in {place}: {text}");
    }
}

/// All of an author that nobody may see: password, PAUSE token and identity token.
fn secrets(author: &Author, identity_token: &str) -> Vec<String> {
    let pause = &author.user.sandbox.pause;
    let mut secrets = shapes(pause.password(ID).unwrap());
    secrets.extend(shapes(&pause.token(ID).unwrap()));
    // Its last part alone is enough of a secret.
    secrets.push(
        pause
            .token(ID)
            .unwrap()
            .rsplit(':')
            .next()
            .unwrap()
            .to_owned(),
    );
    secrets.push(identity_token.to_owned());
    secrets.push(identity_token.rsplit('.').next().unwrap().to_owned());
    secrets
}

/// Releases with the log at its highest, whatever PAUSE says.
fn assert_nothing_shows(setup: impl Fn(&Author)) {
    let author = Author::new();
    setup(&author);
    let token = author.user.sandbox.token("author").unwrap();
    let mut command = author.command(&["-vvv", "release", FILE]);
    let ran = Ran::of(command.env("SIGSTORE_ID_TOKEN", &token).output().unwrap());
    // It does log: what was asked of PAUSE among others.
    assert!(
        ran.stderr.contains("/pause/authenquery") || ran.stderr.contains("/api/upload"),
        "{ran:#?}"
    );
    assert!(ran.stderr.contains("TRACE"), "{ran:#?}");
    let secrets = secrets(&author, &token);
    assert_none_in(&ran.stdout, &secrets, "the output");
    assert_none_in(&ran.stderr, &secrets, "the log");
    let journal = author.user.path("Foo-Bar-1.02.tar.gz.release.json");
    assert_none_in(
        // A release that PAUSE does not let in has none.
        &fs::read_to_string(journal).unwrap_or_default(),
        &secrets,
        "the journal",
    );
}

#[test]
fn no_secret_is_in_a_log_at_the_highest_verbosity() {
    let with_token = |author: &Author| {
        let token = author.user.sandbox.pause.token(ID).unwrap();
        author.write_dot_pause(&format!("token {token}\n"));
    };
    assert_nothing_shows(|_| ());
    assert_nothing_shows(with_token);
}

#[test]
fn no_secret_is_in_what_is_said_of_errors() {
    for fault in [Fault::Status(404), Fault::Garbage, Fault::Status(401)] {
        assert_nothing_shows(|author| {
            author
                .user
                .sandbox
                .services
                .pause
                .faults()
                .always(fault.clone());
        });
    }
}

#[test]
fn no_secret_is_in_the_list_of_processes_while_it_uploads() {
    let author = Author::new();
    let pause = &author.user.sandbox.services.pause;
    // After the login.
    pause
        .faults()
        .after(1, usize::MAX, Fault::Slow(Duration::from_secs(3600)));
    let token = author.user.sandbox.token("author").unwrap();
    let mut child = author
        .command(&["release", FILE])
        .env("SIGSTORE_ID_TOKEN", &token)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until(|| pause.requests().len() > 1);
    let listed = std::process::Command::new("ps")
        .args(["axww", "-o", "pid,args"])
        .output()
        .unwrap();
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.contains(&format!("release {FILE}")), "{listed}");
    let secrets = secrets(&author, &token);
    assert_none_in(&listed, &secrets, "the list of processes");
    // Nor does the password stand in the environment, where the user's other programs could read it.
    let environment = fs::read(format!("/proc/{}/environ", child.id())).unwrap();
    let password = shapes(author.user.sandbox.pause.password(ID).unwrap());
    assert_none_in(
        &String::from_utf8_lossy(&environment),
        &password,
        "the environment",
    );
    child.kill().unwrap();
    child.wait().unwrap();
}
