//! Reads an archive's records one after the other, to find where the last whole one ends and what they hold.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use flate2::bufread::GzDecoder;

/// Longest header of a WARC record or HTTP response that is looked at; longer ones are damage.
const MAX_HEADER: u64 = 1 << 20;

/// An exchange found in the archive that the journal does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recovered {
    pub(crate) url: String,
    pub(crate) offset: u64,
    pub(crate) length: u64,
    pub(crate) record_id: String,
    pub(crate) date: String,
    pub(crate) is_revisit: bool,
    pub(crate) payload_digest: Option<String>,
    /// WARC-Refers-To and WARC-Refers-To-Date of a revisit.
    pub(crate) refers_to: Option<(String, String)>,
    /// The word of WARC-Truncated, of a response.
    pub(crate) truncated: Option<String>,
    pub(crate) status: Option<u16>,
    pub(crate) location: Option<String>,
    pub(crate) etag: Option<String>,
    pub(crate) last_modified: Option<String>,
    pub(crate) content_type: Option<String>,
}

/// What a scan found.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// Where the last whole group of records ends.
    pub(crate) end: u64,
    pub(crate) exchanges: Vec<Recovered>,
    /// What follows here is no unfinished record but something else, and must not be cut off.
    pub(crate) damaged: Option<u64>,
}

/// Reads the records from `from` on. Memory does not grow with the records' size.
pub(crate) fn scan(file: &mut File, from: u64, gzip: bool) -> io::Result<Scan> {
    file.seek(SeekFrom::Start(from))?;
    let mut reader = Counted { inner: BufReader::with_capacity(1 << 16, &*file), position: from };
    let mut found = Scan { end: from, ..Scan::default() };
    let mut group = Group { start: from, ..Group::default() };
    while !reader.fill_buf()?.is_empty() {
        let start = reader.position;
        let read = if gzip { read_member(&mut reader, &mut group) } else { read_one(&mut reader, &mut group) };
        match read {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            // After a loss of power the tail may be of zeros.
            Err(error) if error.kind() == io::ErrorKind::InvalidData || error.kind() == io::ErrorKind::InvalidInput => {
                if !only_zeros(file, start)? {
                    found.damaged = Some(start);
                }
                break;
            }
            Err(error) => return Err(error),
        }
        if group.open_request {
            continue;
        }
        found.end = reader.position;
        if let Some(mut exchange) = group.exchange.take() {
            exchange.offset = group.start;
            exchange.length = reader.position - group.start;
            found.exchanges.push(exchange);
        }
        group.start = reader.position;
    }
    Ok(found)
}

/// A request and the response that follows it count together.
#[derive(Debug, Default)]
struct Group {
    start: u64,
    open_request: bool,
    exchange: Option<Recovered>,
    last_response: Option<String>,
}

fn read_member(reader: &mut impl BufRead, group: &mut Group) -> io::Result<()> {
    let mut member = BufReader::new(GzDecoder::new(reader));
    while !member.fill_buf()?.is_empty() {
        read_one(&mut member, group)?;
    }
    Ok(())
}

fn read_one(reader: &mut impl BufRead, group: &mut Group) -> io::Result<()> {
    let fields = read_fields(reader)?;
    let field = |name: &str| fields.get(name).cloned();
    let length: u64 = field("content-length")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| invalid("a record without Content-Length"))?;
    let mut block = reader.take(length);
    let kind = field("warc-type").unwrap_or_default();
    let mut http = HashMap::new();
    let mut status = None;
    if matches!(kind.as_str(), "response" | "revisit") {
        let mut beginning = Vec::new();
        read_http_header(&mut block, &mut beginning)?;
        (status, http) = parse_http_header(&beginning);
    }
    io::copy(&mut block, &mut io::sink())?;
    if block.limit() > 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut end = [0; 4];
    reader.read_exact(&mut end)?;
    if end != *b"\r\n\r\n" {
        return Err(invalid("a record does not end where it says"));
    }

    let record_id = field("warc-record-id").unwrap_or_default();
    match kind.as_str() {
        "request" => {
            // Other programs write the request after its response.
            group.open_request = field("warc-concurrent-to") != group.last_response || group.last_response.is_none();
        }
        "response" | "revisit" => {
            group.open_request = false;
            group.last_response = Some(record_id.clone());
            group.exchange = field("warc-target-uri").map(|url| Recovered {
                url: url.trim_start_matches('<').trim_end_matches('>').to_owned(),
                offset: 0,
                length: 0,
                record_id,
                date: field("warc-date").unwrap_or_default(),
                is_revisit: kind == "revisit",
                payload_digest: field("warc-payload-digest"),
                refers_to: field("warc-refers-to").zip(field("warc-refers-to-date")),
                truncated: (kind == "response").then(|| field("warc-truncated")).flatten(),
                status,
                location: http.remove("location"),
                etag: http.remove("etag"),
                last_modified: http.remove("last-modified"),
                content_type: http.remove("content-type"),
            });
        }
        _ => group.open_request = false,
    }
    Ok(())
}

/// The version line and the named fields, names in lower case.
fn read_fields(reader: &mut impl BufRead) -> io::Result<HashMap<String, String>> {
    let mut header = reader.take(MAX_HEADER);
    let mut line = Vec::new();
    header.read_until(b'\n', &mut line)?;
    if !b"WARC/1.".starts_with(&line[..line.len().min(7)]) {
        return Err(invalid("no WARC record"));
    }
    let mut fields = HashMap::new();
    loop {
        line.clear();
        header.read_until(b'\n', &mut line)?;
        if !line.ends_with(b"\n") {
            // The file's end, or a header beyond the limit.
            let over = header.limit() == 0;
            return Err(if over { invalid("a record's header is too long") } else { eof() });
        }
        if line.trim_ascii().is_empty() {
            return Ok(fields);
        }
        insert_field(&mut fields, &line);
    }
}

fn read_http_header(block: &mut impl BufRead, into: &mut Vec<u8>) -> io::Result<()> {
    let mut header = block.take(MAX_HEADER);
    loop {
        let before = into.len();
        let read = header.read_until(b'\n', into)?;
        if read == 0 || into[before..].trim_ascii().is_empty() {
            return Ok(());
        }
    }
}

fn parse_http_header(bytes: &[u8]) -> (Option<u16>, HashMap<String, String>) {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let status =
        first.split(|byte| *byte == b' ').nth(1).and_then(|code| str::from_utf8(code).ok()?.trim().parse().ok());
    let mut fields = HashMap::new();
    for line in lines {
        insert_field(&mut fields, line);
    }
    (status, fields)
}

/// The first field of a name counts, as in the header map that the exchange was read into.
fn insert_field(fields: &mut HashMap<String, String>, line: &[u8]) {
    let line = String::from_utf8_lossy(line);
    if let Some((name, value)) = line.split_once(':') {
        fields.entry(name.trim().to_ascii_lowercase()).or_insert_with(|| value.trim().to_owned());
    }
}

fn only_zeros(file: &File, from: u64) -> io::Result<bool> {
    let mut file = file;
    file.seek(SeekFrom::Start(from))?;
    let mut reader = BufReader::new(file);
    loop {
        let piece = reader.fill_buf()?;
        if piece.is_empty() {
            return Ok(true);
        }
        if piece.iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        let length = piece.len();
        reader.consume(length);
    }
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

fn eof() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}

/// Knows how far the file has been consumed.
struct Counted<R> {
    inner: R,
    position: u64,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, length: usize) {
        self.inner.consume(length);
        self.position += length as u64;
    }
}
