//! What a block's surroundings say of it, once the model has scored the page.
//!
//! The model scores each block by itself, and where it is unsure it falls on either side of the cut. HTML tells by its
//! elements what belongs together ([`elements`]); plain text has nothing but the order of its lines ([`lines`]).

mod elements;
mod lines;

use dechaff_document::PageKind;

use crate::scored::Scored;

/// What the surroundings say, against the cut and beside the rules.
#[derive(Debug, Default)]
pub(crate) struct Company {
    /// For each block below the cut whether it stays, since most of what it belongs to is kept.
    stays: Vec<bool>,
    /// For each block that no rule drops by itself the rule that drops it for where it stands.
    goes: Vec<Option<u32>>,
}

impl Company {
    /// What the surroundings of each block say. Linear in elements and blocks.
    pub fn of(page: &Scored<'_>) -> Company {
        match page.page.kind {
            PageKind::Html => Company { stays: elements::stay(page), goes: Vec::new() },
            PageKind::Text => Company { stays: lines::stay(page), goes: lines::go(page) },
        }
    }

    /// Whether a block below the cut is kept.
    pub fn keeps(&self, block: usize) -> bool {
        self.stays.get(block).copied().unwrap_or(false)
    }

    /// The rule that drops a block, which no rule drops by itself.
    pub fn drops(&self, block: usize) -> Option<u32> {
        self.goes.get(block).copied().flatten()
    }
}
