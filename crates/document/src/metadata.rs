//! What is known of a page beside its text, and where each value was found.

use serde::{Deserialize, Serialize};

/// Metadata of a page. Every value carries its [`Origin`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Metadata {
    /// The title, without the site's name.
    pub title: Option<Found>,
    /// Authors, in order.
    pub authors: Vec<Found>,
    /// Publication date, ISO 8601 (date, or date and time as written).
    pub published: Option<Found>,
    /// Date of the last change, ISO 8601.
    pub modified: Option<Found>,
    /// Name of the site.
    pub site: Option<Found>,
    /// Description or abstract.
    pub description: Option<Found>,
    /// Language the page declares, BCP 47.
    pub language: Option<Found>,
    /// Language detected from the text, ISO 639-1, and the detector's confidence in thousandths.
    pub detected_language: Option<(String, u16)>,
    /// URL of the page as it states it (canonical, og:url, saved-from comment).
    pub url: Option<Found>,
    /// Tags and categories, in order, each once.
    pub tags: Vec<Found>,
    /// Licence, as URL or name.
    pub licence: Option<Found>,
    /// Address of the main image.
    pub image: Option<Found>,
    /// What the page says it is: `article`, `product`, `DiscussionForumPosting`, …
    pub page_type: Option<Found>,
}

/// A value and where it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The value, white space folded.
    pub value: String,
    /// Where it was found.
    pub origin: Origin,
}

impl Found {
    /// A value from an origin.
    pub fn new(value: impl Into<String>, origin: Origin) -> Self {
        Found { value: value.into(), origin }
    }
}

/// Where a piece of metadata was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A field of the record, or the reader (WARC-Target-URI, `--url-map`).
    Record,
    /// schema.org in JSON-LD.
    JsonLd,
    /// An `og:` or `article:` meta element.
    OpenGraph,
    /// A `twitter:` meta element.
    TwitterCard,
    /// A `dc.` or `dcterms.` meta element.
    DublinCore,
    /// schema.org microdata (`itemprop`) or RDFa.
    Microdata,
    /// Another meta element.
    Meta,
    /// A `<link>` element (`rel=canonical`, `rel=license`).
    Link,
    /// The `<title>` element.
    TitleElement,
    /// The `lang` attribute.
    LangAttribute,
    /// A heading of the page.
    Heading,
    /// The text of the page.
    Text,
    /// A comment that a browser left when it saved the page.
    SavedFrom,
    /// A site rule.
    SiteRule,
}
