//! Containers: files that hold more than one document.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use dechaff_document::display_path;

use crate::{
    Place, Settings,
    compress::{Compression, decompressed_head, head},
    entry::Held,
    json::{self, Lines, Split, Values},
    parquet::Parquet,
    record::{Row, log_fields},
    signature::{Signature, signature, zip_use},
    sniff::extension,
    table::{Header, Table},
    tar::{self, Member, Tar},
    warc::{self, Frames, Once, Warc},
    zip::Zip,
};

/// Bytes that say what a container is.
const HEAD: usize = 16 << 10;

/// Bytes read at a time.
const BUFFER: usize = 256 << 10;

/// A JSON record may be longer than the document in it: `\u0436` takes six bytes for two, and a record may hold the
/// HTML and its text.
const JSON_FACTOR: u64 = 4;

type Stream = Box<dyn BufRead + Send>;

/// What kind of container a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Format {
    JsonLines,
    JsonValues,
    Table(Header),
    Tar,
    Warc,
    Parquet,
    Zip,
    /// One that the user asked for and that holds nothing to read; why.
    Useless(String),
}

/// The records of an open container.
pub(crate) enum Records {
    JsonLines(Lines<Stream>),
    JsonValues(Values<Stream>),
    Table(Box<Table<Stream>>),
    Tar(Box<Tar<Stream>>),
    Warc(Box<Warc>),
    Parquet(Box<Parquet>),
    Zip(Box<Zip>),
    Useless(Option<String>),
}

/// A record as it was split off.
pub(crate) struct Record {
    pub(crate) place: Place,
    /// The container's own id of the record.
    pub(crate) id: Option<String>,
    pub(crate) url: Option<String>,
    /// Path of a member inside an archive.
    pub(crate) member: Option<PathBuf>,
    pub(crate) held: Held,
}

/// Opens a file that can be read from any place, if it is a container. `wanted` says that the user asked for this very
/// file; `place` is the record to begin with, `threads` how many will work on records.
pub(crate) fn open_file(
    mut file: File,
    path: &Path,
    wanted: bool,
    place: Option<Place>,
    threads: usize,
    settings: &Settings,
) -> io::Result<Option<Records>> {
    let name = path.file_name().map(|name| display_path(Path::new(name))).unwrap_or_default();
    let beginning = head(&mut file, HEAD);
    let Some((format, compression)) = recognise(&beginning, &name, wanted, settings) else {
        return Ok(None);
    };
    file.rewind()?;
    if place.is_none() {
        format.log_fields(path, &beginning, settings);
    }
    Ok(Some(match format {
        Format::Warc => {
            let frames = Frames::new(Box::new(file), Some(path.to_owned()), compression);
            Records::Warc(Box::new(Warc::new(frames, place, settings)))
        }
        Format::Parquet => {
            let parquet = Parquet::open(file, place, threads, settings).map_err(io::Error::other)?;
            if place.is_none() {
                log_fields(&display_path(path), &parquet.columns(), settings);
            }
            Records::Parquet(Box::new(parquet))
        }
        Format::Zip => Records::Zip(Box::new(Zip::open(file, place, settings)?)),
        format => {
            let place = place.unwrap_or_else(|| format.first(compression.is_some()));
            file.seek(SeekFrom::Start(place.offset))?;
            let stream = BufReader::with_capacity(BUFFER, file);
            Records::in_stream(format, stream, compression, place, settings)?
        }
    }))
}

/// Opens a stream that can be read once; gives it back, beginning and all, if it is no container.
pub(crate) fn open_stream(
    mut stream: Box<dyn Read + Send>,
    place: Option<Place>,
    settings: &Settings,
) -> io::Result<Result<Records, Box<dyn Read + Send>>> {
    let beginning = head(&mut stream, HEAD);
    let recognised = recognise(&beginning, "", true, settings);
    let mut whole = Cursor::new(beginning).chain(stream);
    let Some((format, compression)) = recognised else {
        return Ok(Err(Box::new(whole)));
    };
    Ok(Ok(match format {
        Format::Warc => {
            let frames = Frames::new(Box::new(Once::new(whole)), None, compression);
            Records::Warc(Box::new(Warc::new(frames, place, settings)))
        }
        Format::Zip => Records::Zip(Box::new(Zip::in_stream(Box::new(whole), place, settings))),
        Format::Parquet => Records::Useless(Some("a Parquet file cannot be read from a stream".into())),
        format => {
            let place = place.unwrap_or_else(|| format.first(compression.is_some()));
            skip(&mut whole, place.offset)?;
            let stream = BufReader::with_capacity(BUFFER, whole);
            Records::in_stream(format, stream, compression, place, settings)?
        }
    }))
}

impl Format {
    /// Says in the log which fields of the records are taken for what.
    fn log_fields(&self, path: &Path, beginning: &[u8], settings: &Settings) {
        let container = display_path(path);
        match self {
            Format::JsonLines => {
                let beginning = decompressed_head(beginning, HEAD);
                let first = beginning.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
                // A first record longer than what was looked at is not parsed.
                if let Some(Ok(row)) = first.map(json::parse) {
                    let fields: Vec<&str> = row.0.iter().map(|(name, _)| name.as_str()).collect();
                    log_fields(&container, &fields, settings);
                }
            }
            Format::Table(header) => {
                let fields: Vec<&str> = header.names().iter().map(String::as_str).collect();
                log_fields(&container, &fields, settings);
            }
            _ => {}
        }
    }

    /// Where the first record is.
    fn first(&self, compressed: bool) -> Place {
        match self {
            Format::Table(header) => header.first(compressed),
            _ => Place::default(),
        }
    }
}

impl Records {
    /// Records of a stream that stands at the offset of `place`.
    fn in_stream(
        format: Format,
        stream: impl BufRead + Send + 'static,
        compression: Option<Compression>,
        place: Place,
        settings: &Settings,
    ) -> io::Result<Records> {
        let limit = usize::try_from(settings.max_bytes.saturating_mul(JSON_FACTOR)).unwrap_or(usize::MAX);
        let compressed = compression.is_some();
        let mut stream: Stream = match compression {
            None => Box::new(stream),
            Some(compression) => Box::new(BufReader::with_capacity(BUFFER, compression.container_decoder(stream)?)),
        };
        skip(&mut stream, place.within)?;
        Ok(match format {
            Format::JsonLines => Records::JsonLines(Lines::new(stream, place, compressed, limit)),
            Format::JsonValues => Records::JsonValues(Values::new(stream, place, compressed, limit)),
            Format::Table(header) => {
                let limit = settings.max_bytes.saturating_mul(JSON_FACTOR);
                Records::Table(Box::new(Table::new(stream, header, place, compressed, limit)))
            }
            Format::Tar => Records::Tar(Box::new(Tar::new(stream, place, compressed, settings))),
            Format::Useless(why) => Records::Useless(Some(why)),
            Format::Warc | Format::Parquet | Format::Zip => unreachable!("opened by their own means"),
        })
    }

    /// The next record.
    pub(crate) fn next(&mut self) -> Option<Record> {
        match self {
            Records::JsonLines(lines) => lines.next().map(json_record),
            Records::JsonValues(values) => values.next().map(json_record),
            Records::Table(table) => table.next().map(|split| row_record(split.place, split.row)),
            Records::Tar(tar) => tar.next().map(member_record),
            Records::Warc(warc) => warc.next().map(warc_record),
            Records::Parquet(parquet) => parquet.next().map(|split| row_record(split.place, split.row)),
            Records::Zip(zip) => zip.next().map(member_record),
            Records::Useless(why) => {
                let held = Held::Failed(why.take()?);
                Some(Record { place: Place::default(), id: None, url: None, member: None, held })
            }
        }
    }

    /// Records passed over since this was last asked for, that hold no page by their kind.
    pub(crate) fn take_others(&mut self) -> u64 {
        match self {
            Records::Warc(warc) => warc.take_others(),
            _ => 0,
        }
    }
}

fn json_record(split: Split) -> Record {
    let held = match split.record {
        Ok(bytes) => Held::Json(bytes),
        Err(message) => Held::Failed(message),
    };
    Record { place: split.place, id: None, url: None, member: None, held }
}

fn row_record(place: Place, row: Result<Row, String>) -> Record {
    let held = match row {
        Ok(row) => Held::Row(row),
        Err(message) => Held::Failed(message),
    };
    Record { place, id: None, url: None, member: None, held }
}

fn member_record(member: Member) -> Record {
    let Member { place, path, what } = member;
    let held = match what {
        tar::What::File(contents) => {
            let name = path.file_name().map(|name| display_path(Path::new(name))).unwrap_or_default();
            Held::Bytes { contents, name, wanted: false }
        }
        tar::What::Skipped(why) => Held::Skipped(why),
        tar::What::Failed(message) => Held::Failed(message),
    };
    // Damage between members has no name.
    let member = (!path.as_os_str().is_empty()).then_some(path);
    Record { place, id: None, url: None, member, held }
}

fn warc_record(split: warc::Split) -> Record {
    let held = match split.what {
        warc::What::Block(block) => Held::Warc(block),
        warc::What::Skipped(why) => Held::Skipped(why),
        warc::What::Failed(message) => Held::Failed(message),
    };
    Record { place: split.place, id: split.id, url: split.url, member: None, held }
}

/// What container a file is, by the beginning of what it holds, then by its name.
fn recognise(beginning: &[u8], name: &str, wanted: bool, settings: &Settings) -> Option<(Format, Option<Compression>)> {
    /// The frame that holds the dictionary of a WARC archive compressed with Zstandard (its specification by IIPC).
    const DICTIONARY: &[u8] = b"\x5d\x2a\x4d\x18";
    if beginning.starts_with(DICTIONARY) {
        return Some((Format::Warc, Some(Compression::Zstd)));
    }
    match signature(beginning) {
        Some(Signature::Parquet) => return Some((Format::Parquet, None)),
        Some(Signature::Zip) if zip_use(beginning).is_none() && !is_package(name) => return Some((Format::Zip, None)),
        _ => {}
    }
    let compression = Compression::of(beginning);
    let name = compression.map_or(name, |compression| compression.plain_name(name));
    let beginning = decompressed_head(beginning, HEAD);
    Some((format(&beginning, name, wanted, settings)?, compression))
}

/// Whether a zip archive's name says that it is a document or a program, whatever its first member.
fn is_package(name: &str) -> bool {
    const PACKAGES: &[&str] = &[
        "3mf", "apk", "crx", "docx", "ear", "epub", "ipa", "jar", "kmz", "odg", "odp", "ods", "odt", "pptx", "vsix",
        "war", "whl", "xlsx", "xpi",
    ];
    PACKAGES.contains(&extension(name).as_str())
}

fn format(beginning: &[u8], name: &str, wanted: bool, settings: &Settings) -> Option<Format> {
    // Damage at the beginning must not hide what the rest is: here the name alone may tell.
    if signature(beginning) == Some(Signature::Warc) || matches!(extension(name).as_str(), "warc" | "wet" | "wat") {
        return Some(Format::Warc);
    }
    match signature(beginning) {
        Some(Signature::Tar) => return Some(Format::Tar),
        _ if matches!(extension(name).as_str(), "tar" | "tgz") && tar::is_tar(beginning) => return Some(Format::Tar),
        _ => {}
    }
    let mut content = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning).trim_ascii_start();
    match (extension(name).as_str(), content.first().copied().unwrap_or(0)) {
        (extension @ ("csv" | "tsv" | "tab"), 1..) => {
            let header = Header::read(beginning, extension)?;
            match header.holds_pages(settings) {
                true => Some(Format::Table(header)),
                // A table among the files of a saved page is no matter; one that was asked for is.
                false => wanted
                    .then(|| Format::Useless(format!("no column of HTML or text among {}", header.names().join(", ")))),
            }
        }
        ("jsonl" | "ndjson" | "jl", _) if !beginning.is_empty() => Some(Format::JsonLines),
        ("json", b'[' | b'{') if wanted => {
            // Objects one after the other, a line each, are common under this name too.
            Some(if is_record_line(content, settings) { Format::JsonLines } else { Format::JsonValues })
        }
        ("", b'{') if is_record_line(content, settings) => Some(Format::JsonLines),
        ("", b'[') if wanted => {
            content = content[1..].trim_ascii_start();
            (content.first() == Some(&b'{')).then_some(Format::JsonValues)
        }
        _ => None,
    }
}

/// Whether the first line is an object with a field that records have, and is not the whole of it.
fn is_record_line(content: &[u8], settings: &Settings) -> bool {
    let known =
        |name: &str| [&settings.html_fields, &settings.text_fields].into_iter().flatten().any(|field| field == name);
    match memchr::memchr(b'\n', content) {
        Some(end) => json::parse(&content[..end]).is_ok_and(|row| row.0.iter().any(|(name, _)| known(name))),
        // A first line longer than what was looked at: its beginning must do.
        None => content.len() >= HEAD / 2 && content.starts_with(b"{\""),
    }
}

fn skip(stream: &mut impl Read, bytes: u64) -> io::Result<()> {
    io::copy(&mut stream.take(bytes), &mut io::sink()).map(drop)
}
