//! What a page says of itself beside its text: title, authors, dates, site, address, language, tags, licence.
//!
//! One pass over the elements gathers every statement with its origin ([`gather`]); JSON-LD is read leniently
//! ([`json`], [`json_ld`]); then each field is settled by asking the origins in the order of their trust. What the page
//! states for machines is asked before what it shows to readers, since it carries no guess of ours.

use dechaff_document::{Found, Metadata, Origin, Page, PageKind};

pub use self::residue::add_residue;
use self::{
    clean::folded,
    date::Order,
    facts::{Facts, Field},
};
use crate::html::Tree;

mod author;
mod clean;
mod date;
mod facts;
mod gather;
pub(crate) mod json;
mod json_ld;
mod language;
mod latin;
mod residue;
mod title;
mod visible;

use Origin::{
    DublinCore, JsonLd, LangAttribute, Link, Meta, Microdata, OpenGraph, Record, SavedFrom, Text, TwitterCard,
};

/// Tags kept of one page.
const MOST_TAGS: usize = 50;

/// Reads the metadata of an HTML page from its tree. `page` holds source, outline and blocks already.
pub(crate) fn extract(tree: &Tree<'_>, page: &Page) -> Metadata {
    let mut gathered = gather::gather(tree);
    let address = address(&gathered.facts, page);
    let titles: Vec<String> = gathered.facts.of(Field::Title).map(|found| found.value.clone()).collect();
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let scripts = std::mem::take(&mut gathered.scripts);
    let own = address.as_ref().map(|found| found.value.as_str()).or(page.source.url.as_deref());
    json_ld::read(&scripts, own, &titles, &mut gathered.facts);
    let order = order(&gathered.facts);
    let mut facts = gathered.settle(order);
    visible::read(page, order, &mut facts);
    settle(facts, page, order)
}

/// Reads the metadata of a plain text: what its record says, what its first lines mark, and its language.
pub(crate) fn of_text(page: &Page) -> Metadata {
    let mut facts = Facts::default();
    visible::title(page, &mut facts);
    visible::read(page, Order::DayFirst, &mut facts);
    settle(facts, page, Order::DayFirst)
}

/// Decides which of the values found to believe, field by field.
fn settle(mut facts: Facts, page: &Page, order: Order) -> Metadata {
    record(page, &mut facts);
    let any = |value: &str| Some(value.to_owned());
    let url = address(&facts, page);
    let host = page.source.url.as_deref().or(url.as_ref().map(|url| url.value.as_str())).and_then(host);
    let dates = [Record, JsonLd, OpenGraph, DublinCore, Meta, Microdata, Text];
    let date = |value: &str| date::machine(value, order);
    let in_address = |found: Option<Found>| {
        let from_record = page.source.url.as_deref().and_then(date::in_url).map(|date| Found::new(date, Record));
        let own = || url.as_ref().and_then(|url| Some(Found::new(date::in_url(&url.value)?, url.origin)));
        match found {
            // A day shown in the text may be another story's; the address is the page's own.
            Some(found) if found.origin != Text => Some(found),
            weak => from_record.or_else(own).or(weak),
        }
    };
    let site = site(&facts, host);
    let site_name = site.as_ref().map(|site| site.value.as_str());
    let modified = facts.first(Field::Modified, &dates, date);
    // A day shown on the page that is later than the page's last change, as it is stated for machines, is not its own.
    let stated = modified.as_ref().filter(|modified| modified.origin != Text).map(|modified| modified.value.clone());
    let before_change = |found: &Found| {
        let day = |date: &str| date.get(..10).unwrap_or(date).to_owned();
        found.origin != Text || stated.as_deref().is_none_or(|stated| day(&found.value) <= day(stated))
    };
    let own = page.source.url.as_deref().or(url.as_ref().map(|url| url.value.as_str()));
    Metadata {
        title: match page.kind {
            PageKind::Html => title::settle(&facts, site_name, host),
            PageKind::Text => facts.first(Field::Title, &[Record, Text], any),
        },
        authors: authors(&facts),
        published: in_address(facts.first(Field::Published, &dates, date).filter(before_change)),
        modified,
        description: facts.first(
            Field::Description,
            &[Record, OpenGraph, Meta, JsonLd, DublinCore, TwitterCard, Microdata],
            any,
        ),
        language: facts.first(
            Field::Language,
            &[Record, LangAttribute, Meta, OpenGraph, JsonLd, DublinCore, Microdata],
            language::declared,
        ),
        detected_language: language::detected(&page.blocks),
        tags: tags(&facts),
        licence: facts.first(Field::Licence, &[Record, Link, JsonLd, Microdata, DublinCore, Meta, Text], |value| {
            if value.starts_with('/') { absolute(value, own) } else { any(value) }
        }),
        image: image(&facts, own),
        page_type: facts.first(Field::PageType, &[Record, JsonLd, OpenGraph, Microdata], any),
        site: site.or_else(|| {
            let origin = if page.source.url.is_some() { Record } else { url.as_ref()?.origin };
            Some(Found::new(host?.trim_start_matches("www."), origin))
        }),
        url: url.clone(),
    }
}

/// Fields of the record that are metadata, under the names that corpora give them.
fn record(page: &Page, facts: &mut Facts) {
    for (name, json) in &page.fields {
        let field = match name.to_ascii_lowercase().as_str() {
            "title" => Field::Title,
            "author" | "authors" => Field::Author,
            "date" | "published" | "date_published" | "publish_date" | "publication_date" | "pubdate" => {
                Field::Published
            }
            "modified" | "date_modified" => Field::Modified,
            "site" | "sitename" | "site_name" => Field::Site,
            "description" | "summary" | "excerpt" => Field::Description,
            "language" | "lang" => Field::Language,
            "tags" | "keywords" | "categories" => Field::Tag,
            "license" | "licence" => Field::Licence,
            "image" => Field::Image,
            _ => continue,
        };
        let list = format!("[{json}]");
        let Some(value) = json::parse(&list) else { continue };
        for value in value.items().iter().flat_map(json::Json::items).filter_map(json::Json::text).take(MOST_TAGS) {
            facts.add(field, Record, value);
        }
    }
}

/// The address that the page states: absolute, or on the host of the record's address.
fn address(facts: &Facts, page: &Page) -> Option<Found> {
    let own = page.source.url.as_deref();
    facts.first(Field::Url, &[Link, OpenGraph, JsonLd, TwitterCard, SavedFrom, Text], |value| {
        absolute(value, own).filter(|value| !value.contains(' '))
    })
}

/// An address as it is, or on the host of the page's own `address`; `None` for what is none, or none without that host.
fn absolute(value: &str, address: Option<&str>) -> Option<String> {
    let lower = value.get(..8).unwrap_or(value).to_ascii_lowercase();
    if lower.starts_with("http://") || lower.starts_with("https://") {
        return host(value)?.contains('.').then(|| value.to_owned());
    }
    let (scheme, rest) = address?.split_once("://")?;
    match value.strip_prefix("//") {
        Some(rest) => Some(format!("{scheme}://{rest}")),
        None if value.starts_with('/') => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            Some(format!("{scheme}://{}{value}", &rest[..end]))
        }
        None => None,
    }
}

/// The picture of the page. Where it is given twice, that address counts which can be asked for safely
/// (`og:image:secure_url`).
fn image(facts: &Facts, address: Option<&str>) -> Option<Found> {
    let order = [Record, OpenGraph, JsonLd, TwitterCard, Link, Meta];
    let mut image = facts.first(Field::Image, &order, |value| absolute(value, address))?;
    if let Some(rest) = image.value.strip_prefix("http://") {
        let secure = format!("https://{rest}");
        if facts.of(Field::Image).any(|found| found.value == secure) {
            image.value = secure;
        }
    }
    Some(image)
}

/// The host of an absolute address.
fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    (!host.is_empty()).then_some(host)
}

/// The name of the site. A handle or an address is no name; og:site_name is written for this and asked first.
fn site(facts: &Facts, host: Option<&str>) -> Option<Found> {
    let name = |value: &str| {
        let value = value.trim_start_matches('@').trim();
        let address = value.contains("://");
        (!address && value.chars().count() <= 100).then(|| value.to_owned())
    };
    let order = [Record, OpenGraph, JsonLd, Meta, Microdata, DublinCore];
    let found = facts.first(Field::Site, &order, name);
    // A title of two parts, one of which is the host's name, tells how the site writes it.
    found.or_else(|| {
        let title = facts.from(Field::Title, Origin::TitleElement).next()?;
        let cut = title::without_site(&title.value, None, host);
        let rest = title.value.strip_prefix(cut).or_else(|| title.value.strip_suffix(cut))?;
        let rest = rest.trim_matches(|c: char| c.is_whitespace() || "|·•»«‹›-–—:/".contains(c));
        let label = folded(rest);
        (label.len() > 2 && host.is_some_and(|host| folded(host).contains(&label)))
            .then(|| Found::new(rest, Origin::TitleElement))
    })
}

/// The authors, from the first origin that names any.
fn authors(facts: &Facts) -> Vec<Found> {
    for origin in [Record, JsonLd, OpenGraph, Meta, DublinCore, Microdata, Link, Text] {
        let mut names = Vec::new();
        for found in facts.from(Field::Author, origin) {
            author::add(&found.value, &mut names);
        }
        if !names.is_empty() {
            return names.into_iter().map(|name| Found::new(name, origin)).collect();
        }
    }
    Vec::new()
}

/// Tags and sections, each once, of all origins that state them for machines; links marked as tags only without those.
fn tags(facts: &Facts) -> Vec<Found> {
    let mut tags: Vec<Found> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for origin in [Record, OpenGraph, JsonLd, Meta, DublinCore, Microdata, Link] {
        if origin == Link && !tags.is_empty() {
            break;
        }
        for found in facts.from(Field::Tag, origin) {
            for tag in found.value.split([',', ';', '|']).map(str::trim) {
                let fits = !tag.is_empty() && tag.chars().count() <= 60 && !tag.contains("://");
                if tags.len() < MOST_TAGS && fits && seen.insert(folded(tag)) {
                    tags.push(Found::new(tag, origin));
                }
            }
        }
    }
    tags
}

/// How the page's language writes dates of three numbers.
fn order(facts: &Facts) -> Order {
    let declared = [OpenGraph, LangAttribute, Meta, JsonLd];
    let language = facts.first(Field::Language, &declared, language::declared);
    language.map_or(Order::DayFirst, |language| Order::of_language(&language.value))
}

#[cfg(test)]
mod tests;
