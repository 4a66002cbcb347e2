//! Builds the tree for html5ever's tree builder.
//!
//! What nobody reads is left out: parse errors, comments (the first few are kept as text: a browser notes there where it
//! saved the page from; those that mark parts of the page that come later stay in the tree), and the source of scripts
//! and style sheets that hold no data.
//!
//! The attributes of most tags do not go through the tree builder, which would want each in memory of its own: they are
//! put into the tree when the tag comes, and the element that is made for it takes them ([`Sink::expect`]). Where the
//! tree builder keeps a tag and makes elements of it again, as of links that were left open, an attribute without a name
//! stands for them ([`Sink::stand_in`]); where it reads them, it gets them.

use std::{
    borrow::Cow,
    cell::{Cell, Ref, RefCell},
    fmt::Write,
};

use html5ever::{
    Attribute as TagAttribute, LocalName, QualName, expanded_name, local_name, ns,
    tendril::StrTendril,
    tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink},
};

use rustc_hash::FxHashMap;

use super::{
    attributes::{Attribute, AttributeNumber, ReadAttributes},
    references,
    streamed::{self, Mark},
    tokenizer::Written,
    tree::{Attributes, Content, NodeId, NodeRef, Stretch, Tree},
};

/// Builds a [`Tree`].
pub(crate) struct Sink<'s> {
    source: &'s str,
    read: &'s ReadAttributes,
    tree: RefCell<Tree<'s>>,
    /// The name of the tag that was read last, and its attributes, until an element takes them.
    expected: RefCell<Option<(LocalName, Attributes)>>,
    /// Lists of attributes that others stand for.
    lists: RefCell<Vec<Attributes>>,
    /// Long values that came back from the tree builder, by where they stand in memory: it makes a formatting element
    /// that is not closed anew in every paragraph, and all of them share one value.
    long: RefCell<FxHashMap<usize, (StrTendril, Stretch)>>,
    /// Boundaries that are open, counted from the outermost whose part comes later.
    boundaries: Cell<usize>,
    /// Whether parts of the page come after the frame they belong in.
    streamed: Cell<bool>,
    at: Cell<usize>,
}

impl<'s> Sink<'s> {
    /// Comments whose text is kept: "saved from" comments stand at the very top.
    const KEPT_COMMENTS: usize = 16;

    /// Bytes from which a value is long, see [`Sink::long`].
    const LONG: usize = 64;

    /// A sink for a page.
    pub(crate) fn new(source: &'s str, read: &'s ReadAttributes) -> Sink<'s> {
        Sink {
            source,
            read,
            tree: RefCell::new(Tree::new(source, read)),
            expected: RefCell::default(),
            lists: RefCell::default(),
            long: RefCell::default(),
            boundaries: Cell::new(0),
            streamed: Cell::new(false),
            at: Cell::new(0),
        }
    }

    /// The next token begins at this byte of the text.
    pub(crate) fn at(&self, position: usize) {
        self.at.set(position);
        self.expected.take();
    }

    /// Nodes made so far.
    pub(crate) fn nodes(&self) -> usize {
        self.tree.borrow().len()
    }

    /// The number of an attribute as it is written, if it is read.
    pub(super) fn number(&self, written: &str) -> Option<AttributeNumber> {
        match self.read.number(written.as_bytes()) {
            None if self.read.all() => {
                Some(self.tree.borrow_mut().number_of_attribute(&super::tokenizer::interned(written)))
            }
            number => number,
        }
    }

    /// Whether the text of a comment that is so long is asked for.
    pub(super) fn reads_comment(&self, length: usize) -> bool {
        length <= streamed::LONGEST_MARK || self.tree.borrow().comments.len() < Self::KEPT_COMMENTS
    }

    /// Whether the text of a script of these attributes is asked for whatever it is, see [`text_is_read`].
    pub(super) fn reads_any_script(&self, attributes: &[Written]) -> bool {
        attributes.iter().any(|Written { name, value, plain }| match name.known() {
            Some(Attribute::Type) => !plain || self.source[value.clone()].contains("json"),
            Some(Attribute::Id) => true,
            _ => false,
        })
    }

    /// The element that is made for the tag that has just been read is to have these attributes.
    pub(super) fn expect(&self, tag: &LocalName, attributes: &[Written]) {
        *self.expected.borrow_mut() = Some((tag.clone(), self.put(attributes)));
    }

    /// What stands for these attributes in a tag of which elements may be made more than once.
    pub(super) fn stand_in(&self, attributes: &[Written]) -> Vec<TagAttribute> {
        let mut lists = self.lists.borrow_mut();
        lists.push(self.put(attributes));
        let mut value = StrTendril::new();
        write!(value, "{}", lists.len() - 1).expect("a tendril takes what is written");
        vec![TagAttribute { name: QualName::new(None, ns!(), local_name!("")), value }]
    }

    /// The attributes themselves.
    pub(super) fn real(&self, attributes: &[Written]) -> Vec<TagAttribute> {
        let tree = self.tree.borrow();
        let mut value = String::new();
        let real = attributes.iter().map(|written| {
            value.clear();
            references::decode(&self.source[written.value.clone()], true, &mut value);
            // The tree builder settles the namespace in foreign content.
            let name = QualName::new(None, ns!(), tree.name_of_attribute(written.name).clone());
            TagAttribute { name, value: StrTendril::from_slice(&value) }
        });
        real.collect()
    }

    fn put(&self, attributes: &[Written]) -> Attributes {
        let mut tree = self.tree.borrow_mut();
        let mut list = tree.begin_attributes();
        for Written { name, value, plain } in attributes {
            let value = match plain {
                true => Tree::view(value.start, value.end),
                false => tree.keep(|out| references::decode(&self.source[value.clone()], true, out)),
            };
            tree.put_attribute(&mut list, *name, false, value);
        }
        list
    }

    /// What the attributes of a tag that comes back from the tree builder are.
    fn attributes_of(&self, tag: &LocalName, attributes: &[TagAttribute]) -> Attributes {
        match attributes {
            [] => match self.expected.borrow_mut().take_if(|(expected, _)| expected == tag) {
                Some((_, attributes)) => attributes,
                None => Attributes::default(),
            },
            [only] if only.name.local == local_name!("") => {
                let place: Option<usize> = only.value.parse().ok();
                place.and_then(|place| self.lists.borrow().get(place).copied()).unwrap_or_default()
            }
            real => {
                let mut tree = self.tree.borrow_mut();
                let mut list = tree.begin_attributes();
                for TagAttribute { name, value } in real {
                    let number = tree.number_of_attribute(&name.local);
                    let value = self.keep_once(&mut tree, value);
                    tree.put_attribute(&mut list, number, name.ns != ns!(), value);
                }
                list
            }
        }
    }

    fn keep_once(&self, tree: &mut Tree<'s>, value: &StrTendril) -> Stretch {
        if value.len() < Self::LONG {
            return tree.keep(|out| out.push_str(value));
        }
        let mut long = self.long.borrow_mut();
        let keep = || (value.clone(), tree.keep(|out| out.push_str(value)));
        long.entry(value.as_ptr() as usize).or_insert_with(keep).1
    }

    fn append_text(&self, parent: NodeId, text: &str) {
        let mut tree = self.tree.borrow_mut();
        if !text_is_read(tree.get(parent), text) {
            return;
        }
        if let Some(last) = tree.last_child(parent)
            && tree.extend_text(last, text)
        {
            return;
        }
        let text = self.new_text(&mut tree, text);
        tree.append(parent, text);
    }

    fn new_text(&self, tree: &mut Tree<'s>, text: &str) -> NodeId {
        let at = self.at.get();
        // Most texts stand in the page as they are, where their token begins.
        let text = match self.source.as_bytes()[at..].starts_with(text.as_bytes()) {
            true => Tree::view(at, at + text.len()),
            false => tree.keep(|out| out.push_str(text)),
        };
        tree.create(Content::Text(text), at)
    }
}

impl<'s> TreeSink for Sink<'s> {
    type Output = Tree<'s>;
    type Handle = NodeId;
    type ElemName<'a>
        = Ref<'a, QualName>
    where
        's: 'a;

    fn finish(self) -> Tree<'s> {
        let mut tree = self.tree.into_inner();
        if self.streamed.get() {
            streamed::place(&mut tree);
        }
        tree
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn get_document(&self) -> NodeId {
        Tree::ROOT
    }

    fn same_node(&self, x: &NodeId, y: &NodeId) -> bool {
        x == y
    }

    fn elem_name<'a>(&'a self, target: &NodeId) -> Ref<'a, QualName> {
        Ref::map(self.tree.borrow(), |tree| tree.name(*target))
    }

    fn create_element(&self, name: QualName, attributes: Vec<TagAttribute>, _: ElementFlags) -> NodeId {
        let template = name.expanded() == expanded_name!(html "template");
        let states = matches!(name.local, local_name!("meta") | local_name!("script"));
        let attributes = self.attributes_of(&name.local, &attributes);
        let mut tree = self.tree.borrow_mut();
        let id = tree.create_element(name, attributes, self.at.get());
        if states {
            tree.statements.push(id);
        }
        if template {
            let content = tree.create(Content::Fragment, self.at.get());
            tree.append(id, content);
        }
        id
    }

    fn create_comment(&self, text: StrTendril) -> NodeId {
        if let Some(mark) = streamed::mark(&text) {
            let open = self.boundaries.get();
            if open > 0 || mark == Mark::Pending {
                self.streamed.set(true);
                self.boundaries.set(if mark == Mark::Ends { open - 1 } else { open + 1 });
                let mut tree = self.tree.borrow_mut();
                let text: Stretch = tree.keep(|out| out.push_str(&text));
                return tree.create(Content::Comment(text), self.at.get());
            }
        }
        let comments = &mut self.tree.borrow_mut().comments;
        if comments.len() < Self::KEPT_COMMENTS {
            comments.push(text.into());
        }
        // Appending ignores the document node, so it stands for every comment.
        Tree::ROOT
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> NodeId {
        Tree::ROOT
    }

    fn append(&self, parent: &NodeId, child: NodeOrText<NodeId>) {
        match child {
            NodeOrText::AppendNode(Tree::ROOT) => {}
            NodeOrText::AppendNode(id) => self.tree.borrow_mut().append(*parent, id),
            NodeOrText::AppendText(text) => self.append_text(*parent, &text),
        }
    }

    fn append_before_sibling(&self, sibling: &NodeId, child: NodeOrText<NodeId>) {
        let mut tree = self.tree.borrow_mut();
        match child {
            NodeOrText::AppendNode(Tree::ROOT) => {}
            NodeOrText::AppendNode(id) => tree.insert_before(*sibling, id),
            NodeOrText::AppendText(_) if tree.parent(*sibling).is_none() => {}
            NodeOrText::AppendText(text) => {
                if let Some(previous) = tree.previous(*sibling)
                    && tree.extend_text(previous, &text)
                {
                    return;
                }
                let text = self.new_text(&mut tree, &text);
                tree.insert_before(*sibling, text);
            }
        }
    }

    fn append_based_on_parent_node(&self, element: &NodeId, previous: &NodeId, child: NodeOrText<NodeId>) {
        let has_parent = self.tree.borrow().parent(*element).is_some();
        match has_parent {
            true => self.append_before_sibling(element, child),
            false => self.append(previous, child),
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn add_attrs_if_missing(&self, target: &NodeId, attributes: Vec<TagAttribute>) {
        let name = self.elem_name(target).local.clone();
        let attributes = self.attributes_of(&name, &attributes);
        self.tree.borrow_mut().add_attributes(*target, attributes);
    }

    fn remove_from_parent(&self, target: &NodeId) {
        self.tree.borrow_mut().detach(*target);
    }

    fn reparent_children(&self, node: &NodeId, new_parent: &NodeId) {
        let mut tree = self.tree.borrow_mut();
        while let Some(child) = tree.first_child(*node) {
            tree.append(*new_parent, child);
        }
    }

    fn get_template_contents(&self, target: &NodeId) -> NodeId {
        self.tree.borrow().first_child(*target).expect("made with the template")
    }

    // A declarative shadow root stays a template, and its content is read in place.
    fn allow_declarative_shadow_roots(&self, _: &NodeId) -> bool {
        false
    }
}

/// Whether anyone reads an element's own text: of scripts only data is read, of style sheets nothing.
fn text_is_read(node: NodeRef<'_>, text: &str) -> bool {
    let Some(element) = node.element() else { return true };
    match *element.local() {
        local_name!("style") => element.name().ns != ns!(html),
        local_name!("script") => {
            element.attr(Attribute::Type).is_some_and(|kind| kind.contains("json"))
                || element.attr(Attribute::Id).is_some()
                || node.first_child().is_some()
                || is_state(text)
        }
        _ => true,
    }
}

/// Whether a script begins as the state of an application does: `window.__INITIAL_STATE__ = {`. If it does not begin so,
/// none of it is kept, so what follows a kept beginning is kept as well.
pub(super) fn is_state(script: &str) -> bool {
    let script = script.trim_start();
    let script = script.strip_prefix("window").map_or(script, |rest| rest.trim_start_matches(['.', '[', '"', '\'']));
    script.starts_with("__")
}
