//! The two authorities: Fulcio for certificates, the timestamp authority for times.

use std::path::Path;

use super::{Issuers, Started, keys};
use crate::daemon::{Daemon, free_ports};
use crate::error::InteropError;
use crate::installed::peer;
use crate::instance::write;

/// A timestamp authority as clients know it.
pub(super) struct Tsa {
    /// The whole endpoint.
    pub(super) url: String,
    /// Its certificates, PEM, leaf first.
    pub(super) chain: String,
}

/// Starts a timestamp authority with a new key.
pub(super) async fn start_tsa(
    folder: &Path,
    http: &reqwest::Client,
) -> Result<Started<Tsa>, InteropError> {
    let [port] = free_ports()?;
    let mut daemon = Daemon::start(
        "timestamp-server",
        &peer("timestamp-server")?,
        folder,
        &[
            "serve",
            "--host=127.0.0.1",
            &format!("--port={port}"),
            "--timestamp-signer=memory",
            // A loopback stack reaches no time server.
            "--disable-ntp-monitoring",
        ],
    )?;
    let url = format!("http://127.0.0.1:{port}/api/v1/timestamp");
    let chain = daemon.answer(http, &format!("{url}/certchain")).await?;
    Ok(Started {
        daemon,
        value: Tsa {
            url,
            chain: String::from_utf8_lossy(&chain).into_owned(),
        },
    })
}

/// Location and trusted issuers of a Fulcio.
pub(super) struct Fulcio<'a> {
    pub(super) folder: &'a Path,
    pub(super) http: &'a reqwest::Client,
    pub(super) issuers: &'a Issuers,
}

impl Fulcio<'_> {
    /// Starts a Fulcio that signs with the CA of `ca.pem` and writes to the certificate log at
    /// `ct_log`. Returns its address.
    pub(super) async fn start(
        &self,
        service: &'static str,
        ct_log: &str,
    ) -> Result<Started<String>, InteropError> {
        let config = format!("{service}.json");
        write(
            &self.folder.join(&config),
            configuration(self.issuers).as_bytes(),
        )?;
        let [port, grpc, metrics] = free_ports()?;
        let mut daemon = Daemon::start(
            service,
            &peer("fulcio")?,
            self.folder,
            &[
                "serve",
                "--host=127.0.0.1",
                &format!("--port={port}"),
                "--grpc-host=127.0.0.1",
                &format!("--grpc-port={grpc}"),
                &format!("--metrics-port={metrics}"),
                // The name of an abstract socket must be unique on the machine.
                &format!("--legacy-unix-domain-socket=@cpan-sigstore-interop-{port}"),
                "--ca=fileca",
                "--fileca-cert=ca.pem",
                "--fileca-key=ca.key.enc",
                &format!("--fileca-key-passwd={}", keys::CA_PASSWORD),
                "--fileca-watch=false",
                &format!("--config-path={config}"),
                &format!("--ct-log-url={ct_log}"),
                // One line for each event.
                "--log_type=prod",
            ],
        )?;
        let url = format!("http://127.0.0.1:{port}");
        let ready = format!("{url}/api/v2/trustBundle");
        daemon.answer(self.http, &ready).await?;
        Ok(Started { daemon, value: url })
    }
}

/// Returns Fulcio's configuration of identity providers. Its names in JSON differ from those in the
/// YAML of its documentation.
fn configuration(issuers: &Issuers) -> String {
    let issuer = |url: &str, kind: &str| {
        serde_json::json!({
            "IssuerURL": url,
            "ClientID": "sigstore",
            "Type": kind,
            "SubjectDomain": "127.0.0.1",
            "Contact": "interop@example.org",
            "Description": kind,
        })
    };
    serde_json::json!({
        "OIDCIssuers": {
            issuers.email.as_str(): issuer(&issuers.email, "email"),
            issuers.username.as_str(): issuer(&issuers.username, "username"),
            issuers.pause.as_str(): issuer(&issuers.pause, "username"),
        }
    })
    .to_string()
}
