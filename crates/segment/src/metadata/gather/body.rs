//! What the elements of a page's body say of it: links to author and licence, dates, microdata, and the class names that
//! themes give to bylines and dates.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use dechaff_document::Origin;
use html5ever::local_name;
use memchr::memmem::Finder;

use super::{Gathered, MOST_OF_A_KIND, Says, text};
use crate::{
    html::{Attribute, Element, NodeRef},
    metadata::{
        author,
        date::{Order, written},
        facts::{Facts, Field},
    },
};

/// An author, a tag or a licence that a link says it leads to.
pub(super) fn anchor<'a>(node: NodeRef<'a>, element: Element<'a>, gathered: &mut Gathered<'a>) {
    if let Some(rel) = element.attr(Attribute::Rel) {
        for rel in rel.split_ascii_whitespace().take(4) {
            match rel {
                "license" => {
                    gathered.facts.add(Field::Licence, Origin::Link, element.attr(Attribute::Href).unwrap_or(""));
                }
                "author" if !in_furniture(node) => {
                    // Links to several authors stand together; those further on are of other stories.
                    let parent = node.parent();
                    let within = [parent.map(|it| it.id()), parent.and_then(|it| it.parent()).map(|it| it.id())];
                    let first = *gathered.author_links.get_or_insert(within);
                    if within.iter().flatten().any(|place| first.contains(&Some(*place))) {
                        gathered.facts.add(Field::Author, Origin::Link, &text(node, 200));
                    }
                }
                "tag" => gathered.facts.add(Field::Tag, Origin::Link, &text(node, 100)),
                _ => {}
            }
        }
    }
    match element.attr(Attribute::Href) {
        Some(href) if CREATIVE_COMMONS.find(href.as_bytes()).is_some() && says_terms(href) => {
            gathered.facts.add(Field::Licence, Origin::Text, href);
        }
        Some(href) if LICENCE.iter().any(|word| word.find(href.as_bytes()).is_some()) => {
            // `CC BY-SA`, linked to what the site says of its licence.
            let name = text(node, 40);
            if name.starts_with("CC BY") || name.starts_with("CC0") {
                gathered.facts.add(Field::Licence, Origin::Text, &name);
            }
        }
        _ => {}
    }
    attributes(node, element, gathered);
}

/// Parts of addresses of licences, looked for in every link.
static CREATIVE_COMMONS: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("creativecommons.org/"));
static LICENCE: LazyLock<[Finder<'_>; 2]> = LazyLock::new(|| ["licen", "LICEN"].map(Finder::new));

fn says_terms(href: &str) -> bool {
    href.contains("/licenses/") || href.contains("/publicdomain/")
}

/// The date of a `time` element.
pub(super) fn time<'a>(node: NodeRef<'a>, element: Element<'a>, gathered: &mut Gathered<'a>) {
    if element.attr(Attribute::ItemProp).is_some() {
        attributes(node, element, gathered);
    } else if gathered.dates.len() < MOST_OF_A_KIND && !in_furniture(node) {
        let class = element.attr(Attribute::Class).unwrap_or("");
        let field = if is_change(class) { Field::Modified } else { Field::Published };
        let value = element.attr(Attribute::DateTime).filter(|value| !value.trim().is_empty());
        gathered.dates.push((field, value.map_or_else(|| text(node, 100), str::to_owned)));
    }
}

/// Microdata, and the class names that themes give to bylines and dates.
pub(super) fn attributes<'a>(node: NodeRef<'a>, element: Element<'a>, gathered: &mut Gathered<'a>) {
    let (mut names, mut properties, mut kind) = (None, None, None);
    for (name, _, value) in element.attributes() {
        match name.known() {
            Some(Attribute::Class) => names = Some(value),
            Some(Attribute::ItemProp) => properties = Some(value),
            Some(Attribute::ItemType) => kind = Some(value),
            _ => {}
        }
    }
    if let Some(names) = names {
        class(names, node, gathered);
    }
    if let Some(properties) = properties {
        for property in properties.split_ascii_whitespace().take(4) {
            item(property, node, element, &mut gathered.facts);
        }
    }
    if let Some(value) = kind
        && gathered.item_type.is_none()
        && !in_furniture(node)
    {
        let kind = value.trim().rsplit('/').next().unwrap_or("");
        let about_the_page = !matches!(
            kind,
            "WebSite"
                | "WPHeader"
                | "WPFooter"
                | "WPSideBar"
                | "SiteNavigationElement"
                | "Organization"
                | "Person"
                | "BreadcrumbList"
                | "ListItem"
                | "ImageObject"
                | "Comment"
                | "PostalAddress"
                | "Rating"
                | "Brand"
                | "AggregateRating"
                | "Offer"
                | "WPAdBlock"
                | "UserComments"
                | "ItemList"
        );
        if about_the_page && !kind.is_empty() {
            gathered.item_type = Some(kind.to_owned());
        }
    }
}

fn item(property: &str, node: NodeRef<'_>, element: Element<'_>, facts: &mut Facts) {
    let field = match property {
        "headline" => Field::Title,
        "author" | "creator" => Field::Author,
        "datePublished" | "dateCreated" | "uploadDate" => Field::Published,
        "dateModified" => Field::Modified,
        "inLanguage" => Field::Language,
        "keywords" | "articleSection" => Field::Tag,
        "license" => Field::Licence,
        "publisher" => Field::Site,
        _ => return,
    };
    if in_furniture(node) {
        return;
    }
    let attribute = element.attr(Attribute::Content).or(element.attr(Attribute::DateTime));
    let address = if field == Field::Licence { element.attr(Attribute::Href) } else { None };
    let value = match attribute.or(address) {
        Some(value) => value.to_owned(),
        // A person or an organisation is an item of its own, with a name.
        None => named(node).unwrap_or_else(|| text(node, 300)),
    };
    facts.add(field, Origin::Microdata, &value);
}

/// The `name` of the item that an element is.
fn named(node: NodeRef<'_>) -> Option<String> {
    let inner = node
        .descendants()
        .skip(1)
        .take(100)
        .find(|inner| inner.element().is_some_and(|element| element.attr(Attribute::ItemProp) == Some("name")))?;
    let element = inner.element()?;
    Some(element.attr(Attribute::Content).map_or_else(|| text(inner, 300), str::to_owned))
}

/// Words of class names that may name an author, and after them those that may name a date.
static WORDS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let words = ["author", "byline", "Byline", "date", "time", "Date", "Time", "publish", "posted"];
    AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(words).expect("a few short words")
});
const AUTHOR_WORDS: usize = 3;

fn class<'a>(value: &'a str, node: NodeRef<'a>, gathered: &mut Gathered<'a>) {
    let author = !gathered.told.author && gathered.bylines.is_empty();
    let date = !gathered.told.date && gathered.dates.len() < MOST_OF_A_KIND;
    if !author && !date {
        return;
    }
    // Most attributes hold neither word; the exact look is for those that do.
    let says = *gathered.classes.entry(value).or_insert_with(|| {
        let mut says = Says::default();
        for found in WORDS.find_iter(value) {
            match found.pattern().as_usize() < AUTHOR_WORDS {
                true => says.author = true,
                false => says.date = true,
            }
        }
        says
    });
    if author && says.author {
        let names = value.split_ascii_whitespace().any(|token| {
            let token = token.to_ascii_lowercase();
            // Names made by a machine have more before and behind: `_authorName_1r0t6_51`.
            ["author-name", "author_name", "authorname"].iter().any(|wanted| token.contains(wanted))
                || ["byline", "author", "authors"].iter().any(|wanted| {
                    token.strip_suffix(wanted).is_some_and(|before| before.is_empty() || before.ends_with(['-', '_']))
                })
        });
        if names && !in_furniture(node) {
            // The first that names anyone: later ones are of other stories or of the box about the author.
            gathered.bylines = author::marked(&text(node, 160));
        }
    }
    if date && says.date {
        let line = text(node, 100);
        let has_time = || node.descendants().take(30).any(|inner| is_time(inner));
        // Only elements that hold little more than a date: whole articles are of class `updated` too.
        if line.len() < 100 && written(&line, Order::DayFirst).is_some() && !has_time() && !in_furniture(node) {
            let field = if is_change(value) || is_change(&line) { Field::Modified } else { Field::Published };
            gathered.dates.push((field, line));
        }
    }
}

/// Whether an element states a time for machines, which says more than the words around it.
fn is_time(node: NodeRef<'_>) -> bool {
    let element = node.element().filter(|element| *element.local() == local_name!("time"));
    element.is_some_and(|element| element.attr(Attribute::DateTime).is_some_and(|value| !value.trim().is_empty()))
}

/// Whether a class name or a line speaks of a change and not of the first publication.
fn is_change(text: &str) -> bool {
    let text = text.to_lowercase();
    let change =
        ["modified", "updated", "lastmod", "aktualisiert", "mis à jour", "actualizado", "обновлено", "оновлено"];
    change.iter().any(|word| text.contains(word)) && !text.contains("publi")
}

/// Ancestors that are asked whether they are furniture.
const MOST_ANCESTORS: usize = 40;

/// Whether an element stands in what is not the page's own article: comments, side bars, lists of other stories.
fn in_furniture(node: NodeRef<'_>) -> bool {
    node.and_ancestors().take(MOST_ANCESTORS).filter_map(|node| node.element()).any(|element| {
        let tag = matches!(*element.local(), local_name!("aside") | local_name!("footer") | local_name!("nav"));
        let named = [element.attr(Attribute::Class), element.attr(Attribute::Id), element.attr(Attribute::ItemType)];
        tag || named.into_iter().flatten().any(|value| {
            let value = value.to_ascii_lowercase();
            let words = [
                "comment",
                "related",
                "sidebar",
                "recommend",
                "widget",
                "popular",
                "teaser",
                "most-read",
                "latest",
                "/review",
                "/answer",
            ];
            // `no-sidebar`, `has-comments` and the like are said of whole pages.
            !matches!(
                *element.local(),
                local_name!("body") | local_name!("html") | local_name!("main") | local_name!("article")
            ) && value.len() < 400
                && words.iter().any(|word| value.contains(word))
        })
    })
}
