//! AMQP by hand: frames that no library would write.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::broker::PATIENCE;

/// Class and method of what is waited for.
type Method = (u16, u16);

/// A connection with one channel, which confirms.
pub struct Raw(TcpStream);

/// A message with properties as bytes.
pub struct RawMessage<'a> {
    /// Where to.
    pub exchange: &'a str,
    /// With which key.
    pub key: &'a [u8],
    /// Which properties follow, the highest bit first.
    pub flags: u16,
    /// The properties.
    pub properties: Vec<u8>,
    /// The body.
    pub body: &'a [u8],
}

/// Flags of the properties used in tests.
pub mod flag {
    /// `content_type`.
    pub const CONTENT_TYPE: u16 = 1 << 15;
    /// `content_encoding`.
    pub const CONTENT_ENCODING: u16 = 1 << 14;
    /// `headers`.
    pub const HEADERS: u16 = 1 << 13;
    /// `correlation_id`.
    pub const CORRELATION_ID: u16 = 1 << 10;
    /// `message_id`.
    pub const MESSAGE_ID: u16 = 1 << 7;
    /// `type`.
    pub const TYPE: u16 = 1 << 5;
    /// `user_id`.
    pub const USER_ID: u16 = 1 << 4;
    /// `app_id`.
    pub const APP_ID: u16 = 1 << 3;
}

/// A short string.
pub fn short(text: &[u8]) -> Vec<u8> {
    let length = u8::try_from(text.len()).unwrap_or(u8::MAX);
    [&[length], text].concat()
}

/// Bytes after their length: a table, a list, a long string.
pub fn long(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), bytes].concat()
}

impl Raw {
    /// Logs in with the user of the URL.
    pub fn connect(url: &str) -> Result<Self> {
        let rest = url.strip_prefix("amqp://").context("not amqp")?;
        let (who, rest) = rest.split_once('@').context("no user")?;
        let (user, password) = who.split_once(':').context("no password")?;
        let (address, vhost) = rest.split_once('/').context("no virtual host")?;
        let vhost = vhost.replace("%2f", "/");
        let mut raw = Self(TcpStream::connect(address)?);
        raw.0.set_read_timeout(Some(PATIENCE.max(Duration::from_secs(1))))?;
        raw.0.write_all(b"AMQP\x00\x00\x09\x01")?;
        raw.expect((10, 10))?;
        let login = format!("\0{user}\0{password}");
        let start = [long(b""), short(b"PLAIN"), long(login.as_bytes()), short(b"en_US")];
        raw.send(0, (10, 11), &start.concat())?;
        let tune = raw.expect((10, 30))?;
        let sizes = tune.get(..6).context("a short tune")?;
        raw.send(0, (10, 31), &[sizes, &[0, 0]].concat())?;
        raw.send(0, (10, 40), &[short(vhost.as_bytes()), short(b""), vec![0]].concat())?;
        raw.expect((10, 41))?;
        raw.send(1, (20, 10), &short(b""))?;
        raw.expect((20, 11))?;
        raw.send(1, (85, 10), &[0])?;
        raw.expect((85, 11))?;
        Ok(raw)
    }

    /// Publishes, and waits until the broker has the message in a queue.
    pub fn publish(&mut self, message: &RawMessage<'_>) -> Result<()> {
        let mandatory = 1;
        let route = [&[0, 0][..], &short(message.exchange.as_bytes()), &short(message.key)];
        self.send(1, (60, 40), &[&route.concat()[..], &[mandatory]].concat())?;
        let size = u64::try_from(message.body.len())?.to_be_bytes();
        let header = [&[0, 60, 0, 0][..], &size, &message.flags.to_be_bytes()].concat();
        self.frame(2, 1, &[&header[..], &message.properties].concat())?;
        self.frame(3, 1, message.body)?;
        self.expect((60, 80)).map(drop)
    }

    /// Takes one message of a queue and gives it back as a consumer that failed over it does, read
    /// or not. False where there is none.
    pub fn fail_over_one(&mut self, queue: &str) -> Result<bool> {
        let with_answer = 0;
        let arguments = [&[0, 0][..], &short(queue.as_bytes()), &[with_answer]].concat();
        self.send(1, (60, 70), &arguments)?;
        let (got, arguments) = self.method()?;
        if got == (60, 72) {
            return Ok(false);
        }
        ensure!(got == (60, 71), "{got:?} to a get");
        let (tag, requeue) = (arguments.get(..8).context("a short get-ok")?, [1]);
        self.send(1, (60, 90), &[tag, &requeue].concat())?;
        Ok(true)
    }

    fn send(&mut self, channel: u16, (class, method): Method, arguments: &[u8]) -> Result<()> {
        let name = [class.to_be_bytes(), method.to_be_bytes()].concat();
        self.frame(1, channel, &[&name[..], arguments].concat())
    }

    fn frame(&mut self, kind: u8, channel: u16, payload: &[u8]) -> Result<()> {
        let head = [&[kind][..], &channel.to_be_bytes()].concat();
        Ok(self.0.write_all(&[head, long(payload), vec![0xce]].concat())?)
    }

    /// The arguments of the next method, which must be this one.
    fn expect(&mut self, wanted: Method) -> Result<Vec<u8>> {
        let (got, arguments) = self.method()?;
        if got != wanted {
            bail!("wanted {wanted:?}, got {got:?}: {}", String::from_utf8_lossy(&arguments));
        }
        Ok(arguments)
    }

    /// The next method; heartbeats and messages are passed over.
    fn method(&mut self) -> Result<(Method, Vec<u8>)> {
        loop {
            let mut head = [0; 7];
            self.0.read_exact(&mut head).context("the broker hung up")?;
            let [kind, _, _, size @ ..] = head;
            let mut payload = vec![0; usize::try_from(u32::from_be_bytes(size))?];
            self.0.read_exact(&mut payload)?;
            let mut end = [0];
            self.0.read_exact(&mut end)?;
            ensure!(end == [0xce], "a frame without its end");
            if kind != 1 {
                continue;
            }
            let (name, arguments) = payload.split_at_checked(4).context("a short method")?;
            let [a, b, c, d] = *name else { bail!("no method") };
            let method = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            return Ok((method, arguments.to_vec()));
        }
    }
}
