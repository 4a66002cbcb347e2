//! The values that flow through dechaff's stages.
//!
//! Every stage takes one named type and returns the next; the type says how far a document has come:
//!
//! | type | made by | says |
//! |---|---|---|
//! | [`Source`] | read | where a document came from, and its stable id |
//! | [`RawDocument`] | read | source, media type, hints, bytes |
//! | [`Page`] | segment | title, language, metadata, and an ordered list of [`Block`]s |
//! | [`JudgedPage`] | strip | the page, and one [`Verdict`] a block |
//!
//! This crate knows no I/O, no policy and no other crate of the workspace: the stages depend on it alone,
//! and only the pipeline ties them together.
#![deny(missing_docs)]

mod block;
mod metadata;
mod outline;
mod page;
mod raw;
mod source;
mod verdict;

pub use block::{Block, BlockKind, Break, Mark, MarkKind, Repeats, TableCell};
pub use metadata::{Found, Metadata, Origin};
pub use outline::{Attributes, ClassTokens, Element, ElementId, Outline, OutlineBuilder, Symbols};
pub use page::{Encoding, EncodingOrigin, LimitHit, Page, PageKind, SelectorHits, Unshown};
pub use raw::{Body, CharsetHint, CharsetOrigin, MediaType, RawDocument};
pub use source::{Source, display_path};
pub use verdict::{Category, EmptyReason, JudgedPage, Label, Reason, RuleOrigin, Verdict};
