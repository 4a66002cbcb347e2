//! What a rule can say: the types behind the TOML. `docs/rules.md` describes every key, [`sheet`](super::sheet) reads
//! them.

use std::{fmt, sync::Arc};

use dechaff_document::{BlockKind, Category, EmptyReason, PageKind};
use regex_syntax::hir::Hir;

/// A rule as it was read.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its id, `category.name`.
    pub id: Arc<str>,
    /// The category of what it drops.
    pub category: Category,
    /// Why it is there, for whoever reads a verdict.
    pub why: String,
    /// The file it stands in.
    pub file: Arc<str>,
    /// The line it begins on, from 1.
    pub line: u32,
    /// The only host it is for, with its subdomains; `None`: every page.
    pub host: Option<Arc<str>>,
    /// Languages its phrases speak, ISO 639-1; empty: it needs no words.
    pub languages: Vec<String>,
    /// Kinds of page it is for; `None`: all.
    pub input: Option<PageKind>,
    /// Whether it drops or protects.
    pub action: Action,
    /// Whether it decides or only hints.
    pub strength: Strength,
    /// How much of the page a hit takes.
    pub scope: Scope,
    /// What makes it look at a block.
    pub triggers: Triggers,
    /// What must be true of the block as well.
    pub when: Conditions,
    /// What the page as a whole is, where little else stands on it.
    pub page: Option<EmptyReason>,
    /// Its examples.
    pub examples: Vec<Example>,
}

/// Whether a rule drops or protects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// What it hits is chrome.
    Drop,
    /// What it hits is content, whatever others say.
    Keep,
}

/// Whether a rule decides or only hints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// It decides.
    Veto,
    /// It is a feature for the model, and names the category where the model drops the block.
    Hint,
    /// It says nothing of the block; other rules look for nearness to it.
    Marker,
}

/// How much of the page a hit takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Scope {
    /// The block, or the blocks of the element that was hit.
    Block,
    /// All blocks of the block's container; in plain text the lines around it that no blank line parts.
    Container,
    /// From the block to the next heading of the same or a higher level, at most `reach` blocks.
    Section {
        /// Blocks at most.
        reach: u32,
    },
    /// The block and those after it (or before it) while each meets the conditions, at most `reach`.
    Run {
        /// Blocks at most.
        reach: u32,
        /// What each must meet.
        conditions: Box<Conditions>,
        /// Upwards instead of downwards.
        upwards: bool,
    },
    /// From the block to the next hit of one of these rules, that one included, if it comes within `reach` blocks;
    /// else the block alone.
    Between {
        /// Blocks at most.
        reach: u32,
        /// Ids of the rules that end it.
        until: Vec<String>,
    },
    /// From the block to the end of the page if the story after it holds at most this share of all its story; else the
    /// block alone, or nothing.
    Tail {
        /// Share of the words of story, 0 to 1.
        rest_share: f32,
        /// Where too much story follows: the block is hit all the same.
        otherwise_block: bool,
    },
}

/// What makes a rule look at a block or an element. Any of them is enough.
#[derive(Debug, Clone, Default)]
pub struct Triggers {
    /// The whole line, punctuation and bullets at its ends left out.
    pub whole: Vec<String>,
    /// The line begins so.
    pub prefix: Vec<String>,
    /// The line holds these words.
    pub contains: Vec<String>,
    /// Regular expressions over the folded line.
    pub regex: Vec<Pattern>,
    /// Places in [`super::RuleSet::selectors`].
    pub selectors: Vec<u32>,
    /// Class and id tokens; `*` at an end takes further words.
    pub tokens: Vec<String>,
    /// Element names.
    pub tags: Vec<String>,
    /// ARIA roles.
    pub roles: Vec<String>,
}

/// A regular expression of a rule, read once.
#[derive(Clone)]
pub struct Pattern {
    /// The expression as written.
    pub text: String,
    /// What it says, `\d` as the ten digits alone.
    pub(super) hir: Arc<Hir>,
}

/// As it was written.
impl fmt::Debug for Pattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(out)
    }
}

/// What must be true of a block (or of an element's blocks together). All that are given must hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conditions {
    /// Kinds of block.
    pub kinds: Vec<Kind>,
    /// Words at least.
    pub min_words: Option<u32>,
    /// Words at most.
    pub max_words: Option<u32>,
    /// Characters at least.
    pub min_characters: Option<u32>,
    /// Characters at most.
    pub max_characters: Option<u32>,
    /// Share of characters in links at least.
    pub min_link_density: Option<f32>,
    /// Share of characters in links at most.
    pub max_link_density: Option<f32>,
    /// Among the first blocks of the page.
    pub first_blocks: Option<u32>,
    /// Among the last blocks of the page.
    pub last_blocks: Option<u32>,
    /// In the first share of the page, by words.
    pub first_share: Option<f32>,
    /// In the last share of the page, by words.
    pub last_share: Option<f32>,
    /// At most this share of the page's words.
    pub max_share: Option<f32>,
    /// Holds one of these phrases.
    pub says: Vec<String>,
    /// Speaks to the reader in the voice of the site: "we", "us", "your", outside quotation marks.
    pub voice: Option<bool>,
    /// The form of the line.
    pub shape: Option<Shape>,
    /// Ends as a sentence does.
    pub sentence: Option<bool>,
    /// Stands inside an element with one of these names.
    pub inside_tags: Vec<String>,
    /// Stands inside an element with one of these class or id tokens.
    pub inside_tokens: Vec<String>,
    /// The page is in one of these languages, or its language is not known.
    pub page_languages: Vec<String>,
    /// Close to a hit of another rule.
    pub near: Option<Near>,
    /// Not close to a hit of another rule.
    pub not_near: Option<Near>,
}

/// Nearness to hits of other rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Near {
    /// Their ids; `category.*` names all of a category.
    pub rules: Vec<String>,
    /// The other hit stands at most so many blocks before this one.
    pub before: u32,
    /// The other hit stands at most so many blocks after this one.
    pub after: u32,
}

/// Kinds of block, as rules name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind {
    Heading,
    Paragraph,
    ListItem,
    TableCell,
    Code,
    Quotation,
    Caption,
    Term,
    Definition,
    FormControl,
}

/// The form of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Two to four capitalised words, nothing else: a person's name.
    Name,
    /// Four to twenty words that do not end as a sentence, the first capitalised or a number.
    Headline,
    /// The same words twice over.
    Doubled,
}

/// An example: a page, and the lines of it that the rule must hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// What the page is written in.
    pub kind: PageKind,
    /// The page.
    pub text: String,
    /// The lines (HTML: texts of blocks) that the rule must hit, in order; it must hit no other.
    pub hits: Vec<String>,
    /// The line of the file it stands on.
    pub line: u32,
}

/// What a site file says beside its rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// The host it is for, with its subdomains.
    pub host: Arc<str>,
    /// The file.
    pub file: Arc<str>,
    /// The line of `content`, else of `host`.
    pub line: u32,
    /// Selectors of the elements that hold the content: places in [`super::RuleSet::selectors`].
    pub content: Vec<u32>,
    /// Selectors of the title.
    pub title: Vec<u32>,
    /// What `dechaff learn` found to repeat on the site.
    pub repeats: Vec<SiteRepeat>,
}

/// A text that repeats on a site, as `dechaff learn` wrote it down. A count, not a rule, unless it has an action.
#[derive(Debug, Clone, PartialEq)]
pub struct SiteRepeat {
    /// The text (numbers and dates folded, as `dedup` folds them).
    pub text: String,
    /// Where it stands, as a path of elements or a position.
    pub place: String,
    /// Pages of the sample that hold it.
    pub pages: u32,
    /// Pages of the sample.
    pub of: u32,
    /// The category that was guessed.
    pub category: Category,
    /// How sure the guess is, 0 to 1.
    pub confidence: f32,
    /// Added by hand: makes it a rule.
    pub action: Option<Action>,
}

impl Kind {
    /// Whether a block is of this kind.
    pub fn fits(self, kind: BlockKind) -> bool {
        matches!(
            (self, kind),
            (Kind::Heading, BlockKind::Heading(_))
                | (Kind::Paragraph, BlockKind::Paragraph)
                | (Kind::ListItem, BlockKind::ListItem(_))
                | (Kind::TableCell, BlockKind::TableCell(_))
                | (Kind::Code, BlockKind::Code)
                | (Kind::Quotation, BlockKind::Quotation)
                | (Kind::Caption, BlockKind::Caption)
                | (Kind::Term, BlockKind::Term)
                | (Kind::Definition, BlockKind::Definition)
                | (Kind::FormControl, BlockKind::FormControl)
        )
    }
}
