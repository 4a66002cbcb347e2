//! Plain text to blocks.
//!
//! A block is what is kept or dropped as one: usually a line, and its text is the line as it stands, so that text
//! without chrome comes back untouched. Three things are not one line:
//!
//! - **a hard-wrapped paragraph** ([`wrap`]): its lines are one block with line ends inside;
//! - **fenced code and a heading with its underline** ([`markdown`]): the same;
//! - **a very long line** ([`sentences`]): it is cut into sentences, each a block that follows the one before it by
//!   [`Break::Space`]. Where the source had no space at the cut (Chinese, Japanese, Thai) the spans of the two blocks
//!   touch, which tells a writer to put none.
//!
//! Normalised are only: line ends (LF, CRLF, CR, NEL, U+2028, U+2029 and form feed all end a line; a form feed ends
//! the paragraph too), white space at the end of a line, and lines that show nothing (white space, zero-width
//! characters, a byte order mark), which count as blank.

use std::ops::Range;

use dechaff_document::{Block, BlockKind, Break, LimitHit, Page};

use crate::Settings;

pub mod breaks;
mod markdown;
mod sentences;
mod wrap;

/// Puts the lines of `text` into `page` as blocks. Linear in the length of the text.
pub(crate) fn segment(text: String, settings: &Settings, page: &mut Page) {
    let lines = lines(&text);
    let width = wrap::width(&text, &lines);
    let few = lines.len() <= sentences::FEW_LINES;
    let fences = markdown::fences(&text, &lines);
    let mut indents = Indents::default();
    let mut at = 0;
    while at < lines.len() {
        let line = &lines[at];
        let content = &text[line.span.clone()];
        let (end, kind) = match fences[at] {
            Some(end) => (end, Some(BlockKind::Code)),
            None if lines.get(at + 1).is_some_and(|next| next.blank == 0) => {
                match markdown::underlined(content, &text[lines[at + 1].span.clone()]) {
                    Some(level) => (at + 2, Some(BlockKind::Heading(level))),
                    None => (wrap::paragraph_end(&text, &lines, at, width), None),
                }
            }
            None => (at + 1, None),
        };
        let span = line.span.start..lines[end - 1].span.end;
        let kind = kind.unwrap_or_else(|| markdown::kind(&content[line.indent..]));
        let list_depth = indents.depth(line, kind);
        let starts = if line.blank == 0 { Break::Line } else { Break::Paragraph(line.blank) };
        let pieces = match end == at + 1 && sentences::is_long(&text[span.clone()], few) {
            true => sentences::cut(&text, span),
            false => vec![span],
        };
        for (number, span) in pieces.into_iter().enumerate() {
            if page.blocks.len() == settings.max_blocks {
                page.limits.push(LimitHit { limit: "segment.max-blocks".into(), value: settings.max_blocks as u64 });
                return;
            }
            page.blocks.push(Block {
                text: joined(&text, &lines[at..end], &span),
                kind,
                starts: if number == 0 { starts } else { Break::Space },
                list_depth,
                span,
                line: line.number,
                ..Block::default()
            });
        }
        at = end;
    }
}

/// A line that shows something.
#[derive(Debug)]
struct Line {
    /// Without the line end and the white space before it.
    span: Range<usize>,
    /// Bytes of white space that it begins with.
    indent: usize,
    /// From 1, blank lines counted.
    number: u32,
    /// Blank lines before it; the first line of the text has at least one.
    blank: u16,
}

fn lines(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut blank = 1u16;
    let mut number = 0u32;
    let mut at = 0;
    while at < text.len() {
        let (length, end) = line_end(&text[at..]);
        number = number.saturating_add(1);
        let body = &text[at..at + length];
        let shown = body.trim_start_matches('\u{feff}');
        let start = at + body.len() - shown.len();
        match without_end(shown) {
            "" => blank = blank.saturating_add(1),
            shown => {
                lines.push(Line { span: start..start + shown.len(), indent: indent(shown), number, blank });
                blank = 0;
            }
        }
        if text[at + length..].starts_with('\u{c}') {
            blank = blank.max(1);
        }
        at += length + end;
    }
    lines
}

/// Bytes before the line end, and bytes of the line end.
fn line_end(text: &str) -> (usize, usize) {
    let bytes = text.as_bytes();
    let mut from = 0;
    // Only bytes with which a line end begins are looked at closer.
    while let Some(found) = bytes[from..].iter().position(|byte| matches!(byte, b'\n'..=b'\r' | 0xc2 | 0xe2)) {
        let at = from + found;
        match bytes[at..] {
            [b'\r', b'\n', ..] => return (at, 2),
            [b'\n'..=b'\r', ..] => return (at, 1),
            // NEL, and the separators of lines and paragraphs.
            [0xc2, 0x85, ..] => return (at, 2),
            [0xe2, 0x80, 0xa8 | 0xa9, ..] => return (at, 3),
            _ => from = at + 1,
        }
    }
    (text.len(), 0)
}

/// Whether a byte is an ASCII character that shows nothing.
fn is_invisible_byte(byte: u8) -> bool {
    byte <= b' ' || byte == 0x7f
}

/// A line without what shows nothing at its end: empty where it shows nothing at all.
fn without_end(line: &str) -> &str {
    match line.as_bytes().last() {
        Some(&last) if last.is_ascii() && !is_invisible_byte(last) => line,
        _ => line.trim_end_matches(is_invisible),
    }
}

/// Bytes of white space that a line begins with.
fn indent(line: &str) -> usize {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    match line.as_bytes().iter().position(|byte| !is_space(byte)) {
        Some(at) if line.as_bytes()[at].is_ascii() => at,
        _ => line.len() - line.trim_start().len(),
    }
}

/// White space, and what takes no room: zero-width characters, the soft hyphen, directional marks, a stray byte order
/// mark, control characters.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// The block's text: the span, with line ends inside it as LF and white space before them cut.
fn joined(text: &str, lines: &[Line], span: &Range<usize>) -> String {
    if lines.len() == 1 {
        return text[span.clone()].to_owned();
    }
    let mut out = String::with_capacity(span.len());
    for (number, line) in lines.iter().enumerate() {
        if number > 0 {
            out.extend(std::iter::repeat_n('\n', usize::from(line.blank) + 1));
        }
        out.push_str(&text[line.span.clone()]);
    }
    out
}

/// Depth of list nesting, told by indentation: an item that stands further right than the item before it is in a list
/// inside that item.
#[derive(Debug, Default)]
struct Indents {
    open: Vec<usize>,
}

impl Indents {
    /// Lists nested deeper than this are all called this deep.
    const DEEPEST: usize = 16;

    fn depth(&mut self, line: &Line, kind: BlockKind) -> u8 {
        let indent = line.indent;
        if !matches!(kind, BlockKind::ListItem(_)) {
            // A paragraph at the left of its list ends it; one that stands further right belongs to the item.
            if line.blank > 0 || self.open.last().is_some_and(|open| indent <= *open) {
                self.open.retain(|open| indent > *open);
            }
            return self.open.len() as u8;
        }
        self.open.retain(|open| *open < indent);
        if self.open.len() < Self::DEEPEST {
            self.open.push(indent);
        }
        self.open.len() as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn page(text: &str) -> Page {
        let settings = Settings { max_depth: 256, max_attributes: 256, max_nodes: 2_000_000, max_blocks: 200_000 };
        let mut page = Page::default();
        segment(text.to_owned(), &settings, &mut page);
        page
    }

    fn texts(text: &str) -> Vec<String> {
        page(text).blocks.into_iter().map(|block| block.text).collect()
    }

    #[test]
    fn every_line_is_a_block_with_its_place() {
        let text = "One\n  two  \n\n\nthree";
        let blocks = page(text).blocks;
        assert_eq!(texts(text), ["One", "  two", "three"]);
        let starts: Vec<Break> = blocks.iter().map(|block| block.starts).collect();
        assert_eq!(starts, [Break::Paragraph(1), Break::Line, Break::Paragraph(2)]);
        let lines: Vec<u32> = blocks.iter().map(|block| block.line).collect();
        assert_eq!(lines, [1, 2, 5]);
        for block in &blocks {
            assert_eq!(&text[block.span.clone()], block.text);
        }
    }

    #[test]
    fn all_line_ends_are_known() {
        assert_eq!(texts("a\r\nb\rc\u{85}d\u{2028}e\u{2029}f\ng"), ["a", "b", "c", "d", "e", "f", "g"]);
        let blocks = page("a\u{c}b\n\u{c}\nc").blocks;
        assert_eq!(blocks[1].starts, Break::Paragraph(1));
        assert_eq!(blocks[2].starts, Break::Paragraph(2));
    }

    #[test]
    fn lines_that_show_nothing_are_blank() {
        assert_eq!(texts("\u{feff}a\n\u{200b}\u{a0}\n\u{feff} \nb\u{200b} \n"), ["a", "b"]);
        assert_eq!(page("a\n\u{200b}\u{a0}\n\nb").blocks[1].starts, Break::Paragraph(2));
        assert_eq!(texts(""), Vec::<String>::new());
        assert_eq!(texts("\n \u{feff}\n"), Vec::<String>::new());
    }

    #[test]
    fn what_stands_inside_a_line_is_not_touched() {
        let line = "a\u{a0}b\u{200b}c\td  e";
        assert_eq!(texts(line), [line]);
    }

    #[test]
    fn lists_nest_by_indentation() {
        let blocks = page("* a\n    + b\n    + c\n        o d\n* e\ntext\n1. f\n").blocks;
        let depths: Vec<u8> = blocks.iter().map(|block| block.list_depth).collect();
        assert_eq!(depths, [1, 2, 2, 3, 1, 0, 1]);
        assert_eq!(blocks[6].kind, BlockKind::ListItem(Some(1)));
        assert_eq!(blocks[5].kind, BlockKind::Paragraph);
    }

    #[test]
    fn blocks_beyond_the_limit_are_said_to_be_missing() {
        let settings = Settings { max_depth: 1, max_attributes: 1, max_nodes: 1, max_blocks: 2 };
        let mut page = Page::default();
        segment("a\nb\nc\n".into(), &settings, &mut page);
        assert_eq!(page.blocks.len(), 2);
        assert_eq!(page.limits[0].limit, "segment.max-blocks");
    }

    #[test]
    fn any_text_gives_blocks() {
        for text in ["\r", "\u{c}", "```", "===\n===", "#", "-\n-\n-", "1.\n", "。。。", "\n\n\n---\n```\n```"] {
            let page = page(text);
            assert!(page.blocks.iter().all(|block| !block.text.is_empty()), "{text:?}");
        }
    }
}
