//! Passwords and tokens: never in output, logs, errors or a list of processes.

use std::{ffi::OsString, fs, os::unix::ffi::OsStringExt as _, process::Stdio, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use cpan_sigstore_sandbox::Fault;
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::fixtures::author::ID;
use crate::harness::{FILE, Ran, World, until};

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
fn secrets(author: &World, identity_token: &str) -> Vec<String> {
    let pause = &author.sandbox.pause;
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

/// Releases with the log at its highest, for each answer of PAUSE.
fn assert_nothing_shows(setup: impl Fn(&World)) {
    let author = World::new().with_account();
    setup(&author);
    let token = author.sandbox.token("author").unwrap();
    let mut command = author.command(&["-vvv", "release", FILE]);
    let ran = Ran::of(command.env("SIGSTORE_ID_TOKEN", &token).output().unwrap());
    // It does log, for example its requests to PAUSE.
    assert!(
        ran.stderr.contains("/pause/authenquery") || ran.stderr.contains("/api/upload"),
        "{ran:#?}"
    );
    assert!(ran.stderr.contains("TRACE"), "{ran:#?}");
    let secrets = secrets(&author, &token);
    assert_none_in(&ran.stdout, &secrets, "the output");
    assert_none_in(&ran.stderr, &secrets, "the log");
    let journal = author.path("Foo-Bar-1.02.tar.gz.release.json");
    assert_none_in(
        // A release that PAUSE does not let in has none.
        &fs::read_to_string(journal).unwrap_or_default(),
        &secrets,
        "the journal",
    );
}

#[test]
fn logs_no_secret_at_highest_verbosity() {
    let with_token = |author: &World| {
        let token = author.sandbox.pause.token(ID).unwrap();
        author.write_dot_pause(&format!("token {token}\n"));
    };
    assert_nothing_shows(|_| ());
    assert_nothing_shows(with_token);
}

#[test]
fn prints_no_secret_in_errors() {
    for fault in [Fault::Status(404), Fault::Garbage, Fault::Status(401)] {
        assert_nothing_shows(|author| {
            author.sandbox.services.pause.faults().always(fault.clone());
        });
    }
}

/// A secret that no other text contains by chance.
const SECRET: &str = "s3cret-Zq7xK";

/// A text with the secret in it, and with what slips into files of credentials around it.
fn malformed() -> impl Strategy<Value = Vec<u8>> {
    let part = || {
        prop_oneof![
            Just(b"user ".to_vec()),
            Just(b"username".to_vec()),
            Just(b"password ".to_vec()),
            Just(b"token ".to_vec()),
            Just(b"MYAUTHOR".to_vec()),
            Just(b"MYAUTHOR:17:".to_vec()),
            Just(b"eyJhbGciOiJub25lIn0.".to_vec()),
            Just(b"https://me:".to_vec()),
            Just(b"@pause.example".to_vec()),
            Just(b"\"".to_vec()),
            Just(b"\n".to_vec()),
            Just(b"\xff\xfe".to_vec()),
            prop::collection::vec(1..=255_u8, 0..8),
        ]
    };
    let parts = || prop::collection::vec(part(), 0..4).prop_map(|parts| parts.concat());
    (parts(), parts()).prop_map(|(before, after)| [&before, SECRET.as_bytes(), &after].concat())
}

/// How often each source of secrets is tried.
const CASES: u32 = 12;

#[test]
fn shows_no_secret_of_a_malformed_source() {
    let author = World::new().with_account();
    author.sign(&[FILE]).exits(0);
    let home = author.home();
    let mut runner = TestRunner::new_with_rng(
        Config::with_cases(CASES),
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    runner
        .run(&malformed(), |text| {
            let value =
                OsString::from_vec(text.iter().copied().filter(|byte| *byte != 0).collect());
            fs::write(home.join("malformed"), &text).unwrap();
            // No upload gets through by chance: none of these is a password of this PAUSE.
            let with_file = |args: &[&str]| author.command(&[&["-vvv"], args].concat());
            let mut runs = vec![
                with_file(&["upload", "--pause-file", "home/malformed", FILE]),
                with_file(&[
                    "sign",
                    "--force",
                    "--identity-token",
                    "home/malformed",
                    FILE,
                ]),
            ];
            let mut given = with_file(&["sign", "--force", FILE, "--identity-token"]);
            given.arg(&value);
            runs.push(given);
            for (name, args) in [
                ("PAUSE_TOKEN", vec!["upload", FILE]),
                ("SIGSTORE_ID_TOKEN", vec!["sign", "--force", FILE]),
                ("CPAN_UPLOADER_UPLOAD_URI", vec!["upload", FILE]),
                (
                    "CPAN_SIGSTORE_WEBHOOK",
                    vec!["watch", ID, "--cpan", "file:///none"],
                ),
                ("CPAN_SIGSTORE_TRUST_STORE", vec!["trust", "list"]),
            ] {
                let mut run = with_file(&args);
                let value = match name {
                    // A place that is no address is a file, whose name is no secret.
                    "CPAN_SIGSTORE_TRUST_STORE" => OsString::from(format!(
                        "postgres://me:{SECRET}@127.0.0.1:1/x{}",
                        text.len()
                    )),
                    "CPAN_UPLOADER_UPLOAD_URI" => {
                        OsString::from(format!("https://me:{SECRET}@{}", text.len()))
                    }
                    "CPAN_SIGSTORE_WEBHOOK" => {
                        OsString::from(format!("http://example.org/{SECRET}/{}", text.len()))
                    }
                    _ => value.clone(),
                };
                run.env(name, value);
                runs.push(run);
            }
            for mut run in runs {
                let output = run.stdin(Stdio::null()).output().unwrap();
                for shown in [output.stdout, output.stderr] {
                    let shown = String::from_utf8_lossy(&shown);
                    prop_assert!(!shown.contains(SECRET), "{run:?}: {shown}");
                }
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn shows_no_secret_in_process_list() {
    let author = World::new().with_account();
    let pause = &author.sandbox.services.pause;
    // After the login.
    pause
        .faults()
        .after(1, usize::MAX, Fault::Slow(Duration::from_secs(3600)));
    let token = author.sandbox.token("author").unwrap();
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
    let password = shapes(author.sandbox.pause.password(ID).unwrap());
    assert_none_in(
        &String::from_utf8_lossy(&environment),
        &password,
        "the environment",
    );
    child.kill().unwrap();
    child.wait().unwrap();
}
