//! What the models may read of the evidence, and what they give back.

use crate::CategorySet;

/// How likely each block of a page is content, and where to cut.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scores {
    /// One probability a block, 0 to 1, in the order of the page.
    pub scores: Vec<f32>,
    /// The cut of the highest expected F1 on this page: blocks that score at least this are content. Profiles
    /// move it. Zero says that nothing on the page looks like furniture: all of it is content in every profile.
    pub cut: f32,
    /// Expected word F1 of what the cut keeps, 0 to 1.
    pub confidence: f32,
    /// The block that the model takes for the title, where it looks for it.
    pub title: Option<usize>,
}

impl Scores {
    /// Whether the model found no sign of furniture on the page.
    pub fn is_clean(&self) -> bool {
        self.cut <= 0.0 && !self.scores.is_empty()
    }
}

/// What the rules and the other evidence say of a page's blocks: the part that the models may read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Hints {
    /// One entry a block, in the order of the page.
    pub blocks: Vec<BlockHints>,
}

/// What is known of one block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BlockHints {
    /// Categories of the rules that will drop the block unless a keep rule protects it.
    pub vetoed: CategorySet,
    /// Categories of the rules that only hint.
    pub hinted: CategorySet,
    /// A keep rule protects it.
    pub kept: bool,
    /// It is the page's title, the copy that is kept.
    pub title: bool,
    /// It is the page's lead: the paragraph below the title that the page gives as its description.
    pub lead: bool,
    /// It says again what the block with this index says (mostly an earlier one; a short form of the next line
    /// names that).
    pub copy_of: Option<u32>,
}

impl Hints {
    /// No hints, for a page of this many blocks.
    pub fn none(blocks: usize) -> Self {
        Hints { blocks: vec![BlockHints::default(); blocks] }
    }
}
