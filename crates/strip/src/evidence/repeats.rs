//! Which blocks their count on the site speaks against.
//!
//! A template puts its texts on nearly every page. Writers repeat themselves on some: a quotation that stories share, the
//! opening of a series, a step of many recipes, the labels of a table. So what stands on nearly all pages counts as the
//! template's unless it is long and in the midst of the story; what stands on half of them only where it is short and
//! before or after the story; and what a rule takes for chrome already wherever it was seen on three.
//!
//! The figures were chosen on sites made by `make_sites` with seed 9 and by a second generator of news, series, recipes,
//! shops, documentation, forums and finance in four languages (docs/dedup.md says what they are worth on others).

use std::ops::Range;

use dechaff_document::{BlockKind, PageKind};

use super::Evidence;
use crate::rules::Measured;

/// A text on two pages may be chance; a third makes it a habit. What `dechaff learn` writes down, too.
const FEWEST: u32 = 3;
/// Fewer pages than this say nothing of a site. The least that `dedup.repeats.minimum` should be.
const FEWEST_COUNTED: u32 = 5;
/// The share of pages that a text of the template surely has: all of 9 pages, 44 of 50. The 65 % of a series stay below
/// it.
const NEARLY_ALL: f64 = 0.7;
/// Words of a label, a button, a heading.
const LABEL: u32 = 12;
/// Words of two short sentences: an appeal or a promotion between paragraphs. A paragraph has more.
const PROMPT: u32 = 24;
/// Words of a subheading. Plain text does not tell which of its lines are headings.
const SUBHEADING: u32 = 4;

/// Marks the blocks. Whether they are too much of the page is settled when it is known what else would be kept.
pub(super) fn put(evidence: &mut Evidence, page: &Measured<'_>) {
    let blocks = &page.page.blocks;
    if !(0..blocks.len()).any(|block| count(page, block).is_some()) {
        return;
    }
    let is_story = |block: &usize| {
        page.story(&(*block..*block + 1)) > 0 && !on_half(page, *block) && evidence.blocks[*block].veto.is_none()
    };
    let first = (0..blocks.len()).find(is_story).unwrap_or(blocks.len());
    let last = (0..blocks.len()).rev().find(is_story).unwrap_or(0);
    let mut found: Vec<bool> = (0..blocks.len())
        .map(|block| is_hinted(evidence, page, block) || is_template(evidence, page, block, first..last))
        .collect();
    keep_lists_whole(&mut found, evidence, page);
    keep_headings_of_tables(&mut found, page);
    for block in (0..blocks.len()).filter(|&block| found[block]) {
        evidence.blocks[block].repeats = count(page, block);
    }
}

/// Pages with the block's text, and pages counted, where they say something.
fn count(page: &Measured<'_>, block: usize) -> Option<(u32, u32)> {
    let (with, of) = page.page.blocks[block].repeats.pages()?;
    (with >= FEWEST && of >= FEWEST_COUNTED).then_some((with, of))
}

/// Whether the block's text stands on half of the site's pages.
pub(super) fn on_half(page: &Measured<'_>, block: usize) -> bool {
    count(page, block).is_some_and(|(with, of)| with * 2 >= of)
}

/// A rule takes the block for chrome, or hints at it, and it repeats. A paragraph must stand on half of the pages all the
/// same: hints are often wrong, and stories share quotations.
fn is_hinted(evidence: &Evidence, page: &Measured<'_>, block: usize) -> bool {
    let hints = &evidence.hints.blocks[block];
    let hinted = !(hints.hinted.is_empty() && hints.vetoed.is_empty());
    hinted
        && count(page, block).is_some()
        && (evidence.blocks[block].words <= PROMPT || on_half(page, block))
        && !is_of_a_table(page, block)
}

/// The count alone speaks against the block. The story reaches from the first to the last of its sentences.
fn is_template(evidence: &Evidence, page: &Measured<'_>, block: usize, story: Range<usize>) -> bool {
    let found = &page.page.blocks[block];
    // Numbers count as equal, so "Chapter 4" and "Forecast for 3 March" stand on every page of a book or a service.
    let heading = matches!(found.kind, BlockKind::Heading(_));
    if !on_half(page, block) || is_of_a_table(page, block) || (heading && is_numbered(&found.text)) {
        return false;
    }
    let words = evidence.blocks[block].words;
    let nearly_all = found.repeats.least_share() >= NEARLY_ALL;
    if !(story.start..=story.end).contains(&block) {
        return nearly_all || words <= LABEL;
    }
    let subheading = match page.page.kind {
        PageKind::Html => heading,
        PageKind::Text => words <= SUBHEADING,
    };
    nearly_all && words <= PROMPT && !subheading
}

/// Whether a text holds a number, by which pages may differ that count as equal.
pub(super) fn is_numbered(text: &str) -> bool {
    text.contains(char::is_numeric)
}

/// Labels and values of tables and definitions repeat with what they describe, lines of code with what they do.
fn is_of_a_table(page: &Measured<'_>, block: usize) -> bool {
    let found = &page.page.blocks[block];
    matches!(found.kind, BlockKind::TableCell(_) | BlockKind::Term | BlockKind::Definition | BlockKind::Code)
        || is_entry(&found.text)
}

/// A list goes whole or not at all: ingredients and steps repeat one by one, a menu does as a whole.
fn keep_lists_whole(found: &mut [bool], evidence: &Evidence, page: &Measured<'_>) {
    let is_item = |block: &usize| matches!(page.page.blocks[*block].kind, BlockKind::ListItem(_));
    let mut block = 0;
    while block < found.len() {
        let end = (block..found.len()).find(|block| !is_item(block)).unwrap_or(found.len());
        let stays = |item: usize| !found[item] && evidence.blocks[item].veto.is_none();
        if (block..end).any(stays) {
            for item in block..end {
                found[item] &= is_hinted(evidence, page, item);
            }
        }
        block = end.max(block + 1);
    }
}

/// The heading over a table that stays is not the template's.
fn keep_headings_of_tables(found: &mut [bool], page: &Measured<'_>) {
    for block in 1..found.len() {
        let kind = |block: usize| page.page.blocks[block].kind;
        let table = matches!(kind(block), BlockKind::TableCell(_) | BlockKind::Term | BlockKind::Definition);
        if table && !found[block] && matches!(kind(block - 1), BlockKind::Heading(_)) {
            found[block - 1] = false;
        }
    }
}

/// `Weight: 3 kg`: a label of up to three words and a short value, as a table's row is written in plain text. Numbers
/// count as equal, so it repeats where only the label does.
fn is_entry(text: &str) -> bool {
    let Some((label, value)) = text.split_once(':') else { return false };
    let words = |text: &str| text.split_whitespace().count();
    value.starts_with([' ', '\t'])
        && (1..=3).contains(&words(label))
        && (1..=6).contains(&words(value))
        && !value.trim_end().ends_with(['.', '!', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_a_table_in_plain_text_is_told() {
        assert!(is_entry("Weight: 3 kg"));
        assert!(is_entry("Country of origin: Portugal"));
        assert!(!is_entry("Watch: the harbour camera, live, in colour and all night"));
        assert!(!is_entry("Updated 14:05"));
        assert!(!is_entry("He said: no."));
    }
}
