//! What a document is, told by content before name.
//!
//! In this order:
//!
//! 1. a signature of its first bytes (images, archives, office formats, …): unsupported, by name;
//! 2. a page saved as MHTML, by its header lines;
//! 3. binary, where more than 2 % of the bytes that are not NUL are control characters that text does not have
//!    (random or compressed bytes have 10 %), or more than 30 % are NUL and it is not UTF-16 or UTF-32;
//! 4. HTML, where it begins as an HTML document (after byte order mark, comments, XML declaration; in UTF-16 and
//!    UTF-32 as well), whatever its name;
//! 5. SVG, feeds and other XML by their root element: unsupported unless wanted, and then text;
//! 6. a name or media type of a format that cannot be told from text by content (`css`, `js`, `json`, `csv`, …):
//!    unsupported unless wanted, and then text;
//! 7. for a name or media type of text: text; of HTML: HTML if it holds any tag or character reference, else text;
//!    for any other: HTML if it holds three tags of HTML and an end tag, else text.

use crate::{
    html::{Markup, XmlRoot, markup, utf16_without_mark},
    mhtml::is_mhtml,
    signature::{Signature, signature, zip_use},
};

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// HTML or XHTML.
    Html,
    /// Plain text.
    Text,
    /// A page saved as a message of many parts.
    Mhtml,
    /// Something that is not read, by name.
    Unsupported(&'static str),
}

/// What is known of a document beside its bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Hints<'a> {
    /// File name or last part of the URL's path.
    pub(crate) name: &'a str,
    /// Media type as declared (`Content-Type`), parameters and all.
    pub(crate) media: Option<&'a str>,
    /// The user asked for this very file: by name or by a glob of `read.include`.
    pub(crate) wanted: bool,
}

/// Bytes looked at in each of three places: beginning, middle, end.
const WINDOW: usize = 8 << 10;

/// What a document is. Looks at no more than the first 64 KiB and two windows further on.
pub(crate) fn kind(bytes: &[u8], hints: Hints<'_>) -> Kind {
    match signature(bytes) {
        Some(Signature::Zip) => return Kind::Unsupported(zip_use(bytes).unwrap_or("zip archive")),
        Some(Signature::Gzip) => return Kind::Unsupported("gzip archive"),
        Some(Signature::Zstd) => return Kind::Unsupported("Zstandard archive"),
        Some(Signature::Tar) => return Kind::Unsupported("tar archive"),
        Some(Signature::Warc) => return Kind::Unsupported("WARC archive"),
        Some(Signature::Arc) => return Kind::Unsupported("ARC archive"),
        Some(Signature::Parquet) => return Kind::Unsupported("Parquet file"),
        Some(Signature::Other(name)) => return Kind::Unsupported(name),
        None => {}
    }
    if bytes.is_empty() {
        return Kind::Text;
    }
    if is_mhtml(bytes) {
        return Kind::Mhtml;
    }
    if is_binary(bytes) {
        return Kind::Unsupported("binary");
    }
    let declared = Declared::of(hints);
    let unless_wanted = |name| if hints.wanted { Kind::Text } else { Kind::Unsupported(name) };
    match (markup(bytes), declared) {
        (Markup::Document, _) => Kind::Html,
        (Markup::Xml(XmlRoot::Svg), _) => unless_wanted("SVG image"),
        (Markup::Xml(XmlRoot::Feed), _) => unless_wanted("feed"),
        (Markup::Xml(XmlRoot::Other), Declared::Html) => Kind::Html,
        (Markup::Xml(XmlRoot::Other), _) => unless_wanted("XML"),
        (_, Declared::Other(name)) => unless_wanted(name),
        (_, Declared::Text) => Kind::Text,
        (Markup::Fragment | Markup::Some, Declared::Html) => Kind::Html,
        (Markup::Fragment, Declared::Unknown) => Kind::Html,
        _ => Kind::Text,
    }
}

/// The extension of a name, lower case: what follows the last dot, up to the `?` that mirroring tools leave in names.
pub(crate) fn extension(name: &str) -> String {
    let name = name.split(['?', '#']).next().unwrap_or(name);
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && extension.len() <= 10 => extension.to_ascii_lowercase(),
        _ => String::new(),
    }
}

/// What name and media type say.
enum Declared {
    Html,
    Text,
    Other(&'static str),
    Unknown,
}

impl Declared {
    /// The media type speaks before the name: a URL's ending says little of what a server sent.
    fn of(hints: Hints<'_>) -> Declared {
        let media =
            hints.media.and_then(|media| media.split(';').next()).map(|media| media.trim().to_ascii_lowercase());
        match media.as_deref() {
            Some("text/html" | "application/xhtml+xml" | "application/vnd.wap.xhtml+xml") => return Declared::Html,
            Some("text/plain" | "text/markdown" | "text/x-markdown") => return Declared::Text,
            Some("text/css") => return Declared::Other("CSS"),
            Some(
                "text/javascript" | "application/javascript" | "application/x-javascript" | "application/ecmascript",
            ) => return Declared::Other("JavaScript"),
            Some("application/json" | "application/ld+json" | "application/manifest+json" | "text/json") => {
                return Declared::Other("JSON");
            }
            Some("text/csv" | "text/tab-separated-values") => return Declared::Other("CSV"),
            _ => {}
        }
        match extension(hints.name).as_str() {
            "html" | "htm" | "xhtml" | "xht" | "shtml" | "shtm" | "dhtml" | "php" | "php3" | "php4" | "php5"
            | "phtml" | "asp" | "aspx" | "jsp" | "jspx" | "jsf" | "cfm" | "cgi" | "do" => Declared::Html,
            "txt" | "text" | "md" | "markdown" | "rst" | "adoc" | "asciidoc" | "org" | "log" | "tex" => Declared::Text,
            "css" | "scss" | "less" => Declared::Other("CSS"),
            "js" | "mjs" | "cjs" | "ts" | "jsx" | "tsx" => Declared::Other("JavaScript"),
            "json" | "jsonld" | "map" | "webmanifest" | "geojson" | "har" | "ipynb" => Declared::Other("JSON"),
            "jsonl" | "ndjson" | "jl" => Declared::Other("JSON Lines"),
            "xml" | "xsl" | "xslt" | "xsd" | "dtd" | "rss" | "atom" | "rdf" => Declared::Other("XML"),
            "svg" => Declared::Other("SVG image"),
            "csv" | "tsv" => Declared::Other("CSV"),
            "yaml" | "yml" | "toml" | "ini" => Declared::Other("configuration file"),
            "vtt" | "srt" => Declared::Other("subtitles"),
            "eot" | "ttf" | "otf" | "woff" | "woff2" => Declared::Other("font"),
            _ => Declared::Unknown,
        }
    }
}

/// Whether the bytes are no text, by rule 3 above.
fn is_binary(bytes: &[u8]) -> bool {
    if matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 0, 0xfe, 0xff, ..])
        || utf16_without_mark(bytes).is_some()
    {
        return false;
    }
    let (mut nul, mut control, mut all) = (0, 0, 0);
    for window in windows(bytes) {
        all += window.len();
        for &byte in window {
            nul += usize::from(byte == 0);
            control += usize::from(is_control(byte));
        }
    }
    control * 50 > (all - nul) || nul * 10 > all * 3
}

fn windows(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let length = bytes.len();
    let whole = length <= 3 * WINDOW;
    let ranges = match whole {
        true => [0..length, 0..0, 0..0],
        false => [0..WINDOW, length / 2..length / 2 + WINDOW, length - WINDOW..length],
    };
    ranges.into_iter().map(|range| &bytes[range])
}

/// Control characters that text does not have: all of C0 but NUL (counted apart), the white space HT to CR, SUB (end of
/// file for DOS), ESC (ISO-2022 charsets).
fn is_control(byte: u8) -> bool {
    matches!(byte, 0x01..=0x08 | 0x0e..=0x19 | 0x1c..=0x1f | 0x7f)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(bytes: &[u8], name: &str) -> Kind {
        kind(bytes, Hints { name, ..Hints::default() })
    }

    fn random_bytes(length: usize) -> Vec<u8> {
        // xorshift: any bytes without a pattern will do.
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        (0..length)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state >> 24) as u8
            })
            .collect()
    }

    #[test]
    fn content_counts_before_the_name() {
        assert_eq!(named(b"<!doctype html><p>Hail.", "notes.txt"), Kind::Html);
        assert_eq!(named(b"<!doctype html><p>Hail.", "data.json"), Kind::Html);
        assert_eq!(named(b"Hail, and no markup at all.", "page.html"), Kind::Text);
        assert_eq!(named(b"%PDF-1.7 ...", "page.html"), Kind::Unsupported("PDF"));
        assert_eq!(named(b"PK\x03\x04..............", "book.txt"), Kind::Unsupported("zip archive"));
        assert_eq!(named(&random_bytes(5000), "page.html"), Kind::Unsupported("binary"));
        assert_eq!(named(&[0; 5000], "page.html"), Kind::Unsupported("binary"));
    }

    #[test]
    fn names_count_where_content_cannot_tell() {
        assert_eq!(named(b"<p align=center><b>Tool</b></p><h1>Use</h1>", "README.md"), Kind::Text);
        assert_eq!(named(b"<p align=center><b>Tool</b></p><h1>Use</h1>", "README"), Kind::Html);
        assert_eq!(named(b"Fish &amp; chips", "index.html?page=2"), Kind::Html);
        assert_eq!(named(b"body { color: red }", "main.css?v=3"), Kind::Unsupported("CSS"));
        assert_eq!(named(b"{\"a\": 1}", "a.json"), Kind::Unsupported("JSON"));
        assert_eq!(named(b"<?xml version='1.0'?><note>x</note>", "note"), Kind::Unsupported("XML"));
        let media = Hints { name: "a.css", media: Some("text/html; charset=utf-8"), wanted: false };
        assert_eq!(kind(b"<p>A page that looks like a style sheet.", media), Kind::Html);
    }

    #[test]
    fn what_the_user_asked_for_is_text() {
        let wanted = |name| Hints { name, media: None, wanted: true };
        assert_eq!(kind(b"{\"a\": 1}", wanted("a.json")), Kind::Text);
        assert_eq!(kind(b"<svg><text>x</text></svg>", wanted("a.svg")), Kind::Text);
        assert_eq!(kind(&random_bytes(5000), wanted("a.bin")), Kind::Unsupported("binary"));
    }

    #[test]
    fn text_with_some_nuls_is_text() {
        let mut text = b"Line of a report.\0\n".repeat(400);
        assert_eq!(named(&text, "report"), Kind::Text);
        text.extend([0; 2000]);
        assert_eq!(named(&text, "report"), Kind::Text);
    }

    #[test]
    fn text_of_any_eight_bit_charset_is_text() {
        let cyrillic: Vec<u8> = (0..4000).map(|n| if n % 7 == 0 { b' ' } else { 0xe0 + (n % 32) as u8 }).collect();
        assert_eq!(named(&cyrillic, "x"), Kind::Text);
        assert_eq!(named(b"\x1b$B4A;z\x1b(B and more of it in ISO-2022-JP", "x"), Kind::Text);
        assert_eq!(named(b"", "x.html"), Kind::Text);
    }
}
