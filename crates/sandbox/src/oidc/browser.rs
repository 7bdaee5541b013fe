//! A person at a browser, scripted: reads the login page, clicks, follows the way back.

use reqwest::{Response, StatusCode, header};
use url::Url;

/// What the person clicks.
#[derive(Clone, Copy, Debug)]
pub enum Click<'a> {
    /// The button of this account.
    Account(&'a str),
    /// The button that refuses.
    Deny,
}

/// The page the person sees at the end.
#[derive(Clone, Debug)]
pub struct LastPage {
    /// Its HTTP status.
    pub status: u16,
    /// Its HTML.
    pub html: String,
}

impl LastPage {
    /// The code that an out-of-band login shows.
    pub fn code(&self) -> Option<&str> {
        between(&self.html, "<code>", "</code>")
    }
}

/// Why the browser could not finish.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// A page could not be fetched.
    #[error("expected a page from the browser's address, but the request failed")]
    Http(#[from] reqwest::Error),
    /// An address is not a URL.
    #[error("expected a URL, found `{0}`")]
    Address(String),
    /// The page is not the login page.
    #[error("expected a login page with a button for `{account}`, found status {status}: {html}")]
    NoButton {
        /// What was to be clicked.
        account: String,
        /// The page's HTTP status.
        status: u16,
        /// The page.
        html: String,
    },
}

/// Opens `address` (an authorization URL, or the page of a device login with its code), clicks,
/// and follows the redirects, at the end to the listener of the program that waits.
///
/// # Errors
/// When a page is not to be had, or has no such button.
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

/// The fields that the click sends, read from the page.
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
