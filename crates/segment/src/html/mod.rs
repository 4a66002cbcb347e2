//! HTML to blocks.

use dechaff_document::{Block, Page};

use crate::{Settings, metadata, selectors::SelectorIndex};

/// The parsed page: scraper's tree and what the parser noted beside it.
pub(crate) struct Tree {
    /// The nodes.
    pub(crate) nodes: ego_tree::Tree<scraper::Node>,
}

/// Puts the blocks of an HTML page into `page`.
pub(crate) fn segment(text: String, settings: &Settings, selectors: &SelectorIndex, page: &mut Page) {
    let _ = (settings, selectors);
    let tree = Tree { nodes: scraper::Html::parse_document(&text).tree };
    for node in tree.nodes.root().descendants() {
        if let Some(text) = node.value().as_text()
            && !text.trim().is_empty()
        {
            page.blocks.push(Block { text: text.trim().to_owned(), ..Block::default() });
        }
    }
    page.metadata = metadata::extract(&tree, page);
}
