//! What is the same for all elements of a tag, and of a class attribute: three of four elements of a page have one that
//! another had before.

use dechaff_document::{ClassTokens, OutlineBuilder};
use rustc_hash::FxHashMap;

use super::super::{tree::Element, unread::Tokens};
use crate::selectors::Matcher;

/// The tags and class attributes of a page so far.
#[derive(Default)]
pub(super) struct Known<'a> {
    tags: Vec<Option<Tag>>,
    classes: FxHashMap<&'a str, Class>,
}

/// What a tag says.
#[derive(Clone, Copy)]
pub(super) struct Tag {
    /// Its symbol in the outline.
    pub(super) symbol: u32,
    /// A selector looks for it.
    pub(super) selected: bool,
    /// It is the name of a custom element.
    pub(super) custom: bool,
}

/// What a class attribute says.
#[derive(Clone, Copy, Default)]
pub(super) struct Class {
    /// Its tokens in the outline.
    pub(super) symbols: ClassTokens,
    /// A selector looks for one of them.
    pub(super) selected: bool,
    /// What they say of the element's text.
    pub(super) tokens: Tokens,
}

impl<'a> Known<'a> {
    pub(super) fn tag(&mut self, element: Element<'a>, outline: &mut OutlineBuilder<'a>, matcher: &Matcher<'a>) -> Tag {
        let number = element.name_number();
        if number >= self.tags.len() {
            self.tags.resize(number + 1, None);
        }
        *self.tags[number].get_or_insert_with(|| {
            let name: &'a str = element.local();
            Tag { symbol: outline.tag_symbol(name), selected: matcher.knows_tag(name), custom: name.contains('-') }
        })
    }

    pub(super) fn class(&mut self, class: &'a str, outline: &mut OutlineBuilder<'a>, matcher: &Matcher<'a>) -> Class {
        if class.is_empty() {
            return Class::default();
        }
        *self.classes.entry(class).or_insert_with(|| Class {
            symbols: outline.class_tokens(class),
            selected: matcher.knows_class(class),
            tokens: Tokens::of(class),
        })
    }
}
