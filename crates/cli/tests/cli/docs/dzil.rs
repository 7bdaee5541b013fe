//! `dzil release` itself, with the plugin and the real binary.

use std::{
    io::Write as _,
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
};

use cpan_sigstore_sandbox::oidc::browser::Click;

use super::{pages, project::Project};
use crate::{
    fixtures::author::ID,
    harness::{AUTHOR, Ran},
    sign::login::{Browser, click_at},
    upload::secrets::{assert_none_in, shapes},
};

/// The `dist.ini` of the page.
pub const DIST_INI: (&str, &str) = ("dist-zilla.md", "dist.ini");

/// The part before the plugins in every `dist.ini`.
pub const HEAD: &str = "name             = Foo-Bar
version          = 1.02
author           = An World <author@example.org>
license          = Perl_5
copyright_holder = An World

";

/// As the existing plugin's announcement prints it.
const ANNOUNCED: &str = "[@Filter]
bundle = @Basic
remove = UploadToCPAN ; Do this if you use @Basic

[SigStore::SignRelease]
";

/// As the manual of `@Filter` spells it.
const DASHED: &str = "[@Filter]
-bundle = @Basic
-remove = UploadToCPAN ; Do this if you use @Basic

[SigStore::SignRelease]
";

/// A project that dzil builds, with more lines for the plugin.
pub fn project(more: &str) -> Project {
    let project = Project::new();
    project.write("dist.ini", [HEAD, ANNOUNCED, more].concat());
    project
}

#[track_caller]
fn assert_releases(dist_ini: &str) {
    let project = Project::new();
    project.write("dist.ini", dist_ini);
    let ran = project.dzil_release_as("author").exits(0);
    project.assert_released();
    // What the binary says reaches the terminal.
    assert!(
        ran.stdout.contains("uploaded: Foo-Bar-1.02.tar.gz\n"),
        "{ran:#?}"
    );
    let secrets = secrets(&project);
    assert_none_in(&ran.stdout, &secrets, "the output");
    assert_none_in(&ran.stderr, &secrets, "the log");
}

/// The password at PAUSE, and how it looks on its way.
fn secrets(project: &Project) -> Vec<String> {
    shapes(project.world.sandbox.pause.password(ID).unwrap())
}

#[test]
fn dzil_releases_from_dist_ini_as_announced() {
    assert_releases(&[HEAD, ANNOUNCED].concat());
}

#[test]
fn dzil_releases_from_dist_ini_with_dashes() {
    assert_releases(&[HEAD, DASHED].concat());
}

#[test]
fn dzil_releases_from_dist_ini_of_the_page() {
    assert_releases(&pages::text(DIST_INI.0, DIST_INI.1));
}

#[test]
fn dzil_releases_in_workflow_with_pause_token() {
    let workflow = "https://github.com/author/Foo-Bar/.github/workflows/release.yml@refs/tags/v1.0";
    let project = Project::new();
    let sandbox = &project.world.sandbox;
    let issuer = format!("{}/ci", project.world.issuer());
    let more = format!("identity = {workflow}\nissuer = {issuer}\nanswer_yes = 1\nwait = 1\n");
    project.write("dist.ini", [HEAD, ANNOUNCED, &more].concat());
    project.world.write_dot_pause("");
    let token = sandbox.pause.token(ID).unwrap();
    let output = project
        .dzil_release()
        .envs(sandbox.oidc.github_actions_environment("ci"))
        .env("PAUSE_TOKEN", &token)
        .output();
    let ran = Ran::of(output.unwrap()).exits(0);
    assert!(ran.stdout.contains("published: "), "{ran:#?}");
    let said = [ran.stdout, ran.stderr].concat();
    assert_none_in(&said, &[token], "the output");
    project.assert_released_by(workflow, &issuer);
}

/// A dzil whose program waits for a login at the browser.
struct LoggingIn {
    dzil: Option<Child>,
    address: String,
}

impl LoggingIn {
    /// Starts it, with a person who agrees at the terminal that the name becomes public.
    fn start(project: &Project) -> Self {
        let browser = Browser::new(&project.world);
        let mut dzil = project
            .dzil_release()
            .envs(browser.env())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        dzil.stdin.take().unwrap().write_all(b"y\n").unwrap();
        let mut logging_in = Self {
            dzil: Some(dzil),
            address: String::new(),
        };
        logging_in.address = browser.opened();
        logging_in
    }

    /// Somebody clicks, and dzil comes to its end.
    fn click(mut self, account: &str) -> Ran {
        click_at(&self.address, Click::Account(account));
        Ran::of(self.dzil.take().unwrap().wait_with_output().unwrap())
    }
}

impl Drop for LoggingIn {
    /// What a failed test leaves would wait for a person; so would what dzil has started.
    fn drop(&mut self) {
        if let Some(mut dzil) = self.dzil.take() {
            let group = format!("-{}", dzil.id());
            let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
            let _ = dzil.wait();
        }
    }
}

#[test]
fn dzil_asks_and_logs_in_by_browser() {
    let project = project(&format!("identity = {AUTHOR}\n"));
    let ran = LoggingIn::start(&project).click("author").exits(0);
    assert!(ran.stderr.contains("Do you agree?"), "{ran:#?}");
    project.assert_released();
}

#[test]
fn dzil_hides_password_from_process_list() {
    let project = project("");
    let logging_in = LoggingIn::start(&project);
    // The program that uploads is there already, and starts no other.
    let listed = Command::new("ps")
        .args(["axwwe", "-o", "pid,args"])
        .output();
    let listed = String::from_utf8_lossy(&listed.unwrap().stdout).into_owned();
    let home = format!("HOME={}", project.world.home().display());
    let ours: Vec<&str> = listed.lines().filter(|line| line.contains(&home)).collect();
    assert!(
        ours.iter().any(|line| line.contains("dzil release")),
        "{listed}"
    );
    assert!(
        ours.iter()
            .any(|line| line.contains("cpan-sigstore release --pause-file=/dev/fd/")),
        "{listed}"
    );
    assert_none_in(&listed, &secrets(&project), "the list of processes");
    logging_in.click("author").exits(0);
    project.assert_released();
}
