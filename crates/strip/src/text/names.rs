//! What the dropped lines of plain text are that no rule knows.
//!
//! A linear model reads the words of a line and of its neighbours, what rules know near it, and its place. It was learned
//! from dumps whose every line says what it is (`training/src/bin/names.rs`): a softmax over hashed features (Weinberger et
//! al. 2009). It names lines and decides nothing.

use std::{ops::Range, sync::LazyLock};

use dechaff_document::{Category, JudgedPage, Label, PageKind, Reason, Verdict};

use crate::{
    category::number,
    measure::ends_sentence,
    rules::{RuleSet, Scope},
};

/// The categories that a line may be named.
pub const NAMES: [&str; 20] = [
    "other",
    "accessibility",
    "nav",
    "breadcrumb",
    "donation-appeal",
    "newsletter",
    "cookie-consent",
    "legal-notice",
    "video-residue",
    "font-size-picker",
    "share",
    "author-bio",
    "byline-residue",
    "timestamp-residue",
    "related-links",
    "comments",
    "copyright",
    "footer",
    "subscription",
    "advertisement",
];

/// Number of features' buckets.
pub const BUCKETS: usize = 1 << BITS;

const BITS: u32 = 14;

/// What a weight of 1 in the file is worth.
pub const UNIT: f32 = 1.0 / 24.0;

/// Lines within which what rules know is looked for.
const REACH: usize = 12;

/// Words of a line that are read: what it is stands at its beginning.
const WORDS: usize = 16;

/// Words of a neighbour that is read.
const NEIGHBOUR: usize = 3;

/// How much the lines right before and after say of a line beside its own words.
const BESIDE: f32 = 0.4;

static WEIGHTS: LazyLock<Vec<[i8; NAMES.len()]>> = LazyLock::new(|| {
    let bytes = include_bytes!("../../models/names.bin");
    bytes.as_chunks().0.iter().map(|weights: &[u8; NAMES.len()]| weights.map(|weight| weight as i8)).collect()
});

/// Names the dropped lines of a page of text that no rule knows: those that the model drops, and those that stand in the tail
/// that a rule takes from its own line on. Linear in the page.
pub(crate) fn name(judged: &mut JudgedPage, rules: &RuleSet) {
    if judged.page.kind != PageKind::Text {
        return;
    }
    let tails = in_tails(judged, rules);
    let lines: Vec<usize> =
        (0..judged.verdicts.len()).filter(|&line| is_unnamed(judged, line) || tails[line]).collect();
    if lines.is_empty() {
        return;
    }
    let mut read = vec![false; judged.verdicts.len()];
    for &line in &lines {
        let end = (line + 2).min(read.len());
        read[line.saturating_sub(1)..end].fill(true);
    }
    let names = Surroundings::of(judged, &tails, &read).named(&lines, &WEIGHTS);
    for (line, name) in lines.into_iter().zip(names) {
        // A rule's own category says more than nothing.
        if NAMES[name] != "other" || !tails[line] {
            judged.verdicts[line].label = Label::Chrome(Category::new(NAMES[name]));
        }
    }
}

fn is_unnamed(judged: &JudgedPage, line: usize) -> bool {
    let verdict = &judged.verdicts[line];
    matches!(&verdict.label, Label::Chrome(category) if category.as_str() == "other")
        && matches!(verdict.reason, Reason::Model { .. })
}

/// Which lines a rule drops because they stand behind a line that it knows.
pub fn in_tails(judged: &JudgedPage, rules: &RuleSet) -> Vec<bool> {
    // The rules that dropped a line so far, and whether they take tails, once that was asked.
    let mut seen: Vec<(&str, Option<bool>)> = Vec::new();
    let takes_tail = |id: &str| {
        let rule = rules.rules().iter().find(|rule| *rule.id == *id);
        rule.is_some_and(|rule| matches!(rule.scope, Scope::Tail { .. }))
    };
    let mut in_tails = Vec::with_capacity(judged.verdicts.len());
    for verdict in &judged.verdicts {
        in_tails.push(match (&verdict.label, &verdict.reason) {
            (Label::Chrome(_), Reason::Rule(origin)) => match seen.iter_mut().find(|(id, _)| *id == &*origin.id) {
                Some((id, tail)) => *tail.get_or_insert_with(|| takes_tail(id)),
                None => {
                    seen.push((&origin.id, None));
                    false
                }
            },
            _ => false,
        });
    }
    in_tails
}

/// A page of text, as far as its lines' names depend on it.
#[derive(Debug)]
pub struct Surroundings {
    lines: Vec<Line>,
    /// Hashes of the words that were read, line after line.
    words: Vec<u32>,
    /// The nearest line before and after each, within [`REACH`], that a rule knows: the number of its category, and how far
    /// it is, in steps.
    before: Vec<(u32, u32)>,
    after: Vec<(u32, u32)>,
    title: usize,
    story: usize,
    last: usize,
}

#[derive(Debug, Clone, Default)]
struct Line {
    /// Its words among all.
    words: Range<usize>,
    shape: u32,
}

impl Surroundings {
    /// Looks at the lines of a page and at its verdicts; of lines [`in_tails`] no rule is said to know anything.
    /// Only the lines that are to be `read` can be named, if their neighbours are too.
    pub fn of(judged: &JudgedPage, in_tails: &[bool], read: &[bool]) -> Surroundings {
        let blocks = &judged.page.blocks;
        let content = |index: usize| judged.verdicts[index].label == Label::Content;
        let count = blocks.len();
        let first = (0..count).find(|&index| content(index)).unwrap_or(count);
        let story = (0..count).find(|&index| content(index) && ends_sentence(&blocks[index].text)).unwrap_or(first);
        let title = (0..story).find(|&index| judged.verdicts[index].reason == Reason::Title).unwrap_or(story);
        let last = (0..count).rev().find(|&index| content(index)).unwrap_or(0);
        let ruled = |(verdict, in_tail): (&Verdict, &bool)| match (&verdict.label, &verdict.reason) {
            (Label::Chrome(category), Reason::Rule(_)) if !in_tail => Some(number(category.as_str())),
            _ => None,
        };
        let ruled: Vec<Option<u8>> = judged.verdicts.iter().zip(in_tails).map(ruled).collect();
        let mut after = nearest(ruled.iter().rev());
        after.reverse();
        let mut words = Vec::new();
        let lines = blocks.iter().zip(read).map(|(block, read)| match read {
            true => line(&block.text, &mut words),
            false => Line::default(),
        });
        Surroundings { lines: lines.collect(), words, before: nearest(ruled.iter()), after, title, story, last }
    }

    /// Which of [`NAMES`] each of these lines is, ascending ones. Lines that stand side by side are mostly of one list.
    pub fn named(&self, lines: &[usize], weights: &[[i8; NAMES.len()]]) -> Vec<usize> {
        let own: Vec<[f32; NAMES.len()]> = lines
            .iter()
            .map(|&at| {
                // Sixteen bits hold the sum of 256 weights; a line has not half as many buckets.
                let mut scores = [0i16; NAMES.len()];
                self.each_bucket(at, |bucket| {
                    let weights = &weights[bucket];
                    (0..NAMES.len()).for_each(|name| scores[name] += i16::from(weights[name]));
                });
                scores.map(f32::from)
            })
            .collect();
        let best = |at: usize| {
            let beside = [at.checked_sub(1), Some(at + 1)].into_iter().flatten();
            let beside: Vec<usize> =
                beside.filter(|&other| other < lines.len() && lines[other].abs_diff(lines[at]) == 1).collect();
            let score =
                |name: usize| own[at][name] + BESIDE * beside.iter().map(|&other| own[other][name]).sum::<f32>();
            let most = (0..NAMES.len()).max_by(|a, b| score(*a).total_cmp(&score(*b)).then(b.cmp(a)));
            most.unwrap_or_default()
        };
        (0..lines.len()).map(best).collect()
    }

    /// Calls `found` with the bucket of everything that speaks for or against a name of line `at`.
    pub fn each_bucket(&self, at: usize, mut found: impl FnMut(usize)) {
        let mut put = |kind: u32, parts: [u32; 3]| {
            let mixed = parts.iter().fold(kind.wrapping_mul(0x85eb_ca6b), |mixed, part| mix(mixed, *part));
            found((mix(mixed, 0) >> (32 - BITS)) as usize);
        };
        let line = &self.lines[at];
        let words = &self.words[line.words.clone()];
        let mut previous = 1;
        for &word in words {
            put(1, [word, 0, 0]);
            put(2, [previous, word, 0]);
            previous = word;
        }
        put(2, [previous, 2, 0]);
        if words.len() <= 6 {
            put(3, [words.iter().fold(7, |whole, word| mix(whole, *word)), 0, 0]);
        }
        let place = match at {
            _ if at < self.title => 0,
            _ if at < self.story => 1,
            _ if at <= self.last => 2,
            _ => 3,
        };
        let tenth = (at * 10 / self.lines.len()) as u32;
        put(4, [place, line.shape, 0]);
        put(5, [tenth, place, 0]);
        let (before, after) = (self.before[at], self.after[at]);
        put(6, [before.0, before.1, 0]);
        put(7, [after.0, after.1, 0]);
        put(8, [before.0, after.0, place]);
        put(9, [before.0, line.shape, 0]);
        for (kind, other) in [(10, at.checked_sub(1)), (11, Some(at + 1))] {
            let Some(other) = other.and_then(|other| self.lines.get(other)) else { continue };
            put(kind + 2, [other.shape, line.shape, 0]);
            self.words[other.words.clone()].iter().take(NEIGHBOUR).for_each(|word| put(kind, [*word, 0, 0]));
        }
    }
}

/// For each line the nearest before it that is known, and how far it is, in powers of two.
fn nearest<'a>(ruled: impl Iterator<Item = &'a Option<u8>>) -> Vec<(u32, u32)> {
    let mut last: Option<(u8, usize)> = None;
    let step = |(at, ruled): (usize, &Option<u8>)| {
        let near = last.filter(|(_, place)| at - place <= REACH);
        last = ruled.map(|category| (category, at)).or(last);
        near.map_or((99, 9), |(category, place)| (u32::from(category), (at - place).ilog2()))
    };
    ruled.enumerate().map(step).collect()
}

/// Puts the hashes of a line's first words to the others, and tells what it looks like: how many words, whether it ends a
/// sentence, holds digits.
fn line(text: &str, words: &mut Vec<u32>) -> Line {
    let start = words.len();
    let mut count = 0u32;
    let mut word = 0u32;
    let mut put = |word: &mut u32, count: &mut u32| {
        if *word != 0 {
            if words.len() - start < WORDS {
                words.push(*word);
            }
            *count += 1;
            *word = 0;
        }
    };
    let mut digits = false;
    for c in text.chars() {
        match c {
            'a'..='z' => word = mix(word, c as u32),
            'A'..='Z' => word = mix(word, c as u32 | 0x20),
            // One number is as good as another, but their lengths tell years from counts.
            '0'..='9' => (word, digits) = (mix(word, 0x30), true),
            _ if c.is_ascii() => put(&mut word, &mut count),
            _ if is_wide(c) => {
                put(&mut word, &mut count);
                word = mix(5, c as u32);
                put(&mut word, &mut count);
            }
            _ if c.is_alphabetic() => c.to_lowercase().for_each(|c| word = mix(word, c as u32)),
            _ => put(&mut word, &mut count),
        }
        // A line of so many words is as long as any.
        if count > 30 {
            break;
        }
    }
    put(&mut word, &mut count);
    let length = match count {
        0..=2 => count,
        3..=4 => 3,
        5..=8 => 4,
        9..=15 => 5,
        16..=30 => 6,
        _ => 7,
    };
    Line { words: start..words.len(), shape: length << 2 | u32::from(ends_sentence(text)) << 1 | u32::from(digits) }
}

/// Characters that are words of their own where no spaces part words.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}')
}

fn mix(hash: u32, part: u32) -> u32 {
    (hash.rotate_left(5) ^ part).wrapping_mul(0x9e37_79b1).wrapping_add(0x7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use dechaff_document::{Block, Page};

    use super::*;
    use crate::category::CATEGORIES;

    #[test]
    fn every_name_is_a_category() {
        assert!(NAMES.iter().all(|name| CATEGORIES.contains(name)));
        assert_eq!(WEIGHTS.len(), BUCKETS);
    }

    #[test]
    fn what_no_rule_knows_is_named_after_its_words_and_its_place() {
        let lines = [
            "Politics",
            "Sport",
            "A river moves house",
            "The river left its bed in the night.",
            "Share on Facebook",
            "Share on WhatsApp",
            "Subscribe to our weekly newsletter and get the best stories in your inbox",
        ];
        let content = |reason| Verdict { label: Label::Content, reason, score: Some(0.9) };
        let chrome = || Verdict {
            label: Label::Chrome(Category::new("other")),
            reason: Reason::Model { score: 0.1, cut: 0.4 },
            score: Some(0.1),
        };
        let mut verdicts: Vec<Verdict> = lines.iter().map(|_| chrome()).collect();
        verdicts[2] = content(Reason::Title);
        verdicts[3] = content(Reason::Default);
        let blocks = lines.map(|text| Block { text: text.to_owned(), ..Block::default() });
        let page = Page { kind: PageKind::Text, blocks: blocks.to_vec(), ..Page::default() };
        let mut judged = JudgedPage { page, verdicts, confidence: 1.0, empty: None, fired: Vec::new() };
        name(&mut judged, &RuleSet::only(&[]).expect("no rules"));
        let names: Vec<&str> = judged
            .verdicts
            .iter()
            .map(|verdict| match &verdict.label {
                Label::Chrome(category) => category.as_str(),
                _ => "content",
            })
            .collect();
        assert_eq!(names, ["nav", "nav", "content", "content", "share", "share", "newsletter"]);
    }
}
