//! From the forest's probabilities to scores, a cut and a confidence.

use rustc_hash::{FxHashMap, FxHashSet};

use super::lines::Line;
use crate::{Scores, numbered::Numbered};

/// Part of a block's score that is its own; the rest is what the blocks made by the same template, and those under the
/// same parent, score on average. Both from cross-validation.
const OWN: f32 = 0.6;
const TEMPLATE: f32 = 0.2;
const PARENT: f32 = 0.2;

/// Words of the shortest text of which only the best copy counts.
const COPY_WORDS: f32 = 8.0;

/// A page whose cut has an expected F1 below the first is in doubt, and below the second wholly so. Here and below, from
/// cross-validation (training/notes-html.md).
const IN_DOUBT: f32 = 0.85;
const WHOLLY_IN_DOUBT: f32 = 0.75;

/// A page of fewer words than the first has no parts to speak of: what stands beside a short text is no part of it. From
/// the second on it has.
const NO_PARTS: f32 = 200.0;
const PARTS: f32 = 400.0;

/// What part of the score of a block that may be either is that of its part of the page, where the page is wholly in doubt.
const PART: f32 = 0.4;

/// A part of a page holds at least this share of its words.
const PART_SHARE: f32 = 0.2;

/// The cut of the highest expected F1 is believed within these bounds.
pub(super) const LOWEST: f32 = 0.15;
pub(super) const HIGHEST: f32 = 0.6;

/// Mixes each score with those of related blocks. `templates` and `parents` say which are related.
pub(super) fn smooth(scores: &mut [f32], templates: &Numbered, parents: &Numbered, lines: &[Line]) {
    let means = [templates, parents].map(|keys| {
        let mut sums = vec![(0.0f32, 0.0f32); keys.keys];
        for ((&key, &score), line) in keys.of.iter().zip(scores.iter()).zip(lines) {
            let sum = &mut sums[key as usize];
            sum.0 += score * line.words;
            sum.1 += line.words;
        }
        // The mean of the others: a block without any is its own mean.
        let others = keys.of.iter().zip(scores.iter()).zip(lines).map(|((&key, &score), line)| {
            let (sum, words) = sums[key as usize];
            let words = words - line.words;
            if words >= 1.0 { (sum - score * line.words) / words } else { score }
        });
        others.collect::<Vec<f32>>()
    });
    for (index, score) in scores.iter_mut().enumerate() {
        *score = OWN * *score + TEMPLATE * means[0][index] + PARENT * means[1][index];
    }
}

/// Leaves of several long blocks with the same text the best score to one of them, the first of equals. Blocks that
/// `may_repeat`, cells of a table and code, are no copies: a timetable says the same in many cells.
pub(super) fn count_copies_once(scores: &mut [f32], lines: &[Line], may_repeat: impl Fn(usize) -> bool) {
    let counts = |index: usize| lines[index].words >= COPY_WORDS && !may_repeat(index);
    let mut best: FxHashMap<u64, usize> = FxHashMap::default();
    for (index, line) in lines.iter().enumerate() {
        if !counts(index) {
            continue;
        }
        let place = best.entry(line.hash).or_insert(index);
        if scores[index] > scores[*place] {
            *place = index;
        }
    }
    let kept: FxHashSet<usize> = best.values().copied().collect();
    for index in 0..lines.len() {
        if counts(index) && !kept.contains(&index) {
            scores[index] = 0.0;
        }
    }
}

/// How far a page is in doubt, from 0 to 1, by the confidence of a first cut, and has parts that could settle it.
pub(super) fn doubt(confidence: f32, lines: &[Line]) -> f32 {
    let ramp = |value: f32, none: f32, whole: f32| ((value - none) / (whole - none)).clamp(0.0, 1.0);
    let words = lines.iter().map(|line| line.words).sum();
    ramp(confidence, IN_DOUBT, WHOLLY_IN_DOUBT) * ramp(words, NO_PARTS, PARTS)
}

/// Moves the scores of a page in `doubt` towards the mean of the part that each block stands in: the innermost element
/// around it that holds a fifth of the page's words. People want or leave such a part as a whole, all its cards, all its
/// reviews, where single blocks say little; so a block moves the less the surer its own score is. `elements` are those of the blocks, `parents` those of all elements, which
/// come before their children. Copies that do not count still do not. Linear in blocks and elements.
pub(super) fn lean_on_parts(scores: &mut [f32], doubt: f32, elements: &[u32], parents: &[u32], lines: &[Line]) {
    // Sum of scores and words below each element.
    let mut below = vec![(0.0f32, 0.0f32); parents.len()];
    for ((&element, &score), line) in elements.iter().zip(scores.iter()).zip(lines) {
        // A text that the page only states stands in no element.
        if let Some(sum) = below.get_mut(element as usize) {
            sum.0 += score * line.words;
            sum.1 += line.words;
        }
    }
    for element in (0..parents.len()).rev() {
        let (score, words) = below[element];
        if let Some(sum) = below.get_mut(parents[element] as usize) {
            sum.0 += score;
            sum.1 += words;
        }
    }
    let enough = PART_SHARE * lines.iter().map(|line| line.words).sum::<f32>();
    let mut parts: Vec<u32> = Vec::with_capacity(parents.len());
    for (element, &parent) in parents.iter().enumerate() {
        let outer = parts.get(parent as usize).copied();
        parts.push(outer.filter(|_| below[element].1 < enough).unwrap_or(element as u32));
    }
    for (score, &element) in scores.iter_mut().zip(elements).filter(|(score, _)| **score > 0.0) {
        let Some(&part) = parts.get(element as usize) else { continue };
        let (sum, words) = below[part as usize];
        let unsure = 4.0 * *score * (1.0 - *score);
        *score += PART * doubt * unsure * (sum / words.max(1.0) - *score);
    }
}

/// Chooses the cut of the highest expected F1, where a block of `n` words and score `p` holds `p·n` words of content:
/// the prefix of the blocks, best first, that maximises 2·Σ p·n (chosen) / (Σ n (chosen) + Σ p·n (all)).
pub(super) fn choose(scores: Vec<f32>, lines: &[Line]) -> Scores {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let all: f32 = scores.iter().zip(lines).map(|(score, line)| score * line.words).sum();
    let (mut right, mut words) = (0.0, 0.0);
    let (mut best, mut cut) = (0.0, HIGHEST);
    for &index in &order {
        right += scores[index] * lines[index].words;
        words += lines[index].words;
        let expected = 2.0 * right / (words + all).max(1.0);
        if expected > best {
            (best, cut) = (expected, scores[index]);
        }
    }
    let cut = cut.clamp(LOWEST, HIGHEST);
    // What the clamped cut keeps is what the confidence is of.
    let (mut right, mut words) = (0.0, 0.0);
    for (score, line) in scores.iter().zip(lines).filter(|(score, _)| **score >= cut) {
        right += score * line.words;
        words += line.words;
    }
    let confidence = (2.0 * right / (words + all).max(1.0)).clamp(0.0, 1.0);
    Scores { scores, cut, confidence, title: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: f32, hash: u64) -> Line {
        Line { words, hash, ..Line::default() }
    }

    #[test]
    fn the_cut_keeps_what_raises_the_expected_f1() {
        let lines = [line(100.0, 1), line(100.0, 2), line(100.0, 3)];
        let scores = choose(vec![0.9, 0.5, 0.05], &lines);
        assert_eq!(scores.cut, 0.5);
        assert!((scores.confidence - 2.0 * 140.0 / (200.0 + 145.0)).abs() < 1e-5);
    }

    #[test]
    fn of_copies_the_best_counts() {
        let lines = [line(9.0, 7), line(9.0, 7), line(2.0, 7), line(9.0, 7)];
        let mut scores = [0.3, 0.8, 0.5, 0.4];
        count_copies_once(&mut scores, &lines, |index| index == 3);
        assert_eq!(scores, [0.0, 0.8, 0.5, 0.4]);
    }

    #[test]
    fn a_page_in_doubt_is_judged_by_its_parts() {
        // Two lists below the body, of which the first is mostly content.
        let lines = [line(30.0, 1), line(30.0, 2), line(30.0, 3), line(30.0, 4)];
        let (elements, parents) = ([1, 1, 2, 2], [u32::MAX, 0, 0]);
        let mut scores = [0.6, 0.2, 0.2, 0.0];
        lean_on_parts(&mut scores, 1.0, &elements, &parents, &lines);
        // Means of .4 and .1; the surer a score, the less it moves.
        let expected = [0.6 - PART * 0.96 * 0.2, 0.2 + PART * 0.64 * 0.2, 0.2 - PART * 0.64 * 0.1, 0.0];
        assert!(scores.iter().zip(expected).all(|(score, expected)| (score - expected).abs() < 1e-6), "{scores:?}");
        // A part that holds too little is judged with what is around it.
        let lines = [line(5.0, 1), line(95.0, 2)];
        let mut scores = [0.5, 0.9];
        lean_on_parts(&mut scores, 1.0, &[1, 0], &[u32::MAX, 0], &lines);
        assert!((scores[0] - (0.5 + PART * 0.38)).abs() < 1e-6, "{scores:?}");
        lean_on_parts(&mut [0.5], 1.0, &[u32::MAX], &[], &lines[..1]);
        assert_eq!([0.95, 0.7].map(|confidence| doubt(confidence, &[line(500.0, 1)])), [0.0, 1.0]);
        assert_eq!(doubt(0.7, &lines), 0.0, "a short page has no parts");
    }

    #[test]
    fn related_blocks_pull_a_score_towards_theirs() {
        let lines = [line(10.0, 1), line(10.0, 2), line(10.0, 3)];
        let mut scores = [0.0, 1.0, 1.0];
        let numbered = |keys: [u64; 3]| Numbered::new(keys.into_iter());
        smooth(&mut scores, &numbered([1, 1, 1]), &numbered([4, 5, 6]), &lines);
        assert!((scores[0] - TEMPLATE).abs() < 1e-6);
    }
}
