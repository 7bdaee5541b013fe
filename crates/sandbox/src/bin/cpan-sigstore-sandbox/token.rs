//! `cpan-sigstore-sandbox token`.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use crate::Failure;

/// Arguments for printing a token.
#[derive(clap::Args)]
pub(crate) struct TokenArgs {
    /// Account, such as `author`
    #[arg(long = "as", value_name = "ACCOUNT", env = "SANDBOX_ACCOUNT")]
    account: String,
    /// Address of the sandbox
    #[arg(long, value_name = "URL", env = "SANDBOX_URL")]
    sandbox: String,
}

pub(crate) fn run(args: &TokenArgs) -> Result<ExitCode, Failure> {
    let token = crate::runtime()?.block_on(fetch(args))?;
    let mut stdout = std::io::stdout();
    // A file gets only the token: some programs read a newline as a part of it.
    let end = if stdout.is_terminal() { "\n" } else { "" };
    write!(stdout, "{token}{end}").map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

async fn fetch(args: &TokenArgs) -> Result<String, Failure> {
    let url = format!("{}/sandbox/token", args.sandbox);
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
    answer.text().await.map_err(unreachable)
}
