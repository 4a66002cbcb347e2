//! The learned model for HTML.

use dechaff_document::Page;

use crate::{Hints, Scores};

mod features;
pub mod lexicon;
mod lines;
mod page;
mod phrases;
mod structure;
mod tokens;

pub use features::names as feature_names;

/// A trained model for HTML.
#[derive(Debug, Clone)]
pub enum Model {}

impl Model {
    /// Scores every block of a page.
    pub fn scores(&self, _page: &Page, _hints: &Hints) -> Scores {
        match *self {}
    }
}

/// The rows of a page, for training. `look_up` gives what a lexicon without the page's own site knows of a name.
pub fn rows(page: &Page, look_up: impl Fn(u32) -> Option<lexicon::Entry>) -> Vec<f32> {
    let mut features = features::Features::new(page, look_up);
    let mut rows = Vec::new();
    for index in 0..page.blocks.len() {
        features.row(index, &mut rows);
    }
    rows
}
