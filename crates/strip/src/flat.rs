//! What a line's place says on a page of plain text, once the model has scored it.
//!
//! A dump has no elements that tell a story from what stands around it, only the order of its lines. Three things follow
//! from that order: a sentence right behind the story is the story's; behind the heading of a list of other stories, with
//! no story after it, nothing is; and a dropped line that no rule knows is named after its surroundings.

use dechaff_document::{Category, JudgedPage, Label, Page, Reason, Verdict};

use crate::{
    CategorySet, Scores,
    evidence::{Evidence, Report},
    measure::{ends_sentence, is_sentence},
    rules::{RuleSet, Scope},
};

/// Least score of a sentence that stands behind a kept one. Set by hand on 43 dumps written for the purpose, where the
/// last sentences of short reports scored between .15 and .44.
const LEAST_OF_SENTENCE: f32 = 0.15;

/// The same in scripts of which the model has seen little: it doubts the last sentences of every short report there.
const LEAST_IN_OTHER_SCRIPTS: f32 = 0.08;

/// From this score on a sentence that says "we" or "you" may be the story's all the same.
const SURE_OF_VOICE: f32 = 0.35;

/// Words of such a sentence, and of the sentence that it stands behind.
const SENTENCE: u32 = 4;
const PARAGRAPH: u32 = 8;

/// Blocks of a page on which a place says so much: longer ones hold lists, threads and the menus of shops, of whose lines
/// half are no story's.
const BLOCKS: usize = 200;

/// Dropped lines that may stand between the two: a label of an advertisement, a link, a player.
const BETWEEN: usize = 4;

/// Categories behind which no story goes on; nor does it behind the heading of a list of other stories, though it does
/// behind the link to one.
const ENDS: [&str; 8] =
    ["comments", "comment-form", "copyright", "footer", "author-bio", "org-blurb", "legal-notice", "cookie-consent"];

/// Which lines below the cut are sentences right behind a paragraph that is kept, or a story's deck right below its title.
/// Linear: each line looks back a few.
pub(crate) fn sentences_of_story(
    page: &Page,
    scores: &Scores,
    evidence: &Evidence,
    rules: &RuleSet,
    cut: f32,
) -> Vec<bool> {
    let ends = ENDS.iter().fold(CategorySet::EMPTY, |set, name| set.with(CategorySet::of(name)));
    let mut rescued = vec![false; page.blocks.len()];
    if scores.scores.len() != page.blocks.len() || page.blocks.len() > BLOCKS {
        return rescued;
    }
    for index in 1..page.blocks.len() {
        let (hints, own) = (&evidence.hints.blocks[index], &evidence.blocks[index]);
        let doubted = scores.scores[index] < cut
            && scores.scores[index] >= least(&page.blocks[index].text).min(cut)
            && own.veto.is_none()
            && hints.hinted.is_empty()
            && hints.copy_of.is_none()
            && (!own.voice || (scores.scores[index] >= SURE_OF_VOICE && !page.blocks[index].text.ends_with('?')));
        if doubted && evidence.hints.blocks[index - 1].title && own.words >= PARAGRAPH {
            rescued[index] = true;
            continue;
        }
        if !doubted || own.words < SENTENCE || !is_sentence(&page.blocks[index].text) {
            continue;
        }
        let before = (index.saturating_sub(BETWEEN + 1)..index)
            .rev()
            .take_while(|&other| {
                !evidence.hints.blocks[other].vetoed.meets(ends) && !opens_a_list(other, evidence, rules)
            })
            .find(|&other| {
                let free = evidence.blocks[other].veto.is_none() && evidence.hints.blocks[other].copy_of.is_none();
                free && (scores.scores[other] >= cut || rescued[other] || is_sentence(&page.blocks[other].text))
            });
        rescued[index] = before.is_some_and(|other| {
            (scores.scores[other] >= cut || rescued[other])
                && evidence.blocks[other].words >= SENTENCE
                && !evidence.blocks[other].voice
                && is_sentence(&page.blocks[other].text)
        });
    }
    rescued
}

/// Whether the rule that drops a line is one that may take the rest of the page.
fn opens_a_list(index: usize, evidence: &Evidence, rules: &RuleSet) -> bool {
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
pub(crate) fn leads_away(index: usize, page: &Page, scores: &Scores, evidence: &Evidence, cut: f32) -> bool {
    let own = &evidence.blocks[index];
    let hinted = evidence.hints.blocks[index].hinted.contains("related-links") && own.hint.is_some();
    if !hinted || own.words > LINK || scores.scores.len() != page.blocks.len() || scores.is_clean() {
        return false;
    }
    let text = page.blocks[index].text.trim();
    if !text.contains([':', '|', '>', '→', '-', '–']) || is_sentence(text) {
        return false;
    }
    let paragraph = |other: usize| {
        scores.scores[other] >= cut && evidence.blocks[other].words >= BESIDE && is_sentence(&page.blocks[other].text)
    };
    let free = |other: &usize| evidence.blocks[*other].veto.is_none();
    let before = (index.saturating_sub(BETWEEN)..index).rev().find(free);
    let after = (index + 1..(index + 1 + BETWEEN).min(page.blocks.len())).find(free);
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
pub(crate) fn end(
    page: &Page,
    scores: &Scores,
    evidence: &Evidence,
    rules: &RuleSet,
    cut: f32,
) -> Option<(usize, u32)> {
    if scores.scores.len() != page.blocks.len() || scores.is_clean() || page.blocks.len() > BLOCKS {
        return None;
    }
    let opens = |index: usize| {
        let rule = evidence.blocks[index].veto?;
        let related = rules.rules()[rule as usize].category.as_str() == "related-links";
        (related
            && opens_a_list(index, evidence, rules)
            && evidence.blocks[index].keep.is_none()
            && !evidence.hints.blocks[index].title)
            .then_some(rule)
    };
    let kept = |index: usize| evidence.blocks[index].veto.is_none() && scores.scores[index] >= cut;
    let all: u32 = (0..page.blocks.len()).filter(|&index| kept(index)).map(|index| evidence.blocks[index].words).sum();
    let last = (0..page.blocks.len()).rev().find(|&index| {
        evidence.blocks[index].keep.is_some()
            || (kept(index)
                && is_sentence(&page.blocks[index].text)
                && (evidence.blocks[index].words >= RUNNING
                    || (evidence.blocks[index].words >= PARAGRAPH && scores.scores[index] >= SURE)))
    })?;
    let first = (last + 1..page.blocks.len()).find_map(|index| Some((index, opens(index)?)))?;
    if (first.0..page.blocks.len()).filter(|&index| kept(index)).count() > LEFT {
        return None;
    }
    let before: u32 = (0..first.0).filter(|&index| kept(index)).map(|index| evidence.blocks[index].words).sum();
    let reports = |index: usize| index < first.0 && kept(index) && is_sentence(&page.blocks[index].text);
    let report = Report::of(&evidence.blocks, reports);
    let story = report.holds() && report.words * 4 >= before;
    (story && (all - before) as f32 <= REST * before as f32).then_some(first)
}

/// Categories of lists that go on below their heading.
const LISTS: [&str; 4] = ["related-links", "comments", "comment-form", "author-bio"];

/// Words of a menu's entry.
const ENTRY: u32 = 4;

/// Names dropped lines that neither a rule nor a link knows: what stands below the heading of a list is of the list;
/// short lines before the title or, without one, the story are of a menu, and behind it of the foot of the page once
/// something of that was seen.
pub(crate) fn name(judged: &mut JudgedPage, evidence: &Evidence, rules: &RuleSet) {
    let content = |verdict: &Verdict| verdict.label == Label::Content;
    let first = judged.verdicts.iter().position(content).unwrap_or(judged.verdicts.len());
    let story = (0..judged.verdicts.len())
        .find(|&index| content(&judged.verdicts[index]) && ends_sentence(&judged.page.blocks[index].text))
        .unwrap_or(first);
    let last = judged.verdicts.iter().rposition(content).unwrap_or(0);
    // Between title and story stand names, places and sections: no menu.
    let title = (0..story).find(|&index| judged.verdicts[index].reason == Reason::Title).unwrap_or(story);
    let mut list: Option<&'static str> = None;
    let mut foot = false;
    for index in 0..judged.verdicts.len() {
        let verdict = &mut judged.verdicts[index];
        let Label::Chrome(category) = &mut verdict.label else {
            list = None;
            continue;
        };
        if category.as_str() != "other" || !matches!(verdict.reason, Reason::Model { .. }) {
            foot |= index > last && matches!(category.as_str(), "footer" | "copyright" | "legal-notice");
            let found = LISTS.iter().find(|name| **name == category.as_str());
            if foot {
                list = None;
            } else if let Some(found) =
                found.filter(|name| **name != "related-links" || opens_a_list(index, evidence, rules))
            {
                list = Some(found);
            } else if !matches!(category.as_str(), "timestamp-residue" | "byline-residue" | "share" | "nav") {
                list = None;
            }
            continue;
        }
        let short = evidence.blocks[index].words <= ENTRY && !ends_sentence(&judged.page.blocks[index].text);
        *category = Category::new(match list {
            Some(list) => list,
            None if !short => continue,
            None if foot => "footer",
            None if index < title || index > last => "nav",
            None => continue,
        });
    }
}

#[cfg(test)]
mod tests {
    use dechaff_document::{Block, PageKind};

    use super::*;
    use crate::{Hints, evidence::BlockEvidence, measure};

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
        let scores = Scores { scores: lines.iter().map(|(_, score)| *score).collect(), cut: 0.4, confidence: 1.0 };
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
        let rescued = |evidence: &Evidence| sentences_of_story(&page, &scores, evidence, &rules, 0.4);
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
        let away: Vec<bool> = (0..5).map(|at| leads_away(at, &page, &scores, &evidence, 0.4)).collect();
        assert_eq!(away, [false, true, false, false, false]);
    }

    #[test]
    fn what_no_rule_knows_is_named_after_its_place() {
        let lines = [
            "Tides",
            "A river moves house",
            "Mira Lund",
            "The river left its bed in the night.",
            "Old bridges",
            "Imprint",
            "Boats",
        ];
        let chrome = |category: &str, reason: Reason| Verdict {
            label: Label::Chrome(Category::new(category)),
            reason,
            score: Some(0.1),
        };
        let model = || Reason::Model { score: 0.1, cut: 0.4 };
        let story = Verdict { label: Label::Content, reason: Reason::Default, score: Some(0.9) };
        let title = Verdict { label: Label::Content, reason: Reason::Title, score: Some(0.9) };
        let verdicts = vec![
            chrome("other", model()),
            title,
            chrome("other", model()),
            story,
            chrome("other", model()),
            chrome("legal-notice", Reason::Default),
            chrome("other", model()),
        ];
        let (page, _, evidence) = page(&lines.map(|line| (line, 0.5)));
        let mut judged = JudgedPage { page, verdicts, confidence: 1.0, empty: None, fired: Vec::new() };
        name(&mut judged, &evidence, &RuleSet::only(&[]).expect("no rules"));
        let names: Vec<&str> = judged
            .verdicts
            .iter()
            .map(|verdict| match &verdict.label {
                Label::Chrome(category) => category.as_str(),
                _ => "content",
            })
            .collect();
        assert_eq!(names, ["nav", "content", "other", "content", "nav", "legal-notice", "footer"]);
    }
}
