//! What a corpus knows that a page does not: which documents are copies of each other, and what text repeats across
//! the pages of a site.
//!
//! | module | finds | by |
//! |---|---|---|
//! | [`exact`] | documents with the same kept text, or the same bytes | SHA-256 |
//! | [`near`] | documents with nearly the same text | MinHash LSH over [`shingle`]s, each candidate verified |
//!
//! The crate does no I/O of its own. It works on text and hashes, and on the stores and readers it is handed; which
//! documents are written is settled by the pipeline.
#![deny(missing_docs)]

pub mod exact;
pub mod near;
mod settings;
pub mod shingle;
mod union;

pub use exact::{ExactIndex, Hash, content_hash, raw_hash};
pub use settings::{Exact, Measure, Near, Settings};
