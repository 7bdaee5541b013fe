//! The certificate of a mirror for other machines.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

/// Reasons not to use a certificate and its key.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file has no certificate or key.
    #[error("invalid {}: expected {expected} (PEM), found {found}", path.display())]
    File {
        /// The expected content.
        expected: &'static str,
        /// The file.
        path: PathBuf,
        /// The reason.
        found: String,
    },
    /// They do not belong together.
    #[error("cannot use the certificate with its key: {0}")]
    Pair(String),
}

/// Reads a certificate with its chain, and its key (PEM).
///
/// # Errors
/// [`TlsError`] if a file has none, or the key is another certificate's.
pub fn tls(certificate: &Path, key: &Path) -> Result<TlsAcceptor, TlsError> {
    let unusable = |expected, path: &Path, found: String| TlsError::File {
        expected,
        path: path.to_owned(),
        found,
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable("certificates", certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(unusable("certificates", certificate, "none".to_owned()));
    }
    let private = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| unusable("a private key", key, error.to_string()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::Pair(error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| TlsError::Pair(error.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
