//! The files by which clients find the sandbox.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::SandboxError;
use crate::oidc::CLIENT_ID;
use crate::pause::Pause;

pub(crate) const TRUSTED_ROOT: &str = "trusted_root.json";
pub(crate) const SIGNING_CONFIG: &str = "signing_config.json";
pub(crate) const SIGNING_CONFIG_V1: &str = "signing_config_v1.json";
pub(crate) const TUF_ROOT: &str = "tuf-root.json";
pub(crate) const CONFIG: &str = "config.toml";
/// Folder with a `~/.pause` for each PAUSE id.
pub(crate) const PAUSE: &str = "pause";

/// The files of a running sandbox.
pub(crate) struct Folder {
    path: PathBuf,
    /// Removes the folder at the end, if the sandbox created it.
    _temporary: Option<tempfile::TempDir>,
}

impl Folder {
    /// Opens the given folder, or creates one that is removed with the sandbox.
    pub(crate) fn open(given: Option<PathBuf>) -> Result<Self, SandboxError> {
        let Some(path) = given else {
            let temporary = tempfile::Builder::new()
                .prefix("cpan-sigstore-sandbox-")
                .tempdir()
                .map_err(|source| SandboxError::Write {
                    path: std::env::temp_dir(),
                    source,
                })?;
            return Ok(Self {
                path: temporary.path().to_owned(),
                _temporary: Some(temporary),
            });
        };
        let path = std::fs::create_dir_all(&path)
            .and_then(|()| path.canonicalize())
            .map_err(|source| SandboxError::Write { path, source })?;
        Ok(Self {
            path,
            _temporary: None,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(crate) fn write_json(&self, name: &str, value: &Value) -> Result<Vec<u8>, SandboxError> {
        let bytes = format!("{value:#}\n").into_bytes();
        self.write(name, &bytes)?;
        Ok(bytes)
    }

    /// Writes a file atomically, readable only by the user.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), SandboxError> {
        let path = self.file(name);
        let written = tempfile::NamedTempFile::new_in(&self.path).and_then(|mut file| {
            file.write_all(bytes)?;
            file.persist(&path)?;
            Ok(())
        });
        written.map_err(|source| SandboxError::Write { path, source })
    }

    /// Writes the `~/.pause` of every account.
    pub(crate) fn write_credentials(&self, pause: &Pause) -> Result<(), SandboxError> {
        let path = self.file(PAUSE);
        std::fs::create_dir_all(&path).map_err(|source| SandboxError::Write { path, source })?;
        for id in pause.ids() {
            let content = pause.dot_pause(id).unwrap_or_default();
            self.write(&format!("{PAUSE}/{id}"), content.as_bytes())?;
        }
        Ok(())
    }

    /// Writes the instances of `cpan-sigstore`: this sandbox, the same with Rekor version 1, and
    /// the same through the TUF repository.
    pub(crate) fn write_config(&self, oidc: &str, tuf: &str) -> Result<(), SandboxError> {
        let file = |name: &str| toml::Value::from(self.file(name).display().to_string());
        let with_files = |signing_config: &str| {
            let mut instance = toml::Table::new();
            instance.insert("trusted-root".to_owned(), file(TRUSTED_ROOT));
            instance.insert("signing-config".to_owned(), file(signing_config));
            instance
        };
        let mut with_tuf = toml::Table::new();
        with_tuf.insert("tuf-url".to_owned(), tuf.into());
        with_tuf.insert("tuf-root".to_owned(), file(TUF_ROOT));
        let mut instances = toml::Table::new();
        for (name, mut instance) in [
            ("sandbox", with_files(SIGNING_CONFIG)),
            ("sandbox-v1", with_files(SIGNING_CONFIG_V1)),
            ("sandbox-tuf", with_tuf),
        ] {
            instance.insert("oidc-issuer".to_owned(), oidc.into());
            instance.insert("oidc-client-id".to_owned(), CLIENT_ID.into());
            instances.insert(name.to_owned(), instance.into());
        }
        let mut config = toml::Table::new();
        config.insert("instance".to_owned(), "sandbox".into());
        config.insert("instances".to_owned(), instances.into());
        self.write(CONFIG, config.to_string().as_bytes())
    }
}
