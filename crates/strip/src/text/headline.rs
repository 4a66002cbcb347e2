//! Which line is the headline: the features of the forest that tells it.
//!
//! It reads what both passes read, and what follows. Learned from the lines that say what the title of a page's HTML says,
//! and from dumps (`training/src/text/dumps.rs`).

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    features::{View, features},
    neighbours::Neighbours,
};

/// Lines from the top of a page among which the headline is looked for: banners, consent texts, appeals and menus of a
/// hundred lines come before it.
pub const LINES: usize = 160;

/// The probability that a line must have to be the headline. Set by hand, like the next one: where no line has it, the rule
/// of thumb decides (`evidence/title.rs`).
const LEAST: f32 = 0.3;

/// The same for a line that a rule drops: bylines, banners and buttons stand where headlines do.
const LEAST_AGAINST_RULES: f32 = 0.7;

/// Lines of the story whose words are looked up.
const STORY: usize = 60;

/// Words that a headline has.
const WORDS: std::ops::RangeInclusive<u32> = 1..=40;

/// What is known of a page's first lines.
#[derive(Debug)]
pub(super) struct Headline {
    /// Whether the same line stands once more further down among the lines looked at.
    again: Vec<f32>,
    /// Lines above that are shaped like a headline.
    shaped_before: Vec<f32>,
    /// Of the words of the line, the share that stands in lines of the story.
    in_story: Vec<f32>,
    /// Of the two lines below, and of the six, how many rules know as what stands below a headline.
    headed: Vec<[f32; 2]>,
    /// Lines to the first sentence below that the first pass takes for content; words of that line.
    to_story: Vec<[f32; 2]>,
}

impl Headline {
    /// What is known of a page of which the first pass has judged.
    pub(super) fn of(view: &View, first: &Neighbours<'_>) -> Headline {
        let count = view.len().min(LINES);
        let mut shaped = 0.0;
        let is_shaped = |at: usize| {
            let line = view.line(at);
            (3.0..=30.0).contains(&line.words) && !line.ends_sentence()
        };
        let shaped_before = (0..count)
            .map(|at| {
                let before = shaped;
                shaped += f32::from(u8::from(is_shaped(at)));
                before
            })
            .collect();
        let tells = |at: usize| first.keeps(at) && view.line(at).ends_sentence() && view.line(at).words >= 8.0;
        let mut to_story = vec![[200.0, 0.0]; count];
        let mut next = None;
        for at in (0..view.len().min(LINES + 60)).rev() {
            if at < count {
                let [distance, words] = &mut to_story[at];
                if let Some(next) = next {
                    (*distance, *words) = ((next - at) as f32, view.line(next).words);
                }
            }
            if tells(at) {
                next = Some(at);
            }
        }
        Headline {
            again: again(view, count),
            shaped_before,
            in_story: in_story(view, count, tells),
            headed: (0..count).map(|at| [2, 6].map(|reach| headed(view, at, reach))).collect(),
            to_story,
        }
    }
}

/// Whether each of the first `count` lines stands once more below itself.
fn again(view: &View, count: usize) -> Vec<f32> {
    let last: FxHashMap<u64, usize> = (0..count).map(|at| (view.line(at).key, at)).collect();
    (0..count).map(|at| f32::from(u8::from(last[&view.line(at).key] > at))).collect()
}

/// Of the words of each of the first `count` lines, the share that stands in lines that `tell` the story.
fn in_story(view: &View, count: usize, tells: impl Fn(usize) -> bool) -> Vec<f32> {
    let lines = (0..view.len()).filter(|&at| tells(at)).take(STORY);
    let story: FxHashSet<u32> = lines.flat_map(|at| view.lines.words_of(view.line(at))).copied().collect();
    let share = |at: usize| {
        let words = view.lines.words_of(view.line(at));
        words.iter().filter(|word| story.contains(word)).count() as f32 / words.len().max(1) as f32
    };
    (0..count).map(share).collect()
}

/// How many of the `reach` lines below a line rules know as what stands below a headline.
fn headed(view: &View, at: usize, reach: usize) -> f32 {
    let to = (at + 1 + reach).min(view.len());
    view.ruled.heads[to] - view.ruled.heads[at + 1]
}

/// The headline, by the probabilities of the first lines: the likeliest one. Of a line that rules drop more is asked, for a
/// page about cookies has a headline that names them.
pub(super) fn choose(view: &View, probabilities: &[f32]) -> Option<usize> {
    let least = |at: usize| if view.ruled.own[at] == 0.0 { LEAST } else { LEAST_AGAINST_RULES };
    let may_be = |at: &usize| probabilities[*at] >= least(*at) && WORDS.contains(&(view.line(*at).words as u32));
    (0..probabilities.len()).filter(may_be).max_by(|a, b| {
        // The first of equals: lines that stand twice have much the same features.
        probabilities[*a].total_cmp(&probabilities[*b]).then(b.cmp(a))
    })
}

features! {
    /// Names of the features that this forest has beside those of both passes, in the order of the columns.
    FEATURES, COLUMNS: page: Headline, at, again = page.again[at];
    "h-again": again,
    "h-shaped-before": page.shaped_before[at],
    "h-in-story": page.in_story[at],
    "h-headed-2": page.headed[at][0],
    "h-headed-6": page.headed[at][1],
    "h-to-story": page.to_story[at][0],
    "h-story-words": page.to_story[at][1],
    "h-line": at as f32,
}
