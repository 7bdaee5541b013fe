//! A login by a person at an OpenID provider: OpenID Connect Core 1.0, authorization code flow with
//! PKCE (RFC 7636) and a loopback redirect (RFC 8252), or device flow (RFC 8628).

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
use code_flow::Return;
use cpan_sigstore_http::Http;
use provider::OpenIdProvider;

/// A way to log in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flow {
    /// [`Flow::Browser`] where there is a display; elsewhere [`Flow::Device`], or
    /// [`Flow::OutOfBand`] at a provider without it.
    #[default]
    Auto,
    /// The browser on this machine, which comes back by itself.
    Browser,
    /// A browser elsewhere, into which a code is entered.
    Device,
    /// A browser elsewhere, which shows a code to be entered here.
    OutOfBand,
}

/// An account to log in with, where the provider offers several (Dex's `connector_id`).
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
    /// The name by which Sigstore's own login knows it; also the issuer in the certificate.
    pub fn connector_id(self) -> &'static str {
        match self {
            Self::GitHub => "https://github.com/login/oauth",
            Self::Google => "https://accounts.google.com",
            Self::Microsoft => "https://login.microsoftonline.com",
        }
    }
}

/// How to log in.
#[derive(Debug)]
pub struct LoginOptions<'a> {
    /// The provider's address, exactly as it calls itself.
    pub issuer: &'a str,
    /// The client that logs in; `sigstore` unless the provider was set up otherwise.
    pub client_id: &'a str,
    /// Which account, to skip the page that asks.
    pub provider: Option<Provider>,
    /// The way.
    pub flow: Flow,
    /// How long to wait for the person. Reading a code from the terminal does not count.
    pub patience: Duration,
    /// The clock against which the token's expiry is checked.
    pub clock: fn() -> Timestamp,
    /// Says whether there is a display, and which browser.
    pub env: &'a Env,
}

/// What a login has to say to the person, and to ask.
pub trait Prompt {
    /// The browser is being opened at this address; should it not open, the person can go there.
    fn show_url(&mut self, url: &str);
    /// The person has to open `page` on any device and enter `code`; `complete` is the page with the
    /// code already in it, where the provider has one.
    fn show_device_code(&mut self, page: &str, complete: Option<&str>, code: &str);
    /// The person has to open this address on any device, and enter here the code that it shows.
    ///
    /// # Errors
    /// Where nothing can be read.
    fn ask_code(&mut self, url: &str) -> io::Result<String>;
}

/// Logs a person in and returns the identity token, which was verified: signature, issuer, audience,
/// nonce, and expiry; if it has an e-mail address, that the provider has verified it; and that it is
/// of the account that was asked for.
///
/// # Errors
/// Every way in which there is no such token.
pub async fn interactive(
    http: &Http,
    options: &LoginOptions<'_>,
    prompt: &mut dyn Prompt,
) -> Result<IdentityToken, LoginError> {
    let login = async {
        let provider = OpenIdProvider::discover(http, options.issuer, options.client_id).await?;
        match way(options, &provider) {
            Flow::Device => device_flow::run(&provider, options, prompt).await,
            Flow::OutOfBand => code_flow::run(&provider, options, prompt, Return::ByHand).await,
            Flow::Auto | Flow::Browser => {
                code_flow::run(&provider, options, prompt, Return::ByBrowser).await
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

/// Not every way in can be told the account: the page of a device login asks for it.
fn check_account(token: &IdentityToken, asked: Option<Provider>) -> Result<(), LoginError> {
    let found = token.certified_issuer();
    match asked.map(Provider::connector_id) {
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
