//! The page about who signs: its scripts, each as it is printed, in the order of an author's life.

use std::{fs, process::Stdio};

use cpan_sigstore_sandbox::Fault;
use serde_json::Value;

use super::{pages, project::Project};
use crate::{
    fixtures::author::ID,
    harness::{Ran, sha256},
};

const PAGE: &str = "identities.md";

/// The scripts that are tried here.
pub const SCRIPTS: [(&str, &str); 8] = [
    (PAGE, "enroll.sh"),
    (PAGE, "continue.sh"),
    (PAGE, "add.sh"),
    (PAGE, "retire.sh"),
    (PAGE, "all-signed.sh"),
    (PAGE, "look.sh"),
    (PAGE, "put-back.sh"),
    (PAGE, "stolen.sh"),
];

/// Runs a script as an account of the sandbox, where the author says yes.
fn run(project: &Project, account: &str, title: &str) -> Ran {
    fs::write(project.path("yes"), "y\n").unwrap();
    let yes = fs::File::open(project.path("yes")).unwrap();
    let mut command = project.command("sh");
    command
        .args(["-c", &pages::text(PAGE, title)])
        .env("SIGSTORE_ID_TOKEN", project.token(account))
        .stdin(Stdio::from(yes));
    Ran::of(command.output().unwrap())
}

fn shown(project: &Project) -> Value {
    let ran = project.world.run(&["author", "show", ID, "--json"]);
    ran.exits(0).json()
}

/// The identities that are valid now.
fn signing(project: &Project) -> Vec<String> {
    let shown = shown(project);
    let all = shown["identities"].as_array().unwrap().iter();
    all.filter(|it| it["counts-now"] == true)
        .map(|it| it["identity"].as_str().unwrap().to_owned())
        .collect()
}

const GOOGLE: &str = "author@example.org (by https://accounts.google.com)";
const GITHUB: &str = "author@example.org (by https://github.com/login/oauth)";
const WORKFLOW: &str = "https://github.com/author/Foo-Bar/.github/workflows/release.yml@refs/tags/* (by https://token.actions.githubusercontent.com), owner-id 5001, repository https://github.com/author/Foo-Bar, repository-id 702001";
const NEW: &str = "author@new.example.org (by https://accounts.google.com)";

#[test]
fn runs_identities_page_from_enrolment_to_theft() {
    let project = Project::new();
    run(&project, "author-google", "enroll.sh").exits(0);
    assert_eq!(signing(&project), [GOOGLE, GITHUB, WORKFLOW]);
    run(&project, "author-google", "add.sh").exits(0);
    assert_eq!(signing(&project), [GOOGLE, GITHUB, WORKFLOW, NEW]);
    run(&project, "author-github", "retire.sh").exits(0);
    assert_eq!(signing(&project), [GOOGLE, GITHUB, WORKFLOW]);
    run(&project, "author-github", "all-signed.sh").exits(0);
    assert_eq!(shown(&project)["releases"], "signed");
    run(&project, "author-github", "stolen.sh").exits(0);
    assert_eq!(signing(&project), [GITHUB, WORKFLOW]);
    let shown = shown(&project);
    let stolen = shown["identities"][0]["identity"].as_str().unwrap();
    assert!(stolen.ends_with(" until 2026-06-01T00:00:00Z"), "{stolen}");
    // The thief cannot take it back.
    let ran = run(&project, "author-google", "add.sh").exits(12);
    assert!(ran.stderr.contains(GITHUB), "{ran:#?}");
    assert_eq!(shown["version"], 5);
}

#[test]
fn runs_identities_page_after_interrupted_upload() {
    let project = Project::new();
    // The login; a look, the upload and a look for the bundle; a look for the record, and then its upload.
    let faults = project.world.sandbox.services.pause.faults();
    faults.after(5, 1, Fault::Status(404));
    let ran = run(&project, "author-google", "enroll.sh");
    assert_ne!(ran.code, Some(0), "{ran:#?}");
    assert!(ran.stderr.contains("author upload"), "{ran:#?}");
    let record = format!("{ID}-sigstore-identities-1.json");
    assert_eq!(project.world.uploads(), [format!("{record}.sigstore.json")]);
    let certificates = project.certificates();
    run(&project, "author-google", "continue.sh").exits(0);
    assert_eq!(project.certificates(), certificates);
    assert_eq!(project.world.uploads().len(), 2);
    assert_eq!(signing(&project), [GOOGLE, GITHUB, WORKFLOW]);
}

#[test]
fn runs_identities_page_after_stolen_password() {
    let project = Project::new();
    run(&project, "author-google", "enroll.sh").exits(0);
    let pause = &project.world.sandbox.pause;
    let record = format!("{ID}-sigstore-identities-1.json");
    let own = project.world.published(&record).unwrap();
    pause.publish(ID, &record, "something else");
    run(&project, "author-google", "look.sh").exits(11);
    run(&project, "author-google", "put-back.sh").exits(0);
    run(&project, "author-google", "look.sh").exits(0);
    let back = project.world.published(&record).unwrap();
    assert_eq!(sha256(&back), sha256(&own));
}
