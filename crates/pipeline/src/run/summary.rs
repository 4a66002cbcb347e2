//! What a run did, while it goes on and at its end.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use dechaff_read::Counts;
use dechaff_write::{Outcome, Record};

/// Live figures of a run, for a progress bar. Read from any thread.
#[derive(Debug, Default)]
pub struct Progress {
    /// Files that the inputs hold, once they are counted; 0 before. Records of containers are not counted.
    pub files: AtomicU64,
    /// Whether the inputs hold containers, so that the number of documents is not known.
    pub containers: AtomicU64,
    /// Documents done.
    pub done: AtomicU64,
    /// Bytes read of them.
    pub bytes: AtomicU64,
    /// Of them, written.
    pub written: AtomicU64,
    /// Of them, duplicates.
    pub duplicates: AtomicU64,
    /// Of them, failed.
    pub failed: AtomicU64,
}

impl Progress {
    pub(crate) fn count(&self, record: &Record) {
        let add = |counter: &AtomicU64, value| counter.fetch_add(value, Ordering::Relaxed);
        add(&self.done, 1);
        add(&self.bytes, record.bytes_in);
        match record.outcome {
            Outcome::Written => add(&self.written, 1),
            Outcome::Duplicate { .. } => add(&self.duplicates, 1),
            Outcome::Failed { .. } => add(&self.failed, 1),
            _ => 0,
        };
    }
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Rows by outcome, rows of an interrupted run that this one went on from included.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// Bytes read of these documents.
    pub bytes_in: u64,
    /// Bytes of text written.
    pub bytes_out: u64,
    /// Documents that did not change since the last run and were not cleaned again.
    pub reused: u64,
    /// Documents that an interrupted run had done.
    pub resumed: u64,
    /// Outputs of an earlier run removed because their inputs are now written elsewhere or not at all.
    pub replaced: u64,
    /// Outputs removed because their inputs are gone.
    pub pruned: u64,
    /// Outputs of an earlier run whose inputs are gone, and which were not removed.
    pub orphaned: u64,
    /// What the reader passed over without a row.
    pub passed: Counts,
    /// The first failures, for the user's eye: input and message.
    pub failures: Vec<(String, String)>,
    /// Whether the run was stopped before its end.
    pub interrupted: bool,
}

/// Failures that are told at the end of a run; the manifest has all.
const FAILURES_TOLD: usize = 20;

impl Summary {
    pub(crate) fn count(&mut self, record: &Record) {
        *self.outcomes.entry(record.outcome.name()).or_default() += 1;
        self.bytes_in += record.bytes_in;
        if record.outcome == Outcome::Written {
            self.bytes_out += record.bytes_out;
        }
        if let Outcome::Failed { error } = &record.outcome
            && self.failures.len() < FAILURES_TOLD
        {
            self.failures.push((record.input.clone(), format!("{}: {}", error.stage, error.message)));
        }
    }

    /// Number of rows.
    pub fn documents(&self) -> u64 {
        self.outcomes.values().sum()
    }

    /// Number of rows with this outcome.
    pub fn outcome(&self, name: &str) -> u64 {
        self.outcomes.get(name).copied().unwrap_or_default()
    }
}
