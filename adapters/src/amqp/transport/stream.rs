//! The byte stream under a connection: a socket, TLS where wanted, and the [`Mender`].

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::io::{AsyncRead, AsyncWrite};
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::mender::Mender;

/// What carries the bytes.
pub(super) enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// What the library reads from and writes to.
pub(crate) struct Stream {
    socket: Socket,
    mender: Mender,
    /// Ends the reading: the library itself never gives up a peer that keeps silent.
    given_up: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Stream {
    pub(super) fn new(
        socket: Socket,
        mender: Mender,
        given_up: WaitForCancellationFutureOwned,
    ) -> Self {
        Self { socket, mender, given_up: Box::pin(given_up) }
    }
}

/// Calls a method on whichever socket there is.
macro_rules! on_socket {
    ($stream:expr, $socket:ident => $call:expr) => {
        match &mut $stream.socket {
            Socket::Plain(plain) => {
                let $socket = Pin::new(plain);
                $call
            }
            Socket::Tls(tls) => {
                let $socket = Pin::new(tls.as_mut());
                $call
            }
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let stream = &mut *self;
        loop {
            let taken = stream.mender.take(into);
            if taken > 0 || into.is_empty() {
                return Poll::Ready(Ok(taken));
            }
            let mut room = ReadBuf::new(stream.mender.room());
            let read = on_socket!(stream, socket => socket.poll_read(context, &mut room));
            let count = room.filled().len();
            match read {
                Poll::Ready(Ok(())) if count == 0 => return Poll::Ready(Ok(0)),
                Poll::Ready(Ok(())) => stream.mender.received(count),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    std::task::ready!(stream.given_up.as_mut().poll(context));
                    return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
                }
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        on_socket!(self, socket => socket.poll_write(context, from))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        on_socket!(self, socket => socket.poll_write_vectored(context, from))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_socket!(self, socket => socket.poll_flush(context))
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_socket!(self, socket => socket.poll_shutdown(context))
    }
}
