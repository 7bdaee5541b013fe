//! Accounts in a TOML file, for sites without PAUSE's tables.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use cpan_sigstore_core::release::PauseId;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::Deserialize;

use super::{Account, Standing, TokenRow};

/// Largest file, in bytes.
const LIMIT: u64 = 4 * 1024 * 1024;

/// Why the file of accounts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("cannot read the accounts in {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others can read it.
    #[error("invalid mode of {}: expected no access for others, found {mode:o}", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It is not TOML of that form. The text is not shown: it holds hashes.
    #[error("invalid accounts in {} at byte {at}: {reason}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// The byte.
        at: usize,
        /// Why.
        reason: String,
    },
}

/// A file of accounts. It is read at each login, so that a change is in effect at once.
#[derive(Clone, Debug)]
pub struct AccountFile(PathBuf);

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    account: BTreeMap<String, Row>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Row {
    #[serde(default, deserialize_with = "crate::secret::read_if_any")]
    password: Option<SecretString>,
    email: Option<String>,
    #[serde(default = "active")]
    status: String,
    #[serde(default)]
    must_change_password: bool,
    changed: Option<Timestamp>,
    #[serde(default, rename = "token")]
    tokens: Vec<Token>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Token {
    id: String,
    #[serde(deserialize_with = "crate::secret::read")]
    hash: SecretString,
    expires: Timestamp,
    scope: String,
    #[serde(default)]
    networks: Vec<String>,
}

impl AccountFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(super) fn check(&self) -> Result<(), FileError> {
        self.read().map(drop)
    }

    pub(super) fn find(&self, id: &PauseId) -> Result<Option<Account>, FileError> {
        let row = self.read()?.account.remove(id.as_str());
        Ok(row.map(|row| Account {
            id: id.clone(),
            password: row.password,
            email: row.email,
            standing: Standing {
                status: Some(row.status),
                must_change: row.must_change_password,
                changed: row.changed,
                ..Standing::default()
            },
        }))
    }

    pub(super) fn token(
        &self,
        id: &PauseId,
        token_id: &str,
    ) -> Result<Option<TokenRow>, FileError> {
        let row = self.read()?.account.remove(id.as_str());
        let mut tokens = row.map(|row| row.tokens).unwrap_or_default().into_iter();
        let token = tokens.find(|token| token.id == token_id);
        Ok(token.map(|token| TokenRow {
            hash: token.hash,
            expires: token.expires,
            scope: token.scope,
            revoked: false,
            networks: token.networks.join("\n"),
        }))
    }

    fn read(&self) -> Result<Document, FileError> {
        let path = &self.0;
        let read = |source| FileError::Read {
            path: path.clone(),
            source,
        };
        refuse_exposed(path)?;
        let bytes = cpan_sigstore_files::read_limited(path, LIMIT)
            .and_then(|bytes| bytes.ok_or_else(cpan_sigstore_files::no_such_file))
            .map_err(read)?;
        let text = String::from_utf8(bytes).map_err(|_| read(io::ErrorKind::InvalidData.into()))?;
        toml::from_str(&text).map_err(|error| FileError::Form {
            path: path.clone(),
            at: error.span().map_or(0, |span| span.start),
            reason: error.message().to_owned(),
        })
    }
}

#[cfg(unix)]
fn refuse_exposed(path: &Path) -> Result<(), FileError> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = std::fs::metadata(path).map_err(|source| FileError::Read {
        path: path.to_owned(),
        source,
    })?;
    let mode = metadata.permissions().mode() & 0o7777;
    // Its group may be that of those who keep the accounts.
    if mode & 0o007 == 0 {
        return Ok(());
    }
    Err(FileError::Exposed {
        path: path.to_owned(),
        mode,
    })
}

#[cfg(not(unix))]
fn refuse_exposed(_: &Path) -> Result<(), FileError> {
    Ok(())
}

fn active() -> String {
    "active".to_owned()
}
