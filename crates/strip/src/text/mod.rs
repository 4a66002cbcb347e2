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
pub mod neighbours;

mod cut;
pub mod lexicon;
mod line;
mod menu;
mod untouched;

use dechaff_document::Page;
use thiserror::Error;

use crate::{
    Hints, Scores,
    forest::{Forest, ForestError},
};
use features::{Known, View};
use lexicon::Lexicon;
pub use line::page_words;

/// First bytes of a model, and the version of its features.
const MAGIC: &[u8; 4] = b"dtx1";

/// What the score of a line in a menu is multiplied with where the page's words are not known. Set by hand so that a
/// line that the model is sure of stays in a page of which it is sure.
const MENU: f32 = 0.4;

/// A trained model for plain text.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    lexicon: Lexicon,
    first: Forest,
    second: Forest,
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
    pub fn new(lexicon: Lexicon, first: Forest, second: Forest) -> Result<Model, ModelError> {
        let (own, all) = (features::FEATURES.len(), features::FEATURES.len() + neighbours::FEATURES.len());
        match first.features() == own && second.features() == all {
            true => Ok(Model { lexicon, first, second }),
            false => Err(ModelError::Features),
        }
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
        let (length, bytes) = bytes.split_first_chunk::<4>().ok_or(ModelError::Format)?;
        let (first, second) = bytes.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or(ModelError::Format)?;
        Model::new(lexicon, Forest::from_bytes(first)?, Forest::from_bytes(second)?)
    }

    /// The model as a file. [`Model::from_bytes`] reads it back.
    pub fn to_bytes(&self) -> Vec<u8> {
        let first = self.first.to_bytes();
        let mut out = MAGIC.to_vec();
        out.extend(self.lexicon.to_bytes());
        out.extend((first.len() as u32).to_le_bytes());
        out.extend(first);
        out.extend(self.second.to_bytes());
        out
    }

    /// Scores every block of a page of text. Where nothing says that there is furniture on the page, the cut is zero and
    /// the page comes back whole. Linear in the page, apart from sorting the scores.
    pub fn scores(&self, page: &Page, hints: &Hints) -> Scores {
        let view = View::of(&page.blocks, &self.lexicon, Known::ALL);
        let mut scores = self.passes(&view);
        let menus = menu::lengths(&view);
        if !untouched::has_furniture(&view, &scores, &menus, hints) {
            return Scores { scores, cut: 0.0, confidence: 1.0 };
        }
        if !view.known.words {
            // Trees that may not read the words have learned shapes from pages of one language; a menu is one in all.
            scores.iter_mut().zip(menus).filter(|(_, lines)| *lines > 0).for_each(|(score, _)| *score *= MENU);
        }
        let (cut, confidence) = cut::expected_f1_cut(&scores, view.words());
        Scores { scores, cut, confidence }
    }

    fn passes(&self, view: &View) -> Vec<f32> {
        let own = view.rows();
        let mut first = Vec::with_capacity(view.len());
        self.first.probabilities(&own, &mut first);
        let mut second = Vec::with_capacity(view.len());
        self.second.probabilities(&second_rows(view, &own, &first), &mut second);
        first.iter().zip(second).map(|(first, second)| (first + second) / 2.0).collect()
    }
}

/// Rows of the second pass: the first pass's features, and those of [`neighbours`].
pub fn second_rows(view: &View, own: &[f32], first: &[f32]) -> Vec<f32> {
    let beside = neighbours::rows(view, first);
    let mut rows = Vec::with_capacity(own.len() + beside.len());
    for (own, beside) in own.chunks(features::FEATURES.len()).zip(beside.chunks(neighbours::FEATURES.len())) {
        rows.extend_from_slice(own);
        rows.extend_from_slice(beside);
    }
    rows
}
