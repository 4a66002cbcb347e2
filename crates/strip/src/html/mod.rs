//! The learned model for HTML: which blocks of a page are its main content.
//!
//! Boosted trees over some hundred features of a block: its text, its place, the elements around it, the page as a
//! whole. The scores are then mixed with those of related blocks, and the page's cut is the one of the highest expected
//! F1. How the model is made, from what and how good it is stands in `training/`.

use dechaff_document::Page;

mod cut;
mod features;
pub mod lexicon;
mod lines;
mod model;
mod page;
mod phrases;
mod structure;
mod tokens;

pub use features::names as feature_names;
pub use model::{Model, ModelError};

/// The rows of a page, for training. `look_up` gives what a lexicon without the page's own site knows of a name.
pub fn rows(page: &Page, look_up: impl Fn(u32) -> Option<lexicon::Entry>) -> Vec<f32> {
    let mut features = features::Features::new(page, look_up);
    let mut rows = Vec::new();
    for index in 0..page.blocks.len() {
        features.row(index, &features::Wanted::ALL, &mut rows);
    }
    assert_eq!(rows.len(), page.blocks.len() * features::names().len(), "a value for every name");
    rows
}
