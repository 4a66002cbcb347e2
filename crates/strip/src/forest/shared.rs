//! A forest made ready for rows of which some features have one value for all of a page.
//!
//! Growing the trees anew for every page takes as long as asking them for some hundred rows: too long for a page of fifty
//! blocks. What does not depend on the page is found here once, when the model is read: which nodes are
//! splits on a shared value. For a page only those are looked at, and the trees stay where they are: the node that a
//! settled split leads to is written in that split's place.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Forest, Node};

/// A forest, and what of it changes with the shared values.
#[derive(Debug, Clone, PartialEq)]
pub struct SharedForest {
    /// Its splits that are not on shared values name columns; the others the feature itself.
    forest: Forest,
    /// The features behind the columns, in the order of a row.
    columns: Vec<u16>,
    /// For each tree the nodes that are splits on shared values, children before their parents.
    settled: Vec<Vec<u16>>,
    number: Number,
}

/// Tells a forest from every other one of the program, but for its copies; no part of what it says.
#[derive(Debug, Clone, Copy)]
struct Number(u64);

impl PartialEq for Number {
    fn eq(&self, _: &Number) -> bool {
        true
    }
}

impl SharedForest {
    /// Makes a forest ready. `is_shared` says of every feature whether it has one value for all rows of a page.
    ///
    /// # Panics
    /// If `is_shared` is shorter than the forest's features.
    pub fn new(forest: &Forest, is_shared: &[bool]) -> SharedForest {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        let mut forest = forest.clone();
        let mut columns = Vec::new();
        let mut column_of = vec![u16::MAX; forest.features];
        let mut settled = Vec::with_capacity(forest.trees.len());
        for tree in &forest.trees {
            let nodes = &mut forest.nodes[tree.start as usize..tree.end as usize];
            let mut own = Vec::new();
            // Children stand after their parents.
            for at in (0..nodes.len()).rev() {
                let Node { feature, left, .. } = nodes[at];
                if usize::from(left) == at {
                    continue;
                }
                if is_shared[usize::from(feature)] {
                    own.push(at as u16);
                } else {
                    let column = &mut column_of[usize::from(feature)];
                    if *column == u16::MAX {
                        *column = columns.len() as u16;
                        columns.push(feature);
                    }
                    nodes[at].feature = *column;
                }
            }
            settled.push(own);
        }
        SharedForest { forest, columns, settled, number: Number(NUMBERS.fetch_add(1, Ordering::Relaxed)) }
    }

    /// The features that a row holds, in this order: all that a tree asks and that are not shared.
    pub fn columns(&self) -> &[u16] {
        &self.columns
    }

    /// The forest for these shared values (`shared[feature]`; the others are not read), over rows of
    /// [`SharedForest::columns`]. The sums are the same to the last bit. Time: the splits on shared values, and once the nodes
    /// of all trees where `settled` was another forest's before.
    ///
    /// ```
    /// # use dechaff_strip::forest::{Forest, Settled, SharedForest, TreeNode};
    /// # let split = |feature, left, right| TreeNode::Split { feature, threshold: 0.5, left, right };
    /// # let leaf = TreeNode::Leaf;
    /// let forest = Forest::new(3, &[vec![split(0, 1, 2), leaf(-1.0), split(2, 3, 4), leaf(1.0), leaf(2.0)]]).unwrap();
    /// let ready = SharedForest::new(&forest, &[true, false, false]);
    /// assert_eq!(ready.columns(), [2]);
    /// let (mut whole, mut part) = (Vec::new(), Vec::new());
    /// forest.scores(&[0.9, 0.0, 0.1], &mut whole);
    /// ready.settle(&[0.9, 0.0, 0.0], &mut Settled::default()).scores(&[0.1], &mut part);
    /// assert_eq!(whole, part);
    /// ```
    pub fn settle<'s>(&self, shared: &[f32], settled: &'s mut Settled) -> &'s Forest {
        let Settled { of, forest } = settled;
        if *of != self.number.0 {
            *of = self.number.0;
            forest.features = self.columns.len();
            forest.trees.clone_from(&self.forest.trees);
            forest.nodes.clone_from(&self.forest.nodes);
            forest.values.clone_from(&self.forest.values);
        }
        for (tree, splits) in self.forest.trees.iter().zip(&self.settled) {
            let range = tree.start as usize..tree.end as usize;
            let own = &self.forest.nodes[range.clone()];
            let nodes = &mut forest.nodes[range.clone()];
            let values = &mut forest.values[range];
            for &at in splits {
                let place = usize::from(at);
                // As it was before any page; what stands at the child is settled for this one already.
                let node = own[place];
                let child = usize::from(node.left) + usize::from(shared[usize::from(node.feature)] > node.threshold);
                nodes[place] = nodes[child];
                if usize::from(nodes[child].left) == child {
                    nodes[place].left = at;
                    values[place] = values[child];
                }
            }
        }
        forest
    }
}

/// Room for the forest of one page after another.
#[derive(Debug, Default)]
pub struct Settled {
    /// The number of the forest that it is a copy of; 0 at first.
    of: u64,
    forest: Forest,
}

#[cfg(test)]
mod tests {
    use super::{super::tests::sample_trees, *};

    #[test]
    fn settled_forests_say_what_the_whole_one_says() {
        let forest = Forest::new(4, &sample_trees()).unwrap();
        let mut settled = Settled::default();
        for shared in [[true, false, true, false], [false, true, false, false], [false; 4], [true, true, true, false]] {
            let ready = SharedForest::new(&forest, &shared);
            for page in 0..9 {
                let value = |row: usize, feature: usize| match shared[feature] {
                    true => ((page * 7 + feature * 3) % 10) as f32 / 10.0,
                    false => ((page * 5 + row * 37 + feature * 11) % 101) as f32 / 100.0,
                };
                let rows = 0..21;
                let whole: Vec<f32> = rows.clone().flat_map(|row| (0..4).map(move |at| value(row, at))).collect();
                let columns = ready.columns().iter().map(|&column| usize::from(column));
                let part: Vec<f32> = rows.flat_map(|row| columns.clone().map(move |at| value(row, at))).collect();
                let (mut expected, mut found) = (Vec::new(), Vec::new());
                forest.scores(&whole, &mut expected);
                let page_values: Vec<f32> = (0..4).map(|at| value(0, at)).collect();
                ready.settle(&page_values, &mut settled).scores(&part, &mut found);
                assert_eq!(found.len(), if ready.columns().is_empty() { 0 } else { 21 });
                assert_eq!(found, expected);
            }
        }
    }
}
