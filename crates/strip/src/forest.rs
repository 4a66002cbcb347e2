//! A forest of boosted trees: evaluator and compact file format.
//!
//! Both models of this crate are sums of small regression trees (Friedman 2001, "Greedy function approximation: a
//! gradient boosting machine"), grown leaf by leaf by LightGBM (Ke et al. 2017) when the models are trained. Here they
//! are only read and asked.
//!
//! **Evaluation** asks a node of all rows of a block at once: the values of a feature stand side by side, so which rows
//! go right is a comparison of one vector with one number and comes out as the bits of a word. From node to node the bits
//! part, until they come to leaves; some trees go down side by side, a level at a time, so that no step waits for the one
//! before, and the children of a node stand side by side. Blocks that follow each other on a page are alike, so a tree has
//! few nodes that its rows reach. (QuickScorer, Lucchese et al. 2015, has the bits the other way round: those of a word
//! are a tree's leaves.)
//!
//! Trees ask the same again and again: of the nodes that the rows of a page come to, half ask what another has asked of
//! them before. So a feature and a threshold are one question, which a block of rows is asked once, and a node is two
//! small numbers: what a page leaves in the processor's caches is then still there for the next.
//!
//! **The file** holds for every feature the thresholds that occur (a histogram learner has few), then the trees in
//! pre-order: a split is the feature's number and the threshold's place in its list, a leaf a 16-bit multiple of one
//! scale. A tree of 31 leaves takes about 150 bytes.

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use thiserror::Error;

mod shared;

pub use shared::{Settled, SharedForest};

/// Rows that are asked at once: the bits of a word.
pub const ROWS_A_BLOCK: usize = 64;

/// First bytes of a forest, and the version of the format.
const MAGIC: &[u8; 4] = b"dfr1";

/// A forest that gives the probability of a binary label.
///
/// ```
/// use dechaff_strip::forest::{Forest, TreeNode};
/// let stump = vec![
///     TreeNode::Split { feature: 1, threshold: 0.5, left: 1, right: 2 },
///     TreeNode::Leaf(-2.0),
///     TreeNode::Leaf(2.0),
/// ];
/// let forest = Forest::new(2, &[stump]).unwrap();
/// let rows = [0.0, 0.2, /* the second row: */ 0.0, 0.7];
/// let mut probabilities = Vec::new();
/// forest.probabilities(&rows, &mut probabilities);
/// assert!(probabilities[0] < 0.2 && probabilities[1] > 0.8);
/// assert_eq!(Forest::from_bytes(&forest.to_bytes()).unwrap(), forest);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Forest {
    features: usize,
    trees: Vec<Tree>,
    nodes: Vec<Node>,
    /// What nodes ask, each once.
    questions: Vec<Question>,
    /// What one step of a leaf's value is worth.
    scale: f32,
}

/// A node of a tree as it is handed to [`Forest::new`]. The first node of a list is the root; children stand after
/// their parent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TreeNode {
    /// Goes to `right` where the feature's value is above the threshold, to `left` where it is not (or is no number).
    Split {
        /// Which feature is asked.
        feature: usize,
        /// The threshold.
        threshold: f32,
        /// Index of the left child.
        left: usize,
        /// Index of the right child.
        right: usize,
    },
    /// Adds this to the score.
    Leaf(f32),
}

/// Why bytes or nodes are not a forest.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ForestError {
    /// The bytes do not begin like a forest of this version.
    #[error("not a forest file of this version")]
    Magic,
    /// The bytes end early, or more follow than the forest needs.
    #[error("the forest file is cut short or holds more than a forest")]
    Length,
    /// A number is out of its range.
    #[error("the forest names a feature, threshold or node that it does not have")]
    Range,
    /// More than 65,535 features, distinct thresholds of all features together or nodes of a tree, or a tree deeper than
    /// 255.
    #[error("the forest is larger than the format allows")]
    Size,
}

/// Two numbers in one, which is moved as one. Below the place of its question, in a leaf the bits of its value, an `i16`
/// of steps. Above the place of the left of its two children, counted from the root; 0 in a leaf, since the root is
/// nobody's child.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Node(u32);

impl Node {
    fn split(question: u16, left: u16) -> Node {
        Node(u32::from(question) | u32::from(left) << 16)
    }

    fn leaf(steps: i16) -> Node {
        Node(u32::from(steps as u16))
    }

    fn is_leaf(self) -> bool {
        self.left() == 0
    }

    fn question(self) -> u16 {
        self.0 as u16
    }

    fn left(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// The value of a leaf, whose steps are worth so much.
    fn value(self, scale: f32) -> f32 {
        f32::from(self.question() as i16) * scale
    }
}

/// Whether a feature is above a threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Question {
    threshold: f32,
    feature: u16,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Tree {
    start: u32,
    end: u32,
}

impl Forest {
    /// A forest over `features` features.
    ///
    /// Leaf values are rounded to the precision of the file format, so a forest equals what it is read back as.
    ///
    /// # Errors
    /// Where a node names a feature or child that is not there, or the forest is larger than the format allows.
    pub fn new(features: usize, trees: &[Vec<TreeNode>]) -> Result<Forest, ForestError> {
        if features > usize::from(u16::MAX) {
            return Err(ForestError::Size);
        }
        let mut forest = Forest { features, scale: leaf_scale(trees), ..Forest::default() };
        let mut known = Known::default();
        for tree in trees {
            forest.push(tree, &mut known)?;
        }
        Ok(forest)
    }

    /// Number of features in a row.
    pub fn features(&self) -> usize {
        self.features
    }

    /// Number of trees.
    pub fn trees(&self) -> usize {
        self.trees.len()
    }

    /// Appends the probability (0 to 1) of every row to `out`.
    ///
    /// `rows` holds rows of [`Forest::features`] values one after another; a value that is no number goes left.
    /// Time: rows × trees × depth.
    ///
    /// # Panics
    /// If `rows` is not a whole number of rows.
    pub fn probabilities(&self, rows: &[f32], out: &mut Vec<f32>) {
        let first = out.len();
        self.scores(rows, out);
        to_probabilities(&mut out[first..]);
    }

    /// As [`Forest::probabilities`], of a block of up to [`ROWS_A_BLOCK`] rows whose features stand in columns already.
    ///
    /// # Panics
    /// If there are fewer columns than features, or more rows than a block has.
    pub fn probabilities_of_block(&self, columns: &[[f32; ROWS_A_BLOCK]], rows: usize, out: &mut Vec<f32>) {
        let first = out.len();
        ROOM.with_borrow_mut(|room| self.scores_of_block(columns, rows, room, out));
        to_probabilities(&mut out[first..]);
    }

    /// Appends the score of every row to `out`: the sum of the leaves, a logit. See [`Forest::probabilities`].
    ///
    /// # Panics
    /// If `rows` is not a whole number of rows.
    pub fn scores(&self, rows: &[f32], out: &mut Vec<f32>) {
        let width = self.features.max(1);
        assert!(rows.len().is_multiple_of(width), "rows of {width} features");
        let mut columns = vec![[0.0f32; ROWS_A_BLOCK]; width];
        let mut room = Room::default();
        for block in rows.chunks(width * ROWS_A_BLOCK) {
            let count = block.len() / width;
            for (place, row) in block.chunks_exact(width).enumerate() {
                columns.iter_mut().zip(row).for_each(|(column, &value)| column[place] = value);
            }
            self.scores_of_block(&columns, count, &mut room, out);
        }
    }

    /// The scores of a block's rows.
    fn scores_of_block(&self, columns: &[[f32; ROWS_A_BLOCK]], count: usize, room: &mut Room, out: &mut Vec<f32>) {
        room.answers.clear(self.questions.len());
        let mut sums = [0.0f32; ROWS_A_BLOCK];
        let rows = || ROWS.iter().enumerate().filter(|(_, row)| usize::from(**row) < count);
        let all = rows().fold(0, |bits, (bit, _)| bits | 1 << bit);
        for trees in self.trees.chunks(TREES_A_GROUP) {
            let mut steps = [[0; ROWS_A_BLOCK]; TREES_A_GROUP];
            self.put_steps(trees, columns, all, room, &mut steps);
            for steps in &steps[..trees.len()] {
                for (sum, steps) in sums.iter_mut().zip(steps) {
                    *sum += f32::from(*steps as i16) * self.scale;
                }
            }
        }
        let first = out.len();
        out.resize(first + count, 0.0);
        rows().for_each(|(bit, row)| out[first + usize::from(*row)] = sums[bit]);
    }

    /// Appends the probability that a forest without features (see [`SharedForest::columns`]) gives to each of `rows` rows.
    pub fn constant(&self, rows: usize, out: &mut Vec<f32>) {
        let score: f32 = self.trees.iter().map(|tree| self.nodes[tree.start as usize].value(self.scale)).sum();
        out.resize(out.len() + rows, 1.0 / (1.0 + (-score).exp()));
    }

    /// The forest as a file. [`Forest::from_bytes`] reads it back.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut thresholds = vec![Vec::new(); self.features];
        for question in &self.questions {
            thresholds[usize::from(question.feature)].push(question.threshold);
        }
        let mut out = MAGIC.to_vec();
        put_number(&mut out, self.features);
        put_number(&mut out, self.trees.len());
        out.extend(self.scale.to_le_bytes());
        for list in &mut thresholds {
            list.sort_by(f32::total_cmp);
            list.dedup();
            put_number(&mut out, list.len());
            out.extend(list.iter().flat_map(|threshold| threshold.to_le_bytes()));
        }
        for tree in &self.trees {
            let nodes = &self.nodes[tree.start as usize..tree.end as usize];
            let mut open = vec![0usize];
            while let Some(at) = open.pop() {
                let node = nodes[at];
                if node.is_leaf() {
                    put_number(&mut out, 0);
                    out.extend(node.question().to_le_bytes());
                    continue;
                }
                let question = self.questions[usize::from(node.question())];
                let list = &thresholds[usize::from(question.feature)];
                put_number(&mut out, usize::from(question.feature) + 1);
                put_number(&mut out, list.partition_point(|threshold| *threshold < question.threshold));
                open.extend([usize::from(node.left()) + 1, usize::from(node.left())]);
            }
        }
        out
    }

    /// Reads a forest.
    ///
    /// # Errors
    /// Where the bytes are not a whole forest and nothing else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Forest, ForestError> {
        let mut input = bytes.strip_prefix(MAGIC).ok_or(ForestError::Magic)?;
        let features = take_number(&mut input)?;
        let trees = take_number(&mut input)?;
        let scale = take_f32(&mut input)?;
        // Every feature and every tree takes at least a byte, so no number makes us allocate more than the file is.
        if features > usize::from(u16::MAX) || features + trees > input.len() || !scale.is_finite() {
            return Err(ForestError::Range);
        }
        let mut thresholds = Vec::with_capacity(features);
        for _ in 0..features {
            let count = take_number(&mut input)?;
            let list: Result<Vec<f32>, _> = (0..count).map(|_| take_f32(&mut input)).collect();
            let list = list?;
            if list.iter().any(|threshold| !threshold.is_finite()) {
                return Err(ForestError::Range);
            }
            thresholds.push(list);
        }
        let mut forest = Forest { features, scale, ..Forest::default() };
        let mut known = Known::default();
        for _ in 0..trees {
            let tree = take_tree(&mut input, &thresholds, scale)?;
            forest.push(&tree, &mut known)?;
        }
        if input.is_empty() { Ok(forest) } else { Err(ForestError::Length) }
    }

    /// Lays a tree out so that siblings stand side by side.
    fn push(&mut self, tree: &[TreeNode], known: &mut Known) -> Result<(), ForestError> {
        const LEAF: Node = Node(0);
        let start = self.nodes.len();
        let mut deepest = 0;
        self.nodes.push(LEAF);
        let mut open = vec![(0usize, 0usize, 0usize)];
        while let Some((source, at, depth)) = open.pop() {
            deepest = deepest.max(depth);
            match *tree.get(source).ok_or(ForestError::Range)? {
                TreeNode::Leaf(value) => {
                    let steps = if self.scale > 0.0 { (value / self.scale).round() as i16 } else { 0 };
                    self.nodes[start + at] = Node::leaf(steps);
                }
                TreeNode::Split { feature, threshold, left, right } => {
                    if feature >= self.features || left <= source || right <= source || !threshold.is_finite() {
                        return Err(ForestError::Range);
                    }
                    let pair = self.nodes.len() - start;
                    if pair + 1 > usize::from(u16::MAX) {
                        return Err(ForestError::Size);
                    }
                    self.nodes.extend([LEAF; 2]);
                    let question = self.question(Question { threshold, feature: feature as u16 }, known)?;
                    self.nodes[start + at] = Node::split(question, pair as u16);
                    open.extend([(right, pair + 1, depth + 1), (left, pair, depth + 1)]);
                }
            }
        }
        u8::try_from(deepest).map_err(|_| ForestError::Size)?;
        self.trees.push(Tree { start: start as u32, end: self.nodes.len() as u32 });
        Ok(())
    }

    /// The place of a question.
    fn question(&mut self, question: Question, known: &mut Known) -> Result<u16, ForestError> {
        let next = self.questions.len();
        let place = *known.entry((question.feature, question.threshold.to_bits())).or_insert(next);
        if place == next {
            self.questions.push(question);
        }
        u16::try_from(place).map_err(|_| ForestError::Size)
    }

    /// Sends rows down some trees, a level of all of them at a time, and puts the steps of each row's leaf in its place
    /// (in the order of the bits). What happens at one node does not depend on the node before, so that a processor
    /// works on several, and rows are sent on without a branch, which nothing could foretell.
    fn put_steps(
        &self,
        trees: &[Tree],
        columns: &[[f32; ROWS_A_BLOCK]],
        rows: u64,
        Room { level, next, leaves, answers, own }: &mut Room,
        steps: &mut [[u16; ROWS_A_BLOCK]; TREES_A_GROUP],
    ) {
        let mut ended = 0;
        let mut wait = 0;
        for (slot, tree) in trees.iter().enumerate() {
            let group = Group { node: self.nodes[tree.start as usize], tree: slot as u32, rows };
            group.send(level, &mut wait, leaves, &mut ended);
        }
        while wait > 0 {
            let mut follow = 0;
            for group in &level[..wait] {
                let Group { node, tree, rows } = *group;
                let left = trees[tree as usize].start as usize + usize::from(node.left());
                let right = rows & answers.get(node.question(), &self.questions, columns);
                if let [a, b, ..] = self.nodes[left..] {
                    Group { node: a, tree, rows: rows & !right }.send(next, &mut follow, leaves, &mut ended);
                    Group { node: b, tree, rows: right }.send(next, &mut follow, leaves, &mut ended);
                }
            }
            std::mem::swap(level, next);
            wait = follow;
        }
        for leaf in &leaves[..ended] {
            put(&mut steps[leaf.tree as usize % TREES_A_GROUP], own, leaf.rows, leaf.node.question());
        }
    }
}

/// Puts the steps of a leaf in the places of its rows, which were zero. Rows come in groups of twenty and more, so all
/// places are looked at with a few vectors: taking bit after bit takes longer. `own` are the bits of a sixteenth; where the
/// compiler knows them, it takes them apart one by one.
#[inline(never)]
fn put(steps: &mut [u16; ROWS_A_BLOCK], own: &[u16; 16], rows: u64, value: u16) {
    for (place, steps) in steps.as_chunks_mut::<16>().0.iter_mut().enumerate() {
        let part = (rows >> (16 * place)) as u16;
        for (own, steps) in own.iter().zip(steps) {
            *steps |= if part & own != 0 { value } else { 0 };
        }
    }
}

/// The places of questions, by feature and the threshold's bits.
type Known = FxHashMap<(u16, u32), usize>;

thread_local! {
    static ROOM: RefCell<Room> = RefCell::default();
}

/// Trees that are asked together.
const TREES_A_GROUP: usize = 16;

/// Groups of rows that can be at the nodes of one level, each of which has a row at least, and one that has none.
const MOST_GROUPS: usize = (TREES_A_GROUP * ROWS_A_BLOCK + 1).next_power_of_two();

/// Room for groups of rows.
type Groups = [Group; MOST_GROUPS];

/// Rows at a node.
#[derive(Debug, Clone, Copy)]
struct Group {
    node: Node,
    /// Its tree, among those that are asked together.
    tree: u32,
    rows: u64,
}

impl Group {
    const NONE: Group = Group { node: Node(0), tree: 0, rows: 0 };

    /// Puts itself where leaves are or where splits wait; nowhere without rows.
    #[inline(always)]
    fn send(self, splits: &mut Groups, waiting: &mut usize, leaves: &mut Groups, ended: &mut usize) {
        let (some, leaf) = (self.rows != 0, self.node.is_leaf());
        splits[*waiting % MOST_GROUPS] = self;
        *waiting += usize::from(some & !leaf);
        leaves[*ended % MOST_GROUPS] = self;
        *ended += usize::from(some & leaf);
    }
}

/// Room for one block of rows after another.
#[derive(Debug)]
struct Room {
    /// The splits of a level that have rows, and of the next.
    level: Box<Groups>,
    next: Box<Groups>,
    /// The leaves that have rows.
    leaves: Box<Groups>,
    answers: Answers,
    /// The bits of a sixteenth of the rows, for [`put`].
    own: [u16; 16],
}

impl Default for Room {
    fn default() -> Self {
        let groups = || Box::new([Group::NONE; MOST_GROUPS]);
        Room {
            level: groups(),
            next: groups(),
            leaves: groups(),
            answers: Answers::default(),
            own: std::array::from_fn(|bit| 1 << bit),
        }
    }
}

/// What the rows of a block have answered.
#[derive(Debug, Default)]
struct Answers {
    /// For each question whether it was asked.
    asked: Vec<bool>,
    /// For each that was, the rows that go right.
    right: Vec<u64>,
}

impl Answers {
    /// Forgets the answers. There may be so many.
    fn clear(&mut self, questions: usize) {
        self.asked.clear();
        self.asked.resize(questions, false);
        if self.right.len() < questions {
            self.right.resize(questions, 0);
        }
    }

    /// The rows that go right at a question.
    #[inline]
    fn get(&mut self, question: u16, questions: &[Question], columns: &[[f32; ROWS_A_BLOCK]]) -> u64 {
        let place = usize::from(question);
        if !self.asked[place] {
            self.asked[place] = true;
            let Question { threshold, feature } = questions[place];
            self.right[place] = above(&columns[usize::from(feature)], threshold);
        }
        self.right[place]
    }
}

/// Values that are compared together: four vectors make one of bytes.
const TOGETHER: usize = 16;

/// Which values are above a threshold, as bits in the order of [`ROWS`]: every sixteen values put their own bit into
/// sixteen bytes, which a compiler turns into comparisons of vectors and nothing else. (Where it stands by itself: as a part
/// of [`add`] it came to twice as many instructions, with the bytes put together one by one.)
#[inline(never)]
fn above(values: &[f32; ROWS_A_BLOCK], threshold: f32) -> u64 {
    let mut bytes = [0u8; TOGETHER];
    for (place, values) in values.as_chunks::<TOGETHER>().0.iter().enumerate() {
        let mut flags = [0u8; TOGETHER];
        for (flag, value) in flags.iter_mut().zip(values) {
            *flag = u8::from(*value > threshold);
        }
        for (byte, flag) in bytes.iter_mut().zip(&flags) {
            *byte |= flag << place;
        }
    }
    let both = u128::from_le_bytes(bytes);
    both as u64 | ((both >> 64) as u64) << 4
}

/// The row of each bit.
const ROWS: [u8; ROWS_A_BLOCK] = {
    let mut rows = [0; ROWS_A_BLOCK];
    let mut bit = 0;
    while bit < ROWS_A_BLOCK {
        rows[bit] = (bit % 4 * TOGETHER + bit / 4 % 2 * 8 + bit / 8) as u8;
        bit += 1;
    }
    rows
};

/// From scores, which are logits, to probabilities.
fn to_probabilities(scores: &mut [f32]) {
    for score in scores {
        *score = 1.0 / (1.0 + (-*score).exp());
    }
}

/// What one step of a stored leaf value is worth.
fn leaf_scale(trees: &[Vec<TreeNode>]) -> f32 {
    let leaves = trees.iter().flatten().filter_map(|node| match node {
        TreeNode::Leaf(value) => Some(value.abs()),
        TreeNode::Split { .. } => None,
    });
    leaves.fold(0.0, f32::max) / f32::from(i16::MAX)
}

fn take_tree(input: &mut &[u8], thresholds: &[Vec<f32>], scale: f32) -> Result<Vec<TreeNode>, ForestError> {
    let mut nodes: Vec<TreeNode> = Vec::new();
    // Splits whose children are not all read yet: in pre-order the left child follows at once.
    let mut waiting: Vec<(usize, bool)> = Vec::new();
    loop {
        let place = nodes.len();
        if let Some((parent, is_left)) = waiting.last_mut()
            && let TreeNode::Split { left, right, .. } = &mut nodes[*parent]
        {
            match is_left {
                true => *left = place,
                false => *right = place,
            }
        }
        match take_number(input)? {
            0 => {
                let (bytes, rest) = input.split_first_chunk().ok_or(ForestError::Length)?;
                *input = rest;
                nodes.push(TreeNode::Leaf(f32::from(i16::from_le_bytes(*bytes)) * scale));
                while let Some((_, is_left)) = waiting.last_mut() {
                    if *is_left {
                        *is_left = false;
                        break;
                    }
                    waiting.pop();
                }
                if waiting.is_empty() {
                    return Ok(nodes);
                }
            }
            number => {
                let feature = number - 1;
                let list = thresholds.get(feature).ok_or(ForestError::Range)?;
                let threshold = *list.get(take_number(input)?).ok_or(ForestError::Range)?;
                nodes.push(TreeNode::Split { feature, threshold, left: 0, right: 0 });
                waiting.push((place, true));
            }
        }
    }
}

/// A number as LEB128: seven bits a byte, the lowest first.
fn put_number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take_number(input: &mut &[u8]) -> Result<usize, ForestError> {
    let mut number = 0usize;
    for shift in [0, 7, 14, 21] {
        let (&byte, rest) = input.split_first().ok_or(ForestError::Length)?;
        *input = rest;
        number |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(ForestError::Range)
}

fn take_f32(input: &mut &[u8]) -> Result<f32, ForestError> {
    let (bytes, rest) = input.split_first_chunk().ok_or(ForestError::Length)?;
    *input = rest;
    Ok(f32::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Trees of a simple pseudo-random shape over four features.
    pub(super) fn sample_trees() -> Vec<Vec<TreeNode>> {
        let mut state = 7u32;
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as usize
        };
        (0..20)
            .map(|_| {
                let mut tree = vec![TreeNode::Leaf(0.5)];
                let mut leaves = vec![0];
                for _ in 0..next() % 12 {
                    let at = leaves.remove(next() % leaves.len());
                    let left = tree.len();
                    let threshold = (next() % 10) as f32 / 10.0;
                    tree[at] = TreeNode::Split { feature: next() % 4, threshold, left, right: left + 1 };
                    for _ in 0..2 {
                        leaves.push(tree.len());
                        tree.push(TreeNode::Leaf((next() % 200) as f32 / 100.0 - 1.0));
                    }
                }
                tree
            })
            .collect()
    }

    fn walk(tree: &[TreeNode], row: &[f32]) -> f32 {
        let mut at = 0;
        loop {
            match tree[at] {
                TreeNode::Leaf(value) => return value,
                TreeNode::Split { feature, threshold, left, right } => {
                    at = if row[feature] > threshold { right } else { left };
                }
            }
        }
    }

    #[test]
    fn the_branch_free_walk_agrees_with_a_naive_one() {
        let trees = sample_trees();
        let forest = Forest::new(4, &trees).unwrap();
        // 77 rows: a whole block, whole lanes and a remainder; one value is no number.
        let mut rows: Vec<f32> = (0..77 * 4).map(|n| ((n * 37) % 101) as f32 / 100.0).collect();
        rows[9] = f32::NAN;
        let mut scores = vec![9.0];
        forest.scores(&rows, &mut scores);
        assert_eq!(scores.len(), 78, "scores are appended");
        for (row, score) in rows.chunks(4).zip(&scores[1..]) {
            let expected: f32 = trees.iter().map(|tree| walk(tree, row)).sum();
            assert!((score - expected).abs() < 1e-2, "{score} {expected}");
        }
    }

    #[test]
    fn a_forest_is_read_back_as_it_was() {
        let forest = Forest::new(4, &sample_trees()).unwrap();
        assert_eq!(Forest::from_bytes(&forest.to_bytes()).unwrap(), forest);
        let empty = Forest::new(0, &[]).unwrap();
        assert_eq!(Forest::from_bytes(&empty.to_bytes()).unwrap(), empty);
    }

    #[test]
    fn broken_files_are_errors() {
        let bytes = Forest::new(4, &sample_trees()).unwrap().to_bytes();
        for end in 0..bytes.len() {
            assert!(Forest::from_bytes(&bytes[..end]).is_err(), "cut at {end}");
        }
        assert_eq!(Forest::from_bytes(&[&bytes[..], b"x"].concat()), Err(ForestError::Length));
        assert_eq!(Forest::from_bytes(b"else"), Err(ForestError::Magic));
        for place in 4..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 0xff;
            // Some changes give another forest; none may panic, and what is read can be asked.
            if let Ok(forest) = Forest::from_bytes(&changed) {
                forest.scores(&vec![0.5; forest.features() * 3], &mut Vec::new());
            }
        }
    }

    #[test]
    fn nodes_that_do_not_make_a_tree_are_errors() {
        let split = |feature, left, right| TreeNode::Split { feature, threshold: 0.0, left, right };
        let cases = [vec![split(4, 1, 2)], vec![split(0, 0, 0)], vec![split(0, 1, 2), TreeNode::Leaf(1.0)], vec![]];
        for tree in cases {
            assert_eq!(Forest::new(4, &[tree]), Err(ForestError::Range));
        }
    }
}
