//! The provider's own state, in one SQLite file: the audit table, codes that were not redeemed yet, and the time of
//! each author's last mail.

mod attempts;
mod audit;
mod codes;
mod notices;

use std::{path::Path, time::Duration};

use jiff::Timestamp;
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions},
};

pub use attempts::{Attempt, Attempted, Limit, Limits, Pending};
pub use audit::{AuditEntry, Method, Outcome};
pub use codes::{Code, Grant};

/// The file of the state, below the provider's folder.
const FILE: &str = "state.sqlite";
/// Time to wait for another writer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Connections, each with a thread.
const CONNECTIONS: u32 = 4;

/// Why the state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The folder or file cannot be created.
    #[error("cannot use the state in {}: {source}", path.display())]
    File {
        /// The file or folder.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
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
        let path = folder.join(FILE);
        let failed = |source| StateError::File {
            path: path.clone(),
            source,
        };
        cpan_sigstore_files::create_private_folder(folder).map_err(failed)?;
        // The file holds networks of people: nobody else may read it, under any umask.
        if !path.try_exists().map_err(failed)? {
            cpan_sigstore_files::write_atomic(&path, b"").map_err(failed)?;
        }
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(PATIENCE);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .connect_with(options)
            .await?;
        sqlx::raw_sql(include_str!("schema.sql"))
            .execute(&pool)
            .await?;
        Ok(Self(pool))
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
