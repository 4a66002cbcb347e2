//! What a page says of itself for machines: in its `meta` and `link` elements, in its language, and in the comments of
//! who saved it.

use dechaff_document::Origin;

use crate::{
    html::{Attribute, Element},
    metadata::facts::{Facts, Field},
};

/// Where browsers and archivers note the address of the page they saved.
pub(super) fn saved_from(comment: &str, facts: &mut Facts) {
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

/// The language of an `html` element.
pub(super) fn html(element: Element<'_>, facts: &mut Facts) {
    if let Some(language) = element.attr(Attribute::Lang) {
        facts.add(Field::Language, Origin::LangAttribute, language);
    }
}

/// What a `meta` element says.
pub(super) fn meta(element: Element<'_>, facts: &mut Facts) {
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

/// The address, the licence and the image that a `link` element names.
pub(super) fn link(element: Element<'_>, facts: &mut Facts) {
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
