//! One walk over the tree: blocks, outline and selector hits.
//!
//! The walk keeps its own stack, so depth costs memory on the heap and nothing else.

use dechaff_document::{Block, BlockKind, Break, ElementId, OutlineBuilder, Page, Symbols};
use html5ever::{LocalName, local_name};

use super::{
    attributes::Attribute,
    elements::Flow,
    math,
    tables::{CellPlace, Table, TableFacts},
    text::{Marked, TextBuilder},
    tree::{Element, NodeRef, Tree},
    unread::{self, Place},
};
use crate::{
    Settings,
    selectors::{Matcher, SelectorIndex},
};

mod containers;
mod finish;
mod known;
mod read;

use known::Known;
use read::Read;

/// Fills blocks, outline and selector hits of `page`.
pub(super) fn walk(tree: &Tree<'_>, settings: &Settings, selectors: &SelectorIndex, page: &mut Page) {
    let mut walker = Walker::new(settings, Matcher::new(selectors));
    // Every second node of a page is an element.
    walker.outline.reserve(tree.len() / 2);
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut cursor = tree.root().first_child();
    loop {
        let Some(node) = cursor else {
            let Some(element) = open.pop() else { break };
            walker.leave(&element, open.len());
            cursor = element.node.next_sibling();
            continue;
        };
        cursor = node.next_sibling();
        if let Some(element) = node.element() {
            if let Some(mut entered) = walker.enter(node, element, open.last()) {
                cursor = entered.first_child;
                let says = entered.says.take();
                open.push(entered);
                if let Some(text) = says {
                    walker.text(node, &text, &mut open);
                }
            }
        } else if let Some(text) = node.text() {
            walker.text(node, text, &mut open);
        }
    }
    walker.finish(page);
}

/// An element that the walk is inside of.
struct Open<'a> {
    node: NodeRef<'a>,
    id: ElementId,
    first_child: Option<NodeRef<'a>>,
    /// Text to be read in place of its children: a formula, a character shown as an image.
    says: Option<String>,
    /// What holds outside of it.
    outer: Context,
    block: bool,
    span: bool,
    mark: bool,
    list: bool,
    item: bool,
    table: bool,
    /// A line of its own inside preformatted text.
    code_line: bool,
    /// What comes after its text: the bracket behind the number of a note or a reading.
    closes: &'static str,
    /// Text of its own was read: what runs in its line is glued as a browser does.
    speaks: bool,
}

/// What an element's ancestors say of the text in it.
#[derive(Debug, Clone, Copy)]
struct Context {
    kind: BlockKind,
    container: ElementId,
    list_depth: u8,
    quote_depth: u8,
    preformatted: bool,
    noscript: bool,
    /// The cell of a table.
    cell: Option<CellPlace>,
    /// A line of code outside of `<pre>`: one block with the lines before it.
    code_line: bool,
}

#[derive(Debug)]
struct List {
    ordered: bool,
    reversed: bool,
    next: u32,
}

/// A list item that is open.
#[derive(Debug)]
struct Item {
    number: Option<u32>,
    /// Its first block was seen.
    seen: bool,
    quote_depth: u8,
}

struct Walker<'a> {
    max_blocks: usize,
    matcher: Matcher<'a>,
    known: Known<'a>,
    outline: OutlineBuilder<'a>,
    blocks: Vec<Block>,
    /// For each block the cell that it stands in.
    cells: Vec<Option<CellPlace>>,
    /// Blocks inside `<noscript>`.
    noscript: Vec<usize>,
    full: bool,
    aria_hidden: Vec<ElementId>,
    context: Context,
    text: TextBuilder<'a>,
    /// Of the block being gathered: common ancestor of its text, how deep it stands in the stack, the shallowest the
    /// stack has been since, place in the parsed text, elements opened before it.
    ancestor: ElementId,
    ancestor_level: usize,
    lowest_level: usize,
    position: usize,
    first_element: usize,
    /// How the next block is set off.
    starts: Break,
    /// An inline element was just closed.
    closed_inline: bool,
    /// And it was a `<span>`.
    closed_span: bool,
    lists: Vec<List>,
    /// A list was opened outside of others, and nothing was said in it yet.
    new_list: bool,
    items: Vec<Item>,
    tables: Vec<Table>,
    facts: Vec<TableFacts>,
    /// The number of blocks, if the last one is lines of code that the next may go on.
    code_lines: Option<usize>,
}

impl<'a> Walker<'a> {
    fn new(settings: &Settings, matcher: Matcher<'a>) -> Self {
        Walker {
            max_blocks: settings.max_blocks,
            matcher,
            known: Known::default(),
            outline: OutlineBuilder::default(),
            blocks: Vec::new(),
            cells: Vec::new(),
            noscript: Vec::new(),
            full: false,
            aria_hidden: Vec::new(),
            context: Context {
                kind: BlockKind::Paragraph,
                container: ElementId::NONE,
                list_depth: 0,
                quote_depth: 0,
                preformatted: false,
                noscript: false,
                cell: None,
                code_line: false,
            },
            text: TextBuilder::default(),
            ancestor: ElementId::NONE,
            ancestor_level: 0,
            lowest_level: 0,
            position: 0,
            first_element: 0,
            starts: Break::Paragraph(1),
            closed_inline: false,
            closed_span: false,
            lists: Vec::new(),
            new_list: false,
            items: Vec::new(),
            tables: Vec::new(),
            facts: Vec::new(),
            code_lines: None,
        }
    }

    fn text(&mut self, node: NodeRef<'a>, text: &str, open: &mut [Open<'_>]) {
        let level = open.len();
        let Some(parent) = open.last_mut() else { return };
        let began = self.text.is_empty();
        let solid = match self.context.preformatted {
            true => self.text.push_preformatted(text),
            false => self.text.push(text),
        };
        self.closed_inline = false;
        if !solid {
            return;
        }
        parent.speaks = true;
        if began {
            self.ancestor = parent.id;
            self.ancestor_level = level;
            self.first_element = self.outline.len();
            self.position = node.position() + text.len() - text.trim_start().len();
        } else {
            let level = self.lowest_level.min(level);
            if level < self.ancestor_level {
                self.ancestor_level = level;
                self.ancestor = open[level - 1].id;
            }
        }
        self.lowest_level = level;
    }

    /// Enters an element, if there is anything to be read in it.
    fn enter(&mut self, node: NodeRef<'a>, element: Element<'a>, parent: Option<&Open<'_>>) -> Option<Open<'a>> {
        let name = element.local();
        let mut flow = element.flow();
        let mut first_child = node.first_child();
        let mut says = None;
        if flow == Flow::Skipped {
            // The content of a declarative shadow root is shown in its place.
            let shown = *name == local_name!("template") && element.attr(Attribute::ShadowRootMode).is_some();
            first_child = node.first_child().filter(|_| shown)?.first_child();
            flow = Flow::Block;
        }
        if flow == Flow::LineBreak {
            self.line_break();
            return None;
        }
        let attributes = Read::of(element);
        let tag = self.known.tag(element, &mut self.outline, &self.matcher);
        let class = self.known.class(attributes.kept.class, &mut self.outline, &self.matcher);
        let tokens = class.tokens;
        if tag.custom && flow == Flow::Block && unread::runs_in_line(node, !self.text.is_empty()) {
            flow = Flow::Formatting;
        }
        let place = Place {
            heading: matches!(self.context.kind, BlockKind::Heading(_)),
            preformatted: self.context.preformatted,
            inline: !matches!(flow, Flow::Block | Flow::Image),
            hidden: attributes.hidden,
        };
        if unread::is_unread(node, element, tokens, place) {
            return None;
        }
        if let Some(formula) = math::formula(node, element, tokens.formula()) {
            says = Some(formula);
            first_child = None;
        }
        // Inside preformatted text what breaks blocks elsewhere breaks lines.
        let code_line = flow == Flow::Block && self.context.preformatted && !opens_code(name);
        match flow {
            Flow::Block if code_line => {
                self.text.start_line();
                flow = Flow::Formatting;
            }
            Flow::Block => self.flush(),
            // Spans amid running text are parts of its words; elsewhere, and between links, they are items of a row.
            Flow::Inline if self.closed_inline => {
                let amid = self.closed_span && is_span(name) && parent.is_some_and(|parent| parent.speaks);
                if !amid {
                    self.text.gap();
                }
            }
            _ => {}
        }
        let pending = flow != Flow::Block && !self.text.is_empty();
        let symbols = Symbols {
            tag: tag.symbol,
            id: self.outline.symbol(attributes.kept.id.trim()),
            role: self.outline.symbol(attributes.kept.role.trim()),
            property: self.outline.symbol(attributes.kept.property.trim()),
            classes: class.symbols,
        };
        let next_block = self.blocks.len() + usize::from(pending);
        let id = self.outline.open_symbols(symbols, attributes.hidden, next_block);
        if attributes.aria_hidden {
            self.aria_hidden.push(id);
        }
        self.matcher.element(element, id, &attributes.kept, class.selected, tag.selected);
        if flow == Flow::Image {
            let alternative = attributes.alternative.unwrap_or("");
            if !unread::is_glyph(tokens, alternative) {
                if attributes.source.is_some() || attributes.alternative.is_some() {
                    self.text.image(attributes.source.unwrap_or(""), alternative);
                }
                self.outline.close();
                return None;
            }
            says = Some(alternative.to_owned());
        }
        self.closed_inline = false;
        let mut entered = Open {
            node,
            id,
            first_child,
            says,
            outer: self.context,
            block: flow == Flow::Block,
            span: is_span(name),
            mark: false,
            list: false,
            item: false,
            table: false,
            code_line,
            closes: "",
            speaks: false,
        };
        if flow == Flow::Block {
            self.context.container = id;
            self.enter_block(element, &attributes, tokens, &mut entered);
            return Some(entered);
        }
        if !self.text.is_empty() && unread::is_note_mark(node, element) {
            self.text.push("[");
            entered.closes = "]";
        }
        if *name == local_name!("rt") {
            // Readings stand in brackets; a page that brings none (`<rp>`) gets ours.
            let (opens, closes) = unread::ruby_brackets(node);
            self.text.push(opens);
            entered.closes = closes;
        }
        let mark = match *name {
            local_name!("a") => attributes.target.map(|target| Marked::Link(target.trim())),
            local_name!("b") | local_name!("strong") => Some(Marked::Strong),
            local_name!("i") | local_name!("em") => Some(Marked::Emphasis),
            local_name!("code") | local_name!("kbd") | local_name!("samp") | local_name!("tt") => {
                (!self.context.preformatted).then_some(Marked::Code)
            }
            _ => None,
        };
        if let Some(mark) = mark {
            self.text.open(mark);
            entered.mark = true;
        }
        Some(entered)
    }

    fn leave(&mut self, element: &Open<'_>, level: usize) {
        if element.block {
            // An empty line of code.
            if self.context.code_line
                && !element.outer.code_line
                && self.text.is_empty()
                && self.code_lines == Some(self.blocks.len())
                && let Some(block) = self.blocks.last_mut()
            {
                block.text.push('\n');
            }
            self.flush();
            self.context = element.outer;
            self.closed_inline = false;
        } else {
            self.closed_inline = true;
            self.closed_span = element.span;
        }
        if element.mark {
            self.text.close();
        }
        self.text.push(element.closes);
        if element.code_line {
            self.text.end_line();
            self.closed_inline = false;
        }
        if element.list {
            self.lists.pop();
        }
        if element.item {
            self.items.pop();
        }
        if element.table {
            self.tables.pop();
        }
        self.outline.close();
        self.lowest_level = self.lowest_level.min(level);
    }

    fn line_break(&mut self) {
        if self.context.preformatted {
            self.text.push_preformatted("\n");
            return;
        }
        let began = self.text.is_empty();
        self.flush();
        // Two line breaks in a row part paragraphs.
        self.starts = if began { Break::Paragraph(1) } else { Break::Line };
    }
}

/// Whether a block element inside preformatted text is more than a line of it.
fn opens_code(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("pre")
            | local_name!("table")
            | local_name!("thead")
            | local_name!("tbody")
            | local_name!("tfoot")
            | local_name!("tr")
            | local_name!("td")
            | local_name!("th")
    )
}

fn is_span(name: &LocalName) -> bool {
    *name == local_name!("span")
}
