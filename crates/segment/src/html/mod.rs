//! HTML to blocks: parse within limits, walk the tree once, drop it.

use std::borrow::Cow;

use dechaff_document::{Block, Page};
use html5ever::{LocalName, local_name};
use memchr::{memchr_iter, memchr2_iter, memrchr};

use crate::{Settings, metadata, selectors::SelectorIndex};

mod attributes;
mod css;
mod declared;
mod elements;
mod math;
mod parse;
mod references;
mod sink;
mod streamed;
mod tables;
mod text;
mod tokenizer;
mod tree;
mod unread;
mod unshown;
mod walk;

pub(crate) use attributes::{Attribute, ReadAttributes};
pub(crate) use tree::{Element, NodeId, NodeRef, Tree};

/// Puts blocks, outline, selector hits and metadata of an HTML page into `page`.
pub(crate) fn segment(text: &str, settings: &Settings, selectors: &SelectorIndex, page: &mut Page) {
    let lines = Lines::of(text);
    let source = match &lines {
        Lines::Counted { skipped } => Cow::Borrowed(&text[*skipped..]),
        Lines::Listed { .. } => parse::normalised(text),
    };
    let tree = parse::parse(&source, settings, selectors.attributes(), &mut page.limits);
    walk::walk(&tree, settings, selectors, page);
    if page.blocks.is_empty()
        && let Some(inside) = without_frames(&tree)
    {
        // Its markup was read as text, as browsers that know frames do.
        let source = parse::normalised(&inside);
        let tree = parse::parse(&source, settings, selectors.attributes(), &mut page.limits);
        walk::walk(&tree, settings, selectors, page);
    }
    lines.place(&source, &mut page.blocks);
    declared::declared(&tree, page);
    page.metadata = metadata::extract(&tree, page);
    unshown::unshown(&tree, settings, selectors, page);
}

/// What a page made of frames shows where frames are not: the source inside `<noframes>`.
fn without_frames(tree: &Tree<'_>) -> Option<String> {
    let element = |name: LocalName| tree.root().descendants().find(|node| node.is(&name));
    element(local_name!("frameset"))?;
    let inside = element(local_name!("noframes"))?;
    Some(inside.children().filter_map(|child| child.text()).collect())
}

/// Parses a page and drops the tree. Gives the number of its nodes; for benchmarks.
pub(crate) fn parse_alone(text: &str, settings: &Settings, selectors: &SelectorIndex) -> usize {
    let source = parse::normalised(text);
    let tree = parse::parse(&source, settings, selectors.attributes(), &mut Vec::new());
    tree.len()
}

/// Where the lines of a page begin.
enum Lines {
    /// They end with `\n` alone: only those that a block begins on are looked for, in the text as it is parsed. The text
    /// as it came has this many bytes before it.
    Counted { skipped: usize },
    /// Their beginnings in the text as it came, and in the text as it is parsed.
    Listed { starts: Vec<usize>, parsed: Vec<usize> },
}

impl Lines {
    fn of(text: &str) -> Lines {
        let bytes = text.as_bytes();
        let skipped = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        if memchr::memchr(b'\r', bytes).is_none() {
            return Lines::Counted { skipped };
        }
        // The parser counts `\r\n` and a lone `\r` as one line end each.
        let (mut starts, mut parsed) = (vec![0], vec![0]);
        let mut gone = skipped;
        for at in memchr2_iter(b'\r', b'\n', bytes) {
            let byte = bytes[at];
            let both = byte == b'\r' && bytes.get(at + 1) == Some(&b'\n');
            gone += usize::from(both);
            if !both {
                starts.push(at + 1);
                parsed.push(at + 1 - gone);
            }
        }
        Lines::Listed { starts, parsed }
    }

    /// Gives every block its line, and the offset of the line it begins on. `source` is the text as it is parsed.
    fn place(&self, source: &str, blocks: &mut [Block]) {
        match self {
            Lines::Listed { starts, parsed } => {
                for block in blocks {
                    let line = parsed.partition_point(|&start| start <= block.span.start).max(1);
                    block.line = line as u32;
                    block.span = starts[line - 1]..starts[line - 1];
                }
            }
            Lines::Counted { skipped } => {
                let bytes = source.as_bytes();
                // Blocks come in the order of the source, but for what the parser or a script moved.
                let mut order: Vec<usize> = (0..blocks.len()).collect();
                order.sort_by_key(|&block| blocks[block].span.start);
                let (mut at, mut line, mut start) = (0, 1, 0);
                for block in order {
                    let block = &mut blocks[block];
                    let passed = &bytes[at..block.span.start.min(bytes.len())];
                    if let Some(last) = memrchr(b'\n', passed) {
                        line += memchr_iter(b'\n', passed).count() as u32;
                        start = at + last + 1 + skipped;
                    }
                    at += passed.len();
                    block.line = line;
                    block.span = start..start;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_their_line_with_any_line_end_and_in_any_order() {
        let placed = |text: &str| {
            let block = |at: usize| Block { span: at..at, ..Block::default() };
            let mut blocks = [9, 0, 2, 5, 5, 11].map(block);
            Lines::of(text).place("a\nbb\n\nccc\nd\n", &mut blocks);
            blocks.map(|block| (block.line, block.span.start))
        };
        assert_eq!(placed("a\nbb\n\nccc\nd\n"), [(4, 6), (1, 0), (2, 2), (3, 5), (3, 5), (5, 10)]);
        assert_eq!(placed("\u{feff}a\nbb\n\nccc\nd\n"), [(4, 9), (1, 0), (2, 5), (3, 8), (3, 8), (5, 13)]);
        assert_eq!(placed("a\r\nbb\r\n\rccc\nd\n"), [(4, 8), (1, 0), (2, 3), (3, 7), (3, 7), (5, 12)]);
    }
}
