//! Metadata in the text of a page: a byline and a date near the title, a plain text's own title.

use dechaff_document::{Block, BlockKind, Origin, Page};

use super::{
    author,
    date::{Order, written},
    facts::{Facts, Field},
};

/// Blocks after (and a few before) the title that are looked at.
const REACH: usize = 8;
/// Blocks after the title among which a line that is a date and nothing else still counts.
const FAR_REACH: usize = 80;
/// Longest line in bytes that is read as a byline or a date.
const LONGEST_LINE: usize = 160;

/// A byline and a date in the lines around the title.
pub(super) fn read(page: &Page, order: Order, facts: &mut Facts) {
    let title = page.blocks.iter().take(400).position(|block| block.kind == BlockKind::Heading(1)).unwrap_or(0);
    let lines = &page.blocks[title.saturating_sub(3)..page.blocks.len().min(title + REACH)];
    for block in lines.iter().filter(|block| block.text.len() <= LONGEST_LINE && !block.hidden) {
        for name in author::byline(&block.text) {
            facts.add(Field::Author, Origin::Text, &name);
        }
        if is_stamp(&block.text)
            && let Some(date) = written(&block.text, order)
        {
            let field = if says_change(&block.text) { Field::Modified } else { Field::Published };
            facts.add(field, Origin::Text, &date);
        }
    }
    if facts.of(Field::Published).next().is_none() {
        let far = &page.blocks[page.blocks.len().min(title + REACH)..page.blocks.len().min(title + FAR_REACH)];
        let bare = |block: &&Block| block.text.len() <= 40 && block.link_characters == 0 && !block.hidden;
        let stamp = |block: &Block| written(&block.text, order).filter(|_| is_stamp(&block.text));
        if let Some(date) = far.iter().filter(bare).find_map(stamp) {
            facts.add(Field::Published, Origin::Text, &date);
        }
    }
}

/// The title of a plain text, where the text marks one: a heading of the first level among its first lines, or a first
/// line `Title: …` as crawlers write it.
pub(super) fn title(page: &Page, facts: &mut Facts) {
    for block in page.blocks.iter().take(REACH) {
        if block.kind == BlockKind::Heading(1) {
            let line = block.text.lines().next().unwrap_or("").trim_start_matches('#').trim_end_matches('#');
            facts.add(Field::Title, Origin::Text, line);
        }
    }
    for Block { text, .. } in page.blocks.iter().take(3) {
        for (label, field) in [
            ("Title:", Field::Title),
            ("Author:", Field::Author),
            ("Date:", Field::Published),
            ("URL:", Field::Url),
            ("Url:", Field::Url),
        ] {
            if let Some(value) = text.strip_prefix(label) {
                facts.add(field, Origin::Text, value);
            }
        }
    }
}

/// Whether a line is little more than a date: at most ten words.
fn is_stamp(line: &str) -> bool {
    line.bytes().any(|byte| byte.is_ascii_digit()) && line.split_whitespace().count() <= 10
}

pub(super) fn says_change(line: &str) -> bool {
    let line = line.to_lowercase();
    ["updated", "modified", "aktualisiert", "mis à jour", "actualizado", "обновлено", "оновлено"]
        .iter()
        .any(|word| line.contains(word))
}
