//! Reading a tree: a node, what stands around it and in it, an element's name and attributes.

use html5ever::{LocalName, QualName};

use super::{
    super::{
        attributes::{Attribute, AttributeNumber},
        elements::Flow,
    },
    AttributeData, Content, ElementName, NodeData, NodeId, Tree,
};

/// A node and the tree that it is of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NodeRef<'a> {
    tree: &'a Tree<'a>,
    id: NodeId,
}

impl<'a> NodeRef<'a> {
    pub(super) fn new(tree: &'a Tree<'a>, id: NodeId) -> NodeRef<'a> {
        NodeRef { tree, id }
    }

    fn data(self) -> &'a NodeData {
        &self.tree.nodes[self.id.index()]
    }

    fn other(self, id: NodeId) -> Option<NodeRef<'a>> {
        Some(NodeRef { tree: self.tree, id: id.some()? })
    }

    pub(crate) fn id(self) -> NodeId {
        self.id
    }

    /// Where in the parsed text the first token of the node begins, in bytes.
    pub(crate) fn position(self) -> usize {
        self.data().position as usize
    }

    pub(crate) fn parent(self) -> Option<NodeRef<'a>> {
        self.other(self.data().parent)
    }

    pub(crate) fn first_child(self) -> Option<NodeRef<'a>> {
        self.other(self.data().first)
    }

    pub(crate) fn next_sibling(self) -> Option<NodeRef<'a>> {
        self.other(self.data().next)
    }

    pub(crate) fn previous_sibling(self) -> Option<NodeRef<'a>> {
        self.other(self.data().previous)
    }

    pub(crate) fn children(self) -> impl Iterator<Item = NodeRef<'a>> + Clone {
        std::iter::successors(self.first_child(), |node| node.next_sibling())
    }

    /// Its siblings after it.
    pub(crate) fn next_siblings(self) -> impl Iterator<Item = NodeRef<'a>> {
        std::iter::successors(self.next_sibling(), |node| node.next_sibling())
    }

    /// Its siblings before it, the nearest first.
    pub(crate) fn previous_siblings(self) -> impl Iterator<Item = NodeRef<'a>> {
        std::iter::successors(self.previous_sibling(), |node| node.previous_sibling())
    }

    /// Itself and the nodes that it stands in, innermost first.
    pub(crate) fn and_ancestors(self) -> impl Iterator<Item = NodeRef<'a>> {
        std::iter::successors(Some(self), |node| node.parent())
    }

    /// Itself and all nodes in it, in document order.
    pub(crate) fn descendants(self) -> impl Iterator<Item = NodeRef<'a>> {
        let root = self.id;
        std::iter::successors(Some(self), move |&node| {
            if let Some(child) = node.first_child() {
                return Some(child);
            }
            let mut at = node;
            loop {
                if at.id == root {
                    return None;
                }
                match at.next_sibling() {
                    Some(next) => return Some(next),
                    None => at = at.parent()?,
                }
            }
        })
    }

    pub(crate) fn is_document(self) -> bool {
        matches!(self.data().content, Content::Document)
    }

    pub(crate) fn text(self) -> Option<&'a str> {
        match self.data().content {
            Content::Text(text) => Some(self.tree.stretch(text)),
            _ => None,
        }
    }

    pub(crate) fn comment(self) -> Option<&'a str> {
        match self.data().content {
            Content::Comment(text) => Some(self.tree.stretch(text)),
            _ => None,
        }
    }

    pub(crate) fn element(self) -> Option<Element<'a>> {
        match self.data().content {
            Content::Element { name, attributes } => {
                let name = &self.tree.names[name as usize];
                Some(Element { node: self, name, attributes: &self.tree.attributes[attributes.range()] })
            }
            _ => None,
        }
    }

    pub(crate) fn is_element(self) -> bool {
        matches!(self.data().content, Content::Element { .. })
    }

    /// Whether it is an element of this name.
    pub(crate) fn is(self, local: &LocalName) -> bool {
        self.element().is_some_and(|element| element.local() == local)
    }
}

/// An element.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'a> {
    node: NodeRef<'a>,
    name: &'a ElementName,
    attributes: &'a [AttributeData],
}

impl<'a> Element<'a> {
    pub(crate) fn node(self) -> NodeRef<'a> {
        self.node
    }

    pub(crate) fn name(self) -> &'a QualName {
        &self.name.name
    }

    pub(crate) fn local(self) -> &'a LocalName {
        &self.name.name.local
    }

    /// The number of its name among those of the tree.
    pub(in super::super) fn name_number(self) -> usize {
        match self.node.data().content {
            Content::Element { name, .. } => name as usize,
            _ => unreachable!("made of an element"),
        }
    }

    /// How elements of its name take part in the flow of text.
    pub(in super::super) fn flow(self) -> Flow {
        self.name.flow
    }

    /// The value of an attribute without a namespace.
    pub(crate) fn attr(self, name: Attribute) -> Option<&'a str> {
        let has = |attribute: &&AttributeData| attribute.name == name.number() && !attribute.foreign;
        self.attributes.iter().find(has).map(|attribute| self.node.tree.stretch(attribute.value))
    }

    /// The attributes that are read, in their order: name, whether it has a namespace, value.
    pub(crate) fn attributes(self) -> impl Iterator<Item = (AttributeNumber, bool, &'a str)> {
        let tree = self.node.tree;
        self.attributes.iter().map(|attribute| (attribute.name, attribute.foreign, tree.stretch(attribute.value)))
    }

    /// Whether both are of the same name.
    pub(crate) fn is_same_type(self, other: Element<'_>) -> bool {
        std::ptr::eq(self.name, other.name)
    }

    /// The name of one of its attributes.
    pub(crate) fn name_of_attribute(self, attribute: AttributeNumber) -> &'a LocalName {
        self.node.tree.name_of_attribute(attribute)
    }

    /// What is the same for this element alone, for telling elements of a tree apart.
    pub(crate) fn identity(self) -> &'a impl Sized {
        self.node.data()
    }
}
