//! A forest made ready for rows of which some features have one value for all of a page.
//!
//! Growing the trees anew for every page takes as long as asking them for some hundred rows: too long for a page of fifty
//! blocks. What does not depend on the page is found here once, when the model is read: which nodes are
//! splits on a shared value. For a page only those are looked at, and the trees stay where they are: the node that a
//! settled split leads to is written in that split's place.

use std::sync::Arc;

use super::{Forest, Node, Question};

/// A forest, and what of it changes with the shared values. Clones share it.
#[derive(Debug, Clone, PartialEq)]
pub struct SharedForest(Arc<Ready>);

#[derive(Debug, PartialEq)]
struct Ready {
    /// Its questions are those that are not on shared values, and name columns.
    forest: Forest,
    /// The features behind the columns, in the order of a row.
    columns: Vec<u16>,
    /// The splits on shared values of all trees, children before their parents.
    splits: Vec<Split>,
}

/// A split on a shared value.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Split {
    question: Question,
    /// Its place among the nodes of all trees.
    at: u32,
    /// That of its left child.
    left: u32,
}

impl SharedForest {
    /// Makes a forest ready. `is_shared` says of every feature whether it has one value for all rows of a page.
    ///
    /// # Panics
    /// If `is_shared` is shorter than the forest's features.
    pub fn new(forest: &Forest, is_shared: &[bool]) -> SharedForest {
        let mut forest = forest.clone();
        let mut columns = Vec::new();
        let mut column_of = vec![u16::MAX; forest.features];
        let mut splits = Vec::new();
        for tree in &forest.trees {
            let nodes = &forest.nodes[tree.start as usize..tree.end as usize];
            // Children stand after their parents.
            for (at, node) in nodes.iter().enumerate().rev().filter(|(_, node)| !node.is_leaf()) {
                let question = forest.questions[usize::from(node.question())];
                let column = &mut column_of[usize::from(question.feature)];
                if is_shared[usize::from(question.feature)] {
                    let (at, left) = (tree.start + at as u32, tree.start + u32::from(node.left()));
                    splits.push(Split { question, at, left });
                } else if *column == u16::MAX {
                    *column = columns.len() as u16;
                    columns.push(question.feature);
                }
            }
        }
        // What is settled is asked of no row, so those questions take no room among the others.
        let mut questions = Vec::new();
        let mut places = Vec::with_capacity(forest.questions.len());
        for Question { threshold, feature } in forest.questions {
            places.push(questions.len() as u16);
            if !is_shared[usize::from(feature)] {
                questions.push(Question { threshold, feature: column_of[usize::from(feature)] });
            }
        }
        for node in forest.nodes.iter_mut().filter(|node| !node.is_leaf()) {
            *node = Node::split(places[usize::from(node.question())], node.left());
        }
        forest.questions = questions;
        forest.features = columns.len();
        SharedForest(Arc::new(Ready { forest, columns, splits }))
    }

    /// The features that a row holds, in this order: all that a tree asks and that are not shared.
    pub fn columns(&self) -> &[u16] {
        &self.0.columns
    }

    /// The forest for these shared values (`shared[feature]`; the others are not read), over rows of
    /// [`SharedForest::columns`]. The sums are the same to the last bit. Time: the splits on shared
    /// values of all trees.
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
        let place = settled.0.iter().position(|(ready, _)| Arc::ptr_eq(ready, &self.0)).unwrap_or_else(|| {
            settled.0.truncate(Settled::MOST - 1);
            settled.0.push((self.0.clone(), self.0.forest.clone()));
            settled.0.len() - 1
        });
        let nodes: &mut [Node] = &mut settled.0[place].1.nodes;
        for split in &self.0.splits {
            let right = shared[usize::from(split.question.feature)] > split.question.threshold;
            // What stands at the child is settled already; all else is as it was for the page before.
            nodes[split.at as usize] = nodes[split.left as usize + usize::from(right)];
        }
        &settled.0[place].1
    }
}

/// The forests as the last page settled them: only what its shared values decide is written anew for the next.
#[derive(Debug, Default)]
pub struct Settled(Vec<(Arc<Ready>, Forest)>);

impl Settled {
    /// Forests that are kept: a program asks two or three.
    const MOST: usize = 4;
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
