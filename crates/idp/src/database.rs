//! SQLite files below the provider's folder.

use std::{
    error::Error,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions},
};

/// Time to wait for another writer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Connections, each with a thread.
const CONNECTIONS: u32 = 4;

/// A file cannot be created or opened, or a statement of its schema fails.
#[derive(Debug, thiserror::Error)]
#[error("cannot open the database {}: {source}", path.display())]
pub struct OpenError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub source: Box<dyn Error + Send + Sync>,
}

/// Opens a file, creates it if there is none, and runs the statements of its schema.
///
/// The files hold networks of people and digests of tokens: a new file is readable by its owner alone, under any umask.
///
/// # Errors
/// [`OpenError`] if that fails.
pub(crate) async fn open(path: &Path, schema: &'static str) -> Result<SqlitePool, OpenError> {
    create_private(path).map_err(|source| failed(path, source))?;
    connect(path, schema)
        .await
        .map_err(|source| failed(path, source))
}

fn failed(path: &Path, source: impl Error + Send + Sync + 'static) -> OpenError {
    OpenError {
        path: path.to_owned(),
        source: Box::new(source),
    }
}

async fn connect(path: &Path, schema: &'static str) -> Result<SqlitePool, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(PATIENCE);
    let pool = SqlitePoolOptions::new()
        .max_connections(CONNECTIONS)
        .connect_with(options)
        .await?;
    sqlx::raw_sql(schema).execute(&pool).await?;
    Ok(pool)
}

fn create_private(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        cpan_sigstore_files::create_private_folder(folder)?;
    }
    if path.try_exists()? {
        return Ok(());
    }
    cpan_sigstore_files::write_atomic(path, b"")
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    #[tokio::test]
    async fn hides_its_files_from_other_users() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("state.sqlite");
        let pool = open(&path, "CREATE TABLE token (digest TEXT)")
            .await
            .unwrap();
        sqlx::query("INSERT INTO token VALUES ('secret')")
            .execute(&pool)
            .await
            .unwrap();
        let files = fs::read_dir(path.parent().unwrap()).unwrap();
        let modes: Vec<_> = files
            .map(|file| file.unwrap().metadata().unwrap().permissions().mode() & 0o077)
            .collect();
        assert!(modes.len() > 1, "expected a write-ahead log too");
        assert_eq!(modes, vec![0; modes.len()]);
    }
}
