//! Which block is the page's lead.
//!
//! News sites set the first paragraph apart from the story (a heading, a block of the header, another column), where it
//! reads like a teaser. The page says that it is none by giving the same words as its description.

use dechaff_document::BlockKind;

use super::Evidence;
use crate::rules::{Measured, fold};

/// How many blocks below the title a lead may stand: kicker, byline, date, share bar and picture come between.
const REACH: usize = 30;

/// Least words of a lead; a description of fewer is the title again.
const LEAST: u32 = 6;

/// Marks the first block below the title that one of the page's descriptions begins with, or that begins with one of
/// them.
pub(super) fn put(evidence: &mut Evidence, page: &Measured<'_>) {
    let descriptions = descriptions(page);
    if descriptions.is_empty() {
        return;
    }
    let heading = || page.page.blocks.iter().position(|block| block.kind == BlockKind::Heading(1));
    let title = evidence.hints.blocks.iter().position(|hints| hints.title).or_else(heading);
    let start = title.map_or(0, |title| title + 1);
    for block in start..page.lines.len().min(start + REACH) {
        let line = page.lines.line(block).trim_end_matches(['.', ' ']);
        let own = &evidence.blocks[block];
        let fits = own.words >= LEAST && own.link_density <= 0.3 && !page.page.blocks[block].hidden;
        if fits && descriptions.iter().any(|description| is_same(line, description)) {
            evidence.hints.blocks[block].lead = true;
            return;
        }
    }
}

/// What the page gives as its description, folded, without the dots of one that was cut.
fn descriptions(page: &Measured<'_>) -> Vec<String> {
    let own = page.page.metadata.description.as_ref().map(|found| found.value.as_str());
    let stated =
        page.page.stated.iter().filter(|(property, _)| property == "description").map(|(_, text)| text.as_str());
    let all = own.into_iter().chain(page.page.descriptions.iter().map(String::as_str)).chain(stated.take(4));
    let mut found: Vec<String> =
        all.map(|text| fold(text).trim_end_matches(['.', '\u{2026}', ' ', '[', ']']).to_owned()).collect();
    found.retain(|text| text.len() >= 20);
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether one text begins with the other, and the shorter has half of the longer: descriptions are cut, or joined from
/// a lead of two sentences.
fn is_same(line: &str, description: &str) -> bool {
    let (short, long) = if line.len() < description.len() { (line, description) } else { (description, line) };
    short.len() * 2 >= long.len() && long.starts_with(short)
}
