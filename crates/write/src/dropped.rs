//! What was removed of a document (`--keep-dropped`): with what was kept, all of its blocks.

use std::{io, sync::Arc};

use dechaff_document::{JudgedPage, Label, Reason};
use serde::Serialize;

/// The dropped blocks of a document: one line of `dropped.jsonl`. Blocks are numbered from 0 in the order of the page,
/// kept ones included, so a reader can put the whole text together again.
#[derive(Debug, Clone, Serialize)]
pub struct Dropped<'a> {
    /// Id of the document.
    pub id: &'a str,
    /// The input as the user would name it.
    pub input: &'a str,
    /// How many blocks the page has, the kept ones included.
    pub blocks: usize,
    /// What was dropped, in the order of the page.
    pub dropped: Vec<DroppedBlock<'a>>,
}

/// A block that was dropped.
#[derive(Debug, Clone, Serialize)]
pub struct DroppedBlock<'a> {
    /// Its place among the blocks of the page, from 0.
    pub block: usize,
    /// Line of the source, from 1; 0 where it is not known.
    pub line: u32,
    /// What it was taken for.
    pub category: &'a str,
    /// The kind of evidence: `rule`, `model`, `repeats`, …; `outcome` for content of a page that was not written.
    pub reason: &'static str,
    /// The rule, where a rule asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<Arc<str>>,
    /// Its text.
    pub text: &'a str,
}

impl<'a> Dropped<'a> {
    /// What was dropped of a page that was written; `None` if nothing was.
    pub fn of(judged: &'a JudgedPage) -> Option<Dropped<'a>> {
        Dropped::collect(judged, None)
    }

    /// All of a page that was not written, its content included: that goes under `outcome`, which says why
    /// (`duplicate`, `empty`). `None` if the page has no text.
    pub fn whole(judged: &'a JudgedPage, outcome: &'static str) -> Option<Dropped<'a>> {
        Dropped::collect(judged, Some(outcome))
    }

    fn collect(judged: &'a JudgedPage, outcome: Option<&'static str>) -> Option<Dropped<'a>> {
        let dropped: Vec<DroppedBlock<'a>> = judged
            .blocks()
            .filter_map(|(place, block, verdict)| {
                let (category, reason) = match (&verdict.label, outcome) {
                    (Label::Chrome(category), _) => (category.as_str(), reason(&verdict.reason)),
                    (Label::Content | Label::Comment, Some(outcome)) => (outcome, "outcome"),
                    (Label::Content | Label::Comment, None) => return None,
                };
                let rule = match (&verdict.label, &verdict.reason) {
                    (Label::Chrome(_), Reason::Rule(rule)) => Some(rule.id.clone()),
                    _ => None,
                };
                Some(DroppedBlock { block: place, line: block.line, category, reason, rule, text: &block.text })
            })
            .collect();
        let source = &judged.page.source;
        let blocks = judged.page.blocks.len();
        (!dropped.is_empty()).then_some(Dropped { id: &source.id, input: &source.input, blocks, dropped })
    }

    /// The row as one line of JSON with its line end.
    pub fn write_to(&self, out: &mut impl io::Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

fn reason(reason: &Reason) -> &'static str {
    match reason {
        Reason::Rule(_) => "rule",
        Reason::Model { .. } => "model",
        Reason::Repeats { .. } => "repeats",
        Reason::Neighbours => "neighbours",
        Reason::CopyOf(_) => "copy-of",
        Reason::Title => "title",
        Reason::Lead => "lead",
        Reason::Stated(_) => "stated",
        Reason::Hidden => "hidden",
        Reason::EmptyPage => "empty-page",
        Reason::Default => "default",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::tests::page;

    #[test]
    fn kept_and_dropped_blocks_are_the_whole_page() {
        let judged = page("- p Menu\n+ p It rained.\n- p Share\n+ p All night.");
        let dropped = Dropped::of(&judged).unwrap();
        let mut texts: Vec<(usize, &str)> = dropped.dropped.iter().map(|block| (block.block, block.text)).collect();
        texts.extend(judged.content().map(|(place, block)| (place, block.text.as_str())));
        texts.sort_unstable();
        assert_eq!(texts, [(0, "Menu"), (1, "It rained."), (2, "Share"), (3, "All night.")]);
        assert_eq!(dropped.blocks, 4);
        let mut line = Vec::new();
        dropped.write_to(&mut line).unwrap();
        let line: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(
            (&line["dropped"][0]["category"], &line["dropped"][0]["reason"]),
            (&"other".into(), &"default".into())
        );
        assert!(Dropped::of(&page("+ p It rained.")).is_none());
        let copy = Dropped::whole(&judged, "duplicate").unwrap();
        let categories: Vec<&str> = copy.dropped.iter().map(|block| block.category).collect();
        assert_eq!(categories, ["other", "duplicate", "other", "duplicate"]);
    }
}
