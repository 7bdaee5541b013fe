//! Connections: plain or by TLS, bounded in number and time, and ended gracefully.

use std::{
    convert::Infallible,
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::pin,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpSocket, TcpStream},
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

use super::{
    Access, Limits, Server,
    connections::{Connections, Place},
    line::Line,
    progress::ProgressStream,
    response::Response,
};
use crate::Mirror;

/// Size limit of the head of a request, in bytes.
const HEAD_LIMIT: usize = 16 * 1024;
/// Connections that the system accepts before the mirror does.
const BACKLOG: u32 = 4096;
/// Bytes of an answer that wait in the system for one client: enough for 1 MB/s over an ocean. A client that reads
/// less than a third of it in the time of a stall makes no progress.
const SEND_BUFFER: u32 = 128 * 1024;
/// Longest wait for unfinished answers at the end.
const LAST_ANSWERS: Duration = Duration::from_secs(8);
/// Connections that start at once. The others wait in a line in which machines take turns: tasks have no order by
/// which a machine with few connections could come first.
const STARTS: usize = 32;
/// Wait after a connection that cannot be accepted, as when no file descriptors are left.
const PAUSE: Duration = Duration::from_millis(50);

/// How a mirror serves its clients.
pub struct Service {
    /// Who may make requests.
    pub access: Access,
    /// The limits of connections.
    pub limits: Limits,
    /// The certificate, for other machines.
    pub tls: Option<TlsAcceptor>,
}

/// A mirror that listens and does not answer yet.
pub struct Listening {
    listener: TcpListener,
    address: SocketAddr,
    server: Arc<Server>,
    connections: Arc<Connections>,
    tls: Option<TlsAcceptor>,
}

/// A mirror that answers. It ends when this is dropped.
pub struct Running {
    address: SocketAddr,
    server: Arc<Server>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Running {
    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of requests for files of a CPAN so far, answered or refused.
    pub fn requested_files(&self) -> u64 {
        self.server.files.load(Ordering::Relaxed)
    }

    /// Ends it after the unfinished answers.
    pub async fn stop(self) {
        // It may have ended already.
        let _ = self.stop.send(());
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
        service: Service,
    ) -> io::Result<Self> {
        let listener = listener(address)?;
        let address = listener.local_addr()?;
        Ok(Self {
            address,
            listener,
            server: Arc::new(Server::new(mirror, service.access.at(address))),
            connections: Connections::new(service.limits),
            tls: service.tls,
        })
    }

    /// Answers in the current runtime. A thread of its own accepts connections, so that a new one does not wait for
    /// the requests of all others.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn spawn(self) -> Running {
        let (address, server) = (self.address, Arc::clone(&self.server));
        let (stop, stopped) = oneshot::channel::<()>();
        let runtime = Handle::current();
        let serving = tokio::task::spawn_blocking(move || {
            runtime.block_on(self.serve(stopped));
        });
        Running {
            address,
            server,
            stop,
            serving,
        }
    }

    /// Answers until `stop`, and finishes the answers that it began. If the sender is dropped, it ends at once:
    /// the runtime is about to end, too, and has no timers any more.
    async fn serve(self, mut stop: oneshot::Receiver<()>) {
        let graceful = GracefulShutdown::new();
        let starts = Arc::new(Semaphore::new(STARTS));
        let mut line = Line::default();
        loop {
            tokio::select! {
                stopped = &mut stop => match stopped {
                    Ok(()) => break,
                    Err(_) => return,
                },
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, address)) => {
                        let place = self.connections.place(address.ip());
                        line.push(place.machine(), (stream, place));
                        // The sockets of those that lost their place are closed.
                        if line.len() > 2 * self.connections.limit() {
                            line.retain(|(_, place)| !place.activity().is_cut());
                        }
                    }
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept a connection");
                        self.connections.shed();
                        line.retain(|(_, place)| !place.activity().is_cut());
                        tokio::time::sleep(PAUSE).await;
                    }
                },
                Ok(start) = Arc::clone(&starts).acquire_owned(), if !line.is_empty() => {
                    let mut next = std::iter::from_fn(|| line.pop());
                    let has_place = |(_, place): &(_, Place)| !place.activity().is_cut();
                    if let Some((stream, place)) = next.find(has_place) {
                        self.begin(stream, place, start, graceful.watcher());
                    }
                }
            }
        }
        drop((self.listener, line));
        // A client that reads no more does not delay the end.
        let _ = timeout(LAST_ANSWERS, graceful.shutdown()).await;
    }

    /// Starts a connection. The start is over when the mirror has looked for a request once.
    fn begin(
        &self,
        stream: TcpStream,
        place: Place,
        start: OwnedSemaphorePermit,
        watcher: Watcher,
    ) {
        let server = Arc::clone(&self.server);
        let tls = self.tls.clone();
        let stall = self.connections.stall();
        // Small answers are sent at once.
        let _ = stream.set_nodelay(true);
        tokio::spawn(async move {
            let stream = ProgressStream::new(stream, Arc::clone(place.activity()), stall);
            let answer = move |request| {
                let server = Arc::clone(&server);
                async move { server.answer(request).await }
            };
            let conversation = async {
                match tls {
                    None => converse(answer, stream, &place, stall, watcher).await,
                    Some(tls) => match timeout(stall, tls.accept(stream)).await {
                        Ok(Ok(stream)) => converse(answer, stream, &place, stall, watcher).await,
                        Ok(Err(error)) => tracing::debug!(%error, "no TLS handshake"),
                        Err(_) => tracing::debug!("no TLS handshake in time"),
                    },
                }
            };
            let conversation = async {
                tokio::select! {
                    biased;
                    () = place.is_taken() => tracing::debug!("a newer connection took the place of an idle one"),
                    () = conversation => {}
                }
            };
            let mut conversation = pin!(conversation);
            let mut start = Some(start);
            poll_fn(|context| {
                let polled = conversation.as_mut().poll(context);
                drop(start.take());
                polled
            })
            .await;
        });
    }
}

/// Listens as [`TcpListener::bind`] does, with a longer queue: a full one costs honest clients a second.
fn listener(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A port that was in use a moment ago; on Windows this would share it.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    // Each connection has it from here.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Answers the requests of one connection until it ends, or makes no progress.
async fn converse<F, A>(
    answer: F,
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    place: &Place,
    stall: Duration,
    watcher: Watcher,
) where
    F: Fn(Request<Incoming>) -> A + 'static,
    A: Future<Output = Response> + 'static,
{
    let activity = Arc::clone(place.activity());
    let service = service_fn(move |request| {
        let work = activity.work();
        let answer = answer(request);
        async move {
            let response = answer.await;
            drop(work);
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // Also for the wait between two requests.
        .header_read_timeout(stall)
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;
    use crate::server::response::text;

    /// An answer that no buffer holds.
    const LONG: usize = 1 << 20;
    /// No progress for this time ends a connection.
    const SOON: Duration = Duration::from_millis(10);
    /// A time that no test sees the end of.
    const NEVER: Duration = Duration::from_secs(3600);

    /// Sends bytes, and returns the answer, with a body of `length` bytes, once the server has ended the connection.
    /// Reads nothing until then unless `reads`.
    async fn ended(bytes: &[u8], length: usize, reads: bool, stall: Duration) -> Vec<u8> {
        let limits = Limits {
            stall,
            ..Limits::default()
        };
        let place = Connections::new(limits).place([192, 0, 2, 1].into());
        let (mut client, server) = duplex(1024);
        client.write_all(bytes).await.unwrap();
        let stream = ProgressStream::new(server, Arc::clone(place.activity()), stall);
        let answer = move |_| async move { text(StatusCode::OK, &"x".repeat(length)) };
        let graceful = GracefulShutdown::new();
        let conversation = converse(answer, stream, &place, stall, graceful.watcher());
        let mut got = Vec::new();
        // A connection that nothing ends fails the test.
        timeout(Duration::from_secs(60), async {
            if reads {
                let (read, ()) = tokio::join!(client.read_to_end(&mut got), conversation);
                read.unwrap();
            } else {
                conversation.await;
                client.read_to_end(&mut got).await.unwrap();
            }
        })
        .await
        .unwrap();
        got
    }

    #[tokio::test]
    async fn ends_connections_that_make_no_progress() {
        for head in [
            "",
            "GET / HT",
            "GET / HTTP/1.1\r\nHost: x\r\n",
            "GET / HTTP/1.1\r\nX: ",
        ] {
            assert_eq!(ended(head.as_bytes(), 0, true, SOON).await, b"", "{head:?}");
        }
        // It asks and reads nothing.
        let got = ended(b"GET / HTTP/1.1\r\n\r\n", LONG, false, SOON).await;
        assert!((1..LONG).contains(&got.len()), "{}", got.len());
    }

    #[tokio::test]
    async fn ends_connections_after_answer_to_request_with_body() {
        for head in [
            "GET / HTTP/1.1\r\nContent-Length: 1000\r\n\r\nx",
            "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx",
            "GET / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
        ] {
            let got = ended(head.as_bytes(), LONG, true, NEVER).await;
            assert!(got.starts_with(b"HTTP/1.1 200 OK"), "{head:?}");
            assert!(got.len() > LONG, "{head:?}: {}", got.len());
        }
    }

    #[tokio::test]
    async fn ends_idle_connections_between_two_requests() {
        let got = ended(b"GET / HTTP/1.1\r\n\r\n", 1, true, SOON).await;
        assert!(got.starts_with(b"HTTP/1.1 200 OK"));
    }
}
