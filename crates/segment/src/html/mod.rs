//! HTML to blocks: parse within limits, walk the tree once, drop it.

use dechaff_document::{Block, Page};
use ego_tree::NodeRef;
use html5ever::{LocalName, local_name};
use memchr::memchr_iter;
use scraper::Node;

use crate::{Settings, metadata, selectors::SelectorIndex};

mod attributes;
mod declared;
mod elements;
mod math;
mod parse;
mod streamed;
mod tables;
mod text;
mod tokenizer;
mod tree;
mod unread;
mod unshown;
mod walk;

pub(crate) use attributes::ReadAttributes;
pub(crate) use tree::Tree;

/// Puts blocks, outline, selector hits and metadata of an HTML page into `page`.
pub(crate) fn segment(text: String, settings: &Settings, selectors: &SelectorIndex, page: &mut Page) {
    let lines = Lines::of(&text);
    let source = parse::normalised(&text);
    drop(text);
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
    lines.place(&mut page.blocks);
    declared::declared(&tree, page);
    page.metadata = metadata::extract(&tree, page);
    unshown::unshown(&tree, settings, selectors, page);
}

/// What a page made of frames shows where frames are not: the source inside `<noframes>`.
fn without_frames(tree: &Tree) -> Option<String> {
    let element = |name: LocalName| {
        let is =
            move |node: &NodeRef<'_, Node>| node.value().as_element().is_some_and(|element| element.name.local == name);
        tree.root().descendants().find(is)
    };
    element(local_name!("frameset"))?;
    let inside = element(local_name!("noframes"))?;
    Some(inside.children().filter_map(|child| child.value().as_text().map(|text| &**text)).collect())
}

/// Parses a page and drops the tree. Gives the number of its nodes; for benchmarks.
pub(crate) fn parse_alone(text: &str, settings: &Settings, selectors: &SelectorIndex) -> usize {
    let source = parse::normalised(text);
    let tree = parse::parse(&source, settings, selectors.attributes(), &mut Vec::new());
    tree.nodes.values().len()
}

/// Where the lines of a page begin.
struct Lines {
    /// In the text as it came.
    starts: Vec<usize>,
    /// In the text as it is parsed, if that is another.
    parsed: Option<Vec<usize>>,
}

impl Lines {
    fn of(text: &str) -> Lines {
        let bytes = text.as_bytes();
        let skipped = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mut starts = vec![0];
        if memchr::memchr(b'\r', bytes).is_none() {
            starts.extend(memchr_iter(b'\n', bytes).map(|at| at + 1));
            let parsed = (skipped > 0).then(|| starts.iter().map(|start| start.saturating_sub(skipped)).collect());
            return Lines { starts, parsed };
        }
        // The parser counts `\r\n` and a lone `\r` as one line end each.
        let mut parsed = vec![0];
        let mut gone = skipped;
        for (at, &byte) in bytes.iter().enumerate() {
            let both = byte == b'\r' && bytes.get(at + 1) == Some(&b'\n');
            gone += usize::from(both);
            if byte == b'\n' || byte == b'\r' && !both {
                starts.push(at + 1);
                parsed.push(at + 1 - gone);
            }
        }
        Lines { starts, parsed: Some(parsed) }
    }

    /// Gives every block its line, and the offset of the line it begins on.
    fn place(&self, blocks: &mut [Block]) {
        let parsed = self.parsed.as_ref().unwrap_or(&self.starts);
        for block in blocks {
            let line = parsed.partition_point(|&start| start <= block.span.start).max(1);
            block.line = line as u32;
            block.span = self.starts[line - 1]..self.starts[line - 1];
        }
    }
}
