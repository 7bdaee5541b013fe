//! Opens the trust store.

use std::{
    fmt::Write as _, fs::OpenOptions, path::Path, str::FromStr as _, sync::LazyLock, time::Duration,
};

use cpan_sigstore_core::text::without_credentials;
use sqlx::{
    AnyConnection, Connection as _, Executor as _,
    any::{AnyConnectOptions, AnyPoolOptions},
    migrate::{Migration, MigrationType, Migrator},
};

use super::{TrustStore, TrustStoreError};

/// The versions of the tables: number, description and statements, each a file of `migrations/`.
///
/// sqlx's macro would read the folder itself, and build the whole of sqlx a second time for that.
pub(super) const MIGRATIONS: &[(i64, &str, &str)] = &[
    (
        1,
        "first seen and signed before",
        include_str!("../../migrations/0001_first_seen_and_signed_before.sql"),
    ),
    (
        2,
        "author record",
        include_str!("../../migrations/0002_author_record.sql"),
    ),
    (
        3,
        "operator index",
        include_str!("../../migrations/0003_operator_index.sql"),
    ),
    (
        4,
        "first seen by author",
        include_str!("../../migrations/0004_first_seen_by_author.sql"),
    ),
    (5, "watch", include_str!("../../migrations/0005_watch.sql")),
    (
        6,
        "attested owners",
        include_str!("../../migrations/0006_attested_owners.sql"),
    ),
    (
        7,
        "ids of workflows",
        include_str!("../../migrations/0007_ids_of_workflows.sql"),
    ),
    (
        8,
        "package owner",
        include_str!("../../migrations/0008_package_owner.sql"),
    ),
    (
        9,
        "newest release by distribution",
        include_str!("../../migrations/0009_newest_release_by_distribution.sql"),
    ),
    (
        10,
        "served packages",
        include_str!("../../migrations/0010_served_packages.sql"),
    ),
    (
        11,
        "undated index",
        include_str!("../../migrations/0011_undated_index.sql"),
    ),
    (
        12,
        "awaited bundle",
        include_str!("../../migrations/0012_awaited_bundle.sql"),
    ),
    (
        14,
        "cpan log",
        include_str!("../../migrations/0014_cpan_log.sql"),
    ),
    (
        16,
        "sigstore log",
        include_str!("../../migrations/0016_sigstore_log.sql"),
    ),
];
/// Creates the tables, and brings older ones up to date.
static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| migrator(MIGRATIONS));
/// Most connections of one process to a server.
const CONNECTIONS: u32 = 8;
/// Longest wait for a connection.
const WAIT: Duration = Duration::from_secs(15);
/// The settings of each connection to a file. Readers do not wait for the one writer; a writer waits for another one
/// up to ten seconds; an acknowledged write is on the disk.
const SETTINGS: &str =
    "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL";

impl TrustStore {
    /// Opens the store in a SQLite file, which is created if there is none, or in a PostgreSQL database, by its address
    /// (`postgres://…`).
    ///
    /// # Errors
    /// [`TrustStoreError`] if it cannot be used.
    pub async fn open(place: &str) -> Result<Self, TrustStoreError> {
        sqlx::any::install_default_drivers();
        if place.starts_with("postgres://") || place.starts_with("postgresql://") {
            Self::open_server(place).await
        } else if place.is_empty() || place.contains("://") {
            Err(TrustStoreError::Place(without_credentials(place)))
        } else {
            Self::open_file(Path::new(place)).await
        }
    }

    async fn open_server(address: &str) -> Result<Self, TrustStoreError> {
        let failed = |error: &dyn std::fmt::Display| TrustStoreError::Open {
            place: without_credentials(address),
            reason: error.to_string(),
        };
        let options = AnyConnectOptions::from_str(address).map_err(|error| failed(&error))?;
        // The server has its own lock, so that only one of two processes creates the tables.
        tokio::time::timeout(WAIT, prepare(&options, ""))
            .await
            .map_err(|_| failed(&"no answer in time"))?
            .map_err(|error| failed(&error))?;
        Ok(Self {
            pool: pool().connect_lazy_with(options),
        })
    }

    async fn open_file(path: &Path) -> Result<Self, TrustStoreError> {
        let place = || path.display().to_string();
        let failed = |error: &dyn std::fmt::Display| TrustStoreError::Open {
            place: place(),
            reason: error.to_string(),
        };
        let in_file = |source| TrustStoreError::File {
            place: place(),
            source,
        };
        // SQLite has no lock for creating tables; with this one, one of two processes does.
        let mut beside = path.as_os_str().to_owned();
        beside.push(".lock");
        let lock = tokio::task::spawn_blocking(move || {
            cpan_sigstore_files::lock(Path::new(&beside), WAIT)
        })
        .await
        .map_err(|error| failed(&error))?
        .map_err(|error| in_file(error.into()))?;
        create_private(path).map_err(in_file)?;
        let options = file_address(path)
            .map_err(in_file)?
            .parse()
            .map_err(|error: sqlx::Error| failed(&error))?;
        prepare(&options, SETTINGS)
            .await
            .map_err(|error| failed(&error))?;
        drop(lock);
        let pool = pool().after_connect(|connection, _| {
            Box::pin(async move { connection.execute(SETTINGS).await.map(drop) })
        });
        Ok(Self {
            pool: pool.connect_lazy_with(options),
        })
    }
}

/// Creates the file, if there is none, so that only the user can read it; SQLite gives its other files the same mode.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path).map(drop)
}

/// Connects once, and creates the tables. A pool would try again in vain.
async fn prepare(options: &AnyConnectOptions, settings: &'static str) -> Result<(), sqlx::Error> {
    let mut connection = AnyConnection::connect_with(options).await?;
    if !settings.is_empty() {
        connection.execute(settings).await?;
    }
    MIGRATOR.run_direct(&mut connection).await?;
    connection.close().await
}

pub(super) fn migrator(migrations: &[(i64, &'static str, &'static str)]) -> Migrator {
    Migrator {
        migrations: migrations
            .iter()
            .map(|&(number, description, sql)| {
                let kind = MigrationType::Simple;
                Migration::new(number, description.into(), kind, sql.into(), false)
            })
            .collect(),
        ..Migrator::DEFAULT
    }
}

fn pool() -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(WAIT)
}

/// Returns the address of a file, which SQLite creates if there is none. Every byte with a meaning in an address is
/// escaped; sqlx leaves `%` as it is.
fn file_address(path: &Path) -> std::io::Result<String> {
    let mut address = "sqlite://".to_owned();
    for byte in std::path::absolute(path)?.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.".contains(byte) {
            address.push(char::from(*byte));
        } else {
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address.push_str("?mode=rwc");
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_every_migration_under_its_name() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let mut found: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        found.sort();
        let listed: Vec<String> = MIGRATIONS
            .iter()
            .map(|(number, description, _)| {
                format!("{number:04}_{}.sql", description.replace(' ', "_"))
            })
            .collect();
        assert_eq!(listed, found);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn hides_trust_store_from_other_users() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("data/trust-store.sqlite");
        let _store = TrustStore::open(&place.to_string_lossy()).await.unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(place.parent().unwrap()), 0o700);
        for file in std::fs::read_dir(place.parent().unwrap()).unwrap() {
            let path = file.unwrap().path();
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
    }
}
