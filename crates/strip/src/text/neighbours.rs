//! The second pass's features: what the first pass thought of the line, of its neighbours and of the page.

use super::{
    columns::Beside,
    cut::expected_f1_cut,
    features::{View, best_stretch, distances, features, running_of},
};
use crate::numbered::Numbered;

/// What a line must reach to pay for its words in the best stretch. It is the cut that scored best on every page alike.
const PAYS: f32 = 0.35;

/// What the first pass thought, summed up so that a line's features are read off.
#[derive(Debug)]
pub(super) struct Neighbours<'a> {
    scores: &'a [f32],
    /// Running sums of score × words, and of words.
    mass: Vec<f32>,
    weight: Vec<f32>,
    highest: f32,
    cut: f32,
    expected: f32,
    best: (usize, usize),
    best_share: f32,
    kept_before: Vec<f32>,
    kept_after: Vec<f32>,
    same_indent: Vec<f32>,
    same_item: Vec<f32>,
    copies: Vec<f32>,
    paragraph: Vec<f32>,
    heading_before: Vec<f32>,
    below: Vec<f32>,
}

impl<'a> Neighbours<'a> {
    /// `scores` are the first pass's, one a line.
    pub(super) fn of(view: &View, scores: &'a [f32]) -> Neighbours<'a> {
        let words: Vec<f32> = view.words().iter().map(|words| words.max(1.0)).collect();
        let mass = running_of(scores.iter().zip(&words).map(|(score, words)| score * words));
        let weight = running_of(words.iter().copied());
        let (cut, expected) = expected_f1_cut(scores, &words);
        let best = best_stretch(scores.iter().zip(&words).map(|(score, words)| (score - PAYS) * words));
        let kept: Vec<f32> = scores.iter().map(|score| if *score >= cut { 1.0 } else { 0.0 }).collect();
        let kind = |at: usize| {
            let line = view.line(at);
            u64::from(line.item)
                | u64::from(line.heading) << 1
                | u64::from(line.list_depth) << 8
                | u64::from(line.words < 8.0) << 16
        };
        let numbered = |key: &dyn Fn(usize) -> u64| Numbered::new((0..scores.len()).map(key));
        Neighbours {
            scores,
            highest: scores.iter().copied().fold(0.0, f32::max),
            cut,
            expected,
            best,
            best_share: (mass[best.1] - mass[best.0]) / mass[scores.len()].max(1e-6),
            kept_before: distances(&kept, false),
            kept_after: distances(&kept, true),
            same_indent: mean_of_others(scores, &words, &numbered(&|at| u64::from(view.line(at).indent))),
            same_item: mean_of_others(scores, &words, &numbered(&kind)),
            copies: mean_of_others(scores, &words, &view.lines.texts),
            paragraph: paragraphs(view, scores, &words),
            heading_before: headings_before(view, scores),
            below: below(view, &mass, &weight),
            mass,
            weight,
        }
    }

    /// Whether the first pass would keep a line.
    pub(super) fn keeps(&self, at: usize) -> bool {
        self.scores[at] >= self.cut
    }

    /// The first pass's score of the line `offset` lines away; −1 beyond the ends of the page.
    fn beside(&self, offset: isize) -> Beside<'_> {
        Beside { values: self.scores, offset, beyond: -1.0 }
    }

    /// Mean score, by words, of the lines within `reach` of a line.
    fn around(&self, at: usize, reach: usize) -> f32 {
        let (from, to) = (at.saturating_sub(reach), (at + reach + 1).min(self.scores.len()));
        (self.mass[to] - self.mass[from]) / (self.weight[to] - self.weight[from]).max(1e-6)
    }

    /// Sum of score × words of the page.
    fn all_mass(&self) -> f32 {
        self.mass[self.scores.len()]
    }

    /// Words of the page.
    fn all_words(&self) -> f32 {
        self.weight[self.scores.len()].max(1.0)
    }

    /// Place in the best stretch, 0 to 1 inside it.
    fn place_in_best(&self, at: usize) -> f32 {
        (at as f32 - self.best.0 as f32) / (self.best.1 - self.best.0).max(1) as f32
    }
}

features! {
    /// Names of the features that the second pass has beside those of the first, in the order of the columns.
    FEATURES, COLUMNS: page: Neighbours<'_>, at, score = page.scores[at];
    "p": score,
    "p-5" => page.beside(-5),
    "p-4" => page.beside(-4),
    "p-3" => page.beside(-3),
    "p-2" => page.beside(-2),
    "p-1" => page.beside(-1),
    "p+1" => page.beside(1),
    "p+2" => page.beside(2),
    "p+3" => page.beside(3),
    "p+4" => page.beside(4),
    "p+5" => page.beside(5),
    "p-w3": page.around(at, 3),
    "p-w8": page.around(at, 8),
    "p-w20": page.around(at, 20),
    "p-before": page.mass[at] / page.weight[at].max(1.0),
    "p-share-before": page.mass[at + 1] / page.all_mass().max(1e-6),
    "p-page": page.all_mass() / page.all_words(),
    "p-highest": page.highest,
    "p-cut": page.cut,
    "p-from-cut": score - page.cut,
    "p-expected": page.expected,
    "p-in-best": if (page.best.0..page.best.1).contains(&at) { 1.0 } else { 0.0 },
    "p-place-in-best": page.place_in_best(at).clamp(-9.0, 9.0),
    "p-best-share": page.best_share,
    "p-kept-before": page.kept_before[at],
    "p-kept-after": page.kept_after[at],
    "p-same-indent": page.same_indent[at],
    "p-same-item": page.same_item[at],
    "p-copies": page.copies[at],
    "p-paragraph": page.paragraph[at],
    "p-heading-before": page.heading_before[at],
    "p-below": page.below[at],
}

/// Mean score, by words, of the other lines with the same key; −1 where there is none.
fn mean_of_others(scores: &[f32], words: &[f32], keys: &Numbered) -> Vec<f32> {
    let mut sums = vec![(0.0f32, 0.0f32); keys.keys];
    for at in 0..scores.len() {
        let (mass, weight) = &mut sums[keys.at(at)];
        *mass += scores[at] * words[at];
        *weight += words[at];
    }
    let mean = |at: usize| {
        let (mass, weight) = sums[keys.at(at)];
        if weight - words[at] < 0.5 {
            -1.0
        } else {
            ((mass - scores[at] * words[at]) / (weight - words[at])).clamp(0.0, 1.0)
        }
    };
    (0..scores.len()).map(mean).collect()
}

/// Mean score of the lines between two blank lines.
fn paragraphs(view: &View, scores: &[f32], words: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; scores.len()];
    let mut start = 0;
    for end in 1..=scores.len() {
        if end == scores.len() || view.line(end).blank > 0 {
            let mass: f32 = (start..end).map(|at| scores[at] * words[at]).sum();
            let weight: f32 = words[start..end].iter().sum();
            out[start..end].fill(mass / weight);
            start = end;
        }
    }
    out
}

/// Score of the nearest heading-like line before: short, with no end of a sentence, and blank lines around or a mark.
fn headings_before(view: &View, scores: &[f32]) -> Vec<f32> {
    let mut last = -1.0;
    let step = |at: usize| {
        let before = last;
        if view.line(at).is_heading_like() {
            last = scores[at];
        }
        before
    };
    (0..scores.len()).map(step).collect()
}

/// Mean score of the lines that follow, up to the next heading-like line or twelve lines on; −1 where there is none.
fn below(view: &View, mass: &[f32], weight: &[f32]) -> Vec<f32> {
    let count = view.len();
    let mut out = vec![-1.0; count];
    let mut next = count;
    for at in (0..count).rev() {
        let end = next.min(at + 13);
        if end > at + 1 {
            out[at] = (mass[end] - mass[at + 1]) / (weight[end] - weight[at + 1]).max(1e-6);
        }
        if view.line(at).is_heading_like() {
            next = at;
        }
    }
    out
}
