//! The one place where a verdict is written.

use dechaff_document::{Block, Label, Reason, Verdict};

use crate::{BlockHints, category::category};

/// Decides one block. The order is the whole policy:
///
/// 1. the page's title is kept;
/// 2. a copy of an earlier block is dropped;
/// 3. hidden text is dropped;
/// 4. the score decides against the cut.
pub fn decide(block: &Block, hints: &BlockHints, score: f32, cut: f32) -> Verdict {
    let chrome = |slug, reason| Verdict { label: Label::Chrome(category(slug)), reason, score: Some(score) };
    if hints.title {
        return Verdict { label: Label::Content, reason: Reason::Title, score: Some(score) };
    }
    if let Some(of) = hints.copy_of {
        return chrome("other", Reason::CopyOf(of as usize));
    }
    if block.hidden {
        return chrome("other", Reason::Hidden);
    }
    match score >= cut {
        true => Verdict { label: Label::Content, reason: Reason::Model { score, cut }, score: Some(score) },
        false => chrome("other", Reason::Model { score, cut }),
    }
}
