//! Which of several copies stays: decided in input order, one document at a time; or decided before, where the run has
//! looked at the whole corpus.

use std::collections::HashSet;

use dechaff_dedup::ExactIndex;
use dechaff_read::Position;
use dechaff_write::Outcome;

use super::journal::{Resumed, record_name};
use crate::corpus::Corpus;
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
pub(crate) struct Settler<'a> {
    corpus: &'a Corpus,
    /// Documents of an interrupted run that this one goes on from.
    resumed: u64,
    index: ExactIndex,
    /// Ids of the documents in the index, by their number there.
    kept: Vec<Box<str>>,
    /// Names of the records so far, 8 bytes each.
    records: HashSet<u64>,
    next: u64,
}

impl<'a> Settler<'a> {
    /// A settler that knows what an interrupted run had kept.
    pub fn new(resumed: &Resumed, corpus: &'a Corpus) -> Settler<'a> {
        let mut settler = Settler {
            corpus,
            resumed: resumed.rows,
            index: ExactIndex::default(),
            kept: Vec::new(),
            records: resumed.records.clone(),
            next: 0,
        };
        for (key, id) in &resumed.kept {
            settler.first(*key, id);
        }
        settler
    }

    /// The final outcome of the next document.
    pub fn settle(&mut self, mut processed: Processed, position: Position) -> Settled {
        let number = self.next;
        self.next += 1;
        if let Some(offset) = processed.record.offset
            && !self.records.insert(record_name(&processed.record))
        {
            // A container that repeats an id: the later record's output is told apart by its offset.
            let mut name = processed.source.relative.into_os_string();
            name.push(format!("~{offset}"));
            processed.source.relative = name.into();
        }
        if !matches!(processed.record.outcome, Outcome::Written | Outcome::Duplicate { .. }) {
            return Settled { number, processed, position };
        }
        if let Some(outcome) = self.corpus.outcome(self.resumed + number, &processed.record.id) {
            processed.record.outcome = outcome;
        } else if let Some(key) = processed.key {
            let id = processed.record.id.clone();
            processed.record.outcome = match self.first(key, &id) {
                Some(first) => Outcome::Duplicate { duplicate_of: first, similarity: None },
                None => Outcome::Written,
            };
        }
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
