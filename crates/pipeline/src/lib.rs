//! Text without the chrome.
//!
//! This crate ties the stages (read, segment, strip, dedup, write) to one program:
//!
//! - [`Cleaner`]: one document, bytes to a page in which every block has a verdict and a reason;
//! - [`run::clean`]: whole inputs to an output directory or a stream, in parallel, with a manifest;
//! - [`corpus`]: duplicates, and what repeats across a site;
//! - [`config`]: settings from layers of TOML;
//! - [`eval`]: scores against gold texts.
#![deny(missing_docs)]

mod cleaner;
pub mod config;
pub mod corpus;
mod error;
pub mod eval;
pub mod explain;
mod job;
mod ordered;
mod process;
mod reading;
pub mod rules;
pub mod run;

pub use cleaner::{Cleaner, Extras};
pub use dechaff_dedup as dedup;
pub use dechaff_document as document;
#[cfg(feature = "fetch")]
pub use dechaff_fetch as fetch;
pub use dechaff_read as read;
pub use dechaff_strip as strip;
pub use dechaff_write as write;
pub use ordered::start_threads;
