//! Text that a page holds and does not show: what a single-page application would draw.
//!
//! Such a page's elements are an empty root, a menu and a footer; its text stands in JSON-LD or in the state that the
//! server hands to the scripts. It is read only where the elements show little, so other pages pay nothing for it.

use std::hash::BuildHasher;

use dechaff_document::{Block, BlockKind, Break, ElementId, Page, Unshown};
use html5ever::local_name;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::{Tree, attributes::Attribute, parse, tree::Element, walk};
use crate::{
    Settings,
    metadata::json::{self, Json},
    selectors::SelectorIndex,
};

/// Words of shown running text from which a page is taken to show what it has. Of the pages of WCXB's development split
/// that show fewer, most are product pages and shells.
const SHOWN: usize = 200;

/// Least words of a text that is worth showing: a paragraph.
const LEAST: usize = 40;

/// Words that make a block running text rather than a label.
const RUNNING: usize = 8;

/// Bytes of JSON that are read of one page.
const MOST: usize = 4 << 20;

/// Bytes of shown text times texts found from which these are compared with whole blocks alone: a tenth of a second.
const MOST_COMPARED: usize = 200 << 20;

/// Keys under which the state of applications holds text, lower case, without `_`.
const KEYS: [&str; 20] = [
    "body",
    "bodyhtml",
    "bodytext",
    "content",
    "contenthtml",
    "cooked",
    "copy",
    "description",
    "descriptionhtml",
    "html",
    "longdescription",
    "maintext",
    "markup",
    "paragraph",
    "paragraphs",
    "rendered",
    "story",
    "text",
    "value",
    "children",
];

/// Attributes that hold the state of applications.
const STATES: [Attribute; 2] = [Attribute::DataPage, Attribute::DataPreloaded];

/// Fills [`Page::unshown`], if the page shows little and its data hold more.
pub(super) fn unshown(tree: &Tree<'_>, settings: &Settings, selectors: &SelectorIndex, page: &mut Page) {
    let mut shown = 0;
    for block in &page.blocks {
        let unlinked = block.link_characters as usize * 2 <= block.text.len();
        let words = if block.hidden || !unlinked { 0 } else { words(&block.text) };
        shown += if words >= RUNNING { words } else { 0 };
        if shown >= SHOWN {
            return;
        }
    }
    let Some((origin, texts)) = best(found(tree), page) else { return };
    let mut blocks: Vec<Block> = texts.iter().flat_map(|text| blocks_of(text, settings, selectors)).collect();
    let on_page: FxHashSet<&str> =
        page.blocks.iter().filter(|block| !block.hidden).map(|block| block.text.as_str()).collect();
    // A part of a longer text counts too, but all is looked for in all only where there is little of either.
    let mut longer: String = on_page.iter().flat_map(|text| [text, "\n"]).collect();
    if longer.len().saturating_mul(blocks.len()) > MOST_COMPARED {
        longer.clear();
    }
    let all: usize = blocks.iter().map(|block| words(&block.text)).sum();
    blocks.retain(|block| !on_page.contains(block.text.as_str()) && !longer.contains(block.text.as_str()));
    let left: usize = blocks.iter().map(|block| words(&block.text)).sum();
    // What mostly stands on the page already is its teaser or its source, and nothing new.
    if left >= LEAST && left * 2 >= all && left > shown {
        page.unshown = Some(Unshown { origin, blocks });
    }
}

/// Texts by where they were found, in the order of the page.
type Found = Vec<(String, Vec<String>)>;

fn found(tree: &Tree<'_>) -> Found {
    let mut places: FxHashMap<String, usize> = FxHashMap::default();
    let mut seen: FxHashSet<(usize, u64)> = FxHashSet::default();
    let mut found: Found = Vec::new();
    let mut room = MOST;
    let mut put = |place: String, text: &str| {
        let at = *places.entry(place.clone()).or_insert_with(|| {
            found.push((place, Vec::new()));
            found.len() - 1
        });
        // By hash: a list of texts may be long.
        if seen.insert((at, FxBuildHasher.hash_one(text))) {
            found[at].1.push(text.to_owned());
        }
    };
    for node in tree.root().descendants() {
        let Some(element) = node.element() else { continue };
        let is_script = *element.local() == local_name!("script");
        if is_script && element.attr(Attribute::Type).is_some_and(|kind| kind.contains("ld+json")) {
            for text in node.children().filter_map(|child| child.text()) {
                if let Some(value) = within(text, &mut room).and_then(json::parse) {
                    linked_data(&value, 0, &mut put);
                }
            }
        } else if is_script {
            for text in node.children().filter_map(|child| child.text()) {
                if let Some(value) = within(text, &mut room).and_then(json::parse) {
                    state(&value, &mut name_of(element), 0, &mut put);
                }
            }
        } else if let Some(text) = STATES.iter().find_map(|&state| element.attr(state))
            && let Some(value) = within(text, &mut room).and_then(json::parse)
        {
            state(&value, &mut name_of(element), 0, &mut put);
        }
    }
    found
}

/// The text, if there is room for it.
fn within<'a>(text: &'a str, room: &mut usize) -> Option<&'a str> {
    *room = room.checked_sub(text.len())?;
    Some(text)
}

fn name_of(element: Element<'_>) -> String {
    element.attr(Attribute::Id).filter(|id| id.len() <= 40).unwrap_or("page state").to_owned()
}

/// Texts of JSON-LD, by property.
fn linked_data(value: &Json<'_>, depth: usize, put: &mut impl FnMut(String, &str)) {
    match value {
        Json::List(items) => items.iter().for_each(|item| linked_data(item, depth, put)),
        Json::Object(members) if depth < 8 => {
            for (key, value) in members {
                match (&**key, value) {
                    ("articleBody" | "text" | "description" | "reviewBody", Json::Text(text)) => {
                        put(format!("JSON-LD {key}"), text);
                    }
                    // What a page says of its makers is not its text.
                    ("author" | "publisher" | "creator" | "isPartOf" | "image" | "review", _) => {}
                    (_, Json::List(_) | Json::Object(_)) => linked_data(value, depth + 1, put),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// Running text in the state of an application, by the path of keys to it.
fn state(value: &Json<'_>, path: &mut String, depth: usize, put: &mut impl FnMut(String, &str)) {
    match value {
        Json::List(items) if depth < 48 => items.iter().for_each(|item| state(item, path, depth + 1, put)),
        Json::Object(members) if depth < 48 => {
            for (key, value) in members {
                let length = path.len();
                // Keys that are numbers or names of records tell one record from another, not one kind of text.
                let tells = !key.contains(|c: char| c.is_ascii_digit()) && key.len() <= 40;
                path.push('.');
                path.push_str(if tells { key } else { "*" });
                state(value, path, depth + 1, put);
                path.truncate(length);
            }
        }
        Json::Text(text) if text.len() > 100 && text.starts_with(['{', '[']) && depth < 48 => {
            if let Some(value) = json::parse(text) {
                state(&value, path, depth + 1, put);
            }
        }
        // Most are too short to hold so many words, of one letter each.
        Json::Text(text) if text.len() >= 2 * RUNNING - 1 => {
            let key = path.rsplit('.').next().unwrap_or("").to_lowercase().replace('_', "");
            if KEYS.contains(&key.as_str()) && words(text) >= RUNNING {
                put(path.clone(), text);
            }
        }
        _ => {}
    }
}

/// The texts that are the page's: its article, else what its posts say, else the longest text of its state that speaks
/// of what the title names (a state holds the shop's guides and rewards too), else its description.
fn best(found: Found, page: &Page) -> Option<(String, Vec<String>)> {
    let size = |texts: &[String]| texts.iter().map(|text| words(text)).sum::<usize>();
    let rank = |place: &str| match place {
        "JSON-LD articleBody" => 3,
        "JSON-LD text" => 2,
        "JSON-LD description" | "JSON-LD reviewBody" => 0,
        _ => 1,
    };
    let title = page.metadata.title.as_ref().map(|found| found.value.to_lowercase()).unwrap_or_default();
    let names: Vec<&str> =
        title.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() >= 4).collect();
    let speaks_of_title = |texts: &[String]| {
        let text = texts.join(" ").to_lowercase();
        names.iter().filter(|name| text.contains(**name)).count() * 2 >= names.len()
    };
    let is_own = |place: &str, texts: &[String]| match rank(place) {
        2 | 3 => size(texts) >= LEAST,
        1 => size(texts) >= 2 * LEAST && !is_aside(place) && speaks_of_title(texts),
        // Several descriptions are those of a list of things.
        _ => size(texts) >= LEAST && texts.len() == 1 && speaks_of_title(texts),
    };
    found
        .into_iter()
        .filter(|(place, texts)| is_own(place, texts))
        .max_by_key(|(place, texts)| (rank(place), size(texts)))
}

/// Whether a path in a state leads to what is not the page's own text, by the words in it.
fn is_aside(path: &str) -> bool {
    const ASIDES: [&str; 16] = [
        "review",
        "related",
        "recommend",
        "config",
        "setting",
        "reward",
        "guide",
        "footer",
        "header",
        "legal",
        "consent",
        "cookie",
        "translation",
        "i18n",
        "messages",
        "modal",
    ];
    let path = path.to_lowercase();
    ASIDES.iter().any(|aside| path.contains(aside))
}

/// A text in blocks: as HTML where it has markup, else a paragraph a line.
fn blocks_of(text: &str, settings: &Settings, selectors: &SelectorIndex) -> Vec<Block> {
    let is_markup = text.contains("</") || text.contains("<br") || text.contains("<p>");
    let is_escaped = text.contains("&lt;p&gt;") || text.contains("&lt;br");
    if is_markup || is_escaped || text.contains('&') && text.contains(';') {
        let mut inner = Page::default();
        let mut limits = Vec::new();
        let source = match () {
            () if is_escaped => text.replace("&lt;", "<").replace("&gt;", ">"),
            () if is_markup => text.to_owned(),
            () => text.replace('\n', "<br>"),
        };
        let source = parse::normalised(&source);
        let tree = parse::parse(&source, settings, selectors.attributes(), &mut limits);
        walk::walk(&tree, settings, selectors, &mut inner);
        return inner
            .blocks
            .into_iter()
            .filter(|block| !block.hidden)
            .map(|block| Block { element: ElementId::NONE, container: ElementId::NONE, ..block })
            .collect();
    }
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines
        .filter(|line| !line.is_empty())
        .map(|text| Block { text, kind: BlockKind::Paragraph, starts: Break::Paragraph(1), ..Block::default() })
        .collect()
}

/// Words of a text; in scripts without spaces two characters count as one.
fn words(text: &str) -> usize {
    let wide =
        if text.is_ascii() { 0 } else { text.chars().filter(|&c| ('\u{2e80}'..'\u{ac00}').contains(&c)).count() };
    text.split_whitespace().count().max(wide / 2)
}
