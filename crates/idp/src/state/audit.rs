//! The audit table: one row for each attempt to log in.

use cpan_sigstore_core::release::PauseId;
use jiff::Timestamp;
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{State, StateError};

/// How somebody proved to be an author.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A password on the page.
    Page,
    /// A password without a browser.
    Password,
    /// A token.
    Token,
}

/// The end of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has no end yet. It is a failure if the provider stopped meanwhile.
    Pending,
    /// The credentials are wrong, or the account is unknown.
    Wrong,
    /// The credentials are right, and the account gets no tokens.
    Refused,
    /// The browser got a code.
    Code,
    /// A token was issued.
    Issued,
}

/// A row of the audit table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// The time.
    pub time: Timestamp,
    /// The author; none if the text was no PAUSE id.
    pub author: Option<String>,
    /// The address of the request.
    pub address: String,
    /// The client.
    pub client: String,
    /// The method.
    pub method: String,
    /// The end.
    pub outcome: String,
    /// The key that signed the token.
    pub key: Option<String>,
}

impl Method {
    /// Returns its name in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Password => "password",
            Self::Token => "token",
        }
    }
}

impl Outcome {
    /// Returns its name in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Wrong => "wrong",
            Self::Refused => "refused",
            Self::Code => "code",
            Self::Issued => "issued",
        }
    }
}

impl State {
    /// Returns the newest rows of the audit table, of one author if any.
    ///
    /// # Errors
    /// [`StateError::Query`] if a query fails.
    pub async fn audit(
        &self,
        author: Option<&PauseId>,
        most: u32,
    ) -> Result<Vec<AuditEntry>, StateError> {
        let rows = sqlx::query(
            "SELECT time, author, address, client, method, outcome, key FROM audit \
             WHERE ?1 IS NULL OR author = ?1 ORDER BY id DESC LIMIT ?2",
        )
        .bind(author.map(PauseId::as_str))
        .bind(most)
        .fetch_all(&self.0)
        .await?;
        rows.iter().map(entry).collect()
    }
}

fn entry(row: &SqliteRow) -> Result<AuditEntry, StateError> {
    Ok(AuditEntry {
        time: Timestamp::from_second(row.try_get("time")?).unwrap_or(Timestamp::UNIX_EPOCH),
        author: row.try_get("author")?,
        address: row.try_get("address")?,
        client: row.try_get("client")?,
        method: row.try_get("method")?,
        outcome: row.try_get("outcome")?,
        key: row.try_get("key")?,
    })
}
