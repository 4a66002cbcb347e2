//! One pass over the elements of a page: what its head says ([`head`]), and what stands in its body ([`body`]).

mod body;
mod head;

use dechaff_document::Origin;
use html5ever::{local_name, ns};
use rustc_hash::FxHashMap;

use self::{
    body::{anchor, attributes, time},
    head::{html, link, meta, saved_from},
};
use super::{
    date::{Order, machine},
    facts::{Facts, Field},
};
use crate::html::{Attribute, NodeId, NodeRef, Tree};

/// What one pass gathered.
#[derive(Debug, Default)]
pub(super) struct Gathered<'a> {
    /// Values with their origins.
    pub(super) facts: Facts,
    /// Scripts of JSON-LD, to be read when the titles are known.
    pub(super) scripts: Vec<String>,
    /// schema.org type of the page by microdata, the word after the last slash.
    item_type: Option<String>,
    /// Bylines and dates in the page, read last since they are the weakest.
    bylines: Vec<String>,
    /// What the first link to an author stands in, and what that stands in.
    author_links: Option<[Option<NodeId>; 2]>,
    dates: Vec<(Field, String)>,
    /// Whether the page tells author and date for machines, so that class names need not be asked. Known when the body
    /// begins.
    told: Told,
    /// What the class attributes of the page say: most stand on more than one element.
    classes: FxHashMap<&'a str, Says>,
}

/// Whether a class attribute may name an author, and a date.
#[derive(Debug, Default, Clone, Copy)]
struct Says {
    author: bool,
    date: bool,
}

#[derive(Debug, Default, Clone, Copy)]
struct Told {
    author: bool,
    date: bool,
}

/// JSON-LD scripts kept of one page.
const MOST_SCRIPTS: usize = 40;
/// First-level headings, bylines and dates that are looked at.
const MOST_OF_A_KIND: usize = 6;

/// Gathers what the elements of a page say. One visit to every node.
pub(super) fn gather<'a>(tree: &'a Tree<'_>) -> Gathered<'a> {
    let mut gathered = Gathered::default();
    for comment in &tree.comments {
        saved_from(comment, &mut gathered.facts);
    }
    let (mut headings, mut title_seen) = (0, false);
    for node in tree.root().descendants() {
        let Some(element) = node.element() else { continue };
        match *element.local() {
            local_name!("html") => html(element, &mut gathered.facts),
            local_name!("meta") => meta(element, &mut gathered.facts),
            local_name!("link") => link(element, &mut gathered.facts),
            local_name!("script") if element.attr(Attribute::Type).is_some_and(|kind| kind.contains("ld+json")) => {
                if gathered.scripts.len() < MOST_SCRIPTS {
                    gathered.scripts.push(own_text(node));
                }
            }
            local_name!("title") if !title_seen && element.name().ns == ns!(html) => {
                title_seen = true;
                gathered.facts.add(Field::Title, Origin::TitleElement, &text(node, 2_000));
            }
            local_name!("h1") if headings < MOST_OF_A_KIND => {
                headings += 1;
                gathered.facts.add(Field::Title, Origin::Heading, &text(node, 1_000));
                attributes(node, element, &mut gathered);
            }
            local_name!("body") => {
                gathered.told = gathered.told();
                attributes(node, element, &mut gathered);
            }
            local_name!("time") => time(node, element, &mut gathered),
            local_name!("a") => anchor(node, element, &mut gathered),
            local_name!("svg") | local_name!("path") | local_name!("style") | local_name!("script") => {}
            _ => attributes(node, element, &mut gathered),
        }
    }
    gathered
}

impl Gathered<'_> {
    fn told(&self) -> Told {
        let in_script = |key| self.scripts.iter().any(|script| script.contains(key));
        Told {
            author: self.facts.of(Field::Author).next().is_some() || in_script("\"author\""),
            date: self.facts.of(Field::Published).next().is_some() || in_script("\"datePublished\""),
        }
    }

    /// The facts, with what the page's visible text adds. `order` reads dates of three numbers.
    pub(super) fn settle(mut self, order: Order) -> Facts {
        for byline in &self.bylines {
            self.facts.add(Field::Author, Origin::Text, byline);
        }
        for (field, text) in &self.dates {
            if let Some(date) = machine(text, order) {
                self.facts.add(*field, Origin::Text, &date);
            }
        }
        if let Some(kind) = &self.item_type {
            self.facts.add(Field::PageType, Origin::Microdata, kind);
        }
        self.facts
    }
}

/// Text of an element and what is inside, words apart by a space, cut at some `limit` of bytes.
fn text(node: NodeRef<'_>, limit: usize) -> String {
    let mut out = String::new();
    // Elements count too, so that a class name on the root of a page costs no walk over it.
    for inner in node.descendants().take(limit) {
        if out.len() >= limit {
            break;
        }
        if let Some(piece) = inner.text() {
            let hidden = inner.parent().and_then(|parent| parent.element()).is_some_and(|parent| {
                matches!(*parent.local(), local_name!("script") | local_name!("style") | local_name!("noscript"))
            });
            for word in piece.split_whitespace().filter(|_| !hidden) {
                if !out.is_empty() {
                    out.push(' ');
                }
                out.push_str(word);
                if out.len() >= limit {
                    break;
                }
            }
        }
    }
    out
}

/// Text of an element's own children, as it is.
fn own_text(node: NodeRef<'_>) -> String {
    node.children().filter_map(|child| child.text()).collect()
}
