//! Which of several copies stays: decided in input order, one document at a time; or decided before, where the run has
//! looked at the whole corpus.

use dechaff_read::Position;
use dechaff_write::Outcome;

use super::RunError;
use super::kept::Kept;
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
    kept: Kept,
    next: u64,
}

impl<'a> Settler<'a> {
    /// A settler that goes on behind `resumed` documents of an interrupted run, of which it knows what they `kept`.
    pub fn new(resumed: u64, kept: Kept, corpus: &'a Corpus) -> Settler<'a> {
        Settler { corpus, resumed, kept, next: 0 }
    }

    /// The final outcome of the next document.
    pub fn settle(&mut self, mut processed: Processed, position: Position) -> Result<Settled, RunError> {
        let number = self.next;
        self.next += 1;
        if let Some(offset) = processed.record.offset
            && self.kept.repeats_name(&processed.record)?
        {
            // A container that repeats an id: the later record's output is told apart by its offset.
            let mut name = processed.source.relative.into_os_string();
            name.push(format!("~{offset}"));
            processed.source.relative = name.into();
        }
        if !matches!(processed.record.outcome, Outcome::Written | Outcome::Duplicate { .. }) {
            return Ok(Settled { number, processed, position });
        }
        if let Some(outcome) = self.corpus.outcome(self.resumed + number, &processed.record.id) {
            processed.record.outcome = outcome;
        } else if let Some(key) = processed.key {
            processed.record.outcome = match self.kept.first(&key, &processed.record.id)? {
                Some(first) => Outcome::Duplicate { duplicate_of: first, similarity: None },
                None => Outcome::Written,
            };
        }
        Ok(Settled { number, processed, position })
    }
}
