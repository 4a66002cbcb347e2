//! Which block is the page's lead.
//!
//! News sites set the first paragraph apart from the story (a heading, a block of the header, another column), where it
//! reads like a teaser. The page says that it is none by giving the same words as its description.

use super::Evidence;
use crate::rules::{Measured, fold};

/// How many blocks below the title a lead may stand: kicker, byline, date, share bar and picture come between.
const REACH: usize = 30;

/// Least words of a lead; a description of fewer is the title again.
const LEAST: u32 = 6;

/// Marks the first block below the title that the page's description begins with, or that begins with the description.
pub(super) fn put(evidence: &mut Evidence, page: &Measured<'_>) {
    let Some(description) = page.page.metadata.description.as_ref().map(|found| fold(&found.value)) else { return };
    let description = description.trim_end_matches(['.', '\u{2026}', ' ', '[', ']']);
    let Some(title) = evidence.hints.blocks.iter().position(|hints| hints.title) else { return };
    for block in title + 1..page.lines.len().min(title + 1 + REACH) {
        let line = page.lines.line(block);
        let own = &evidence.blocks[block];
        let fits = own.words >= LEAST && own.link_density <= 0.3 && !page.page.blocks[block].hidden;
        if fits && is_same(line.trim_end_matches(['.', ' ']), description) {
            evidence.hints.blocks[block].lead = true;
            return;
        }
    }
}

/// Whether one text begins with the other, and the shorter has half of the longer: descriptions are cut, or joined from
/// a lead of two sentences.
fn is_same(line: &str, description: &str) -> bool {
    let (short, long) = if line.len() < description.len() { (line, description) } else { (description, line) };
    short.len() * 2 >= long.len() && long.starts_with(short)
}
