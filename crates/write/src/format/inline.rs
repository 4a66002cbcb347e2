//! The marks of a block as a sequence of events that any markup can write down.

use std::ops::Range;

use dechaff_document::{Mark, MarkKind};

/// A step through a block's text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event<'a> {
    /// Text between marks.
    Text(&'a str),
    /// A mark begins; the stretch of text that it covers.
    Open(&'a MarkKind, Range<usize>),
    /// It ends.
    Close(&'a MarkKind, Range<usize>),
    /// An image stands here.
    Image(&'a str, &'a str),
}

/// The events of a text. Marks are trimmed to what is not white space, cut at the end of the mark they lie in, and left
/// out where nothing remains or `keep` says no; so every `Open` has its `Close`, properly nested.
pub(super) fn events<'a>(text: &'a str, marks: &'a [Mark], keep: impl Fn(&MarkKind) -> bool) -> Vec<Event<'a>> {
    let mut events = Vec::with_capacity(marks.len() * 3 + 1);
    let mut open: Vec<(&MarkKind, Range<usize>)> = Vec::new();
    let mut at = 0;
    for mark in marks.iter().filter(|mark| keep(&mark.kind)) {
        let mut range = mark.range.clone();
        if text.get(range.clone()).is_none() || range.start < at.min(text.len()) && range.end <= at {
            continue;
        }
        while let Some((kind, outer)) = open.pop_if(|(_, outer)| outer.end <= range.start) {
            push_text(&mut events, text, &mut at, outer.end);
            events.push(Event::Close(kind, outer));
        }
        if let MarkKind::Image { source, alternative } = &mark.kind {
            push_text(&mut events, text, &mut at, range.start);
            events.push(Event::Image(source, alternative));
            continue;
        }
        range.end = range.end.min(open.last().map_or(text.len(), |(_, outer)| outer.end));
        range.start = range.start.max(at).min(range.end);
        let covered = &text[range.clone()];
        range.start += covered.len() - covered.trim_start().len();
        range.end -= covered.len() - covered.trim_end().len();
        let doubled = open.iter().any(|(kind, _)| std::mem::discriminant(*kind) == std::mem::discriminant(&mark.kind));
        if range.start >= range.end || doubled {
            continue;
        }
        push_text(&mut events, text, &mut at, range.start);
        events.push(Event::Open(&mark.kind, range.clone()));
        open.push((&mark.kind, range));
    }
    while let Some((kind, outer)) = open.pop() {
        push_text(&mut events, text, &mut at, outer.end);
        events.push(Event::Close(kind, outer));
    }
    push_text(&mut events, text, &mut at, text.len());
    events
}

fn push_text<'a>(events: &mut Vec<Event<'a>>, text: &'a str, at: &mut usize, end: usize) {
    if *at < end {
        events.push(Event::Text(&text[*at..end]));
        *at = end;
    }
}

/// Whether an address can be followed from the written page.
pub(super) fn is_followable(address: &str) -> bool {
    let lower = address.trim_start().get(..11).unwrap_or(address).to_ascii_lowercase();
    !address.trim().is_empty()
        && address.trim() != "#"
        && !lower.starts_with("javascript:")
        && !lower.starts_with("data:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_trimmed_nested_and_complete() {
        let text = "see the blue pages now";
        let mark = |range, kind| Mark { range, kind };
        let marks = [
            mark(3..18, MarkKind::Link("/a".into())),
            mark(8..12, MarkKind::Strong),
            // Ends beyond the link it lies in, is doubled, is empty, lies outside the text.
            mark(13..22, MarkKind::Emphasis),
            mark(18..19, MarkKind::Strong),
            mark(99..100, MarkKind::Strong),
        ];
        let events = events(text, &marks, |_| true);
        let shape: String = events
            .iter()
            .map(|event| match event {
                Event::Text(text) => (*text).to_owned(),
                Event::Open(..) => "<".into(),
                Event::Close(..) => ">".into(),
                Event::Image(..) => "!".into(),
            })
            .collect();
        assert_eq!(shape, "see <the <blue> <pages>> now");
    }
}
