//! The shape of a menu: short lines in a row, with no sentence among them, before or after all running text.

use super::features::View;

/// Words of the longest line of a menu.
const WORDS: f32 = 5.0;

/// Lines of running text without which a page has no before and after.
const PROSE_LINES: usize = 3;

/// The run that makes a menu.
const LINES: usize = 3;

/// For every line, the length of the menu it is in; zero outside.
pub(super) fn lengths(view: &View) -> Vec<usize> {
    let mut lengths = vec![0; view.len()];
    let prose: Vec<usize> = (0..view.len()).filter(|at| view.line(*at).is_prose()).collect();
    if prose.len() < PROSE_LINES {
        return lengths;
    }
    for edge in [0..prose[0], prose[prose.len() - 1] + 1..view.len()] {
        let mut start = edge.start;
        for at in edge.start..=edge.end {
            if at < edge.end && is_short(view, at) {
                continue;
            }
            if at - start >= LINES {
                lengths[start..at].fill(at - start);
            }
            start = at + 1;
        }
    }
    lengths
}

/// Ingredients and addresses have numbers, verse and enumerations end in marks.
fn is_short(view: &View, at: usize) -> bool {
    let line = view.line(at);
    let is_name =
        line.letters > 0 && line.digits == 0 && !line.ends_sentence() && !matches!(line.last, ':' | ',' | ';');
    line.words <= WORDS && is_name && !line.code
}
