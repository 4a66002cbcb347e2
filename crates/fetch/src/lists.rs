//! Sitemaps and feeds: the URLs that a list stands for.
//!
//! Sitemaps: <https://www.sitemaps.org/protocol.html> (`urlset`, `sitemapindex`, or one URL a line). Feeds: RSS,
//! Atom and JSON Feed, by `feed-rs`.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use quick_xml::Reader;
use quick_xml::events::Event;
use url::Url;

/// The URLs of a list, as written in it or resolved against its address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct List {
    /// Pages.
    pub(crate) pages: Vec<String>,
    /// Further sitemaps.
    pub(crate) lists: Vec<String>,
}

/// Elements that are open at one time in any real sitemap or feed number fewer than ten.
const MAX_DEPTH: usize = 256;

/// Whether a response may be a sitemap or feed, by its media type and its URL's path. Its content decides.
pub(crate) fn may_be_list(media_type: &str, path: &str) -> bool {
    let xml = media_type.ends_with("/xml") || media_type.ends_with("+xml") && media_type != "application/xhtml+xml";
    let by_type = xml || matches!(media_type, "application/gzip" | "application/x-gzip" | "application/feed+json");
    let path = path.to_ascii_lowercase();
    let by_path = [".xml", ".xml.gz", ".rss", ".atom"].iter().any(|ending| path.ends_with(ending));
    // A page that is served as HTML is one, whatever its name.
    by_type || by_path && !matches!(media_type, "text/html" | "application/xhtml+xml")
}

/// Reads a sitemap, sitemap index or feed. `Ok(None)`: it is none of them.
///
/// `limit` bounds a compressed file's decoded size in bytes, `max` the number of URLs; more are left out.
///
/// # Errors
/// A sentence on what is wrong with a file that claims to be a list.
pub(crate) fn read_list(bytes: &[u8], base: Option<&Url>, limit: u64, max: usize) -> Result<Option<List>, String> {
    let mut decoded = Vec::new();
    let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut decoder = MultiGzDecoder::new(bytes).take(limit.saturating_add(1));
        decoder.read_to_end(&mut decoded).map_err(|error| format!("not a whole gzip file: {error}"))?;
        if decoded.len() as u64 > limit {
            return Err("longer than max-decoded-bytes".into());
        }
        &decoded
    } else {
        bytes
    };
    let mut list = match kind(bytes) {
        Kind::Sitemap => read_sitemap(bytes)?,
        Kind::Feed => read_feed(bytes, base)?,
        Kind::Other => return Ok(None),
    };
    resolve(&mut list.pages, base, max);
    resolve(&mut list.lists, base, max);
    Ok(Some(list))
}

/// Reads one URL a line: a text sitemap, or a file of URLs. Blank lines and lines that begin with `#` are left out.
pub(crate) fn read_lines(text: &str) -> impl Iterator<Item = &str> {
    text.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

enum Kind {
    Sitemap,
    Feed,
    Other,
}

/// The root element tells.
fn kind(bytes: &[u8]) -> Kind {
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    if start.first() == Some(&b'{') {
        let beginning = &start[..start.len().min(4096)];
        let json_feed = beginning.windows(13).any(|window| window == b"jsonfeed.org/");
        return if json_feed { Kind::Feed } else { Kind::Other };
    }
    if !start.starts_with(b"<") && !start.starts_with(b"\xff\xfe") && !start.starts_with(b"\xfe\xff") {
        return Kind::Other;
    }
    let mut reader = Reader::from_reader(bytes);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(element) | Event::Empty(element)) => {
                return match element.local_name().as_ref() {
                    "urlset" | "sitemapindex" => Kind::Sitemap,
                    "rss" | "feed" | "RDF" => Kind::Feed,
                    _ => Kind::Other,
                };
            }
            Ok(Event::Eof) | Err(_) => return Kind::Other,
            Ok(_) => {}
        }
    }
}

fn read_sitemap(bytes: &[u8]) -> Result<List, String> {
    let mut reader = Reader::from_reader(bytes);
    let mut buffer = Vec::new();
    let mut list = List::default();
    let mut open: Vec<Element> = Vec::new();
    let mut location = String::new();
    loop {
        buffer.clear();
        // What was read before a fault is still good: many sitemaps are cut at their end.
        let Ok(event) = reader.read_event_into(&mut buffer) else { break };
        match event {
            Event::Eof => break,
            Event::Start(element) => {
                if open.len() == MAX_DEPTH {
                    return Err("elements are nested too deeply".into());
                }
                let prefixed = element.name().prefix().is_some_and(|prefix| is_extension(prefix.as_ref()));
                open.push(match element.local_name().as_ref() {
                    "url" => Element::Url,
                    "sitemap" => Element::Sitemap,
                    // `image:loc` and the like are not pages.
                    "loc" if !prefixed => Element::Location,
                    _ => Element::Other,
                });
                location.clear();
            }
            Event::End(_) => {
                let closed = open.pop();
                if closed == Some(Element::Location) && !location.trim().is_empty() {
                    match open.last() {
                        Some(Element::Url) => list.pages.push(location.trim().to_owned()),
                        Some(Element::Sitemap) => list.lists.push(location.trim().to_owned()),
                        _ => {}
                    }
                }
            }
            Event::Text(text) if open.last() == Some(&Element::Location) => {
                location.push_str(&text);
            }
            Event::CData(text) if open.last() == Some(&Element::Location) => {
                location.push_str(&text);
            }
            Event::GeneralRef(reference) if open.last() == Some(&Element::Location) => {
                let name = reference.to_string();
                match reference.resolve_char_ref() {
                    Ok(Some(character)) => location.push(character),
                    _ => location.push_str(quick_xml::escape::resolve_predefined_entity(&name).unwrap_or("&")),
                }
            }
            _ => {}
        }
    }
    Ok(list)
}

#[derive(Debug, PartialEq, Eq)]
enum Element {
    Url,
    Sitemap,
    Location,
    Other,
}

fn is_extension(prefix: &str) -> bool {
    matches!(prefix, "image" | "video" | "news" | "xhtml" | "mobile")
}

fn read_feed(bytes: &[u8], base: Option<&Url>) -> Result<List, String> {
    let parser = feed_rs::parser::Builder::new().base_uri(base.map(Url::as_str)).build();
    let feed = parser.parse(bytes).map_err(|error| format!("not a feed: {error}"))?;
    let pages = feed.entries.into_iter().filter_map(|entry| {
        let links = entry.links;
        let page = links.iter().find(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate"));
        match page {
            Some(link) => Some(link.href.clone()),
            // RSS: a guid that is a URL is the page's (`isPermaLink` is true unless it says otherwise).
            None => Some(entry.id).filter(|id| id.starts_with("http://") || id.starts_with("https://")),
        }
    });
    Ok(List { pages: pages.collect(), lists: Vec::new() })
}

fn resolve(urls: &mut Vec<String>, base: Option<&Url>, max: usize) {
    if urls.len() > max {
        tracing::warn!(left_out = urls.len() - max, "a list holds more URLs than max-list-urls");
        urls.truncate(max);
    }
    if let Some(base) = base {
        for url in urls.iter_mut() {
            if let Ok(whole) = base.join(url) {
                *url = whole.into();
            }
        }
    }
    // Written to the journal: credentials do not go there.
    for url in urls.iter_mut() {
        if let Ok((target, Some(_))) = crate::target::Target::parse(url) {
            target.as_str().clone_into(url);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<List> {
        let base = Url::parse("https://example.org/maps/sitemap.xml").unwrap();
        read_list(text.as_bytes(), Some(&base), 1 << 20, 100).unwrap()
    }

    #[test]
    fn a_sitemap_gives_its_pages_and_not_its_pictures() {
        let list = read(
            r#"<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="i">
            <url><loc> https://example.org/a?x=1&amp;y=&#50; </loc><image:image><image:loc>https://example.org/p.png</image:loc></image:image></url>
            <url><loc><![CDATA[/b]]></loc><lastmod>2026-01-01</lastmod></url></urlset>"#,
        );
        let pages = ["https://example.org/a?x=1&y=2", "https://example.org/b"].map(String::from).to_vec();
        assert_eq!(list, Some(List { pages, lists: vec![] }));
    }

    #[test]
    fn an_index_gives_further_sitemaps() {
        let list = read("<sitemapindex><sitemap><loc>one.xml</loc></sitemap></sitemapindex>").unwrap();
        assert_eq!(list.lists, ["https://example.org/maps/one.xml"]);
        assert_eq!(list.pages, [""; 0]);
    }

    #[test]
    fn a_sitemap_that_breaks_off_gives_what_came() {
        let list = read("<urlset><url><loc>/a</loc></url><url><loc>/b").unwrap();
        assert_eq!(list.pages, ["https://example.org/a"]);
    }

    #[test]
    fn feeds_give_their_entries() {
        let rss = r#"<rss version="2.0"><channel><title>t</title><link>https://example.org/</link>
            <item><title>a</title><link>https://example.org/1</link></item>
            <item><title>b</title><guid>https://example.org/2</guid></item></channel></rss>"#;
        assert_eq!(read(rss).unwrap().pages, ["https://example.org/1", "https://example.org/2"]);
        let atom = r#"<feed xmlns="http://www.w3.org/2005/Atom"><id>u</id><title>t</title>
            <entry><id>urn:1</id><title>a</title><link rel="edit" href="/edit/1"/><link href="/1"/></entry></feed>"#;
        assert_eq!(read(atom).unwrap().pages, ["https://example.org/1"]);
        let json = r#"{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[
            {"id":"1","url":"https://example.org/1","content_text":"a"}]}"#;
        assert_eq!(read(json).unwrap().pages, ["https://example.org/1"]);
    }

    #[test]
    fn anything_else_is_no_list() {
        for text in ["", "<html></html>", "plain words", "{}", "<!-- x", "<a", "\u{1}\u{2}"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&"<x>".repeat(10_000)), None);
    }

    #[test]
    fn a_compressed_bomb_is_refused() {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&vec![b' '; 4 << 20]).unwrap();
        let bomb = encoder.finish().unwrap();
        assert!(read_list(&bomb, None, 1 << 20, 10).is_err());
    }

    #[test]
    fn lists_are_guessed_by_type_or_name() {
        assert!(may_be_list("application/rss+xml", "/feed"));
        assert!(may_be_list("", "/sitemap.xml.gz") && may_be_list("text/plain", "/sitemap.xml"));
        assert!(!may_be_list("text/html", "/sitemap.xml") && !may_be_list("application/xhtml+xml", "/"));
    }
}
