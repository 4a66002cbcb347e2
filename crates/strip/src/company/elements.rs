//! What belongs together is kept together: the cells of a table, the items of a list, the lines of a stanza, a listing
//! between two paragraphs.
//!
//! The model scores each block by itself, and short ones near the cut fall on either side of it. A table with holes or
//! a recipe without its third step is worse than a line too many, so where most of a whole is content, the rest of it is.

use dechaff_document::{Block, BlockKind, ElementId};

use crate::scored::Scored;

/// Least share of the cut that a block must reach to be kept for the company it is in. Below, the model is sure.
/// A judgement, not tuned. In the development split of WCXB wholes cost .0006 of word F1: its gold texts leave listings
/// and short last lines out at times.
const LEAST: f32 = 0.5;

/// Share of a whole's words that the model must keep for the rest to follow.
const MOST: f32 = 0.5;

/// Which blocks below the cut stand in a whole of which most is kept. Linear in elements and blocks.
pub(super) fn stay(scored: &Scored<'_>) -> Vec<bool> {
    let Scored { page, evidence, .. } = *scored;
    let blocks = &page.blocks;
    let free = |index: usize| {
        let (hints, own) = (&evidence.hints.blocks[index], &evidence.blocks[index]);
        !blocks[index].hidden
            && scored.is_free(index)
            && hints.hinted.is_empty()
            && hints.copy_of.is_none()
            && own.link_density <= 0.5
            && scored.score(index) >= LEAST * scored.cut
    };
    let kept = |index: usize| scored.keeps(index);
    let mut words = vec![0u32];
    let mut kept_words = vec![0u32];
    for index in 0..blocks.len() {
        let count = scored.words(index).max(1);
        words.push(words[index] + count);
        kept_words.push(kept_words[index] + if kept(index) { count } else { 0 });
    }
    let mut found = vec![false; blocks.len()];
    // Outer wholes come first; a block that was found for one need not be looked at for those inside it.
    let mut done = vec![0usize; WHOLES.len()];
    // Asked of each tag once.
    let mut whole_of: Vec<Option<Option<usize>>> = vec![None; page.outline.symbols()];
    for number in 0..page.outline.len() {
        let element = ElementId(number as u32);
        let whole = whole_of[page.outline.tag_symbol(element) as usize]
            .get_or_insert_with(|| WHOLES.iter().position(|(tags, _)| tags.contains(&page.outline.tag(element))));
        let Some(which) = *whole else { continue };
        let range = page.outline.blocks_of(element, blocks.len());
        if range.len() < 2 || range.end <= done[which] {
            continue;
        }
        let share =
            (kept_words[range.end] - kept_words[range.start]) as f32 / (words[range.end] - words[range.start]) as f32;
        if !(MOST..1.0).contains(&share) {
            continue;
        }
        for index in range.start.max(done[which])..range.end {
            if !kept(index) && free(index) && (WHOLES[which].1)(&blocks[index]) {
                found[index] = true;
            }
        }
        done[which] = range.end;
    }
    for index in 0..blocks.len() {
        let beside = |other: Option<usize>| other.is_some_and(|other| other < blocks.len() && kept(other));
        let is_listing = blocks[index].kind == BlockKind::Code && !kept(index) && free(index);
        if is_listing && (beside(index.checked_sub(1)) || beside(Some(index + 1))) {
            found[index] = true;
        }
    }
    found
}

/// Tags of an element that is a whole, and which of the blocks in it belong to it.
type Whole = (&'static [&'static str], fn(&Block) -> bool);

/// The elements that are wholes.
const WHOLES: [Whole; 5] = [
    (&["table"], |block| matches!(block.kind, BlockKind::TableCell(_) | BlockKind::Caption)),
    (&["ul", "ol"], |block| block.list_depth > 0 && matches!(block.kind, BlockKind::ListItem(_) | BlockKind::Code)),
    (&["dl"], |block| matches!(block.kind, BlockKind::Term | BlockKind::Definition)),
    (&["blockquote"], |block| block.quote_depth > 0),
    (&["p", "pre"], |block| block.kind == BlockKind::Paragraph),
];
