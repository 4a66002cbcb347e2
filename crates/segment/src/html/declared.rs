//! What a page declares itself to be: types of its structured data, `og:type`, generator.

use html5ever::local_name;
use scraper::Node;

use super::tree::Tree;

/// Types read from structured data. A page with more is a list of things, which the first tell as well.
const MOST: usize = 64;

/// See [`dechaff_document::Page::declared`].
pub(super) fn declared(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for node in tree.root().descendants() {
        let Node::Element(element) = node.value() else { continue };
        match element.name.local {
            local_name!("meta") => {
                let Some(content) = element.attr("content") else { continue };
                let name = element.attr("property").or(element.attr("name")).unwrap_or("");
                match name.to_ascii_lowercase().as_str() {
                    "og:type" => found.push(format!("og:{}", content.trim().to_lowercase())),
                    "generator" => found.push(format!("generator:{}", content.trim().to_lowercase())),
                    "article:published_time" => found.push("article:published_time".to_owned()),
                    _ => {}
                }
            }
            local_name!("script") if element.attr("type").is_some_and(|kind| kind.contains("ld+json")) => {
                for text in node.children().filter_map(|child| child.value().as_text()) {
                    types(text, &mut found);
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
    found
}

/// The values of `"@type"` in JSON text, strings and lists of strings.
fn types(json: &str, found: &mut Vec<String>) {
    for after in json.split("\"@type\"").skip(1) {
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
    fn types_of_any_shape_are_read() {
        let mut found = Vec::new();
        types(
            r#"{"@type": "NewsArticle","x":[{"@type":["Person","https://schema.org/Thing"]}, {"@type":4}"#,
            &mut found,
        );
        assert_eq!(found, ["schema:newsarticle", "schema:person", "schema:thing"]);
    }
}
