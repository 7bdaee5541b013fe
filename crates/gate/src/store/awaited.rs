//! First sight of young archives without a bundle, and of first records at a server.

use cpan_sigstore_core::release::{PauseId, ReleasePath};
use jiff::{SignedDuration, Timestamp};

use super::{TrustStore, TrustStoreError, rows::timestamp};

/// Time after which a first sight is forgotten. It only matters for minutes.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

impl TrustStore {
    /// Returns when a release was first seen without a bundle: now, if it was never seen.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the store cannot be used.
    pub(crate) async fn first_sight(
        &self,
        path: &ReleasePath,
        now: Timestamp,
    ) -> Result<Timestamp, TrustStoreError> {
        let key = path.to_string();
        self.first_sight_of(&key, &path.author, now).await
    }

    /// Returns when a file of an author was first seen: now, if it was never seen.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the store cannot be used.
    pub(crate) async fn first_sight_of(
        &self,
        key: &str,
        author: &PauseId,
        now: Timestamp,
    ) -> Result<Timestamp, TrustStoreError> {
        let forgotten = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
        sqlx::query("DELETE FROM awaited_bundle WHERE seen < $1")
            .bind(forgotten.as_second())
            .execute(&self.pool)
            .await?;
        sqlx::query(
            "INSERT INTO awaited_bundle (path, author, seen) VALUES ($1, $2, $3) \
             ON CONFLICT (path) DO NOTHING",
        )
        .bind(key)
        .bind(author.as_str())
        .bind(now.as_second())
        .execute(&self.pool)
        .await?;
        let row = sqlx::query("SELECT seen FROM awaited_bundle WHERE path = $1")
            .bind(key)
            .fetch_one(&self.pool)
            .await?;
        timestamp(&row, "seen")
    }

    /// Returns whether a release with this path was admitted with a signature.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the store cannot be used.
    pub(crate) async fn was_signed(&self, path: &ReleasePath) -> Result<bool, TrustStoreError> {
        let row = sqlx::query("SELECT path FROM signed_before WHERE path = $1 LIMIT 1")
            .bind(path.to_string())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }
}
