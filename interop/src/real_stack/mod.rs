//! A real Sigstore on loopback: Fulcio, TesseraCT, Rekor v2 (rekor-tiles) and a timestamp authority,
//! in processes of their own that end with this value.

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
use crate::instance::pem_blocks;

/// The OIDC issuers that Fulcio believes.
#[derive(Clone, Debug)]
pub struct Issuers {
    /// Issuer of tokens with a verified e-mail address.
    pub email: String,
    /// Issuer of tokens with a user name and no e-mail address; certificates get an otherName.
    pub username: String,
}

/// A certificate log that is not part of the stack, for a second Fulcio to write to.
#[derive(Clone, Debug)]
pub struct OtherCtLog {
    /// Its address, to which `/ct/v1/…` is added.
    pub url: String,
    /// Its entry in a trusted root's `ctlogs`.
    pub trusted: Value,
}

/// The running stack.
#[derive(Debug)]
pub struct RealStack {
    // Before the folder: the services end first.
    daemons: Vec<Daemon>,
    folder: TempDir,
    http: reqwest::Client,
    issuers: Issuers,
    ca: Vec<u8>,
    services: trust::Services,
    instance: Instance,
    // The timestamp authority has a fixed port for its metrics: one stack for each machine.
    _only_one: File,
}

impl RealStack {
    /// Starts every service and waits until each answers; waits, too, while another stack is up on this machine.
    ///
    /// # Errors
    /// When a program is missing or a service does not come up; the error has the end of its log.
    pub async fn start(issuers: Issuers) -> Result<Self, InteropError> {
        let only_one = lock()?;
        let folder = TempDir::new()?;
        let path = folder.path();
        let http = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build()?;
        let ca = keys::certificate_authority(path)?;
        let ct = logs::start_tesseract(path, &http).await?;
        let rekor = logs::start_rekor(path, &http).await?;
        let tsa = authority::start_tsa(path, &http).await?;
        let fulcio =
            authority::start_fulcio(path, &http, &issuers, "fulcio", &ct.value.url).await?;
        let services = trust::Services {
            fulcio: fulcio.value,
            ca: vec![ca.clone()],
            ct: trust::log(&ct.value.url, &ct.value.public_key),
            rekor: trust::log(&rekor.value.url, &rekor.value.public_key),
            rekor_url: rekor.value.url,
            tsa_url: tsa.value.url,
            tsa_chain: pem_blocks(&tsa.value.chain),
        };
        let instance = Instance::write(
            services.trusted_root(),
            services.signing_config(&issuers.email),
        )?;
        Ok(Self {
            daemons: vec![ct.daemon, rekor.daemon, tsa.daemon, fulcio.daemon],
            folder,
            http,
            issuers,
            ca,
            services,
            instance,
            _only_one: only_one,
        })
    }

    /// The stack as clients see it.
    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// The CA's certificate (DER), for another certificate log to accept.
    pub fn ca(&self) -> &[u8] {
        &self.ca
    }

    /// The issuers that Fulcio believes.
    pub fn issuers(&self) -> &Issuers {
        &self.issuers
    }

    /// Starts a second Fulcio of the same CA that writes to another certificate log, and returns the stack as it is
    /// with that one.
    ///
    /// # Errors
    /// As [`RealStack::start`].
    pub async fn with_ct_log(&mut self, log: OtherCtLog) -> Result<Instance, InteropError> {
        let fulcio = authority::start_fulcio(
            self.folder.path(),
            &self.http,
            &self.issuers,
            "fulcio-other-ct-log",
            &log.url,
        )
        .await?;
        self.daemons.push(fulcio.daemon);
        let services = trust::Services {
            fulcio: fulcio.value,
            ct: log.trusted,
            ..self.services.clone()
        };
        Instance::write(
            services.trusted_root(),
            services.signing_config(&self.issuers.email),
        )
    }
}

/// A service that answers, and what clients need to know of it.
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
