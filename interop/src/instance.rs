//! The files by which a client is told about a Sigstore: one form for each client.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::error::InteropError;

/// A Sigstore as clients see it.
#[derive(Debug)]
pub struct Instance {
    folder: TempDir,
    trusted_root: Value,
    signing_config: Value,
}

impl Instance {
    /// Writes the files for these two documents into a folder of their own.
    ///
    /// # Errors
    /// When a file cannot be written.
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

    /// The same Sigstore with only the logs of this major version of Rekor's API for signing.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn with_rekor(&self, major_version: u64) -> Result<Self, InteropError> {
        let mut signing_config = self.signing_config.clone();
        if let Some(logs) = signing_config["rekorTlogUrls"].as_array_mut() {
            logs.retain(|log| log["majorApiVersion"] == major_version);
        }
        Self::write(self.trusted_root.clone(), signing_config)
    }

    /// The trusted root as a document.
    pub fn trusted_root(&self) -> &Value {
        &self.trusted_root
    }

    /// The signing configuration as a document.
    pub fn signing_config(&self) -> &Value {
        &self.signing_config
    }

    /// `trusted_root.json`, for clients that only verify.
    pub fn trusted_root_file(&self) -> PathBuf {
        self.file("trusted_root.json")
    }

    /// `signing_config.json`, for clients that sign.
    pub fn signing_config_file(&self) -> PathBuf {
        self.file("signing_config.json")
    }

    /// Both in one document, as sigstore-python takes them.
    pub fn client_trust_config_file(&self) -> PathBuf {
        self.file("client_trust_config.json")
    }

    /// The CA's certificates as cosign takes them for its old format.
    pub fn ca_file(&self) -> PathBuf {
        self.file("ca.pem")
    }

    /// The transparency logs' keys as cosign takes them for its old format.
    pub fn rekor_file(&self) -> PathBuf {
        self.file("rekor.pem")
    }

    /// The certificate logs' keys as cosign takes them for its old format.
    pub fn ct_file(&self) -> PathBuf {
        self.file("ct.pem")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn json(&self, name: &str, document: &Value) -> Result<(), InteropError> {
        write(&self.file(name), document.to_string().as_bytes())
    }

    fn pem(&self, name: &str, label: &str, blocks: &[String]) -> Result<(), InteropError> {
        let text: String = blocks.iter().map(|block| pem(label, block)).collect();
        write(&self.file(name), text.as_bytes())
    }
}

/// The base64 of DER, or of what a document holds as `rawBytes`, as a PEM block.
fn pem(label: &str, base64: &str) -> String {
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(64)
        .filter_map(|line| str::from_utf8(line).ok())
        .collect();
    let body = lines.join("\n");
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

/// The bytes of the blocks of a PEM text.
pub fn pem_blocks(text: &str) -> Vec<Vec<u8>> {
    text.split("-----BEGIN ")
        .skip(1)
        .filter_map(|block| block.split("-----").nth(1))
        .filter_map(|body| {
            STANDARD
                .decode(body.split_whitespace().collect::<String>())
                .ok()
        })
        .collect()
}

fn raw_bytes(root: &Value, pointer: &str, holders: impl Fn(&Value) -> Vec<Value>) -> Vec<String> {
    let entries = root.pointer(pointer).map(list).unwrap_or_default();
    entries
        .iter()
        .flat_map(holders)
        .filter_map(|holder| holder["rawBytes"].as_str().map(str::to_owned))
        .collect()
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

/// Writes a file, naming it when that fails.
///
/// # Errors
/// When it cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), InteropError> {
    fs::write(path, bytes).map_err(|source| InteropError::File {
        path: path.to_owned(),
        source,
    })
}
