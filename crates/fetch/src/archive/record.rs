//! WARC 1.1 records of an exchange (ISO 28500:2017): request, and response or revisit.
//!
//! Digests are SHA-1 in Base32, the form that CDX indexes are built on. The payload digest is taken over the body as
//! stored, with its transfer coding, as warcio, wget and FastWARC verify it.

use std::io::{self, Read, Seek, SeekFrom, Write};

use data_encoding::BASE32;
use jiff::Timestamp;
use sha1::{Digest, Sha1};
use url::Url;
use uuid::Uuid;

use crate::exchange::{Exchange, Message};
use crate::target::Target;

/// What the first record of a file says of the program.
#[derive(Debug, Clone)]
pub(crate) struct SoftwareInfo {
    pub(crate) user_agent: String,
    pub(crate) robots: &'static str,
}

/// Why a revisit record stands in place of the body, and the record that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Revisit {
    pub(crate) profile: Profile,
    /// WARC-Record-ID, URI and WARC-Date of the response with the body.
    pub(crate) refers_to: String,
    pub(crate) refers_to_date: String,
}

/// The two revisit profiles of WARC 1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// 304: the server said so.
    ServerNotModified,
    /// The same payload came again.
    IdenticalPayloadDigest,
}

/// Writes one record to what it is given.
pub(crate) type WriteRecord<'a> = dyn FnMut(&mut dyn Write) -> io::Result<()> + 'a;

/// An exchange made ready: what it will be stored as is known before anything is written.
#[derive(Debug)]
pub(crate) struct StoredExchange<'a> {
    pub(crate) target: &'a Target,
    pub(crate) exchange: &'a mut Exchange,
    /// Header block, with credentials taken out of Location.
    header: Vec<u8>,
    pub(crate) record_id: String,
    pub(crate) date: String,
    /// `sha1:` and Base32.
    pub(crate) payload_digest: String,
}

impl<'a> StoredExchange<'a> {
    pub(crate) fn new(target: &'a Target, exchange: &'a mut Exchange) -> io::Result<Self> {
        let message = &mut exchange.message;
        message.bytes.seek(SeekFrom::Start(message.start))?;
        let mut header = vec![0; usize::try_from(message.header_length).map_err(io::Error::other)?];
        message.bytes.read_exact(&mut header)?;
        let header = hide_location_credentials(header);
        let mut sha1 = Sha1::new();
        copy_body(message, &mut HashWriter(&mut sha1))?;
        let payload_digest = digest_text(sha1);
        let date = date_text(exchange.started);
        Ok(Self { target, exchange, header, record_id: record_id(), date, payload_digest })
    }

    /// Writes the request and the response (or, with `revisit`, the revisit) record, each through `each`, which ends
    /// a gzip member where the file has them.
    pub(crate) fn write(
        &mut self,
        revisit: Option<&Revisit>,
        mut each: impl FnMut(&mut WriteRecord<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        each(&mut |out| self.write_request(out))?;
        each(&mut |out| match revisit {
            Some(revisit) => self.write_revisit(out, revisit),
            None => self.write_response(out),
        })
    }

    fn write_request(&self, out: &mut dyn Write) -> io::Result<()> {
        let block = hide_authorization(&self.exchange.request);
        let mut fields = self.common("request", &record_id(), "application/http; msgtype=request");
        fields.push(("WARC-Concurrent-To", self.record_id.clone()));
        fields.push(("WARC-Block-Digest", digest_text(Sha1::new().chain_update(&block))));
        write_fields(out, &fields, block.len() as u64)?;
        out.write_all(&block)?;
        out.write_all(b"\r\n\r\n")
    }

    fn write_response(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let mut block_digest = Sha1::new();
        block_digest.update(&self.header);
        copy_body(&mut self.exchange.message, &mut HashWriter(&mut block_digest))?;
        let mut fields = self.common("response", &self.record_id, "application/http; msgtype=response");
        fields.push(("WARC-Block-Digest", digest_text(block_digest)));
        fields.push(("WARC-Payload-Digest", self.payload_digest.clone()));
        if let Some(cut) = &self.exchange.cut {
            fields.push(("WARC-Truncated", cut.reason.to_owned()));
        }
        write_fields(out, &fields, self.header.len() as u64 + self.exchange.message.body_length)?;
        out.write_all(&self.header)?;
        copy_body(&mut self.exchange.message, out)?;
        out.write_all(b"\r\n\r\n")
    }

    fn write_revisit(&self, out: &mut dyn Write, revisit: &Revisit) -> io::Result<()> {
        let mut fields = self.common("revisit", &self.record_id, "application/http; msgtype=response");
        let profile = match revisit.profile {
            Profile::ServerNotModified => "http://netpreserve.org/warc/1.1/revisit/server-not-modified",
            Profile::IdenticalPayloadDigest => "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
        };
        fields.push(("WARC-Profile", profile.to_owned()));
        fields.push(("WARC-Refers-To", revisit.refers_to.clone()));
        fields.push(("WARC-Refers-To-Target-URI", self.target.as_str().to_owned()));
        fields.push(("WARC-Refers-To-Date", revisit.refers_to_date.clone()));
        fields.push(("WARC-Block-Digest", digest_text(Sha1::new().chain_update(&self.header))));
        if revisit.profile == Profile::IdenticalPayloadDigest {
            fields.push(("WARC-Payload-Digest", self.payload_digest.clone()));
            fields.push(("WARC-Truncated", "length".to_owned()));
        }
        write_fields(out, &fields, self.header.len() as u64)?;
        out.write_all(&self.header)?;
        out.write_all(b"\r\n\r\n")
    }

    fn common(&self, kind: &str, id: &str, content_type: &str) -> Vec<(&'static str, String)> {
        vec![
            ("WARC-Type", kind.to_owned()),
            ("WARC-Record-ID", id.to_owned()),
            ("WARC-Date", self.date.clone()),
            ("WARC-Target-URI", self.target.as_str().to_owned()),
            ("WARC-IP-Address", self.exchange.peer.to_canonical().to_string()),
            ("Content-Type", content_type.to_owned()),
        ]
    }
}

/// Writes the record that a file begins with.
pub(crate) fn write_warcinfo(out: &mut dyn Write, file_name: &str, info: &SoftwareInfo) -> io::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    let block = format!(
        "software: dechaff/{version}\r\nformat: WARC File Format 1.1\r\n\
         conformsTo: http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n\
         http-header-user-agent: {}\r\nrobots: {}\r\n",
        info.user_agent, info.robots,
    );
    // The name is a header value: a line end in it would begin a field of its own.
    let file_name = file_name.replace(|c: char| c.is_control(), "_");
    let fields = [
        ("WARC-Type", "warcinfo".to_owned()),
        ("WARC-Record-ID", record_id()),
        ("WARC-Date", date_text(Timestamp::now())),
        ("WARC-Filename", file_name),
        ("Content-Type", "application/warc-fields".to_owned()),
        ("WARC-Block-Digest", digest_text(Sha1::new().chain_update(&block))),
    ];
    write_fields(out, &fields, block.len() as u64)?;
    out.write_all(block.as_bytes())?;
    out.write_all(b"\r\n\r\n")
}

fn write_fields(out: &mut dyn Write, fields: &[(&str, String)], length: u64) -> io::Result<()> {
    out.write_all(b"WARC/1.1\r\n")?;
    for (name, value) in fields {
        write!(out, "{name}: {value}\r\n")?;
    }
    write!(out, "Content-Length: {length}\r\n\r\n")
}

fn copy_body(message: &mut Message, out: &mut dyn Write) -> io::Result<()> {
    message.bytes.seek(SeekFrom::Start(message.start + message.header_length))?;
    let copied = io::copy(&mut Read::take(&mut message.bytes, message.body_length), out)?;
    if copied == message.body_length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

struct HashWriter<'a>(&'a mut Sha1);

impl Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn digest_text(sha1: Sha1) -> String {
    format!("sha1:{}", BASE32.encode(&sha1.finalize()))
}

fn record_id() -> String {
    format!("<urn:uuid:{}>", Uuid::new_v4())
}

/// Whole seconds: what every reader takes.
fn date_text(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The request without its Authorization line.
fn hide_authorization(request: &[u8]) -> Vec<u8> {
    let lines = request.split_inclusive(|byte| *byte == b'\n');
    let kept = lines.filter(|line| {
        !line.get(.."authorization:".len()).is_some_and(|name| name.eq_ignore_ascii_case(b"authorization:"))
    });
    kept.flatten().copied().collect()
}

/// The header block with user name and password taken out of an absolute Location; otherwise as it came.
fn hide_location_credentials(header: Vec<u8>) -> Vec<u8> {
    let name = b"location:";
    let is_location = |line: &[u8]| line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    if !header.split(|byte| *byte == b'\n').any(|line| is_location(line) && line.contains(&b'@')) {
        return header;
    }
    let mut out = Vec::with_capacity(header.len());
    for line in header.split_inclusive(|byte| *byte == b'\n') {
        let hidden = is_location(line).then(|| without_credentials(&line[name.len()..])).flatten();
        match hidden {
            Some(url) => {
                out.extend_from_slice(&line[..name.len()]);
                out.extend_from_slice(format!(" {url}\r\n").as_bytes());
            }
            None => out.extend_from_slice(line),
        }
    }
    out
}

fn without_credentials(value: &[u8]) -> Option<String> {
    let value = String::from_utf8_lossy(value);
    // A reference that begins with `//` takes any base's scheme; it is printed as it was written.
    let base = Url::parse("http://base.invalid/").ok()?;
    let mut url = base.join(value.trim()).ok()?;
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    let scheme_relative = value.trim().starts_with("//");
    Some(if scheme_relative { url.as_str().replacen("http:", "", 1) } else { url.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_never_reach_a_record() {
        let request = b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic c2VjcmV0\r\n\r\n";
        assert_eq!(hide_authorization(request), b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        let header = b"HTTP/1.1 302 Found\r\nlocation: http://u:secret@a.example/x\r\nB: 1\r\n\r\n".to_vec();
        let expected = b"HTTP/1.1 302 Found\r\nlocation: http://a.example/x\r\nB: 1\r\n\r\n".to_vec();
        assert_eq!(hide_location_credentials(header), expected);
        let relative = b"HTTP/1.1 302 Found\r\nLocation: //u:secret@a.example/x\r\n\r\n".to_vec();
        let expected = b"HTTP/1.1 302 Found\r\nLocation: //a.example/x\r\n\r\n".to_vec();
        assert_eq!(hide_location_credentials(relative), expected);
    }

    #[test]
    fn a_header_without_credentials_is_kept_byte_for_byte() {
        let header = b"HTTP/1.1 302 Found\r\nLocation:/users/@me  \nX:\xff\r\n\r\n".to_vec();
        assert_eq!(hide_location_credentials(header.clone()), header);
    }
}
