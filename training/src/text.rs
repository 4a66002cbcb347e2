//! Corpus, lexicon and matrices of the text model.

use crate::data::Set;

mod corpus;
pub mod dumps;
mod lexicon;
pub mod report;
pub mod rules;

pub use corpus::{Document, corpus, masks, page_of_text};
pub use lexicon::learn_lexicon;

/// The sets labelled by hand that the text model learns from. With those of [`Set::Forms`] it is worse on all types of page
/// (training/notes-text.md): without elements, a home page's list looks like a story's related links.
const LABELLED: [Set; 1] = [Set::Multilang];

/// The default `[strip]` settings of the program.
pub fn default_settings() -> dechaff_strip::Settings {
    #[derive(serde::Deserialize)]
    struct Defaults {
        strip: dechaff_strip::Settings,
    }
    let defaults: Defaults =
        toml::from_str(include_str!("../../config/default.toml")).expect("the default configuration is read by tests");
    defaults.strip
}
