//! The flags that say who signs, and how the identity is proved.

use std::{io::Read as _, path::Path, time::Duration};

use clap::{Args, ValueEnum};
use cpan_sigstore_http::Http;
use cpan_sigstore_keyless::{
    login::{Env, Flow, IdentityToken, LoginOptions, Prompt, Provider, ambient, interactive},
    trust::Instance,
};
use jiff::Timestamp;

use crate::{consent, failure::Failure, terminal::Terminal};

/// Largest file with a token that is read, in bytes.
const TOKEN_LIMIT: u64 = 64 * 1024;
/// Longest line that is read from the terminal, in bytes.
const LINE_LIMIT: u64 = 4096;
/// How long a person may take to log in.
const PATIENCE: Duration = Duration::from_secs(600);
/// The client id at a provider that was set up for Sigstore.
const CLIENT_ID: &str = "sigstore";

/// Who signs.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Who signs")]
pub struct LoginArgs {
    /// Who you mean to be, for example author@example.com; a login as anybody else is an error
    #[arg(long, value_name = "NAME")]
    pub identity: Option<String>,
    /// The provider that has to vouch for your name, as the certificate states it, for example
    /// https://accounts.google.com; a login that it does not vouch for is an error
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// An identity token, or a file with one (a file keeps it out of the list of processes)
    #[arg(long, value_name = "TOKEN|FILE")]
    pub identity_token: Option<Hidden>,
    /// Log in with this account, without being asked which
    #[arg(long, value_name = "NAME")]
    pub provider: Option<Account>,
    /// Log in on another device, by a code
    #[arg(long, conflicts_with = "out_of_band")]
    pub device: bool,
    /// Log in in any browser, and copy the code that it shows to here
    #[arg(long)]
    pub out_of_band: bool,
    /// The OpenID issuer to log in at, instead of the instance's own
    #[arg(long, value_name = "URL")]
    pub oidc_issuer: Option<String>,
    /// The client id at that issuer
    #[arg(long, value_name = "ID")]
    pub oidc_client_id: Option<String>,
    /// Agree that the name becomes public for ever, without being asked
    #[arg(long)]
    pub yes: bool,
}

/// A value of the command line that may be a secret.
#[derive(Clone)]
pub struct Hidden(String);

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

impl LoginArgs {
    /// The identity token: given, else what the environment offers, else by a login.
    ///
    /// `stated_issuer` is the one of the signing configuration.
    pub async fn token(
        &self,
        instance: &Instance,
        stated_issuer: Option<&str>,
        terminal: &Terminal,
    ) -> Result<IdentityToken, Failure> {
        let client_id = self
            .oidc_client_id
            .as_deref()
            .or(instance.oidc_client_id.as_deref())
            .unwrap_or(CLIENT_ID);
        let env = Env::process();
        let offered = match &self.identity_token {
            Some(given) => Some(given_token(&given.0)?),
            // Who says how to log in does not mean the token that happens to be there.
            None if self.asks_for_login() => None,
            None => ambient(&env).await?,
        };
        if let Some(token) = offered {
            let token = token.for_audience(client_id);
            token.check(Timestamp::now())?;
            return Ok(token);
        }
        let issuer = self
            .oidc_issuer
            .as_deref()
            .or(instance.oidc_issuer.as_deref())
            .or(stated_issuer)
            .ok_or(Failure::NoIssuer)?;
        consent::ask(terminal, self.yes)?;
        let http = Http::for_urls([issuer])?;
        let options = LoginOptions {
            issuer,
            client_id,
            provider: self.provider.map(Provider::from),
            flow: self.flow(),
            patience: PATIENCE,
            clock: Timestamp::now,
            env: &env,
        };
        Ok(interactive(&http, &options, &mut TerminalPrompt { terminal }).await?)
    }

    fn asks_for_login(&self) -> bool {
        self.provider.is_some() || self.device || self.out_of_band || self.oidc_issuer.is_some()
    }

    fn flow(&self) -> Flow {
        match (self.device, self.out_of_band) {
            (true, _) => Flow::Device,
            (_, true) => Flow::OutOfBand,
            _ => Flow::Auto,
        }
    }
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

/// A token from the command line: itself, or the file that holds it.
fn given_token(given: &str) -> Result<IdentityToken, Failure> {
    // What was given is never shown: it may be a token with a slip.
    let failed = |source| Failure::System {
        what: "cannot read the file that `--identity-token` names",
        source,
    };
    let file = match std::fs::File::open(Path::new(given)) {
        Ok(file) => file,
        // A token has two dots; with a slash, or fewer dots, it was meant as a file.
        Err(error) if given.contains('/') || given.matches('.').count() != 2 => {
            return Err(failed(error));
        }
        Err(_) => return Ok(IdentityToken::from_jwt(given)?),
    };
    let mut text = Vec::new();
    file.take(TOKEN_LIMIT)
        .read_to_end(&mut text)
        .map_err(failed)?;
    Ok(IdentityToken::from_jwt(&String::from_utf8_lossy(&text))?)
}

/// What a login says and asks, on the terminal.
struct TerminalPrompt<'a> {
    terminal: &'a Terminal,
}

impl Prompt for TerminalPrompt<'_> {
    fn show_url(&mut self, url: &str) {
        self.terminal
            .say("Your browser opens to log you in. If it does not, open this address:");
        self.terminal.say(&format!("  {url}"));
    }

    fn show_device_code(&mut self, page: &str, complete: Option<&str>, code: &str) {
        self.terminal
            .say("Open this address on any device and enter the code:");
        self.terminal.say(&format!("  {page}"));
        self.terminal.say(&format!("  code: {code}"));
        if let Some(complete) = complete {
            self.terminal
                .say(&format!("or, with the code in it: {complete}"));
        }
    }

    fn ask_code(&mut self, url: &str) -> std::io::Result<String> {
        self.terminal
            .say("Open this address in any browser and log in:");
        self.terminal.say(&format!("  {url}"));
        self.terminal
            .ask("Then enter the code that it shows:", LINE_LIMIT)?
            .ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
    }
}
