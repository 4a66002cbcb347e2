//! Which blocks say again what another says.

use dechaff_document::{BlockKind, Break};
use rustc_hash::FxHashMap;

use super::Evidence;
use crate::rules::{Measured, core, doubled};

/// A copy elsewhere on the page has at least so many words, the figure of the HTML prototype: shorter lines ("Read
/// more", a refrain) may repeat.
const LONG: u32 = 8;

/// Marks copies: of the title; of the line before; of any earlier block of [`LONG`] words or more; and, in plain text,
/// a caption's short form (the alternative text of an image) that stands directly before or after the caption.
/// Linear: each block is looked up once by its folded text, and compared with its neighbour.
pub(super) fn put(evidence: &mut Evidence, page: &Measured<'_>) {
    let text = page.is_text();
    let title = evidence.hints.blocks.iter().position(|hints| hints.title);
    let title_key = title.map(|block| core(page.lines.line(block)));
    let mut seen: FxHashMap<&str, u32> = FxHashMap::default();
    for index in 0..page.lines.len() {
        let block = &page.page.blocks[index];
        let line = page.lines.line(index);
        // "X X" is a copy where X stands elsewhere.
        let half = if text { doubled(line).map(|second| core(&line[..second])) } else { None };
        let key = half.unwrap_or_else(|| core(line));
        if key.is_empty() || matches!(block.kind, BlockKind::Code | BlockKind::TableCell(_) | BlockKind::FormControl) {
            continue;
        }
        if evidence.hints.blocks[index].title {
            continue;
        }
        let words = evidence.blocks[index].words;
        let copy_of = if title_key == Some(key) && words >= 2 {
            title.map(|title| title as u32)
        } else if text && !evidence.running_text {
            None
        } else {
            let first = seen.get(key).copied();
            let next_to = first.is_some_and(|first| first as usize + 1 == index) && words >= 2;
            first.filter(|_| words >= LONG || half.is_some() || (text && next_to))
        };
        evidence.hints.blocks[index].copy_of = copy_of;
        seen.entry(key).or_insert(index as u32);
    }
    if text && evidence.running_text {
        put_short_forms(evidence, page);
    }
}

/// Two lines without a blank one between, of which the shorter is the longer one's short form: the shorter is a copy.
fn put_short_forms(evidence: &mut Evidence, page: &Measured<'_>) {
    for index in 1..page.lines.len() {
        let joined = matches!(page.page.blocks[index].starts, Break::Line | Break::Paragraph(0));
        let hints = &evidence.hints.blocks;
        if !joined || hints[index].copy_of.is_some() || hints[index - 1].copy_of.is_some() {
            continue;
        }
        let (before, here) = (evidence.blocks[index - 1].words, evidence.blocks[index].words);
        let (short, long) = if before < here { (index - 1, index) } else { (index, index - 1) };
        let words = evidence.blocks[short].words;
        let vetoed = !hints[long].vetoed.is_empty();
        if (4..=30).contains(&words)
            && !hints[short].title
            && !vetoed
            && is_short_form(page.lines.line(short), page.lines.line(long))
        {
            evidence.hints.blocks[short].copy_of = Some(long as u32);
        }
    }
}

/// Whether four fifths of the short line's words stand in the long one in the same order, the first among them, and
/// the short one does not end as a sentence (two sentences may share their words, an image's description is none).
fn is_short_form(short: &str, long: &str) -> bool {
    if short.ends_with(['.', '!', '?', ':', ';', ',']) || long.len() > 2000 {
        return false;
    }
    let (short, long) = (words_of(short), words_of(long));
    if short.first() != long.first() {
        return false;
    }
    let mut at = 0;
    let mut found = 0;
    for word in &short {
        if let Some(offset) = long[at..].iter().position(|other| other == word) {
            found += 1;
            at += offset + 1;
        }
    }
    found * 5 >= short.len() * 4
}

fn words_of(line: &str) -> Vec<&str> {
    line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_form_shares_order_and_beginning() {
        let caption = "the mayor of smallville, ann lee, opens the bridge on sunday. (photo: city press)";
        assert!(is_short_form("the mayor of smallville opens the bridge", caption));
        assert!(!is_short_form("a bridge of smallville opens", caption));
        assert!(!is_short_form("the bridge was closed for a year and a day", caption));
    }
}
