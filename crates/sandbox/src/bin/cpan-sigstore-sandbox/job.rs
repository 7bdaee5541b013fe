//! `cpan-sigstore-sandbox job`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::process::ExitCode;

use crate::Failure;

/// Arguments for running a command as a job of a CI service.
#[derive(clap::Args)]
pub(crate) struct JobArgs {
    /// Account of the run, such as `ci`
    #[arg(long = "as", value_name = "ACCOUNT", env = "SANDBOX_ACCOUNT")]
    account: String,
    /// Address of the sandbox
    #[arg(long, value_name = "URL", env = "SANDBOX_URL")]
    sandbox: String,
    /// Command to run
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

pub(crate) fn run(args: &JobArgs) -> Result<ExitCode, Failure> {
    let environment = crate::runtime()?.block_on(environment(args))?;
    let Some((program, arguments)) = args.command.split_first() else {
        return Ok(ExitCode::FAILURE);
    };
    let status = std::process::Command::new(program)
        .args(arguments)
        .envs(environment)
        .status()
        .map_err(|source| Failure::Command {
            command: program.clone(),
            source,
        })?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

async fn environment(args: &JobArgs) -> Result<BTreeMap<String, String>, Failure> {
    let url = format!("{}/sandbox/job", args.sandbox);
    let unreachable = |source| Failure::Unreachable {
        url: args.sandbox.clone(),
        source,
    };
    let client = cpan_sigstore_sandbox::loopback_client().map_err(unreachable)?;
    let answer = client
        .get(url)
        .query(&[("account", &args.account)])
        .send()
        .await
        .map_err(unreachable)?;
    if answer.status() == reqwest::StatusCode::NOT_FOUND {
        return Err(Failure::NoAccount(args.account.clone()));
    }
    let answer = answer.error_for_status().map_err(unreachable)?;
    answer.json().await.map_err(unreachable)
}
