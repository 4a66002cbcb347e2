//! The learned model for plain text: how likely each line is content.
//!
//! Two forests of boosted trees ([`crate::forest`]) over features of the lines. The first pass reads what a line looks
//! like, what its words say, where it stands and what stands around it ([`features`]); the second reads the same and
//! what the first thought of the neighbours ([`neighbours`]). A line's score is the mean of both: the second alone
//! follows its neighbours too readily. The page's cut is the one of the highest expected F1.
//!
//! Models are trained by `training/train.sh`; the report on the one that is compiled in stands in
//! `training/reports/text.md`.

pub mod features;
pub mod headline;
pub mod names;
pub mod neighbours;

mod columns;
mod cut;
pub mod lexicon;
mod line;
mod menu;
mod ruled;
mod untouched;

use std::{cell::RefCell, ops::Range};

use dechaff_document::Page;
use thiserror::Error;

use crate::{
    Hints, Scores,
    forest::{Forest, ForestError, ROWS_A_BLOCK, Settled, SharedForest},
};
use features::{Known, View};
use headline::Headline;
use lexicon::Lexicon;
pub use line::page_words;
use neighbours::Neighbours;

/// First bytes of a model, and the version of its features.
const MAGIC: &[u8; 4] = b"dtx3";

/// What the score of a line in a menu is multiplied with where the page's words are not known. Set by hand so that a
/// line that the model is sure of stays in a page of which it is sure.
const MENU: f32 = 0.4;

/// A trained model for plain text.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    lexicon: Lexicon,
    first: Pass,
    second: Pass,
    headline: Pass,
    /// The first pass's features that a tree of either pass asks, and the place of each among them.
    asked: Vec<usize>,
    place: Vec<Option<usize>>,
}

/// A forest of the model.
#[derive(Debug, Clone, PartialEq)]
struct Pass {
    forest: Forest,
    /// The forest made ready for pages.
    ready: SharedForest,
    /// The features that have one value for all lines of a page.
    of_page: Vec<usize>,
    number: usize,
}

/// Why bytes are not a model.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ModelError {
    /// The bytes do not begin like a model of this version, or end early.
    #[error("not a text model of this version")]
    Format,
    /// One of the forests can't be read.
    #[error("the text model's forest: {0}")]
    Forest(#[from] ForestError),
    /// A forest asks for other features than this version computes.
    #[error("the text model was trained on other features than this version computes")]
    Features,
}

impl Model {
    /// A model of its parts.
    ///
    /// # Errors
    /// [`ModelError::Features`] where a forest is not over this version's features.
    pub fn new(lexicon: Lexicon, first: Forest, second: Forest, headline: Forest) -> Result<Model, ModelError> {
        let of_second = [features::FEATURES, neighbours::FEATURES].concat();
        let of_headline = [&of_second, headline::FEATURES].concat();
        let (first, second) = (Pass::new(first, features::FEATURES, 0)?, Pass::new(second, &of_second, 1)?);
        let headline = Pass::new(headline, &of_headline, 2)?;
        let is_asked = |feature: &usize| {
            [&first, &second]
                .iter()
                .any(|pass| pass.ready.columns().iter().any(|column| usize::from(*column) == *feature))
        };
        let asked: Vec<usize> = (0..features::FEATURES.len()).filter(is_asked).collect();
        let place = (0..features::FEATURES.len()).map(|feature| asked.binary_search(&feature).ok()).collect();
        Ok(Model { lexicon, first, second, headline, asked, place })
    }

    /// The model that is compiled in.
    ///
    /// ```
    /// use dechaff_strip::text::Model;
    /// let model = Model::builtin();
    /// assert_eq!(Model::from_bytes(&model.to_bytes()).unwrap(), model);
    /// ```
    pub fn builtin() -> Model {
        Model::from_bytes(include_bytes!("../../models/text.bin")).expect("a test reads the model that is compiled in")
    }

    /// Reads a model file.
    ///
    /// # Errors
    /// Where the bytes are not a model of this version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Model, ModelError> {
        let bytes = bytes.strip_prefix(MAGIC).ok_or(ModelError::Format)?;
        let (lexicon, bytes) = bytes.split_at_checked(lexicon::BYTES).ok_or(ModelError::Format)?;
        let lexicon = Lexicon::from_bytes(lexicon).ok_or(ModelError::Format)?;
        let mut rest = bytes;
        let mut forest = || -> Result<Forest, ModelError> {
            let (length, bytes) = rest.split_first_chunk::<4>().ok_or(ModelError::Format)?;
            let (forest, bytes) =
                bytes.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or(ModelError::Format)?;
            rest = bytes;
            Ok(Forest::from_bytes(forest)?)
        };
        Model::new(lexicon, forest()?, forest()?, forest()?)
    }

    /// The model as a file. [`Model::from_bytes`] reads it back.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend(self.lexicon.to_bytes());
        for pass in [&self.first, &self.second, &self.headline] {
            let forest = pass.forest.to_bytes();
            out.extend((forest.len() as u32).to_le_bytes());
            out.extend(forest);
        }
        out
    }

    /// Scores every block of a page of text. Where nothing says that there is furniture on the page, the cut is zero and
    /// the page comes back whole. Linear in the page, apart from sorting the scores.
    pub fn scores(&self, page: &Page, hints: &Hints) -> Scores {
        let view = View::of(&page.blocks, &self.lexicon, hints, Known::ALL);
        let (mut scores, title) = self.passes(&view, page.metadata.title.is_none());
        let menus = menu::lengths(&view);
        if !untouched::has_furniture(&view, &scores, &menus, hints) {
            return Scores { scores, cut: 0.0, confidence: 1.0, title };
        }
        if !view.known.words {
            // Trees that may not read the words have learned shapes from pages of one language; a menu is one in all.
            scores.iter_mut().zip(menus).filter(|(_, lines)| *lines > 0).for_each(|(score, _)| *score *= MENU);
        }
        let (cut, confidence) = cut::expected_f1_cut(&scores, view.words());
        Scores { scores, cut: cut.min(cut::HIGHEST_IN_USE), confidence, title }
    }

    /// The mean of both passes, and the title, if it `is_wanted`.
    fn passes(&self, view: &View, is_wanted: bool) -> (Vec<f32>, Option<usize>) {
        thread_local! {
            static COLUMNS: RefCell<Vec<[f32; ROWS_A_BLOCK]>> = const { RefCell::new(Vec::new()) };
        }
        COLUMNS.with_borrow_mut(|columns| {
            let columns = self.columns(view, columns);
            let own = |feature: usize, lines: Range<usize>, out: &mut [f32]| match self.place[feature] {
                Some(place) if !columns.is_empty() => {
                    let column = &columns[lines.start / ROWS_A_BLOCK * self.asked.len() + place];
                    // All of a column is a few vectors, some of it a call.
                    match out.first_chunk_mut() {
                        Some(out) => *out = *column,
                        None => out[..lines.len()].copy_from_slice(&column[..lines.len()]),
                    }
                }
                _ => features::COLUMNS[feature](view, lines, out),
            };
            let first = self.first.probabilities(view.len(), own);
            let neighbours = Neighbours::of(view, &first);
            let both = |feature: usize, lines: Range<usize>, out: &mut [f32]| match feature
                .checked_sub(features::FEATURES.len())
            {
                None => own(feature, lines, out),
                Some(feature) => neighbours::COLUMNS[feature](&neighbours, lines, out),
            };
            let second = self.second.probabilities(view.len(), both);
            let title = is_wanted.then(|| {
                let headline = Headline::of(view, &neighbours);
                let probabilities =
                    self.headline.probabilities(view.len().min(headline::LINES), |feature, lines, out| {
                        match feature.checked_sub(features::FEATURES.len() + neighbours::FEATURES.len()) {
                            None => both(feature, lines, out),
                            Some(feature) => headline::COLUMNS[feature](&headline, lines, out),
                        }
                    });
                headline::choose(view, &probabilities)
            });
            let scores = first.iter().zip(second).map(|(first, second)| (first + second) / 2.0).collect();
            (scores, title.flatten())
        })
    }

    /// What both passes ask of the lines, a block of lines after the other, its columns in the order of `asked`; nothing
    /// where the page is so long that they are sooner computed twice than kept. `room` is what the page before left: new
    /// memory would be filled with zeros first.
    fn columns<'r>(&self, view: &View, room: &'r mut Vec<[f32; ROWS_A_BLOCK]>) -> &'r [[f32; ROWS_A_BLOCK]] {
        if view.len() > MOST_KEPT {
            return &[];
        }
        let count = view.len().div_ceil(ROWS_A_BLOCK) * self.asked.len();
        if room.len() < count {
            room.resize(count, [0.0; ROWS_A_BLOCK]);
        }
        let columns = &mut room[..count];
        for (block, columns) in columns.chunks_mut(self.asked.len().max(1)).enumerate() {
            let lines = block * ROWS_A_BLOCK..view.len().min((block + 1) * ROWS_A_BLOCK);
            for (&feature, column) in self.asked.iter().zip(columns) {
                features::COLUMNS[feature](view, lines.clone(), column);
            }
        }
        columns
    }
}

/// Lines of the longest page whose features are kept from the first pass for the second: half a megabyte, which stays
/// in the processor's cache.
const MOST_KEPT: usize = 1024;

impl Pass {
    fn new(forest: Forest, names: &[&str], number: usize) -> Result<Pass, ModelError> {
        if forest.features() != names.len() {
            return Err(ModelError::Features);
        }
        let is_shared: Vec<bool> = names.iter().map(|name| is_of_page(name)).collect();
        let of_page = (0..names.len()).filter(|&feature| is_shared[feature]).collect();
        Ok(Pass { ready: SharedForest::new(&forest, &is_shared), forest, of_page, number })
    }

    /// The probabilities of a page's lines. `put` puts a feature's values for some lines side by side.
    fn probabilities(&self, count: usize, put: impl Fn(usize, Range<usize>, &mut [f32])) -> Vec<f32> {
        thread_local! {
            static SETTLED: RefCell<([Settled; 3], Vec<[f32; ROWS_A_BLOCK]>)> = RefCell::default();
        }
        let mut scores = Vec::with_capacity(count);
        if count == 0 {
            return scores;
        }
        // What the page's own facts decide is decided once; of the rest only what a tree asks is computed.
        let mut shared = vec![0.0; self.forest.features()];
        self.of_page.iter().for_each(|&feature| put(feature, 0..1, &mut shared[feature..=feature]));
        SETTLED.with_borrow_mut(|(settled, columns)| {
            let forest = self.ready.settle(&shared, &mut settled[self.number]);
            columns.resize(self.ready.columns().len(), [0.0; ROWS_A_BLOCK]);
            for start in (0..count).step_by(ROWS_A_BLOCK) {
                let lines = start..count.min(start + ROWS_A_BLOCK);
                for (&feature, column) in self.ready.columns().iter().zip(&mut *columns) {
                    put(usize::from(feature), lines.clone(), column);
                }
                forest.probabilities_of_block(columns, lines.len(), &mut scores);
            }
        });
        scores
    }
}

/// Whether a feature has one value for all lines of a page.
fn is_of_page(name: &str) -> bool {
    name.starts_with("page-")
        || name.starts_with("kind-")
        || matches!(name, "best-share" | "p-page" | "p-highest" | "p-cut" | "p-expected" | "p-best-share")
}

/// Rows of the second pass: the first pass's features, and those of [`neighbours`].
pub fn second_rows(view: &View, first: &[f32]) -> Vec<f32> {
    let neighbours = Neighbours::of(view, first);
    let own = features::FEATURES.len();
    rows(own + neighbours::FEATURES.len(), view.len(), |feature, lines, out| match feature.checked_sub(own) {
        None => features::COLUMNS[feature](view, lines, out),
        Some(feature) => neighbours::COLUMNS[feature](&neighbours, lines, out),
    })
}

/// Rows of the headline's forest, of the first [`headline::LINES`] lines: the second pass's features, and those of
/// [`headline`].
pub fn headline_rows(view: &View, first: &[f32]) -> Vec<f32> {
    let neighbours = Neighbours::of(view, first);
    let headline = Headline::of(view, &neighbours);
    let (own, both) = (features::FEATURES.len(), features::FEATURES.len() + neighbours::FEATURES.len());
    let count = view.len().min(headline::LINES);
    rows(both + headline::FEATURES.len(), count, |feature, lines, out| match feature {
        _ if feature < own => features::COLUMNS[feature](view, lines, out),
        _ if feature < both => neighbours::COLUMNS[feature - own](&neighbours, lines, out),
        _ => headline::COLUMNS[feature - both](&headline, lines, out),
    })
}

/// Features as rows, one after another, for training. `put` puts a feature's values for some lines side by side.
fn rows(features: usize, count: usize, put: impl Fn(usize, Range<usize>, &mut [f32])) -> Vec<f32> {
    let mut rows = vec![0.0; features * count];
    let mut column = vec![0.0; count];
    for feature in 0..features {
        put(feature, 0..count, &mut column);
        rows.iter_mut().skip(feature).step_by(features).zip(&column).for_each(|(place, value)| *place = *value);
    }
    rows
}

#[cfg(test)]
mod tests {
    use dechaff_document::{Block, Page, PageKind};

    use super::*;

    /// A page of `count` lines of many shapes.
    fn page(count: usize) -> Page {
        let text = |n: usize| match n % 5 {
            0 => format!("The ferry left at noon with {n} passengers, and the captain said that the tide was too low."),
            1 => "Read more".to_owned(),
            2 => format!("* {n} comments"),
            3 => "Home | News | Sport".to_owned(),
            _ => format!("12 May 20{:02}", n % 100),
        };
        let blocks = (0..count).map(|n| Block { text: text(n), ..Block::default() }).collect();
        Page { kind: PageKind::Text, blocks, ..Page::default() }
    }

    #[test]
    fn settling_what_depends_on_the_page_changes_nothing() {
        let model = Model::builtin();
        for lines in [0, 1, 64, 370] {
            let page = page(lines);
            let view = View::of(&page.blocks, &model.lexicon, &Hints::none(lines), Known::ALL);
            let mut whole = Vec::new();
            model.first.forest.probabilities(&view.rows(), &mut whole);
            let put = |feature: usize, lines: Range<usize>, out: &mut [f32]| {
                features::COLUMNS[feature](&view, lines, out);
            };
            assert_eq!(model.first.probabilities(lines, put), whole);
        }
    }

    #[test]
    fn what_is_of_the_page_is_the_same_for_all_its_lines() {
        let (model, page) = (Model::builtin(), page(50));
        let view = View::of(&page.blocks, &model.lexicon, &Hints::none(page.blocks.len()), Known::ALL);
        let scores: Vec<f32> = (0..50).map(|n| n as f32 / 50.0).collect();
        let rows = second_rows(&view, &scores);
        let names: Vec<&str> = features::FEATURES.iter().chain(neighbours::FEATURES).copied().collect();
        for row in rows.chunks(names.len()) {
            for (at, name) in names.iter().enumerate().filter(|(_, name)| is_of_page(name)) {
                assert_eq!(row[at], rows[at], "{name}");
            }
        }
    }
}
