//! `sign` without a token: the ways in, the agreement before them, and what passes them by.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use cpan_sigstore_sandbox::{
    Service,
    oidc::{
        GOOGLE,
        browser::{Click, LastPage, visit},
    },
};

use crate::harness::{AUTHOR, FILE, Ran, World};

/// Longest wait for the next thing to happen; a test that passes waits for milliseconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// `sign FILE`, with a person who reads what it says and types.
struct Session {
    child: Child,
    lines: Receiver<String>,
    said: String,
}

impl Session {
    /// Starts `sign ARGS FILE`, where `typed` was typed in advance.
    fn start(user: &World, args: &[&str], env: &[(&str, &str)], typed: &str) -> Self {
        let mut child = user
            .command(&[&["sign"], args, &[FILE]].concat())
            .envs(env.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        thread::spawn(move || {
            for line in stderr.lines() {
                // Nobody listens any more when the test has failed.
                let _ = sender.send(line.unwrap());
            }
        });
        let said = String::new();
        let mut session = Self { child, lines, said };
        session.types(typed);
        session
    }

    fn types(&mut self, text: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        stdin.write_all(text.as_bytes()).unwrap();
    }

    /// The next line, or nothing where it has said all.
    fn next(&mut self) -> Option<&str> {
        let line = match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(mpsc::RecvTimeoutError::Disconnected) => return None,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                panic!("it waits, and has said:\n{}", self.said)
            }
        };
        let start = self.said.len();
        self.said.extend([&line, "\n"]);
        Some(&self.said[start..])
    }

    /// The address that it shows.
    fn address(&mut self) -> String {
        while let Some(line) = self.next() {
            // A page for devices is shown twice; the second time with the code in it.
            let address = line.find("http").map(|at| line[at..].trim_end().to_owned());
            match address {
                Some(address) if !address.ends_with("/device") => return address,
                _ => {}
            }
        }
        panic!("it ended without an address:\n{}", self.said);
    }

    /// A person at the address that it shows.
    fn clicks(&mut self, click: Click<'_>) -> LastPage {
        click_at(&self.address(), click)
    }

    /// What it did, when it has come to its end and nothing more is typed.
    fn ends(mut self) -> Ran {
        drop(self.child.stdin.take());
        while self.next().is_some() {}
        let mut stdout = String::new();
        let mut pipe = self.child.stdout.take().unwrap();
        pipe.read_to_string(&mut stdout).unwrap();
        Ran {
            code: self.child.wait().unwrap().code(),
            stdout,
            stderr: std::mem::take(&mut self.said),
        }
    }
}

impl Drop for Session {
    /// What a failed test leaves would wait for a person.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A browser that hands on the address it is given.
pub struct Browser {
    pipe: PathBuf,
    opened: Receiver<String>,
}

impl Browser {
    pub fn new(user: &World) -> Self {
        let pipe = user.path("address");
        let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let (sender, opened) = mpsc::channel();
        let reader = pipe.clone();
        thread::spawn(move || sender.send(fs::read_to_string(reader).unwrap()));
        Self { pipe, opened }
    }

    /// What makes it the browser of a desktop.
    pub fn env(&self) -> [(&str, &str); 2] {
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/browser");
        [
            ("BROWSER", program),
            ("BROWSER_PIPE", self.pipe.to_str().unwrap()),
        ]
    }

    /// The address, as soon as it was opened.
    pub fn opened(&self) -> String {
        self.opened.recv_timeout(PATIENCE).unwrap()
    }
}

pub fn click_at(address: &str, click: Click<'_>) -> LastPage {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(visit(address, click)).unwrap()
}

/// A desktop, whose browser ends at once: the person goes by the address shown.
const DESKTOP: (&str, &str) = ("BROWSER", "true");
const CLICK: Click<'_> = Click::Account("author");

fn user() -> World {
    let user = World::new();
    user.sandbox.oidc.set_device_interval(0);
    user
}

/// The services that make a signature public.
fn public(user: &World) -> [&Service; 4] {
    let services = &user.sandbox.services;
    [
        &services.ca,
        &services.rekor_v1,
        &services.rekor_v2,
        &services.tsa,
    ]
}

#[track_caller]
fn nothing_became_public(user: &World) {
    for service in public(user) {
        assert_eq!(service.requests(), [""; 0], "{}", service.url());
    }
    assert_eq!(user.files(), [FILE]);
}

/// Asserts that the person who was meant has signed.
#[track_caller]
fn signed_by_the_author(user: &World, ran: Ran) {
    ran.exits(0);
    user.verify_file(&[]).exits(0);
}

#[test]
fn opens_browser_and_receives_code() {
    let user = user();
    let browser = Browser::new(&user);
    let mut session = Session::start(&user, &["--yes"], &browser.env(), "");
    let opened = browser.opened();
    assert_eq!(session.address(), opened);
    let page = click_at(&opened, CLICK);
    assert!(page.html.contains("You are logged in"), "{page:?}");
    let ran = session
        .ends()
        .snapshot("sign/opens_browser_and_receives_code");
    signed_by_the_author(&user, ran);
}

#[test]
fn reports_browser_that_does_not_start() {
    let user = user();
    let env = [("BROWSER", "/no/such/browser")];
    let mut session = Session::start(&user, &["--yes"], &env, "");
    // The login continues by the address, which is there before the warning.
    session.clicks(CLICK);
    let ran = session
        .ends()
        .snapshot("sign/reports_browser_that_does_not_start");
    assert!(ran.stderr.contains("/no/such/browser"), "{ran:#?}");
    signed_by_the_author(&user, ran);
}

#[test]
fn uses_device_login_only_without_display() {
    let user = user();
    let from_elsewhere = [("SSH_TTY", "x"), ("DISPLAY", ":0")];
    for (flag, env, page) in [
        (None, &[][..], "/device?"),
        (None, &from_elsewhere, "/device?"),
        (Some("--device"), &[DESKTOP], "/device?"),
        (None, &[DESKTOP], "/authorize?"),
    ] {
        let args: Vec<&str> = ["--yes", "--force"].into_iter().chain(flag).collect();
        let mut session = Session::start(&user, &args, env, "");
        let address = session.address();
        assert!(address.contains(page), "{args:?} {env:?}: {address}");
        if let Some((_, code)) = address.split_once("user_code=") {
            let line = format!("  code: {code}\n");
            assert!(session.said.contains(&line), "{}", session.said);
        }
        click_at(&address, CLICK);
        signed_by_the_author(&user, session.ends());
    }
}

#[test]
fn accepts_login_code_typed_by_hand() {
    let user = user();
    let mut session = Session::start(&user, &["--yes", "--out-of-band"], &[DESKTOP], "");
    let page = session.clicks(CLICK);
    session.types(&format!(" {}\n", page.code().unwrap()));
    let ran = session
        .ends()
        .snapshot("sign/accepts_login_code_typed_by_hand");
    signed_by_the_author(&user, ran);

    for (name, typed) in [("wrong", "not-the-code\n"), ("empty", "\n"), ("none", "")] {
        let user = self::user();
        let mut session = Session::start(&user, &["--yes", "--out-of-band"], &[], "");
        session.clicks(CLICK);
        session.types(typed);
        let name = format!("sign/accepts_login_code_typed_by_hand-{name}");
        session.ends().exits(1).snapshot(&name);
        nothing_became_public(&user);
    }
}

#[test]
fn signs_nothing_after_denied_login() {
    let user = user();
    for (name, way) in [("browser", &[][..]), ("device", &["--device"])] {
        let args = [&["--yes"], way].concat();
        let mut session = Session::start(&user, &args, &[DESKTOP], "");
        session.clicks(Click::Deny);
        let ran = session.ends().exits(1);
        let ran = ran.snapshot(&format!("sign/signs_nothing_after_denied_login-{name}"));
        assert!(ran.stderr.contains("denied"), "{ran:#?}");
        nothing_became_public(&user);
    }
}

#[test]
fn signs_as_requested_provider_account() {
    let user = user();
    let args = ["--yes", "--provider", "google"];
    let mut session = Session::start(&user, &args, &[DESKTOP], "");
    session.clicks(Click::Account("author-google"));
    session
        .ends()
        .exits(0)
        .snapshot("sign/signs_as_requested_provider_account-1");
    let verify = |issuer: &str| {
        user.run(&[
            "verify",
            FILE,
            "--certificate-identity",
            AUTHOR,
            "--certificate-oidc-issuer",
            issuer,
        ])
    };
    verify(GOOGLE).exits(0);
    verify(&user.issuer())
        .exits(12)
        .snapshot("sign/signs_as_requested_provider_account-2");
}

#[test]
fn rejects_other_provider_account_in_device_login() {
    let user = user();
    let args = ["--yes", "--provider", "google", "--device"];
    let mut session = Session::start(&user, &args, &[], "");
    session.clicks(Click::Account("author-github"));
    let ran = session
        .ends()
        .exits(1)
        .snapshot("sign/rejects_other_provider_account_in_device_login");
    assert!(ran.stderr.contains(GOOGLE), "{ran:#?}");
    nothing_became_public(&user);
}

#[test]
fn publishes_no_name_for_login_of_another() {
    let user = user();
    let args = ["--yes", "--identity", AUTHOR];
    let mut session = Session::start(&user, &args, &[DESKTOP], "");
    session.clicks(Click::Account("stranger"));
    let ran = session
        .ends()
        .exits(12)
        .snapshot("sign/publishes_no_name_for_login_of_another");
    for name in [AUTHOR, "stranger@example.net"] {
        assert!(ran.stderr.contains(name), "{ran:#?}");
    }
    nothing_became_public(&user);
}

#[test]
fn contacts_no_service_without_consent() {
    let user = user();
    for (name, typed) in [
        ("none", ""),
        ("empty", "\n"),
        ("n", "n\n"),
        ("no", "no\n"),
        ("other", "yesterday\n"),
    ] {
        let ran = Session::start(&user, &[], &[DESKTOP], typed)
            .ends()
            .exits(2)
            .snapshot(&format!("sign/contacts_no_service_without_consent-{name}"));
        assert!(ran.stderr.contains("can never be removed"), "{ran:#?}");
        assert!(ran.stderr.contains("--yes"), "{ran:#?}");
    }
    let services = &user.sandbox.services;
    assert_eq!(services.oidc.requests(), [""; 0]);
    assert_eq!(services.tuf.requests(), [""; 0]);
    nothing_became_public(&user);
}

#[test]
fn remembers_consent() {
    let user = user();
    let question = "Do you agree?";
    let mut session = Session::start(&user, &["--yes"], &[DESKTOP], "");
    session.clicks(CLICK);
    let ran = session.ends().exits(0).snapshot("sign/remembers_consent");
    assert!(!ran.stderr.contains(question), "{ran:#?}");
    // A flag is valid for one run, an answer for good.
    for (typed, asked) in [("y\n", true), ("", false)] {
        let mut session = Session::start(&user, &["--force"], &[DESKTOP], typed);
        session.clicks(CLICK);
        let ran = session.ends();
        assert_eq!(ran.stderr.contains(question), asked, "{ran:#?}");
        signed_by_the_author(&user, ran);
    }
}

#[test]
fn reads_consent_and_code_from_terminal() {
    let user = user();
    let mut session = Session::start(&user, &["--out-of-band"], &[], "YES\n");
    let page = session.clicks(CLICK);
    session.types(&format!("{}\n", page.code().unwrap()));
    signed_by_the_author(&user, session.ends());
}

#[test]
fn uses_token_of_environment_without_question() {
    let user = user();
    let token = user.sandbox.token("author").unwrap();
    let env = [("SIGSTORE_ID_TOKEN", token.as_str())];
    let ran = Session::start(&user, &[], &env, "").ends();
    assert_eq!(ran.stderr, "");
    signed_by_the_author(&user, ran);
    assert_eq!(user.sandbox.services.oidc.requests(), [""; 0]);
}

#[test]
fn prefers_login_flag_over_token_of_environment() {
    let user = user();
    let token = user.sandbox.token("stranger").unwrap();
    let env = [("SIGSTORE_ID_TOKEN", token.as_str())];
    let mut session = Session::start(&user, &["--yes", "--device"], &env, "");
    session.clicks(CLICK);
    let ran = session
        .ends()
        .snapshot("sign/prefers_login_flag_over_token_of_environment");
    signed_by_the_author(&user, ran);
}

#[test]
fn signs_as_workflow_in_github_actions() {
    let user = user();
    let job = user.sandbox.oidc.github_actions_environment("ci");
    let env: Vec<(&str, &str)> = job
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    Session::start(&user, &[], &env, "").ends().exits(0);
    user.run(&[
        "verify",
        FILE,
        "--certificate-identity",
        "https://github.com/author/Foo-Bar/.github/workflows/release.yml@refs/tags/v1.0",
        "--certificate-oidc-issuer",
        &format!("{}/ci", user.issuer()),
        "--certificate-github-workflow-repository",
        "author/Foo-Bar",
    ])
    .exits(0);

    // A job without the permission says so, and waits for nobody.
    fs::remove_file(user.bundle()).unwrap();
    let ran = Session::start(&user, &["--yes"], &env[..1], "")
        .ends()
        .exits(1)
        .snapshot("sign/signs_as_workflow_in_github_actions");
    assert!(ran.stderr.contains("id-token: write"), "{ran:#?}");
    assert_eq!(user.files(), [FILE]);
}

#[test]
fn ends_at_once_in_a_ci_job_without_token() {
    let user = World::new();
    for empty in [None, Some("")] {
        let mut command = user.command(&["sign", "--yes", FILE]);
        command
            .env("JENKINS_URL", "https://ci.example/")
            .stdin(Stdio::null());
        if let Some(empty) = empty {
            command.env("SIGSTORE_ID_TOKEN", empty);
        }
        Ran::of(command.output().unwrap())
            .exits(1)
            .snapshot("sign/ci_without_token");
    }
    assert_eq!(user.sandbox.services.oidc.requests(), [""; 0]);
}
