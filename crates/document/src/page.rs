//! A document in blocks, before anyone judged it.

use serde::{Deserialize, Serialize};

use crate::{Block, ElementId, Metadata, Outline, Source};

/// A document in blocks: what segment makes and strip judges.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Page {
    /// Where it came from.
    pub source: Source,
    /// What it was segmented as.
    pub kind: PageKind,
    /// How its bytes became text.
    pub encoding: Encoding,
    /// Title, author, dates, language, URL, each with its origin.
    pub metadata: Metadata,
    /// What the page declares itself to be, lower case, sorted, each once: `og:<type>`, `schema:<type>` of its structured
    /// data, `generator:<name>`, and `article:published_time` if it states one.
    pub declared: Vec<String>,
    /// Texts that the page's structured data (JSON-LD) hold, with the property that holds each, lower case:
    /// `articlebody`, `text`, `description`, `reviewbody`. Markup is taken out, white space folded.
    pub stated: Vec<(String, String)>,
    /// What the page gives as its description, in each place that has one (`description`, `og:description`,
    /// `twitter:description`): they differ more often than not.
    pub descriptions: Vec<String>,
    /// Text that the page's data hold and its blocks do not show, if they show little: see [`Unshown`].
    pub unshown: Option<Unshown>,
    /// The text, in document order. Nothing is dropped from here before it is written.
    pub blocks: Vec<Block>,
    /// The elements around the blocks (HTML; empty for plain text).
    pub outline: Outline,
    /// Which elements each selector of the rules matched.
    pub selector_hits: SelectorHits,
    /// Limits that were hit (nesting depth, nodes, blocks), in order of occurrence.
    pub limits: Vec<LimitHit>,
    /// Fields of the record, see [`crate::RawDocument::fields`].
    pub fields: Vec<(String, String)>,
}

/// What a single-page application would show: text from the page's structured data or its scripts' state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Unshown {
    /// Where it stood: `JSON-LD articleBody`, `__NEXT_DATA__.props.pageProps.article.body`.
    pub origin: String,
    /// The text in blocks, which belong to no element.
    pub blocks: Vec<Block>,
}

/// What a document was segmented as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PageKind {
    /// HTML: blocks come from elements.
    #[default]
    Html,
    /// Plain text: blocks are lines (or sentences of one very long line).
    Text,
}

/// Which elements each selector matched: `(selector, element)`, sorted. A selector is its place in the list that was
/// handed to segment.
pub type SelectorHits = Vec<(u32, ElementId)>;

/// How bytes became text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Encoding {
    /// WHATWG name, for example `UTF-8` or `windows-1251`.
    pub name: String,
    /// What told it.
    pub origin: EncodingOrigin,
    /// Replacement characters (U+FFFD) that decoding had to put in.
    pub replacements: u64,
}

/// What told the encoding of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EncodingOrigin {
    /// A byte order mark.
    Bom,
    /// The bytes are valid UTF-8.
    #[default]
    Valid,
    /// The HTTP header.
    Http,
    /// A field of the record.
    Record,
    /// A setting of the user.
    Setting,
    /// A `<meta>` element or XML declaration.
    Meta,
    /// Detected from the bytes.
    Detected,
    /// The container held text.
    Decoded,
}

/// A limit that a document ran into. Processing goes on; the manifest says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitHit {
    /// The setting that names the limit, for example `segment.max-depth`.
    pub limit: String,
    /// The limit in force, in the unit of the setting.
    pub value: u64,
}
