//! `cpan-sigstore-sandbox browser`, a BROWSER for scripts.

use std::process::ExitCode;

use cpan_sigstore_sandbox::oidc::browser::{Click, visit};

use crate::Failure;

/// Arguments of a scripted login.
#[derive(clap::Args)]
pub(crate) struct BrowserArgs {
    /// Address of the login page.
    url: String,
    /// Account whose button is clicked.
    #[arg(long = "as", value_name = "ACCOUNT", env = "SANDBOX_ACCOUNT")]
    account: String,
}

pub(crate) fn run(args: &BrowserArgs) -> Result<ExitCode, Failure> {
    let click = Click::Account(&args.account);
    let page = crate::runtime()?.block_on(visit(&args.url, click))?;
    if page.status >= 400 {
        return Err(Failure::LoginRefused(page.status));
    }
    if let Some(code) = page.code() {
        // The text that a person would copy from the page.
        println!("{code}");
    }
    Ok(ExitCode::SUCCESS)
}
