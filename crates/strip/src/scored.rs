//! A page when the model has scored it and nothing is decided yet.

use dechaff_document::Page;

use crate::{
    Scores,
    evidence::Evidence,
    rules::{Rule, RuleSet},
};

/// What is decided from: the page, all that is known of its blocks, and how likely each is content.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scored<'a> {
    /// The page.
    pub page: &'a Page,
    /// What is known of it.
    pub evidence: &'a Evidence,
    /// The rules, by whose places the evidence names them.
    pub rules: &'a RuleSet,
    /// What the model gave: one score a block.
    pub scores: &'a Scores,
    /// The cut in force, which need not be the model's.
    pub cut: f32,
}

impl Scored<'_> {
    /// Blocks of the page.
    pub fn len(&self) -> usize {
        self.page.blocks.len()
    }

    /// How likely a block is content, 0 to 1.
    pub fn score(&self, block: usize) -> f32 {
        self.scores.scores.get(block).copied().unwrap_or(0.0)
    }

    /// Whether the model takes a block for content.
    pub fn likes(&self, block: usize) -> bool {
        self.score(block) >= self.cut
    }

    /// Whether the model takes a block for content and no rule drops it.
    pub fn keeps(&self, block: usize) -> bool {
        self.is_free(block) && self.likes(block)
    }

    /// Whether no rule drops a block.
    pub fn is_free(&self, block: usize) -> bool {
        self.evidence.blocks[block].veto.is_none()
    }

    /// A rule by its place.
    pub fn rule(&self, place: u32) -> &Rule {
        &self.rules.rules()[place as usize]
    }

    /// Words of a block.
    pub fn words(&self, block: usize) -> u32 {
        self.evidence.blocks[block].words
    }

    /// Text of a block.
    pub fn text(&self, block: usize) -> &str {
        &self.page.blocks[block].text
    }
}
