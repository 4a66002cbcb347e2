//! HTML to blocks: parse within limits, walk the tree once, drop it.

use dechaff_document::Page;
use ego_tree::NodeRef;
use html5ever::{LocalName, local_name};
use scraper::Node;

use crate::{Settings, metadata, selectors::SelectorIndex};

mod declared;
mod elements;
mod math;
mod parse;
mod tables;
mod text;
mod tree;
mod unread;
mod unshown;
mod walk;

pub(crate) use tree::Tree;

/// Puts blocks, outline, selector hits and metadata of an HTML page into `page`.
pub(crate) fn segment(text: String, settings: &Settings, selectors: &SelectorIndex, page: &mut Page) {
    let tree = parse::parse(&text, settings, &mut page.limits);
    walk::walk(&tree, settings, selectors, page);
    if page.blocks.is_empty()
        && let Some(inside) = without_frames(&tree)
    {
        // Its markup was read as text, as browsers that know frames do.
        let tree = parse::parse(&inside, settings, &mut page.limits);
        walk::walk(&tree, settings, selectors, page);
    }
    place(&text, page);
    drop(text);
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

/// Gives every block the offset of the line it begins on.
fn place(text: &str, page: &mut Page) {
    let bytes = text.as_bytes();
    let mut starts = vec![0];
    for (at, &byte) in bytes.iter().enumerate() {
        // The parser counts `\r\n` and a lone `\r` as one line end each.
        if byte == b'\n' || byte == b'\r' && bytes.get(at + 1) != Some(&b'\n') {
            starts.push(at + 1);
        }
    }
    for block in &mut page.blocks {
        let start = starts.get((block.line as usize).saturating_sub(1)).copied().unwrap_or(bytes.len());
        block.span = start..start;
    }
}
