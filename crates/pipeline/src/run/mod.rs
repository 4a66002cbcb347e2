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

use std::path::Path;
use std::sync::atomic::AtomicBool;

use dechaff_read::{Entry, Input, Position};
use dechaff_write::OutputDirectory;

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
pub use crate::error::RunError;
pub use crate::job::{Job, Selection};
use crate::process::{self, Processed, process};
use crate::reading::{Done, Reading};

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
