//! CSS selectors of the rules, matched in bulk.
//!
//! Rules bring hundreds of selectors and a page has thousands of elements. A selector can only match an element that
//! bears the id, class or tag of its rightmost compound, so selectors are indexed by the rarest of these, as browsers
//! do; an element is tried against the few selectors that its own names point at.

use cssparser::{Parser as CssParser, ToCss};
use dechaff_document::{Attributes, ElementId, SelectorHits};
use rustc_hash::FxHashMap;
use scraper::selector::{Parser, Simple};
use selectors::{
    context::SelectorCaches,
    matching::{self, MatchingContext, MatchingForInvalidation, MatchingMode, NeedsSelectorFlags, QuirksMode},
    parser::{Component, ParseRelative, SelectorList},
};
use thiserror::Error;

use crate::html::{self, ReadAttributes};

/// A parsed CSS selector list.
#[derive(Debug, Clone)]
pub struct Selector {
    list: SelectorList<Simple>,
}

/// Why a selector could not be parsed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message} at column {column}")]
pub struct SelectorError {
    /// What was found and what was expected.
    pub message: String,
    /// The character, from 1, from which on the selector was not understood.
    pub column: usize,
}

impl Selector {
    /// Parses a selector list as of CSS Selectors level 4, without pseudo-elements and dynamic pseudo-classes.
    ///
    /// ```
    /// use dechaff_segment::Selector;
    /// assert!(Selector::parse("article > p.lead, #story:not(.old)").is_ok());
    /// assert_eq!(Selector::parse("p >> a").unwrap_err().column, 3);
    /// ```
    pub fn parse(css: &str) -> Result<Selector, SelectorError> {
        parse_list(css).map(|list| Selector { list }).map_err(|message| {
            // The parser does not say where it stopped: at the end of the longest part that is a selector.
            let ends = (0..css.len()).rev().filter(|&end| css.is_char_boundary(end));
            let understood = ends.map(|end| &css[..end]).find(|part| parse_list(part).is_ok()).unwrap_or("");
            SelectorError { message, column: understood.chars().count() + 1 }
        })
    }
}

fn parse_list(css: &str) -> Result<SelectorList<Simple>, String> {
    let mut parser = CssParser::new(css);
    SelectorList::parse(&Parser, &mut parser, ParseRelative::No)
        .map_err(|error| scraper::error::SelectorErrorKind::from(error).to_string())
}

/// All selectors of a run, indexed.
#[derive(Debug)]
pub(crate) struct SelectorIndex {
    attributes: ReadAttributes,
    selectors: Vec<Selector>,
    by_id: FxHashMap<Box<str>, Vec<(u32, u32)>>,
    by_class: FxHashMap<Box<str>, Vec<(u32, u32)>>,
    by_tag: FxHashMap<Box<str>, Vec<(u32, u32)>>,
    others: Vec<(u32, u32)>,
}

impl SelectorIndex {
    /// Indexes every alternative of every list.
    pub(crate) fn new(selectors: Vec<Selector>) -> SelectorIndex {
        let css: Vec<String> = selectors.iter().map(|selector| selector.list.to_css_string()).collect();
        let mut index = SelectorIndex {
            attributes: ReadAttributes::new(css.iter().map(String::as_str)),
            selectors: Vec::new(),
            by_id: FxHashMap::default(),
            by_class: FxHashMap::default(),
            by_tag: FxHashMap::default(),
            others: Vec::new(),
        };
        for (which, selector) in selectors.iter().enumerate() {
            for (alternative, parsed) in selector.list.slice().iter().enumerate() {
                let place = (which as u32, alternative as u32);
                let (mut id, mut class, mut tag) = (None, None, None);
                for component in parsed.iter() {
                    match component {
                        Component::ID(name) => id = Some(name.0.to_string()),
                        Component::Class(name) => class = Some(name.0.to_string()),
                        Component::LocalName(name) => tag = Some(name.lower_name.0.to_string()),
                        _ => {}
                    }
                }
                let bucket = match (id, class, tag) {
                    (Some(id), ..) => index.by_id.entry(id.into()).or_default(),
                    (None, Some(class), _) => index.by_class.entry(class.into()).or_default(),
                    (None, None, Some(tag)) => index.by_tag.entry(tag.into()).or_default(),
                    (None, None, None) => &mut index.others,
                };
                bucket.push(place);
            }
        }
        index.selectors = selectors;
        index
    }

    /// The attributes that a page must be parsed with for these selectors.
    pub(crate) fn attributes(&self) -> &ReadAttributes {
        &self.attributes
    }
}

/// Matches an index against the elements of one page.
pub(crate) struct Matcher<'a> {
    index: &'a SelectorIndex,
    caches: SelectorCaches,
    hits: SelectorHits,
}

impl<'a> Matcher<'a> {
    pub(crate) fn new(index: &'a SelectorIndex) -> Self {
        Matcher { index, caches: SelectorCaches::default(), hits: SelectorHits::new() }
    }

    /// Whether a selector can match elements of this tag by it.
    pub(crate) fn knows_tag(&self, tag: &str) -> bool {
        self.index.by_tag.contains_key(tag)
    }

    /// Whether a selector can match elements of this class attribute by one of its tokens.
    pub(crate) fn knows_class(&self, class: &str) -> bool {
        let by_class = &self.index.by_class;
        !by_class.is_empty() && class.split_ascii_whitespace().any(|name| by_class.contains_key(name))
    }

    /// Tries the selectors that can match `element`, known to the outline as `id`, of these names. `by_class` and
    /// `by_tag` say whether there are any for its class and its tag.
    pub(crate) fn element(
        &mut self,
        element: html::Element<'_>,
        id: ElementId,
        names: &Attributes<'_>,
        by_class: bool,
        by_tag: bool,
    ) {
        let index = self.index;
        if !index.by_id.is_empty()
            && !names.id.is_empty()
            && let Some(candidates) = index.by_id.get(names.id)
        {
            self.try_all(candidates, element, id);
        }
        if by_class {
            for name in names.class.split_ascii_whitespace() {
                if let Some(candidates) = index.by_class.get(name) {
                    self.try_all(candidates, element, id);
                }
            }
        }
        if by_tag && let Some(candidates) = index.by_tag.get(&**element.local()) {
            self.try_all(candidates, element, id);
        }
        self.try_all(&index.others, element, id);
    }

    /// The hits, sorted, each once.
    pub(crate) fn finish(mut self) -> SelectorHits {
        self.hits.sort_unstable();
        self.hits.dedup();
        self.hits
    }

    fn try_all(&mut self, candidates: &[(u32, u32)], element: html::Element<'_>, id: ElementId) {
        for &(which, alternative) in candidates {
            let selector = &self.index.selectors[which as usize].list.slice()[alternative as usize];
            let mut context = MatchingContext::new(
                MatchingMode::Normal,
                None,
                &mut self.caches,
                QuirksMode::NoQuirks,
                NeedsSelectorFlags::No,
                MatchingForInvalidation::No,
            );
            if matching::matches_selector(selector, 0, None, &element, &mut context) {
                self.hits.push((which, id));
            }
        }
    }
}
