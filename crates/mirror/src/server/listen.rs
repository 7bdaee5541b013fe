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
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

use super::{Access, Server};
use crate::Mirror;

/// Limit of connections at once.
const CONNECTIONS: usize = 1024;
/// Longest wait for the head of a request, and for a TLS handshake.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Size limit of the head of a request, in bytes.
const HEAD_LIMIT: usize = 16 * 1024;
/// Longest wait for unfinished answers at the end.
const LAST_ANSWERS: Duration = Duration::from_secs(8);
/// Wait after a connection that cannot be accepted, as when no file descriptors are left.
const PAUSE: Duration = Duration::from_millis(50);

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

/// A mirror that listens and does not answer yet.
pub struct Listening {
    listener: TcpListener,
    address: SocketAddr,
    server: Arc<Server>,
    tls: Option<TlsAcceptor>,
}

/// A mirror that answers. It ends when this is dropped.
pub struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Running {
    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it after the unfinished answers.
    pub async fn stop(self) {
        drop(self.stop);
        // A panic was already reported.
        let _ = self.serving.await;
    }
}

impl Listening {
    /// Listens on an address; connections wait for [`Listening::spawn`].
    ///
    /// # Errors
    /// [`io::Error`] if the address cannot be used.
    pub async fn bind(
        mirror: Arc<Mirror>,
        address: SocketAddr,
        access: Access,
        tls: Option<TlsAcceptor>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self {
            address,
            listener,
            server: Arc::new(Server::new(mirror, access.at(address))),
            tls,
        })
    }

    /// Answers in a task of the current runtime.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn spawn(self) -> Running {
        let address = self.address;
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(self.serve(async {
            // It also ends when the sender is dropped.
            let _ = stopped.await;
        }));
        Running {
            address,
            stop,
            serving,
        }
    }

    /// Answers until `stop`, and finishes the answers that it began.
    async fn serve(self, stop: impl Future<Output = ()>) {
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
                        tracing::warn!(%error, "cannot accept a connection");
                        tokio::time::sleep(PAUSE).await;
                    }
                    // The places are never closed.
                    (Err(_), _) => break,
                },
            }
        }
        drop(self.listener);
        // A client that reads no more does not delay the end.
        let _ = tokio::time::timeout(LAST_ANSWERS, graceful.shutdown()).await;
    }

    fn begin(&self, stream: TcpStream, place: OwnedSemaphorePermit, watcher: Watcher) {
        let server = Arc::clone(&self.server);
        let tls = self.tls.clone();
        // Small answers are sent at once.
        let _ = stream.set_nodelay(true);
        tokio::spawn(async move {
            match tls {
                None => converse(server, stream, watcher).await,
                Some(tls) => match tokio::time::timeout(HEAD_TIMEOUT, tls.accept(stream)).await {
                    Ok(Ok(stream)) => converse(server, stream, watcher).await,
                    Ok(Err(error)) => tracing::debug!(%error, "no TLS handshake"),
                    Err(_) => tracing::debug!("no TLS handshake in time"),
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
