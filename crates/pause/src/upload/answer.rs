//! The meaning of PAUSE's response to an upload. A status of 200 alone means nothing.

use cpan_sigstore_core::text::printable;
use cpan_sigstore_http::Answer;
use serde_json::Value;

use super::{Outcome, Outgoing, UploadError};
use crate::credentials::Credentials;

/// What the form's page says when the upload is in the queue.
const SUCCEEDED: &str = "Query succeeded";
/// What it says of a name that is taken: that PAUSE "doesn't let you upload a file twice". The
/// apostrophe may be written as an entity.
const TWICE: &str = "let you upload a file twice";
/// Where it says what it does not like.
const COMPLAINT: &str = r#"class="error_message""#;

/// A field of the form for a new password, which PAUSE shows in place of every page.
const NEW_PASSWORD: &str = r#"name="pause99_change_passwd_pw1""#;

/// Longest word of PAUSE's that is repeated, in characters.
const SAID_LIMIT: usize = 300;

pub(super) fn read(
    answer: &Answer,
    file: &Outgoing,
    credentials: &Credentials,
) -> Result<Outcome, UploadError> {
    let text = String::from_utf8_lossy(&answer.body);
    let reply = if credentials.is_token() {
        Reply::by_api(answer.status, &text)
    } else {
        Reply::by_form(answer.status, &text)
    };
    let name = file.name.clone();
    let user = credentials.user().clone();
    let reply = reply.without_secrets_of(credentials);
    match reply {
        Reply::Accepted => Ok(Outcome::Accepted),
        Reply::NameTaken => Ok(Outcome::NameTaken),
        Reply::NotYou(_) if !credentials.is_token() => Err(UploadError::Password(user)),
        Reply::NotYou(said) => Err(UploadError::Token { user, said }),
        Reply::Other(said) if answer.is_success() => Err(UploadError::NotConfirmed { name, said }),
        Reply::Other(said) => Err(UploadError::Refused {
            name,
            status: answer.status,
            said,
        }),
    }
}

/// Reads the page with the upload form. A status of 200 alone does not mean that the account can upload.
pub(super) fn check_account(answer: &Answer, credentials: &Credentials) -> Result<(), UploadError> {
    let user = credentials.user().clone();
    let page = String::from_utf8_lossy(&answer.body);
    if answer.status == 401 {
        Err(UploadError::Password(user))
    } else if page.contains(NEW_PASSWORD) {
        Err(UploadError::PasswordChange(user))
    } else if page.contains(COMPLAINT) {
        let said = credentials.redact(&complaint(&page));
        Err(UploadError::Account { user, said })
    } else {
        Ok(())
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Reply {
    Accepted,
    NameTaken,
    NotYou(String),
    Other(String),
}

impl Reply {
    /// The same, should PAUSE have repeated the secret that it was sent.
    fn without_secrets_of(self, credentials: &Credentials) -> Self {
        match self {
            Self::NotYou(said) => Self::NotYou(credentials.redact(&said)),
            Self::Other(said) => Self::Other(credentials.redact(&said)),
            other => other,
        }
    }

    /// By the page that the form leads to.
    fn by_form(status: u16, page: &str) -> Self {
        match status {
            // Both have to be: a page with a complaint may quote anything.
            200 if page.contains(SUCCEEDED) && !page.contains(COMPLAINT) => Self::Accepted,
            401 => Self::NotYou(String::new()),
            409 if text(page).contains(TWICE) => Self::NameTaken,
            _ => Self::Other(complaint(page)),
        }
    }

    /// By the JSON of the interface for tokens.
    fn by_api(status: u16, body: &str) -> Self {
        let json: Value = serde_json::from_str(body).unwrap_or_default();
        let error = match &json["error"] {
            Value::String(error) => error.clone(),
            Value::Array(errors) => {
                let errors: Vec<_> = errors.iter().filter_map(Value::as_str).collect();
                errors.join("; ")
            }
            _ => String::new(),
        };
        match status {
            200 if json["result"] == "Upload succeeded" && json["error"].is_null() => {
                Self::Accepted
            }
            409 if error == "Duplicated" => Self::NameTaken,
            400 | 401 | 403 if error.to_lowercase().contains("token") => Self::NotYou(said(&error)),
            _ if error.is_empty() => Self::Other(complaint(body)),
            _ => Self::Other(said(&error)),
        }
    }
}

/// What a page complains of, or how it begins, without its markup.
fn complaint(page: &str) -> String {
    let start = page.find(COMPLAINT).map_or(0, |at| at + COMPLAINT.len());
    let page = &page[start..];
    let page = match page.split_once('>') {
        Some((_, inner)) if start > 0 => inner.split("</p>").next().unwrap_or_default(),
        _ => page.split("<body").last().unwrap_or_default(),
    };
    said(&text(page))
}

/// A page without its markup, with one blank between words.
fn text(page: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    for c in page.chars() {
        match c {
            '<' => in_tag = true,
            '>' => {
                in_tag = false;
                text.push(' ');
            }
            _ if !in_tag => text.push(c),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn said(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let said: String = printable(&words.join(" "))
        .chars()
        .take(SAID_LIMIT)
        .collect();
    if said.is_empty() {
        "nothing".to_owned()
    } else {
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_of_200_alone_is_no_success() {
        let page = "<html><body><p>Menu</p></body></html>";
        assert_eq!(Reply::by_form(200, page), Reply::Other("Menu".into()));
        assert_eq!(Reply::by_form(200, ""), Reply::Other("nothing".into()));
        let page = r#"<p>Query succeeded</p><p class="error_message">no <b>CHECKSUMS</b> here</p><p>x</p>"#;
        assert_eq!(
            Reply::by_form(200, page),
            Reply::Other("no CHECKSUMS here".into())
        );
        assert_eq!(
            Reply::by_form(200, "<p>Query succeeded. Thank you</p>"),
            Reply::Accepted
        );
        assert_eq!(Reply::by_api(200, "{}"), Reply::Other("{}".into()));
        assert_eq!(
            Reply::by_api(200, r#"{"result":"Upload succeeded"}"#),
            Reply::Accepted
        );
    }

    #[test]
    fn a_conflict_of_something_else_is_no_taken_name() {
        assert!(matches!(Reply::by_form(409, "busy"), Reply::Other(_)));
        let page = "<p>PAUSE <b>doesn&#39;t let you\n upload a file twice</b>.</p>";
        assert_eq!(Reply::by_form(409, page), Reply::NameTaken);
        assert!(matches!(
            Reply::by_api(409, r#"{"error":"Busy"}"#),
            Reply::Other(_)
        ));
        assert_eq!(
            Reply::by_api(409, r#"{"error":"Duplicated"}"#),
            Reply::NameTaken
        );
    }

    #[test]
    fn a_token_that_is_refused_is_told_from_other_errors() {
        let invalid = r#"{"error":["Invalid token"]}"#;
        assert_eq!(
            Reply::by_api(400, invalid),
            Reply::NotYou("Invalid token".into())
        );
        assert!(matches!(
            Reply::by_api(400, r#"{"error":"no file"}"#),
            Reply::Other(_)
        ));
    }
}
