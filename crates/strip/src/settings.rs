//! The `[strip]` section of the configuration.

use serde::{Deserialize, Serialize};

/// How blocks are judged. Defaults stand in `config/default.toml`, section `[strip]`.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// Which way to lean in doubt.
    pub profile: Profile,
    /// Whether the rules decide anything; titles, copies and hidden text are found all the same. The model for plain text
    /// reads what they would say in either case.
    pub rules: bool,
    /// Whether the learned models are asked; without them the density measure judges.
    pub model: bool,
    /// A fixed cut, 0 to 1, in place of the page's own: blocks that score below it are dropped. A negative number
    /// leaves the choice to the profile.
    pub cut: f32,
    /// The lowest cut of the `precision` profile, 0 to 1.
    pub precision_cut: f32,
    /// The highest cut of the `recall` profile, 0 to 1.
    pub recall_cut: f32,
    /// What becomes of captions.
    pub captions: Captions,
    /// What becomes of an author's name that stands alone.
    pub bylines: Residue,
    /// What becomes of a date, or of "updated", that stands alone.
    pub stamps: Residue,
    /// What becomes of readers' comments.
    pub comments: Comments,
    /// The largest share of a page's words, 0 to 1, that the rules of one category may take from it.
    pub category_share: f32,
    /// The largest share, 0 to 1, of the words that a page would keep, that may go because it repeats on the site.
    pub repeats_share: f32,
}

/// Which way to lean in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// The cut of the highest expected F1 of each page.
    Balanced,
    /// Rather lose a line than keep a wrong one (news corpora).
    Precision,
    /// Rather keep a line too many.
    Recall,
}

/// What becomes of captions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Captions {
    /// The first copy is kept where the model keeps it.
    Once,
    /// All are dropped.
    Drop,
}

/// What becomes of a line that is metadata rather than text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Residue {
    /// It leaves the text.
    Drop,
    /// The model decides.
    Keep,
}

/// What becomes of readers' comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comments {
    /// Dropped, save where the page is a discussion and they are its content.
    Drop,
    /// Kept where they stand.
    Keep,
    /// Kept, and written below the text in a section of their own.
    Separate,
}

/// Settings or a model that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A number outside its range.
    #[error("strip.{key} = {value}: expected a number from {low} to {high}")]
    OutOfRange {
        /// The key.
        key: &'static str,
        /// Its value.
        value: f32,
        /// Lowest value.
        low: f32,
        /// Highest value.
        high: f32,
    },
}

impl Settings {
    /// Whether every number is in its range.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] names the first that is not.
    pub fn check(&self) -> Result<(), Error> {
        let ranges = [
            ("cut", self.cut, -1.0, 1.0),
            ("precision-cut", self.precision_cut, 0.0, 1.0),
            ("recall-cut", self.recall_cut, 0.0, 1.0),
            ("category-share", self.category_share, 0.0, 1.0),
            ("repeats-share", self.repeats_share, 0.0, 1.0),
        ];
        match ranges.into_iter().find(|(_, value, low, high)| !(low..=high).contains(&value)) {
            Some((key, value, low, high)) => Err(Error::OutOfRange { key, value, low, high }),
            None => Ok(()),
        }
    }
}
