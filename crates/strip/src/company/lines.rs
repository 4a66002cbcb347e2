//! What the order of its lines says of a page of plain text.
//!
//! A dump has no elements that tell a story from what stands around it. A sentence right behind the story is the story's;
//! a link between two of its paragraphs leads to another; and behind the heading of a list of other stories, with no
//! story after it, nothing is content.

use std::ops::Range;

use crate::{
    CategorySet,
    evidence::{Evidence, Report},
    measure::{ends_sentence, is_sentence},
    rules::{RuleSet, Scope},
    scored::Scored,
};

/// Least score of a sentence that stands behind a kept one. Set by hand on 43 dumps written for the purpose, where the
/// last sentences of short reports scored between .15 and .44.
const LEAST_OF_SENTENCE: f32 = 0.15;

/// The same in scripts of which the model has seen little: it doubts the last sentences of every short report there.
const LEAST_IN_OTHER_SCRIPTS: f32 = 0.08;

/// The same right behind the residue of a player within the story: in dumps ten of fourteen sentences there are the story's,
/// which goes on, though the model takes them for what the next video is about.
const LEAST_BEHIND_PLAYER: f32 = 0.05;

/// Least score of the line right below the title if it has [`PARAGRAPH`] words: of 196 such lines in dumps that no rule knows
/// 192 are the story's deck, which the model takes for a teaser.
const LEAST_OF_DECK: f32 = 0.03;

/// From this score on a sentence that says "we" or "you" may be the story's all the same.
const SURE_OF_VOICE: f32 = 0.35;

/// Words of such a sentence, and of the sentence that it stands behind.
const SENTENCE: u32 = 4;
const PARAGRAPH: u32 = 8;

/// Least score of a heading between two kept lines, most of its words, and least words of what it heads. On text-dev three
/// in five lines in such a place are content (188 of 323), and of those that score between .2 and .3 one in three.
const LEAST_OF_HEADING: f32 = 0.3;
const HEADING: std::ops::RangeInclusive<u32> = 1..=8;
const HEADED: u32 = 15;

/// Blocks of a page on which a place says so much: longer ones hold lists, threads and the menus of shops, of whose lines
/// half are no story's.
const BLOCKS: usize = 200;

/// What may stand between the two, in lines: a label of an advertisement, a link. All lines of a player count as one, it
/// leaves its clock, its states and its title.
const BETWEEN: usize = 4;

/// Categories behind which no story goes on; nor does it behind the heading of a list of other stories, though it does
/// behind the link to one.
const ENDS: [&str; 8] =
    ["comments", "comment-form", "copyright", "footer", "author-bio", "org-blurb", "legal-notice", "cookie-consent"];

/// Which lines below the cut are sentences right behind a paragraph that is kept, a story's deck right below its title, or
/// a heading between two lines that are kept.
/// Linear: each line looks back a few.
pub(super) fn stay(page: &Scored<'_>) -> Vec<bool> {
    let Scored { evidence, cut, .. } = *page;
    let mut rescued = vec![false; page.len()];
    if page.len() > BLOCKS {
        return rescued;
    }
    for index in 1..page.len() {
        let (hints, own) = (&evidence.hints.blocks[index], &evidence.blocks[index]);
        let is_deck = evidence.hints.blocks[index - 1].title && own.words >= PARAGRAPH;
        let least = match evidence.hints.blocks[index - 1].vetoed.contains("video-residue") {
            _ if is_deck => LEAST_OF_DECK,
            true => LEAST_BEHIND_PLAYER,
            false => least(page.text(index)),
        };
        let doubted = !page.likes(index)
            && page.score(index) >= least.min(cut)
            && page.is_free(index)
            && hints.hinted.is_empty()
            && hints.copy_of.is_none()
            && (!own.voice || (page.score(index) >= SURE_OF_VOICE && !page.text(index).ends_with('?')));
        if !doubted {
            continue;
        }
        let kept = |other: usize, rescued: &[bool]| page.likes(other) || rescued[other];
        let heads = HEADING.contains(&own.words)
            && page.score(index) >= LEAST_OF_HEADING
            && kept(index - 1, &rescued)
            && (index + 1 < page.len() && page.likes(index + 1) && page.words(index + 1) >= HEADED);
        if is_deck || heads {
            rescued[index] = true;
            continue;
        }
        if own.words < SENTENCE || !is_sentence(page.text(index)) {
            continue;
        }
        let before = sentence_before(index, page, &rescued);
        rescued[index] = before.is_some_and(|other| {
            kept(other, &rescued)
                && page.words(other) >= SENTENCE
                && !evidence.blocks[other].voice
                && is_sentence(page.text(other))
        });
    }
    rescued
}

/// The nearest line before that is kept or a sentence, if no end of a story and little else stands between.
fn sentence_before(index: usize, page: &Scored<'_>, rescued: &[bool]) -> Option<usize> {
    let (ends, player) = (CategorySet::of_all(&ENDS), CategorySet::of("video-residue"));
    let hints = &page.evidence.hints.blocks;
    let mut between = 0;
    for other in (0..index).rev() {
        if hints[other].vetoed.meets(ends) || opens_a_list(other, page.evidence, page.rules) {
            return None;
        }
        let free = page.is_free(other) && hints[other].copy_of.is_none();
        if free && (page.likes(other) || rescued[other] || is_sentence(page.text(other))) {
            return Some(other);
        }
        let of_one_player = hints[other].vetoed.meets(player) && hints[other + 1].vetoed.meets(player);
        between += usize::from(!of_one_player);
        if between > BETWEEN {
            return None;
        }
    }
    None
}

/// The rule that drops a line which no rule drops by itself: it leads away from the story, or stands behind its end.
/// Linear: each line looks at a few.
pub(super) fn go(page: &Scored<'_>) -> Vec<Option<u32>> {
    let end = end(page);
    let dropped = |index: usize| match leads_away(index, page) {
        true => page.evidence.blocks[index].hint,
        false => end.filter(|(first, _)| index > *first).map(|(_, rule)| rule).or_else(|| beside_appeal(index, page)),
    };
    (0..page.len()).map(dropped).collect()
}

/// Words of an appeal's heading or button, and of a sentence of it.
const LABEL: u32 = 6;
const ASKS: u32 = 9;

/// The rule that knows a sentence right above or below as an appeal, of a short line that is no sentence: the appeal's heading
/// or its button. In the dumps 371 of 382 such lines are; the others are headings of the story, of which the model is surer.
fn beside_appeal(index: usize, page: &Scored<'_>) -> Option<u32> {
    let own = &page.evidence.blocks[index];
    let label =
        (1..=LABEL).contains(&own.words) && !ends_sentence(page.text(index)) && !page.text(index).ends_with(':');
    if !label || page.score(index) >= SURE || page.evidence.hints.blocks[index].title || page.scores.is_clean() {
        return None;
    }
    let appeal = |other: usize| {
        let rule = page.evidence.blocks.get(other)?.veto?;
        let asks = page.rule(rule).category.as_str() == "donation-appeal"
            && page.words(other) >= ASKS
            && ends_sentence(page.text(other));
        asks.then_some(rule)
    };
    index.checked_sub(1).and_then(appeal).or_else(|| appeal(index + 1))
}

/// Whether the rule that drops a line is one that may take the rest of the page.
pub(super) fn opens_a_list(index: usize, evidence: &Evidence, rules: &RuleSet) -> bool {
    let rule = evidence.blocks[index].veto;
    rule.is_some_and(|rule| matches!(rules.rules()[rule as usize].scope, Scope::Tail { .. }))
}

fn least(text: &str) -> f32 {
    let other = text.chars().filter(|c| c.is_alphabetic() && *c as u32 >= 0x590).count();
    match other * 2 > text.chars().count() {
        true => LEAST_IN_OTHER_SCRIPTS,
        false => LEAST_OF_SENTENCE,
    }
}

/// Words of a paragraph beside a link to another story, and of the link at most.
const BESIDE: u32 = 12;
const LINK: u32 = 26;

/// Whether a line that a rule takes for a link to another story stands between two paragraphs that are kept. In guides,
/// where such a link is often part of the text, it stands between short lines: of 82 such lines on text-dev 35 are
/// content, of those between two paragraphs none of nine.
fn leads_away(index: usize, page: &Scored<'_>) -> bool {
    let own = &page.evidence.blocks[index];
    let hinted = page.evidence.hints.blocks[index].hinted.contains("related-links") && own.hint.is_some();
    if !hinted || own.words > LINK || page.scores.is_clean() {
        return false;
    }
    let text = page.text(index).trim();
    let is_question = text.ends_with('?');
    if !text.contains([':', '|', '>', '→', '-', '–']) || (is_sentence(text) && !is_question) {
        return false;
    }
    let paragraph = |other: usize| page.likes(other) && page.words(other) >= BESIDE && is_sentence(page.text(other));
    let free = |other: &usize| page.is_free(*other);
    let before = (index.saturating_sub(BETWEEN)..index).rev().find(free);
    let after = (index + 1..(index + 1 + BETWEEN).min(page.len())).find(free);
    before.is_some_and(paragraph) && after.is_some_and(paragraph)
}

/// Share of the words kept so far that may be kept behind the cut; more is a part of the page that the rule misjudged.
const REST: f32 = 0.34;

/// Lines behind the cut that the model keeps, at most: more are a table or a list of the page's own.
const LEFT: usize = 12;

/// Words of a line of running text. One of them behind the heading says that the page goes on.
const RUNNING: u32 = 18;

/// From this score on a sentence of eight words says so too; those of readers' comments score less.
const SURE: f32 = 0.75;

/// Where the end of a page begins that holds no story: the first hit of a rule that may take a page's tail, and behind
/// which the model keeps little, and no paragraph. The rule itself asks more (a hundred words of story), since it does
/// not know what the model keeps. Returns the first line of the end and the rule.
fn end(page: &Scored<'_>) -> Option<(usize, u32)> {
    let Scored { evidence, rules, .. } = *page;
    if page.scores.is_clean() || page.len() > BLOCKS {
        return None;
    }
    let opens = |index: usize| {
        let rule = evidence.blocks[index].veto?;
        let related = page.rule(rule).category.as_str() == "related-links";
        (related
            && opens_a_list(index, evidence, rules)
            && evidence.blocks[index].keep.is_none()
            && !evidence.hints.blocks[index].title)
            .then_some(rule)
    };
    let kept = |index: &usize| page.keeps(*index);
    let last = (0..page.len()).rev().find(|&index| {
        let words = page.words(index);
        evidence.blocks[index].keep.is_some()
            || (page.keeps(index)
                && is_sentence(page.text(index))
                && (words >= RUNNING || (words >= PARAGRAPH && page.score(index) >= SURE)))
    })?;
    let (first, rule) = (last + 1..page.len()).find_map(|index| Some((index, opens(index)?)))?;
    if (first..page.len()).filter(kept).count() > LEFT {
        return None;
    }
    let words = |blocks: Range<usize>| -> u32 { blocks.filter(kept).map(|index| page.words(index)).sum() };
    let (before, behind) = (words(0..first), words(first..page.len()));
    let reports = |index: usize| index < first && page.keeps(index) && is_sentence(page.text(index));
    let report = Report::of(&evidence.blocks, reports);
    let story = report.holds() && report.words * 4 >= before;
    (story && behind as f32 <= REST * before as f32).then_some((first, rule))
}

#[cfg(test)]
mod tests {
    use dechaff_document::{Block, Page, PageKind};

    use super::*;
    use crate::{Hints, Scores, evidence::BlockEvidence, measure};

    fn page(lines: &[(&str, f32)]) -> (Page, Scores, Evidence) {
        let blocks = lines.iter().map(|(text, _)| Block { text: (*text).to_owned(), ..Block::default() }).collect();
        let evidence = Evidence {
            hints: Hints::none(lines.len()),
            blocks: lines
                .iter()
                .map(|(text, _)| BlockEvidence { words: measure::words(text) as u32, ..BlockEvidence::default() })
                .collect(),
            ..Evidence::default()
        };
        let scores =
            Scores { scores: lines.iter().map(|(_, score)| *score).collect(), cut: 0.4, confidence: 1.0, title: None };
        (Page { kind: PageKind::Text, blocks, ..Page::default() }, scores, evidence)
    }

    #[test]
    fn a_sentence_behind_a_paragraph_is_of_the_story() {
        let lines = [
            ("The river left its bed in the night and took the old footbridge with it.", 0.9),
            ("Advertisement", 0.1),
            ("Nobody in the village was hurt.", 0.3),
            ("Other bridges of the county", 0.3),
            ("It took the yard ten weeks to mend the rail.", 0.3),
        ];
        let (page, scores, mut evidence) = page(&lines);
        let rules = RuleSet::only(&[]).expect("no rules");
        evidence.hints.blocks[1].copy_of = Some(0);
        let rescued =
            |evidence: &Evidence| stay(&Scored { page: &page, evidence, rules: &rules, scores: &scores, cut: 0.4 });
        assert_eq!(rescued(&evidence), [false, false, true, false, true]);
        evidence.hints.blocks[1].vetoed = CategorySet::of("comments");
        assert_eq!(rescued(&evidence), [false; 5]);
    }

    #[test]
    fn a_link_to_another_story_goes_between_paragraphs_alone() {
        let lines = [
            ("The river left its bed in the night and took the old footbridge with it.", 0.9),
            ("Read more: Other bridges of the county", 0.8),
            ("The mayor said on Sunday that nobody was hurt, but that the repair would take long.", 0.9),
            ("Related: How bridges are built", 0.8),
            ("Stones and ropes", 0.8),
        ];
        let (page, scores, mut evidence) = page(&lines);
        for link in [1, 3] {
            evidence.hints.blocks[link].hinted = CategorySet::of("related-links");
            evidence.blocks[link].hint = Some(0);
        }
        let rules = RuleSet::only(&[]).expect("no rules");
        let scored = Scored { page: &page, evidence: &evidence, rules: &rules, scores: &scores, cut: 0.4 };
        assert_eq!(go(&scored), [None, Some(0), None, None, None]);
    }

    #[test]
    fn a_player_between_two_sentences_is_one_interruption() {
        let lines = [
            ("The river left its bed in the night and took the old footbridge with it.", 0.9),
            ("A river moves house", 0.1),
            ("please wait", 0.1),
            ("A river moves house", 0.1),
            ("No source", 0.1),
            ("0:00", 0.1),
            ("Nobody in the village was hurt.", 0.1),
        ];
        let (page, scores, mut evidence) = page(&lines);
        for index in 1..6 {
            evidence.hints.blocks[index].vetoed = CategorySet::of("video-residue");
            evidence.blocks[index].veto = Some(0);
        }
        let rules = RuleSet::load(&[]).expect("the built-in rules");
        let rescued =
            |evidence: &Evidence| stay(&Scored { page: &page, evidence, rules: &rules, scores: &scores, cut: 0.4 });
        assert!(rescued(&evidence)[6]);
        // Of five labels of something else each counts.
        (1..6).for_each(|index| evidence.hints.blocks[index].vetoed = CategorySet::of("share"));
        assert!(!rescued(&evidence)[6]);
    }

    #[test]
    fn a_heading_and_a_button_beside_an_appeal_are_of_it() {
        let lines = [
            ("The river left its bed in the night and took the old footbridge with it.", 0.9),
            ("Keep this river reported", 0.5),
            ("Without readers like you nobody would have walked along this river at night.", 0.5),
            ("Yes, count on me", 0.5),
            ("What the mayor says", 0.5),
        ];
        let (page, scores, mut evidence) = page(&lines);
        let rules = RuleSet::load(&[]).expect("the built-in rules");
        let asks = rules.rules().iter().position(|rule| rule.category.as_str() == "donation-appeal");
        let asks = asks.map(|rule| rule as u32);
        evidence.blocks[2].veto = asks;
        let scored = Scored { page: &page, evidence: &evidence, rules: &rules, scores: &scores, cut: 0.4 };
        assert_eq!(go(&scored), [None, asks, None, asks, None]);
    }
}
