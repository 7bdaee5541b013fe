//! Connections: plain or by TLS, bounded in number and time, and ended gracefully.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

use super::Server;
use crate::Mirror;

/// Most connections at once.
const CONNECTIONS: usize = 1024;
/// Longest wait for the head of a request, and for the beginning of TLS.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest head of a request, in bytes.
const HEAD_LIMIT: usize = 16 * 1024;
/// How long answers that are on their way are waited for at the end.
const LAST_ANSWERS: Duration = Duration::from_secs(8);
/// How long to wait where no connection can be taken, as when there are no file descriptors left.
const PAUSE: Duration = Duration::from_millis(50);

/// Certificate or key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("expected {expected} (PEM) in {}, found {found}", path.display())]
    File {
        /// What should be there.
        expected: &'static str,
        /// The file.
        path: PathBuf,
        /// What is.
        found: String,
    },
    /// They do not belong together.
    #[error("expected a certificate and its key: {0}")]
    Pair(String),
}

/// Reads a certificate with its chain, and its key.
///
/// # Errors
/// Where they cannot be used.
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

/// A mirror that listens.
pub struct Listening {
    listener: TcpListener,
    server: Arc<Server>,
    tls: Option<TlsAcceptor>,
}

impl Listening {
    /// Begins to listen; what comes waits for [`Listening::serve`].
    ///
    /// # Errors
    /// Where the address cannot be listened at.
    pub async fn bind(
        mirror: Arc<Mirror>,
        address: SocketAddr,
        tls: Option<TlsAcceptor>,
    ) -> io::Result<Self> {
        Ok(Self {
            listener: TcpListener::bind(address).await?,
            server: Arc::new(Server::new(mirror)),
            tls,
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until `stop`, and then what was asked for before.
    pub async fn serve(self, stop: impl Future<Output = ()>) {
        let graceful = GracefulShutdown::new();
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let mut stop = pin!(stop);
        loop {
            let next = async {
                let place = Arc::clone(&places).acquire_owned().await;
                (place, self.listener.accept().await)
            };
            tokio::select! {
                () = &mut stop => break,
                (place, accepted) = next => match (place, accepted) {
                    (Ok(place), Ok((stream, _))) => self.begin(stream, place, graceful.watcher()),
                    (_, Err(error)) => {
                        tracing::warn!(%error, "no connection can be taken");
                        tokio::time::sleep(PAUSE).await;
                    }
                    // The places are never closed.
                    (Err(_), _) => break,
                },
            }
        }
        drop(self.listener);
        // Whoever reads no more does not hold up the end.
        let _ = tokio::time::timeout(LAST_ANSWERS, graceful.shutdown()).await;
    }

    fn begin(&self, stream: TcpStream, place: OwnedSemaphorePermit, watcher: Watcher) {
        let server = Arc::clone(&self.server);
        let tls = self.tls.clone();
        // Small answers wait for nothing.
        let _ = stream.set_nodelay(true);
        tokio::spawn(async move {
            match tls {
                None => converse(server, stream, watcher).await,
                Some(tls) => match tokio::time::timeout(HEAD_TIMEOUT, tls.accept(stream)).await {
                    Ok(Ok(stream)) => converse(server, stream, watcher).await,
                    Ok(Err(error)) => tracing::debug!(%error, "no TLS"),
                    Err(_) => tracing::debug!("no TLS in time"),
                },
            }
            drop(place);
        });
    }
}

async fn converse(
    server: Arc<Server>,
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    watcher: Watcher,
) {
    let service = service_fn(move |request| {
        let server = Arc::clone(&server);
        async move { Ok::<_, Infallible>(server.answer(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
}
