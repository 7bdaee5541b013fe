//! The flags for the login of a signer.

use clap::{Args, ValueEnum};
use cpan_sigstore_keyless::login::Provider;

/// The signer and the way to log in.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Who signs")]
pub struct LoginArgs {
    /// Name that you sign as, such as author@example.com; a login with another name is an error
    #[arg(long, value_name = "NAME")]
    pub identity: Option<String>,
    /// Issuer of your name in the certificate, such as https://accounts.google.com; a login by another
    /// issuer is an error
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// Identity token, or a file with one; a file keeps it out of the process list
    #[arg(long, value_name = "TOKEN|FILE")]
    pub identity_token: Option<Hidden>,
    /// Account to log in with [default: chosen in the browser]
    #[arg(long, value_name = "NAME")]
    pub provider: Option<Account>,
    /// Log in on another device, by a code
    #[arg(long, conflicts_with = "out_of_band")]
    pub device: bool,
    /// Log in with any browser, and copy its code to this terminal
    #[arg(long)]
    pub out_of_band: bool,
    /// OpenID issuer to log in at [default: the instance's own]
    #[arg(long, value_name = "URL")]
    pub oidc_issuer: Option<String>,
    /// Client id at that issuer
    #[arg(long, value_name = "ID")]
    pub oidc_client_id: Option<String>,
    /// Confirmation that your name becomes public forever, and of each other question
    #[arg(long)]
    pub yes: bool,
}

/// A value of the command line that may be a secret.
#[derive(Clone)]
pub struct Hidden(pub String);

impl From<String> for Hidden {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[hidden]")
    }
}

/// An account of the public-good instance's login.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Account {
    /// A Google account
    Google,
    /// A GitHub account
    Github,
    /// A Microsoft account
    Microsoft,
}

impl From<Account> for Provider {
    fn from(account: Account) -> Self {
        match account {
            Account::Google => Self::Google,
            Account::Github => Self::GitHub,
            Account::Microsoft => Self::Microsoft,
        }
    }
}
