//! `cpan-sigstore author trusted-publisher`: the workflows that may upload for an author.

mod add;
mod list;
mod remove;

use clap::Subcommand;
use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_http::Http;
use cpan_sigstore_pause::{
    credentials::Credentials,
    trusted::{Exchange, Workflow},
};

use crate::{credentials, error::CommandError, flags::PauseArgs, session::Session, ui::Terminal};

/// Register the CI workflows that may upload for you.
///
/// A registered workflow uploads by trusted publishing: PAUSE gives each run an upload token of minutes, and no secret is
/// stored at the CI service. The workflow is bound to the ids of its repository and owner, so another repository of the
/// same name cannot take its place. These commands need your PAUSE password.
#[derive(Subcommand, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore author trusted-publisher add --repository tim/Foo-Bar --repository-id 702001 \\\n    \
    --owner-id 5001 --workflow release.yml --environment pause\n  \
    cpan-sigstore author trusted-publisher list\n  \
    cpan-sigstore author trusted-publisher remove 3f9c2a"
)]
pub enum TrustedPublisherCommand {
    Add(Box<add::AddArgs>),
    List(Box<list::ListArgs>),
    Remove(Box<remove::RemoveArgs>),
}

/// Runs the subcommand.
pub fn run(command: &TrustedPublisherCommand, session: &Session<'_>) -> Result<Exit, CommandError> {
    match command {
        TrustedPublisherCommand::Add(args) => add::run(args, session),
        TrustedPublisherCommand::List(args) => list::run(args, session),
        TrustedPublisherCommand::Remove(args) => remove::run(args, session),
    }
}

/// Returns the exchange of a PAUSE, and the account with its password.
fn open(args: &PauseArgs, session: &Session<'_>) -> Result<(Exchange, Credentials), CommandError> {
    let (pause, credentials) = credentials::with_password(args, session)?;
    let http = Http::for_urls([pause.form().as_str()])?;
    match session.wait(Exchange::discover(&pause, http))? {
        Some(exchange) => Ok((exchange, credentials)),
        None => Err(CommandError::failed(format!(
            "cannot register a workflow: {} does not offer trusted publishing",
            pause.host()
        ))),
    }
}

/// Prints the fields of a workflow.
fn print(workflow: &Workflow, terminal: &Terminal) {
    let Workflow {
        issuer,
        repository,
        repository_id,
        owner_id,
        workflow,
        environment,
        git_ref,
    } = workflow;
    terminal.field(
        "from",
        &format!("{repository} (id {repository_id}, owner {owner_id})"),
    );
    terminal.field("issuer", issuer);
    terminal.field("workflow", workflow);
    let environment = environment.as_deref().unwrap_or("any");
    terminal.field("in", &format!("environment {environment}"));
    terminal.field("ref", git_ref);
}
