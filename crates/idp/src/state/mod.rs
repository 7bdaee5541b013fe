//! The provider's own state, in one SQLite file: the audit table, codes that were not redeemed yet, and the time of
//! each author's last mail.

mod attempts;
mod audit;
mod codes;
mod notices;

use std::path::Path;

use jiff::Timestamp;
use sqlx::SqlitePool;

use crate::database::{self, OpenError};

pub use attempts::{Attempt, Attempted, Limit, Limits, Pending};
pub use audit::{AuditEntry, Method, Outcome};
pub use codes::{Code, Grant};

/// The file of the state, below the provider's folder.
const FILE: &str = "state.sqlite";

/// Why the state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A query failed.
    #[error("cannot read or write the state: {0}")]
    Query(#[from] sqlx::Error),
    /// The system has no random bytes.
    #[error("cannot get random bytes from the system")]
    Randomness,
}

/// The state. Clones are the same.
#[derive(Clone)]
pub struct State(SqlitePool);

impl State {
    /// Opens the state below a folder, and creates it if there is none.
    ///
    /// # Errors
    /// [`StateError`] if it cannot be opened.
    pub async fn open(folder: &Path) -> Result<Self, StateError> {
        Ok(Self(
            database::open(&folder.join(FILE), include_str!("schema.sql")).await?,
        ))
    }

    /// Removes codes that have expired, and audit entries from before `keep_from`.
    ///
    /// # Errors
    /// [`StateError::Query`] if a query fails.
    pub async fn clean(&self, now: Timestamp, keep_from: Timestamp) -> Result<(), StateError> {
        sqlx::query("DELETE FROM code WHERE expires <= ?1")
            .bind(now.as_second())
            .execute(&self.0)
            .await?;
        sqlx::query("DELETE FROM audit WHERE time < ?1")
            .bind(keep_from.as_second())
            .execute(&self.0)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
