//! Stage 5: kept text in a format, and the manifest.
//!
//! - [`render`] turns a judged page into text, Markdown or HTML; [`Document`] into a line of JSONL.
//! - [`OutputNames`] says under which name each input is written, whatever the order of the inputs.
//! - [`OutputDirectory`] and [`AtomicFile`] put files in place whole or not at all.
//! - [`Record`] is one row of the manifest.
//!
//! Nothing is judged here. A block is dropped because its verdict says so and for no other reason; the one exception is
//! a title that stands in the text already (see [`TitlePlacement`]).
#![deny(missing_docs)]

mod atomic;
mod compression;
mod directory;
mod document;
mod dropped;
mod format;
mod names;
mod record;
mod settings;
mod title;

pub use atomic::AtomicFile;
pub use compression::{Compression, Compressor};
pub use directory::{ClaimError, OutputDirectory};
pub use document::{Document, document_lines, finish_documents};
pub use dropped::{Dropped, DroppedBlock};
pub use format::{markup_of, render};
pub use names::{OutputNames, OutputNamesBuilder, record_path};
pub use record::{BlockCounts, Failure, Outcome, Record, Stamp, Warning, language, word_count};
pub use settings::{Format, Markup, Settings, TitlePlacement};
pub use title::{title, title_block};
