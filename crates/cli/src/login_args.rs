//! The flags that say who signs, and how the identity is proved.

use std::path::Path;

use clap::Args;
use cpan_sigstore_sigstore::{login::IdentityToken, trust::Instance};

use crate::{failure::Failure, terminal::Terminal};

/// Largest file with a token that is read, in bytes.
const TOKEN_LIMIT: u64 = 64 * 1024;

/// Who signs.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Who signs")]
pub struct LoginArgs {
    /// Who you mean to be, for example author@example.com; a login as anybody else is an error
    #[arg(long, value_name = "NAME")]
    pub identity: Option<String>,
    /// An identity token, or a file with one (a file keeps it out of the list of processes)
    #[arg(long, value_name = "TOKEN|FILE")]
    pub identity_token: Option<String>,
}

impl LoginArgs {
    /// The identity token: given, from the environment, or by a login.
    pub async fn token(
        &self,
        _instance: &Instance,
        _oidc_issuer: Option<&str>,
        _terminal: &Terminal,
    ) -> Result<IdentityToken, Failure> {
        match &self.identity_token {
            Some(given) => given_token(given),
            None => Err(Failure::Usage("login".into())),
        }
    }
}

/// A token from the command line: itself, or the file that holds it.
fn given_token(given: &str) -> Result<IdentityToken, Failure> {
    use std::io::Read as _;
    // A token has two dots and no slash; a path that looks so too is no path anybody has.
    let Ok(file) = std::fs::File::open(Path::new(given)) else {
        return Ok(IdentityToken::from_jwt(given)?);
    };
    let mut text = String::new();
    file.take(TOKEN_LIMIT)
        .read_to_string(&mut text)
        .map_err(Failure::read(given))?;
    Ok(IdentityToken::from_jwt(&text)?)
}
