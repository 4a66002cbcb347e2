//! Union-find over document numbers.

/// A forest of clusters. Every document is its own cluster until it is joined.
///
/// Links point to smaller numbers and paths are halved on the way: amortised O(log n) an operation, four bytes a
/// document.
#[derive(Debug, Clone, Default)]
pub(crate) struct Forest {
    parents: Vec<u32>,
}

impl Forest {
    /// A forest of single documents.
    pub(crate) fn new(documents: usize) -> Forest {
        Forest { parents: (0..documents as u32).collect() }
    }

    /// Makes room for documents up to a number.
    pub(crate) fn grow(&mut self, documents: usize) {
        self.parents.extend(self.parents.len() as u32..documents as u32);
    }

    /// The document that stands for the cluster: its smallest number.
    pub(crate) fn root(&self, mut document: u32) -> u32 {
        while self.parents[document as usize] != document {
            document = self.parents[document as usize];
        }
        document
    }

    /// Joins two clusters; says whether they were two.
    pub(crate) fn join(&mut self, a: u32, b: u32) -> bool {
        let (a, b) = (self.compress(a), self.compress(b));
        self.parents[a.max(b) as usize] = a.min(b);
        a != b
    }

    /// The clusters of two documents and more: members ascending, clusters in order of their first.
    pub(crate) fn groups(&mut self) -> Vec<Vec<u32>> {
        let mut linked: Vec<(u32, u32)> = Vec::new();
        for document in 0..self.parents.len() as u32 {
            let root = self.compress(document);
            if root != document {
                linked.push((root, document));
            }
        }
        linked.sort_unstable();
        let group = |linked: &[(u32, u32)]| {
            std::iter::once(linked[0].0).chain(linked.iter().map(|&(_, document)| document)).collect()
        };
        linked.chunk_by(|a, b| a.0 == b.0).map(group).collect()
    }

    fn compress(&mut self, mut document: u32) -> u32 {
        loop {
            let parent = self.parents[document as usize];
            if parent == document {
                return document;
            }
            let above = self.parents[parent as usize];
            self.parents[document as usize] = above;
            document = above;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_are_the_connected_components() {
        let mut forest = Forest::new(7);
        assert!(forest.join(5, 3));
        assert!(forest.join(6, 1));
        assert!(forest.join(3, 0));
        assert!(!forest.join(0, 5));
        assert_eq!((forest.root(5), forest.root(6), forest.root(4)), (0, 1, 4));
        assert_eq!(forest.groups(), [vec![0, 3, 5], vec![1, 6]]);
    }
}
