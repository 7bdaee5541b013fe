//! `author trusted-publisher add`.

use clap::Args;
use cpan_sigstore_core::{finding::Exit, identity::GITHUB_ISSUER};
use cpan_sigstore_pause::trusted::Workflow;

use super::{open, print};
use crate::{error::CommandError, flags::PauseArgs, session::Session, ui::Tone};

/// Let a CI workflow upload for you.
///
/// The ids are in the message of a run that was refused. For GitHub, `gh api repos/OWNER/REPO --jq '.id,.owner.id'`
/// prints them; for GitLab, they are project_id and namespace_id.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  cpan-sigstore author trusted-publisher add --repository tim/Foo-Bar --repository-id 702001 \\\n    \
    --owner-id 5001 --workflow release.yml --environment pause\n\n\
    Exit codes: 0 registered, 1 failed, 2 usage, 3 try again later"
)]
pub struct AddArgs {
    /// Repository, as OWNER/NAME
    #[arg(long, value_name = "NAME", value_parser = repository)]
    repository: String,
    /// Immutable id of the repository; at GitLab project_id
    #[arg(long, value_name = "NUMBER", value_parser = id)]
    repository_id: String,
    /// Immutable id of its owner; at GitLab namespace_id
    #[arg(long, value_name = "NUMBER", value_parser = id)]
    owner_id: String,
    /// File of the workflow below .github/workflows, or its path at GitLab
    #[arg(long, value_name = "FILE")]
    workflow: String,
    /// Required environment of the job; with it, the settings of your repository decide who releases [default: any]
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// Required branch or tag; a `*` at its end means any rest
    #[arg(long = "ref", value_name = "REF", default_value = "refs/tags/*")]
    git_ref: String,
    /// CI service
    #[arg(long, value_name = "URL", default_value = GITHUB_ISSUER)]
    issuer: String,
    #[command(flatten)]
    pause: PauseArgs,
    /// Print the registration as one JSON object
    #[arg(long)]
    json: bool,
}

fn id(text: &str) -> Result<String, String> {
    match !text.is_empty() && text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err("expected a number".to_owned()),
    }
}

fn repository(text: &str) -> Result<String, String> {
    match text.contains('/') && !text.contains(':') {
        true => Ok(text.to_owned()),
        false => Err("expected OWNER/NAME".to_owned()),
    }
}

/// Runs the subcommand.
pub fn run(args: &AddArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let (exchange, credentials) = open(&args.pause, session)?;
    let workflow = Workflow {
        issuer: args.issuer.clone(),
        repository: args.repository.clone(),
        repository_id: args.repository_id.clone(),
        owner_id: args.owner_id.clone(),
        workflow: args.workflow.clone(),
        environment: args.environment.clone(),
        git_ref: args.git_ref.clone(),
    };
    let registrations = exchange.registrations(&credentials);
    let added = session.wait(registrations.add(&workflow))?;
    if args.json {
        terminal.json(&added);
        return Ok(Exit::Success);
    }
    let rest = format!("{} may upload for {}", args.repository, credentials.user());
    terminal.headline(Tone::Good, "registered", &rest);
    terminal.field("id", &added.id);
    print(&added.workflow, terminal);
    if args.environment.is_none() {
        terminal.hint("name an environment with `--environment`; without one, everybody who can push to the repository can release");
    }
    Ok(Exit::Success)
}
