//! The elements around the blocks of an HTML page, as flat arrays in document order.
//!
//! The tree of the parser is gone by the time a page is judged; what rules and models ask of it stands here:
//! tag, parent, extent, class and id tokens, role. A subtree is a contiguous range (`id.0 .. end`), so features are
//! computed in linear passes over arrays.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Place of an element in its [`Outline`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ElementId(pub u32);

impl ElementId {
    /// No element: the parent of the root, and every element of plain text.
    pub const NONE: ElementId = ElementId(u32::MAX);

    /// Whether this names an element.
    pub fn is_some(self) -> bool {
        self != ElementId::NONE
    }

    /// As an index; [`ElementId::NONE`] gives `usize::MAX` or the like and must not be used.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One element.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Element {
    /// The parent, or [`ElementId::NONE`] for the root.
    pub parent: ElementId,
    /// One past the last element of the subtree.
    pub end: u32,
    /// Nesting depth; the root has 0.
    pub depth: u16,
    /// Hidden itself or by an ancestor.
    pub hidden: bool,
    /// The first block that begins at or after this element's start. The subtree's blocks are
    /// `first_block .. first_block of the element at end` (or the number of blocks at the end of the page).
    pub first_block: u32,
    tag: u32,
    id: u32,
    role: u32,
    property: u32,
    tokens: (u32, u32),
}

/// All elements of a page in document order.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Outline {
    elements: Vec<Element>,
    tokens: Vec<u32>,
    names: Names,
}

/// Names by their numbers, in one text: a page has a thousand, and each in memory of its own is as much work again as
/// telling which names they are. Written as a list of names.
#[derive(Debug, Clone, Default)]
struct Names {
    text: String,
    ends: Vec<u32>,
}

impl Names {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn get(&self, number: usize) -> &str {
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.text[start as usize..self.ends[number] as usize]
    }

    fn push(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends.push(u32::try_from(self.text.len()).expect("a page is smaller than 4 GB"));
    }
}

impl Serialize for Names {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((0..self.len()).map(|number| self.get(number)))
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Names, D::Error> {
        let mut names = Names::default();
        Vec::<String>::deserialize(deserializer)?.iter().for_each(|name| names.push(name));
        Ok(names)
    }
}

impl Outline {
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// Whether there are none (plain text).
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// The element.
    ///
    /// # Panics
    /// If `id` is not of this outline.
    pub fn element(&self, id: ElementId) -> &Element {
        &self.elements[id.index()]
    }

    /// All elements in document order.
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// Lower-case tag name.
    pub fn tag(&self, id: ElementId) -> &str {
        self.name(self.element(id).tag)
    }

    /// Class tokens, lower case, in order.
    pub fn classes(&self, id: ElementId) -> impl Iterator<Item = &str> {
        let (start, end) = self.element(id).tokens;
        self.tokens[start as usize..end as usize].iter().map(|&symbol| self.name(symbol))
    }

    /// The `id` attribute, lower case; empty where there is none.
    pub fn id(&self, id: ElementId) -> &str {
        self.name(self.element(id).id)
    }

    /// The ARIA role; empty where there is none.
    pub fn role(&self, id: ElementId) -> &str {
        self.name(self.element(id).role)
    }

    /// The microdata property (`itemprop`), lower case; empty where there is none.
    pub fn property(&self, id: ElementId) -> &str {
        self.name(self.element(id).property)
    }

    /// The symbol of the tag name: equal tags of one page have equal symbols, so that passes over all elements compare
    /// numbers.
    pub fn tag_symbol(&self, id: ElementId) -> u32 {
        self.element(id).tag
    }

    /// Symbols of the class tokens, see [`Outline::name`].
    pub fn class_symbols(&self, id: ElementId) -> &[u32] {
        let (start, end) = self.element(id).tokens;
        &self.tokens[start as usize..end as usize]
    }

    /// Symbol of the `id` attribute; 0 where there is none.
    pub fn id_symbol(&self, id: ElementId) -> u32 {
        self.element(id).id
    }

    /// Symbol of the `role` attribute; 0 where there is none.
    pub fn role_symbol(&self, id: ElementId) -> u32 {
        self.element(id).role
    }

    /// Symbol of the `itemprop` attribute; 0 where there is none.
    pub fn property_symbol(&self, id: ElementId) -> u32 {
        self.element(id).property
    }

    /// The text of a symbol. Symbol 0 is the empty string.
    pub fn name(&self, symbol: u32) -> &str {
        self.names.get(symbol as usize)
    }

    /// Number of symbols of the page: `0..symbols()` are valid for [`Outline::name`].
    pub fn symbols(&self) -> usize {
        self.names.len()
    }

    /// The element and its ancestors, innermost first.
    pub fn ancestors(&self, id: ElementId) -> impl Iterator<Item = ElementId> {
        std::iter::successors(Some(id).filter(|id| id.is_some()), |&id| {
            Some(self.element(id).parent).filter(|id| id.is_some())
        })
    }

    /// Whether `inner` is `outer` or lies in its subtree.
    pub fn contains(&self, outer: ElementId, inner: ElementId) -> bool {
        outer <= inner && inner.is_some() && inner.0 < self.element(outer).end
    }

    /// Says that the blocks with these indexes, in order, were taken out of the page.
    pub fn remove_blocks(&mut self, gone: &[u32]) {
        for element in &mut self.elements {
            element.first_block -= gone.partition_point(|&block| block < element.first_block) as u32;
        }
    }

    /// The blocks of an element's subtree, as a range of block indexes.
    pub fn blocks_of(&self, id: ElementId, blocks: usize) -> std::ops::Range<usize> {
        let element = self.element(id);
        let end = match self.elements.get(element.end as usize) {
            Some(after) => after.first_block as usize,
            None => blocks,
        };
        (element.first_block as usize).min(blocks)..end.min(blocks)
    }
}

/// The attributes an outline keeps.
#[derive(Debug, Clone, Copy, Default)]
pub struct Attributes<'a> {
    /// The `class` attribute as written.
    pub class: &'a str,
    /// The `id` attribute as written.
    pub id: &'a str,
    /// The `role` attribute as written.
    pub role: &'a str,
    /// The `itemprop` attribute as written.
    pub property: &'a str,
}

/// Names of an element as symbols, see [`OutlineBuilder::symbol`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Symbols {
    /// Of the tag.
    pub tag: u32,
    /// Of the `id` attribute; 0 for none.
    pub id: u32,
    /// Of the role; 0 for none.
    pub role: u32,
    /// Of the microdata property; 0 for none.
    pub property: u32,
    /// The class tokens.
    pub classes: ClassTokens,
}

/// The class tokens of an element, as symbols.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClassTokens {
    start: u32,
    end: u32,
}

/// Builds an [`Outline`] in document order. `'a` is the page whose names are looked up.
#[derive(Debug)]
pub struct OutlineBuilder<'a> {
    outline: Outline,
    /// By the name as it is written.
    symbols: FxHashMap<&'a str, u32>,
    /// Of names that are written with capitals alone, in lower case.
    folded: FxHashMap<Box<str>, u32>,
    /// Of tags that hold capitals (`foreignObject`), which they keep.
    capitals: FxHashMap<&'a str, u32>,
    open: Vec<ElementId>,
}

impl Default for OutlineBuilder<'_> {
    fn default() -> Self {
        let mut outline = Outline::default();
        outline.names.push("");
        let (symbols, folded, capitals) = Default::default();
        OutlineBuilder { outline, symbols, folded, capitals, open: Vec::new() }
    }
}

impl<'a> OutlineBuilder<'a> {
    /// Class tokens kept of one element. Utility frameworks reach some sixty; more is an attack.
    pub const MAX_CLASS_TOKENS: usize = 128;

    /// Makes room for so many elements, and for the names that so many bear.
    pub fn reserve(&mut self, elements: usize) {
        /// Elements of a page that bear one name each, about, and names from which room is made as they come.
        const TO_A_NAME: usize = 4;
        const MOST: usize = 4096;
        self.outline.elements.reserve(elements);
        self.symbols.reserve((elements / TO_A_NAME).min(MOST));
    }

    /// Opens an element inside the one that is open.
    pub fn open(&mut self, tag: &'a str, attributes: Attributes<'a>, hidden: bool, next_block: usize) -> ElementId {
        let symbols = Symbols {
            tag: self.tag_symbol(tag),
            id: self.symbol(attributes.id.trim()),
            role: self.symbol(attributes.role.trim()),
            property: self.symbol(attributes.property.trim()),
            classes: self.class_tokens(attributes.class),
        };
        self.open_symbols(symbols, hidden, next_block)
    }

    /// Opens an element whose names were looked up.
    pub fn open_symbols(&mut self, names: Symbols, hidden: bool, next_block: usize) -> ElementId {
        let id = ElementId(self.outline.elements.len() as u32);
        let parent = self.open.last().copied().unwrap_or(ElementId::NONE);
        let (depth, hidden) = match parent.is_some() {
            true => {
                let parent = self.outline.element(parent);
                (parent.depth.saturating_add(1), hidden || parent.hidden)
            }
            false => (0, hidden),
        };
        self.outline.elements.push(Element {
            parent,
            end: id.0 + 1,
            depth,
            hidden,
            first_block: next_block as u32,
            tag: names.tag,
            id: names.id,
            role: names.role,
            property: names.property,
            tokens: (names.classes.start, names.classes.end),
        });
        self.open.push(id);
        id
    }

    /// The tokens of a class attribute. Elements of the same attribute may share what is got for the first of them.
    pub fn class_tokens(&mut self, class: &'a str) -> ClassTokens {
        let start = self.outline.tokens.len() as u32;
        for token in class.split_ascii_whitespace().take(Self::MAX_CLASS_TOKENS) {
            let symbol = self.symbol(token);
            self.outline.tokens.push(symbol);
        }
        ClassTokens { start, end: self.outline.tokens.len() as u32 }
    }

    /// The symbol of a tag.
    pub fn tag_symbol(&mut self, tag: &'a str) -> u32 {
        if !tag.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return self.symbol(tag);
        }
        if let Some(&symbol) = self.capitals.get(tag) {
            return symbol;
        }
        let symbol = self.new_symbol(tag);
        self.capitals.insert(tag, symbol);
        symbol
    }

    /// The symbol of a name; names that differ in ASCII capitals alone have the same.
    pub fn symbol(&mut self, name: &'a str) -> u32 {
        if name.is_empty() {
            return 0;
        }
        if let Some(&symbol) = self.symbols.get(name) {
            return symbol;
        }
        let symbol = match name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => {
                let lower = name.to_ascii_lowercase();
                match self.symbols.get(lower.as_str()).or_else(|| self.folded.get(lower.as_str())) {
                    Some(&symbol) => symbol,
                    None => {
                        let symbol = self.new_symbol(&lower);
                        self.folded.insert(lower.into(), symbol);
                        symbol
                    }
                }
            }
            false => match self.folded.get(name) {
                Some(&symbol) => symbol,
                None => self.new_symbol(name),
            },
        };
        self.symbols.insert(name, symbol);
        symbol
    }

    fn new_symbol(&mut self, name: &str) -> u32 {
        self.outline.names.push(name);
        self.outline.names.len() as u32 - 1
    }

    /// Closes the innermost open element.
    pub fn close(&mut self) {
        if let Some(id) = self.open.pop() {
            self.outline.elements[id.index()].end = self.outline.elements.len() as u32;
        }
    }

    /// Elements opened so far.
    pub fn len(&self) -> usize {
        self.outline.elements.len()
    }

    /// Whether no element was opened.
    pub fn is_empty(&self) -> bool {
        self.outline.elements.is_empty()
    }

    /// Says that a block which was to have the index `block` will not exist after all: elements from `from` on that
    /// were opened inside its text begin at `block` itself.
    pub fn retract(&mut self, from: usize, block: usize) {
        for element in &mut self.outline.elements[from..] {
            element.first_block = element.first_block.min(block as u32);
        }
    }

    /// Hides a subtree after the fact. Returns its end.
    pub fn hide(&mut self, id: ElementId) -> u32 {
        let end = self.outline.element(id).end;
        for element in &mut self.outline.elements[id.index()..end as usize] {
            element.hidden = true;
        }
        end
    }

    /// Whether an element opened so far has this tag.
    pub fn tag_is(&self, id: ElementId, tag: &str) -> bool {
        id.is_some() && self.outline.tag(id) == tag
    }

    /// See [`Outline::blocks_of`].
    pub fn blocks_of(&self, id: ElementId, blocks: usize) -> std::ops::Range<usize> {
        self.outline.blocks_of(id, blocks)
    }

    /// The outline; elements still open are closed.
    pub fn finish(mut self) -> Outline {
        while !self.open.is_empty() {
            self.close();
        }
        self.outline
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folded_whichever_way_comes_first() {
        let mut builder = OutlineBuilder::default();
        let [first, second, third, other] = ["Menu", "menu", "MENU", "main"].map(|name| builder.symbol(name));
        assert!(first == second && second == third && third != other);
        assert_eq!((builder.symbol("Main"), builder.symbol("")), (other, 0));
        let outline = builder.finish();
        assert_eq!((outline.name(first), outline.name(other), outline.symbols()), ("menu", "main", 3));
    }

    #[test]
    fn a_subtree_is_a_range() {
        let mut builder = OutlineBuilder::default();
        let body = builder.open("body", Attributes::default(), false, 0);
        let nav = builder.open("nav", Attributes { class: "Menu main", id: "Top", ..Attributes::default() }, true, 0);
        let link = builder.open("a", Attributes::default(), false, 0);
        builder.close();
        builder.close();
        let article = builder.open("article", Attributes::default(), false, 1);
        let outline = builder.finish();
        assert_eq!(outline.classes(nav).collect::<Vec<_>>(), ["menu", "main"]);
        assert_eq!(outline.id(nav), "top");
        assert!(outline.contains(nav, link) && !outline.contains(nav, article));
        assert!(outline.element(link).hidden && !outline.element(article).hidden);
        assert_eq!(outline.blocks_of(nav, 3), 0..1);
        assert_eq!(outline.blocks_of(article, 3), 1..3);
        assert_eq!(outline.ancestors(link).collect::<Vec<_>>(), [link, nav, body]);
    }
}
