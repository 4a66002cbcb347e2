//! What is known of the elements of a page: sums over their subtrees, what their ancestors are, where most text is.
//!
//! All passes run over flat arrays in document order: downwards a parent comes before its children, upwards after
//! them. Each is linear in the number of elements.

use std::cell::RefCell;

use dechaff_document::{ElementId, Page};
use rustc_hash::FxHashMap;

use super::{lines::Line, phrases, tokens};

/// Tags whose distance upwards is measured, after the groups of names. Several tags may share a place.
pub(super) const TAGS: [(&str, &[&str]); 31] = [
    ("p", &["p"]),
    ("li", &["li"]),
    ("h", &["h1", "h2", "h3", "h4", "h5", "h6"]),
    ("td", &["td", "th"]),
    ("dd", &["dd", "dt"]),
    ("blockquote", &["blockquote"]),
    ("pre", &["pre"]),
    ("nav", &["nav"]),
    ("header", &["header"]),
    ("footer", &["footer"]),
    ("aside", &["aside"]),
    ("article", &["article"]),
    ("main", &["main"]),
    ("section", &["section"]),
    ("form", &["form"]),
    ("button", &["button"]),
    ("figure", &["figure"]),
    ("figcaption", &["figcaption"]),
    ("table", &["table"]),
    ("list", &["ul", "ol"]),
    ("a", &["a"]),
    ("details", &["details"]),
    ("dl", &["dl"]),
    ("label", &["label"]),
    ("select", &["select", "option"]),
    ("dialog", &["dialog"]),
    ("noscript", &["noscript"]),
    ("hr", &["hr"]),
    ("fieldset", &["fieldset"]),
    ("summary", &["summary"]),
    ("custom", &[]),
];

/// Columns of the distance table.
pub(super) const DISTANCES: usize = tokens::COUNT + TAGS.len();

/// What is farther than this, or not there, counts as this far.
pub(super) const FAR: u8 = 20;

/// Tags that have a number of their own as a feature.
const CODES: [&str; 45] = [
    "div",
    "span",
    "p",
    "li",
    "td",
    "th",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "a",
    "button",
    "label",
    "dd",
    "dt",
    "blockquote",
    "pre",
    "section",
    "article",
    "main",
    "header",
    "footer",
    "nav",
    "aside",
    "ul",
    "ol",
    "form",
    "figure",
    "figcaption",
    "strong",
    "b",
    "em",
    "summary",
    "details",
    "option",
    "body",
    "table",
    "tr",
    "tbody",
    "time",
    "code",
    "i",
    "html",
];

/// Sums over an element's subtree.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub(super) words: f32,
    pub(super) linked: f32,
    pub(super) blocks: f32,
    /// Words of long blocks.
    pub(super) long: f32,
    /// Words of blocks whose container is a `p`.
    pub(super) paragraph: f32,
    /// Images.
    pub(super) images: f32,
    /// Blocks that name a price.
    pub(super) prices: f32,
    /// Blocks that end as a sentence does.
    pub(super) sentences: f32,
}

impl Sums {
    fn add(&mut self, other: &Sums) {
        self.words += other.words;
        self.linked += other.linked;
        self.blocks += other.blocks;
        self.long += other.long;
        self.paragraph += other.paragraph;
        self.images += other.images;
        self.prices += other.prices;
        self.sentences += other.sentences;
    }
}

/// What is known of all elements of a page.
#[derive(Debug, Default)]
pub(super) struct Structure {
    pub(super) parent: Vec<u32>,
    /// One past the last element of the subtree.
    end: Vec<u32>,
    pub(super) depth: Vec<u16>,
    /// Number of the tag in `CODES`, from 1; 0 for others.
    pub(super) code: Vec<u8>,
    /// Distance upwards to the nearest element of a group or tag.
    distance: Vec<[u8; DISTANCES]>,
    /// Where the distances of an element stand, for elements that are the nearest around a block.
    distance_of: Vec<u32>,
    pub(super) sums: Vec<Sums>,
    /// Tag and first class as one number: elements made by the same template share it.
    pub(super) signature: Vec<u64>,
    /// Hash of the tags from the root down.
    pub(super) path: Vec<u64>,
    /// `article` ancestors.
    pub(super) articles: Vec<u8>,
    /// Landmark role in force, and microdata property in force.
    pub(super) role: Vec<u8>,
    pub(super) property: Vec<u8>,
    /// The element with the best readability score, the deepest with 60% and with 90% of the long text, and the deepest
    /// with half of the text in `p`.
    pub(super) best: usize,
    pub(super) most: usize,
    pub(super) nearly_all: usize,
    pub(super) paragraphs: usize,
    /// Steps up to the first ancestor of `best`, and the depth of that ancestor.
    pub(super) best_hops: Vec<u16>,
    pub(super) best_meet: Vec<u16>,
    /// Steps up to the first ancestor of `most`.
    pub(super) most_hops: Vec<u16>,
    /// Totals of the page.
    pub(super) total: Sums,
    /// Counts of siblings by template and by tag, place among the siblings, and words of the siblings of a template.
    pub(super) siblings: Vec<Siblings>,
    /// Number of elements by tag code.
    pub(super) tag_counts: Vec<u32>,
    image_elements: Vec<u32>,
    /// Elements that bear a name of each group.
    pub(super) group_counts: Vec<u32>,
    /// Number of `hr`, `input` and `select`/`option` elements.
    pub(super) inputs: u32,
    /// Of the passes: for each element its groups among its siblings, its children so far and the last of them, its score.
    own: Vec<(u32, u32)>,
    children: Vec<u32>,
    last_child: Vec<u32>,
    scores: Vec<f32>,
}

thread_local! {
    /// The lists of the page before: those of the next are made in them, in memory that the processor's caches still hold.
    static ROOM: RefCell<Structure> = RefCell::default();
}

/// Elements of which the lists are kept: some megabytes.
const MOST_KEPT: usize = 1 << 15;

/// An element among its siblings.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Siblings {
    pub(super) same_template: u32,
    pub(super) same_tag: u32,
    pub(super) index: u32,
    pub(super) after: u32,
    /// Words of the siblings of the same template, itself included.
    pub(super) words: f32,
}

const NONE: u32 = u32::MAX;

/// What a tag is to the passes below.
#[derive(Debug, Clone, Copy)]
struct TagFacts {
    code: u8,
    column: Option<u8>,
    image: bool,
    input: bool,
}

impl TagFacts {
    fn of(name: &str) -> TagFacts {
        let column = TAGS.iter().position(|(_, tags)| tags.contains(&name)).map(|at| tokens::COUNT + at);
        TagFacts {
            code: CODES.iter().position(|tag| *tag == name).map_or(0, |at| at as u8 + 1),
            column: column.or(name.contains('-').then_some(DISTANCES - 1)).map(|column| column as u8),
            image: name == "img",
            input: matches!(name, "input" | "option" | "textarea"),
        }
    }
}

impl Structure {
    /// Reads the outline of a page whose blocks were measured.
    pub(super) fn new(page: &Page, lines: &[Line]) -> Structure {
        let outline = &page.outline;
        let mut structure = Structure::emptied(ROOM.take());
        structure.tag_counts.resize(CODES.len() + 1, 0);
        structure.group_counts.resize(tokens::COUNT, 0);
        if outline.is_empty() {
            return structure;
        }
        structure.describe(page);
        structure.sum(page, lines);
        structure.find_centres(page, lines);
        structure.count_siblings();
        structure
    }

    /// Leaves the lists to the next page.
    pub(super) fn leave_room(self) {
        if self.parent.capacity() <= MOST_KEPT {
            ROOM.set(self);
        }
    }

    fn emptied(old: Structure) -> Structure {
        fn empty<T>(mut list: Vec<T>) -> Vec<T> {
            list.clear();
            list
        }
        Structure {
            parent: empty(old.parent),
            end: empty(old.end),
            depth: empty(old.depth),
            code: empty(old.code),
            distance: empty(old.distance),
            distance_of: empty(old.distance_of),
            sums: empty(old.sums),
            signature: empty(old.signature),
            path: empty(old.path),
            articles: empty(old.articles),
            role: empty(old.role),
            property: empty(old.property),
            best_hops: empty(old.best_hops),
            best_meet: empty(old.best_meet),
            most_hops: empty(old.most_hops),
            siblings: empty(old.siblings),
            tag_counts: empty(old.tag_counts),
            image_elements: empty(old.image_elements),
            group_counts: empty(old.group_counts),
            own: empty(old.own),
            children: empty(old.children),
            last_child: empty(old.last_child),
            scores: empty(old.scores),
            ..Structure::default()
        }
    }

    /// Whether `inner` lies in the subtree of `outer`.
    pub(super) fn contains(&self, outer: usize, inner: usize) -> bool {
        outer <= inner && inner < self.end[outer] as usize
    }

    /// Distances upwards of an element that is the nearest around a block; `None` for others.
    pub(super) fn distances(&self, element: usize) -> Option<&[u8; DISTANCES]> {
        let &at = self.distance_of.get(element)?;
        self.distance.get(at as usize)
    }

    fn describe(&mut self, page: &Page) {
        let outline = &page.outline;
        let count = outline.len();
        self.distance_of.resize(count, NONE);
        let mut asked = 0;
        for block in page.blocks.iter().filter(|block| block.element.is_some()) {
            let place = &mut self.distance_of[block.element.index()];
            asked += usize::from(*place == NONE);
            *place = 0;
        }
        // Those of the elements that are open, the innermost last.
        let mut open: Vec<(ElementId, [u8; DISTANCES])> = Vec::new();
        let groups = tokens::groups_of_symbols(outline);
        // Asked of each symbol once, and only of those that are tags: most are classes.
        let mut tags: Vec<Option<TagFacts>> = vec![None; outline.symbols()];
        self.parent.reserve_exact(count);
        self.end.reserve_exact(count);
        self.depth.reserve_exact(count);
        self.code.reserve_exact(count);
        self.distance.reserve_exact(asked);
        self.signature.reserve_exact(count);
        self.path.reserve_exact(count);
        self.articles.reserve_exact(count);
        self.role.reserve_exact(count);
        self.property.reserve_exact(count);
        for index in 0..count {
            let id = ElementId(index as u32);
            let element = outline.element(id);
            let tag = outline.tag_symbol(id);
            let classes = outline.class_symbols(id);
            let parent = element.parent;
            let (mut distance, path, articles, role, property) = match parent.is_some() {
                true => {
                    let at = parent.index();
                    while open.last().is_some_and(|(open, _)| *open != parent) {
                        open.pop();
                    }
                    let mut distance = open.last().map_or([FAR; DISTANCES], |(_, distance)| *distance);
                    for value in &mut distance {
                        *value = (*value + 1).min(FAR);
                    }
                    (distance, self.path[at], self.articles[at], self.role[at], self.property[at])
                }
                false => ([FAR; DISTANCES], 0, 0, 0, 0),
            };
            let mut bits = groups[outline.id_symbol(id) as usize];
            for &class in classes {
                bits |= groups[class as usize];
            }
            while bits != 0 {
                self.group_counts[bits.trailing_zeros() as usize] += 1;
                distance[bits.trailing_zeros() as usize] = 0;
                bits &= bits - 1;
            }
            let facts = *tags[tag as usize].get_or_insert_with(|| TagFacts::of(outline.name(tag)));
            if let Some(column) = facts.column {
                distance[usize::from(column)] = 0;
            }
            let code = facts.code;
            self.tag_counts[usize::from(code)] += 1;
            if facts.image {
                self.image_elements.push(index as u32);
            }
            self.inputs += u32::from(facts.input);
            // The empty name, which most elements have, is neither.
            let own_role = self::role(outline.name(outline.role_symbol(id)));
            let own_property = self::property(outline.name(outline.property_symbol(id)));
            self.parent.push(if parent.is_some() { parent.0 } else { NONE });
            self.end.push(element.end);
            self.depth.push(element.depth);
            self.code.push(code);
            if self.distance_of[index] != NONE {
                self.distance_of[index] = self.distance.len() as u32;
                self.distance.push(distance);
            }
            open.push((id, distance));
            self.signature.push(u64::from(tag) << 32 | u64::from(classes.first().copied().unwrap_or(0)));
            self.path.push(mix(path, u64::from(tag)));
            self.articles.push(articles.saturating_add(u8::from(code == ARTICLE)));
            self.role.push(if own_role > 0 { own_role } else { role });
            self.property.push(if own_property > 0 { own_property } else { property });
        }
    }

    fn sum(&mut self, page: &Page, lines: &[Line]) {
        self.sums.resize(self.parent.len(), Sums::default());
        for (block, line) in page.blocks.iter().zip(lines) {
            let paragraph = block.container.is_some() && self.code[block.container.index()] == P;
            let own = Sums {
                words: line.words,
                linked: line.linked,
                blocks: 1.0,
                long: if line.is_long() { line.words } else { 0.0 },
                paragraph: if paragraph { line.words } else { 0.0 },
                images: 0.0,
                prices: f32::from(u8::from(line.phrases & phrases::PRICE != 0)),
                sentences: f32::from(u8::from(line.ends_sentence)),
            };
            if block.element.is_some() {
                self.sums[block.element.index()].add(&own);
            }
        }
        for &image in &self.image_elements {
            self.sums[image as usize].images += 1.0;
        }
        for index in (1..self.parent.len()).rev() {
            let parent = self.parent[index];
            if parent != NONE {
                let own = self.sums[index];
                self.sums[parent as usize].add(&own);
            }
        }
        self.total = self.sums[0];
    }

    /// Finds where the main text is: by scores in the manner of Arc90's Readability, and by share of the text.
    fn find_centres(&mut self, page: &Page, lines: &[Line]) {
        let count = self.parent.len();
        let mut scores = std::mem::take(&mut self.scores);
        scores.resize(count, 0.0);
        for (block, line) in page.blocks.iter().zip(lines) {
            if !line.is_long() || !block.container.is_some() {
                continue;
            }
            let points = line.words.min(100.0) / 10.0 + line.commas;
            let mut at = block.container.0;
            if matches!(self.code[at as usize], P | PRE | QUOTE) {
                at = self.parent[at as usize];
            }
            let mut share = 1.0;
            for _ in 0..3 {
                if at == NONE {
                    break;
                }
                scores[at as usize] += points * share;
                share *= 0.5;
                at = self.parent[at as usize];
            }
        }
        let mut best = (0.0, 0);
        for (index, score) in scores.iter().enumerate() {
            let sums = &self.sums[index];
            let score = score * (1.0 - sums.linked / sums.words.max(1.0));
            if score > best.0 {
                best = (score, index);
            }
        }
        self.best = best.1;
        self.scores = scores;
        let deepest = |enough: &dyn Fn(&Sums) -> bool| {
            let mut found = 0;
            for index in 0..count {
                if self.depth[index] >= self.depth[found] && enough(&self.sums[index]) {
                    found = index;
                }
            }
            found
        };
        let total = self.total;
        self.most = deepest(&|sums| sums.long >= 0.6 * total.long.max(1.0));
        self.nearly_all = deepest(&|sums| sums.long >= 0.9 * total.long.max(1.0));
        self.paragraphs = deepest(&|sums| sums.paragraph >= 0.5 * total.paragraph.max(1.0));
        let (mut hops, mut meet) = (std::mem::take(&mut self.best_hops), std::mem::take(&mut self.best_meet));
        self.hops_to(self.best, &mut hops, Some(&mut meet));
        (self.best_hops, self.best_meet) = (hops, meet);
        let mut hops = std::mem::take(&mut self.most_hops);
        self.hops_to(self.most, &mut hops, None);
        self.most_hops = hops;
    }

    /// For every element, steps up to the first ancestor of `goal` and that ancestor's depth.
    fn hops_to(&self, goal: usize, hops: &mut Vec<u16>, meet: Option<&mut Vec<u16>>) {
        let count = self.parent.len();
        hops.resize(count, 0);
        for index in 0..count {
            let parent = self.parent[index];
            if parent != NONE && !self.contains(index, goal) {
                hops[index] = hops[parent as usize].saturating_add(1);
            }
        }
        let Some(meet) = meet else { return };
        meet.resize(count, 0);
        for index in 0..count {
            // No step is the ancestor itself.
            meet[index] = if hops[index] == 0 { self.depth[index] } else { meet[self.parent[index] as usize] };
        }
    }

    fn count_siblings(&mut self) {
        let count = self.parent.len();
        let mut templates: FxHashMap<(u32, u64), u32> = FxHashMap::default();
        let mut tags: FxHashMap<(u32, u32), u32> = FxHashMap::default();
        // Half of a page's elements follow one of their template.
        templates.reserve(count / 2);
        tags.reserve(count / 2);
        // The counts of templates and of tags among the children of an element, and for each element which are its own.
        let (mut by_template, mut by_tag) = (Vec::<(u32, f32)>::new(), Vec::<u32>::new());
        let (mut own, mut children, mut last_child) =
            (std::mem::take(&mut self.own), std::mem::take(&mut self.children), std::mem::take(&mut self.last_child));
        own.resize(count, (0, 0));
        children.resize(count, 0);
        last_child.resize(count, NONE);
        self.siblings.resize(count, Siblings::default());
        for index in 1..count {
            let parent = self.parent[index];
            if parent == NONE {
                continue;
            }
            let signature = self.signature[index];
            let before = std::mem::replace(&mut last_child[parent as usize], index as u32) as usize;
            // Elements made by the same template mostly follow each other.
            let of_before = self.signature.get(before).copied();
            let template = match of_before {
                Some(before_signature) if before_signature == signature => own[before].0,
                _ => *templates.entry((parent, signature)).or_insert_with(|| {
                    by_template.push((0, 0.0));
                    by_template.len() as u32 - 1
                }),
            };
            let tag = match of_before {
                Some(before_signature) if before_signature >> 32 == signature >> 32 => own[before].1,
                _ => *tags.entry((parent, (signature >> 32) as u32)).or_insert_with(|| {
                    by_tag.push(0);
                    by_tag.len() as u32 - 1
                }),
            };
            by_template[template as usize].0 += 1;
            by_template[template as usize].1 += self.sums[index].words;
            by_tag[tag as usize] += 1;
            own[index] = (template, tag);
            self.siblings[index].index = children[parent as usize];
            children[parent as usize] += 1;
        }
        for index in 1..count {
            let parent = self.parent[index];
            if parent == NONE {
                continue;
            }
            let (template, tag) = own[index];
            let siblings = &mut self.siblings[index];
            (siblings.same_template, siblings.words) = by_template[template as usize];
            siblings.same_tag = by_tag[tag as usize];
            siblings.after = children[parent as usize] - siblings.index - 1;
        }
        (self.own, self.children, self.last_child) = (own, children, last_child);
    }
}

/// Code of a tag that is asked for by name.
const P: u8 = code("p");
const PRE: u8 = code("pre");
const QUOTE: u8 = code("blockquote");
pub(super) const ARTICLE: u8 = code("article");

/// The number of a tag in `CODES`, from 1.
pub(super) const fn code(tag: &str) -> u8 {
    let mut at = 0;
    while at < CODES.len() {
        let (known, tag) = (CODES[at].as_bytes(), tag.as_bytes());
        let mut same = known.len() == tag.len();
        let mut byte = 0;
        while same && byte < tag.len() {
            same = known[byte] == tag[byte];
            byte += 1;
        }
        if same {
            return at as u8 + 1;
        }
        at += 1;
    }
    panic!("a tag without a code")
}

/// Joins two numbers into one that stands for both.
pub(super) fn mix(a: u64, b: u64) -> u64 {
    (a.rotate_left(23) ^ b).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn role(name: &str) -> u8 {
    match name {
        "navigation" => 1,
        "banner" => 2,
        "contentinfo" => 3,
        "main" => 4,
        "complementary" => 5,
        "search" => 6,
        "dialog" | "alertdialog" | "alert" => 7,
        "menu" | "menubar" | "menuitem" | "toolbar" => 8,
        "tablist" | "tab" => 9,
        "tabpanel" => 10,
        "article" | "feed" => 11,
        "listitem" | "list" => 12,
        "button" => 13,
        "form" => 14,
        "heading" => 15,
        _ => 0,
    }
}

fn property(name: &str) -> u8 {
    match name {
        "articlebody" => 1,
        "description" => 2,
        "text" => 3,
        "name" => 4,
        "headline" => 5,
        "reviewbody" => 6,
        "comment" => 7,
        "author" => 8,
        _ => 0,
    }
}
