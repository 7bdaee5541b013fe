//! The state of a watch: for each author two texts that the monitor alone reads, and the alerts that wait for
//! delivery.
//!
//! Nothing here decides about a release. A record that a watch has seen is not known to the gate.

use std::collections::BTreeMap;

use cpan_sigstore_core::release::PauseId;
use jiff::Timestamp;
use sqlx::{AnyConnection, Row as _};

use super::{TrustStore, TrustStoreError};

/// The result of one check of an author.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// How far the checks have come.
    pub cursor: String,
    /// The known files.
    pub files: String,
    /// New alerts, in order.
    pub alerts: Vec<String>,
}

/// An alert that waits for delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingAlert {
    noted: i64,
    /// The author whom it concerns.
    pub author: String,
    /// The alert.
    pub text: String,
}

impl TrustStore {
    /// Returns how far the checks of all watched authors have come, by PAUSE id.
    ///
    /// # Errors
    /// [`TrustStoreError::Query`] if the store cannot be used.
    pub async fn watch_cursors(&self) -> Result<BTreeMap<String, String>, TrustStoreError> {
        let rows = sqlx::query("SELECT author, cursor FROM watched_author")
            .fetch_all(&self.pool)
            .await?;
        let read = |row: &sqlx::any::AnyRow| Ok((row.try_get("author")?, row.try_get("cursor")?));
        rows.iter().map(read).collect()
    }

    /// Returns the known files of a watched author.
    ///
    /// # Errors
    /// [`TrustStoreError::Query`] if the store cannot be used.
    pub async fn watched_files(&self, author: &PauseId) -> Result<Option<String>, TrustStoreError> {
        let row = sqlx::query("SELECT files FROM watched_author WHERE author = $1")
            .bind(author.as_str())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|row| row.try_get("files")).transpose()?)
    }

    /// Stores the result of a check that began with the files `before`, and its alerts. Returns whether it was
    /// stored: if another process has stored other files meanwhile, that one reports the changes.
    ///
    /// # Errors
    /// [`TrustStoreError::Query`] if the store cannot be used; then nothing was stored.
    pub async fn note_watched(
        &self,
        author: &PauseId,
        before: Option<&str>,
        watched: &Watched,
        now: Timestamp,
    ) -> Result<bool, TrustStoreError> {
        let mut transaction = self.pool.begin().await?;
        let query = match before {
            None => {
                "INSERT INTO watched_author (author, cursor, files) VALUES ($1, $2, $3) \
                 ON CONFLICT (author) DO NOTHING"
            }
            Some(_) => {
                "UPDATE watched_author SET cursor = $2, files = $3 WHERE author = $1 AND files = $4"
            }
        };
        let mut query = sqlx::query(query)
            .bind(author.as_str())
            .bind(&watched.cursor)
            .bind(&watched.files);
        if let Some(before) = before {
            query = query.bind(before);
        }
        if query.execute(&mut *transaction).await?.rows_affected() == 0 {
            return Ok(false);
        }
        let first = i64::try_from(now.as_nanosecond()).unwrap_or(i64::MAX);
        for (noted, alert) in (first..).zip(&watched.alerts) {
            insert_alert(&mut transaction, noted, author, alert).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Stores how far the checks of authors have come who needed none.
    ///
    /// # Errors
    /// [`TrustStoreError::Query`] if the store cannot be used; then nothing was stored.
    pub async fn move_watch_cursors(
        &self,
        cursors: &[(&PauseId, String)],
    ) -> Result<(), TrustStoreError> {
        let mut transaction = self.pool.begin().await?;
        for (author, cursor) in cursors {
            sqlx::query("UPDATE watched_author SET cursor = $2 WHERE author = $1")
                .bind(author.as_str())
                .bind(cursor)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Returns the number of alerts that wait for delivery.
    ///
    /// # Errors
    /// [`TrustStoreError::Query`] if the store cannot be used.
    pub async fn waiting_alerts(&self) -> Result<usize, TrustStoreError> {
        let row = sqlx::query("SELECT COUNT(*) AS alerts FROM watch_alert")
            .fetch_one(&self.pool)
            .await?;
        let count: i64 = row.try_get("alerts")?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// Returns the oldest alert that waits for delivery.
    ///
    /// # Errors
    /// [`TrustStoreError::Query`] if the store cannot be used.
    pub async fn oldest_alert(&self) -> Result<Option<WaitingAlert>, TrustStoreError> {
        let row = sqlx::query("SELECT * FROM watch_alert ORDER BY noted, author LIMIT 1")
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| {
            Ok(WaitingAlert {
                noted: row.try_get("noted")?,
                author: row.try_get("author")?,
                text: row.try_get("alert")?,
            })
        })
        .transpose()
    }

    /// Removes an alert that was delivered.
    ///
    /// # Errors
    /// [`TrustStoreError::Query`] if the store cannot be used.
    pub async fn remove_alert(&self, alert: &WaitingAlert) -> Result<(), TrustStoreError> {
        sqlx::query("DELETE FROM watch_alert WHERE noted = $1 AND author = $2")
            .bind(alert.noted)
            .bind(&alert.author)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

async fn insert_alert(
    connection: &mut AnyConnection,
    noted: i64,
    author: &PauseId,
    alert: &str,
) -> Result<(), TrustStoreError> {
    sqlx::query("INSERT INTO watch_alert (noted, author, alert) VALUES ($1, $2, $3)")
        .bind(noted)
        .bind(author.as_str())
        .bind(alert)
        .execute(connection)
        .await?;
    Ok(())
}
