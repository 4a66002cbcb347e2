//! The tree that html5ever builds: scraper's nodes, with the place of each in the source beside it.
//!
//! The sink writes scraper's node types, so its selectors work on the tree, and leaves out what nobody reads: parse
//! errors, comments (the first few are kept as text: a browser notes there where it saved the page from; those that
//! mark parts of the page that come later stay in the tree), and the source of scripts and style sheets that hold no
//! data.

use std::{
    borrow::Cow,
    cell::{Cell, Ref, RefCell},
    hash::{Hash, Hasher},
};

use ego_tree::{NodeId, NodeRef};
use html5ever::{
    Attribute, QualName, expanded_name, local_name, ns,
    tendril::StrTendril,
    tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink},
};
use scraper::{
    Node,
    node::{Comment, Element, Text},
};

use super::streamed::{self, Mark};

/// The parsed page.
pub(crate) struct Tree {
    /// The nodes.
    pub(crate) nodes: ego_tree::Tree<Node>,
    /// Texts of the first comments, see [`Sink::KEPT_COMMENTS`].
    pub(crate) comments: Vec<StrTendril>,
    positions: Vec<u32>,
    statements: Vec<NodeId>,
}

impl Tree {
    /// Where in the parsed text the first token of a node begins, in bytes.
    pub(crate) fn position(&self, node: NodeId) -> usize {
        self.positions.get(index(node)).copied().unwrap_or(0) as usize
    }

    /// The `meta` and `script` elements that were made, in their order in the source.
    pub(crate) fn statements(&self) -> impl Iterator<Item = NodeRef<'_, Node>> {
        self.statements.iter().filter_map(|&id| self.nodes.get(id)).filter(|node| node.parent().is_some())
    }

    /// The document node.
    pub(crate) fn root(&self) -> NodeRef<'_, Node> {
        self.nodes.root()
    }
}

/// Builds a [`Tree`] for html5ever's tree builder.
pub(crate) struct Sink {
    tree: RefCell<ego_tree::Tree<Node>>,
    positions: RefCell<Vec<u32>>,
    comments: RefCell<Vec<StrTendril>>,
    statements: RefCell<Vec<NodeId>>,
    /// Boundaries that are open, counted from the outermost whose part comes later.
    boundaries: Cell<usize>,
    /// Whether parts of the page come after the frame they belong in.
    streamed: Cell<bool>,
    at: Cell<u32>,
}

impl Sink {
    /// Comments whose text is kept: "saved from" comments stand at the very top.
    const KEPT_COMMENTS: usize = 16;

    /// A sink for a document of `bytes` bytes.
    pub(crate) fn new(bytes: usize) -> Sink {
        // Measured pages have a node every 43 bytes; asking for somewhat less spares most of the regrowth.
        let capacity = bytes / 64 + 16;
        let mut positions = Vec::with_capacity(capacity);
        positions.push(0);
        Sink {
            tree: RefCell::new(ego_tree::Tree::with_capacity(Node::Document, capacity)),
            positions: RefCell::new(positions),
            comments: RefCell::default(),
            statements: RefCell::default(),
            boundaries: Cell::new(0),
            streamed: Cell::new(false),
            at: Cell::new(0),
        }
    }

    /// The next token begins at this byte of the text.
    pub(crate) fn at(&self, position: usize) {
        self.at.set(u32::try_from(position).unwrap_or(u32::MAX));
    }

    /// Nodes made so far.
    pub(crate) fn nodes(&self) -> usize {
        self.positions.borrow().len()
    }

    fn create(&self, node: Node) -> NodeId {
        self.positions.borrow_mut().push(self.at.get());
        self.tree.borrow_mut().orphan(node).id()
    }

    fn append_text(&self, parent: NodeId, text: StrTendril) {
        let mut tree = self.tree.borrow_mut();
        let mut parent = tree.get_mut(parent).expect("a handle of this tree");
        let begins = !parent.has_children();
        if let Node::Element(element) = parent.value()
            && !text_is_read(element, &text, begins)
        {
            return;
        }
        if let Some(mut last) = parent.last_child()
            && let Node::Text(previous) = last.value()
        {
            previous.text.push_tendril(&text);
            return;
        }
        parent.append(Node::Text(Text { text }));
        self.positions.borrow_mut().push(self.at.get());
    }
}

impl TreeSink for Sink {
    type Output = Tree;
    type Handle = NodeId;
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) -> Tree {
        let mut tree = Tree {
            nodes: self.tree.into_inner(),
            comments: self.comments.into_inner(),
            positions: self.positions.into_inner(),
            statements: self.statements.into_inner(),
        };
        if self.streamed.get() {
            streamed::place(&mut tree);
        }
        tree
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn get_document(&self) -> NodeId {
        self.tree.borrow().root().id()
    }

    fn same_node(&self, x: &NodeId, y: &NodeId) -> bool {
        x == y
    }

    fn elem_name<'a>(&'a self, target: &NodeId) -> Ref<'a, QualName> {
        Ref::map(self.tree.borrow(), |tree| match tree.get(*target).expect("a handle of this tree").value() {
            Node::Element(element) => &element.name,
            _ => unreachable!("html5ever asks for the names of elements only"),
        })
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> NodeId {
        let template = name.expanded() == expanded_name!(html "template");
        let states = matches!(name.local, local_name!("meta") | local_name!("script"));
        let id = self.create(Node::Element(Element::new(name, attributes)));
        if states {
            self.statements.borrow_mut().push(id);
        }
        if template {
            self.positions.borrow_mut().push(self.at.get());
            self.tree.borrow_mut().get_mut(id).expect("just made").append(Node::Fragment);
        }
        id
    }

    fn create_comment(&self, text: StrTendril) -> NodeId {
        if let Some(mark) = streamed::mark(&text) {
            let open = self.boundaries.get();
            if open > 0 || mark == Mark::Pending {
                self.streamed.set(true);
                self.boundaries.set(if mark == Mark::Ends { open - 1 } else { open + 1 });
                return self.create(Node::Comment(Comment { comment: text }));
            }
        }
        let mut comments = self.comments.borrow_mut();
        if comments.len() < Self::KEPT_COMMENTS {
            comments.push(text);
        }
        // Appending ignores the document node, so it stands for every comment.
        self.get_document()
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> NodeId {
        self.get_document()
    }

    fn append(&self, parent: &NodeId, child: NodeOrText<NodeId>) {
        match child {
            NodeOrText::AppendNode(id) if id == self.get_document() => {}
            NodeOrText::AppendNode(id) => {
                self.tree.borrow_mut().get_mut(*parent).expect("a handle of this tree").append_id(id);
            }
            NodeOrText::AppendText(text) => self.append_text(*parent, text),
        }
    }

    fn append_before_sibling(&self, sibling: &NodeId, child: NodeOrText<NodeId>) {
        let mut tree = self.tree.borrow_mut();
        match child {
            NodeOrText::AppendNode(id) if id == tree.root().id() => {}
            NodeOrText::AppendNode(id) => {
                tree.get_mut(id).expect("a handle of this tree").detach();
                let mut sibling = tree.get_mut(*sibling).expect("a handle of this tree");
                if sibling.parent().is_some() {
                    sibling.insert_id_before(id);
                }
            }
            NodeOrText::AppendText(text) => {
                let mut sibling = tree.get_mut(*sibling).expect("a handle of this tree");
                if sibling.parent().is_none() {
                    return;
                }
                if let Some(mut previous) = sibling.prev_sibling()
                    && let Node::Text(previous) = previous.value()
                {
                    previous.text.push_tendril(&text);
                    return;
                }
                sibling.insert_before(Node::Text(Text { text }));
                self.positions.borrow_mut().push(self.at.get());
            }
        }
    }

    fn append_based_on_parent_node(&self, element: &NodeId, previous: &NodeId, child: NodeOrText<NodeId>) {
        let has_parent = self.tree.borrow().get(*element).is_some_and(|node| node.parent().is_some());
        match has_parent {
            true => self.append_before_sibling(element, child),
            false => self.append(previous, child),
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn add_attrs_if_missing(&self, target: &NodeId, attributes: Vec<Attribute>) {
        let mut tree = self.tree.borrow_mut();
        let mut node = tree.get_mut(*target).expect("a handle of this tree");
        if let Node::Element(element) = node.value() {
            for attribute in attributes {
                if let Err(place) = element.attrs.binary_search_by(|(name, _)| name.cmp(&attribute.name)) {
                    element.attrs.insert(place, (attribute.name, attribute.value));
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &NodeId) {
        self.tree.borrow_mut().get_mut(*target).expect("a handle of this tree").detach();
    }

    fn reparent_children(&self, node: &NodeId, new_parent: &NodeId) {
        self.tree.borrow_mut().get_mut(*new_parent).expect("a handle of this tree").reparent_from_id_append(*node);
    }

    fn get_template_contents(&self, target: &NodeId) -> NodeId {
        let tree = self.tree.borrow();
        let template = tree.get(*target).expect("a handle of this tree");
        template.first_child().expect("made with the template").id()
    }

    // A declarative shadow root stays a template, and its content is read in place.
    fn allow_declarative_shadow_roots(&self, _: &NodeId) -> bool {
        false
    }
}

/// Whether anyone reads an element's own text: of scripts only data is read, of style sheets nothing.
fn text_is_read(element: &Element, text: &str, begins: bool) -> bool {
    match element.name.local {
        local_name!("style") => element.name.ns != ns!(html),
        local_name!("script") => {
            element.attr("type").is_some_and(|kind| kind.contains("json"))
                || element.attr("id").is_some()
                || !begins
                || is_state(text)
        }
        _ => true,
    }
}

/// Whether a script begins as the state of an application does: `window.__INITIAL_STATE__ = {`. If it does not begin so,
/// none of it is kept, so what follows a kept beginning is kept as well.
fn is_state(script: &str) -> bool {
    let script = script.trim_start();
    let script = script.strip_prefix("window").map_or(script, |rest| rest.trim_start_matches(['.', '[', '"', '\'']));
    script.starts_with("__")
}

/// Place of a node among all nodes in the order they were made, from 1 less than what it hashes as: ego-tree hands out
/// consecutive numbers but shows them only to hashers.
fn index(id: NodeId) -> usize {
    struct Number(usize);
    impl Hasher for Number {
        fn finish(&self) -> u64 {
            self.0 as u64
        }
        fn write(&mut self, _: &[u8]) {}
        fn write_usize(&mut self, number: usize) {
            self.0 = number;
        }
    }
    let mut number = Number(0);
    id.hash(&mut number);
    number.0.wrapping_sub(1)
}
