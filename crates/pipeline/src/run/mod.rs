//! A whole run: inputs to an output directory, or to a stream.
//!
//! [`clean`] is the program on one screen. Entries are taken from the reader in order, each is processed on some thread,
//! and settled in order again: settling looks for duplicates and is quick. Writing a file of its own is parallel once
//! more. What is then committed, in order, is what an interrupted run goes on from.

mod journal;
mod kept;
mod lines;
mod logs;
mod merge;
mod output;
mod plan;
mod previous;
mod settle;
mod stale;
mod summary;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use dechaff_read::{Entry, Input, Position};
use dechaff_write::{ClaimError, OutputDirectory};

pub use self::merge::merge;
pub use self::output::Destination;
pub use self::plan::{Action, Plan, Planned, plan};
pub use self::summary::{Progress, Summary};
use self::{journal::RunState, output::Output, settle::Settler};
pub(crate) use self::{
    journal::key_of,
    lines::Spot,
    previous::{Previous, PreviousRow},
};
use crate::cleaner::Cleaner;
use crate::corpus::{self, Corpus, Frame, Spool};
use crate::process::{self, Processed, process};
use crate::reading::{Done, Reading};

/// What a run is asked to do.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Job {
    /// What to read, in order.
    pub inputs: Vec<Input>,
    /// Which of the inputs.
    pub selection: Selection,
    /// Remove outputs of an earlier run whose inputs are gone.
    pub prune: bool,
    /// State of the documents that earlier runs have kept: their copies go, and what this run keeps is added.
    pub seen: Option<PathBuf>,
    /// Where the records of what goes are written, beside `duplicates.jsonl` of an output directory.
    pub clusters: Option<PathBuf>,
}

/// Which documents of the inputs a run takes. The others have no row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Selection {
    /// No more than this many documents; `None` for all.
    pub limit: Option<u64>,
    /// A share of the documents, 0 to 1, chosen by a hash of id and seed; `None` for all.
    pub sample: Option<(f64, u64)>,
    /// One shard of several, chosen by a hash of the id: index from 0, and number of shards.
    pub shard: Option<(u64, u64)>,
}

/// Why a run could not be done.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// An input or a setting of reading makes no sense.
    #[error(transparent)]
    Input(#[from] dechaff_read::Error),
    /// The output directory cannot be taken.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// Something could not be written.
    #[error("cannot write {}: {source}", .path.display())]
    Output {
        /// What was being written.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A setting of near copies is out of its range, or their scratch files failed.
    #[error(transparent)]
    Near(#[from] dechaff_dedup::near::NearError),
    /// The state of documents seen cannot be used.
    #[error(transparent)]
    Seen(#[from] dechaff_dedup::seen::SeenError),
    /// The inputs do not fit what is asked.
    #[error("{0}")]
    Unfit(String),
    /// The state of an earlier run cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    State {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Cleans the inputs of a job. `stop` ends the run early: documents in flight are discarded or finished whole, and the
/// same job goes on there later. Runs on the current rayon pool.
///
/// # Errors
/// Inputs that cannot be named, an output that cannot be written. Documents that fail are rows, not errors.
pub fn clean(
    cleaner: &Cleaner,
    job: &Job,
    destination: Destination<'_>,
    progress: &Progress,
    stop: &AtomicBool,
) -> Result<Summary, RunError> {
    let settings = cleaner.settings();
    let state = job.state(cleaner);
    let (output, resumed, kept) = Output::open(cleaner, job, &state, destination, progress)?;
    let reading = Reading { cleaner, job, output: output.directory().map(OutputDirectory::root), stop };
    let mut corpus = Corpus::of_sites(&reading)?;
    let mut spool = None;
    if corpus::plans(&settings.dedup, job) {
        let spool = spool.insert(Spool::open(output.directory(), resumed.interrupted)?);
        match corpus.plan(&reading, output.directory(), spool) {
            Ok(true) => {}
            Ok(false) => return output.pause(),
            Err(error) => {
                let _ = output.pause();
                return Err(error);
            }
        }
    }
    let previous = match spool.is_some() || corpus.changes_texts() {
        true => Previous::default(),
        false => output.previous(&state, settings)?,
    };
    let mut settler = Settler::new(resumed.rows, kept, &corpus);
    let settle = |(processed, position)| settler.settle(processed, position);
    let finish = |settled| output.take(cleaner, settled, &corpus, &previous);
    let written = match &mut spool {
        Some(spool) => spool.frames().and_then(|frames| {
            let frames = frames.skip(resumed.rows as usize);
            write_judged(&reading, frames, |error| spool.failed(error), &corpus, settle, finish)?;
            Ok(spool.passed().unwrap_or_default())
        }),
        None => {
            let clean = |entry: Entry| {
                let position = entry.position().clone();
                (process(cleaner, entry, &previous, &corpus), position)
            };
            let done = Done { entries: resumed.rows, last: resumed.position.as_ref() };
            reading.each_after(done, clean, settle, finish)
        }
    };
    match written {
        // What was committed stays: the same command goes on there once there is room again.
        Err(error) => {
            let _ = output.pause();
            Err(error)
        }
        Ok(_) if reading.stopped() => output.pause(),
        Ok(passed) => {
            if let (Some(directory), Some(names), true) = (output.directory(), output.names(), state.keeps_judgements())
            {
                merge::remember_names(directory, names)?;
            }
            let summary = output.finish(&state, passed, job.prune, settings)?;
            // Shards whose documents are settled together are put together from what was judged.
            if let Some(spool) = spool.filter(|_| !state.keeps_judgements()) {
                spool.remove();
            }
            corpus.finish()?;
            Ok(summary)
        }
    }
}

/// Writes documents that are judged; `failed` says of which file an error is.
fn write_judged<J: Send>(
    reading: &Reading<'_>,
    frames: impl Iterator<Item = std::io::Result<Frame>> + Send,
    failed: impl Fn(std::io::Error) -> RunError + Send + Sync,
    corpus: &Corpus,
    mut settle: impl FnMut((Processed, Position)) -> Result<J, RunError> + Send,
    finish: impl Fn(J) -> Result<(), RunError> + Sync,
) -> Result<(), RunError> {
    reading.each_judged(
        frames,
        |frame| {
            let (judgement, position) = frame?.read()?;
            Ok((process::finish(reading.cleaner, judgement, corpus), position))
        },
        |done: std::io::Result<_>| settle(done.map_err(&failed)?),
        finish,
    )
}

/// Cleans the inputs and hands every row and page to `visit`, in order, without writing anything: for evaluation.
///
/// # Errors
/// As [`clean`].
pub fn visit(
    cleaner: &Cleaner,
    inputs: &[Input],
    stop: &AtomicBool,
    mut visit: impl FnMut(Visited) + Send,
) -> Result<(), RunError> {
    let job = Job { inputs: inputs.to_vec(), ..Job::default() };
    let reading = Reading { cleaner, job: &job, output: None, stop };
    let corpus = Corpus::of_sites(&reading)?;
    reading.each(
        |entry| process(cleaner, entry, &Previous::default(), &corpus),
        |processed| {
            let (judged, text) = match processed.document {
                Some(document) => (Some(document.judged), document.text),
                None => (None, String::new()),
            };
            visit(Visited { record: processed.record, judged, text });
            Ok(())
        },
    )?;
    Ok(())
}

/// What [`visit`] hands over for every input.
#[derive(Debug)]
pub struct Visited {
    /// The row, as if there were no other documents.
    pub record: dechaff_write::Record,
    /// The page, where there is text to write.
    pub judged: Option<dechaff_document::JudgedPage>,
    /// The text, empty where there is none.
    pub text: String,
}

impl Selection {
    /// Picks entries; `taken` of them were picked before an interruption.
    pub(crate) fn chooser(&self, taken: u64) -> Chooser {
        Chooser { selection: self.clone(), left: self.limit.map(|limit| limit.saturating_sub(taken)) }
    }

    /// Whether a document is taken, by its id alone.
    fn takes(&self, id: &str) -> bool {
        let hash = |salt: &[u8]| {
            let digest = dechaff_dedup::raw_hash(&[salt, id.as_bytes()].concat());
            u64::from_le_bytes(digest[..8].try_into().expect("eight bytes"))
        };
        let sampled =
            self.sample.is_none_or(|(share, seed)| (hash(&seed.to_le_bytes()) as f64) < share * (u64::MAX as f64));
        sampled && self.shard.is_none_or(|(index, of)| hash(b"shard") % of.max(1) == index)
    }
}

pub(crate) struct Chooser {
    selection: Selection,
    left: Option<u64>,
}

impl Chooser {
    pub(crate) fn next(&mut self, reader: &mut impl Iterator<Item = Entry>) -> Option<Entry> {
        if self.left == Some(0) {
            return None;
        }
        let entry = reader.find(|entry| self.selection.takes(&entry.source.id))?;
        if let Some(left) = &mut self.left {
            *left -= 1;
        }
        Some(entry)
    }
}

impl Job {
    /// What identifies this job, apart from its destination.
    fn state(&self, cleaner: &Cleaner) -> RunState {
        RunState {
            layout: RunState::LAYOUT,
            version: cleaner.stamp().dechaff.to_string(),
            configuration: cleaner.stamp().configuration.to_string(),
            job: format!("{:?} {:?} {:?}", self.inputs, Selection { shard: None, ..self.selection.clone() }, self.seen),
            shard: self.selection.shard,
            judged: corpus::plans(&cleaner.settings().dedup, self),
            whole_only: corpus::whole_only(&cleaner.settings().dedup, self).map(str::to_owned),
            dedup: cleaner.settings().dedup.clone(),
            write: cleaner.settings().write.clone(),
            finished: false,
            mixed: false,
        }
    }
}

/// A path below an output directory as it stands in rows.
fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_part_the_documents_between_them() {
        let of = |index| Selection { shard: Some((index, 3)), ..Selection::default() };
        for id in (0..200).map(|number| format!("page-{number}")) {
            assert_eq!((0..3).filter(|&index| of(index).takes(&id)).count(), 1, "{id}");
        }
    }

    #[test]
    fn a_sample_is_about_its_share_and_another_seed_is_another_sample() {
        let taken = |seed| {
            let selection = Selection { sample: Some((0.25, seed)), ..Selection::default() };
            (0..4000).filter(|number| selection.takes(&number.to_string())).collect::<Vec<_>>()
        };
        assert!((800..1200).contains(&taken(1).len()));
        assert_ne!(taken(1), taken(2));
    }
}
