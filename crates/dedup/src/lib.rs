//! What a corpus knows that a page does not: which documents are copies of each other, and what text repeats across
//! the pages of a site.
//!
//! | module | finds | by |
//! |---|---|---|
//! | [`exact`] | documents with the same kept text, or the same bytes | SHA-256 |
//!
//! The crate does no I/O of its own. It works on text and hashes, and on the stores and readers it is handed; which
//! documents are written is settled by the pipeline.
#![deny(missing_docs)]

pub mod exact;
mod settings;

pub use exact::{ExactIndex, Hash, content_hash, raw_hash};
pub use settings::{Exact, Settings};
