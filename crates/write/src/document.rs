//! A document as JSONL and Parquet hold it, under the field names that datatrove and dolma read.

use std::io;

use dechaff_document::{Found, JudgedPage, Origin};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::value::RawValue;

use crate::{Compression, Compressor, Format, Settings, language, title};

/// One document. Fields that are unknown are left out of JSONL and null in Parquet.
#[derive(Debug, Clone, Serialize)]
pub struct Document<'a> {
    /// Stable id.
    pub id: &'a str,
    /// The kept text, in the markup of `write.document-text`.
    pub text: &'a str,
    /// `write.source`, or the path of the input.
    pub source: &'a str,
    /// URL: the reader's, else the page's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<&'a str>,
    /// Title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<&'a str>,
    /// Authors, joined by `; ` as Trafilatura joins them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Publication date, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<&'a str>,
    /// Language, see [`language`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Name of the site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<&'a str>,
    /// When the document was acquired: `write.added`, else the record's own date. Never the date of this run, so that
    /// two runs write the same bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added: Option<String>,
    /// Everything else.
    pub metadata: DocumentMetadata<'a>,
}

/// The `metadata` field: what has no field of its own.
#[derive(Debug, Clone, Serialize)]
pub struct DocumentMetadata<'a> {
    /// What the document was read as: `html` or `text`.
    pub kind: dechaff_document::PageKind,
    /// Expected word F1 of what is kept, 0 to 1, in steps of 0.0001.
    pub confidence: f64,
    /// Authors, one by one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<&'a str>,
    /// Date of the last change, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified: Option<&'a str>,
    /// Description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<&'a str>,
    /// Tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<&'a str>,
    /// Licence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<&'a str>,
    /// Main image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<&'a str>,
    /// What the page says it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_type: Option<&'a str>,
    /// URL that the page states, where the reader knew another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canonical_url: Option<&'a str>,
    /// Declared language, BCP 47.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared_language: Option<&'a str>,
    /// Detected language, ISO 639-1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detected_language: Option<&'a str>,
    /// The detector's confidence, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language_confidence: Option<f64>,
    /// Where each value was found.
    #[serde(skip_serializing_if = "Origins::is_empty")]
    pub origins: Origins,
    /// Fields of the record that are not used otherwise, as they were.
    #[serde(skip_serializing_if = "Fields::is_empty")]
    pub record: Fields<'a>,
}

/// Where each value was found: name of the field and origin.
#[derive(Debug, Clone)]
pub struct Origins(Vec<(&'static str, Origin)>);

/// Fields of a record: name and JSON value as text.
#[derive(Debug, Clone)]
pub struct Fields<'a>(&'a [(String, String)]);

/// Fields of records that say when a document was acquired, as WARC, dolma, datatrove and FineWeb name them.
const CAPTURE_DATES: [&str; 5] = ["added", "WARC-Date", "warc_date", "date_download", "date_added"];

impl<'a> Document<'a> {
    /// The document of a page, whose text was rendered before.
    pub fn new(judged: &'a JudgedPage, text: &'a str, settings: &'a Settings) -> Document<'a> {
        let page = &judged.page;
        let metadata = &page.metadata;
        let authors: Vec<&str> = metadata.authors.iter().map(|author| author.value.as_str()).collect();
        let own_url = value(&metadata.url);
        let url = page.source.url.as_deref().or(own_url);
        let origins = [
            ("title", &metadata.title),
            ("date", &metadata.published),
            ("modified", &metadata.modified),
            ("site", &metadata.site),
            ("description", &metadata.description),
            ("declared_language", &metadata.language),
            ("url", &metadata.url),
            ("licence", &metadata.licence),
            ("image", &metadata.image),
            ("page_type", &metadata.page_type),
        ];
        let firsts = [("author", metadata.authors.first()), ("tags", metadata.tags.first())];
        let found = origins.into_iter().map(|(name, found)| (name, found.as_ref())).chain(firsts);
        Document {
            id: &page.source.id,
            text: text.strip_suffix('\n').unwrap_or(text),
            source: match settings.source.as_str() {
                "" => &page.source.input,
                source => source,
            },
            url,
            title: title(judged),
            author: (!authors.is_empty()).then(|| authors.join("; ")),
            date: value(&metadata.published),
            language: language(metadata),
            site: value(&metadata.site),
            added: added(&page.fields, settings),
            metadata: DocumentMetadata {
                kind: page.kind,
                confidence: (f64::from(judged.confidence) * 1e4).round() / 1e4,
                authors,
                modified: value(&metadata.modified),
                description: value(&metadata.description),
                tags: metadata.tags.iter().map(|tag| tag.value.as_str()).collect(),
                licence: value(&metadata.licence),
                image: value(&metadata.image),
                page_type: value(&metadata.page_type),
                canonical_url: own_url.filter(|&own| url != Some(own)),
                declared_language: value(&metadata.language),
                detected_language: metadata.detected_language.as_ref().map(|(code, _)| code.as_str()),
                language_confidence: metadata.detected_language.as_ref().map(|&(_, sure)| f64::from(sure) / 1000.0),
                origins: Origins(found.filter_map(|(name, found)| Some((name, found?.origin))).collect()),
                record: Fields(&page.fields),
            },
        }
    }

    /// The document as one line of JSON with its line end.
    pub fn write_to(&self, out: &mut impl io::Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

/// Gives complete lines of documents (see [`Document::write_to`]) the form of a file: JSONL, compressed as the settings
/// say, or Parquet. The file is not put in place yet: the writer is handed back.
///
/// # Errors
/// Where reading or writing fails, or, for Parquet, a line is no document.
///
/// ```
/// # let settings: toml::Table = toml::from_str(include_str!("../../../config/default.toml"))?;
/// # let settings: dechaff_write::Settings = settings["write"].clone().try_into()?;
/// let lines = "{\"id\":\"1\",\"text\":\"It rained.\",\"source\":\"a.html\",\"metadata\":{}}\n";
/// let jsonl = dechaff_write::finish_documents(lines.as_bytes(), Vec::new(), &settings)?;
/// assert_eq!(jsonl, lines.as_bytes());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn finish_documents<W: io::Write + Send>(lines: impl io::Read, mut out: W, settings: &Settings) -> io::Result<W> {
    match settings.format {
        Format::Parquet => {
            let lines = io::BufReader::with_capacity(1 << 18, lines);
            crate::format::parquet::write(lines, &mut out, settings.compression)?;
            Ok(out)
        }
        _ => {
            let mut compressor = Compressor::new(out, settings.compression)?;
            io::copy(&mut io::BufReader::with_capacity(1 << 18, lines), &mut compressor)?;
            compressor.finish()
        }
    }
}

/// The lines of a file that [`finish_documents`] gave its form, as they were.
///
/// # Errors
/// A Parquet file that is none.
pub fn document_lines(file: std::fs::File, settings: &Settings) -> io::Result<Box<dyn io::BufRead + Send>> {
    let file_reader = |file| io::BufReader::with_capacity(1 << 18, file);
    Ok(match (settings.format, settings.compression) {
        (Format::Parquet, _) => Box::new(crate::format::parquet::DocumentLines::open(file)?),
        (_, Compression::None) => Box::new(file_reader(file)),
        (_, Compression::Gzip) => Box::new(io::BufReader::new(flate2::bufread::MultiGzDecoder::new(file_reader(file)))),
        (_, Compression::Zstd) => Box::new(io::BufReader::new(zstd::Decoder::with_buffer(file_reader(file))?)),
    })
}

impl Origins {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Fields<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Origins {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, origin)| (name, origin)))
    }
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, json) in self.0 {
            // The reader hands JSON; what is none after all is written as the string it is. A value must stay on its
            // line, so line ends (white space between tokens, in JSON) go through a value of their own.
            match serde_json::from_str::<&RawValue>(json) {
                Ok(raw) if !json.contains(['\n', '\r']) => map.serialize_entry(name, raw)?,
                Ok(_) => map.serialize_entry(name, &serde_json::from_str::<serde_json::Value>(json).ok())?,
                Err(_) => map.serialize_entry(name, json)?,
            }
        }
        map.end()
    }
}

fn value(found: &Option<Found>) -> Option<&str> {
    found.as_ref().map(|found| found.value.as_str())
}

/// When the document was acquired, as far as anyone said.
fn added(fields: &[(String, String)], settings: &Settings) -> Option<String> {
    if !settings.added.is_empty() {
        return Some(settings.added.clone());
    }
    CAPTURE_DATES.iter().find_map(|wanted| {
        let (_, json) = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        serde_json::from_str::<String>(json).ok().filter(|date| !date.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{format::tests::page, settings::defaults};

    fn line(judged: &JudgedPage, settings: &Settings) -> Value {
        let mut out = Vec::new();
        Document::new(judged, "It rained.\n", settings).write_to(&mut out).unwrap();
        assert_eq!(out.iter().filter(|&&byte| byte == b'\n').count(), 1);
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn fields_have_the_names_of_the_field() {
        let mut judged = page("+ p It rained.");
        judged.page.source.id = "7".into();
        judged.page.source.input = "in/a.jsonl".into();
        judged.page.source.url = Some("https://example.org/a?x=1".into());
        judged.page.fields = vec![
            ("warc-date".into(), "\"2024-05-06T07:08:09Z\"".into()),
            ("scores".into(), "{\n\"a\": 1}".into()),
            ("broken".into(), "{oops".into()),
        ];
        let metadata = &mut judged.page.metadata;
        metadata.title = Some(Found::new("Rain", Origin::OpenGraph));
        metadata.authors = vec![Found::new("A. Poe", Origin::JsonLd), Found::new("B. Roe", Origin::JsonLd)];
        metadata.url = Some(Found::new("https://example.org/a", Origin::Link));
        metadata.language = Some(Found::new("en-GB", Origin::LangAttribute));
        let expected = json!({
            "id": "7", "text": "It rained.", "source": "in/a.jsonl", "url": "https://example.org/a?x=1",
            "title": "Rain", "author": "A. Poe; B. Roe", "language": "en", "added": "2024-05-06T07:08:09Z",
            "metadata": {
                "kind": "html", "confidence": 0.9, "authors": ["A. Poe", "B. Roe"],
                "canonical_url": "https://example.org/a", "declared_language": "en-GB",
                "origins": {"title": "open-graph", "declared_language": "lang-attribute", "url": "link", "author": "json-ld"},
                "record": {"warc-date": "2024-05-06T07:08:09Z", "scores": {"a": 1}, "broken": "{oops"},
            },
        });
        assert_eq!(line(&judged, &defaults()), expected);
    }

    #[test]
    fn a_label_and_a_date_can_be_set() {
        let settings = Settings { source: "my-crawl".into(), added: "2025-01-01".into(), ..defaults() };
        let document = line(&page("+ p It rained."), &settings);
        assert_eq!((&document["source"], &document["added"]), (&json!("my-crawl"), &json!("2025-01-01")));
    }
}
