//! The newest date of a package index; an older one is a rollback.

use jiff::Timestamp;
use sqlx::Row as _;

use super::{TrustStore, TrustStoreError, rows::timestamp};

impl TrustStore {
    /// Returns the newest date of a package index, by the CPAN's address.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the store cannot be used.
    pub async fn index_date(&self, cpan: &str) -> Result<Option<Timestamp>, TrustStoreError> {
        let row = sqlx::query("SELECT dated FROM index_seen WHERE cpan = $1")
            .bind(cpan)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| timestamp(&row, "dated")).transpose()
    }

    /// Remembers the date of an index, in whole seconds, and returns the newest date. It is later than the given one if
    /// any process has seen a newer index.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the store cannot be used; then nothing was remembered.
    pub async fn note_index_date(
        &self,
        cpan: &str,
        dated: Timestamp,
        now: Timestamp,
    ) -> Result<Timestamp, TrustStoreError> {
        if cpan.len() > super::TEXT_LIMIT {
            return Err(TrustStoreError::TooLong {
                what: "an address",
                limit: super::TEXT_LIMIT,
                found: cpan.len(),
            });
        }
        let row = sqlx::query(
            "INSERT INTO index_seen (cpan, dated, seen) VALUES ($1, $2, $3) \
             ON CONFLICT (cpan) DO UPDATE SET \
             seen = CASE WHEN excluded.dated > index_seen.dated THEN excluded.seen ELSE index_seen.seen END, \
             dated = CASE WHEN excluded.dated > index_seen.dated THEN excluded.dated ELSE index_seen.dated END \
             RETURNING dated",
        )
        .bind(cpan)
        .bind(dated.as_second())
        .bind(now.as_second())
        .fetch_one(&self.pool)
        .await?;
        Ok(Timestamp::from_second(row.try_get("dated")?).unwrap_or(dated))
    }
}
