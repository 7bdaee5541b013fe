//! The two logs: TesseraCT for certificates, rekor-tiles for signatures.

use std::path::Path;

use super::{Started, keys};
use crate::daemon::{Daemon, free_ports};
use crate::error::InteropError;
use crate::installed::peer;

/// A log as clients know it.
pub(super) struct Log {
    pub(super) url: String,
    /// SubjectPublicKeyInfo, DER.
    pub(super) public_key: Vec<u8>,
}

/// Starts the certificate log, which accepts the CA of `ca.pem`.
pub(super) async fn start_tesseract(
    folder: &Path,
    http: &reqwest::Client,
) -> Result<Started<Log>, InteropError> {
    let public_key = keys::generate(folder, "ct")?;
    let [port] = free_ports()?;
    let endpoint = format!("127.0.0.1:{port}");
    let storage = folder.join("ct-data");
    let mut daemon = Daemon::start(
        "tesseract",
        &peer("tesseract")?,
        folder,
        &[
            "--private_key=ct.sec1.key",
            "--origin=127.0.0.1",
            &format!("--storage_dir={}", storage.display()),
            "--roots_pem_file=ca.pem",
            "--ext_key_usages=CodeSigning",
            &format!("--http_endpoint={endpoint}"),
            "--checkpoint_interval=200ms",
            // The SCT is a promise, so Fulcio need not wait for the entry.
            "--enable_publication_awaiter=false",
        ],
    )?;
    let url = format!("http://{endpoint}");
    daemon
        .answer(http, &format!("{url}/ct/v1/get-roots"))
        .await?;
    Ok(Started {
        daemon,
        value: Log { url, public_key },
    })
}

/// Starts the transparency log.
pub(super) async fn start_rekor(
    folder: &Path,
    http: &reqwest::Client,
) -> Result<Started<Log>, InteropError> {
    let public_key = keys::generate(folder, "rekor")?;
    let [port, grpc, metrics] = free_ports()?;
    let storage = folder.join("rekor-data");
    let mut daemon = Daemon::start(
        "rekor-tiles",
        &peer("rekor-tiles")?,
        folder,
        &[
            "serve",
            "--http-address=127.0.0.1",
            &format!("--http-port={port}"),
            "--grpc-address=127.0.0.1",
            &format!("--grpc-port={grpc}"),
            &format!("--http-metrics-port={metrics}"),
            // It becomes the checkpoint's origin, which clients compare with the host of the log's
            // address, without a port.
            "--hostname=127.0.0.1",
            &format!("--storage-dir={}", storage.display()),
            "--signer-filepath=rekor.key",
            "--checkpoint-interval=200ms",
            "--batch-max-age=50ms",
        ],
    )?;
    let url = format!("http://127.0.0.1:{port}");
    daemon.answer(http, &format!("{url}/healthz")).await?;
    Ok(Started {
        daemon,
        value: Log { url, public_key },
    })
}
