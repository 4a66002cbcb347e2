//! A connection to an origin: checked address, TCP, TLS, and hyper's HTTP/1.1 on top, recorded.
//!
//! HTTP/1.1 and not 2: a WARC response record holds the message as it came over the wire, which only the text
//! protocol has a form for.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::client::conn::http1::{self, SendRequest};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};
use url::Host;

use crate::address::Guard;
use crate::problem::{Problem, ProblemKind};
use crate::recording::{Recorder, SharedRecording};
use crate::resolve::Resolver;
use crate::settings::Settings;
use crate::target::{Origin, Target};

/// Addresses of one host that are tried: enough for a machine of each family that is down.
const MAX_ADDRESSES: usize = 4;
/// hyper's limit on the number of headers; the limit in bytes is a setting.
const MAX_HEADERS: usize = 512;

/// An open connection on which one request at a time is made.
pub(crate) struct Connection {
    pub(crate) origin: Origin,
    pub(crate) peer: IpAddr,
    pub(crate) sender: SendRequest<String>,
    pub(crate) recording: SharedRecording,
    driver: JoinHandle<()>,
}

/// Opens connections.
pub(crate) struct Connector {
    resolver: Resolver,
    guard: Guard,
    tls: TlsConnector,
    timeout: Duration,
    max_header_bytes: usize,
    buffer_bytes: usize,
}

impl Connector {
    /// # Errors
    /// If `extra-ca-file` cannot be read.
    pub(crate) fn new(settings: &Settings, resolver: Resolver) -> io::Result<Self> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if !settings.extra_ca_file.as_os_str().is_empty() {
            let public = roots.len();
            for certificate in CertificateDer::pem_file_iter(&settings.extra_ca_file).map_err(io::Error::other)? {
                roots.add(certificate.map_err(io::Error::other)?).map_err(io::Error::other)?;
            }
            if roots.len() == public {
                return Err(io::Error::other("no certificate in it"));
            }
        }
        let mut tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            resolver,
            guard: Guard::new(settings.allow_addresses.clone()),
            tls: TlsConnector::from(Arc::new(tls)),
            timeout: Duration::from_secs_f64(settings.connect_timeout_seconds),
            max_header_bytes: settings.max_header_bytes,
            buffer_bytes: settings.buffer_bytes,
        })
    }

    /// Looks up, checks, connects and shakes hands.
    pub(crate) async fn connect(&self, target: &Target) -> Result<Connection, Problem> {
        let deadline = Instant::now() + self.timeout;
        let late = |_| Problem::new(ProblemKind::Timeout, "no connection in time");
        timeout_at(deadline, self.connect_unbounded(target)).await.map_err(late)?
    }

    async fn connect_unbounded(&self, target: &Target) -> Result<Connection, Problem> {
        let addresses = self.resolver.addresses(target, &self.guard).await?;
        let stream = self.connect_to_one(&addresses).await?;
        let peer = stream.peer_addr().map_err(|error| Problem::new(ProblemKind::Connect, error.to_string()))?.ip();
        let _ = stream.set_nodelay(true);
        let stream = if target.is_https() {
            let name = server_name(target)?;
            let stream = self.tls.connect(name, stream).await.map_err(|error| tls_problem(&error))?;
            Stream::Tls(Box::new(stream))
        } else {
            Stream::Plain(stream)
        };
        let recording = SharedRecording::new(0, self.buffer_bytes);
        let recorder = Recorder::new(stream, recording.clone());
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(self.max_header_bytes)
            .max_header_size(self.max_header_bytes)
            .max_headers(MAX_HEADERS)
            .title_case_headers(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .allow_spaces_after_header_name_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            .handshake(recorder)
            .await
            .map_err(|error| Problem::new(ProblemKind::Connect, error.to_string()))?;
        let driver = tokio::spawn(async move {
            // The exchange gets the same error from its own end.
            let _ = connection.await;
        });
        Ok(Connection { origin: target.origin(), peer, sender, recording, driver })
    }

    /// Connects to the checked addresses and no others: the name is not looked up again.
    async fn connect_to_one(&self, addresses: &[SocketAddr]) -> Result<TcpStream, Problem> {
        // Every address gets its share of the time, so that a dead first one leaves some for the next.
        let tried = addresses.len().min(MAX_ADDRESSES);
        let share = self.timeout / u32::try_from(tried).unwrap_or(1).max(1);
        let mut last = Problem::new(ProblemKind::Connect, "no address");
        for address in &addresses[..tried] {
            match tokio::time::timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => last = Problem::new(ProblemKind::Connect, format!("{address}: {error}")),
                Err(_) => last = Problem::new(ProblemKind::Timeout, format!("{address}: no connection in time")),
            }
        }
        Err(last)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

fn server_name(target: &Target) -> Result<ServerName<'static>, Problem> {
    match target.parsed_host() {
        Host::Ipv4(address) => Ok(ServerName::from(IpAddr::from(address))),
        Host::Ipv6(address) => Ok(ServerName::from(IpAddr::from(address))),
        Host::Domain(name) => ServerName::try_from(name.trim_end_matches('.').to_owned())
            .map_err(|error| Problem::new(ProblemKind::Tls, error.to_string())),
    }
}

/// A refused certificate stays refused; a connection cut during the handshake may pass.
fn tls_problem(error: &io::Error) -> Problem {
    let kind = match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other => ProblemKind::Tls,
        _ => ProblemKind::Connect,
    };
    Problem::new(kind, error.to_string())
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            // Many servers end TLS without saying so. Where the length is known hyper notices what is missing.
            Self::Tls(stream) => match Pin::new(stream).poll_read(context, buffer) {
                Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => Poll::Ready(Ok(())),
                polled => polled,
            },
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
