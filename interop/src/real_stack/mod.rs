//! A real Sigstore on loopback: Fulcio, TesseraCT, Rekor v2 (rekor-tiles) and a timestamp
//! authority. Each runs in its own process, which ends with this value.

mod authority;
mod keys;
mod logs;
mod trust;

use std::fs::File;

use serde_json::Value;
use tempfile::TempDir;

use crate::daemon::Daemon;
use crate::error::InteropError;
use crate::instance::Instance;
use crate::pem::{pem, pem_blocks};

/// The OIDC issuers that Fulcio trusts.
#[derive(Clone, Debug)]
pub struct Issuers {
    /// Issuer of tokens with a verified e-mail address.
    pub email: String,
    /// Issuer of tokens with a user name and no e-mail address. Certificates get an otherName.
    pub username: String,
    /// The same, of PAUSE's identity provider.
    pub pause: String,
}

/// A certificate log outside the stack, to which a second Fulcio writes.
#[derive(Clone, Debug)]
pub struct OtherCtLog {
    /// Its address, to which `/ct/v1/…` is added.
    pub url: String,
    /// Its entry in a trusted root's `ctlogs`.
    pub trusted: Value,
}

/// The CA of a future stack. Other certificate logs need its certificate beforehand.
#[derive(Debug)]
pub struct StackAuthority {
    folder: TempDir,
    certificate: Vec<u8>,
}

impl StackAuthority {
    /// Creates a CA.
    ///
    /// # Errors
    /// If `openssl` fails.
    pub fn generate() -> Result<Self, InteropError> {
        let folder = TempDir::new()?;
        let certificate = keys::certificate_authority(folder.path())?;
        Ok(Self {
            folder,
            certificate,
        })
    }

    /// Returns the CA's certificate, PEM.
    pub fn pem(&self) -> String {
        pem("CERTIFICATE", &self.certificate)
    }
}

/// A running stack.
#[derive(Debug)]
pub struct RealStack {
    instance: Instance,
    instance_with_other_ct_log: Instance,
    // Declared before the folder, so that the services end first.
    _daemons: [Daemon; 5],
    _folder: TempDir,
    // The timestamp authority has a fixed port for its metrics, so there is one stack on each
    // machine.
    _only_one: File,
}

impl RealStack {
    /// Starts every service and waits until each answers. It also waits while another stack runs on
    /// this machine.
    ///
    /// # Errors
    /// If a program is missing or a service does not start. The error contains the end of its log.
    pub async fn start(
        authority: StackAuthority,
        issuers: &Issuers,
        other_ct_log: OtherCtLog,
    ) -> Result<Self, InteropError> {
        let only_one = lock()?;
        let folder = authority.folder;
        let path = folder.path();
        let http = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build()?;
        let ct = logs::start_tesseract(path, &http).await?;
        let rekor = logs::start_rekor(path, &http).await?;
        let tsa = authority::start_tsa(path, &http).await?;
        let fulcio = authority::Fulcio {
            folder: path,
            http: &http,
            issuers,
        };
        let first = fulcio.start("fulcio", &ct.value.url).await?;
        let second = fulcio
            .start("fulcio-other-ct-log", &other_ct_log.url)
            .await?;

        let services = trust::Services {
            fulcio: first.value,
            ca: vec![authority.certificate],
            ct: trust::log(&ct.value.url, &ct.value.public_key),
            rekor: trust::log(&rekor.value.url, &rekor.value.public_key),
            rekor_url: rekor.value.url,
            tsa_url: tsa.value.url,
            tsa_chain: pem_blocks(&tsa.value.chain),
            oidc: issuers.email.clone(),
        };
        let with_other_ct_log = trust::Services {
            fulcio: second.value,
            ct: other_ct_log.trusted,
            ..services.clone()
        };
        Ok(Self {
            instance: services.instance()?,
            instance_with_other_ct_log: with_other_ct_log.instance()?,
            _daemons: [
                ct.daemon,
                rekor.daemon,
                tsa.daemon,
                first.daemon,
                second.daemon,
            ],
            _folder: folder,
            _only_one: only_one,
        })
    }

    /// Returns the stack as clients see it.
    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// Returns the stack with the Fulcio that writes to the other certificate log.
    pub fn instance_with_other_ct_log(&self) -> &Instance {
        &self.instance_with_other_ct_log
    }
}

/// A running service and its description for clients.
struct Started<T> {
    daemon: Daemon,
    value: T,
}

fn lock() -> Result<File, InteropError> {
    let path = std::env::temp_dir().join("cpan-sigstore-real-stack.lock");
    let file = File::create(path)?;
    file.lock()?;
    Ok(file)
}
