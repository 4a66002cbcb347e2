//! Stage 1: inputs to raw documents.
//!
//! [`open`] takes what the user named (files, directories, globs, lists of files, standard input) and gives a
//! [`Reader`]: an iterator of [`Entry`] in a stable order that does not depend on the file system. An entry is cheap to
//! make: it is a file that was found, or a record that was split off its container and still is what it was there.
//! [`Entry::load`] does the work (reading, decompressing, parsing the record, telling what it is) and is meant to
//! run in a worker thread. What is in memory is what is in flight.
//!
//! ```
//! use dechaff_read::{Input, Loaded, Settings, open};
//!
//! let directory = tempfile::tempdir()?;
//! std::fs::write(directory.path().join("page.html"), "<p>Rain until Friday.</p>")?;
//! # let defaults = include_str!("../../../config/default.toml").parse::<toml::Table>()?;
//! # let settings: Settings = defaults["read"].clone().try_into()?;
//! for entry in open(&[Input::Path(directory.path().into())], &settings)? {
//!     match entry.load() {
//!         Loaded::Document(document) => assert_eq!(document.source.id, "page.html"),
//!         other => panic!("{other:?}"),
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Every input gives at least one entry, whatever its state: a file that cannot be read, an input that is missing or
//! a broken record is an entry that loads as [`Loaded::Failed`]. Only settings that make no sense are an [`Error`].
#![deny(missing_docs)]

mod compress;
mod container;
mod entry;
mod error;
mod html;
mod input;
mod json;
mod list;
mod mhtml;
mod parquet;
mod position;
mod reader;
mod record;
mod settings;
mod signature;
mod sniff;
mod table;
mod tar;
mod url_map;
mod walk;
mod warc;
mod zip;

pub use entry::{Entry, Loaded};
pub use error::Error;
pub use input::Input;
pub use position::{Counts, Place, Position};
pub use reader::{Reader, Surveyed, open, open_at};
pub use settings::{OverLimit, Settings};
