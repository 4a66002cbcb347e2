//! What the rules say, as numbers for the model: a rule is sure of its own line, and a sign for the lines around it.
//!
//! Rules veto all the same after the model has judged. As features they gave .005 of word F1 (first pass, out of fold):
//! a menu of which rules know half is a menu, and what follows the heading of the comments is no story.

use super::features::{distances, running_of};
use crate::{CategorySet, Hints, category::BELOW_HEADLINE};

/// Categories that begin the readers' part of a page.
const COMMENTS: [&str; 2] = ["comments", "comment-form"];

/// Categories that begin a list of other pages.
const RELATED: [&str; 1] = ["related-links"];

/// The rules' hits on a page's lines, one value a line; sums are running sums.
#[derive(Debug)]
pub(super) struct Ruled {
    /// 1 where a rule drops the line.
    pub own: Vec<f32>,
    /// 1 where a rule hints at the line.
    pub hinted: Vec<f32>,
    pub sum: Vec<f32>,
    pub hinted_sum: Vec<f32>,
    /// Lines to the nearest dropped line.
    pub before: Vec<f32>,
    pub after: Vec<f32>,
    /// Lines since the last one of these categories.
    pub from_comments: Vec<f32>,
    pub from_related: Vec<f32>,
    /// Running sum of the lines that stand right below headlines.
    pub heads: Vec<f32>,
    /// The line that is the title, as the rules have it.
    pub title: Option<usize>,
}

impl Ruled {
    pub(super) fn of(hints: &Hints) -> Ruled {
        let marks = |fits: &dyn Fn(CategorySet, CategorySet) -> bool| -> Vec<f32> {
            hints.blocks.iter().map(|hints| f32::from(u8::from(fits(hints.vetoed, hints.hinted)))).collect()
        };
        let any = CategorySet::of_all;
        let (comments, related, below) = (any(&COMMENTS), any(&RELATED), any(&BELOW_HEADLINE));
        let own = marks(&|vetoed, _| !vetoed.is_empty());
        let hinted = marks(&|_, hinted| !hinted.is_empty());
        Ruled {
            sum: running_of(own.iter().copied()),
            hinted_sum: running_of(hinted.iter().copied()),
            before: distances(&own, false),
            after: distances(&own, true),
            from_comments: distances(&marks(&|vetoed, hinted| vetoed.meets(comments) || hinted.meets(comments)), false),
            from_related: distances(&marks(&|vetoed, hinted| vetoed.meets(related) || hinted.meets(related)), false),
            heads: running_of(marks(&|vetoed, hinted| vetoed.meets(below) || hinted.meets(below)).into_iter()),
            title: hints.blocks.iter().position(|hints| hints.title),
            own,
            hinted,
        }
    }
}
