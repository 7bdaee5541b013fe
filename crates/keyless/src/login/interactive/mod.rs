//! A login by a person at an OpenID provider, by OpenID Connect Core 1.0. The authorization code
//! flow uses PKCE (RFC 7636) and a loopback redirect (RFC 8252). The device flow is RFC 8628.

mod browser;
mod callback;
mod code_flow;
mod device_flow;
mod id_token;
mod page;
mod provider;
mod transport;

use std::{io, time::Duration};

use jiff::Timestamp;
use tokio::time::timeout;

use super::{Env, IdentityToken, LoginError};
pub use browser::BrowserFailure;
use code_flow::CodeDelivery;
use cpan_sigstore_http::Http;
use provider::OpenIdProvider;

/// How the person logs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flow {
    /// [`Flow::Browser`] on a machine with a display. Elsewhere [`Flow::Device`], or
    /// [`Flow::OutOfBand`] if the provider has no device login.
    #[default]
    Auto,
    /// A browser on this machine, which returns by itself.
    Browser,
    /// A browser elsewhere, in which the person enters a code.
    Device,
    /// A browser elsewhere, which shows a code that the person enters here.
    OutOfBand,
}

/// An account to log in with, if the provider offers several (Dex's `connector_id`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// github.com.
    GitHub,
    /// A Google account.
    Google,
    /// A Microsoft account.
    Microsoft,
}

impl Provider {
    /// Returns the name that Sigstore's own login (Dex) uses, which is also the issuer in the
    /// certificate.
    pub fn connector_id(self) -> &'static str {
        match self {
            Self::GitHub => "https://github.com/login/oauth",
            Self::Google => "https://accounts.google.com",
            Self::Microsoft => "https://login.microsoftonline.com",
        }
    }
}

/// Options of a login.
#[derive(Debug)]
pub struct LoginOptions<'a> {
    /// Address of the provider, exactly as it names itself.
    pub issuer: &'a str,
    /// Client that logs in; `sigstore` unless the provider is configured for another.
    pub client_id: &'a str,
    /// Account to use, which skips the page that asks for one.
    pub provider: Option<Provider>,
    /// How the person logs in.
    pub flow: Flow,
    /// Longest time to wait for the person. It does not limit reading a code from the terminal.
    pub patience: Duration,
    /// Clock for the token's expiry.
    pub clock: fn() -> Timestamp,
    /// Environment, which determines display and browser.
    pub env: &'a Env,
}

/// The dialogue with the person.
pub trait Prompt {
    /// Shows the address at which the browser opens, in case it does not open.
    fn show_url(&mut self, url: &str);
    /// Shows why no browser opens at that address, which the person can still open by hand.
    fn show_browser_failure(&mut self, failure: &BrowserFailure);
    /// Asks the person to open `page` on any device and to enter `code`. `complete` is the page
    /// with the code already entered, if the provider has one.
    fn show_device_code(&mut self, page: &str, complete: Option<&str>, code: &str);
    /// Asks the person to open an address on any device, and to enter here the code that it shows.
    ///
    /// # Errors
    /// If the code cannot be read.
    fn ask_code(&mut self, url: &str) -> io::Result<String>;
}

/// Logs a person in and returns the verified identity token.
///
/// Signature, issuer, audience, nonce, expiry and account are checked. If the token has an e-mail
/// address, the provider must have verified it.
///
/// # Errors
/// [`LoginError`], for every way in which a login can fail.
pub async fn interactive(
    http: &Http,
    options: &LoginOptions<'_>,
    prompt: &mut dyn Prompt,
) -> Result<IdentityToken, LoginError> {
    let login = async {
        let provider = OpenIdProvider::discover(http, options.issuer, options.client_id).await?;
        match way(options, &provider) {
            Flow::Device => device_flow::run(&provider, options, prompt).await,
            Flow::OutOfBand => {
                code_flow::run(&provider, options, prompt, CodeDelivery::Manual).await
            }
            Flow::Auto | Flow::Browser => {
                code_flow::run(&provider, options, prompt, CodeDelivery::Browser).await
            }
        }
    };
    let token = timeout(options.patience, login)
        .await
        .map_err(|_| LoginError::TimedOut(options.patience))??;
    token.check((options.clock)())?;
    check_account(&token, options.provider)?;
    Ok(token)
}

/// Checks the account. A device login cannot request one: its page asks for it.
fn check_account(token: &IdentityToken, requested: Option<Provider>) -> Result<(), LoginError> {
    let found = token.certified_issuer();
    match requested.map(Provider::connector_id) {
        Some(expected) if expected != found => Err(LoginError::WrongIssuer {
            expected: expected.to_owned(),
            found: found.to_owned(),
        }),
        _ => Ok(()),
    }
}

fn way(options: &LoginOptions<'_>, provider: &OpenIdProvider<'_>) -> Flow {
    match options.flow {
        Flow::Auto if browser::has_display(options.env) => Flow::Browser,
        Flow::Auto if provider.has_device_flow() => Flow::Device,
        Flow::Auto => Flow::OutOfBand,
        chosen => chosen,
    }
}
