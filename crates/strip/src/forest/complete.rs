//! Forests of shallow trees, asked faster: every tree as a complete binary tree in a table of fixed size.
//!
//! The children of split *n* are *2n* and *2n + 1*, so that a step is `at = 2 * at + (value > threshold)` and no index
//! can lie outside of its table: a number of a split has six bits, that of a column eight. A tree is filled up below its
//! leaves with splits that nothing passes. [`Forest::scores`], whose steps read where the children stand and check each
//! place that they read, takes about a third more time. The sums are the same to the last bit.

use super::{Forest, LANES, ROWS_A_BLOCK};

/// Groups of rows for which a tree is kept in the cache before the next one is fetched.
const GROUPS_A_BLOCK: usize = ROWS_A_BLOCK / LANES;

/// Levels of splits that a tree may have.
const LEVELS: usize = 6;

/// Places of a tree's tables.
const PLACES: usize = 1 << LEVELS;

/// Columns that a split can name.
const COLUMNS: usize = 256;

/// A forest of complete trees.
#[derive(Debug, Clone, PartialEq)]
pub struct CompleteForest {
    features: usize,
    trees: Vec<Tree>,
}

#[derive(Debug, Clone, PartialEq)]
struct Tree {
    depth: u8,
    /// The root is 1.
    splits: [Split; PLACES],
    /// By the number that a row has come to, of which the lower six bits are taken.
    values: [f32; PLACES],
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Split {
    threshold: f32,
    column: u8,
}

/// Nothing is above it: every row goes to the left.
const CLOSED: Split = Split { threshold: f32::INFINITY, column: 0 };

impl CompleteForest {
    /// The same forest; `None` where a tree is deeper than six levels or there are more than 256 features.
    ///
    /// ```
    /// use dechaff_strip::forest::{CompleteForest, Forest, TreeNode};
    /// let stump = vec![
    ///     TreeNode::Split { feature: 0, threshold: 0.5, left: 1, right: 2 },
    ///     TreeNode::Leaf(-2.0),
    ///     TreeNode::Leaf(2.0),
    /// ];
    /// let forest = Forest::new(1, &[stump]).unwrap();
    /// let (mut one, mut other) = (Vec::new(), Vec::new());
    /// forest.probabilities(&[0.2, 0.7], &mut one);
    /// CompleteForest::of(&forest).unwrap().probabilities(&mut vec![0.2, 0.7], &mut other);
    /// assert_eq!(one, other);
    /// ```
    pub fn of(forest: &Forest) -> Option<CompleteForest> {
        if forest.features > COLUMNS || forest.trees.iter().any(|tree| usize::from(tree.depth) > LEVELS) {
            return None;
        }
        let mut trees = Vec::with_capacity(forest.trees.len());
        let mut open = Vec::new();
        for tree in &forest.trees {
            let nodes = &forest.nodes[tree.start as usize..tree.end as usize];
            let values = &forest.values[tree.start as usize..tree.end as usize];
            let mut complete = Tree { depth: tree.depth, splits: [CLOSED; PLACES], values: [0.0; PLACES] };
            let bottom = 1usize << tree.depth;
            open.push((0usize, 1usize));
            while let Some((source, place)) = open.pop() {
                let node = nodes[source];
                if place >= bottom {
                    complete.values[place % PLACES] = values[source];
                    continue;
                }
                let left = usize::from(node.left);
                // A leaf stands for all that hangs below its place.
                let children = if left == source { (source, source) } else { (left, left + 1) };
                if left != source {
                    complete.splits[place] = Split { threshold: node.threshold, column: node.feature as u8 };
                }
                open.extend([(children.0, 2 * place), (children.1, 2 * place + 1)]);
            }
            trees.push(complete);
        }
        Some(CompleteForest { features: forest.features, trees })
    }

    /// As [`Forest::probabilities`]. `rows` are padded while they are read, and left as they were.
    ///
    /// # Panics
    /// If `rows` is not a whole number of rows.
    pub fn probabilities(&self, rows: &mut Vec<f32>, out: &mut Vec<f32>) {
        let first = out.len();
        self.scores(rows, out);
        for score in &mut out[first..] {
            *score = 1.0 / (1.0 + (-*score).exp());
        }
    }

    /// As [`Forest::scores`].
    fn scores(&self, rows: &mut Vec<f32>, out: &mut Vec<f32>) {
        let width = self.features.max(1);
        assert!(rows.len().is_multiple_of(width), "rows of {width} features");
        let (length, count) = (rows.len(), rows.len() / width);
        // Any row can be read as one of 256 columns.
        rows.resize(length + COLUMNS, 0.0);
        let row = |number: usize| rows[number * width..].first_chunk::<COLUMNS>().expect("rows are padded");
        // What is left over of the last group reads the last row again.
        let lanes = |group: usize| std::array::from_fn(|lane| row((group * LANES + lane).min(count - 1)));
        let groups: Vec<[&[f32; COLUMNS]; LANES]> = (0..count.div_ceil(LANES)).map(lanes).collect();
        let first = out.len();
        out.resize(first + groups.len() * LANES, 0.0);
        let sums = out[first..].as_chunks_mut::<LANES>().0;
        for (groups, sums) in groups.chunks(GROUPS_A_BLOCK).zip(sums.chunks_mut(GROUPS_A_BLOCK)) {
            for tree in &self.trees {
                for (rows, sums) in groups.iter().zip(&mut *sums) {
                    tree.add(rows, sums);
                }
            }
        }
        out.truncate(first + count);
        rows.truncate(length);
    }
}

impl Tree {
    /// Adds what the tree gives to each of the rows. The places of all rows are held apart, so that they stay in
    /// registers and no step waits for another row's.
    #[inline]
    fn add(&self, rows: &[&[f32; COLUMNS]; LANES], sums: &mut [f32; LANES]) {
        let step = |at: usize, row: &[f32; COLUMNS]| {
            let split = self.splits[at % PLACES];
            2 * at + usize::from(row[usize::from(split.column)] > split.threshold)
        };
        let [r0, r1, r2, r3, r4, r5, r6, r7] = *rows;
        let [mut a0, mut a1, mut a2, mut a3, mut a4, mut a5, mut a6, mut a7] = [1usize; LANES];
        for _ in 0..self.depth {
            (a0, a1, a2, a3) = (step(a0, r0), step(a1, r1), step(a2, r2), step(a3, r3));
            (a4, a5, a6, a7) = (step(a4, r4), step(a5, r5), step(a6, r6), step(a7, r7));
        }
        let places = [a0, a1, a2, a3, a4, a5, a6, a7];
        for lane in 0..LANES {
            sums[lane] += self.values[places[lane] % PLACES];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{TreeNode, tests::sample_trees};
    use super::*;

    #[test]
    fn sums_are_those_of_the_forest() {
        let forest = Forest::new(4, &sample_trees()).unwrap();
        let is_shallow = |at: &usize| usize::from(forest.trees[*at].depth) <= LEVELS;
        let all = sample_trees();
        let trees: Vec<_> = (0..all.len()).filter(is_shallow).map(|at| all[at].clone()).collect();
        assert!(trees.len() > 10);
        let forest = Forest::new(4, &trees).unwrap();
        let complete = CompleteForest::of(&forest).unwrap();
        for count in [0, 1, LANES - 1, LANES, ROWS_A_BLOCK + 3] {
            let mut rows: Vec<f32> = (0..count * 4).map(|n| (n * 37 % 101) as f32 / 101.0).collect();
            let (mut one, mut other) = (Vec::new(), vec![7.0]);
            forest.scores(&rows, &mut one);
            complete.scores(&mut rows, &mut other);
            assert_eq!((&other[1..], rows.len()), (&one[..], count * 4));
        }
    }

    #[test]
    fn deep_trees_have_no_complete_form() {
        let split = |at| TreeNode::Split { feature: 0, threshold: 0.5, left: at + 1, right: at + 2 };
        let deep = |levels: usize| {
            let mut tree: Vec<TreeNode> = Vec::new();
            for level in 0..levels {
                tree.extend([split(2 * level), TreeNode::Leaf(1.0)]);
            }
            tree.push(TreeNode::Leaf(2.0));
            Forest::new(1, &[tree]).unwrap()
        };
        assert!(CompleteForest::of(&deep(LEVELS)).is_some());
        assert!(CompleteForest::of(&deep(LEVELS + 1)).is_none());
    }
}
