//! The files that describe a Sigstore, one form for each client.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::error::InteropError;
use crate::pem::pem;

/// A Sigstore as clients see it.
#[derive(Debug)]
pub struct Instance {
    folder: TempDir,
    trusted_root: Value,
    signing_config: Value,
}

impl Instance {
    /// Writes the files for these two documents into a new folder.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(trusted_root: Value, signing_config: Value) -> Result<Self, InteropError> {
        let instance = Self {
            folder: TempDir::new()?,
            trusted_root,
            signing_config,
        };
        instance.json("trusted_root.json", &instance.trusted_root)?;
        instance.json("signing_config.json", &instance.signing_config)?;
        let both = json!({
            "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
            "trustedRoot": instance.trusted_root,
            "signingConfig": instance.signing_config,
        });
        instance.json("client_trust_config.json", &both)?;
        let root = &instance.trusted_root;
        let certificates = raw_bytes(root, "/certificateAuthorities", |authority| {
            list(&authority["certChain"]["certificates"])
        });
        instance.pem("ca.pem", "CERTIFICATE", &certificates)?;
        let key = |log: &Value| vec![log["publicKey"].clone()];
        instance.pem("rekor.pem", "PUBLIC KEY", &raw_bytes(root, "/tlogs", key))?;
        instance.pem("ct.pem", "PUBLIC KEY", &raw_bytes(root, "/ctlogs", key))?;
        Ok(instance)
    }

    /// Reads the two documents as a Sigstore provides them.
    ///
    /// # Errors
    /// If a file cannot be read or written, or is not JSON.
    pub fn read(trusted_root: &Path, signing_config: &Path) -> Result<Self, InteropError> {
        Self::write(read_json(trusted_root)?, read_json(signing_config)?)
    }

    /// Returns the trusted root as a document.
    pub fn trusted_root(&self) -> &Value {
        &self.trusted_root
    }

    /// Returns the signing configuration as a document.
    pub fn signing_config(&self) -> &Value {
        &self.signing_config
    }

    /// Returns `trusted_root.json`, for clients that only verify.
    pub fn trusted_root_file(&self) -> PathBuf {
        self.file("trusted_root.json")
    }

    /// Returns `signing_config.json`, for clients that sign.
    pub fn signing_config_file(&self) -> PathBuf {
        self.file("signing_config.json")
    }

    /// Returns both in one document, as sigstore-python reads them.
    pub fn client_trust_config_file(&self) -> PathBuf {
        self.file("client_trust_config.json")
    }

    /// Returns the CA's certificates, as cosign reads them for its old format.
    pub fn ca_file(&self) -> PathBuf {
        self.file("ca.pem")
    }

    /// Returns the transparency logs' keys, as cosign reads them for its old format. It uses the
    /// first, which is Rekor v1's in the sandbox's trusted root.
    pub fn rekor_file(&self) -> PathBuf {
        self.file("rekor.pem")
    }

    /// Returns the certificate logs' keys, as cosign reads them for its old format.
    pub fn ct_file(&self) -> PathBuf {
        self.file("ct.pem")
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn json(&self, name: &str, document: &Value) -> Result<(), InteropError> {
        write(&self.file(name), document.to_string().as_bytes())
    }

    fn pem(&self, name: &str, label: &str, blocks: &[Vec<u8>]) -> Result<(), InteropError> {
        let text: String = blocks.iter().map(|der| pem(label, der)).collect();
        write(&self.file(name), text.as_bytes())
    }
}

fn raw_bytes(root: &Value, pointer: &str, holders: impl Fn(&Value) -> Vec<Value>) -> Vec<Vec<u8>> {
    let entries = root.pointer(pointer).map(list).unwrap_or_default();
    entries
        .iter()
        .flat_map(holders)
        .filter_map(|holder| STANDARD.decode(holder["rawBytes"].as_str()?).ok())
        .collect()
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn read_json(path: &Path) -> Result<Value, InteropError> {
    let bytes = fs::read(path).map_err(|source| InteropError::File {
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_slice(&bytes).map_err(|source| InteropError::Document {
        path: path.to_owned(),
        source,
    })
}

/// Writes a file and names it in the error.
///
/// # Errors
/// If it cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), InteropError> {
    fs::write(path, bytes).map_err(|source| InteropError::File {
        path: path.to_owned(),
        source,
    })
}
