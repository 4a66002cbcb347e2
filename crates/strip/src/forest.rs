//! A forest of boosted trees: evaluator and compact file format.
//!
//! Both models of this crate are sums of small regression trees (Friedman 2001, "Greedy function approximation: a
//! gradient boosting machine"), grown leaf by leaf by LightGBM (Ke et al. 2017) when the models are trained. Here they
//! are only read and asked.
//!
//! **Evaluation** stands in `ask`: a node is asked of all rows of a block at once.
//!
//! **The file** holds for every feature the thresholds that occur (a histogram learner has few), then the trees in
//! pre-order: a split is the feature's number and the threshold's place in its list, a leaf a 16-bit multiple of one
//! scale. A tree of 31 leaves takes about 150 bytes.

use rustc_hash::FxHashMap;
use thiserror::Error;

mod ask;
mod shared;

use ask::Room;
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
}

/// The places of questions, by feature and the threshold's bits.
type Known = FxHashMap<(u16, u32), usize>;

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
    fn every_row_may_come_to_a_leaf_of_its_own() {
        // More trees than go down together, each a chain that every value leaves at a place of its own.
        let split = |n: usize| TreeNode::Split { feature: 0, threshold: n as f32, left: 2 * n + 1, right: 2 * n + 2 };
        let chain = |tree: usize| (0..70).flat_map(move |n| [split(n), TreeNode::Leaf((n * 7 + tree) as f32 % 50.0)]);
        let trees: Vec<Vec<TreeNode>> =
            (0..40).map(|tree| chain(tree).chain([TreeNode::Leaf(1.0)]).collect()).collect();
        let rows: Vec<f32> = (0..100).map(|n| (n * 37 % 100) as f32 - 0.5).collect();
        let mut scores = Vec::new();
        Forest::new(1, &trees).unwrap().scores(&rows, &mut scores);
        for (row, score) in rows.iter().zip(scores) {
            let expected: f32 = trees.iter().map(|tree| walk(tree, &[*row])).sum();
            assert!((score - expected).abs() < 0.1, "{row}: {score} {expected}");
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
