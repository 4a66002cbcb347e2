//! Parsing within limits.
//!
//! html5ever's tree builder walks its stack of open elements at nearly every tag, its list of active formatting
//! elements at many, and its tokenizer compares each attribute of a tag with all before it. On hostile pages each of
//! the three makes parsing quadratic: 60,000 nested elements take minutes. Here a filter between tokenizer and tree
//! builder drops start tags that would nest too deep (and the end tags that belong to them), and the input is fed in
//! chunks so that a tag with thousands of attributes is seen and cut while it is being read. Text is never dropped.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use dechaff_document::LimitHit;
use ego_tree::NodeId;
use html5ever::{
    LocalName, TokenizerResult,
    buffer_queue::BufferQueue,
    interface::Tracer,
    local_name,
    tendril::StrTendril,
    tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts},
    tree_builder::{TreeBuilder, TreeBuilderOpts, TreeSink},
};
use rustc_hash::FxHashMap;

use super::tree::{Sink, Tree};
use crate::Settings;

/// Bytes fed at a time. A tag can hold at most some hundreds of attributes before the first look at it.
const CHUNK: usize = 2048;

/// Unclosed formatting elements (`b`, `font`, …) that are kept open: each is made anew in every later paragraph.
/// Twice this number is compared, because an open one is counted twice.
const MAX_FORMATTING: usize = 16;

/// Parses a document. Limits that were hit are added to `limits`.
pub(crate) fn parse(text: &str, settings: &Settings, limits: &mut Vec<LimitHit>) -> Tree {
    let queue = Rc::new(BufferQueue::default());
    let filter = Filter::new(text, settings, Rc::clone(&queue));
    let tokenizer = Tokenizer::new(filter, TokenizerOpts::default());
    // The tokenizer takes tendrils; all chunks share this one, and so do the text nodes.
    let whole = StrTendril::from_slice(text);
    let mut fed = 0;
    let mut checked = 0;
    while fed < text.len() {
        let start = fed;
        let mut end = start.saturating_add(CHUNK).min(text.len());
        while !text.is_char_boundary(end) {
            end += 1;
        }
        feed(&tokenizer, &queue, whole.subtendril(start as u32, (end - start) as u32), end);
        fed = end;
        let last = tokenizer.sink.last_token.get();
        if last <= start && fed > checked {
            // No token since before this chunk: a tag, a comment or an attribute of more than CHUNK bytes.
            let construct = Construct::read(text.as_bytes(), last, settings.max_attributes);
            checked = construct.end;
            if let Some(cut) = construct.cut {
                tokenizer.sink.attributes_hit.set(true);
                if cut > fed {
                    feed(&tokenizer, &queue, whole.subtendril(fed as u32, (cut - fed) as u32), cut);
                }
                // Ends the tag whatever part of an attribute the tokenizer is in.
                feed(&tokenizer, &queue, StrTendril::from_slice("'\">"), construct.end);
                fed = construct.end;
            }
        }
    }
    tokenizer.end();
    let hit = |hit: &Cell<bool>, limit: &str, value: usize| {
        hit.get().then(|| LimitHit { limit: limit.to_owned(), value: value as u64 })
    };
    let filter = &tokenizer.sink;
    limits.extend(hit(&filter.attributes_hit, "segment.max-attributes", settings.max_attributes));
    limits.extend(hit(&filter.depth_hit, "segment.max-depth", settings.max_depth));
    limits.extend(hit(&filter.nodes_hit, "segment.max-nodes", settings.max_nodes));
    tokenizer.sink.builder.sink.finish()
}

fn feed(tokenizer: &Tokenizer<Filter>, queue: &BufferQueue, chunk: StrTendril, end: usize) {
    tokenizer.sink.chunk_end.set(end);
    queue.push_back(chunk);
    while let TokenizerResult::Script(_) | TokenizerResult::EncodingIndicator(_) = tokenizer.feed(queue) {}
}

/// A markup construct longer than a chunk.
struct Construct {
    /// Where it ends (one past), or the end of the text.
    end: usize,
    /// Where its last allowed attribute ends, if it is a tag with more of them.
    cut: Option<usize>,
}

impl Construct {
    /// Reads the construct that begins at the first `<` from `from`.
    fn read(bytes: &[u8], from: usize, max_attributes: usize) -> Construct {
        let whole = Construct { end: bytes.len(), cut: None };
        let Some(open) = bytes[from..].iter().position(|&byte| byte == b'<') else { return whole };
        let mut at = from + open + 1;
        at += usize::from(bytes.get(at) == Some(&b'/'));
        if !bytes.get(at).is_some_and(u8::is_ascii_alphabetic) {
            // A comment or the like: what ends it is of no interest, it has no attributes.
            return Construct { end: at, cut: None };
        }
        let space = |byte: u8| byte.is_ascii_whitespace() || byte == b'/';
        let until = |at: usize, stop: &dyn Fn(u8) -> bool| {
            bytes[at..].iter().position(|&byte| stop(byte)).map_or(bytes.len(), |length| at + length)
        };
        at = until(at, &|byte| space(byte) || byte == b'>');
        let mut attributes = 0;
        let mut cut = None;
        loop {
            at = until(at, &|byte| !space(byte));
            match bytes.get(at) {
                None => return Construct { end: bytes.len(), cut },
                Some(b'>') => return Construct { end: at + 1, cut },
                Some(_) => {}
            }
            if attributes == max_attributes {
                cut = cut.or(Some(at));
            }
            attributes += 1;
            // A name may begin with `=`.
            at = until(at + 1, &|byte| space(byte) || byte == b'>' || byte == b'=');
            let value = until(at, &|byte| !byte.is_ascii_whitespace());
            if bytes.get(value) == Some(&b'=') {
                at = until(value + 1, &|byte| !byte.is_ascii_whitespace());
                at = match bytes.get(at) {
                    Some(&quote @ (b'"' | b'\'')) => (until(at + 1, &|byte| byte == quote) + 1).min(bytes.len()),
                    _ => until(at, &|byte| byte.is_ascii_whitespace() || byte == b'>'),
                };
            }
        }
    }
}

/// Stands between tokenizer and tree builder.
struct Filter {
    builder: TreeBuilder<NodeId, Sink>,
    queue: Rc<BufferQueue>,
    /// The document declares itself XML, where `<script/>` and `<a/>` are whole elements.
    xml: bool,
    max_depth: usize,
    max_attributes: usize,
    max_nodes: usize,
    /// Start tags that may pass before the depth must be measured again.
    headroom: Cell<usize>,
    formatting_headroom: Cell<usize>,
    /// Start tags that were dropped and not closed yet.
    dropped: RefCell<FxHashMap<LocalName, u32>>,
    /// Where the chunk being read ends, and where the last token ended: offsets in the text.
    chunk_end: Cell<usize>,
    last_token: Cell<usize>,
    attributes_hit: Cell<bool>,
    depth_hit: Cell<bool>,
    nodes_hit: Cell<bool>,
}

impl Filter {
    fn new(text: &str, settings: &Settings, queue: Rc<BufferQueue>) -> Filter {
        let options = TreeBuilderOpts { scripting_enabled: false, drop_doctype: true, ..TreeBuilderOpts::default() };
        Filter {
            builder: TreeBuilder::new(Sink::new(text.len()), options),
            queue,
            xml: text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).starts_with("<?xml"),
            // Below the root stand html and body, and a cell brings its table section and row.
            max_depth: settings.max_depth.max(8),
            max_attributes: settings.max_attributes,
            max_nodes: settings.max_nodes,
            headroom: Cell::new(0),
            formatting_headroom: Cell::new(0),
            dropped: RefCell::default(),
            chunk_end: Cell::new(0),
            last_token: Cell::new(0),
            attributes_hit: Cell::new(false),
            depth_hit: Cell::new(false),
            nodes_hit: Cell::new(false),
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
        struct Counter<'a, F> {
            sink: &'a Sink,
            document: NodeId,
            which: F,
            count: Cell<usize>,
        }
        impl<F: Fn(&LocalName) -> bool> Tracer for Counter<'_, F> {
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
    fn whole_element(&self, mut tag: Tag, line: u64) -> TokenSinkResult<NodeId> {
        if is_raw_text(&tag.name) || matches!(tag.name, local_name!("svg") | local_name!("math")) {
            return TokenSinkResult::Continue;
        }
        tag.self_closing = false;
        let end = Tag { kind: TagKind::EndTag, name: tag.name.clone(), attrs: Vec::new(), ..tag.clone() };
        // What the builder asks of the tokenizer after a start tag concerns elements whose content is not markup.
        let _ = self.builder.process_token(Token::TagToken(tag), line);
        self.builder.process_token(Token::TagToken(end), line)
    }

    /// A dropped tag still parts the texts around it.
    fn space(&self, line: u64) -> TokenSinkResult<NodeId> {
        self.builder.process_token(Token::CharacterTokens(StrTendril::from_slice(" ")), line)
    }
}

impl TokenSink for Filter {
    type Handle = NodeId;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<NodeId> {
        let unread = self.queue.peek_front_chunk_mut().map_or(0, |chunk| chunk.len());
        self.last_token.set(self.chunk_end.get().saturating_sub(unread));
        let Token::TagToken(mut tag) = token else { return self.builder.process_token(token, line) };
        match tag.kind {
            TagKind::StartTag => {
                if tag.attrs.len() > self.max_attributes {
                    tag.attrs.truncate(self.max_attributes);
                    self.attributes_hit.set(true);
                }
                if !self.admits(&tag) {
                    self.drop_start(&tag);
                    return self.space(line);
                }
                let foreign = || self.adjusted_current_node_present_but_not_in_html_namespace();
                if self.xml && tag.self_closing && !is_void(&tag.name) && !foreign() {
                    return self.whole_element(tag, line);
                }
            }
            TagKind::EndTag => {
                // A stray `</p>` or `</br>` makes an element.
                let makes_element = matches!(tag.name, local_name!("p") | local_name!("br"));
                if self.closes_dropped(&tag) || makes_element && self.builder.sink.nodes() >= self.max_nodes {
                    return self.space(line);
                }
            }
        }
        self.builder.process_token(Token::TagToken(tag), line)
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
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
