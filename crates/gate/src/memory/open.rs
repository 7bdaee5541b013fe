//! Where the memory is, and how it is opened.

use std::{fs::File, path::Path, str::FromStr as _, time::Duration};

use sqlx::{
    AnyPool, ConnectOptions as _, Executor as _,
    any::{AnyConnectOptions, AnyPoolOptions},
    migrate::Migrator,
    sqlite::SqliteConnectOptions,
};

use super::{Memory, MemoryError};

/// The tables.
static MIGRATOR: Migrator = sqlx::migrate!();
/// Most connections of one process to a server.
const CONNECTIONS: u32 = 8;
/// Longest wait for a connection.
const WAIT: Duration = Duration::from_secs(15);
/// What each connection to a file is told. Readers and one writer at a time do not wait for each other; a
/// writer waits for another one up to ten seconds; what was acknowledged is on the disk.
const SETTINGS: &str =
    "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL";

impl Memory {
    /// Opens the memory in a SQLite file, which is made where there is none, or in a PostgreSQL database
    /// by its address (`postgres://…`).
    ///
    /// # Errors
    /// Where it cannot be used.
    pub async fn open(place: &str) -> Result<Self, MemoryError> {
        sqlx::any::install_default_drivers();
        if place.starts_with("postgres://") || place.starts_with("postgresql://") {
            Self::open_server(place).await
        } else if place.is_empty() || place.contains("://") {
            Err(MemoryError::Place(without_password(place)))
        } else {
            Self::open_file(Path::new(place)).await
        }
    }

    async fn open_server(address: &str) -> Result<Self, MemoryError> {
        let failed = |error: &dyn std::fmt::Display| MemoryError::Open {
            place: without_password(address),
            reason: error.to_string(),
        };
        let options = AnyConnectOptions::from_str(address).map_err(|error| failed(&error))?;
        let pool = AnyPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(WAIT)
            .connect_with(options)
            .await
            .map_err(|error| failed(&error))?;
        // Takes a lock at the server, so that of two processes one makes the tables.
        MIGRATOR.run(&pool).await.map_err(|error| failed(&error))?;
        Ok(Self { pool })
    }

    async fn open_file(path: &Path) -> Result<Self, MemoryError> {
        let place = || path.display().to_string();
        let failed = |error: &dyn std::fmt::Display| MemoryError::Open {
            place: place(),
            reason: error.to_string(),
        };
        let in_file = |source| MemoryError::File {
            place: place(),
            source,
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(in_file)?;
        }
        // SQLite has no lock for making tables; with this one, of two processes one does.
        let mut lock = path.as_os_str().to_owned();
        lock.push(".lock");
        let lock = File::create(lock).map_err(in_file)?;
        let lock = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock))
            .await
            .map_err(|error| failed(&error))?
            .map_err(in_file)?;
        let url = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .to_url_lossy();
        let options = AnyConnectOptions::from_str(url.as_str()).map_err(|error| failed(&error))?;
        let pool = file_pool(options).await.map_err(|error| failed(&error))?;
        MIGRATOR.run(&pool).await.map_err(|error| failed(&error))?;
        drop(lock);
        Ok(Self { pool })
    }
}

async fn file_pool(options: AnyConnectOptions) -> Result<AnyPool, sqlx::Error> {
    AnyPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(WAIT)
        .after_connect(|connection, _| {
            Box::pin(async move { connection.execute(SETTINGS).await.map(drop) })
        })
        .connect_with(options)
        .await
}

/// An address as it may be shown: without user and password, and without its options, which may have them too.
fn without_password(address: &str) -> String {
    let shown = address.split('?').next().unwrap_or_default();
    let shown = match (shown.split_once("://"), shown.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://{rest}"),
        _ => shown.to_owned(),
    };
    shown.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        for address in [
            "postgres://user:pass@host/db",
            "postgres://user:p@ss@host/db?password=pass",
        ] {
            assert_eq!(without_password(address), "postgres://host/db");
        }
    }
}
