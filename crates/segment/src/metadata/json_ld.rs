//! What a page says of itself in JSON-LD, by the vocabulary of schema.org.

use std::borrow::Cow;

use dechaff_document::Origin;

use super::{
    clean::folded,
    facts::{Facts, Field},
    json::{Json, parse},
};

/// Bytes of one script that are read. The longest that say anything of the page are lists of products.
const LONGEST_SCRIPT: usize = 512 * 1024;
/// Objects looked at in one page.
const MOST_OBJECTS: usize = 2_000;

/// Reads the scripts of a page. `titles` are other titles of the page: where several articles are described (a list of
/// stories), the one that is the page's own is told by them or by `url`.
pub(super) fn read(scripts: &[String], url: Option<&str>, titles: &[&str], facts: &mut Facts) {
    let scripts: Vec<Cow<'_, str>> = scripts.iter().map(|script| readable(script)).collect();
    let values: Vec<Json<'_>> = scripts.iter().filter_map(|script| parse(script)).collect();
    let mut objects = Vec::new();
    values.iter().for_each(|value| collect(value, 0, &mut objects));
    let Some(main) = main_object(&objects, url, titles) else {
        site_of(&objects, facts);
        return;
    };
    article(main, &objects, facts);
    // What a page is about (a product that every page of a shop names, say) has no dates of its own; the page has.
    let is_page = |object: &&Json<'_>| kinds(object).any(|kind| kind.ends_with("Page")) && is_at(object, url);
    if let Some(page) = objects.iter().copied().find(is_page) {
        dates(page, facts);
    }
    site_of(&objects, facts);
}

/// What is read of a script.
fn readable(script: &str) -> Cow<'_, str> {
    let mut end = script.len().min(LONGEST_SCRIPT);
    while !script.is_char_boundary(end) {
        end -= 1;
    }
    let script = &script[..end];
    // Some templates escape the whole script as if it were text.
    match script.contains('"') || !script.contains("&quot;") {
        true => Cow::Borrowed(script),
        false => super::clean::entities(script),
    }
}

/// The objects that describe the page or its site: top level, `@graph`, `mainEntity`, and pages about them. Comments,
/// offers and lists inside are not looked into.
fn collect<'a>(value: &'a Json<'a>, depth: usize, objects: &mut Vec<&'a Json<'a>>) {
    if depth > 6 || objects.len() >= MOST_OBJECTS {
        return;
    }
    for item in value.items() {
        match item {
            Json::Object(_) => {
                objects.push(item);
                for key in ["@graph", "mainEntity", "mainEntityOfPage"] {
                    if let Some(inner) = item.get(key) {
                        collect(inner, depth + 1, objects);
                    }
                }
            }
            Json::List(_) => collect(item, depth + 1, objects),
            _ => {}
        }
    }
}

/// The object that describes the page: the first of the most telling kind.
fn main_object<'a>(objects: &[&'a Json<'a>], url: Option<&str>, titles: &[&str]) -> Option<&'a Json<'a>> {
    let best = objects.iter().filter_map(|object| rank(object)).min()?;
    let mut equals = objects.iter().filter(|object| rank(object) == Some(best)).copied();
    let first = equals.next()?;
    if equals.clone().next().is_none() {
        return Some(first);
    }
    // A list of articles: only one that is this page's own counts.
    let own = |object: &Json<'_>| {
        let name = object.get("headline").or(object.get("name")).and_then(Json::text).map(folded);
        is_at(object, url)
            || name.is_some_and(|name| !name.is_empty() && titles.iter().any(|title| folded(title).contains(&name)))
    };
    std::iter::once(first).chain(equals).find(|object| own(object))
}

/// Whether an object is described as being at this address.
fn is_at(object: &Json<'_>, url: Option<&str>) -> bool {
    let address = object.get("url").or(object.get("@id")).and_then(Json::text);
    address.is_some_and(|address| Some(trimmed(address)) == url.map(trimmed))
}

/// An address without what does not tell pages apart.
fn trimmed(url: &str) -> &str {
    let url = url.split(['#', '?']).next().unwrap_or(url);
    url.split_once("://").map_or(url, |(_, rest)| rest).trim_start_matches("www.").trim_end_matches('/')
}

/// How telling the type of an object is, the lowest first. `None` for what does not describe a page.
fn rank(object: &Json<'_>) -> Option<u8> {
    kinds(object).filter_map(rank_of_kind).min()
}

fn kinds<'a>(object: &'a Json<'_>) -> impl Iterator<Item = &'a str> {
    let kinds = object.get("@type").map(Json::items).unwrap_or_default();
    kinds.iter().filter_map(Json::text).map(|kind| kind.rsplit(['/', '#', ':']).next().unwrap_or(kind))
}

fn rank_of_kind(kind: &str) -> Option<u8> {
    Some(match kind {
        "SearchResultsPage" | "CollectionPage" | "WebPage" | "ItemPage" | "AboutPage" | "ProfilePage" | "FAQPage"
        | "ContactPage" | "CheckoutPage" | "MedicalWebPage" | "RealEstateListing" => 2,
        "Article"
        | "BlogPosting"
        | "SocialMediaPosting"
        | "DiscussionForumPosting"
        | "LiveBlogPosting"
        | "Report"
        | "Recipe"
        | "Question"
        | "QAPage"
        | "HowTo" => 0,
        kind if kind.ends_with("Article") => 0,
        "Product"
        | "ProductGroup"
        | "Book"
        | "Movie"
        | "Event"
        | "Course"
        | "JobPosting"
        | "Dataset"
        | "SoftwareApplication"
        | "MobileApplication"
        | "WebApplication"
        | "VideoObject"
        | "PodcastEpisode"
        | "CreativeWork"
        | "Review"
        | "TVEpisode"
        | "MusicRecording"
        | "SoftwareSourceCode"
        | "Thesis"
        | "Chapter"
        | "Episode"
        | "Vehicle"
        | "Car" => 1,
        _ => return None,
    })
}

fn dates(object: &Json<'_>, facts: &mut Facts) {
    let published: &[&str] = &["datePublished", "dateCreated", "uploadDate", "datePosted"];
    for (field, keys) in [(Field::Published, published), (Field::Modified, &["dateModified"])] {
        if let Some(date) = keys.iter().find_map(|key| object.get(key)?.items().first()?.text()) {
            facts.add(field, Origin::JsonLd, date);
        }
    }
}

fn article(main: &Json<'_>, objects: &[&Json<'_>], facts: &mut Facts) {
    dates(main, facts);
    let mut say = |field, value: Option<&str>| {
        if let Some(value) = value {
            facts.add(field, Origin::JsonLd, value);
        }
    };
    // The name of a WebPage often carries the site's; it is the last resort of titles anyway.
    say(Field::Title, main.get("headline").or(main.get("name")).and_then(Json::text));
    say(Field::Description, main.get("description").and_then(Json::text));
    say(Field::Language, main.get("inLanguage").and_then(|language| name_of(language, objects, 0)));
    say(Field::Url, main.get("url").and_then(|url| url.items().first()?.text()));
    say(Field::PageType, kinds(main).next());
    say(Field::Image, main.get("image").or(main.get("thumbnailUrl")).and_then(|image| image_of(image, objects)));
    say(Field::Licence, main.get("license").and_then(|licence| licence.items().first()).and_then(address_or_text));
    for key in ["author", "creator"] {
        let authors = main.get(key).map(Json::items).unwrap_or_default();
        for author in authors.iter().take(50) {
            say(Field::Author, name_of(author, objects, 0));
        }
        if !authors.is_empty() {
            break;
        }
    }
    for key in ["articleSection", "keywords"] {
        for item in main.get(key).map(Json::items).unwrap_or_default().iter().take(200) {
            say(Field::Tag, name_of(item, objects, 0));
        }
    }
    say(Field::Site, main.get("publisher").and_then(|publisher| name_of(publisher.items().first()?, objects, 0)));
}

/// The site by its own objects, where the article did not say it.
fn site_of(objects: &[&Json<'_>], facts: &mut Facts) {
    for wanted in ["WebSite", "NewsMediaOrganization", "Organization"] {
        let object = objects.iter().find(|object| kinds(object).any(|kind| kind == wanted));
        if let Some(name) = object.and_then(|object| object.get("name")).and_then(Json::text) {
            facts.add(Field::Site, Origin::JsonLd, name);
            return;
        }
    }
}

/// The name of a person, an organisation, a language, a term: a text, an object with a name, or one that stands
/// elsewhere under its `@id`.
fn name_of<'a>(value: &'a Json<'a>, objects: &[&'a Json<'a>], depth: usize) -> Option<&'a str> {
    match value {
        Json::Text(text) => Some(text),
        Json::List(items) => items.first().filter(|_| depth < 3).and_then(|item| name_of(item, objects, depth + 1)),
        Json::Object(_) => {
            let own = ["name", "alternateName"].iter().find_map(|key| value.get(key)?.items().first()?.text());
            own.or_else(|| referred(value, objects)?.get("name")?.items().first()?.text())
        }
        _ => None,
    }
}

fn image_of<'a>(value: &'a Json<'a>, objects: &[&'a Json<'a>]) -> Option<&'a str> {
    match value.items().first()? {
        Json::Text(text) => Some(text),
        object => {
            let address =
                |object: &'a Json<'a>| object.get("url").or(object.get("contentUrl"))?.items().first()?.text();
            address(object).or_else(|| address(referred(object, objects)?))
        }
    }
}

fn address_or_text<'a>(value: &'a Json<'_>) -> Option<&'a str> {
    match value {
        Json::Object(_) => value.get("url").or(value.get("@id")).or(value.get("name")).and_then(Json::text),
        other => other.text(),
    }
}

/// The object of the page that has the `@id` a value refers to.
fn referred<'a>(value: &Json<'_>, objects: &[&'a Json<'a>]) -> Option<&'a Json<'a>> {
    let id = value.get("@id")?.text()?;
    let same_id = |object: &&&Json<'_>| object.get("@id").and_then(Json::text) == Some(id);
    objects.iter().take(MOST_OBJECTS).find(same_id).copied()
}
