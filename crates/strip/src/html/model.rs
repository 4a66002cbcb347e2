//! The model file and what it makes of a page.

use std::cell::RefCell;

use dechaff_document::{BlockKind, Page};
use thiserror::Error;

use super::{
    cut,
    features::{self, Features, Wanted},
    lexicon::Lexicon,
};
use crate::{
    BlockHints, CategorySet, Hints, Scores,
    forest::{Forest, ForestError, ROWS_A_BLOCK, Settled, SharedForest},
    numbered::Numbered,
};

/// First bytes of a model, and the version of the format.
const MAGIC: &[u8; 4] = b"dfh1";

/// A trained model for HTML.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    lexicon: Lexicon,
    forest: Forest,
    /// The forest made ready for pages: facts of the page are the same in all its rows.
    ready: SharedForest,
    /// The features that it asks.
    wanted: Wanted,
}

/// Why bytes are not a model.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ModelError {
    /// They do not begin like a model of this version.
    #[error("not an HTML model file of this version")]
    Magic,
    /// The table of names is broken.
    #[error("the model's table of names is cut short")]
    Lexicon,
    /// The trees are broken.
    #[error(transparent)]
    Forest(#[from] ForestError),
    /// It was made for other features than this program computes.
    #[error("the model reads {found} features, this program computes {expected}")]
    Features {
        /// Features that the model reads.
        found: usize,
        /// Features that the program computes.
        expected: usize,
    },
}

impl Model {
    /// A model of these parts.
    ///
    /// # Errors
    /// Where the forest was grown on other features.
    pub fn new(lexicon: Lexicon, forest: Forest) -> Result<Model, ModelError> {
        let names = features::names();
        let expected = names.len();
        match forest.features() {
            found if found == expected => {
                let of_page: Vec<bool> = names.iter().map(|name| features::is_of_page(name)).collect();
                let ready = SharedForest::new(&forest, &of_page);
                let wanted = Wanted::new(&names, |feature| ready.columns().contains(&(feature as u16)));
                Ok(Model { lexicon, forest, ready, wanted })
            }
            found => Err(ModelError::Features { found, expected }),
        }
    }

    /// The model that is compiled in.
    pub fn builtin() -> Model {
        Model::from_bytes(include_bytes!("../../models/html.bin")).expect("the built-in model is read by a test")
    }

    /// Reads a model file.
    ///
    /// # Errors
    /// Where the bytes are not a model for this version's features.
    pub fn from_bytes(bytes: &[u8]) -> Result<Model, ModelError> {
        let mut input = bytes.strip_prefix(MAGIC).ok_or(ModelError::Magic)?;
        let lexicon = Lexicon::take(&mut input).ok_or(ModelError::Lexicon)?;
        Model::new(lexicon, Forest::from_bytes(input)?)
    }

    /// The model as a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        [&MAGIC[..], &self.lexicon.to_bytes(), &self.forest.to_bytes()].concat()
    }

    /// Scores every block of a page. Linear in its text, elements and blocks.
    pub fn scores(&self, page: &Page, hints: &Hints) -> Scores {
        thread_local! {
            static SETTLED: RefCell<(Settled, Vec<[f32; ROWS_A_BLOCK]>)> = RefCell::default();
        }
        let mut features = Features::new(page, |name| self.lexicon.get(name));
        let scores = SETTLED.with_borrow_mut(|(settled, rows)| self.probabilities(page, &mut features, settled, rows));
        let scores = finish(page, &features, scores);
        features.structure.leave_room();
        match is_bare(page, hints, &scores) {
            true => Scores { cut: 0.0, confidence: 1.0, ..scores },
            false => scores,
        }
    }

    fn probabilities(
        &self,
        page: &Page,
        features: &mut Features<'_>,
        settled: &mut Settled,
        rows: &mut Vec<[f32; ROWS_A_BLOCK]>,
    ) -> Vec<f32> {
        let blocks = page.blocks.len();
        let mut scores = Vec::with_capacity(blocks);
        let mut row = Vec::with_capacity(self.forest.features());
        let columns = self.ready.columns();
        rows.resize(columns.len(), [0.0; ROWS_A_BLOCK]);
        let mut forest = &self.forest;
        for block in 0..blocks {
            row.clear();
            // What the page's own facts decide is decided once; of the rest only what a tree asks is kept.
            if block == 0 {
                features.row(block, &Wanted::ALL, &mut row);
                forest = self.ready.settle(&row, settled);
            } else {
                features.row(block, &self.wanted, &mut row);
            }
            let place = block % ROWS_A_BLOCK;
            rows.iter_mut().zip(columns).for_each(|(values, &column)| values[place] = row[usize::from(column)]);
            if place + 1 == ROWS_A_BLOCK || block + 1 == blocks {
                match columns.is_empty() {
                    // Nothing is asked of a row: each is the sum of the single leaves.
                    true => forest.constant(place + 1, &mut scores),
                    false => forest.probabilities_of_block(rows, place + 1, &mut scores),
                }
            }
        }
        scores
    }
}

/// Blocks of a page that may be bare, and the share of its words that the model keeps of such a page. A handful of lines
/// tells the model little, and the sites that it has learned from all have furniture.
const BARE: usize = 40;
const BARE_KEPT: f32 = 0.5;

/// Whether a small page shows no sign of furniture: no rule knows a block of it, no block that would be dropped is a link,
/// and most of it is kept anyway. Then all of it is what somebody wrote.
fn is_bare(page: &Page, hints: &Hints, scores: &Scores) -> bool {
    // A day or a year in a table looks like a stamp, a line below a picture like its caption.
    let alike = CategorySet::of_all(&["byline-residue", "timestamp-residue", "caption"]);
    let known = |hints: &BlockHints| hints.vetoed.with(hints.hinted).names().any(|category| !alike.contains(category));
    if page.blocks.is_empty() || page.blocks.len() > BARE || hints.blocks.iter().any(known) {
        return false;
    }
    let (mut kept, mut all) = (0.0, 0.0);
    for (block, &score) in page.blocks.iter().zip(&scores.scores).filter(|(block, _)| !block.hidden) {
        let words = block.text.split_whitespace().count() as f32;
        let is_link = block.link_characters as usize * 2 > block.text.chars().count();
        if score < scores.cut && is_link {
            return false;
        }
        all += words;
        kept += if score >= scores.cut { words } else { 0.0 };
    }
    kept >= BARE_KEPT * all
}

/// From probabilities to scores and cut.
pub(super) fn finish(page: &Page, features: &Features<'_>, mut scores: Vec<f32>) -> Scores {
    let parents = Numbered::new(page.blocks.iter().map(|block| {
        let parent = features.structure.parent.get(block.container.0 as usize);
        u64::from(parent.copied().unwrap_or(u32::MAX))
    }));
    cut::smooth(&mut scores, &features.templates, &parents, &features.lines);
    let may_repeat = |index: usize| matches!(page.blocks[index].kind, BlockKind::TableCell(_) | BlockKind::Code);
    cut::count_copies_once(&mut scores, &features.lines, may_repeat);
    let first = cut::choose(scores, &features.lines);
    let doubt = cut::doubt(first.confidence, &features.lines);
    if doubt == 0.0 {
        return first;
    }
    let mut scores = first.scores;
    let elements: Vec<u32> = page.blocks.iter().map(|block| block.element.0).collect();
    cut::lean_on_parts(&mut scores, doubt, &elements, &features.structure.parent, &features.lines);
    // What the first cut was expected to be worth tells better how good the page came out.
    Scores { confidence: first.confidence, ..cut::choose(scores, &features.lines) }
}

#[cfg(test)]
mod tests {
    use dechaff_document::Block;

    use super::*;

    #[test]
    fn a_small_page_without_furniture_is_whole() {
        let block = |text: &str| Block { text: text.into(), ..Block::default() };
        let mut page =
            Page { blocks: vec![block("It is good bread, with butter."), block("Closed.")], ..Page::default() };
        let scores = Scores { scores: vec![0.8, 0.1], cut: 0.4, confidence: 0.8, title: None };
        let mut hints = Hints::none(2);
        assert!(is_bare(&page, &hints, &scores));
        hints.blocks[1].hinted = CategorySet::of("nav");
        assert!(!is_bare(&page, &hints, &scores), "a rule knows the line");
        hints.blocks[1] = BlockHints::default();
        page.blocks[1].link_characters = 7;
        assert!(!is_bare(&page, &hints, &scores), "a link that would be dropped");
        page.blocks[1] = block("Of all that is on the page this is the greater part.");
        assert!(!is_bare(&page, &hints, &scores), "too little is kept");
    }

    #[test]
    fn the_built_in_model_is_read() {
        let model = Model::builtin();
        assert_eq!(Model::from_bytes(&model.to_bytes()), Ok(model));
    }

    #[test]
    fn broken_files_are_errors() {
        assert_eq!(Model::from_bytes(b"text"), Err(ModelError::Magic));
        assert_eq!(Model::from_bytes(b"dfh1\x01\0\0\0"), Err(ModelError::Lexicon));
        let other = [&b"dfh1\0\0\0\0"[..], &Forest::new(3, &[]).unwrap().to_bytes()].concat();
        assert!(matches!(Model::from_bytes(&other), Err(ModelError::Features { found: 3, .. })));
    }
}
