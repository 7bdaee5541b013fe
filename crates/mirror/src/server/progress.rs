//! A stream that ends if its client reads nothing for a while, and that notes its progress.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

use super::activity::Activity;

/// A connection that can end without the bytes that its client has not read.
pub(super) trait Cut {
    /// Drops them at the end.
    fn cut(&self);
}

impl Cut for TcpStream {
    fn cut(&self) {
        // Then the system keeps them for a while.
        let _ = self.set_zero_linger();
    }
}

/// A stream to a client. Waiting for a request is limited elsewhere: by the timer for its head.
pub(super) struct ProgressStream<S: Cut> {
    inner: S,
    activity: Arc<Activity>,
    stall: Duration,
    /// The end of the wait for a client that does not read.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S: Cut> Drop for ProgressStream<S> {
    fn drop(&mut self) {
        if self.activity.is_cut() {
            self.inner.cut();
        }
    }
}

impl<S: Cut> ProgressStream<S> {
    pub(super) fn new(inner: S, activity: Arc<Activity>, stall: Duration) -> Self {
        Self {
            inner,
            activity,
            stall,
            stalled: None,
        }
    }

    fn written<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            self.activity.note_progress();
            return written;
        }
        self.activity.note_wait();
        let stall = self.stall;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(stall)));
        stalled.as_mut().poll(cx).map(|()| {
            self.activity.cut();
            let reason = "the client reads nothing";
            Err(io::Error::new(io::ErrorKind::TimedOut, reason))
        })
    }
}

impl<S: AsyncRead + Cut + Unpin> AsyncRead for ProgressStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut stream.inner).poll_read(cx, buffer);
        if read.is_pending() {
            stream.activity.note_wait();
        } else if buffer.filled().len() > before {
            stream.activity.note_progress();
        }
        read
    }
}

impl<S: AsyncWrite + Cut + Unpin> AsyncWrite for ProgressStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let stream = self.get_mut();
        let written = Pin::new(&mut stream.inner).poll_write(cx, bytes);
        stream.written(cx, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let stream = self.get_mut();
        let written = Pin::new(&mut stream.inner).poll_write_vectored(cx, parts);
        stream.written(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        match Pin::new(&mut stream.inner).poll_flush(cx) {
            // It sent nothing by itself.
            Poll::Ready(Ok(())) => Poll::Ready(Ok(())),
            flushed => stream.written(cx, flushed),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        let shut = Pin::new(&mut stream.inner).poll_shutdown(cx);
        stream.written(cx, shut)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;
    use crate::server::{Limits, connections::Connections};

    impl Cut for DuplexStream {
        fn cut(&self) {}
    }

    #[tokio::test]
    async fn begins_the_wait_again_after_progress() {
        let place = Connections::new(Limits::default()).place([192, 0, 2, 1].into());
        let (mut client, server) = duplex(4);
        // Long enough for this test never to see its end.
        let stall = Duration::from_secs(3600);
        let mut stream = ProgressStream::new(server, Arc::clone(place.activity()), stall);
        stream.write_all(b"four").await.unwrap();
        assert!(stream.stalled.is_none());
        let write = futures_util::poll!(Box::pin(stream.write_all(b"x")));
        assert!(write.is_pending() && stream.stalled.is_some());
        client.read_exact(&mut [0; 4]).await.unwrap();
        stream.write_all(b"more").await.unwrap();
        assert!(stream.stalled.is_none());
    }
}
