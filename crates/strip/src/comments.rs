//! Whether what readers wrote below a page is its content.

use dechaff_document::PageKind;

use crate::scored::Scored;

/// Share of the words that the model takes for content from which readers' comments are what a page is about. Threads
/// of link sites and of forums stand in elements of the same names as comments do; the model sees which it is, and keeps
/// next to nothing of the comments below an article.
const DISCUSSION: f32 = 0.25;

/// What a page declares itself to be whose content is what readers wrote.
const DISCUSSIONS: [&str; 4] =
    ["schema:discussionforumposting", "schema:qapage", "schema:question", "schema:socialmediaposting"];

/// Whether readers' comments stand apart from what the page is about: it does not declare them its content, and the model
/// keeps little of them. Plain text has no elements that part the two.
pub(crate) fn stand_apart(page: &Scored<'_>) -> bool {
    if page.page.kind != PageKind::Html || page.page.declared.iter().any(|kind| DISCUSSIONS.contains(&kind.as_str())) {
        return false;
    }
    let (mut all, mut comments) = (0, 0);
    for block in (0..page.len()).filter(|&block| page.likes(block)) {
        let words = page.words(block);
        all += words;
        comments += if page.evidence.hints.blocks[block].hinted.contains("comments") { words } else { 0 };
    }
    (comments as f32) < DISCUSSION * all as f32
}
