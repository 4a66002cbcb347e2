//! One request and its response, within the limits, as bytes that can be archived.

use std::future::poll_fn;
use std::io::{Read, Seek, SeekFrom};
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response};
use jiff::Timestamp;
use tempfile::SpooledTempFile;
use tokio::time::{Instant, timeout_at};
use url::Position;

use crate::connection::Connection;
use crate::decode::Decoder;
use crate::framing;
use crate::problem::{Problem, ProblemKind};
use crate::recording::Recording;
use crate::settings::{Settings, Truncated};
use crate::target::{Credentials, Target};

/// How long a body may come too slowly before it is cut. Long enough for a stall on a busy line.
const RATE_WINDOW: Duration = Duration::from_secs(10);

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) target: Target,
    pub(crate) credentials: Option<Credentials>,
    /// From an earlier response: If-None-Match.
    pub(crate) etag: Option<String>,
    /// From an earlier response: If-Modified-Since.
    pub(crate) last_modified: Option<String>,
    pub(crate) purpose: Purpose,
}

/// What the response is for, which decides on its limits and whether its body is kept decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A page.
    Page,
    /// A page that stands for the URLs in it if it is a sitemap or feed.
    MaybeList,
    /// A sitemap or feed, by what pointed to it.
    List,
    /// robots.txt.
    Robots,
}

/// A request and its response.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) started: Timestamp,
    /// When the header had come.
    pub(crate) answered: Instant,
    pub(crate) peer: IpAddr,
    /// The request as sent.
    pub(crate) request: Vec<u8>,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// Set if the response is not whole.
    pub(crate) cut: Option<Cut>,
    /// The decoded body, if the purpose asked for it.
    pub(crate) kept: Option<Vec<u8>>,
    pub(crate) message: Message,
}

/// The response as received: the header begins at `start`, the body follows it.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) bytes: SpooledTempFile,
    pub(crate) start: u64,
    pub(crate) header_length: u64,
    pub(crate) body_length: u64,
}

/// Why a response is not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) problem: Problem,
    /// The word for WARC-Truncated.
    pub(crate) reason: &'static str,
}

/// Sends the request and reads the response. On an error the connection must not be used again, nor after a cut.
pub(crate) async fn exchange(connection: &mut Connection, ask: &Ask, settings: &Settings) -> Result<Exchange, Problem> {
    let started = Timestamp::now();
    let begin = Instant::now();
    let deadline = begin + Duration::from_secs_f64(settings.total_timeout_seconds);
    let header_deadline = deadline.min(begin + Duration::from_secs_f64(settings.first_byte_timeout_seconds));
    let header_limit = settings.max_header_bytes as u64;
    connection.recording.restart(settings.max_body_bytes.saturating_add(header_limit));

    let request = build(ask, settings)?;
    let sending = connection.sender.send_request(request);
    let response = match timeout_at(header_deadline, sending).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => return Err(send_problem(&error, connection)),
        Err(_) => return Err(Problem::new(ProblemKind::Timeout, "no whole header in time")),
    };

    let answered = Instant::now();
    let media_type = media_type(response.headers());
    let encoding = text(response.headers(), header::CONTENT_ENCODING).unwrap_or_default();
    let is_list = match ask.purpose {
        Purpose::Page => false,
        Purpose::MaybeList => crate::lists::may_be_list(&media_type, ask.target.url().path()),
        Purpose::List | Purpose::Robots => true,
    };
    if response.status().is_success() && !is_list && !media_type.is_empty() && !settings.takes(&media_type) {
        let message = format!("{media_type} is not one of content-types");
        return Err(Problem::new(ProblemKind::ContentType, message));
    }
    if is_list && ask.purpose != Purpose::Robots {
        // Sitemaps may be of 50 MB, and many are not compressed.
        let limit = settings.max_body_bytes.max(settings.max_decoded_bytes);
        connection.recording.lock().set_limit(limit.saturating_add(header_limit));
    }
    let keep = is_list && response.status().is_success();
    let mut decoder = Decoder::new(&encoding, settings.max_decoded_bytes, keep);
    let (head, body) = split(response);
    let cut = read_body(body, &mut decoder, connection, deadline, settings).await?;
    // A decoded body beyond the limit was noticed while it came, or is noticed here at the decoder's last bytes.
    let kept = decoder.finish().map_err(|_| decoded_too_large())?;
    if let (Some(cut), Truncated::Discard) = (&cut, settings.truncated) {
        return Err(cut.problem.clone());
    }

    let recording = connection.recording.restart(0);
    let request = recording.sent.clone();
    let message = message(recording, &head, cut.is_some(), settings)?;
    Ok(Exchange {
        started,
        answered,
        peer: connection.peer,
        request,
        status: head.status,
        headers: head.headers,
        cut,
        kept,
        message,
    })
}

impl Exchange {
    /// Where a redirect leads, as written; bytes that are no UTF-8 (ISO 8859-1, mostly) are percent-encoded, as
    /// browsers do.
    pub(crate) fn location(&self) -> Option<String> {
        let value = self.headers.get(header::LOCATION)?.as_bytes();
        let mut text = String::with_capacity(value.len());
        for chunk in value.utf8_chunks() {
            text.push_str(chunk.valid());
            for byte in chunk.invalid() {
                text.push_str(&format!("%{byte:02X}"));
            }
        }
        Some(text)
    }

    /// A header's value as text; bytes that are no UTF-8 are replaced.
    pub(crate) fn header(&self, name: HeaderName) -> Option<String> {
        text(&self.headers, name)
    }
}

struct Head {
    status: u16,
    headers: HeaderMap,
}

fn split(response: Response<Incoming>) -> (Head, Incoming) {
    let (parts, body) = response.into_parts();
    (Head { status: parts.status.as_u16(), headers: parts.headers }, body)
}

fn build(ask: &Ask, settings: &Settings) -> Result<Request<String>, Problem> {
    let bad = |error: hyper::http::Error| Problem::new(ProblemKind::BadUrl, error.to_string());
    let url = ask.target.url();
    let mut request = Request::builder()
        .method(Method::GET)
        .uri(&url[Position::BeforePath..Position::AfterQuery])
        .header(header::HOST, &url[Position::BeforeHost..Position::AfterPort])
        .header(header::USER_AGENT, settings.user_agent_header());
    let mut optional = |name: HeaderName, value: Option<&str>| {
        // A validator that cannot be sent back (a control character in it) is left out: an unconditional request.
        if let (Some(headers), Some(Ok(value))) = (request.headers_mut(), value.map(HeaderValue::from_str)) {
            headers.insert(name, value);
        }
    };
    let some = |text: &'_ str| (!text.is_empty()).then(|| text.to_owned());
    optional(header::ACCEPT, some(&settings.accept).as_deref());
    optional(header::ACCEPT_ENCODING, some(&settings.accept_encoding).as_deref());
    optional(header::ACCEPT_LANGUAGE, some(&settings.accept_language).as_deref());
    optional(header::IF_NONE_MATCH, ask.etag.as_deref());
    optional(header::IF_MODIFIED_SINCE, ask.last_modified.as_deref());
    optional(header::AUTHORIZATION, ask.credentials.as_ref().map(|credentials| credentials.0.as_str()));
    request.body(String::new()).map_err(bad)
}

/// Reads the body to its end or to a limit. What came is in the recording.
async fn read_body(
    mut body: Incoming,
    decoder: &mut Decoder,
    connection: &Connection,
    deadline: Instant,
    settings: &Settings,
) -> Result<Option<Cut>, Problem> {
    let window_bytes = settings.min_bytes_per_second.saturating_mul(RATE_WINDOW.as_secs());
    let mut window_end = Instant::now() + RATE_WINDOW;
    let mut window_start_length = connection.recording.lock().length;
    loop {
        let wake = deadline.min(window_end);
        let frame = match timeout_at(wake, poll_fn(|context| Pin::new(&mut body).poll_frame(context))).await {
            Ok(None) => return Ok(None),
            Ok(Some(Ok(frame))) => Some(frame),
            Ok(Some(Err(error))) => return Ok(Some(body_cut(&error, connection.recording.lock().exceeded))),
            Err(_) => None,
        };
        if let Some(data) = frame.as_ref().and_then(|frame| frame.data_ref()) {
            decoder.push(data).map_err(|_| decoded_too_large())?;
        }
        let now = Instant::now();
        if now >= deadline {
            let problem = Problem::new(ProblemKind::Timeout, "the body did not end in time");
            return Ok(Some(Cut { problem, reason: "time" }));
        }
        if now >= window_end {
            let length = connection.recording.lock().length;
            if length - window_start_length < window_bytes {
                let message = format!("{} bytes in ten seconds", length - window_start_length);
                return Ok(Some(Cut { problem: Problem::new(ProblemKind::TooSlow, message), reason: "time" }));
            }
            window_start_length = length;
            window_end = now + RATE_WINDOW;
        }
    }
}

fn body_cut(error: &hyper::Error, exceeded: bool) -> Cut {
    if exceeded {
        let problem = Problem::new(ProblemKind::BodyTooLarge, "the body is longer than max-body-bytes");
        return Cut { problem, reason: "length" };
    }
    let problem = Problem::new(ProblemKind::Disconnected, format!("the body did not end: {}", describe(error)));
    Cut { problem, reason: "disconnect" }
}

fn send_problem(error: &hyper::Error, connection: &Connection) -> Problem {
    let exceeded = connection.recording.lock().exceeded;
    // hyper has a test for this kind of error in servers only.
    let kind = if exceeded || error.is_parse() && error.to_string().contains("too large") {
        ProblemKind::HeaderTooLarge
    } else if error.is_parse() {
        ProblemKind::Malformed
    } else {
        ProblemKind::Disconnected
    };
    Problem::new(kind, describe(error))
}

/// hyper's message with its causes; they never hold the URL.
fn describe(error: &hyper::Error) -> String {
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        message.push_str(": ");
        message.push_str(&error.to_string());
        cause = error.source();
    }
    message
}

fn decoded_too_large() -> Problem {
    Problem::new(ProblemKind::DecodedTooLarge, "the decoded body is longer than max-decoded-bytes")
}

/// Finds the response in what was received: without interim responses before it, and bytes after it.
fn message(mut recording: Recording, head: &Head, cut: bool, settings: &Settings) -> Result<Message, Problem> {
    let failed = |error: std::io::Error| Problem::new(ProblemKind::Malformed, error.to_string());
    let bytes = &mut recording.received;
    bytes.seek(SeekFrom::Start(0)).map_err(failed)?;
    // Interim responses count towards the same limit in hyper, one by one; a few of them are as many as there are.
    let mut beginning = Vec::new();
    Read::take(&mut *bytes, settings.max_header_bytes as u64 * 8).read_to_end(&mut beginning).map_err(failed)?;
    let (start, header_length) = framing::final_head(&beginning)
        .ok_or_else(|| Problem::new(ProblemKind::Malformed, "the header could not be delimited"))?;
    let body_start = (start + header_length) as u64;
    let rest = recording.length - body_start;
    let body_length = match framing::body_kind(&head.headers) {
        _ if cut => rest,
        // These have no body, whatever their headers say (RFC 9112, 6.3).
        _ if matches!(head.status, 204 | 304) => 0,
        framing::BodyKind::Chunked => {
            bytes.seek(SeekFrom::Start(body_start)).map_err(failed)?;
            framing::chunked_length(std::io::BufReader::new(&mut *bytes)).map_err(failed)?.unwrap_or(rest)
        }
        framing::BodyKind::Length(length) => length.min(rest),
        framing::BodyKind::UntilClose => rest,
    };
    let Recording { received, .. } = recording;
    Ok(Message { bytes: received, start: start as u64, header_length: header_length as u64, body_length })
}

fn media_type(headers: &HeaderMap) -> String {
    let value = text(headers, header::CONTENT_TYPE).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
