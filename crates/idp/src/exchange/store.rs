//! The exchange's own tables, in one SQLite file: registrations, used tokens, upload tokens, and the audit.

use std::path::Path;

use cpan_sigstore_core::release::PauseId;
use jiff::{SignedDuration, Timestamp};
use sqlx::{Row as _, SqlitePool, sqlite::SqliteRow};

use super::{Registration, Workflow};
use crate::database::{self, OpenError};

/// The file, below the provider's folder.
const FILE: &str = "exchange.sqlite";
/// Age of an audit entry at which it is removed.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 400);

/// Why the tables cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A query failed.
    #[error("cannot read or write the state of the exchange: {0}")]
    Query(#[from] sqlx::Error),
}

/// The tables. Clones share the connections.
#[derive(Clone)]
pub struct Store(SqlitePool);

/// An upload token, without its secret.
pub(super) struct NewToken<'a> {
    pub id: &'a str,
    pub hash: &'a str,
    pub author: &'a PauseId,
    pub registration: &'a str,
    pub issued: Timestamp,
    pub expires: Timestamp,
}

/// An event of the audit.
#[derive(Default)]
pub(super) struct Event<'a> {
    pub event: &'a str,
    pub author: Option<&'a str>,
    pub repository: Option<&'a str>,
    pub registration: Option<&'a str>,
    pub token: Option<&'a str>,
}

impl Store {
    /// Opens the tables below a folder, and creates them if there are none.
    ///
    /// # Errors
    /// [`StoreError`] if they cannot be opened.
    pub async fn open(folder: &Path) -> Result<Self, StoreError> {
        Ok(Self(
            database::open(&folder.join(FILE), include_str!("schema.sql")).await?,
        ))
    }

    /// Registers a workflow.
    pub(super) async fn register(
        &self,
        registration: &Registration,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let workflow = &registration.workflow;
        sqlx::query("INSERT INTO registration VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")
            .bind(&registration.id)
            .bind(registration.author.as_str())
            .bind(&workflow.issuer)
            .bind(&workflow.repository)
            .bind(&workflow.repository_id)
            .bind(&workflow.owner_id)
            .bind(&workflow.workflow)
            .bind(&workflow.environment)
            .bind(&workflow.git_ref)
            .bind(now.as_second())
            .execute(&self.0)
            .await?;
        Ok(())
    }

    /// Returns the registrations of an author.
    pub(super) async fn of_author(&self, id: &PauseId) -> Result<Vec<Registration>, StoreError> {
        let query = "SELECT * FROM registration WHERE author = ?1 ORDER BY time, id";
        self.registrations(query, id.as_str()).await
    }

    /// Returns the registrations of a repository.
    pub(super) async fn of_repository(&self, id: &str) -> Result<Vec<Registration>, StoreError> {
        let query = "SELECT * FROM registration WHERE repository_id = ?1 ORDER BY time, id";
        self.registrations(query, id).await
    }

    async fn registrations(
        &self,
        query: &str,
        value: &str,
    ) -> Result<Vec<Registration>, StoreError> {
        let rows = sqlx::query(query).bind(value).fetch_all(&self.0).await?;
        let mut all = Vec::new();
        for row in &rows {
            all.extend(registration(row)?);
        }
        Ok(all)
    }

    /// Ends a registration, and revokes its upload tokens. Returns whether there was one.
    pub(super) async fn remove(&self, author: &PauseId, id: &str) -> Result<bool, StoreError> {
        let removed = sqlx::query("DELETE FROM registration WHERE id = ?1 AND author = ?2")
            .bind(id)
            .bind(author.as_str())
            .execute(&self.0)
            .await?;
        let is_removed = removed.rows_affected() > 0;
        if is_removed {
            sqlx::query("UPDATE upload_token SET revoked = 1 WHERE registration = ?1")
                .bind(id)
                .execute(&self.0)
                .await?;
        }
        Ok(is_removed)
    }

    /// Notes a token of a CI service as used. Returns whether it was not used before.
    pub(super) async fn use_once(
        &self,
        issuer: &str,
        jti: &str,
        expires: Timestamp,
    ) -> Result<bool, StoreError> {
        let noted = sqlx::query("INSERT OR IGNORE INTO used VALUES (?1, ?2, ?3)")
            .bind(issuer)
            .bind(jti)
            .bind(expires.as_second())
            .execute(&self.0)
            .await?;
        Ok(noted.rows_affected() == 1)
    }

    /// Stores an upload token, if its author has got fewer than `most` since a time.
    pub(super) async fn issue(
        &self,
        token: &NewToken<'_>,
        since: Timestamp,
        most: u32,
    ) -> Result<bool, StoreError> {
        let query = "INSERT INTO upload_token (id, author, hash, registration, issued, expires) \
            SELECT ?1, ?2, ?3, ?4, ?5, ?6 \
            WHERE ?8 > (SELECT count(*) FROM upload_token WHERE author = ?2 AND issued > ?7)";
        let stored = sqlx::query(query)
            .bind(token.id)
            .bind(token.author.as_str())
            .bind(token.hash)
            .bind(token.registration)
            .bind(token.issued.as_second())
            .bind(token.expires.as_second())
            .bind(since.as_second())
            .bind(most)
            .execute(&self.0)
            .await?;
        Ok(stored.rows_affected() == 1)
    }

    /// Returns the hash and the end of an upload token that is not revoked.
    pub(super) async fn upload_token(
        &self,
        author: &PauseId,
        id: &str,
    ) -> Result<Option<(String, Timestamp)>, StoreError> {
        let query =
            "SELECT hash, expires FROM upload_token WHERE id = ?1 AND author = ?2 AND revoked = 0";
        let row = sqlx::query(query)
            .bind(id)
            .bind(author.as_str())
            .fetch_optional(&self.0)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let expires = Timestamp::from_second(row.try_get("expires")?);
        Ok(Some((
            row.try_get("hash")?,
            expires.unwrap_or(Timestamp::UNIX_EPOCH),
        )))
    }

    /// Revokes an upload token.
    pub(super) async fn revoke(&self, id: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE upload_token SET revoked = 1 WHERE id = ?1")
            .bind(id)
            .execute(&self.0)
            .await?;
        Ok(())
    }

    /// Writes an event into the audit.
    pub(super) async fn note(
        &self,
        event: &Event<'_>,
        network: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO exchange_audit (time, network, event, author, repository, registration, token) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )
        .bind(now.as_second())
        .bind(network)
        .bind(event.event)
        .bind(event.author)
        .bind(event.repository)
        .bind(event.registration)
        .bind(event.token)
        .execute(&self.0)
        .await?;
        Ok(())
    }

    /// Returns how many events of a network there were since a time.
    pub(super) async fn events_since(
        &self,
        network: &str,
        since: Timestamp,
    ) -> Result<u32, StoreError> {
        let query = "SELECT count(*) FROM exchange_audit WHERE network = ?1 AND time > ?2";
        let count: i64 = sqlx::query_scalar(query)
            .bind(network)
            .bind(since.as_second())
            .fetch_one(&self.0)
            .await?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// Returns the events of the audit, newest first.
    ///
    /// # Errors
    /// [`StoreError`] if they cannot be read.
    pub async fn audit(&self, most: u32) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query("SELECT * FROM exchange_audit ORDER BY id DESC LIMIT ?1")
            .bind(most)
            .fetch_all(&self.0)
            .await?;
        rows.iter().map(entry).collect()
    }

    /// Removes tokens that have expired, and old events.
    ///
    /// # Errors
    /// [`StoreError`] if a query fails.
    pub async fn clean(&self, now: Timestamp) -> Result<(), StoreError> {
        let oldest = now.saturating_sub(KEPT).unwrap_or(Timestamp::MIN);
        let day = SignedDuration::from_hours(24);
        let yesterday = now.saturating_sub(day).unwrap_or(Timestamp::MIN);
        for (query, before) in [
            // A token is refused as expired long before its name is forgotten.
            ("DELETE FROM used WHERE expires < ?1", yesterday),
            ("DELETE FROM upload_token WHERE expires < ?1", yesterday),
            ("DELETE FROM exchange_audit WHERE time < ?1", oldest),
        ] {
            sqlx::query(query)
                .bind(before.as_second())
                .execute(&self.0)
                .await?;
        }
        Ok(())
    }
}

fn registration(row: &SqliteRow) -> Result<Option<Registration>, StoreError> {
    let Ok(author) = row.try_get::<String, _>("author")?.parse() else {
        return Ok(None);
    };
    Ok(Some(Registration {
        id: row.try_get("id")?,
        author,
        workflow: Workflow {
            issuer: row.try_get("issuer")?,
            repository: row.try_get("repository")?,
            repository_id: row.try_get("repository_id")?,
            owner_id: row.try_get("owner_id")?,
            workflow: row.try_get("workflow")?,
            environment: row.try_get("environment")?,
            git_ref: row.try_get("ref")?,
        },
    }))
}

/// Returns an event as one line.
fn entry(row: &SqliteRow) -> Result<String, StoreError> {
    let text = |name| {
        let value: Option<String> = row.try_get(name)?;
        Ok::<_, sqlx::Error>(value.unwrap_or_else(|| "-".to_owned()))
    };
    let time = Timestamp::from_second(row.try_get("time")?).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(format!(
        "{time} {} {} {} {} {} {}",
        text("network")?,
        text("event")?,
        text("author")?,
        text("repository")?,
        text("registration")?,
        text("token")?
    ))
}
