//! From an address to a stream of bytes that the library can live with.

use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};
use std::{future, io};

use async_rs::traits::Reactor;
use async_rs::util::RuntimeParts;
use async_rs::{Runtime, Tokio};
use lapin::{AsyncTcpStream, Connection, ConnectionProperties};
use rustls::ProtocolVersion;
use rustls::pki_types::ServerName;
use tokio::io::AsyncBufReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::AmqpOptions;
use super::connection::AmqpError;
use crate::tls::{Tls, TlsError};
use stream::{Socket, Stream};

mod mender;
mod stream;

pub use mender::Mender;

/// Within this time a broker that does not like our certificate says so.
const JUDGED: Duration = Duration::from_millis(500);

/// Connects: socket, TLS, handshake of the broker. What is given up midway leaves nothing behind.
pub(super) async fn connect(
    options: &AmqpOptions,
    properties: ConnectionProperties,
) -> Result<Connection, AmqpError> {
    let given_up = CancellationToken::new();
    let guard = given_up.clone().drop_guard();
    let stream = open(options, given_up.cancelled_owned()).await?;
    let once = Mutex::new(Some(stream));
    let connect = async move |_, _| {
        let stream = once.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The library asks a second time where the first stream has ended early.
        let gone = || lapin::Error::from(io::Error::from(io::ErrorKind::ConnectionAborted));
        stream.map(AsyncTcpStream::Plain).ok_or_else(gone)
    };
    let runtime = Runtime::new(RuntimeParts::new(Tokio::current(), Streams(Tokio::current())));
    let uri = options.url.uri(options.heartbeat_seconds);
    let connected = Connection::connector(uri, runtime, connect, properties).await;
    let connection =
        connected.map_err(|source| AmqpError::Failed { what: "connecting", source })?;
    guard.disarm();
    Ok(connection)
}

async fn open(
    options: &AmqpOptions,
    given_up: WaitForCancellationFutureOwned,
) -> Result<Stream, AmqpError> {
    let failed =
        |source: io::Error| AmqpError::Failed { what: "connecting", source: source.into() };
    let (host, port) = options.url.address();
    let socket = TcpStream::connect((host, port)).await.map_err(failed)?;
    socket.set_nodelay(true).map_err(failed)?;
    let socket = match (options.url.is_tls(), &options.tls) {
        (false, _) => Socket::Plain(socket),
        (true, None) => return Err(AmqpError::Tls(TlsError::NoAuthority)),
        (true, Some(tls)) => Socket::Tls(Box::new(encrypted(socket, tls, host).await?)),
    };
    Ok(Stream::new(socket, Mender::new(options.url.frame_max()), given_up))
}

/// The files are read each time, so that a certificate that was replaced is used from the next
/// connection on.
async fn encrypted(
    socket: TcpStream,
    tls: &Tls,
    host: &str,
) -> Result<TlsStream<TcpStream>, TlsError> {
    let name = tls.server_name.as_deref().unwrap_or(host);
    let server = ServerName::try_from(name.to_owned());
    let server = server.map_err(|_| TlsError::Name(name.to_owned()))?;
    let connector = TlsConnector::from(tls.client()?);
    let mut stream = connector.connect(server, socket).await.map_err(TlsError::Handshake)?;
    heard(&mut stream).await.map_err(TlsError::Handshake)?;
    Ok(stream)
}

/// Waits for the broker's word on our certificate. In TLS 1.3 it judges that after the handshake
/// has ended for us, and says nothing when it is content; its refusal would be lost to the first
/// write on a connection that it has closed.
async fn heard(stream: &mut TlsStream<TcpStream>) -> io::Result<()> {
    if stream.get_ref().1.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
        return Ok(());
    }
    match timeout(JUDGED, stream.fill_buf()).await {
        Ok(Ok([])) => Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(Err(error)) => Err(error),
        Ok(Ok(_)) | Err(_) => Ok(()),
    }
}

/// Says to the library what its streams are; only [`connect`] makes one.
#[derive(Debug, Clone)]
struct Streams(Tokio);

impl Reactor for Streams {
    type TcpStream = Stream;
    type Sleep = <Tokio as Reactor>::Sleep;

    fn register<H: io::Read + io::Write + AsFd + AsRawFd + Send + 'static>(
        &self,
        socket: H,
    ) -> io::Result<
        impl futures_util::io::AsyncRead + futures_util::io::AsyncWrite + Send + Unpin + 'static,
    > {
        self.0.register(socket)
    }

    fn sleep(&self, time: Duration) -> Self::Sleep {
        self.0.sleep(time)
    }

    fn interval(
        &self,
        time: Duration,
    ) -> impl futures_util::Stream<Item = Instant> + Send + 'static {
        self.0.interval(time)
    }

    fn tcp_connect_addr(
        &self,
        _: SocketAddr,
    ) -> impl Future<Output = io::Result<Stream>> + Send + 'static {
        future::ready(Err(io::ErrorKind::Unsupported.into()))
    }
}
