//! The newest checkpoint of each CPAN log, the trees that it continues, and the evidence of forks.

use cpan_sigstore_core::digest::Sha256Digest;
use cpan_sigstore_tlog::{checkpoint::VerifiedCheckpoint, hash::NodeHash, tree::TreeHead};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, Row as _, any::AnyRow};

use super::{
    TrustStore, TrustStoreError,
    rows::{maybe_timestamp, timestamp, unreadable},
};

/// The state of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StoredLog {
    /// The log's key.
    pub log: String,
    /// The number of leaves of the newest tree.
    pub size: u64,
    /// The root of that tree, in base64.
    pub root: String,
    /// The newest checkpoint, with its signatures.
    pub note: String,
    /// When it was first seen.
    pub seen: Timestamp,
    /// The latest time at which it is known to have been the newest.
    pub dated: Option<Timestamp>,
    /// When the log was last read.
    pub asked: Option<Timestamp>,
    /// The newest leaf of a package index.
    pub index: Option<LoggedIndex>,
}

/// A leaf of a package index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LoggedIndex {
    /// Its index in the log.
    pub leaf: u64,
    /// The digest of the package index.
    pub digest: Sha256Digest,
    /// When the log saw it.
    pub time: Timestamp,
}

/// Two checkpoints that a log signed, of which one does not continue the other. Its text has both, so that everybody
/// can verify them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StoredFork {
    /// The log's key.
    pub log: String,
    /// The checkpoint that was remembered.
    pub known: String,
    /// The one that contradicts it.
    pub found: String,
    /// When it was found.
    pub seen: Timestamp,
}

impl StoredLog {
    /// The tree.
    pub(crate) fn tree(&self) -> Result<TreeHead, TrustStoreError> {
        head(self.size, &self.root)
    }

    /// Adds the state of a log of which nothing is known. Another one cannot replace a known one: nothing proves here
    /// that one continues the other.
    pub(super) async fn insert(
        &self,
        connection: &mut AnyConnection,
    ) -> Result<u64, TrustStoreError> {
        let tree = self.tree()?;
        let done = sqlx::query(
            "INSERT INTO log_checkpoint (log, size, root, note, seen) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (log) DO NOTHING",
        )
        .bind(&self.log)
        .bind(signed(tree.size))
        .bind(tree.root.to_string())
        .bind(&self.note)
        .bind(self.seen.as_second())
        .execute(connection)
        .await?;
        Ok(done.rows_affected())
    }

    fn read(row: &AnyRow) -> Result<Self, TrustStoreError> {
        let leaf: Option<i64> = row.try_get("index_leaf")?;
        let digest: Option<String> = row.try_get("index_digest")?;
        let time = maybe_timestamp(row, "index_time")?;
        let index = match (leaf, digest, time) {
            (Some(leaf), Some(digest), Some(time)) => Some(LoggedIndex {
                leaf: unsigned(leaf)?,
                digest: digest.parse().map_err(|_| unreadable("digest"))?,
                time,
            }),
            _ => None,
        };
        Ok(Self {
            log: row.try_get("log")?,
            size: unsigned(row.try_get("size")?)?,
            root: row.try_get("root")?,
            note: row.try_get("note")?,
            seen: timestamp(row, "seen")?,
            dated: maybe_timestamp(row, "dated")?,
            asked: maybe_timestamp(row, "asked")?,
            index,
        })
    }
}

impl StoredFork {
    /// Both checkpoints, one after the other.
    pub fn evidence(&self) -> String {
        format!("{}\n{}", self.known, self.found)
    }

    fn read(row: &AnyRow) -> Result<Self, TrustStoreError> {
        Ok(Self {
            log: row.try_get("log")?,
            known: row.try_get("known")?,
            found: row.try_get("found")?,
            seen: timestamp(row, "seen")?,
        })
    }
}

pub(super) fn head(size: u64, root: &str) -> Result<TreeHead, TrustStoreError> {
    let root = NodeHash::from_base64(root).ok_or_else(|| unreadable("root of a tree"))?;
    Ok(TreeHead { size, root })
}

pub(super) fn unsigned(value: i64) -> Result<u64, TrustStoreError> {
    u64::try_from(value).map_err(|_| unreadable("size"))
}

/// Sizes of trees are at most 2^63-1.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

impl TrustStore {
    /// Returns the state of a log, by its key.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the store cannot be used.
    pub async fn log(&self, log: &str) -> Result<Option<StoredLog>, TrustStoreError> {
        let row = sqlx::query("SELECT * FROM log_checkpoint WHERE log = $1")
            .bind(log)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(StoredLog::read).transpose()
    }

    /// Remembers a checkpoint in the place of the known tree, if that is still the known one; without one, if no
    /// checkpoint of the log is known. Returns whether it did.
    pub(crate) async fn advance_log(
        &self,
        log: &str,
        known: Option<&TreeHead>,
        newest: &VerifiedCheckpoint,
        now: Timestamp,
    ) -> Result<bool, TrustStoreError> {
        let tree = newest.tree();
        let (size, root) = (signed(tree.size), tree.root.to_string());
        let mut transaction = self.pool.begin().await?;
        let done = match known {
            None => {
                sqlx::query(
                    "INSERT INTO log_checkpoint (log, size, root, note, seen) VALUES ($1, $2, $3, $4, $5) \
                     ON CONFLICT (log) DO NOTHING",
                )
                .bind(log)
                .bind(size)
                .bind(root)
                .bind(newest.note().to_string())
                .bind(now.as_second())
                .execute(&mut *transaction)
                .await?
            }
            Some(known) => {
                let done = sqlx::query(
                    "UPDATE log_checkpoint SET size = $1, root = $2, note = $3, seen = $4 \
                     WHERE log = $5 AND size = $6 AND root = $7",
                )
                .bind(size)
                .bind(root)
                .bind(newest.note().to_string())
                .bind(now.as_second())
                .bind(log)
                .bind(signed(known.size))
                .bind(known.root.to_string())
                .execute(&mut *transaction)
                .await?;
                if done.rows_affected() == 1 {
                    insert_tree(&mut transaction, log, known).await?;
                }
                done
            }
        };
        transaction.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Remembers a later time at which the newest checkpoint was the newest.
    pub(crate) async fn date_log(
        &self,
        log: &str,
        dated: Timestamp,
    ) -> Result<(), TrustStoreError> {
        sqlx::query(
            "UPDATE log_checkpoint SET dated = $1 WHERE log = $2 AND (dated IS NULL OR dated < $1)",
        )
        .bind(dated.as_second())
        .bind(log)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Remembers when a log was last read.
    pub(crate) async fn note_log_asked(
        &self,
        log: &str,
        now: Timestamp,
    ) -> Result<(), TrustStoreError> {
        sqlx::query("UPDATE log_checkpoint SET asked = $1 WHERE log = $2")
            .bind(now.as_second())
            .bind(log)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Remembers a leaf of a package index, unless a newer one is known.
    pub(crate) async fn note_logged_index(
        &self,
        log: &str,
        index: &LoggedIndex,
    ) -> Result<(), TrustStoreError> {
        sqlx::query(
            "UPDATE log_checkpoint SET index_leaf = $1, index_digest = $2, index_time = $3 \
             WHERE log = $4 AND (index_leaf IS NULL OR index_leaf < $1)",
        )
        .bind(signed(index.leaf))
        .bind(index.digest.to_string())
        .bind(index.time.as_second())
        .bind(log)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Returns whether the known tree was proven to continue this one.
    pub(crate) async fn has_log_tree(
        &self,
        log: &str,
        tree: &TreeHead,
    ) -> Result<bool, TrustStoreError> {
        let row =
            sqlx::query("SELECT size FROM log_tree WHERE log = $1 AND size = $2 AND root = $3")
                .bind(log)
                .bind(signed(tree.size))
                .bind(tree.root.to_string())
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.is_some())
    }

    /// Remembers a tree that the known one was proven to continue.
    pub(crate) async fn note_log_tree(
        &self,
        log: &str,
        tree: &TreeHead,
    ) -> Result<(), TrustStoreError> {
        let mut connection = self.pool.acquire().await?;
        insert_tree(&mut connection, log, tree).await
    }

    /// Remembers a fork. The first one of a log is kept.
    pub(crate) async fn note_log_fork(&self, fork: &StoredFork) -> Result<(), TrustStoreError> {
        sqlx::query(
            "INSERT INTO log_fork (log, known, found, seen) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (log) DO NOTHING",
        )
        .bind(&fork.log)
        .bind(&fork.known)
        .bind(&fork.found)
        .bind(fork.seen.as_second())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Returns the fork of a log.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the store cannot be used.
    pub async fn log_fork(&self, log: &str) -> Result<Option<StoredFork>, TrustStoreError> {
        let row = sqlx::query("SELECT * FROM log_fork WHERE log = $1")
            .bind(log)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(StoredFork::read).transpose()
    }
}

async fn insert_tree(
    connection: &mut AnyConnection,
    log: &str,
    tree: &TreeHead,
) -> Result<(), TrustStoreError> {
    sqlx::query(
        "INSERT INTO log_tree (log, size, root) VALUES ($1, $2, $3) ON CONFLICT (log, size) DO NOTHING",
    )
    .bind(log)
    .bind(signed(tree.size))
    .bind(tree.root.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

/// Returns the state of all logs.
pub(super) async fn logs(
    connection: &mut AnyConnection,
) -> Result<Vec<StoredLog>, TrustStoreError> {
    let rows = sqlx::query("SELECT * FROM log_checkpoint ORDER BY log")
        .fetch_all(connection)
        .await?;
    rows.iter().map(StoredLog::read).collect()
}

/// Returns all forks.
pub(super) async fn forks(
    connection: &mut AnyConnection,
) -> Result<Vec<StoredFork>, TrustStoreError> {
    let rows = sqlx::query("SELECT * FROM log_fork ORDER BY log")
        .fetch_all(connection)
        .await?;
    rows.iter().map(StoredFork::read).collect()
}
