//! What stands inside a block and is not read with it: anchors of headings, way back from a footnote, numbers beside
//! code, labels for screen readers, hidden words.
//!
//! Furniture that is a block of its own is a matter for the judge. What is told here lies inside a block that may be
//! content, where no verdict could part the two.

use std::sync::LazyLock;

use html5ever::{LocalName, local_name};
use rustc_hash::FxHashMap;

use super::{
    attributes::Attribute,
    elements::Flow,
    tree::{Element, NodeRef},
};

/// Characters up to which hidden text in a line is no text: a key to sort by, a label for screen readers, a link's "opens
/// in a new window". A longer one may be the rest of a story behind "read more".
const SHORT: usize = 60;

/// Nodes of a subtree that are looked at, so that elements nested in each other cost no more than their own content
/// times this.
const LOOK_AT: usize = 64;

/// What a class token says of the element's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// Only screen readers are to read it.
    Spoken = 1,
    /// The link that a heading carries to itself.
    Anchor = 2,
    /// The way back from a footnote, or the links by which a wiki's headings are edited.
    Aside = 4,
    /// Numbers beside lines of code.
    Gutter = 8,
    /// An icon font's ligature: the name of a picture.
    Icon = 16,
    /// A formula, in more than one form.
    Formula = 32,
    /// An image that stands for a character or a formula; its alternative text is the text.
    Glyph = 64,
    /// A line of code outside of `<pre>`.
    CodeLine = 128,
}

/// The names that frameworks, wikis, generators of documentation and highlighters have for such elements.
const TOLD: [(Told, &[&str]); 8] = [
    (
        Told::Spoken,
        &[
            "sr-only",
            "visually-hidden",
            "visuallyhidden",
            "visually-hidden-text",
            "screen-reader-text",
            "screen-reader-only",
            "screenreader-only",
            "screenreader",
            "show-for-sr",
            "element-invisible",
            "assistive-text",
            "a-offscreen",
            "govuk-visually-hidden",
            "usa-sr-only",
            "u-visually-hidden",
        ],
    ),
    (
        Told::Anchor,
        &[
            "anchor",
            "anchor-link",
            "anchorjs-link",
            "header-anchor",
            "headeranchor-link",
            "heading-anchor",
            "heading-link",
            "headerlink",
            "hash-link",
            "permalink",
            "section-link",
            "direct-link",
        ],
    ),
    (
        Told::Aside,
        &[
            "mw-editsection",
            "mw-cite-backlink",
            "footnote-backref",
            "data-footnote-backref",
            "footnote-back",
            "reversefootnote",
            "footnote-return",
        ],
    ),
    (
        Told::Gutter,
        &[
            "gutter",
            "rouge-gutter",
            "linenos",
            "lineno",
            "linenodiv",
            "lnt",
            "ln",
            "line-number",
            "line-numbers",
            "line-numbers-rows",
            "line-numbers-wrapper",
            "line-num",
            "linenumber",
            "linenumbers",
            "hljs-ln-numbers",
            "react-syntax-highlighter-line-number",
            "crayon-nums",
            "crayon-num",
            "blob-num",
            "code-line-number",
            "CodeMirror-linenumber",
        ],
    ),
    (
        Told::Icon,
        &[
            "material-icons",
            "material-icons-outlined",
            "material-icons-round",
            "material-symbols-outlined",
            "material-symbols-rounded",
            "material-symbols-sharp",
        ],
    ),
    (Told::Formula, &["katex", "katex-display", "MathJax", "MathJax_Display", "mwe-math-element"]),
    (
        Told::Glyph,
        &["emoji", "wp-smiley", "smiley", "twemoji", "emoticon", "latex", "tex", "mwe-math-fallback-image-inline"],
    ),
    (Told::CodeLine, &["blob-code", "js-file-line", "hljs-ln-code", "crayon-line"]),
];

static BY_TOKEN: LazyLock<FxHashMap<&str, Told>> =
    LazyLock::new(|| TOLD.iter().flat_map(|(told, tokens)| tokens.iter().map(move |&token| (token, *told))).collect());

/// What all tokens of a class attribute say together.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tokens(u8);

impl Tokens {
    pub(super) fn of(class: &str) -> Tokens {
        let known = class.split_ascii_whitespace().filter_map(|token| BY_TOKEN.get(token));
        Tokens(known.fold(0, |all, told| all | *told as u8))
    }

    fn say(self, told: Told) -> bool {
        self.0 & told as u8 != 0
    }

    /// The element holds a formula in more than one form.
    pub(super) fn formula(self) -> bool {
        self.say(Told::Formula)
    }

    /// The element is a line of code.
    pub(super) fn code_line(self) -> bool {
        self.say(Told::CodeLine)
    }
}

/// What such a link says where it says anything.
const ANCHOR_TEXTS: [&str; 8] = [
    "permalink",
    "link",
    "anchor",
    "link to this heading",
    "link to this section",
    "permalink to this headline",
    "copy link",
    "direct link",
];

/// What the walk knows of the place where an element stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Inside a heading.
    pub(super) heading: bool,
    /// Inside preformatted text.
    pub(super) preformatted: bool,
    /// The element runs inside a line.
    pub(super) inline: bool,
    /// Hidden by an attribute or its own style.
    pub(super) hidden: bool,
}

/// Whether an element holds nothing that is read with the text around it.
pub(super) fn is_unread(node: NodeRef<'_>, element: Element<'_>, tokens: Tokens, place: Place) -> bool {
    let name = element.local();
    if place.preformatted && *name == local_name!("button") {
        return true;
    }
    if tokens.say(Told::Gutter) && is_numbers(node) {
        return true;
    }
    if !place.inline {
        return false;
    }
    if tokens.say(Told::Aside) || tokens.say(Told::Icon) {
        return true;
    }
    if (place.hidden || tokens.say(Told::Spoken)) && is_short(node) {
        return true;
    }
    if *name == local_name!("i") && element.attr(Attribute::AriaHidden) == Some("true") && is_short(node) {
        return true;
    }
    *name == local_name!("a") && leads_nowhere(node, element, tokens, place.heading)
}

/// Whether a link to a place on its own page is a mere handle: without a letter ("¶", "↩"), or a heading's link to
/// itself beside the heading's text.
fn leads_nowhere(node: NodeRef<'_>, element: Element<'_>, tokens: Tokens, in_heading: bool) -> bool {
    let rev = element.attr(Attribute::Rev).or(element.attr(Attribute::Role));
    if matches!(rev, Some("footnote" | "doc-backlink")) {
        return true;
    }
    if element.attr(Attribute::Href).is_none_or(|target| memchr::memchr(b'#', target.as_bytes()).is_none()) {
        return false;
    }
    let in_page = element.attr(Attribute::Href).is_some_and(|target| target.starts_with('#'));
    let Some(text) = short_text(node) else { return false };
    if !in_page && !in_heading || text.is_empty() {
        return false;
    }
    if !text.contains(char::is_alphanumeric) {
        // An asterisk or dagger is a note's mark.
        return !text.contains(['*', '†', '‡']) && (in_heading || text.chars().count() <= 3);
    }
    let handle = ANCHOR_TEXTS.contains(&text.to_lowercase().as_str()) || tokens.say(Told::Anchor);
    in_heading && handle && has_company(node)
}

/// Whether a heading's link stands beside text of the heading: otherwise it is the heading.
fn has_company(node: NodeRef<'_>) -> bool {
    let speaks = |sibling: NodeRef<'_>| short_text(sibling).is_none_or(|text| !text.is_empty());
    node.previous_siblings().chain(node.next_siblings()).take(LOOK_AT).any(speaks)
}

/// Whether the text of an element is short, see [`SHORT`].
fn is_short(node: NodeRef<'_>) -> bool {
    short_text(node).is_some()
}

/// The text of a subtree, white space folded, if it is short and stands in few nodes.
pub(super) fn short_text(node: NodeRef<'_>) -> Option<String> {
    let mut found = String::new();
    for (seen, inner) in node.descendants().enumerate() {
        if seen > LOOK_AT {
            return None;
        }
        if let Some(text) = inner.text() {
            for word in text.split_whitespace() {
                if !found.is_empty() {
                    found.push(' ');
                }
                found.push_str(word);
                if found.len() > SHORT {
                    return None;
                }
            }
        }
    }
    Some(found.replace(['\u{200b}', '\u{feff}', '\u{fe0e}'], ""))
}

/// Whether the text of a subtree is numbers alone. Stops at the first letter.
fn is_numbers(node: NodeRef<'_>) -> bool {
    node.descendants().all(|inner| !inner.text().is_some_and(|text| text.contains(|c: char| c.is_alphabetic())))
}

/// Whether the name of an element with unknown meaning says nothing against its running inside a line: a custom element
/// amid text, with no block in it.
pub(super) fn runs_in_line(node: NodeRef<'_>, text_before: bool) -> bool {
    let amid = text_before
        || node.next_sibling().is_some_and(|next| next.text().is_some_and(|text| !text.trim_ascii().is_empty()));
    amid && node.descendants().skip(1).take(LOOK_AT).all(|inner| {
        inner.element().is_none_or(|element| element.local().contains('-') || element.flow() != Flow::Block)
    })
}

/// Whether a `<sup>`, or a link, is the mark of a note: a number or letter that leads to a place on the page, and nothing
/// else. The mark itself comes back.
pub(super) fn is_note_mark(node: NodeRef<'_>, element: Element<'_>) -> bool {
    let is = |element: Element<'_>, name: LocalName| *element.local() == name;
    let in_page = |element: Element<'_>| element.attr(Attribute::Href).is_some_and(|target| target.starts_with('#'));
    let only_child = || {
        let mut children = node.children();
        let child = children.next()?.element()?;
        children.next().is_none().then_some(child)
    };
    let marks = match only_child() {
        Some(child) if is(element, local_name!("sup")) => is(child, local_name!("a")) && in_page(child),
        Some(child) if is(element, local_name!("a")) => is(child, local_name!("sup")) && in_page(element),
        _ => false,
    };
    marks
        && short_text(node)
            .is_some_and(|text| text.len() <= 3 && !text.is_empty() && text.chars().all(char::is_alphanumeric))
}

/// Whether an image stands for what its alternative text says: an emoji, a smiley, a formula.
pub(super) fn is_glyph(tokens: Tokens, alternative: &str) -> bool {
    let text = alternative.trim();
    let is_emoji = || text.chars().all(|c| !c.is_alphanumeric() && !c.is_whitespace() && c >= '\u{200d}');
    !text.is_empty() && (tokens.say(Told::Glyph) || text.len() <= SHORT && is_emoji())
}

/// The brackets that a reading over characters (`<rt>`) lacks before and after it.
pub(super) fn ruby_brackets(reading: NodeRef<'_>) -> (&'static str, &'static str) {
    let beside = |node: Option<NodeRef<'_>>| {
        matches!(*node?.element()?.local(), local_name!("rp") | local_name!("rt")).then_some(())
    };
    let before = beside(reading.previous_sibling()).map_or("(", |()| "");
    let after = beside(reading.next_sibling()).map_or(")", |()| "");
    (before, after)
}
