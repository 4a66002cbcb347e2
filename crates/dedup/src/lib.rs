//! What a corpus knows that a page does not: which documents are copies of each other, and what text repeats across
//! the pages of a site.
//!
//! | module | finds | by |
//! |---|---|---|
//! | [`exact`] | documents with the same kept text, or the same bytes | SHA-256 |
//! | [`first`] | the same over any number of documents | hashes in bounded memory, the rest on disk |
//! | [`near`] | documents with nearly the same text | MinHash LSH over [`shingle`]s, each candidate verified |
//! | [`paragraph`] | paragraphs that many documents hold | their hashes, sorted |
//! | [`repeats`] | text that stands on many pages of a site, at a like place | counts over a sample of its pages |
//!
//! [`seen`] keeps what earlier runs have kept, to compare with. [`settle`] decides which document of a cluster stays,
//! and says so in one record a removal.
//!
//! The crate does no I/O of its own. It works on text and hashes, and on the stores and readers it is handed; which
//! documents are written is settled by the pipeline.
#![deny(missing_docs)]

pub mod exact;
pub mod first;
pub mod near;
pub mod paragraph;
pub mod repeats;
mod runs;
mod scratch;
pub mod seen;
mod settings;
pub mod settle;
pub mod shingle;
mod union;

pub use exact::{ExactIndex, Hash, content_hash, raw_hash};
pub use scratch::{Scratch, Spill};
pub use settings::{Exact, Keep, Measure, Near, Paragraph, ParagraphDrop, Repeats, Settings, Site};
