//! The block of a WARC record as a document: HTTP responses with their encodings, resources, conversions.

use std::io::{self, Cursor, Read};

use dechaff_document::{CharsetHint, CharsetOrigin, LimitHit, Source};
use fastwarc::{
    stream_io::chunked::ChunkedReader,
    warc::header::{HeaderEncoding, HeaderMap},
};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use memchr::memmem;

use super::HEADER_LIMIT;
use crate::{
    Loaded, Settings,
    compress::Limited,
    entry::load_limited,
    record::is_passed_on,
    sniff::{Hints, Kind as Sniffed, kind},
};

/// What a record is to a reader of pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An HTTP response.
    Response,
    /// A file that was archived without its response.
    Resource,
    /// What another program made of a response: the text of a WET file.
    Conversion,
    /// A record that stands for a page without holding it.
    Skipped(String),
    /// Requests, metadata, and whatever else is about the crawl.
    Other,
}

impl Kind {
    pub(super) fn of(headers: &HeaderMap) -> Kind {
        let media = headers.get("Content-Type").unwrap_or_default().to_ascii_lowercase();
        match headers.get("WARC-Type").unwrap_or_default().to_ascii_lowercase().as_str() {
            "response" if media.starts_with("application/http") => Kind::Response,
            // Answers of other protocols: DNS look-ups, mostly.
            "response" => Kind::Other,
            "resource" if media.starts_with("application/warc-fields") => Kind::Other,
            "resource" if media.starts_with("application/http") => Kind::Response,
            "resource" => Kind::Resource,
            "conversion" => Kind::Conversion,
            "revisit" => {
                let of = headers.get("WARC-Refers-To-Target-URI").or_else(|| headers.get("WARC-Refers-To"));
                Kind::Skipped(match of {
                    Some(of) => format!("revisit record: unchanged since {of}"),
                    None => "revisit record: unchanged since an earlier visit".into(),
                })
            }
            "continuation" => Kind::Skipped("continuation of a record that was split".into()),
            _ => Kind::Other,
        }
    }
}

/// A record with its block, as it stands in the archive.
#[derive(Debug)]
pub(crate) struct Block {
    kind: Kind,
    media: Option<String>,
    /// Why the crawler cut the record short (`WARC-Truncated`).
    truncated: Option<String>,
    /// `WARC-*` headers beside id and URL.
    fields: Vec<(String, String)>,
    pub(crate) bytes: Vec<u8>,
    /// The record is longer than what was kept of it.
    over: bool,
}

impl Block {
    pub(super) fn new(kind: Kind, headers: &HeaderMap, bytes: Vec<u8>, over: bool) -> Block {
        let dropped = ["warc-record-id", "warc-target-uri", "warc-block-digest", "warc-payload-digest"];
        let fields = headers
            .items()
            .filter(|(name, _)| {
                let name = name.to_ascii_lowercase();
                name.starts_with("warc-") && !dropped.contains(&name.as_str())
            })
            .map(|(name, value)| (name.into_owned(), serde_json::Value::String(value.into_owned()).to_string()))
            .collect();
        Block {
            kind,
            media: headers.get("Content-Type").map(|media| media.into_owned()),
            truncated: headers.get("WARC-Truncated").map(|why| why.into_owned()),
            fields,
            bytes,
            over,
        }
    }

    /// The document in the block.
    pub(crate) fn load(mut self, source: Source, settings: &Settings) -> Loaded {
        let name = source.url.as_deref().map(name_of_url).unwrap_or_default().to_owned();
        let mut loaded = match self.kind {
            Kind::Response => {
                let message = match self.message(settings) {
                    Ok(message) => message,
                    Err(Refused::Skipped(why)) => return Loaded::Skipped { source, why },
                    Err(Refused::Failed(message)) => return Loaded::Failed { source, message },
                };
                let hints = Hints { name: &name, media: message.media.as_deref(), wanted: false };
                let mut loaded = load_limited(message.body, hints, source, settings);
                hint_charset(&mut loaded, message.media.as_deref(), CharsetOrigin::Http);
                add_fields(&mut loaded, message.fields, settings);
                loaded
            }
            _ => {
                let hints = Hints { name: &name, media: self.media.as_deref(), wanted: false };
                let body = Limited { bytes: self.bytes, over: self.over };
                let mut loaded = load_limited(body, hints, source, settings);
                hint_charset(&mut loaded, self.media.as_deref(), CharsetOrigin::Record);
                loaded
            }
        };
        add_fields(&mut loaded, self.fields, settings);
        if let (Loaded::Document(document), Some(_)) = (&mut loaded, &self.truncated) {
            let value = document.body.as_bytes().len() as u64;
            document.limits.push(LimitHit { limit: "WARC-Truncated".into(), value });
        }
        loaded
    }

    /// The HTTP message of a response: status checked, encodings undone.
    fn message(&mut self, settings: &Settings) -> Result<Message, Refused> {
        let mut headers = HeaderMap::new(HeaderEncoding::Latin1);
        // A cursor over borrowed bytes will not do for fastwarc; the header block alone is copied.
        let end = memmem::find(&self.bytes, b"\r\n\r\n").map_or(HEADER_LIMIT, |at| (at + 4).min(HEADER_LIMIT));
        let block = self.bytes[..self.bytes.len().min(end)].to_vec();
        let read = headers
            .parse_with_opts(&mut Cursor::new(block), true, HEADER_LIMIT, true)
            .map_err(|error| Refused::Failed(format!("HTTP header: {error}")))?;
        match headers.status_code() {
            Some(200..=299) => {}
            Some(status) => return Err(Refused::Skipped(format!("HTTP status {status}"))),
            None => return Err(Refused::Failed("no HTTP status line".into())),
        }
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.drain(..read);
        let mut body = Limited { bytes, over: self.over };
        for name in ["Transfer-Encoding", "Content-Encoding"] {
            for value in headers.get_multiple(name).iter().rev() {
                for coding in value.rsplit(',').map(|coding| coding.trim().to_ascii_lowercase()) {
                    body = self.decode(&coding, body, settings).map_err(Refused::Failed)?;
                }
            }
        }
        let fields = ["Last-Modified", "Content-Language"]
            .iter()
            .filter_map(|name| Some((*name, headers.get(name)?)))
            .map(|(name, value)| (format!("HTTP-{name}"), serde_json::Value::String(value.into_owned()).to_string()))
            .collect();
        let media = headers.get("Content-Type").map(|media| media.into_owned());
        Ok(Message { media, body, fields })
    }

    /// Undoes one coding. Crawlers often store bodies decoded under the headers of the wire, so a body that does not
    /// begin as its coding does is taken as it is.
    fn decode(&self, coding: &str, body: Limited, settings: &Settings) -> Result<Limited, String> {
        let bytes = body.bytes.as_slice();
        let limit = settings.max_bytes;
        let decoded = match coding {
            "gzip" | "x-gzip" if bytes.starts_with(b"\x1f\x8b") => read_partly(MultiGzDecoder::new(bytes), limit),
            "deflate" if is_zlib(bytes) => read_partly(ZlibDecoder::new(bytes), limit),
            "deflate" if !is_readable(bytes) => read_partly(DeflateDecoder::new(bytes), limit),
            "zstd" if bytes.starts_with(b"\x28\xb5\x2f\xfd") => match zstd::stream::read::Decoder::new(bytes) {
                Ok(decoder) => read_partly(decoder, limit),
                Err(error) => return Err(format!("decoding zstd: {error}")),
            },
            "br" if !is_readable(bytes) => read_partly(brotli::Decompressor::new(bytes, 16 << 10), limit),
            "chunked" if is_chunked(bytes) => {
                let over = body.over;
                let (mut decoded, error) = read_partly(ChunkedReader::new(Cursor::new(body.bytes)), limit);
                decoded.over |= over;
                // The chunks are there; what lacks is the end mark, which says nothing of the text.
                let cut = error.as_ref().is_some_and(|error| error.kind() == io::ErrorKind::UnexpectedEof);
                return match error {
                    Some(error) if !cut && !over => Err(format!("decoding chunked: {error}")),
                    _ => Ok(decoded),
                };
            }
            _ => return Ok(body),
        };
        match decoded {
            (decoded, None) => Ok(decoded),
            // What a crawler cut off cannot be decoded to its end.
            (decoded, Some(_)) if self.truncated.is_some() && !decoded.bytes.is_empty() => Ok(decoded),
            (decoded, Some(_)) if body.over => Ok(Limited { bytes: decoded.bytes, over: true }),
            (_, Some(error)) => Err(format!("decoding {coding}: {error}")),
        }
    }
}

struct Message {
    media: Option<String>,
    body: Limited,
    fields: Vec<(String, String)>,
}

enum Refused {
    Skipped(String),
    Failed(String),
}

/// The last part of a URL's path: what stands for a file name.
fn name_of_url(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    path.rsplit_once('/').map_or("", |(_, name)| name)
}

fn hint_charset(loaded: &mut Loaded, media: Option<&str>, origin: CharsetOrigin) {
    let label = media.and_then(|media| {
        let parameters = media.split(';').skip(1);
        parameters.map(str::trim).find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let value = value.trim().trim_matches(['"', '\'']);
            (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then(|| value.to_owned())
        })
    });
    if let (Loaded::Document(document), Some(label)) = (loaded, label) {
        document.charset = Some(CharsetHint { label, origin });
    }
}

fn add_fields(loaded: &mut Loaded, fields: Vec<(String, String)>, settings: &Settings) {
    if let Loaded::Document(document) = loaded {
        document.fields.extend(fields.into_iter().filter(|(name, _)| is_passed_on(name, settings)));
    }
}

/// Reads up to a limit, and what came before an error.
fn read_partly(reader: impl Read, limit: u64) -> (Limited, Option<io::Error>) {
    let mut bytes = Vec::new();
    let error = reader.take(limit.saturating_add(1)).read_to_end(&mut bytes).err();
    let over = bytes.len() as u64 > limit;
    bytes.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    (Limited { bytes, over }, error)
}

/// A zlib header (RFC 1950): method 8, and a check that makes the first two bytes a multiple of 31.
fn is_zlib(bytes: &[u8]) -> bool {
    matches!(bytes, [first, second, ..] if first & 0x0f == 8 && (u16::from(*first) * 256 + u16::from(*second)) % 31 == 0)
}

/// Whether the bytes are text or HTML as they are: Brotli and raw deflate have no signature.
fn is_readable(bytes: &[u8]) -> bool {
    !matches!(kind(bytes, Hints { wanted: true, ..Hints::default() }), Sniffed::Unsupported(_))
}

/// A body in chunks begins with a line of hexadecimal digits.
fn is_chunked(bytes: &[u8]) -> bool {
    let digits = bytes.iter().take(16).take_while(|byte| byte.is_ascii_hexdigit()).count();
    digits > 0 && matches!(bytes.get(digits), Some(b'\r' | b'\n' | b' ' | b';'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_url_is_the_end_of_its_path() {
        assert_eq!(name_of_url("https://site.example/a/b.css?v=1#x"), "b.css");
        assert_eq!(name_of_url("https://site.example"), "");
        assert_eq!(name_of_url("https://site.example/"), "");
    }
}
