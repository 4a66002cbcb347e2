//! An element as CSS selectors see it.

use html5ever::{Namespace, local_name, ns};
use scraper::selector::{CssLocalName, CssString, NonTSPseudoClass, PseudoElement, Simple};
use selectors::{
    Element as Selectable, OpaqueElement,
    attr::{AttrSelectorOperation, CaseSensitivity, NamespaceConstraint},
    bloom::BloomFilter,
    matching::{ElementSelectorFlags, MatchingContext},
};

use super::{
    attributes::Attribute,
    tree::{Element, NodeRef},
};

impl Selectable for Element<'_> {
    type Impl = Simple;

    fn opaque(&self) -> OpaqueElement {
        OpaqueElement::new(self.identity())
    }

    fn parent_element(&self) -> Option<Self> {
        self.node().parent().and_then(NodeRef::element)
    }

    fn parent_node_is_shadow_root(&self) -> bool {
        false
    }

    fn containing_shadow_host(&self) -> Option<Self> {
        None
    }

    fn is_pseudo_element(&self) -> bool {
        false
    }

    fn prev_sibling_element(&self) -> Option<Self> {
        self.node().previous_siblings().find_map(NodeRef::element)
    }

    fn next_sibling_element(&self) -> Option<Self> {
        self.node().next_siblings().find_map(NodeRef::element)
    }

    fn first_element_child(&self) -> Option<Self> {
        self.node().children().find_map(NodeRef::element)
    }

    fn is_html_element_in_html_document(&self) -> bool {
        self.name().ns == ns!(html)
    }

    fn has_local_name(&self, name: &CssLocalName) -> bool {
        *self.local() == name.0
    }

    fn has_namespace(&self, namespace: &Namespace) -> bool {
        self.name().ns == *namespace
    }

    fn is_same_type(&self, other: &Self) -> bool {
        Element::is_same_type(*self, *other)
    }

    fn attr_matches(
        &self,
        namespace: &NamespaceConstraint<&Namespace>,
        name: &CssLocalName,
        operation: &AttrSelectorOperation<&CssString>,
    ) -> bool {
        self.attributes().any(|(attribute, foreign, value)| {
            // Selectors name no namespace but none; prefixes are declared nowhere.
            !matches!(namespace, NamespaceConstraint::Specific(wanted) if **wanted == ns!() && foreign)
                && name.0 == *self.name_of_attribute(attribute)
                && operation.eval_str(value)
        })
    }

    fn match_non_ts_pseudo_class(&self, class: &NonTSPseudoClass, _: &mut MatchingContext<'_, Simple>) -> bool {
        match *class {}
    }

    fn match_pseudo_element(&self, element: &PseudoElement, _: &mut MatchingContext<'_, Simple>) -> bool {
        match *element {}
    }

    fn apply_selector_flags(&self, _: ElementSelectorFlags) {}

    fn is_link(&self) -> bool {
        *self.local() == local_name!("link")
    }

    fn is_html_slot_element(&self) -> bool {
        true
    }

    fn has_id(&self, id: &CssLocalName, sensitivity: CaseSensitivity) -> bool {
        self.attr(Attribute::Id).is_some_and(|value| sensitivity.eq(id.0.as_bytes(), value.as_bytes()))
    }

    fn has_class(&self, name: &CssLocalName, sensitivity: CaseSensitivity) -> bool {
        let classes = self.attr(Attribute::Class).unwrap_or("");
        classes.split_ascii_whitespace().any(|class| sensitivity.eq(class.as_bytes(), name.0.as_bytes()))
    }

    fn has_custom_state(&self, _: &CssLocalName) -> bool {
        false
    }

    fn imported_part(&self, _: &CssLocalName) -> Option<CssLocalName> {
        None
    }

    fn is_part(&self, _: &CssLocalName) -> bool {
        false
    }

    fn is_empty(&self) -> bool {
        !self.node().children().any(|child| child.is_element() || child.text().is_some())
    }

    fn is_root(&self) -> bool {
        self.node().parent().is_some_and(NodeRef::is_document)
    }

    fn add_element_unique_hashes(&self, _: &mut BloomFilter) -> bool {
        false
    }
}
