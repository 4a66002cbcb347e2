//! What a run remembers of the documents it has settled, to tell a copy from a first, and a record whose id repeats
//! from one that is new. In memory up to `dedup.memory`; beyond it on disk.

use std::io;
use std::path::PathBuf;

use dechaff_dedup::first::{FirstCopies, KeyTable};
use dechaff_dedup::{Exact, Hash, Spill};
use dechaff_write::{Outcome, Record};

use super::RunError;
use super::journal::{key_of, record_name};
use crate::corpus::{scratch, scratch_in};

/// The documents so far.
#[derive(Debug)]
pub(crate) struct Kept {
    copies: FirstCopies,
    /// Names of the records so far; files of many documents need none, since there a record has no file of its own.
    names: Option<KeyTable<()>>,
}

impl Kept {
    /// None yet. `state` is the directory of scratch files; the system's own where there is none.
    pub fn new(dedup: &dechaff_dedup::Settings, write: &dechaff_write::Settings, state: Option<PathBuf>) -> Kept {
        let make = scratch_in(state);
        let spill = || Spill::new(dedup.memory, scratch(&make));
        Kept {
            copies: FirstCopies::new(spill(), spill()),
            names: write.format.is_tree().then(|| KeyTable::new(spill())),
        }
    }

    /// The id of the first document with this key; enters the document if there is none.
    pub fn first(&mut self, key: &Hash, id: &str) -> Result<Option<String>, RunError> {
        self.copies.first(key, id).map_err(failed)
    }

    /// Enters a record's name; whether another record has had it.
    pub fn repeats_name(&mut self, record: &Record) -> Result<bool, RunError> {
        match &mut self.names {
            Some(names) if record.offset.is_some() => {
                names.enter(record_name(record), ()).map(|earlier| earlier.is_some()).map_err(failed)
            }
            _ => Ok(false),
        }
    }

    /// Enters what an interrupted run has settled.
    pub fn enter(&mut self, record: &Record, exact: Exact) -> Result<(), RunError> {
        if record.outcome == Outcome::Written
            && let Some(key) = key_of(record, exact)
        {
            self.first(&key, &record.id)?;
        }
        self.repeats_name(record).map(drop)
    }
}

fn failed(source: io::Error) -> RunError {
    RunError::Output { path: "scratch file".into(), source }
}
