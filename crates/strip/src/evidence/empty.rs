//! Whether a page holds no content of its own.

use dechaff_document::{BlockKind, EmptyReason};

use super::Evidence;
use crate::rules::{Hit, Measured, RuleSet};

/// What a page is instead of content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmptyPage {
    /// What it is.
    pub reason: EmptyReason,
    /// The rule that says so, a place in [`RuleSet::rules`]; `None` where there is no text.
    pub rule: Option<u32>,
    /// Holds whatever the model says: there is no text, the page's own title says it, or it is a consent dialogue, whose
    /// prose the model likes.
    pub sure: bool,
}

/// Words of story that a page may hold beside a consent dialogue, a login form or an error and still be nothing else:
/// two short sentences.
const REST: u32 = 40;

/// Words of any kind that may stand beside it (menus that no rule knows). A consent dialogue brings its lists of vendors;
/// a listing of a shop that asks for JavaScript in passing has more words than these, though no story.
fn rest_words(reason: EmptyReason) -> u32 {
    match reason {
        EmptyReason::ConsentWall => 1000,
        EmptyReason::LoginWall => 250,
        _ => 150,
    }
}

/// Words of story that may stand on a page whose title says that it is an error: it apologises, and lists what is most
/// read. A story that is titled so has more.
const ERROR_STORY: u32 = 300;

/// The same on a page of plain text, which has no headings: a line near the top says it, and a menu's may too.
const ERROR_STORY_IN_TEXT: u32 = 100;

/// How many lines from the top such a line may stand, and how many words a title that says nothing else has ("404 - Page
/// not found"); a story about errors has a longer one.
const TOP: usize = 40;
const TITLE: u32 = 7;

/// What the page is instead of content; `None` where it may hold some.
///
/// Rules with a `page` name the wall or shell; it counts where next to no story stands beside what the rules drop.
pub(super) fn find(evidence: &Evidence, hits: &[Hit], rules: &RuleSet, page: &Measured<'_>) -> Option<EmptyPage> {
    if page.lines.len() == 0 {
        return Some(EmptyPage { reason: EmptyReason::NoText, rule: None, sure: true });
    }
    let naming: Vec<&Hit> = hits.iter().filter(|hit| rules.rules()[hit.rule as usize].page.is_some()).collect();
    let first = naming.iter().min_by_key(|hit| (hit.trigger, hit.rule))?;
    let rule = first.rule;
    let reason = rules.rules()[rule as usize].page?;
    let text = page.is_text();
    let titles = |hit: &&&Hit| {
        let at = hit.trigger;
        let first = match text {
            // What stands below a paragraph is no title.
            true => at < TOP && page.story(&(0..at)) == 0,
            false => matches!(page.page.blocks[at].kind, BlockKind::Heading(1 | 2)) && at * 2 <= page.lines.len(),
        };
        rules.rules()[hit.rule as usize].page == Some(EmptyReason::ErrorPage)
            && (evidence.hints.blocks[at].title || first)
            && !page.page.blocks[at].hidden
            && page.words(&(at..at + 1)) <= TITLE
    };
    let most = if text { ERROR_STORY_IN_TEXT } else { ERROR_STORY };
    if let Some(hit) = naming.iter().find(titles)
        && page.story(&(0..page.lines.len())) < most
    {
        return Some(EmptyPage { reason: EmptyReason::ErrorPage, rule: Some(hit.rule), sure: true });
    }
    let (mut story, mut words) = (0, 0);
    for block in 0..page.lines.len() {
        let dropped = !evidence.hints.blocks[block].vetoed.is_empty() && evidence.blocks[block].keep.is_none();
        if !dropped && !page.page.blocks[block].hidden {
            story += page.story(&(block..block + 1));
            words += page.words(&(block..block + 1));
        }
        if story >= REST || words > rest_words(reason) {
            return None;
        }
    }
    // A consent dialogue is prose too, and the model likes prose; but a dialogue says "we" and "you" in every sentence,
    // and a short report does not.
    match evidence.report.holds() {
        true => None,
        false => Some(EmptyPage { reason, rule: Some(rule), sure: reason == EmptyReason::ConsentWall }),
    }
}
