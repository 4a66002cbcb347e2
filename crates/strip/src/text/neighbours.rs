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

/// The features of every line, rows of [`FEATURES`] one after another; `scores` are the first pass's.
pub fn rows(view: &View, scores: &[f32]) -> Vec<f32> {
    let count = scores.len();
    let words: Vec<f32> = view.words().iter().map(|words| words.max(1.0)).collect();
    let mass = running_of(scores.iter().zip(&words).map(|(score, words)| score * words));
    let weight = running_of(words.iter().copied());
    let (all_mass, all_words) = (mass[count].max(1e-6), weight[count].max(1.0));
    let (cut, expected) = expected_f1_cut(scores, &words);
    let best = best_stretch(scores.iter().zip(&words).map(|(score, words)| (score - PAYS) * words));
    let best_share = (mass[best.1] - mass[best.0]) / all_mass;
    let highest = scores.iter().copied().fold(0.0, f32::max);
    let kept: Vec<f32> = scores.iter().map(|score| if *score >= cut { 1.0 } else { 0.0 }).collect();
    let (kept_before, kept_after) = (distances(&kept, false), distances(&kept, true));
    let same_indent = mean_of_others(scores, &words, |at| u64::from(view.line(at).indent));
    let same_item = mean_of_others(scores, &words, |at| {
        let line = view.line(at);
        u64::from(line.item)
            | u64::from(line.heading) << 1
            | u64::from(line.list_depth) << 8
            | u64::from(line.words < 8.0) << 16
    });
    let copies = mean_of_others(scores, &words, |at| view.line(at).key);
    let (paragraph, heading_before, below) =
        (paragraphs(view, scores, &words), headings_before(view, scores), below(view, &mass, &weight));
    let beside =
        |at: usize, offset: isize| at.checked_add_signed(offset).and_then(|at| scores.get(at)).copied().unwrap_or(-1.0);
    let around = |at: usize, reach: usize| {
        let (from, to) = (at.saturating_sub(reach), (at + reach + 1).min(count));
        (mass[to] - mass[from]) / (weight[to] - weight[from]).max(1e-6)
    };
    let mut out = Vec::with_capacity(count * FEATURES.len());
    for at in 0..count {
        out.push(scores[at]);
        out.extend([-5, -4, -3, -2, -1, 1, 2, 3, 4, 5].map(|offset| beside(at, offset)));
        out.extend([3, 8, 20].map(|reach| around(at, reach)));
        out.extend([
            mass[at] / weight[at].max(1.0),
            mass[at + 1] / all_mass,
            mass[count] / all_words,
            highest,
            cut,
            scores[at] - cut,
            expected,
            if (best.0..best.1).contains(&at) { 1.0 } else { 0.0 },
            ((at as f32 - best.0 as f32) / (best.1 - best.0).max(1) as f32).clamp(-9.0, 9.0),
            best_share,
            kept_before[at],
            kept_after[at],
            same_indent[at],
            same_item[at],
            copies[at],
            paragraph[at],
            heading_before[at],
            below[at],
        ]);
    }
    out
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
