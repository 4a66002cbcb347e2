//! Where a block stands, in words that are the same on every page of a template.

use dechaff_document::{ElementId, Outline, Page, PageKind};

/// The place of a block, or the two places of a block in the middle of plain text.
///
/// HTML: a CSS selector made of the landmarks around the block (`header`, `nav`, `main`, …), the innermost element
/// with an id or class that names a place (no digits: those number posts, not places), and the block's container.
/// Plain text: `upper` for the first two thirds of the lines and `lower` for the last two. A line in the middle third
/// has both, so that a line which moves a little from page to page still meets itself, and one that moves from top to
/// bottom does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A selector.
    Selector(String),
    /// In the first third.
    Upper,
    /// In the middle third.
    Middle,
    /// In the last third.
    Lower,
}

pub(crate) const UPPER: &str = "upper";
pub(crate) const LOWER: &str = "lower";
/// Both, in what `learn` writes down.
pub(crate) const MIDDLE: &str = "middle";

impl Place {
    /// The names under which the place is counted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let names = match self {
            Place::Selector(selector) => [Some(selector.as_str()), None],
            Place::Upper => [Some(UPPER), None],
            Place::Middle => [Some(UPPER), Some(LOWER)],
            Place::Lower => [Some(LOWER), None],
        };
        names.into_iter().flatten()
    }

    /// The place of a page's block.
    pub(crate) fn of(page: &Page, block: usize) -> Place {
        let container = page.blocks[block].container;
        if page.kind == PageKind::Html && container.is_some() && container.index() < page.outline.len() {
            return Place::Selector(selector(&page.outline, container));
        }
        match 3 * block / page.blocks.len() {
            0 => Place::Upper,
            1 => Place::Middle,
            _ => Place::Lower,
        }
    }
}

const LANDMARKS: [&str; 9] = ["header", "nav", "main", "article", "aside", "footer", "form", "dialog", "search"];
/// Landmarks named, from the inside. Deeper nesting than this does not tell places apart.
const MOST_LANDMARKS: usize = 4;
/// Ancestors looked at: above the depth of any template seen, and a bound for pages nested on purpose.
const MOST_ANCESTORS: usize = 64;

fn selector(outline: &Outline, container: ElementId) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut anchored = false;
    let mut landmarks = 0;
    for element in outline.ancestors(container).take(MOST_ANCESTORS) {
        let tag = outline.tag(element);
        if tag == "body" || tag == "html" {
            break;
        }
        let landmark = LANDMARKS.contains(&tag) && landmarks < MOST_LANDMARKS;
        landmarks += usize::from(landmark);
        let anchor = if anchored { None } else { anchor(outline, element) };
        anchored |= anchor.is_some();
        if landmark || anchor.is_some() || element == container {
            parts.push(format!("{tag}{}", anchor.unwrap_or_default()));
        }
    }
    parts.reverse();
    if parts.is_empty() { "body".to_owned() } else { parts.join(" ") }
}

/// `#id` or `.class` of an element, if one of them names a place.
fn anchor(outline: &Outline, element: ElementId) -> Option<String> {
    let id = Some(outline.id(element)).filter(|id| names_a_place(id)).map(|id| format!("#{id}"));
    id.or_else(|| outline.classes(element).find(|class| names_a_place(class)).map(|class| format!(".{class}")))
}

/// An identifier of letters, hyphens and underscores that needs no escaping in a selector.
fn names_a_place(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-' || byte == b'_')
        // What marks the current page's own entry in a menu says nothing of the place.
        && !["active", "current", "selected", "first", "last", "odd", "even"].contains(&name)
}

#[cfg(test)]
mod tests {
    use dechaff_document::{Attributes, Block, OutlineBuilder};

    use super::*;

    fn html(path: &[(&str, &str, &str)]) -> Page {
        let mut builder = OutlineBuilder::default();
        let mut last = ElementId::NONE;
        for &(tag, class, id) in path {
            last = builder.open(tag, Attributes { class, id, ..Attributes::default() }, false, 0);
        }
        let block = Block { text: "x".into(), element: last, container: last, ..Block::default() };
        Page { blocks: vec![block], outline: builder.finish(), ..Page::default() }
    }

    fn place(path: &[(&str, &str, &str)]) -> String {
        let page = html(path);
        Place::of(&page, 0).names().collect::<Vec<_>>().join("|")
    }

    #[test]
    fn a_place_is_landmarks_an_anchor_and_the_container() {
        let footer =
            [("html", "", ""), ("body", "home", ""), ("footer", "", ""), ("div", "legal small", ""), ("p", "", "")];
        assert_eq!(place(&footer), "footer div.legal p");
        assert_eq!(place(&[("body", "", "page"), ("div", "", ""), ("p", "", "")]), "p");
        assert_eq!(place(&[("body", "", "")]), "body");
        assert_eq!(
            place(&[("nav", "", "top-menu"), ("ul", "", ""), ("li", "active menu-item", "")]),
            "nav li.menu-item"
        );
    }

    #[test]
    fn numbers_of_posts_are_no_places() {
        let post = |id| place(&[("main", "", ""), ("article", "post-17", id), ("p", "css-1x9", "")]);
        assert_eq!(post("post-17"), "main article p");
        assert_eq!(post("post-17"), post("post-18"));
    }

    #[test]
    fn lines_are_upper_or_lower_or_both() {
        let page = Page { kind: PageKind::Text, blocks: vec![Block::default(); 7], ..Page::default() };
        let names: Vec<String> = (0..7).map(|at| Place::of(&page, at).names().collect::<Vec<_>>().join("|")).collect();
        assert_eq!(names, ["upper", "upper", "upper", "upper|lower", "upper|lower", "lower", "lower"]);
    }
}
