//! A document as it was read, before anyone looked inside.

use serde::{Deserialize, Serialize};

use crate::{LimitHit, Source};

/// A document as it was read: bytes (or text that a record already held decoded) and what its container says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawDocument {
    /// Where it came from.
    pub source: Source,
    /// What it is, told by content before extension.
    pub media: MediaType,
    /// A charset that something outside the document declared (an HTTP header, a record field).
    pub charset: Option<CharsetHint>,
    /// The document itself.
    pub body: Body,
    /// Limits that were hit while reading (a body cut at the byte limit, say).
    pub limits: Vec<LimitHit>,
    /// Fields the record carried beside its body (JSONL, CSV, Parquet columns, WARC headers): name and JSON value as
    /// text. Passed through to `metadata` of JSONL and Parquet output.
    pub fields: Vec<(String, String)>,
}

/// The bytes of a document, or its text where the container is text itself (JSONL, Parquet).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Undecoded bytes.
    Bytes(Vec<u8>),
    /// Text whose charset is no longer a question.
    Text(String),
}

impl Body {
    /// The bytes as read (of text: its UTF-8), for hashing and for counting.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Body::Bytes(bytes) => bytes,
            Body::Text(text) => text.as_bytes(),
        }
    }
}

/// What a document is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MediaType {
    /// HTML or XHTML.
    Html,
    /// Plain text.
    Text,
}

/// A declared charset and who declared it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CharsetHint {
    /// The label as declared, for example `windows-1251`.
    pub label: String,
    /// Who declared it.
    pub origin: CharsetOrigin,
}

/// Who declared a charset from outside the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CharsetOrigin {
    /// The `Content-Type` header of an HTTP response.
    Http,
    /// A field of the record.
    Record,
    /// A setting of the user.
    Setting,
}
