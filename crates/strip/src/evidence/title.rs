//! Which block is the page's title.

use dechaff_document::{BlockKind, ElementId, Origin};

use super::{
    Evidence,
    repeats::{is_numbered, on_half},
};
use crate::{
    measure::ends_sentence,
    rules::{Measured, RuleSet, core, doubled, fold},
};

/// How many blocks a title in plain text may stand below the first: banners, appeals and menus come before it.
const LOOK_AT: usize = 40;

/// Finds the block that is the title and marks it.
///
/// A site's `title` selector comes first, then the metadata's title; in plain text without either, the first line
/// shaped like a headline with running text below it.
pub(super) fn put(evidence: &mut Evidence, page: &Measured<'_>, rules: &RuleSet) {
    if let Some(block) = of_site(page, rules) {
        evidence.title = Some((page.page.blocks[block].text.trim().to_owned(), Origin::SiteRule));
        evidence.hints.blocks[block].title = true;
        return;
    }
    let known = page.page.metadata.title.as_ref().map(|title| fold(&title.value));
    let found = match &known {
        Some(title) => of_metadata(core(title), page),
        None if super::is_text(page.page) && has_story(page) => {
            let block = guess(evidence, page);
            if let Some(block) = block {
                let text = page.page.blocks[block].text.trim().trim_start_matches('#').trim();
                evidence.title = Some((text.to_owned(), Origin::Text));
            }
            block
        }
        None => None,
    };
    if let Some(block) = found {
        evidence.hints.blocks[block].title = true;
    }
}

fn of_site(page: &Measured<'_>, rules: &RuleSet) -> Option<usize> {
    let hosts = rules.sites_of(page.page);
    let site = hosts.iter().find_map(|host| rules.sites().iter().find(|site| *site.host == **host))?;
    let hit = |&&(selector, _): &&(u32, ElementId)| site.title.contains(&selector);
    let &(_, element) = page.page.selector_hits.iter().find(hit)?;
    let blocks = page.page.outline.blocks_of(element, page.page.blocks.len());
    (!blocks.is_empty()).then_some(blocks.start)
}

/// The block that says what the metadata's title says: a first-level heading before other headings before other blocks.
fn of_metadata(title: &str, page: &Measured<'_>) -> Option<usize> {
    if title.is_empty() {
        return None;
    }
    let rank = |block: usize| match page.page.blocks[block].kind {
        BlockKind::Heading(1) => 0,
        BlockKind::Heading(_) => 1,
        _ => 2,
    };
    let same =
        (0..page.lines.len()).filter(|&block| !page.page.blocks[block].hidden && core(page.lines.line(block)) == title);
    same.min_by_key(|&block| (rank(block), block))
}

/// Whether there is a story that a headline could belong to: two sentences, and a fifth of the page. A short report among
/// much furniture has no more; poems, logs and lists have less. Only a line that stands twice is then believed.
fn has_story(page: &Measured<'_>) -> bool {
    let story = page.story(&(0..page.lines.len()));
    story >= 30 && story * 5 >= page.all_words()
}

/// The first line near the top that looks like a headline: three to thirty words that no rule drops and that do not
/// stand on half of the site's pages (but for numbers: "Chapter 4" may), set off from running text by its end, with
/// story below it. A line that stands twice is preferred: pages print titles twice, or as the end of a breadcrumb trail
/// above.
fn guess(evidence: &Evidence, page: &Measured<'_>) -> Option<usize> {
    let count = page.lines.len();
    let all = page.story(&(0..count));
    let mut first: Option<usize> = None;
    let few = |block: usize| page.words(&(block..block + 1)) < 5;
    for block in 0..count.min(LOOK_AT) {
        // Most of the story must still come.
        if page.story(&(block..count)) * 10 < all * 8 {
            break;
        }
        let text = page.page.blocks[block].text.trim();
        let hints = &evidence.hints.blocks[block];
        let words = page.words(&(block..block + 1));
        let headline = (3..=30).contains(&words)
            && (!ends_sentence(text) || text.ends_with(['?', '!', '"', '”', '»', '’']))
            && !text.starts_with(char::is_lowercase)
            && doubled(text).is_none()
            && hints.vetoed.is_empty()
            && hints.hinted.is_empty()
            && (is_numbered(text) || !on_half(page, block));
        if !headline {
            continue;
        }
        let line = page.lines.line(block);
        let again = (block + 1..count.min(block + LOOK_AT)).any(|other| page.lines.line(other) == line);
        let in_trail = words >= 5 && block > 0 && {
            let trail = page.lines.line(block - 1);
            trail.len() > line.len() && trail.ends_with(line)
        };
        if again || in_trail {
            return Some(block);
        }
        if !evidence.running_text {
            continue;
        }
        // Three or four words may be a section's name; a longer line below them is the likelier headline.
        if first.is_none_or(|first| few(first) && !few(block)) {
            first = Some(block);
        }
    }
    first
}
