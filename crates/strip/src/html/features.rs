//! The features of a block: one row of numbers, the same in training and in production.
//!
//! [`names`] and [`Features::row`] go through the same list in the same order; a test holds them together.

use dechaff_document::{BlockKind, Page};

use super::{
    lexicon::{self, Names},
    lines::{Line, Measurer},
    page::{self, PageFacts},
    phrases,
    structure::{DISTANCES, FAR, Structure, TAGS, mix},
    tokens,
};
use crate::numbered::Numbered;

/// Ancestors of the container whose subtree is described.
const LEVELS: [usize; 7] = [0, 1, 2, 3, 4, 6, 8];

/// Neighbours that are described.
const NEIGHBOURS: [i64; 6] = [-3, -2, -1, 1, 2, 3];

/// Half widths of the windows around a block.
const WINDOWS: [usize; 2] = [5, 15];

/// Which groups of features are asked for: the others are left out of a row, where zeros stand for them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted {
    phrases: bool,
    heading_phrases: bool,
    levels: [bool; LEVELS.len()],
    siblings: [bool; 4],
    neighbours: [bool; NEIGHBOURS.len()],
    windows: [bool; WINDOWS.len()],
    page: bool,
}

impl Wanted {
    /// All of them.
    pub(super) const ALL: Wanted = Wanted {
        phrases: true,
        heading_phrases: true,
        levels: [true; LEVELS.len()],
        siblings: [true; 4],
        neighbours: [true; NEIGHBOURS.len()],
        windows: [true; WINDOWS.len()],
        page: true,
    };

    /// The groups that hold a feature of [`names`] that `is_asked` by its place.
    pub(super) fn new(names: &[String], is_asked: impl Fn(usize) -> bool) -> Wanted {
        let any = |group: String| names.iter().enumerate().any(|(at, name)| name.starts_with(&group) && is_asked(at));
        Wanted {
            phrases: any("says-".into()),
            heading_phrases: any("heading-says-".into()),
            levels: LEVELS.map(|level| any(format!("up-{level}-"))),
            siblings: [0, 1, 2, 3].map(|level| any(format!("siblings-{level}-"))),
            neighbours: NEIGHBOURS.map(|offset| any(format!("near{offset:+}-"))),
            windows: WINDOWS.map(|width| any(format!("within-{width}-"))),
            page: any("page-".into()),
        }
    }
}

/// What a page's features are made from; rows are then read off it.
pub(super) struct Features<'a> {
    page: &'a Page,
    pub(super) lines: Vec<Line>,
    pub(super) structure: Structure,
    facts: PageFacts,
    names: Names,
    /// The path of each block's element, the three-level template of it, and the text, as numbers; what blocks of each
    /// path and template hold, and how many say the same.
    paths: Numbered,
    pub(super) templates: Numbered,
    texts: Numbered,
    by_path: Vec<Group>,
    by_template: Vec<Group>,
    copies: Vec<u32>,
    words_before: Vec<f32>,
    long_before: Vec<f32>,
    linked_before: Vec<f32>,
    first_heading: Option<usize>,
    /// The block that says the title best.
    title_block: Option<usize>,
    /// For every block the next heading after it, or the end.
    next_heading: Vec<u32>,
    first_long: usize,
    last_long: Option<usize>,
    /// Of the block being read: what stands before it.
    seen: Vec<u32>,
    heading: Option<Heading>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Group {
    blocks: f32,
    words: f32,
    linked: f32,
    long: f32,
}

#[derive(Debug, Clone, Copy)]
struct Heading {
    block: usize,
    level: u8,
    words: f32,
    phrases: u32,
    element: usize,
}

/// Names of the features, in the order of a row.
pub fn names() -> Vec<String> {
    let mut names: Vec<String> = [
        "words",
        "characters",
        "word-length",
        "sentences",
        "commas",
        "comma-density",
        "digits",
        "upper",
        "letters",
        "capitals",
        "ends-sentence",
        "ends-colon",
        "ends-question",
        "starts-lower",
        "year",
        "link-density",
        "links",
        "bold",
        "distinct",
        "copies",
        "seen",
        "title-covered",
        "title-share",
        "description-covered",
        "description-share",
        "kind",
        "list-depth",
        "hidden",
        "stated-body",
        "stated-description",
        "stated-review",
    ]
    .map(str::to_owned)
    .to_vec();
    names.extend(phrases::names().map(|name| format!("says-{name}")));
    names.extend(
        [
            "position",
            "words-position",
            "long-position",
            "index",
            "index-from-end",
            "depth",
            "since-h1",
            "words-since-h1",
            "since-first-long",
            "since-last-long",
            "heading-level",
            "heading-words",
            "words-since-heading",
            "since-heading",
            "since-title",
            "title-hops",
            "to-next-heading",
            "section-words",
            "section-long",
        ]
        .map(str::to_owned),
    );
    names.extend(phrases::names().map(|name| format!("heading-says-{name}")));
    names.extend(["heading-hops", "heading-meet"].map(str::to_owned));
    names.extend((0..5).map(|level| format!("tag-{level}")));
    names.push("container-tag".into());
    names.extend(tokens::names().map(|name| format!("to-{name}")));
    names.extend(TAGS.iter().map(|(name, _)| format!("to-tag-{name}")));
    names.extend(
        [
            "role",
            "property",
            "articles",
            "best-hops",
            "best-meet",
            "in-most",
            "in-nearly-all",
            "in-best",
            "in-paragraphs",
            "most-hops",
        ]
        .map(str::to_owned),
    );
    for group in ["path", "template"] {
        names.extend(["blocks", "share", "mean", "linked", "long"].map(|name| format!("{group}-{name}")));
    }
    for level in LEVELS {
        names.extend(
            ["share", "linked", "mean", "long", "paragraph", "blocks", "images", "prices", "sentences"]
                .map(|name| format!("up-{level}-{name}")),
        );
    }
    for level in 0..4 {
        names.extend(["template", "tag", "index", "after"].map(|name| format!("siblings-{level}-{name}")));
    }
    names.extend(["siblings-most", "siblings-level", "siblings-mean"].map(str::to_owned));
    for offset in NEIGHBOURS {
        names.extend(["words", "linked", "tag", "together"].map(|name| format!("near{offset:+}-{name}")));
    }
    for width in WINDOWS {
        names.extend(["mean", "long", "linked", "before", "after"].map(|name| format!("within-{width}-{name}")));
    }
    names.extend(page::names());
    names.extend(lexicon::FEATURES.map(str::to_owned));
    names
}

/// Whether a feature is a fact of the page, the same for all its blocks: its name begins with `page-`. The model
/// settles what depends on these once a page.
pub(super) fn is_of_page(name: &str) -> bool {
    name.starts_with("page-")
}

impl<'a> Features<'a> {
    /// Reads a page. Linear in its text, elements and blocks.
    pub(super) fn new(page: &'a Page, look_up: impl Fn(u32) -> Option<lexicon::Entry>) -> Features<'a> {
        let facts_text = page::Texts::of(page);
        let mut measurer = Measurer::new(facts_text.title, facts_text.description);
        measurer.compare_with(&page.stated);
        let lines = measurer.measure_all(&page.blocks);
        let structure = Structure::new(page, &lines);
        let facts = PageFacts::new(page, &lines, &structure);
        let mut features = Features {
            page,
            structure,
            facts,
            names: Names::new(&page.outline, look_up),
            paths: Numbered::default(),
            templates: Numbered::default(),
            texts: Numbered::new(lines.iter().map(|line| line.hash)),
            by_path: Vec::new(),
            by_template: Vec::new(),
            copies: Vec::new(),
            words_before: prefix_sums(lines.iter().map(|line| line.words)),
            long_before: prefix_sums(lines.iter().map(|line| if line.is_long() { line.words } else { 0.0 })),
            linked_before: prefix_sums(lines.iter().map(|line| line.linked)),
            first_heading: page.blocks.iter().position(|block| block.kind == BlockKind::Heading(1)),
            title_block: title_block(&lines),
            next_heading: next_headings(page),
            first_long: lines.iter().position(is_leading).unwrap_or(lines.len()),
            last_long: lines.iter().rposition(is_leading),
            seen: Vec::new(),
            heading: None,
            lines,
        };
        features.group();
        features
    }

    /// Groups blocks by the path and by the template of their element.
    fn group(&mut self) {
        let structure = &self.structure;
        let elements = self.page.blocks.iter().map(|block| block.element.0 as usize);
        self.paths = Numbered::new(elements.clone().map(|element| structure.path.get(element).copied().unwrap_or(0)));
        self.templates = Numbered::new(elements.map(|element| {
            let mut template = 0;
            let mut at = element;
            for _ in 0..3 {
                let Some(&signature) = structure.signature.get(at) else { break };
                template = mix(template, signature);
                at = structure.parent[at] as usize;
            }
            template
        }));
        self.by_path.resize(self.paths.keys, Group::default());
        self.by_template.resize(self.templates.keys, Group::default());
        self.copies.resize(self.texts.keys, 0);
        self.seen.resize(self.texts.keys, 0);
        for (index, line) in self.lines.iter().enumerate() {
            let (path, template) = (self.paths.at(index), self.templates.at(index));
            for group in [&mut self.by_path[path], &mut self.by_template[template]] {
                group.blocks += 1.0;
                group.words += line.words;
                group.linked += line.linked;
                group.long += if line.is_long() { line.words } else { 0.0 };
            }
            self.copies[self.texts.at(index)] += 1;
        }
    }

    /// Appends the row of the next block. Rows are read in the order of the blocks.
    pub(super) fn row(&mut self, index: usize, wanted: &Wanted, row: &mut Vec<f32>) {
        let block = &self.page.blocks[index];
        let line = &self.lines[index];
        let structure = &self.structure;
        let blocks = self.lines.len() as f32;
        let total = structure.total.words.max(1.0);
        let long_total = structure.total.long.max(1.0);
        let words = line.words.max(1.0);
        let letters = line.letters.max(1.0);
        let characters = line.characters.max(1.0);
        let flag = |flag: bool| f32::from(u8::from(flag));
        let seen = &mut self.seen[self.texts.at(index)];
        row.extend([
            line.words,
            line.characters,
            line.characters / words,
            line.sentences,
            line.commas,
            line.commas / words,
            line.digits / characters,
            line.upper / letters,
            line.letters / characters,
            line.capitals,
            flag(line.ends_sentence),
            flag(line.ends_colon),
            flag(line.ends_question),
            flag(line.starts_lower),
            flag(line.year),
            line.linked / words,
            line.links,
            line.bold,
            line.distinct,
            self.copies[self.texts.at(index)] as f32,
            *seen as f32,
            line.title.0,
            line.title.1,
            line.description.0,
            line.description.1,
            kind_number(block.kind),
            f32::from(block.list_depth),
            flag(block.hidden),
            line.stated[0],
            line.stated[1],
            line.stated[2],
        ]);
        *seen += 1;
        let flags = |bits: u32, row: &mut Vec<f32>| {
            row.extend((0..phrases::COUNT).map(|group| flag(bits >> group & 1 == 1)));
        };
        match wanted.phrases {
            true => flags(line.phrases, row),
            false => skip(phrases::COUNT, row),
        }

        let before = |sums: &[f32]| sums[index];
        let element = block.element.0 as usize;
        let depth = structure.depth.get(element).copied().unwrap_or(0);
        let since_heading = self.first_heading.map(|at| {
            let words = before(&self.words_before) - self.words_before[at];
            (index as f32 - at as f32, words.abs().ln_1p().copysign(words))
        });
        let (since_h1, words_since_h1) = since_heading.unwrap_or((-999.0, -99.0));
        let heading = self.heading;
        let heading_block = heading.map_or(0, |heading| heading.block);
        row.extend([
            index as f32 / blocks,
            before(&self.words_before) / total,
            before(&self.long_before) / long_total,
            index as f32,
            blocks - index as f32,
            f32::from(depth),
            since_h1,
            words_since_h1,
            index as f32 - self.first_long as f32,
            index as f32 - self.last_long.map_or(-1.0, |at| at as f32),
            heading.map_or(0.0, |heading| f32::from(heading.level)),
            heading.map_or(0.0, |heading| heading.words),
            (before(&self.words_before) - self.words_before[heading_block]).ln_1p(),
            index as f32 - heading.map_or(-1.0, |heading| heading.block as f32),
            self.title_block.map_or(-999.0, |at| index as f32 - at as f32),
            self.title_block.map_or(-1.0, |at| self.hops(element, self.page.blocks[at].element.0 as usize).0),
            (self.next_heading[index] as usize - index) as f32,
            before(&self.words_before) - self.words_before[heading_block]
                + self.words_before[self.next_heading[index] as usize]
                - before(&self.words_before),
            (self.long_before[self.next_heading[index] as usize] - self.long_before[heading_block]) / long_total,
        ]);
        let said = heading.map_or(0, |heading| heading.phrases);
        match wanted.heading_phrases {
            true => flags(said, row),
            false => skip(phrases::COUNT, row),
        }
        let (hops, meet) = heading.map_or((-1.0, -1.0), |heading| self.hops(element, heading.element));
        row.extend([hops, meet]);
        if let BlockKind::Heading(level) = block.kind {
            self.heading = Some(Heading { block: index, level, words, phrases: line.phrases, element });
        }

        let mut at = element;
        for _ in 0..5 {
            row.push(structure.code.get(at).map_or(-1.0, |&code| f32::from(code)));
            at = structure.parent.get(at).map_or(usize::MAX, |&parent| parent as usize);
        }
        let container = block.container.0 as usize;
        row.push(structure.code.get(container).map_or(-1.0, |&code| f32::from(code)));
        match structure.distances(element) {
            Some(distance) => row.extend(distance.iter().map(|&distance| f32::from(distance))),
            None => row.extend([f32::from(FAR); DISTANCES]),
        }
        if element < structure.parent.len() {
            let within = |outer: usize| flag(structure.contains(outer, element));
            row.extend([
                f32::from(structure.role[element]),
                f32::from(structure.property[element]),
                f32::from(structure.articles[element]),
                f32::from(structure.best_hops[element]),
                f32::from(structure.best_meet[element]) - f32::from(structure.depth[structure.best]),
                within(structure.most),
                within(structure.nearly_all),
                within(structure.best),
                within(structure.paragraphs),
                f32::from(structure.most_hops[element]),
            ]);
        } else {
            row.extend([0.0; 10]);
        }
        for group in [&self.by_path[self.paths.at(index)], &self.by_template[self.templates.at(index)]] {
            row.extend([
                group.blocks,
                group.words / total,
                group.words / group.blocks,
                group.linked / group.words.max(1.0),
                group.long / long_total,
            ]);
        }
        self.ancestors(container, total, wanted, row);
        self.neighbours(index, container, wanted, row);
        match wanted.page {
            true => self.facts.extend(row),
            false => skip(self.facts.len(), row),
        }
        self.names.row(&structure.parent, element, row);
    }

    /// Describes the subtrees of the container and its ancestors, and the siblings of each.
    fn ancestors(&self, container: usize, total: f32, wanted: &Wanted, row: &mut Vec<f32>) {
        let structure = &self.structure;
        let mut chain = [usize::MAX; 9];
        let mut at = container;
        for place in &mut chain {
            if at >= structure.parent.len() {
                break;
            }
            *place = at;
            at = structure.parent[at] as usize;
        }
        for (level, wanted) in LEVELS.into_iter().zip(wanted.levels) {
            match structure.sums.get(chain[level]) {
                _ if !wanted => skip(9, row),
                Some(sums) => {
                    let words = sums.words.max(1.0);
                    row.extend([
                        sums.words / total,
                        sums.linked / words,
                        sums.words / sums.blocks.max(1.0),
                        sums.long / words,
                        sums.paragraph / words,
                        sums.blocks,
                        sums.images,
                        sums.prices / sums.blocks.max(1.0),
                        sums.sentences / sums.blocks.max(1.0),
                    ]);
                }
                None => row.extend([1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0]),
            }
        }
        let mut most = (0, -1.0, 0.0);
        for (level, &at) in chain[..7].iter().enumerate() {
            let Some(siblings) = structure.siblings.get(at) else {
                if level < 4 {
                    row.extend([0.0; 4]);
                }
                continue;
            };
            if siblings.same_template > most.0 {
                most = (siblings.same_template, level as f32, siblings.words / siblings.same_template as f32);
            }
            if level < 4 && !wanted.siblings[level] {
                skip(4, row);
            } else if level < 4 {
                row.extend([
                    siblings.same_template as f32,
                    siblings.same_tag as f32,
                    siblings.index as f32,
                    siblings.after as f32,
                ]);
            }
        }
        row.extend([most.0 as f32, most.1, most.2]);
    }

    fn neighbours(&self, index: usize, container: usize, wanted: &Wanted, row: &mut Vec<f32>) {
        let structure = &self.structure;
        let parent = structure.parent.get(container);
        for (offset, wanted) in NEIGHBOURS.into_iter().zip(wanted.neighbours) {
            if !wanted {
                skip(4, row);
                continue;
            }
            let near = index as i64 + offset;
            match usize::try_from(near).ok().filter(|&near| near < self.lines.len()) {
                Some(near) => {
                    let line = &self.lines[near];
                    let container = self.page.blocks[near].container.0 as usize;
                    row.extend([
                        line.words,
                        line.linked / line.words.max(1.0),
                        structure.code.get(container).map_or(0.0, |&code| f32::from(code)),
                        f32::from(u8::from(structure.parent.get(container) == parent)),
                    ]);
                }
                None => row.extend([-1.0; 4]),
            }
        }
        for (width, wanted) in WINDOWS.into_iter().zip(wanted.windows) {
            if !wanted {
                skip(5, row);
                continue;
            }
            let start = index.saturating_sub(width);
            let end = (index + width + 1).min(self.lines.len());
            let between = |sums: &[f32], from: usize, to: usize| sums[to] - sums[from];
            let words = between(&self.words_before, start, end).max(1.0);
            row.extend([
                words / (end - start) as f32,
                between(&self.long_before, start, end) / words,
                between(&self.linked_before, start, end) / words,
                between(&self.long_before, start, index) / between(&self.words_before, start, index).max(1.0),
                between(&self.long_before, index + 1, end) / between(&self.words_before, index + 1, end).max(1.0),
            ]);
        }
    }

    /// Steps from one element up to the first that also holds another, and that one's depth.
    fn hops(&self, from: usize, to: usize) -> (f32, f32) {
        /// Farther apart is far.
        const MOST: u32 = 60;
        let structure = &self.structure;
        if from >= structure.parent.len() || to >= structure.parent.len() {
            return (-1.0, -1.0);
        }
        let (mut at, mut hops) = (from, 0);
        while hops < MOST && !structure.contains(at, to) {
            if structure.parent[at] as usize >= structure.parent.len() {
                break;
            }
            at = structure.parent[at] as usize;
            hops += 1;
        }
        (hops as f32, f32::from(structure.depth[at]))
    }
}

/// Stands for so many features that nobody asks for.
fn skip(features: usize, row: &mut Vec<f32>) {
    row.resize(row.len() + features, 0.0);
}

/// The first of the blocks that hold the most of the title's words, and half of them at least.
fn title_block(lines: &[Line]) -> Option<usize> {
    let mut best = (0.5, None);
    for (index, line) in lines.iter().enumerate() {
        // Of blocks that hold the whole title, the one that holds little else.
        let score = line.title.0 * (0.5 + 0.5 * line.title.1);
        if score > best.0 {
            best = (score, Some(index));
        }
    }
    best.1
}

fn next_headings(page: &Page) -> Vec<u32> {
    let mut next = page.blocks.len() as u32;
    let mut headings = vec![next; page.blocks.len()];
    for (index, block) in page.blocks.iter().enumerate().rev() {
        headings[index] = next;
        if matches!(block.kind, BlockKind::Heading(_)) {
            next = index as u32;
        }
    }
    headings
}

/// A block that a page's text begins or ends with.
fn is_leading(line: &Line) -> bool {
    line.words >= 25.0 && line.linked < 0.3 * line.words
}

fn kind_number(kind: BlockKind) -> f32 {
    match kind {
        BlockKind::Paragraph => 0.0,
        BlockKind::Quotation => 1.0,
        BlockKind::ListItem(None) => 2.0,
        BlockKind::ListItem(Some(_)) => 3.0,
        BlockKind::Heading(_) => 4.0,
        BlockKind::TableCell(cell) if cell.header => 5.0,
        BlockKind::TableCell(_) => 6.0,
        BlockKind::Code => 7.0,
        BlockKind::Caption => 8.0,
        BlockKind::Term => 9.0,
        BlockKind::Definition => 10.0,
        BlockKind::FormControl => 11.0,
    }
}

fn prefix_sums(values: impl Iterator<Item = f32>) -> Vec<f32> {
    let mut sums = vec![0.0];
    let mut sum = 0.0;
    for value in values {
        sum += value;
        sums.push(sum);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use dechaff_document::Block;

    #[test]
    fn facts_of_the_page_are_the_same_in_all_rows() {
        let block = |text: &str| Block { text: text.into(), ..Block::default() };
        let texts = ["Sign up", "A long line about the lake, its boats and the fog in May.", "2021"];
        let page = Page { blocks: texts.map(block).to_vec(), ..Page::default() };
        let mut features = Features::new(&page, |_| None);
        let mut rows = Vec::new();
        (0..3).for_each(|block| features.row(block, &Wanted::ALL, &mut rows));
        let names = names();
        assert!(names.iter().any(|name| is_of_page(name)));
        for (index, name) in names.iter().enumerate().filter(|(_, name)| is_of_page(name)) {
            assert_eq!(rows[index], rows[names.len() + index], "{name}");
            assert_eq!(rows[index], rows[2 * names.len() + index], "{name}");
        }
    }

    #[test]
    fn a_row_of_what_is_wanted_has_its_values_in_their_places() {
        let block = |text: &str| Block { text: text.into(), ..Block::default() };
        let page = Page { blocks: ["Sign up", "A long line", "2021"].map(block).to_vec(), ..Page::default() };
        let names = names();
        let rows = |wanted: &Wanted| {
            let mut features = Features::new(&page, |_| None);
            let mut rows = Vec::new();
            (0..3).for_each(|block| features.row(block, wanted, &mut rows));
            rows
        };
        let all = rows(&Wanted::ALL);
        for asked in 0..names.len() {
            let some = rows(&Wanted::new(&names, |feature| feature == asked));
            assert_eq!(some.len(), all.len());
            for row in 0..3 {
                let at = row * names.len() + asked;
                assert_eq!(some[at], all[at], "{}", names[asked]);
            }
        }
        assert_eq!(Wanted::new(&names, |_| true), Wanted::ALL);
    }

    #[test]
    fn a_row_has_a_value_for_every_name() {
        let page = Page { blocks: vec![Block { text: "Hello there".into(), ..Block::default() }], ..Page::default() };
        let mut row = Vec::new();
        Features::new(&page, |_| None).row(0, &Wanted::ALL, &mut row);
        assert_eq!(row.len(), names().len());
        assert!(row.iter().all(|value| value.is_finite()));
    }
}
