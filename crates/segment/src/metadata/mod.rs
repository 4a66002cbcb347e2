//! What a page says of itself beside its text.

use dechaff_document::{Metadata, Page};

use crate::html::Tree;

/// Reads the metadata of an HTML page from its tree. `page` holds source, outline and blocks already.
pub(crate) fn extract(tree: &Tree, page: &Page) -> Metadata {
    let _ = (tree, page);
    Metadata::default()
}
