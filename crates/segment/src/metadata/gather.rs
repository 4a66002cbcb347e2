//! One pass over the elements of a page: meta, link, title and script elements, microdata, dates and bylines.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use dechaff_document::Origin;
use html5ever::{local_name, ns};
use memchr::memmem::Finder;
use rustc_hash::FxHashMap;

use super::{
    author,
    date::{Order, machine, written},
    facts::{Facts, Field},
};
use crate::html::{Attribute, Element, NodeId, NodeRef, Tree};

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
/// Ancestors that are asked whether they are furniture.
const MOST_ANCESTORS: usize = 40;

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

/// Where browsers and archivers note the address of the page they saved.
fn saved_from(comment: &str, facts: &mut Facts) {
    let comment = comment.trim();
    let address = if let Some(rest) = comment.strip_prefix("saved from url=") {
        // `saved from url=(0031)https://example.org/page`: the number is the length of the address.
        rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(rest, |(_, address)| address)
    } else if let Some((_, rest)) = comment.split_once("SingleFile").filter(|_| comment.starts_with("Page saved with"))
    {
        rest.split_once("url:").map_or("", |(_, address)| address)
    } else if let Some(rest) = comment.strip_prefix("Mirrored from ") {
        let address = rest.split_whitespace().next().unwrap_or("");
        let scheme = if address.contains("://") { "" } else { "http://" };
        facts.add(Field::Url, Origin::SavedFrom, &format!("{scheme}{address}"));
        return;
    } else {
        return;
    };
    facts.add(Field::Url, Origin::SavedFrom, address.split_whitespace().next().unwrap_or(""));
}

fn html(element: Element<'_>, facts: &mut Facts) {
    if let Some(language) = element.attr(Attribute::Lang) {
        facts.add(Field::Language, Origin::LangAttribute, language);
    }
}

fn meta(element: Element<'_>, facts: &mut Facts) {
    let Some(content) = element.attr(Attribute::Content) else { return };
    for key in [Attribute::Property, Attribute::Name, Attribute::ItemProp, Attribute::HttpEquiv] {
        let Some(name) = element.attr(key) else { continue };
        // Some templates name one element twice over: `property="og:title article:title"`.
        for name in name.split_ascii_whitespace().take(4) {
            if let Some((field, origin)) = meaning(&name.to_ascii_lowercase(), key) {
                facts.add(field, origin, content);
                return;
            }
        }
    }
}

/// What a meta element of this name says. The names are those that publishers and their tools (Open Graph, Twitter,
/// Dublin Core, Highwire, Parse.ly, Sailthru) document, and those that htmldate and Trafilatura found in use.
fn meaning(name: &str, key: Attribute) -> Option<(Field, Origin)> {
    use Field::*;
    let dublin = |name: &str| match name {
        "title" => Some(Title),
        "creator" => Some(Author),
        "date" | "date.issued" | "issued" | "created" | "date.created" | "available" => Some(Published),
        "modified" | "date.modified" => Some(Modified),
        "publisher" => Some(Site),
        "description" | "abstract" => Some(Description),
        "language" => Some(Language),
        "subject" => Some(Tag),
        "rights" | "license" | "rights.license" => Some(Licence),
        "type" => None,
        _ => None,
    };
    let rest = ["dc.", "dc:", "dcterms.", "dcterms:"].iter().find_map(|prefix| name.strip_prefix(prefix));
    if let Some(rest) = rest {
        return dublin(&rest.replace(':', ".")).map(|field| (field, Origin::DublinCore));
    }
    let graph = match name {
        "og:title" => Some(Title),
        "article:author" | "og:article:author" | "book:author" => Some(Author),
        "article:published_time"
        | "og:article:published_time"
        | "og:published_time"
        | "article:published"
        | "og:pubdate"
        | "book:release_date"
        | "video:release_date" => Some(Published),
        "article:modified_time" | "og:article:modified_time" | "og:updated_time" | "og:modified_time" => Some(Modified),
        "og:site_name" | "og:site" => Some(Site),
        "og:description" => Some(Description),
        "og:locale" => Some(Language),
        "og:url" => Some(Url),
        "article:tag" | "og:article:tag" | "article:section" | "og:article:section" | "video:tag" | "book:tag" => {
            Some(Tag)
        }
        "og:image" | "og:image:url" | "og:image:secure_url" => Some(Image),
        "og:type" => Some(PageType),
        _ => None,
    };
    if let Some(field) = graph {
        return Some((field, Origin::OpenGraph));
    }
    let twitter = match name {
        "twitter:title" => Some(Title),
        "twitter:description" => Some(Description),
        "twitter:url" => Some(Url),
        "twitter:image" | "twitter:image:src" => Some(Image),
        _ => None,
    };
    if let Some(field) = twitter {
        return Some((field, Origin::TwitterCard));
    }
    let other = match name {
        "title" | "headline" | "citation_title" | "parsely-title" | "sailthru.title" | "dcsext.articletitle" => Title,
        "author"
        | "authors"
        | "creator"
        | "byl"
        | "byline"
        | "citation_author"
        | "citation_authors"
        | "parsely-author"
        | "sailthru.author"
        | "article.author"
        | "shareaholic:article_author_name" => Author,
        "date"
        | "pubdate"
        | "publishdate"
        | "publish-date"
        | "publish_date"
        | "publication_date"
        | "publication-date"
        | "published"
        | "published-date"
        | "published_date"
        | "published_time"
        | "datepublished"
        | "datecreated"
        | "created"
        | "creation_date"
        | "citation_publication_date"
        | "citation_date"
        | "citation_online_date"
        | "parsely-pub-date"
        | "sailthru.date"
        | "article.published"
        | "article.created"
        | "article_date_original"
        | "originalpublicationdate"
        | "cxenseparse:recs:publishtime"
        | "dcsext.articlefirstpublished"
        | "bt:pubdate"
        | "rbpubdate"
        | "vr:published_time"
        | "shareaholic:article_published_time"
        | "release_date"
        | "displaydate" => Published,
        "last-modified"
        | "lastmod"
        | "lastmodified"
        | "last_updated"
        | "revised"
        | "modified"
        | "datemodified"
        | "updated_time"
        | "article.updated"
        | "shareaholic:article_modified_time"
        | "dateupdate" => Modified,
        "application-name" | "site_name" | "shareaholic:site_name" | "citation_journal_title" | "publisher" => Site,
        "description" | "abstract" | "excerpt" | "sailthru.description" => Description,
        "content-language" | "language" | "inlanguage" | "citation_language" => Language,
        "keywords" | "news_keywords" | "parsely-tags" | "parsely-section" | "sailthru.tags" | "citation_keywords"
        | "articlesection" => Tag,
        "license" => Licence,
        "thumbnail" | "thumbnailurl" | "sailthru.image.full" | "parsely-image-url" | "image" => Image,
        _ => return None,
    };
    Some((other, if key == Attribute::ItemProp { Origin::Microdata } else { Origin::Meta }))
}

fn link(element: Element<'_>, facts: &mut Facts) {
    let (Some(rel), Some(href)) = (element.attr(Attribute::Rel), element.attr(Attribute::Href)) else { return };
    for rel in rel.split_ascii_whitespace().take(4) {
        let field = match rel.to_ascii_lowercase().as_str() {
            "canonical" => Field::Url,
            "license" => Field::Licence,
            "image_src" => Field::Image,
            _ => continue,
        };
        facts.add(field, Origin::Link, href);
    }
}

fn anchor<'a>(node: NodeRef<'a>, element: Element<'a>, gathered: &mut Gathered<'a>) {
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

fn time<'a>(node: NodeRef<'a>, element: Element<'a>, gathered: &mut Gathered<'a>) {
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
fn attributes<'a>(node: NodeRef<'a>, element: Element<'a>, gathered: &mut Gathered<'a>) {
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
