//! A scripted person at a browser: reads the login page, clicks, follows the redirects.

use reqwest::{Response, StatusCode, header};
use url::Url;

/// The button to click.
#[derive(Clone, Copy, Debug)]
pub enum Click<'a> {
    /// The button of this account.
    Account(&'a str),
    /// The button that denies the login.
    Deny,
}

/// The page at the end.
#[derive(Clone, Debug)]
pub struct LastPage {
    pub status: u16,
    pub html: String,
}

impl LastPage {
    /// Returns the code of an out-of-band login.
    pub fn code(&self) -> Option<&str> {
        between(&self.html, "<code>", "</code>")
    }
}

/// Error of a scripted login.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// A page cannot be fetched.
    #[error("cannot fetch a page")]
    Http(#[from] reqwest::Error),
    /// An address is not a URL.
    #[error("invalid address: expected a URL, found `{0}`")]
    Address(String),
    /// The page has no such button.
    #[error("no button for `{account}` on the page with status {status}: {html}")]
    NoButton {
        /// The account.
        account: String,
        status: u16,
        html: String,
    },
}

/// Opens `address` (an authorization URL, or the page of a device login with its code), clicks, and
/// follows the redirects to the waiting program.
///
/// # Errors
/// [`BrowserError`] if a page cannot be fetched or has no such button.
pub async fn visit(address: &str, click: Click<'_>) -> Result<LastPage, BrowserError> {
    let client = crate::http::loopback().build()?;
    let mut url = parse(address)?;
    let page = read(client.get(url.clone()).send().await?).await?;
    let mut response = client
        .post(url.clone())
        .form(&form(&page, click)?)
        .send()
        .await?;
    while response.status() == StatusCode::SEE_OTHER {
        url = target(&url, &response)?;
        response = client.get(url.clone()).send().await?;
    }
    read(response).await
}

/// Returns the fields that the click sends, from the page.
fn form<'a>(page: &'a LastPage, click: Click<'a>) -> Result<[(&'a str, &'a str); 2], BrowserError> {
    let (button, marker) = match click {
        Click::Account(id) => (("account", id), format!("name=\"account\" value=\"{id}\"")),
        Click::Deny => (("deny", "yes"), "name=\"deny\"".to_owned()),
    };
    let hidden = between(&page.html, "<input type=\"hidden\" name=\"", "\">")
        .and_then(|field| field.split_once("\" value=\""))
        .filter(|_| page.html.contains(&marker));
    hidden
        .map(|hidden| [hidden, button])
        .ok_or_else(|| BrowserError::NoButton {
            account: button.1.to_owned(),
            status: page.status,
            html: page.html.clone(),
        })
}

fn target(from: &Url, response: &Response) -> Result<Url, BrowserError> {
    let location = response
        .headers()
        .get(header::LOCATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    from.join(location)
        .map_err(|_| BrowserError::Address(location.to_owned()))
}

async fn read(response: Response) -> Result<LastPage, BrowserError> {
    Ok(LastPage {
        status: response.status().as_u16(),
        html: response.text().await?,
    })
}

fn parse(address: &str) -> Result<Url, BrowserError> {
    Url::parse(address).map_err(|_| BrowserError::Address(address.to_owned()))
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let from = text.find(start)? + start.len();
    let length = text[from..].find(end)?;
    Some(&text[from..from + length])
}
