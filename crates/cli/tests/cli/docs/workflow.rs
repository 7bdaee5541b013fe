//! The workflow for GitHub Actions: read as GitHub reads it, and its steps run as a runner runs them.

use serde_json::{Value, json};

use super::{pages, project::Project, recipes};
use cpan_sigstore_sandbox::pause::Workflow;

use crate::{fixtures::author::ID, harness::Ran, upload::secrets::assert_none_in};

/// The workflow of the page.
pub const WORKFLOW: (&str, &str) = ("github-actions.md", ".github/workflows/release.yml");

/// What GitHub sets for a run of it at a tag.
const WORKFLOW_REF: &str = "author/Foo-Bar/.github/workflows/release.yml@refs/tags/v1.0";
/// Who vouches for a run at GitHub; in the sandbox somebody else has to.
const ISSUER: &str = "https://token.actions.githubusercontent.com";

fn workflow(project: &Project) -> Value {
    project.write("workflow.yml", pages::text(WORKFLOW.0, WORKFLOW.1));
    let read = "print JSON::PP->new->encode(YAML::PP->new(boolean => 'JSON::PP')->load_file('workflow.yml'))";
    let mut perl = project.command("perl");
    perl.args(["-MYAML::PP", "-MJSON::PP", "-e", read]);
    Ran::of(perl.output().unwrap()).exits(0).json()
}

#[test]
fn workflow_releases_with_pause_token() {
    let project = recipes::prepared("makemaker.md", recipes::manifest_of_makemaker);
    let pause = &project.world.sandbox.pause;
    pause.withdraw_trusted_publishing();
    let token = pause.token(ID).unwrap();
    runs(&project, &[("PAUSE_TOKEN", token.as_str())]);
}

#[test]
fn workflow_releases_without_any_secret() {
    let project = recipes::prepared("makemaker.md", recipes::manifest_of_makemaker);
    let sandbox = &project.world.sandbox;
    let workflow = Workflow {
        environment: Some("pause".to_owned()),
        ..Workflow::of_cast(&sandbox.oidc.ci_issuer())
    };
    sandbox.pause.register_workflow(ID, workflow);
    runs(&project, &[]);
    assert_eq!(sandbox.pause.minted_tokens().len(), 1);
}

/// Runs the steps of both jobs, the second one with these variables.
#[track_caller]
fn runs(project: &Project, env: &[(&str, &str)]) {
    project.world.write_dot_pause("");
    let sandbox = &project.world.sandbox;
    let issuer = format!("{}/ci", project.world.issuer());
    let mut ran = Vec::new();
    let jobs = &workflow(project)["jobs"];
    // The archive is an artifact between the jobs; both run in the project's folder here.
    for job in ["build", "release"] {
        for step in jobs[job]["steps"].as_array().unwrap() {
            let Some(script) = step["run"].as_str() else {
                continue;
            };
            // `bash -e` is GitHub's shell for a step that names none.
            let mut command = project.command("bash");
            command
                .args(["-e", "-c", &script.replace(ISSUER, &issuer)])
                .env("GITHUB_WORKFLOW_REF", WORKFLOW_REF);
            if jobs[job]["permissions"]["id-token"] == "write" {
                command.envs(sandbox.oidc.github_actions_environment("ci"));
                command.envs(env.iter().copied());
            }
            let output = Ran::of(command.output().unwrap()).exits(0);
            let mut secrets: Vec<_> = env.iter().map(|(_, value)| (*value).to_owned()).collect();
            secrets.extend(sandbox.pause.minted_tokens());
            assert_none_in(&output.stdout, &secrets, "the output");
            assert_none_in(&output.stderr, &secrets, "the log");
            ran.push(job);
        }
    }
    assert_eq!(ran, ["build", "release"]);
    project.assert_released_by(&format!("https://github.com/{WORKFLOW_REF}"), &issuer);
}

#[test]
fn workflow_grants_identity_to_release_job_only() {
    let workflow = workflow(&Project::new());
    assert_eq!(workflow["on"], json!({"push": {"tags": ["v*"]}}));
    assert_eq!(workflow["permissions"], json!({}));
    let jobs = workflow["jobs"].as_object().unwrap();
    assert_eq!(jobs.len(), 2);
    let (build, release) = (&jobs["build"], &jobs["release"]);
    assert_eq!(build["permissions"], json!({"contents": "read"}));
    assert!(build.get("environment").is_none());
    assert!(!workflow.to_string().contains("secrets."));
    assert_eq!(release["needs"], "build");
    assert_eq!(release["environment"], "pause");
    assert_eq!(release["permissions"], json!({"id-token": "write"}));
    for place in [&workflow, build, release] {
        assert!(place.get("env").is_none());
    }
    // It runs no code of the distribution or of its dependencies, and has none.
    let steps = release["steps"].as_array().unwrap();
    let (last, before) = steps.split_last().unwrap();
    assert!(last.get("env").is_none());
    let script = last["run"].as_str().unwrap();
    assert!(script.starts_with("cpan-sigstore release "), "{script}");
    let uses: Vec<_> = before.iter().map(|step| &step["uses"]).collect();
    assert_eq!(uses, ["actions/download-artifact@v4"]);
}
