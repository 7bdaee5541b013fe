//! The checkpoints of Sigstore's logs, and the evidence of forks.
//!
//! A verified bundle brings a checkpoint with it. It is remembered without a request. Two roots of one size are a fork;
//! everything else needs the log's tiles, which the monitor reads.

use cpan_sigstore_keyless::transparency::SignedTree;
use cpan_sigstore_tlog::{hash::NodeHash, tree::TreeHead};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, Row as _, any::AnyRow};

use super::{
    TrustStore, TrustStoreError,
    logs::{head, signed, unsigned},
    rows::timestamp,
};

/// Most checkpoints of one log that nothing has proven yet. More are left out: each is of a verified bundle.
const UNPROVEN_LIMIT: i64 = 10_000;

/// A checkpoint of a log of Sigstore.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StoredTree {
    /// The id of the log's key, in hexadecimal.
    pub log: String,
    /// The address of the log.
    pub url: String,
    /// The number of entries.
    pub size: u64,
    /// The root, in base64.
    pub root: String,
    /// The checkpoint, with its signatures.
    pub note: String,
    /// When it was first seen.
    pub seen: Timestamp,
}

/// Two checkpoints that a log of Sigstore signed, of which one does not continue the other. Its text has both, so that
/// everybody can verify them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SigstoreFork {
    /// The id of the log's key, in hexadecimal.
    pub log: String,
    /// The address of the log.
    pub url: String,
    /// The checkpoint that was remembered.
    pub known: String,
    /// The one that contradicts it.
    pub found: String,
    /// When it was found.
    pub seen: Timestamp,
}

impl StoredTree {
    /// Size and root.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the store has something else.
    pub fn head(&self) -> Result<TreeHead, TrustStoreError> {
        head(self.size, &self.root)
    }

    fn read(row: &AnyRow) -> Result<Self, TrustStoreError> {
        Ok(Self {
            log: row.try_get("log")?,
            url: row.try_get("url")?,
            size: unsigned(row.try_get("size")?)?,
            root: row.try_get("root")?,
            note: row.try_get("note")?,
            seen: timestamp(row, "seen")?,
        })
    }
}

impl SigstoreFork {
    /// Both checkpoints, one after the other.
    pub fn evidence(&self) -> String {
        format!("{}\n{}", self.known, self.found)
    }

    fn read(row: &AnyRow) -> Result<Self, TrustStoreError> {
        Ok(Self {
            log: row.try_get("log")?,
            url: row.try_get("url")?,
            known: row.try_get("known")?,
            found: row.try_get("found")?,
            seen: timestamp(row, "seen")?,
        })
    }
}

impl TrustStore {
    /// Remembers a tree that a log of Sigstore signed. If another root of this size is known, the log signed two
    /// histories, and both checkpoints are kept as the evidence.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the store cannot be used.
    pub async fn note_sigstore_tree(
        &self,
        tree: &SignedTree,
        now: Timestamp,
    ) -> Result<(), TrustStoreError> {
        let root = NodeHash::new(*tree.root()).to_string();
        let rows = sqlx::query("SELECT * FROM sigstore_tree WHERE log = $1 AND size = $2")
            .bind(tree.log())
            .bind(signed(tree.size()))
            .fetch_all(&self.pool)
            .await?;
        let known = rows.iter().map(StoredTree::read);
        let known: Vec<_> = known.collect::<Result<_, _>>()?;
        // Nearly always: each release is verified many times.
        if known.iter().any(|known| known.root == root) {
            return Ok(());
        }
        if let Some(known) = known.first() {
            self.note_sigstore_fork(known, tree.note(), now).await?;
        }
        let unproven = "SELECT COUNT(*) AS trees FROM sigstore_tree WHERE log = $1 AND proven = 0";
        let row = sqlx::query(unproven)
            .bind(tree.log())
            .fetch_one(&self.pool)
            .await?;
        let unproven: i64 = row.try_get("trees")?;
        if unproven < UNPROVEN_LIMIT {
            self.insert_sigstore_tree(tree, &root, 0, now).await?;
        }
        Ok(())
    }

    /// Remembers a tree that a log served, and that continues all that is known, or is the first one.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the store cannot be used.
    pub async fn note_proven_tree(
        &self,
        tree: &SignedTree,
        now: Timestamp,
    ) -> Result<(), TrustStoreError> {
        let root = NodeHash::new(*tree.root()).to_string();
        self.insert_sigstore_tree(tree, &root, 1, now).await?;
        self.prove_sigstore_tree(tree.log(), tree.size(), &root)
            .await
    }

    /// Notes that a tree is part of the largest proven one.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the store cannot be used.
    pub async fn prove_sigstore_tree(
        &self,
        log: &str,
        size: u64,
        root: &str,
    ) -> Result<(), TrustStoreError> {
        sqlx::query(
            "UPDATE sigstore_tree SET proven = 1 WHERE log = $1 AND size = $2 AND root = $3",
        )
        .bind(log)
        .bind(signed(size))
        .bind(root)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn insert_sigstore_tree(
        &self,
        tree: &SignedTree,
        root: &str,
        proven: i64,
        now: Timestamp,
    ) -> Result<(), TrustStoreError> {
        sqlx::query(
            "INSERT INTO sigstore_tree (log, size, root, url, note, seen, proven) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (log, size, root) DO NOTHING",
        )
        .bind(tree.log())
        .bind(signed(tree.size()))
        .bind(root)
        .bind(tree.url())
        .bind(tree.note())
        .bind(now.as_second())
        .bind(proven)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Returns the largest proven tree of a log.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the store cannot be used.
    pub async fn proven_tree(&self, log: &str) -> Result<Option<StoredTree>, TrustStoreError> {
        let query =
            "SELECT * FROM sigstore_tree WHERE log = $1 AND proven = 1 ORDER BY size DESC LIMIT 1";
        let row = sqlx::query(query)
            .bind(log)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(StoredTree::read).transpose()
    }

    /// Returns trees of a log that nothing has proven yet, the smallest first.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the store cannot be used.
    pub async fn unproven_trees(
        &self,
        log: &str,
        limit: i64,
    ) -> Result<Vec<StoredTree>, TrustStoreError> {
        let rows = sqlx::query(
            "SELECT * FROM sigstore_tree WHERE log = $1 AND proven = 0 ORDER BY size, root LIMIT $2",
        )
        .bind(log)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(StoredTree::read).collect()
    }

    /// Remembers a fork of a log. The first one is kept.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the store cannot be used.
    pub async fn note_sigstore_fork(
        &self,
        known: &StoredTree,
        found: &str,
        now: Timestamp,
    ) -> Result<(), TrustStoreError> {
        sqlx::query(
            "INSERT INTO sigstore_fork (log, url, known, found, seen) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (log) DO NOTHING",
        )
        .bind(&known.log)
        .bind(&known.url)
        .bind(&known.note)
        .bind(found)
        .bind(now.as_second())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Returns all known forks of Sigstore's logs.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the store cannot be used.
    pub async fn sigstore_forks(&self) -> Result<Vec<SigstoreFork>, TrustStoreError> {
        let mut connection = self.pool.acquire().await?;
        forks(&mut connection).await
    }

    /// Returns a state of the search for identities.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the store cannot be used.
    pub async fn identity_watch(&self, name: &str) -> Result<Option<String>, TrustStoreError> {
        let row = sqlx::query("SELECT state FROM identity_watch WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|row| row.try_get("state")).transpose()?)
    }

    /// Stores several states of the search for identities, and alerts of authors: all of them, or none if another
    /// process has stored one of the states meanwhile. Each state comes with its name and its former text.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the store cannot be used; then nothing was stored.
    pub async fn note_identity_watch(
        &self,
        states: &[(String, Option<String>, String)],
        alerts: &[(String, String)],
        now: Timestamp,
    ) -> Result<bool, TrustStoreError> {
        let mut transaction = self.pool.begin().await?;
        for (name, before, state) in states {
            let query = match before {
                None => {
                    "INSERT INTO identity_watch (name, state) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING"
                }
                Some(_) => "UPDATE identity_watch SET state = $2 WHERE name = $1 AND state = $3",
            };
            let mut query = sqlx::query(query).bind(name).bind(state);
            if let Some(before) = before {
                query = query.bind(before);
            }
            if query.execute(&mut *transaction).await?.rows_affected() == 0 {
                return Ok(false);
            }
        }
        let first = i64::try_from(now.as_nanosecond()).unwrap_or(i64::MAX);
        for (noted, (author, alert)) in (first..).zip(alerts) {
            sqlx::query("INSERT INTO watch_alert (noted, author, alert) VALUES ($1, $2, $3)")
                .bind(noted)
                .bind(author)
                .bind(alert)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(true)
    }
}

/// Returns the largest proven tree of each log.
pub(super) async fn trees(
    connection: &mut AnyConnection,
) -> Result<Vec<StoredTree>, TrustStoreError> {
    let rows = sqlx::query(
        "SELECT * FROM sigstore_tree AS tree WHERE proven = 1 AND size = \
         (SELECT MAX(size) FROM sigstore_tree WHERE log = tree.log AND proven = 1) ORDER BY log",
    )
    .fetch_all(connection)
    .await?;
    rows.iter().map(StoredTree::read).collect()
}

/// Returns all forks.
pub(super) async fn forks(
    connection: &mut AnyConnection,
) -> Result<Vec<SigstoreFork>, TrustStoreError> {
    let rows = sqlx::query("SELECT * FROM sigstore_fork ORDER BY log")
        .fetch_all(connection)
        .await?;
    rows.iter().map(SigstoreFork::read).collect()
}
