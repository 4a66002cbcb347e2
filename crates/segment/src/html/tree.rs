//! The tree of a page: nodes, attributes and texts in a few flat lists.
//!
//! A page has a node every 43 bytes, most of which are looked at two or three times and then dropped. So a node is some
//! numbers in one list, its attributes are a stretch of another, and their values are views of the page. Names of
//! elements are kept once each. Nothing of a tree is dropped one by one.

use std::{cell::RefCell, ops::Range};

use html5ever::{LocalName, QualName};
use rustc_hash::FxHashMap;

use super::{
    attributes::{AttributeNumber, ReadAttributes},
    elements::{Flow, flow},
};

mod node;

pub(crate) use node::{Element, NodeRef};

/// The parsed page. `'s` is the text that it was parsed from.
#[derive(Debug)]
pub(crate) struct Tree<'s> {
    source: &'s str,
    read: &'s ReadAttributes,
    nodes: Vec<NodeData>,
    names: Vec<ElementName>,
    numbers: FxHashMap<QualName, u32>,
    /// Numbers of names that were asked last, by some bits of their hashes.
    recent: [u32; RECENT],
    attributes: Vec<AttributeData>,
    /// Names of attributes that [`ReadAttributes`] does not know, numbered after those that it does.
    other_names: Vec<LocalName>,
    other_numbers: FxHashMap<LocalName, u32>,
    /// Texts and values of attributes that do not stand in the source as they are.
    texts: String,
    /// Texts that other texts came between.
    parted: Vec<String>,
    /// Texts of the first comments.
    pub(crate) comments: Vec<String>,
    /// The `meta` and `script` elements that were made.
    pub(super) statements: Vec<NodeId>,
}

/// Place of a node in its tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodeId(u32);

impl NodeId {
    const NONE: NodeId = NodeId(u32::MAX);

    fn some(self) -> Option<NodeId> {
        (self != NodeId::NONE).then_some(self)
    }

    fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Debug)]
struct NodeData {
    parent: NodeId,
    previous: NodeId,
    next: NodeId,
    first: NodeId,
    last: NodeId,
    /// Where in the parsed text the first token of the node begins.
    position: u32,
    content: Content,
}

/// What a node is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Content {
    Document,
    /// The content of a template.
    Fragment,
    Element {
        name: u32,
        attributes: Attributes,
    },
    Text(Stretch),
    Comment(Stretch),
}

/// A stretch of the list of attributes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Attributes {
    start: u32,
    count: u32,
}

impl Attributes {
    fn range(self) -> Range<usize> {
        self.start as usize..self.start as usize + self.count as usize
    }
}

/// A stretch of text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stretch {
    /// Of the source.
    Source { start: u32, length: u32 },
    /// Of [`Tree::texts`].
    Own { start: u32, length: u32 },
    /// All of one of [`Tree::parted`].
    Parted(u32),
}

#[derive(Debug, Clone, Copy)]
struct AttributeData {
    name: AttributeNumber,
    /// It has a namespace: `xlink:href` in foreign content.
    foreign: bool,
    value: Stretch,
}

#[derive(Debug)]
struct ElementName {
    name: QualName,
    flow: Flow,
}

/// Places for names that were asked last, a power of two.
const RECENT: usize = 64;

/// Attributes of an element from which tags that come later add none: `html` and `body` in use have a dozen.
const MOST_ADDED: usize = 256;

/// A number of nodes, bytes or attributes as it is kept.
fn number(of: usize) -> u32 {
    u32::try_from(of).expect("a page is smaller than 4 GB")
}

/// The lists of the tree that a thread dropped last: the next tree grows in them, in memory that the processor's caches
/// still hold.
#[derive(Debug, Default)]
struct Room {
    nodes: Vec<NodeData>,
    attributes: Vec<AttributeData>,
}

impl Room {
    /// Nodes and attributes of which the room is kept: a page of some megabytes.
    const MOST: usize = 1 << 17;
}

thread_local! {
    static ROOM: RefCell<Room> = RefCell::default();
}

impl Drop for Tree<'_> {
    fn drop(&mut self) {
        let (mut nodes, mut attributes) = (std::mem::take(&mut self.nodes), std::mem::take(&mut self.attributes));
        if nodes.capacity().max(attributes.capacity()) <= Room::MOST {
            nodes.clear();
            attributes.clear();
            ROOM.with_borrow_mut(|room| *room = Room { nodes, attributes });
        }
    }
}

impl<'s> Tree<'s> {
    /// A tree of a document node alone.
    pub(super) fn new(source: &'s str, read: &'s ReadAttributes) -> Tree<'s> {
        let Room { mut nodes, mut attributes } = ROOM.take();
        // Measured pages have a node every 43 bytes; asking for somewhat less spares most of the regrowth.
        nodes.reserve(source.len() / 64 + 16);
        attributes.reserve(source.len() / 64 + 16);
        let mut tree = Tree {
            source,
            read,
            nodes,
            names: Vec::new(),
            numbers: FxHashMap::default(),
            recent: [0; RECENT],
            attributes,
            other_names: Vec::new(),
            other_numbers: FxHashMap::default(),
            texts: String::with_capacity(source.len() / 64),
            parted: Vec::new(),
            comments: Vec::new(),
            statements: Vec::new(),
        };
        tree.create(Content::Document, 0);
        tree
    }

    /// The document node.
    pub(crate) fn root(&self) -> NodeRef<'_> {
        self.get(Tree::ROOT)
    }

    /// The place of the document node.
    pub(super) const ROOT: NodeId = NodeId(0);

    /// A node by its place.
    pub(crate) fn get(&self, id: NodeId) -> NodeRef<'_> {
        NodeRef::new(self, id)
    }

    /// Number of nodes that were made.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Bytes of the texts that are no views of the page.
    #[cfg(test)]
    pub(crate) fn bytes_of_texts(&self) -> usize {
        self.texts.len() + self.parted.iter().map(String::len).sum::<usize>()
    }

    /// The `meta` and `script` elements of the page, in their order in the source.
    pub(crate) fn statements(&self) -> impl Iterator<Item = Element<'_>> {
        self.statements
            .iter()
            .map(|&id| self.get(id))
            .filter(|node| node.parent().is_some())
            .filter_map(|node| node.element())
    }

    /// Makes a node without a parent.
    pub(super) fn create(&mut self, content: Content, position: usize) -> NodeId {
        let id = NodeId(number(self.nodes.len()));
        self.nodes.push(NodeData {
            parent: NodeId::NONE,
            previous: NodeId::NONE,
            next: NodeId::NONE,
            first: NodeId::NONE,
            last: NodeId::NONE,
            position: u32::try_from(position).unwrap_or(u32::MAX),
            content,
        });
        id
    }

    /// Makes an element.
    pub(super) fn create_element(&mut self, name: QualName, attributes: Attributes, position: usize) -> NodeId {
        let recent = name.local.get_hash() as usize % RECENT;
        let name = match self.names.get(self.recent[recent] as usize) {
            Some(known) if known.name == name => self.recent[recent],
            _ => self.number_of_name(name),
        };
        self.recent[recent] = name;
        self.create(Content::Element { name, attributes }, position)
    }

    fn number_of_name(&mut self, name: QualName) -> u32 {
        if let Some(&known) = self.numbers.get(&name) {
            return known;
        }
        let new = number(self.names.len());
        self.names.push(ElementName { flow: flow(&name.local), name: name.clone() });
        self.numbers.insert(name, new);
        new
    }

    /// The name of an element.
    ///
    /// # Panics
    /// If the node is no element.
    pub(super) fn name(&self, id: NodeId) -> &QualName {
        match self.nodes[id.index()].content {
            Content::Element { name, .. } => &self.names[name as usize].name,
            _ => unreachable!("html5ever asks for the names of elements only"),
        }
    }

    /// The number of an attribute of this name, which is read; a new one where no list has it.
    pub(super) fn number_of_attribute(&mut self, name: &LocalName) -> AttributeNumber {
        if let Some(known) = self.read.number(name.as_bytes()) {
            return known;
        }
        let next = number(self.other_names.len());
        let at = *self.other_numbers.entry(name.clone()).or_insert(next);
        if at == next {
            self.other_names.push(name.clone());
        }
        AttributeNumber::other(self.read, at as usize)
    }

    /// The name of an attribute.
    pub(crate) fn name_of_attribute(&self, attribute: AttributeNumber) -> &LocalName {
        self.read.name(attribute).unwrap_or_else(|at| &self.other_names[at])
    }

    /// Begins a list of attributes: those that are put from here on.
    pub(super) fn begin_attributes(&self) -> Attributes {
        Attributes { start: number(self.attributes.len()), count: 0 }
    }

    /// Puts an attribute to the end of the list that was begun last.
    pub(super) fn put_attribute(
        &mut self,
        list: &mut Attributes,
        name: AttributeNumber,
        foreign: bool,
        value: Stretch,
    ) {
        self.attributes.push(AttributeData { name, foreign, value });
        list.count += 1;
    }

    /// Gives an element those of these attributes that it does not have. Its list is made anew, so that an element of
    /// which a page says more again and again gets no more than [`MOST_ADDED`].
    pub(super) fn add_attributes(&mut self, id: NodeId, more: Attributes) {
        let Content::Element { attributes: old, .. } = self.nodes[id.index()].content else { return };
        let has = |list: &[AttributeData], new: &AttributeData| {
            list.iter().any(|old| old.name == new.name && old.foreign == new.foreign)
        };
        let own = &self.attributes[old.range()];
        if own.len() >= MOST_ADDED || self.attributes[more.range()].iter().all(|new| has(own, new)) {
            return;
        }
        let start = self.attributes.len();
        self.attributes.extend_from_within(old.range());
        for at in more.range() {
            let new = self.attributes[at];
            if !has(&self.attributes[start..], &new) {
                self.attributes.push(new);
            }
        }
        let list = Attributes { start: number(start), count: number(self.attributes.len() - start) };
        if let Content::Element { attributes, .. } = &mut self.nodes[id.index()].content {
            *attributes = list;
        }
    }

    /// A stretch of the source.
    pub(super) fn view(start: usize, end: usize) -> Stretch {
        Stretch::Source { start: number(start), length: number(end - start) }
    }

    /// Keeps a text that `write` puts to the end of what it is given.
    pub(super) fn keep(&mut self, write: impl FnOnce(&mut String)) -> Stretch {
        let start = self.texts.len();
        write(&mut self.texts);
        Stretch::Own { start: number(start), length: number(self.texts.len() - start) }
    }

    /// Puts text to the end of a text node; says whether the node is one.
    pub(super) fn extend_text(&mut self, id: NodeId, text: &str) -> bool {
        let Content::Text(before) = self.nodes[id.index()].content else { return false };
        let after = match before {
            Stretch::Source { start, length } => {
                let (own, rest) = self.source[start as usize..].split_at(length as usize);
                match rest.as_bytes().starts_with(text.as_bytes()) {
                    true => Stretch::Source { start, length: length + number(text.len()) },
                    false => {
                        let start = self.texts.len();
                        self.texts.push_str(own);
                        self.texts.push_str(text);
                        Stretch::Own { start: number(start), length: number(self.texts.len() - start) }
                    }
                }
            }
            Stretch::Own { start, length } if start as usize + length as usize == self.texts.len() => {
                self.texts.push_str(text);
                Stretch::Own { start, length: number(self.texts.len() - start as usize) }
            }
            Stretch::Parted(at) => {
                self.parted[at as usize].push_str(text);
                before
            }
            _ => {
                self.parted.push([self.stretch(before), text].concat());
                Stretch::Parted(number(self.parted.len() - 1))
            }
        };
        self.nodes[id.index()].content = Content::Text(after);
        true
    }

    fn stretch(&self, stretch: Stretch) -> &str {
        match stretch {
            Stretch::Source { start, length } => &self.source[start as usize..][..length as usize],
            Stretch::Own { start, length } => &self.texts[start as usize..][..length as usize],
            Stretch::Parted(at) => &self.parted[at as usize],
        }
    }

    /// The parent of a node.
    pub(super) fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.nodes[id.index()].parent.some()
    }

    /// The first child of a node.
    pub(super) fn first_child(&self, id: NodeId) -> Option<NodeId> {
        self.nodes[id.index()].first.some()
    }

    /// The last child of a node.
    pub(super) fn last_child(&self, id: NodeId) -> Option<NodeId> {
        self.nodes[id.index()].last.some()
    }

    /// The sibling before a node.
    pub(super) fn previous(&self, id: NodeId) -> Option<NodeId> {
        self.nodes[id.index()].previous.some()
    }

    /// Takes a node from its parent.
    pub(super) fn detach(&mut self, id: NodeId) {
        let NodeData { parent, previous, next, .. } = self.nodes[id.index()];
        if parent == NodeId::NONE {
            return;
        }
        match previous.some() {
            Some(previous) => self.nodes[previous.index()].next = next,
            None => self.nodes[parent.index()].first = next,
        }
        match next.some() {
            Some(next) => self.nodes[next.index()].previous = previous,
            None => self.nodes[parent.index()].last = previous,
        }
        let node = &mut self.nodes[id.index()];
        (node.parent, node.previous, node.next) = (NodeId::NONE, NodeId::NONE, NodeId::NONE);
    }

    /// Makes a node the last child of another, wherever it was before.
    pub(super) fn append(&mut self, parent: NodeId, child: NodeId) {
        self.detach(child);
        let last = std::mem::replace(&mut self.nodes[parent.index()].last, child);
        match last.some() {
            Some(last) => self.nodes[last.index()].next = child,
            None => self.nodes[parent.index()].first = child,
        }
        let node = &mut self.nodes[child.index()];
        (node.parent, node.previous) = (parent, last);
    }

    /// Puts a node before another, wherever it was before. Nothing happens if that other one has no parent.
    pub(super) fn insert_before(&mut self, sibling: NodeId, new: NodeId) {
        self.detach(new);
        let NodeData { parent, previous, .. } = self.nodes[sibling.index()];
        if parent == NodeId::NONE {
            return;
        }
        match previous.some() {
            Some(previous) => self.nodes[previous.index()].next = new,
            None => self.nodes[parent.index()].first = new,
        }
        self.nodes[sibling.index()].previous = new;
        let node = &mut self.nodes[new.index()];
        (node.parent, node.previous, node.next) = (parent, previous, sibling);
    }
}
