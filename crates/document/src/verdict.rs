//! What was decided of each block, and why.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{Block, Page};

/// A page with one verdict a block. Nothing has been removed: writing iterates [`JudgedPage::content`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JudgedPage {
    /// The page.
    pub page: Page,
    /// One verdict a block, same order.
    pub verdicts: Vec<Verdict>,
    /// How sure the judging is of this page as a whole, 0 to 1: the expected word F1 of what is kept.
    pub confidence: f32,
    /// Set where the page holds no content of its own: what it is instead.
    pub empty: Option<EmptyReason>,
    /// Ids of the rules that decided a verdict, sorted, each once.
    pub fired: Vec<Arc<str>>,
}

impl JudgedPage {
    /// The blocks that are kept, with their index.
    pub fn content(&self) -> impl Iterator<Item = (usize, &Block)> {
        self.blocks().filter(|(_, _, verdict)| verdict.label == Label::Content).map(|(index, block, _)| (index, block))
    }

    /// The readers' comments that are set apart, with their index.
    pub fn comments(&self) -> impl Iterator<Item = (usize, &Block)> {
        self.blocks().filter(|(_, _, verdict)| verdict.label == Label::Comment).map(|(index, block, _)| (index, block))
    }

    /// All blocks with index and verdict.
    pub fn blocks(&self) -> impl Iterator<Item = (usize, &Block, &Verdict)> {
        self.page.blocks.iter().zip(&self.verdicts).enumerate().map(|(index, (block, verdict))| (index, block, verdict))
    }
}

/// What was decided of a block. Written once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The decision.
    pub label: Label,
    /// Why.
    pub reason: Reason,
    /// The model's probability that the block is content, where a model was asked; 0 to 1.
    pub score: Option<f32>,
}

/// Content or chrome.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Label {
    /// Part of the main content.
    Content,
    /// A reader's comment, set apart from the content because that was asked for.
    Comment,
    /// Furniture, of this category.
    Chrome(Category),
}

/// A category of chrome: the name of a file in `config/rules/`, for example `donation-appeal`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Category(Arc<str>);

impl Category {
    /// A category by its slug.
    pub fn new(slug: &str) -> Self {
        Category(slug.into())
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a verdict is what it is: the piece of evidence that settled it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A rule asked for it (to keep or to drop, as the label says).
    Rule(RuleOrigin),
    /// The model's score against the cut that was in force on this page.
    Model {
        /// The score, 0 to 1.
        score: f32,
        /// The cut.
        cut: f32,
    },
    /// The same text repeats on the site's other pages, and something else points the same way.
    Repeats {
        /// Pages that hold it.
        with: u32,
        /// Pages counted.
        of: u32,
    },
    /// Judged by the blocks around it.
    Neighbours,
    /// A second copy of the block with this index.
    CopyOf(usize),
    /// It is the page's title.
    Title,
    /// It is the page's lead: below the title, and the page gives it as its description.
    Lead,
    /// The page's data hold it where nothing of it is shown; the place in them.
    Stated(String),
    /// Hidden from readers.
    Hidden,
    /// The page as a whole holds no content.
    EmptyPage,
    /// Nothing spoke against it.
    Default,
}

/// The rule behind a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleOrigin {
    /// Its id, for example `donation-appeal.support-our-work`.
    pub id: Arc<str>,
    /// The file it stands in, as the user named it (built-in rules: `config/rules/…`).
    pub file: Arc<str>,
    /// The line it begins on, from 1.
    pub line: u32,
}

/// What a page without content is instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmptyReason {
    /// It holds no text.
    NoText,
    /// Nothing was left after the chrome.
    AllChrome,
    /// A consent dialogue stands in the page's place.
    ConsentWall,
    /// A shell that asks for JavaScript.
    JavascriptShell,
    /// A login or subscription wall.
    LoginWall,
    /// An error page.
    ErrorPage,
}
