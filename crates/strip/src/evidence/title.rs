//! Which block is the page's title.

use dechaff_document::{BlockKind, ElementId, Origin};

use super::{
    Evidence,
    repeats::{is_numbered, on_half},
};
use crate::{
    CategorySet,
    category::BELOW_HEADLINE,
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
        None if page.is_text() => {
            let guessed = if has_story(page) { guess(evidence, page) } else { None };
            let block = guessed.or_else(|| of_short_report(evidence, page));
            if let Some(block) = block {
                put_block(evidence, block, page);
            }
            block
        }
        None => None,
    };
    if let Some(block) = found {
        evidence.hints.blocks[block].title = true;
    }
}

/// Makes a block of a text its title.
pub(super) fn put_block(evidence: &mut Evidence, block: usize, page: &Measured<'_>) {
    let text = page.page.blocks[block].text.trim().trim_start_matches('#').trim();
    evidence.title = Some((text.to_owned(), Origin::Text));
    evidence.hints.blocks[block].title = true;
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
    let says_title = |block: usize| {
        let line = page.lines.line(block);
        line.len() >= title.len() && core(line) == title
    };
    let same = (0..page.lines.len()).filter(|&block| !page.page.blocks[block].hidden && says_title(block));
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
/// above. After it comes a line with a byline right below it, if all that looks like a headline before it is the first line
/// or parted from it by a menu.
fn guess(evidence: &Evidence, page: &Measured<'_>) -> Option<usize> {
    let count = page.lines.len();
    let all = page.story(&(0..count));
    let (mut first, mut headed): (Option<usize>, Option<usize>) = (None, None);
    let few = |block: usize| page.words(&(block..block + 1)) < 5;
    for block in 0..count.min(LOOK_AT) {
        // Most of the story must still come.
        if page.story(&(block..count)) * 10 < all * 8 {
            break;
        }
        let words = page.words(&(block..block + 1));
        let numbered = || is_numbered(&page.page.blocks[block].text);
        if !has_shape_of_headline(evidence, page, block, 3) || (on_half(page, block) && !numbered()) {
            continue;
        }
        let line = page.lines.line(block);
        let stands_again = |line: &str, below: usize| {
            (below + 1..count.min(below + LOOK_AT)).any(|other| page.lines.line(other) == line)
        };
        // A table of contents names many headings again; a date stands above and below a story.
        let in_contents = few(block)
            && [block.wrapping_sub(1), block + 1].iter().any(|&other| {
                other < count
                    && !page.lines.line(other).is_empty()
                    && stands_again(page.lines.line(other), other.max(block))
            });
        let again = stands_again(line, block) && !in_contents && !is_mostly_numbers(line);
        let in_trail = words >= 5 && is_part_of_another(page, block);
        if again || in_trail {
            return Some(block);
        }
        if !evidence.running_text || in_contents {
            continue;
        }
        // Three or four words may be a section's name; a longer line below them is the likelier headline, if it is not
        // what somebody says in the story.
        let says = || ends_sentence(page.page.blocks[block].text.trim());
        if first.is_none_or(|first| few(first) && !few(block) && !says()) {
            first = Some(block);
        }
        let is_headed = headed.is_none() && !few(block) && is_headed(evidence, block, count);
        if is_headed && first.is_some_and(|first| first == block || leaves_menus(evidence, first..block)) {
            headed = Some(block);
        }
    }
    headed.or(first)
}

/// Whether a byline, a date, a player or buttons stand right below a line.
fn is_headed(evidence: &Evidence, block: usize, end: usize) -> bool {
    let below = CategorySet::of_all(&BELOW_HEADLINE);
    let next = &evidence.hints.blocks[(block + 1).min(end)..(block + 3).min(end)];
    next.iter().any(|hints| hints.vetoed.meets(below) || hints.hinted.meets(below))
}

/// Whether a menu or a breadcrumb trail stands between two lines: then the first is a banner, not the headline above a deck.
fn leaves_menus(evidence: &Evidence, between: std::ops::Range<usize>) -> bool {
    let menus = CategorySet::of_all(&["nav", "breadcrumb", "accessibility"]);
    evidence.hints.blocks[between].iter().any(|hints| hints.vetoed.meets(menus))
}

/// Characters that stand beside a title where it is said again: "You are reading: ", the names of a trail, "on Facebook".
const BESIDE: usize = 80;

/// Whether another line near by begins or ends with this one: a breadcrumb trail, what a player shows, the labels of a
/// share bar.
fn is_part_of_another(page: &Measured<'_>, block: usize) -> bool {
    let line = page.lines.line(block);
    let near = block.saturating_sub(LOOK_AT)..page.lines.len().min(block + LOOK_AT);
    near.filter(|&other| other != block).any(|other| {
        let other = page.lines.line(other);
        let longer = line.len() < other.len() && other.len() <= line.len() + BESIDE;
        longer && (other.ends_with(line) || other.starts_with(line))
    })
}

/// Words of a report that may have a title, and how much of the page's words they must be, as one in so many: a news item
/// of two sentences among the menus of its site. Nothing is dropped for it, so that less is asked than of a report that
/// speaks against a wall.
const REPORT: u32 = 15;
const SHARE: u32 = 10;

/// Blocks above the first sentence among which the title is looked for: a line of bylines, dates, buttons and networks
/// stands between the two. And blocks of a page of which so little is running text: one of more is a list or a shop.
const ABOVE: usize = 30;
const BLOCKS: usize = 200;

/// The first sentence of a page that holds a short report and furniture around it: too little for [`has_story`], which
/// has to tell apart a poem or a list, but a page on which rules know two lines is neither.
fn short_report(evidence: &Evidence, page: &Measured<'_>) -> Option<usize> {
    let known = evidence.hints.blocks.iter().filter(|hints| !hints.vetoed.is_empty()).count();
    if known < 2 || page.lines.len() > BLOCKS {
        return None;
    }
    let report = &evidence.report;
    report.first.filter(|_| report.words >= REPORT && report.words * SHARE >= page.all_words())
}

/// The headline above a short report: the first line of four to thirty words with a byline, a date or buttons right below
/// it; else the nearest of five or more, or the one right above that (a headline and its deck); else the nearest of four.
fn of_short_report(evidence: &Evidence, page: &Measured<'_>) -> Option<usize> {
    let sentence = short_report(evidence, page)?;
    let headline = |block: usize, least: u32| {
        let text = page.page.blocks[block].text.trim();
        has_shape_of_headline(evidence, page, block, least)
            && !text.starts_with(|c: char| "*+-•·–/#".contains(c))
            && !text.contains(['|', '©', '@', '>', '›'])
            && !is_mostly_numbers(text)
            && !on_half(page, block)
    };
    let first = sentence.saturating_sub(ABOVE);
    if let Some(block) = (first..sentence).find(|&block| headline(block, 4) && is_headed(evidence, block, sentence)) {
        return Some(block);
    }
    // Of few words is also the name of a site, which stands first.
    let above = |least: u32, first: usize| (first..sentence).rev().find(|&block| headline(block, least));
    let found = above(5, first).or_else(|| above(4, first.max(2)))?;
    let upper = found.checked_sub(1).filter(|&upper| upper >= first && headline(upper, 5));
    Some(upper.unwrap_or(found))
}

/// Whether a line that no rule knows has the shape of a headline: so many words to thirty, the end of a question, a
/// call or a quotation if it ends as a sentence at all, and no beginning in the midst of one.
fn has_shape_of_headline(evidence: &Evidence, page: &Measured<'_>, block: usize, least: u32) -> bool {
    let text = page.page.blocks[block].text.trim();
    let hints = &evidence.hints.blocks[block];
    (least..=30).contains(&page.words(&(block..block + 1)))
        && (!ends_sentence(text) || text.ends_with(['?', '!', '"', '”', '»', '’']))
        && !text.starts_with(char::is_lowercase)
        && !text.contains(" / ")
        && doubled(text).is_none()
        && glued_words(text) < GLUED
        && hints.vetoed.is_empty()
        && hints.hinted.is_empty()
}

/// Joints of glued words from which on a line is a menu whose names were run together ("NewsSportWeatherTravel"). Names of
/// firms and products have one or two.
const GLUED: usize = 3;

/// Capitals that follow a small letter within a word.
fn glued_words(text: &str) -> usize {
    text.chars().zip(text.chars().skip(1)).filter(|(left, right)| left.is_lowercase() && right.is_uppercase()).count()
}

/// Whether fewer than three words of a line are without digits, and one has some: a date, a price, a count.
fn is_mostly_numbers(text: &str) -> bool {
    let is_number = |word: &&str| word.chars().any(char::is_numeric);
    let numbers = text.split_whitespace().filter(is_number).count();
    let year = text.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() == 4 && run.starts_with(['1', '2']));
    if year && (text.contains(['·', '•', '|']) || numbers * 2 > text.split_whitespace().count()) {
        return true;
    }
    numbers > 0
        && text.split_whitespace().count() - numbers < 3
        && text.chars().filter(|c| c.is_alphabetic()).count() < 12
}
