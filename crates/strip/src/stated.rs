//! The text of a page that shows none: what its data state takes its place.

use dechaff_document::{EmptyReason, JudgedPage, Label, Reason, Unshown, Verdict};

/// How many times the words that are kept of what is shown the stated text must have. A shell keeps a heading, a notice,
/// a few cards; a page that keeps a third of what its data hold shows what it wants to show.
const TIMES: usize = 3;

/// Words that may be kept of what a page shows where the text comes from the state of its scripts or from a description,
/// which are not said to be the page's article: a heading and a line.
const LITTLE: usize = 25;

/// Adds what the page states and does not show, where next to nothing of what it shows was kept. An error is no page,
/// whatever data came with it.
pub(crate) fn put(judged: &mut JudgedPage) {
    let Some(Unshown { origin, blocks }) = judged.page.unshown.take() else { return };
    let words = |text: &str| text.split_whitespace().count().max(text.chars().count() / 12);
    let kept: usize = judged.content().map(|(_, block)| words(&block.text)).sum();
    let stated: usize = blocks.iter().map(|block| words(&block.text)).sum();
    let most = if origin.starts_with("JSON-LD articleBody") { usize::MAX } else { LITTLE };
    if judged.empty == Some(EmptyReason::ErrorPage) || stated < TIMES * kept || kept > most {
        return;
    }
    for block in blocks {
        judged.page.blocks.push(block);
        judged.verdicts.push(Verdict { label: Label::Content, reason: Reason::Stated(origin.clone()), score: None });
    }
    judged.empty = None;
}
