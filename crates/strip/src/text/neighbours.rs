//! The second pass's features: what the first pass thought of the line, of its neighbours and of the page.

use rustc_hash::FxHashMap;

use super::{
    cut::expected_f1_cut,
    features::{View, best_stretch, distances, running_of},
};

/// Names of the features that the second pass has beside those of the first, in the order of the columns.
pub const FEATURES: &[&str] = &[
    "p",
    "p-5",
    "p-4",
    "p-3",
    "p-2",
    "p-1",
    "p+1",
    "p+2",
    "p+3",
    "p+4",
    "p+5",
    "p-w3",
    "p-w8",
    "p-w20",
    "p-before",
    "p-share-before",
    "p-page",
    "p-highest",
    "p-cut",
    "p-from-cut",
    "p-expected",
    "p-in-best",
    "p-place-in-best",
    "p-best-share",
    "p-kept-before",
    "p-kept-after",
    "p-same-indent",
    "p-same-item",
    "p-copies",
    "p-paragraph",
    "p-heading-before",
    "p-below",
];

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
        Neighbours {
            scores,
            highest: scores.iter().copied().fold(0.0, f32::max),
            cut,
            expected,
            best,
            best_share: (mass[best.1] - mass[best.0]) / mass[scores.len()].max(1e-6),
            kept_before: distances(&kept, false),
            kept_after: distances(&kept, true),
            same_indent: mean_of_others(scores, &words, |at| u64::from(view.line(at).indent)),
            same_item: mean_of_others(scores, &words, kind),
            copies: mean_of_others(scores, &words, |at| view.line(at).key),
            paragraph: paragraphs(view, scores, &words),
            heading_before: headings_before(view, scores),
            below: below(view, &mass, &weight),
            mass,
            weight,
        }
    }

    /// Appends the features of one line.
    pub(super) fn put_row(&self, at: usize, out: &mut Vec<f32>) {
        let count = self.scores.len();
        let beside =
            |offset: isize| at.checked_add_signed(offset).and_then(|at| self.scores.get(at)).copied().unwrap_or(-1.0);
        let around = |reach: usize| {
            let (from, to) = (at.saturating_sub(reach), (at + reach + 1).min(count));
            (self.mass[to] - self.mass[from]) / (self.weight[to] - self.weight[from]).max(1e-6)
        };
        let (all_mass, all_words) = (self.mass[count].max(1e-6), self.weight[count].max(1.0));
        let in_best = (self.best.0..self.best.1).contains(&at);
        let place_in_best = (at as f32 - self.best.0 as f32) / (self.best.1 - self.best.0).max(1) as f32;
        out.push(self.scores[at]);
        out.extend([-5, -4, -3, -2, -1, 1, 2, 3, 4, 5].map(beside));
        out.extend([3, 8, 20].map(around));
        out.extend([
            self.mass[at] / self.weight[at].max(1.0),
            self.mass[at + 1] / all_mass,
            self.mass[count] / all_words,
            self.highest,
            self.cut,
            self.scores[at] - self.cut,
            self.expected,
            if in_best { 1.0 } else { 0.0 },
            place_in_best.clamp(-9.0, 9.0),
            self.best_share,
            self.kept_before[at],
            self.kept_after[at],
            self.same_indent[at],
            self.same_item[at],
            self.copies[at],
            self.paragraph[at],
            self.heading_before[at],
            self.below[at],
        ]);
    }
}

/// Mean score, by words, of the other lines with the same key; −1 where there is none.
fn mean_of_others(scores: &[f32], words: &[f32], key: impl Fn(usize) -> u64) -> Vec<f32> {
    let mut sums: FxHashMap<u64, (f32, f32)> = FxHashMap::default();
    for at in 0..scores.len() {
        let (mass, weight) = sums.entry(key(at)).or_default();
        *mass += scores[at] * words[at];
        *weight += words[at];
    }
    let mean = |at: usize| {
        let (mass, weight) = sums[&key(at)];
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
