//! CSV and TSV: a header line, a record a row.

use std::io::{self, BufRead, Read};

use csv::{ByteRecord, Reader, ReaderBuilder};

use crate::{
    Place, Settings,
    record::{Cell, Row},
};

/// A row split off, or what kept it from being split off. Its place may lie on the end of the line before it: the csv
/// crate passes over the line feed of `\r\n`, and over empty lines, with the row that follows.
pub(crate) struct Split {
    pub(crate) place: Place,
    pub(crate) row: Result<Row, String>,
}

/// What the header line of a table says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    delimiter: u8,
    names: Vec<String>,
    /// Bytes of the line, its end included.
    length: usize,
}

impl Header {
    /// The header line at the beginning of a table. The delimiter is the tab for `tsv`, else whichever of comma,
    /// semicolon, tab and bar the line holds most of.
    pub(crate) fn read(beginning: &[u8], extension: &str) -> Option<Header> {
        let mark = if beginning.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let line = &beginning[mark..];
        let line = &line[..memchr::memchr(b'\n', line).unwrap_or(line.len())];
        let count = |delimiter: &u8| line.iter().filter(|byte| *byte == delimiter).count();
        let delimiter = match extension {
            "tsv" | "tab" => b'\t',
            // The first of equals: a line without any is one column.
            _ => *[b'|', b'\t', b';', b','].iter().max_by_key(|delimiter| count(delimiter))?,
        };
        let mut reader = reader(delimiter).from_reader(&beginning[mark..]);
        let mut record = ByteRecord::new();
        if !reader.read_byte_record(&mut record).ok()? {
            return None;
        }
        let names = record.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        Some(Header { delimiter, names, length: mark + usize::try_from(reader.position().byte()).ok()? })
    }

    /// Whether a column is one that the settings name.
    pub(crate) fn holds_pages(&self, settings: &Settings) -> bool {
        let mut named = settings.html_fields.iter().chain(&settings.text_fields);
        named.any(|field| self.names.contains(field))
    }

    /// The names of the columns.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Where the first record begins.
    pub(crate) fn first(&self, compressed: bool) -> Place {
        let mut place = Place::default();
        place.pass(self.length, compressed);
        place
    }
}

/// The rows of a table.
pub(crate) struct Table<R> {
    reader: Reader<Bounded<R>>,
    header: Header,
    place: Place,
    compressed: bool,
    /// Bytes that the reader has passed.
    passed: u64,
    limit: u64,
    ended: bool,
}

impl<R: BufRead> Table<R> {
    /// Rows from `place` on, where `stream` already stands.
    pub(crate) fn new(stream: R, header: Header, place: Place, compressed: bool, limit: u64) -> Table<R> {
        let reader = reader(header.delimiter).from_reader(Bounded { stream, left: 0 });
        Table { reader, header, place, compressed, passed: 0, limit, ended: false }
    }

    /// The next row that is not empty.
    ///
    /// A quotation mark that is never closed makes one record of the rest: no more of it is read than the limit, and
    /// reading ends there.
    pub(crate) fn next(&mut self) -> Option<Split> {
        if self.ended {
            return None;
        }
        self.reader.get_mut().left = self.limit;
        let place = self.place;
        let mut record = ByteRecord::new();
        let row = match self.reader.read_byte_record(&mut record) {
            Ok(false) => {
                self.ended = true;
                return None;
            }
            Ok(true) => self.row(&record),
            Err(error) => {
                self.ended = true;
                Err(format!("the file cannot be read on from here: {error}"))
            }
        };
        let position = self.reader.position().byte();
        self.place.pass(usize::try_from(position - self.passed).unwrap_or(usize::MAX), self.compressed);
        self.passed = position;
        self.place.index += 1;
        Some(Split { place, row })
    }

    fn row(&self, record: &ByteRecord) -> Result<Row, String> {
        let names = &self.header.names;
        if record.len() != names.len() {
            return Err(format!("{} fields where the header has {}", record.len(), names.len()));
        }
        let cell = |value: &[u8]| match std::str::from_utf8(value) {
            Ok(text) => Cell::Text(text.to_owned()),
            Err(_) => Cell::Bytes(value.to_vec()),
        };
        Ok(Row(names.iter().zip(record).map(|(name, value)| (name.clone(), cell(value))).collect()))
    }
}

fn reader(delimiter: u8) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.delimiter(delimiter).has_headers(false).flexible(true).buffer_capacity(64 << 10);
    builder
}

/// A stream that fails once it has given more than a record may take.
struct Bounded<R> {
    stream: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other("a record is too long, or a quotation mark is not closed"));
        }
        let room = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = self.stream.read(&mut buffer[..room])?;
        self.left -= read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_tells_the_delimiter() {
        let header = |line: &str, extension: &str| Header::read(line.as_bytes(), extension).unwrap();
        assert_eq!(header("id;text, long;url\r\n", "csv").names(), ["id", "text, long", "url"]);
        assert_eq!(header("\u{feff}id,\"the, text\"\nx", "csv").names(), ["id", "the, text"]);
        assert_eq!(header("\u{feff}id,\"the, text\"\nx", "csv").length, 18);
        assert_eq!(header("a,b\tc\n", "tsv").names(), ["a,b", "c"]);
        assert_eq!(header("text\nx", "csv").names(), ["text"]);
    }

    #[test]
    fn a_quotation_that_never_ends_is_bounded() {
        let header = Header::read(b"text\n", "csv").unwrap();
        let endless = io::Read::chain(&b"one\n\"two"[..], io::repeat(b'x'));
        let mut table = Table::new(io::BufReader::new(endless), header, Place::default(), false, 100_000);
        assert!(table.next().unwrap().row.is_ok());
        assert!(table.next().unwrap().row.unwrap_err().contains("quotation mark is not closed"));
        assert!(table.next().is_none());
    }
}
