//! Corpus, lexicon and matrices of the text model.

mod corpus;
mod lexicon;
pub mod report;
pub mod rules;

pub use corpus::{Document, corpus, masks, page_of_text};
pub use lexicon::learn_lexicon;

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
