//! Corpus, lexicon and matrices of the text model.

mod corpus;
mod lexicon;
pub mod report;

pub use corpus::{Document, corpus, masks, page_of_text};
pub use lexicon::learn_lexicon;
