//! Which of several copies stays: decided in input order, one document at a time.

use dechaff_dedup::ExactIndex;
use dechaff_read::Position;
use dechaff_write::Outcome;

use super::journal::Resumed;
use crate::process::Processed;

/// A document whose outcome is final.
#[derive(Debug)]
pub(crate) struct Settled {
    /// Its place in the order, from 0, counted in this process.
    pub number: u64,
    /// The document.
    pub processed: Processed,
    /// Where the reader stood.
    pub position: Position,
}

/// Settles documents in order: the first of equal ones stays.
#[derive(Debug)]
pub(crate) struct Settler {
    index: ExactIndex,
    /// Ids of the documents in the index, by their number there.
    kept: Vec<Box<str>>,
    next: u64,
}

impl Settler {
    /// A settler that knows what an interrupted run had kept.
    pub fn new(resumed: &Resumed) -> Settler {
        let mut settler = Settler { index: ExactIndex::default(), kept: Vec::new(), next: 0 };
        for (key, id) in &resumed.kept {
            settler.first(*key, id);
        }
        settler
    }

    /// The final outcome of the next document.
    pub fn settle(&mut self, mut processed: Processed, position: Position) -> Settled {
        if let Some(key) = processed.key {
            let id = processed.record.id.clone();
            processed.record.outcome = match self.first(key, &id) {
                Some(first) => Outcome::Duplicate { duplicate_of: first, similarity: None },
                None => Outcome::Written,
            };
        }
        let number = self.next;
        self.next += 1;
        Settled { number, processed, position }
    }

    /// The id of an earlier document with this key; enters the document if there is none.
    fn first(&mut self, key: dechaff_dedup::Hash, id: &str) -> Option<String> {
        match self.index.insert(key, self.kept.len() as u64) {
            Some(first) => Some(self.kept[first as usize].to_string()),
            None => {
                self.kept.push(id.into());
                None
            }
        }
    }
}
