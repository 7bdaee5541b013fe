//! PAUSE's identity provider as an operator runs it: the program beside a MariaDB with PAUSE's tables.

use std::path::Path;
use std::process::Command;

use cpan_sigstore_idp::accounts::{SCOPE, hash, token_hash};
use tempfile::TempDir;

use crate::daemon::{Daemon, free_ports};
use crate::error::InteropError;
use crate::installed;
use crate::instance::write;

/// PAUSE's tables with some accounts, one statement in each line.
const TABLES: &str = include_str!("pause_tables.sql");
/// The second part of each token, whose name is the first.
pub const TOKEN_SECRET: &str = "secret";

/// A running provider.
#[derive(Debug)]
pub struct PauseLogin {
    issuer: String,
    // Declared before the folder, so that both end first.
    _provider: Daemon,
    _database: Daemon,
    folder: TempDir,
}

impl PauseLogin {
    /// Starts both. Every account has the same password.
    ///
    /// # Errors
    /// If a program is missing or does not start.
    pub async fn start(password: &str) -> Result<Self, InteropError> {
        let folder = TempDir::new()?;
        let path = folder.path();
        let http = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build()?;
        let [sql, port] = free_ports()?;
        write(&path.join("tables.sql"), tables(password).as_bytes())?;
        let mut database = start_database(path, sql)?;
        database.accepts(sql).await?;

        let issuer = format!("http://127.0.0.1:{port}");
        let url = format!("mysql://idp:secret@127.0.0.1:{sql}");
        write(&path.join("database"), url.as_bytes())?;
        write(
            &path.join("config.toml"),
            configuration(path, port).as_bytes(),
        )?;
        let mut provider = Daemon::start(
            "cpan-sigstore-idp",
            &installed::idp()?,
            path,
            &["serve", "--config", "config.toml"],
        )?;
        provider
            .answer(&http, &format!("{issuer}/oidc/jwks"))
            .await?;
        Ok(Self {
            issuer,
            _provider: provider,
            _database: database,
            folder,
        })
    }

    /// Returns the issuer of its tokens.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Returns the audit table, as its operator reads it.
    ///
    /// # Errors
    /// If the program cannot be run.
    pub fn audit(&self) -> Result<String, InteropError> {
        let program = installed::idp()?;
        let output = Command::new(&program)
            .args(["audit", "--config", "config.toml"])
            .current_dir(self.folder.path())
            .output()
            .map_err(|source| InteropError::Run { program, source })?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn tables(password: &str) -> String {
    let hash = hash(password).unwrap_or_default().replace("$2b$", "$2a$");
    let mut tables = TABLES.replace("@HASH@", &hash);
    for id in ["signs", "uploads", "ended", "revoked", "elsewhere"] {
        let mark = format!("@{}@", id.to_uppercase());
        tables = tables.replace(&mark, &token_hash(id, TOKEN_SECRET));
    }
    debug_assert!(tables.contains(SCOPE));
    tables
}

fn configuration(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    format!(
        "issuer = 'http://127.0.0.1:{port}'\nlisten = '127.0.0.1:{port}'\nstate = '{folder}/state'\n\
         [accounts.mysql]\nurl-file = '{folder}/database'\n"
    )
}

fn start_database(folder: &Path, port: u16) -> Result<Daemon, InteropError> {
    let data = format!("--datadir={}", folder.join("data").display());
    let user = format!("--user={}", user()?);
    let program = installed::in_path("mariadb-install-db")?;
    let output = Command::new(&program)
        .args([
            "--no-defaults",
            "--skip-test-db",
            "--auth-root-authentication-method=normal",
        ])
        .args([&data, &user])
        .output()
        .map_err(|source| InteropError::Run {
            program: program.clone(),
            source,
        })?;
    if !output.status.success() {
        return Err(InteropError::Prepare {
            program,
            said: String::from_utf8_lossy(&output.stderr).into_owned(),
        });
    }
    Daemon::start(
        "mariadbd",
        &installed::in_path("mariadbd")?,
        folder,
        &[
            "--no-defaults",
            &data,
            &user,
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            &format!("--port={port}"),
            &format!("--socket={}", folder.join("socket").display()),
            &format!("--pid-file={}", folder.join("pid").display()),
            &format!("--init-file={}", folder.join("tables.sql").display()),
            // PAUSE's server is not in UTC; the provider must not read its times as if it were.
            "--default-time-zone=+05:30",
        ],
    )
}

/// Returns the name of the user who runs this.
fn user() -> Result<String, InteropError> {
    let program = Path::new("id").to_owned();
    let output = Command::new(&program)
        .arg("-un")
        .output()
        .map_err(|source| InteropError::Run { program, source })?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
