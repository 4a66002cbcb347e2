//! Evaluation: a node is asked of all rows of a block at once.
//!
//! The values of a feature stand side by side, so which rows go right is a comparison of one vector with one number and
//! comes out as the bits of a word. From node to node the bits part, until they come to leaves; some trees go down side by
//! side, a level at a time, so that no step waits for the one before, and the children of a node stand side by side.
//! Blocks that follow each other on a page are alike, so a tree has few nodes that its rows reach. (QuickScorer, Lucchese
//! et al. 2015, has the bits the other way round: those of a word are a tree's leaves.)
//!
//! Trees ask the same again and again: of the nodes that the rows of a page come to, half ask what another has asked of
//! them before. So a feature and a threshold are one question, which a block of rows is asked once, and a node is two
//! small numbers: what a page leaves in the processor's caches is then still there for the next.

use std::cell::RefCell;

use super::{Forest, Node, Question, ROWS_A_BLOCK, Tree, to_probabilities};

thread_local! {
    static ROOM: RefCell<Room> = RefCell::default();
}

impl Forest {
    /// As [`Forest::probabilities`], of a block of up to [`ROWS_A_BLOCK`] rows whose features stand in columns already.
    ///
    /// # Panics
    /// If there are fewer columns than features, or more rows than a block has.
    pub fn probabilities_of_block(&self, columns: &[[f32; ROWS_A_BLOCK]], rows: usize, out: &mut Vec<f32>) {
        let first = out.len();
        ROOM.with_borrow_mut(|room| self.scores_of_block(columns, rows, room, out));
        to_probabilities(&mut out[first..]);
    }

    /// The scores of a block's rows.
    pub(super) fn scores_of_block(
        &self,
        columns: &[[f32; ROWS_A_BLOCK]],
        count: usize,
        room: &mut Room,
        out: &mut Vec<f32>,
    ) {
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
pub(super) struct Room {
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
/// of the loop over nodes it came to twice as many instructions, with the bytes put together one by one.)
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
