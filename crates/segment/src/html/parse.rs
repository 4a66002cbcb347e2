//! Parsing within limits.
//!
//! html5ever's tree builder walks its stack of open elements at nearly every tag and its list of active formatting
//! elements at many. On hostile pages that makes parsing quadratic: 60,000 nested elements take minutes. Here a filter
//! between tokenizer and tree builder drops start tags that would nest too deep (and the end tags that belong to them).
//! Text is never dropped.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
};

use dechaff_document::LimitHit;
use html5ever::{
    LocalName,
    interface::Tracer,
    local_name,
    tendril::StrTendril,
    tokenizer::{Tag, TagKind, Token, TokenSink},
    tree_builder::{TreeBuilder, TreeBuilderOpts, TreeSink},
};
use rustc_hash::FxHashMap;

use super::{
    attributes::{AttributeNumber, ReadAttributes},
    sink::{self, Sink},
    tokenizer::{After, Tokens, Written, tokenize},
    tree::{NodeId, Tree},
};
use crate::Settings;

/// Unclosed formatting elements (`b`, `font`, …) that are kept open: each is made anew in every later paragraph.
/// Twice this number is compared, because an open one is counted twice.
const MAX_FORMATTING: usize = 16;

/// Parses a document whose line ends are normalised. Limits that were hit are added to `limits`.
pub(crate) fn parse<'s>(
    text: &'s str,
    settings: &Settings,
    read: &'s ReadAttributes,
    limits: &mut Vec<LimitHit>,
) -> Tree<'s> {
    let filter = Filter::new(text, read, settings);
    tokenize(text, settings.max_attributes, &filter);
    filter.builder.end();
    let hit = |hit: &Cell<bool>, limit: &str, value: usize| {
        hit.get().then(|| LimitHit { limit: limit.to_owned(), value: value as u64 })
    };
    limits.extend(hit(&filter.attributes_hit, "segment.max-attributes", settings.max_attributes));
    limits.extend(hit(&filter.depth_hit, "segment.max-depth", settings.max_depth));
    limits.extend(hit(&filter.nodes_hit, "segment.max-nodes", settings.max_nodes));
    filter.builder.sink.finish()
}

/// Text for the parser: line ends as `\n`, without a byte order mark.
pub(crate) fn normalised(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some(first) = memchr::memchr(b'\r', text.as_bytes()) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(after) = rest.strip_prefix('\r') {
        let after = after.strip_prefix('\n').unwrap_or(after);
        out.push('\n');
        let next = memchr::memchr(b'\r', after.as_bytes()).unwrap_or(after.len());
        out.push_str(&after[..next]);
        rest = &after[next..];
    }
    Cow::Owned(out)
}

/// Stands between tokenizer and tree builder.
pub(super) struct Filter<'s> {
    pub(super) builder: TreeBuilder<NodeId, Sink<'s>>,
    /// The document declares itself XML, where `<script/>` and `<a/>` are whole elements.
    xml: bool,
    max_depth: usize,
    max_nodes: usize,
    /// Start tags that may pass before the depth must be measured again.
    headroom: Cell<usize>,
    formatting_headroom: Cell<usize>,
    /// Start tags that were dropped and not closed yet.
    dropped: RefCell<FxHashMap<LocalName, u32>>,
    attributes_hit: Cell<bool>,
    depth_hit: Cell<bool>,
    nodes_hit: Cell<bool>,
    /// The raw text element that was begun last: which of its texts are asked for.
    raw: Cell<Reads>,
}

/// Which texts of a raw text element are asked for.
#[derive(Clone, Copy)]
enum Reads {
    All,
    /// Those that hold the state of an application.
    States,
    None,
}

impl<'s> Filter<'s> {
    pub(super) fn new(text: &'s str, read: &'s ReadAttributes, settings: &Settings) -> Filter<'s> {
        let options = TreeBuilderOpts { scripting_enabled: false, drop_doctype: true, ..TreeBuilderOpts::default() };
        Filter {
            builder: TreeBuilder::new(Sink::new(text, read), options),
            xml: text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).starts_with("<?xml"),
            // Below the root stand html and body, and a cell brings its table section and row.
            max_depth: settings.max_depth.max(8),
            max_nodes: settings.max_nodes,
            headroom: Cell::new(0),
            formatting_headroom: Cell::new(0),
            dropped: RefCell::default(),
            attributes_hit: Cell::new(false),
            depth_hit: Cell::new(false),
            nodes_hit: Cell::new(false),
            raw: Cell::new(Reads::All),
        }
    }

    /// Whether a start tag may pass.
    fn admits(&self, tag: &Tag) -> bool {
        // The tokenizer must hear of elements whose content is not markup, and void elements do not nest.
        if is_raw_text(&tag.name) {
            return true;
        }
        if self.builder.sink.nodes() >= self.max_nodes {
            self.nodes_hit.set(true);
            return false;
        }
        if is_void(&tag.name) {
            return true;
        }
        if is_formatting(&tag.name) {
            if self.formatting_headroom.get() == 0 {
                let formatting = self.count(is_formatting);
                self.formatting_headroom.set((2 * MAX_FORMATTING).saturating_sub(formatting));
            }
            if self.formatting_headroom.get() == 0 {
                self.depth_hit.set(true);
                return false;
            }
            self.formatting_headroom.set(self.formatting_headroom.get() - 1);
        }
        if self.headroom.get() == 0 {
            // Open elements, and formatting elements that may be opened again. One tag opens at most three elements
            // (a cell brings its section and row).
            let depth = self.count(|_| true);
            self.headroom.set(self.max_depth.saturating_sub(depth).div_ceil(3));
        }
        if self.headroom.get() == 0 {
            self.depth_hit.set(true);
            return false;
        }
        self.headroom.set(self.headroom.get() - 1);
        true
    }

    fn count(&self, which: impl Fn(&LocalName) -> bool) -> usize {
        struct Counter<'a, 's, F> {
            sink: &'a Sink<'s>,
            document: NodeId,
            which: F,
            count: Cell<usize>,
        }
        impl<F: Fn(&LocalName) -> bool> Tracer for Counter<'_, '_, F> {
            type Handle = NodeId;
            fn trace_handle(&self, node: &NodeId) {
                if *node != self.document && (self.which)(&self.sink.elem_name(node).local) {
                    self.count.set(self.count.get() + 1);
                }
            }
        }
        let sink = &self.builder.sink;
        let counter = Counter { sink, document: sink.get_document(), which, count: Cell::new(0) };
        self.builder.trace_handles(&counter);
        counter.count.get()
    }

    fn drop_start(&self, tag: &Tag) {
        if !is_void(&tag.name) && !tag.self_closing {
            *self.dropped.borrow_mut().entry(tag.name.clone()).or_default() += 1;
        }
    }

    /// Whether an end tag closes a start tag that was dropped.
    fn closes_dropped(&self, tag: &Tag) -> bool {
        let mut dropped = self.dropped.borrow_mut();
        if dropped.is_empty() {
            return false;
        }
        match dropped.get_mut(&tag.name) {
            Some(open) if *open > 0 => {
                *open -= 1;
                true
            }
            _ => false,
        }
    }

    /// Starts and ends an element of an XML document that has no content. Its attributes are kept; of elements whose
    /// content is not markup nothing is, or the tokenizer would look for their end.
    fn whole_element(&self, tag: &Tag) -> After {
        if is_raw_text(&tag.name) || matches!(tag.name, local_name!("svg") | local_name!("math")) {
            return After::Markup;
        }
        let start = Tag { self_closing: false, ..tag.clone() };
        let end = Tag { kind: TagKind::EndTag, attrs: Vec::new(), ..start.clone() };
        // What the builder asks of the tokenizer after a start tag concerns elements whose content is not markup.
        let _ = self.builder.process_token(Token::TagToken(start), 0);
        self.builder.process_token(Token::TagToken(end), 0).into()
    }

    /// A dropped tag still parts the texts around it.
    fn space(&self) -> After {
        self.builder.process_token(Token::CharacterTokens(StrTendril::from_slice(" ")), 0).into()
    }
}

impl Tokens for Filter<'_> {
    fn token(&self, token: Token, at: usize) -> After {
        self.builder.sink.at(at);
        if let Token::TagToken(tag) = &token {
            // A stray `</p>` or `</br>` makes an element.
            let makes_element = matches!(tag.name, local_name!("p") | local_name!("br"));
            if self.closes_dropped(tag) || makes_element && self.builder.sink.nodes() >= self.max_nodes {
                return self.space();
            }
        }
        self.builder.process_token(token, 0).into()
    }

    fn start_tag(&self, mut tag: Tag, attributes: &[Written], at: usize) -> After {
        let sink = &self.builder.sink;
        sink.at(at);
        if !self.admits(&tag) {
            self.drop_start(&tag);
            return self.space();
        }
        self.raw.set(match tag.name {
            local_name!("script") if sink.reads_any_script(attributes) => Reads::All,
            local_name!("script") => Reads::States,
            local_name!("style") => Reads::None,
            _ => Reads::All,
        });
        if !attributes.is_empty() {
            if tag.name == local_name!("a") && !self.in_foreign_content() {
                // Never are three links of the same attributes open, of which the tree builder drops one: that would be
                // the only reason to compare them.
                tag.attrs = sink.stand_in(attributes);
            } else if reads_attributes(&tag.name) || self.in_foreign_content() {
                tag.attrs = sink.real(attributes);
            } else {
                sink.expect(&tag.name, attributes);
            }
        }
        if self.xml && tag.self_closing && !is_void(&tag.name) && !self.in_foreign_content() {
            return self.whole_element(&tag);
        }
        self.builder.process_token(Token::TagToken(tag), 0).into()
    }

    fn attribute(&self, written: &str) -> Option<AttributeNumber> {
        self.builder.sink.number(written)
    }

    fn reads(&self, text: &str) -> bool {
        match self.raw.get() {
            Reads::All => true,
            Reads::States => sink::is_state(text),
            Reads::None => false,
        }
    }

    fn reads_comment(&self, length: usize) -> bool {
        self.builder.sink.reads_comment(length)
    }

    fn in_foreign_content(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }

    fn attributes_cut(&self) {
        self.attributes_hit.set(true);
    }
}

/// Whether the tree builder reads the attributes of a tag, or keeps it and makes more than one element of it.
fn reads_attributes(name: &LocalName) -> bool {
    is_formatting(name)
        || matches!(
            *name,
            local_name!("input")
                | local_name!("image")
                | local_name!("math")
                | local_name!("svg")
                | local_name!("template")
        )
}

/// Elements that never have content.
pub(super) fn is_void(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("area")
            | local_name!("base")
            | local_name!("br")
            | local_name!("col")
            | local_name!("embed")
            | local_name!("hr")
            | local_name!("img")
            | local_name!("input")
            | local_name!("link")
            | local_name!("meta")
            | local_name!("param")
            | local_name!("source")
            | local_name!("track")
            | local_name!("wbr")
    )
}

/// Elements whose content the tokenizer reads as text.
fn is_raw_text(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("script")
            | local_name!("style")
            | local_name!("title")
            | local_name!("textarea")
            | local_name!("xmp")
            | local_name!("iframe")
            | local_name!("noembed")
            | local_name!("noframes")
            | local_name!("plaintext")
    )
}

/// Elements that html5ever opens again in the next block when they were left unclosed.
fn is_formatting(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("a")
            | local_name!("b")
            | local_name!("big")
            | local_name!("code")
            | local_name!("em")
            | local_name!("font")
            | local_name!("i")
            | local_name!("nobr")
            | local_name!("s")
            | local_name!("small")
            | local_name!("strike")
            | local_name!("strong")
            | local_name!("tt")
            | local_name!("u")
    )
}
