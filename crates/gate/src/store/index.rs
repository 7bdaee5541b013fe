//! The newest date of a package index; an older one is a rollback.

use jiff::Timestamp;
use sqlx::{Row as _, any::AnyRow};

use super::{
    PackageIndexDate, TrustStore, TrustStoreError,
    rows::{maybe_timestamp, timestamp},
};

/// Adds an index that was seen, unless a newer one is there. One without a date is the oldest.
pub(super) const INSERT: &str = "INSERT INTO index_seen (cpan, dated, seen) VALUES ($1, $2, $3) \
     ON CONFLICT (cpan) DO UPDATE SET dated = excluded.dated, seen = excluded.seen \
     WHERE COALESCE(excluded.dated, 0) > COALESCE(index_seen.dated, 0)";

impl TrustStore {
    /// Returns the newest package index that was seen, by the CPAN's address.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the store cannot be used.
    pub async fn newest_index(
        &self,
        cpan: &str,
    ) -> Result<Option<PackageIndexDate>, TrustStoreError> {
        let row = sqlx::query("SELECT * FROM index_seen WHERE cpan = $1")
            .bind(cpan)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(PackageIndexDate::read).transpose()
    }

    /// Remembers the date of an index, in whole seconds, and returns the newest date. It is later than the given one if
    /// any process has seen a newer index. An index without a date shows that the CPAN has one.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the store cannot be used; then nothing was remembered.
    pub async fn note_index_date(
        &self,
        cpan: &str,
        dated: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, TrustStoreError> {
        if cpan.len() > super::TEXT_LIMIT {
            return Err(TrustStoreError::TooLong {
                what: "an address",
                limit: super::TEXT_LIMIT,
                found: cpan.len(),
            });
        }
        let mut transaction = self.pool.begin().await?;
        sqlx::query(INSERT)
            .bind(cpan)
            .bind(dated.map(Timestamp::as_second))
            .bind(now.as_second())
            .execute(&mut *transaction)
            .await?;
        let row = sqlx::query("SELECT dated FROM index_seen WHERE cpan = $1")
            .bind(cpan)
            .fetch_one(&mut *transaction)
            .await?;
        let newest = maybe_timestamp(&row, "dated")?;
        transaction.commit().await?;
        Ok(newest)
    }
}

impl PackageIndexDate {
    pub(super) fn read(row: &AnyRow) -> Result<Self, TrustStoreError> {
        Ok(Self {
            cpan: row.try_get("cpan")?,
            dated: maybe_timestamp(row, "dated")?,
            seen: timestamp(row, "seen")?,
        })
    }
}
