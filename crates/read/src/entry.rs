//! One entry of a reader, and what loading it gives.

use std::{
    fs::File,
    io::{BufReader, Cursor, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use dechaff_document::{Body, MediaType, RawDocument, Source, display_path};

use crate::{
    OverLimit, Position, Settings,
    compress::{Compression, Limited, head, read_limited},
    json, mhtml,
    record::{Row, at_limit, charset, over_limit_message},
    sniff::{Hints, Kind, kind},
    url_map::UrlMap,
    warc::Block,
};

/// A document to be read: a file that was found, or a record that was split off its container.
#[derive(Debug)]
pub struct Entry {
    /// Where it comes from. The id is made of the place ([`Source::id`]); loading may put the record's own in its
    /// stead. The one here is distinct for every entry and known without loading, so runs can be sharded by it.
    pub source: Source,
    pub(crate) position: Position,
    pub(crate) held: Held,
    pub(crate) shared: Arc<Shared>,
}

/// What loading an entry gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loaded {
    /// A document of HTML or text.
    Document(RawDocument),
    /// A format that is not read.
    Unsupported {
        /// Where it comes from.
        source: Source,
        /// The format, by name.
        what: String,
    },
    /// Left aside by rule: symbolic links, responses that are no pages.
    Skipped {
        /// Where it comes from.
        source: Source,
        /// The rule.
        why: String,
    },
    /// Could not be read.
    Failed {
        /// Where it comes from.
        source: Source,
        /// What went wrong.
        message: String,
    },
}

/// What every entry needs to load.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) urls: UrlMap,
}

/// What an entry holds until it is loaded.
#[derive(Debug)]
pub(crate) enum Held {
    /// A file to be read.
    File { path: PathBuf, wanted: bool },
    /// Bytes with a name (a member of an archive, standard input).
    Bytes { contents: Limited, name: String, wanted: bool },
    /// A JSON object.
    Json(Vec<u8>),
    /// A row of a table.
    Row(Row),
    /// A record of a WARC archive.
    Warc(Box<Block>),
    /// Left aside by rule.
    Skipped(String),
    /// Not to be had.
    Failed(String),
}

impl Entry {
    /// Where the entry stands among all inputs; [`crate::open_at`] goes on at it.
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// Bytes that the entry keeps in memory now. A file keeps none until it is loaded.
    pub fn held_bytes(&self) -> usize {
        match &self.held {
            Held::File { .. } | Held::Skipped(_) | Held::Failed(_) => 0,
            Held::Bytes { contents, .. } => contents.bytes.len(),
            Held::Json(bytes) => bytes.len(),
            Held::Row(row) => row.held_bytes(),
            Held::Warc(block) => block.bytes.len(),
        }
    }

    /// Reads the document: opens the file, decompresses, parses the record, tells what it is. Everything that can go
    /// wrong is a value. At most `read.max-bytes` of the document are read, and twice that are in memory where it
    /// is compressed.
    pub fn load(self) -> Loaded {
        let Entry { mut source, held, shared, .. } = self;
        let settings = &shared.settings;
        if source.url.is_none() {
            source.url = shared.urls.url(&source).map(str::to_owned);
        }
        match held {
            Held::File { path, wanted } => {
                let name = path.file_name().map(|name| display_path(Path::new(name))).unwrap_or_default();
                load_contents(read_file(&path, settings), Hints { name: &name, media: None, wanted }, source, settings)
            }
            Held::Bytes { contents, name, wanted } => {
                load_limited(contents, Hints { name: &name, media: None, wanted }, source, settings)
            }
            Held::Row(row) => row.into_document(source, settings),
            Held::Warc(block) => block.load(source, settings),
            Held::Json(bytes) => match json::parse(&bytes) {
                Ok(row) => row.into_document(source, settings),
                Err(message) => Loaded::Failed { source, message },
            },
            Held::Skipped(why) => Loaded::Skipped { source, why },
            Held::Failed(message) => Loaded::Failed { source, message },
        }
    }
}

impl Loaded {
    /// Where it comes from.
    pub fn source(&self) -> &Source {
        match self {
            Loaded::Document(document) => &document.source,
            Loaded::Unsupported { source, .. } | Loaded::Skipped { source, .. } | Loaded::Failed { source, .. } => {
                source
            }
        }
    }
}

/// Bytes that say what a document is, however large it is.
const HEAD: usize = 64 << 10;

/// What a file or member holds, decompressed.
struct Contents {
    limited: Limited,
    compression: Option<Compression>,
}

/// Reads a file up to the limit; of a plain file that is over it and would fail for it, the beginning alone.
fn read_file(path: &Path, settings: &Settings) -> Result<Contents, String> {
    let mut file = File::open(path).map_err(|error| error.to_string())?;
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    let beginning = head(&mut file, HEAD);
    let compression = Compression::of(&beginning);
    if compression.is_none() && length > settings.max_bytes && settings.over_limit == OverLimit::Fail {
        return Ok(Contents { limited: Limited { bytes: beginning, over: true }, compression });
    }
    read_contents(Cursor::new(beginning).chain(file), compression, settings)
}

/// Reads a stream up to the limit, decompressing it if it is compressed.
fn read_contents(
    reader: impl Read + Send,
    compression: Option<Compression>,
    settings: &Settings,
) -> Result<Contents, String> {
    let limited = match compression {
        None => read_limited(reader, settings.max_bytes).map_err(|error| error.to_string()),
        Some(compression) => compression
            .decoder(BufReader::new(reader))
            .and_then(|decoder| read_limited(decoder, settings.max_bytes))
            .map_err(|error| format!("decompressing: {error}")),
    };
    Ok(Contents { limited: limited?, compression })
}

/// Tells what bytes are, decompressing them if they are compressed, and makes the document.
pub(crate) fn load_limited(limited: Limited, hints: Hints<'_>, source: Source, settings: &Settings) -> Loaded {
    let contents = match Compression::of(&limited.bytes) {
        None => Ok(Contents { limited, compression: None }),
        Some(_) if limited.over => Err(over_limit_message(settings)),
        compression => read_contents(Cursor::new(limited.bytes), compression, settings),
    };
    load_contents(contents, hints, source, settings)
}

fn load_contents(contents: Result<Contents, String>, hints: Hints<'_>, source: Source, settings: &Settings) -> Loaded {
    let Contents { limited, compression } = match contents {
        Ok(contents) => contents,
        Err(message) => return Loaded::Failed { source, message },
    };
    let name = compression.map_or(hints.name, |compression| compression.plain_name(hints.name));
    let media = match kind(&limited.bytes, Hints { name, ..hints }) {
        Kind::Html => MediaType::Html,
        Kind::Text => MediaType::Text,
        Kind::Mhtml if limited.over => return Loaded::Failed { source, message: over_limit_message(settings) },
        Kind::Mhtml => return mhtml::load(&limited.bytes, source, settings),
        Kind::Unsupported(what) => return Loaded::Unsupported { source, what: what.to_owned() },
    };
    let document = RawDocument {
        source,
        media,
        charset: charset(settings),
        body: Body::Bytes(limited.bytes),
        limits: Vec::new(),
        fields: Vec::new(),
    };
    at_limit(document, limited.over, settings)
}
