//! What a page says of itself beside its text.

use dechaff_document::{Metadata, Page};
use html5ever::local_name;

use crate::html::Tree;

mod title;

/// Reads the metadata of an HTML page from its tree. `page` holds source, outline and blocks already.
pub(crate) fn extract(tree: &Tree, page: &Page) -> Metadata {
    let mut offers = title::Offers::default();
    for element in tree.nodes.values().filter_map(|node| node.as_element()) {
        if element.name.local == local_name!("meta")
            && let Some(content) = element.attr("content")
        {
            match element.attr("property").or(element.attr("name")) {
                Some("og:title") => offers.open_graph = offers.open_graph.or(Some(content)),
                Some("og:site_name") => offers.site = offers.site.or(Some(content)),
                _ => {}
            }
        }
    }
    let title_element = tree.nodes.nodes().find(|node| {
        node.value().as_element().is_some_and(|element| element.name.local == local_name!("title"))
            && node
                .parent()
                .and_then(|parent| parent.value().as_element())
                .is_none_or(|parent| parent.name.local != local_name!("svg"))
    });
    offers.element = title_element
        .and_then(|node| node.first_child())
        .and_then(|text| text.value().as_text())
        .map(|text| &text.text as &str);
    Metadata { title: title::find(offers, page), ..Metadata::default() }
}
