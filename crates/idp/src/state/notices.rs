//! The time of each author's last mail.

use cpan_sigstore_core::release::PauseId;
use jiff::{SignedDuration, Timestamp};

use super::{State, StateError};

/// Shortest time between two mails to an author.
const BETWEEN: SignedDuration = SignedDuration::from_hours(24);

impl State {
    /// Returns whether an author has got no mail for a day, and writes down that there is one now.
    ///
    /// # Errors
    /// [`StateError::Query`] if a query fails.
    pub async fn claim_notice(&self, author: &PauseId, now: Timestamp) -> Result<bool, StateError> {
        let before = now.saturating_sub(BETWEEN).unwrap_or(Timestamp::MIN);
        let claimed: Option<i64> = sqlx::query_scalar(
            "INSERT INTO notice (author, time) VALUES (?1, ?2) \
             ON CONFLICT (author) DO UPDATE SET time = ?2 WHERE time <= ?3 OR time > ?2 RETURNING time",
        )
        .bind(author.as_str())
        .bind(now.as_second())
        .bind(before.as_second())
        .fetch_optional(&self.0)
        .await?;
        Ok(claimed.is_some())
    }

    /// Takes back that an author has got a mail.
    ///
    /// # Errors
    /// [`StateError::Query`] if a query fails.
    pub async fn withdraw_notice(&self, author: &PauseId) -> Result<(), StateError> {
        sqlx::query("DELETE FROM notice WHERE author = ?1")
            .bind(author.as_str())
            .execute(&self.0)
            .await?;
        Ok(())
    }
}
