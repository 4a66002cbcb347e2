//! Stage 2: bytes to text to blocks.
//!
//! [`Segmenter::page`] takes a [`RawDocument`] and returns a [`Page`]: the charset settled, the text in blocks, the
//! elements around them as an outline, the metadata, and which elements the rules' selectors matched. It returns
//! values, never errors: malformed input gives a page with fewer blocks, and limits that were hit stand in
//! [`Page::limits`].
//!
//! ```
//! use dechaff_document::{Body, MediaType, RawDocument, Source};
//! use dechaff_segment::{Segmenter, Settings};
//!
//! let settings = Settings { max_depth: 256, max_attributes: 256, max_nodes: 2_000_000, max_blocks: 500_000 };
//! let raw = RawDocument {
//!     source: Source::default(),
//!     media: MediaType::Html,
//!     charset: None,
//!     body: Body::Text("<h1>Bees</h1><p>They <b>hum</b>.".into()),
//!     limits: Vec::new(),
//!     fields: Vec::new(),
//! };
//! let page = Segmenter::new(settings, Vec::new()).page(raw);
//! let texts: Vec<&str> = page.blocks.iter().map(|block| block.text.as_str()).collect();
//! assert_eq!(texts, ["Bees", "They hum."]);
//! ```
#![deny(missing_docs)]

use dechaff_document::{MediaType, Page, PageKind, RawDocument};
use serde::{Deserialize, Serialize};

mod decode;
mod html;
mod metadata;
mod selectors;
mod text;

pub use metadata::add_residue;
pub use selectors::{Selector, SelectorError};
pub use text::breaks;

/// How segmenting is bounded. The defaults stand in `config/default.toml`, section `[segment]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// Open elements above which a start tag is dropped (its text stays).
    pub max_depth: usize,
    /// Attributes of one tag that are read.
    pub max_attributes: usize,
    /// Nodes of the tree; beyond, tags are dropped and the text stays.
    pub max_nodes: usize,
    /// Blocks of a page; beyond, text is left out.
    pub max_blocks: usize,
}

/// Turns raw documents into pages. Built once, shared by all threads.
#[derive(Debug)]
pub struct Segmenter {
    settings: Settings,
    selectors: selectors::SelectorIndex,
}

impl Segmenter {
    /// A segmenter that also tells which elements of a page each of `selectors` matches.
    pub fn new(settings: Settings, selectors: Vec<Selector>) -> Segmenter {
        Segmenter { settings, selectors: selectors::SelectorIndex::new(selectors) }
    }

    /// Parses HTML and drops the tree; gives the number of its nodes. For measuring what parsing takes.
    pub fn parse_alone(&self, html: &str) -> usize {
        html::parse_alone(html, &self.settings, &self.selectors)
    }

    /// The document in blocks. Linear in its size, up to a factor bounded by the settings.
    pub fn page(&self, raw: RawDocument) -> Page {
        let RawDocument { source, media, charset, body, limits, fields } = raw;
        let html = media == MediaType::Html;
        let (text, encoding) = decode::decode(body, charset.as_ref(), html);
        let kind = if html { PageKind::Html } else { PageKind::Text };
        let mut page = Page { source, kind, encoding, limits, fields, ..Page::default() };
        match media {
            MediaType::Html => html::segment(&text, &self.settings, &self.selectors, &mut page),
            MediaType::Text => {
                text::segment(text, &self.settings, &mut page);
                page.metadata = metadata::of_text(&page);
            }
        }
        page
    }
}
