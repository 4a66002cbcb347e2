//! What a page declares itself to be: types of its structured data, `og:type`, generator.

use dechaff_document::Page;
use html5ever::local_name;
use memchr::memmem;

use super::{attributes::Attribute, tree::Tree};

/// Types read from structured data. A page with more is a list of things, which the first tell as well.
const MOST: usize = 64;

/// Bytes of texts read from structured data: far more than an article has.
const MOST_TEXT: usize = 1 << 20;

/// Properties whose text is the page's own, or about it.
const PROPERTIES: [&str; 4] = ["articleBody", "text", "description", "reviewBody"];

/// Fills [`Page::declared`] and [`Page::stated`].
pub(super) fn declared(tree: &Tree<'_>, page: &mut Page) {
    let mut found = Vec::new();
    let mut room = MOST_TEXT;
    for element in tree.statements() {
        match *element.local() {
            local_name!("meta") => {
                let Some(content) = element.attr(Attribute::Content) else { continue };
                let name = element.attr(Attribute::Property).or(element.attr(Attribute::Name)).unwrap_or("");
                match name.to_ascii_lowercase().as_str() {
                    "og:type" => found.push(format!("og:{}", content.trim().to_lowercase())),
                    "generator" => found.push(format!("generator:{}", content.trim().to_lowercase())),
                    "description" | "og:description" | "twitter:description" if page.descriptions.len() < 8 => {
                        page.descriptions.push(content.split_whitespace().collect::<Vec<_>>().join(" "));
                    }
                    "article:published_time" => found.push("article:published_time".to_owned()),
                    _ => {}
                }
            }
            local_name!("script") if element.attr(Attribute::Type).is_some_and(|kind| kind.contains("ld+json")) => {
                for text in element.node().children().filter_map(|child| child.text()) {
                    types(text, &mut found);
                    texts(text, &mut room, &mut page.stated);
                }
            }
            _ => {}
        }
        if found.len() >= MOST {
            break;
        }
    }
    found.sort_unstable();
    found.dedup();
    page.declared = found;
}

/// The strings that JSON text gives to [`PROPERTIES`].
fn texts(json: &str, room: &mut usize, found: &mut Vec<(String, String)>) {
    for property in PROPERTIES {
        for at in memmem::find_iter(json.as_bytes(), property) {
            let quoted = json[..at].ends_with('"');
            let Some(value) = json[at + property.len()..].strip_prefix('"').filter(|_| quoted) else { continue };
            let Some(value) = value.trim_start().strip_prefix(':').map(str::trim_start) else { continue };
            let Some(value) = value.strip_prefix('"') else { continue };
            let text = without_markup(&unescaped(value, *room));
            *room = room.saturating_sub(text.len());
            if !text.is_empty() {
                found.push((property.to_ascii_lowercase(), text));
            }
        }
    }
}

/// A JSON string up to its closing quote (or the end, in broken text), at most `room` bytes of it.
fn unescaped(json: &str, room: usize) -> String {
    let mut text = String::new();
    let mut characters = json.chars();
    while let Some(c) = characters.next() {
        match c {
            _ if text.len() >= room => break,
            '"' => break,
            '\\' => match characters.next() {
                Some('n' | 'r' | 't' | 'b' | 'f') => text.push(' '),
                Some('u') => {
                    let digits: String = characters.by_ref().take(4).collect();
                    let code = u32::from_str_radix(&digits, 16).ok();
                    text.push(code.and_then(char::from_u32).unwrap_or(' '));
                }
                Some(other) => text.push(other),
                None => break,
            },
            c => text.push(c),
        }
    }
    text
}

/// Text without tags and character references, white space folded. Some sites put the page's HTML here.
fn without_markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = match rest.starts_with('<') {
            true => rest.find('>').filter(|_| rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')),
            false => rest.find(';').filter(|&end| end <= 8),
        };
        match end {
            Some(end) => {
                out.push(' ');
                rest = &rest[end + 1..];
            }
            None => {
                out.push_str(&rest[..1]);
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The values of `"@type"` in JSON text, strings and lists of strings.
fn types(json: &str, found: &mut Vec<String>) {
    const KEY: &str = "\"@type\"";
    let mut keys = memmem::find_iter(json.as_bytes(), KEY).peekable();
    while let Some(at) = keys.next() {
        let after = &json[at + KEY.len()..keys.peek().copied().unwrap_or(json.len())];
        let Some(value) = after.trim_start().strip_prefix(':').map(str::trim_start) else { continue };
        let end = if value.starts_with('[') {
            value.find(']')
        } else {
            value.get(1..).and_then(|v| v.find('"')).map(|at| at + 2)
        };
        let Some(value) = end.and_then(|end| value.get(..end)) else { continue };
        for name in value.split('"').skip(1).step_by(2) {
            let name = name.rsplit('/').next().unwrap_or(name);
            if found.len() < MOST && !name.is_empty() && name.len() <= 40 {
                found.push(format!("schema:{}", name.to_lowercase()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_without_their_markup() {
        let mut found = Vec::new();
        let json =
            r#"{"articleBody":"<p>It \"rains\".</p>\nA &amp; b < c \u00e4","text":["x"],"description" : "Short"}"#;
        texts(json, &mut 1000, &mut found);
        let expected = [("articlebody", "It \"rains\". A b < c ä"), ("description", "Short")];
        assert_eq!(found, expected.map(|(property, text)| (property.to_owned(), text.to_owned())));
    }

    #[test]
    fn types_of_any_shape_are_read() {
        let mut found = Vec::new();
        types(
            r#"{"@type": "NewsArticle","x":[{"@type":["Person","https://schema.org/Thing"]}, {"@type":4}"#,
            &mut found,
        );
        assert_eq!(found, ["schema:newsarticle", "schema:person", "schema:thing"]);
    }
}
