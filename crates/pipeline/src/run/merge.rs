//! Shards put together (`dechaff merge`): outputs of `--shard 1/n` to `--shard n/n` become what one run would have
//! made.
//!
//! Rows are merged in the order of the inputs, which their positions tell, and exact copies are settled anew over all
//! of them. A document that a shard left out as a copy has an earlier copy in the same shard, so no text is ever
//! missing; one that a shard wrote may turn out to be a copy of one in another shard, and then its output is left
//! behind.
//!
//! Where more than exact copies is looked for, which documents and paragraphs go is known only once all are compared: a
//! document that went in its shard may stay, and texts may change. Shards of such a run keep what they had judged
//! (`.dechaff/spool`), and all of it is settled and written as one run would have done.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use dechaff_dedup::Exact;
use dechaff_read::Counts;
use dechaff_write::{AtomicFile, Compression, Outcome, OutputDirectory, OutputNames, Record, Stamp};

use super::journal::{Journal, Line, Lines, Resumed, RunState, key_of, rows_path};
use super::kept::Kept;
use super::lines::{FinishedLines, Kind};
use super::logs::Logs;
use super::output::Output;
use super::settle::Settler;
use super::summary::{Progress, Summary};
use super::{Job, RunError, write_judged};
use crate::cleaner::Cleaner;
use crate::corpus::{Corpus, MergedFrames, scratch_error, spool_path};
use crate::reading::Reading;

/// Rows and lines of one shard.
struct Shard {
    root: PathBuf,
    rows: Lines,
    next: Option<Line>,
    documents: Option<FinishedLines>,
    dropped: Option<FinishedLines>,
}

/// A row, and its lines in the file of documents and in that of what was dropped.
type Taken = (Line, [Vec<u8>; 2]);

/// Puts the outputs of all shards of a job into one directory. The shards stay as they are. With `prune`, outputs of an
/// earlier run over the directory go where this one does not write them.
///
/// # Errors
/// Shards that do not belong together, are not finished or not all there; a setting that needs all documents in one run
/// (repeats counted during the run, documents seen before); an output that cannot be written.
pub fn merge(shards: &[PathBuf], output: &Path, prune: bool) -> Result<Summary, RunError> {
    let state = common_state(shards, output)?;
    let directory = OutputDirectory::claim(output)?;
    match state.judged {
        true => merge_judged(shards, directory, prune, &state),
        false => merge_written(shards, directory, prune, state),
    }
}

/// Settles and writes what the shards have judged.
fn merge_judged(
    shards: &[PathBuf],
    directory: OutputDirectory,
    prune: bool,
    state: &RunState,
) -> Result<Summary, RunError> {
    let begun = RunState { shard: None, finished: false, ..state.clone() };
    let stamp = Stamp { dechaff: begun.version.as_str().into(), configuration: begun.configuration.as_str().into() };
    let cleaner =
        Cleaner::of_judged(&begun.dedup, &begun.write, stamp).map_err(|error| RunError::Unfit(error.to_string()))?;
    let names = match begun.write.format.is_tree() {
        true => names_of(&shards[0])?,
        false => OutputNames::default(),
    };
    let progress = Progress::default();
    let (output, resumed, kept) = Output::in_directory(&cleaner, &begun, directory, names, &progress)?;
    let (job, stop) = (Job::default(), AtomicBool::new(false));
    let reading = Reading { cleaner: &cleaner, job: &job, output: None, stop: &stop };
    let corpus = Corpus::of_shards(&reading, output.directory(), MergedFrames::open(shards)?)?;
    let frames = MergedFrames::open(shards)?.skip(resumed.rows as usize);
    let mut settler = Settler::new(resumed.rows, kept, &corpus);
    let previous = super::Previous::default();
    let settle = |(processed, position)| settler.settle(processed, position);
    let finish = |settled| output.take(&cleaner, settled, &corpus, &previous);
    let written = write_judged(&reading, frames, scratch_error, &corpus, settle, finish);
    if let Err(error) = written {
        let _ = output.pause();
        return Err(error);
    }
    output.finish(&begun, Counts::default(), prune, cleaner.settings())
}

/// Keeps the output names of a run, which follow from all of its inputs, for merging.
pub(super) fn remember_names(directory: &OutputDirectory, names: &OutputNames) -> Result<(), RunError> {
    let path = names_path(directory.root());
    let write = || {
        let mut file = AtomicFile::create(&path)?;
        serde_json::to_writer(&mut file, names)?;
        file.commit(false)
    };
    write().map_err(|source| RunError::Output { path: path.clone(), source })
}

fn names_of(root: &Path) -> Result<OutputNames, RunError> {
    let path = names_path(root);
    let read = || Ok(serde_json::from_slice(&fs::read(&path)?)?);
    read().map_err(|source| RunError::State { path: path.clone(), source })
}

fn names_path(root: &Path) -> PathBuf {
    OutputDirectory::state_in(root, "names.json")
}

/// Puts together what the shards have written.
fn merge_written(
    shards: &[PathBuf],
    directory: OutputDirectory,
    prune: bool,
    state: RunState,
) -> Result<Summary, RunError> {
    let output = directory.root().to_owned();
    let failed = |source| RunError::Output { path: output.clone(), source };
    // Whatever was there was written by another run.
    let begun = RunState { shard: None, finished: false, mixed: true, ..state };
    begun.write(&directory).map_err(failed)?;
    let journal = Journal::create(&directory).map_err(failed)?;
    let mut logs = Logs::open(&directory, journal, &Resumed::default(), false, &begun.write).map_err(failed)?;
    let mut shards = shards.iter().map(|root| Shard::open(root, &begun)).collect::<Result<Vec<_>, _>>()?;
    let mut kept = Kept::new(&begun.dedup, &begun.write, Some(directory.state("")));
    let mut summary = Summary::default();
    while let Some(shard) = first(&mut shards) {
        let Some((mut line, texts)) = shard.take()? else { continue };
        let written = line.record.outcome == Outcome::Written;
        settle(&mut kept, begun.dedup.exact, &mut line.record)?;
        let [mut document, dropped] = texts;
        let repeats = kept.repeats_name(&line.record)?;
        match line.record.outcome == Outcome::Written {
            true if begun.write.format.is_tree() => {
                let from = line.record.output.take().unwrap_or_default();
                let to = if repeats { told_apart(&from, &line.record, &begun) } else { from.clone() };
                copy(&shard.root, &from, &directory, &to, begun.write.sync).map_err(failed)?;
                line.record.output = Some(to);
            }
            true => line.record.output = logs.documents_name(),
            false if written => {
                document.clear();
                line.record.output = None;
                line.record.bytes_out = 0;
            }
            false => {}
        }
        logs.add(&line.record, &line.position, line.mark.came_with, [&document, &dropped], &directory)
            .map_err(failed)?;
        summary.count(&line.record);
    }
    logs.finish(&directory, &begun, prune, &mut summary).map_err(failed)?;
    Ok(summary)
}

/// What all shards have in common, once it is clear that they are those of one job.
fn common_state(shards: &[PathBuf], output: &Path) -> Result<RunState, RunError> {
    let unfit = |message: String| Err(RunError::Unfit(message));
    let mut common: Option<RunState> = None;
    let mut taken: Vec<Option<&Path>> = Vec::new();
    for root in shards {
        let name = root.display();
        if fs::canonicalize(root).ok().is_some_and(|root| fs::canonicalize(output).is_ok_and(|output| output == root)) {
            return unfit(format!("{name} is a shard and cannot be the output as well"));
        }
        let Some(state) = RunState::read(root) else {
            return unfit(format!("{name} is not the output of a run of this version of dechaff"));
        };
        let Some((index, of)) = state.shard else {
            return unfit(format!("{name} is no shard: it was not made with --shard I/N"));
        };
        if !state.finished {
            return unfit(format!("the run of {name} was interrupted; finish it first, with the same command"));
        }
        if let Some(setting) = &state.whole_only {
            return unfit(format!(
                "{name} was made with {setting}, which needs all documents in one run, so shards cannot be merged \
                 (what repeats across a site can be learned beforehand: dechaff learn, then --rules)"
            ));
        }
        let own = env!("CARGO_PKG_VERSION");
        if state.judged && state.version != own {
            return unfit(format!(
                "{name} was made with dechaff {}, and this is {own}: what a run has judged is read by its own version alone",
                state.version
            ));
        }
        if state.judged && !spool_path(root).exists() {
            return unfit(format!("{name} has lost what it had judged (.dechaff/spool): run the shard again"));
        }
        taken.resize(of as usize, None);
        if let Some(other) = taken[index as usize].replace(root) {
            return unfit(format!("{name} and {} are the same shard, {}/{of}", other.display(), index + 1));
        }
        let state = RunState { shard: Some((0, of)), ..state };
        match &common {
            Some(common) if common.configuration != state.configuration => {
                return unfit(format!(
                    "{name} was made with other settings, rules or another version than {}",
                    shards[0].display()
                ));
            }
            Some(common) if !common.is_of_job(&state) => {
                return unfit(format!(
                    "{name} is of another job than {}: inputs, selection or number of shards differ",
                    shards[0].display()
                ));
            }
            _ => common = Some(state),
        }
    }
    if let Some(missing) = taken.iter().position(Option::is_none) {
        return unfit(format!("shard {}/{} is missing", missing + 1, taken.len()));
    }
    common.ok_or_else(|| RunError::Unfit("no shards".to_owned()))
}

/// The shard whose next row comes first.
fn first(shards: &mut [Shard]) -> Option<&mut Shard> {
    let order = |a: &Line, b: &Line| a.position.in_reading_order(&b.position);
    let ahead = shards.iter_mut().filter(|shard| shard.next.is_some());
    ahead.min_by(|a, b| match (&a.next, &b.next) {
        (Some(a), Some(b)) => order(a, b),
        _ => std::cmp::Ordering::Equal,
    })
}

impl Shard {
    fn open(root: &Path, state: &RunState) -> Result<Shard, RunError> {
        let failed = |source| RunError::State { path: root.to_owned(), source };
        let lines = |kind, wanted: bool| wanted.then(|| FinishedLines::new(kind, root, &state.write));
        let mut shard = Shard {
            root: root.to_owned(),
            rows: Lines::open(&rows_path(root)).map_err(failed)?,
            next: None,
            documents: lines(Kind::Documents, !state.write.format.is_tree()),
            dropped: lines(Kind::Dropped, state.write.keep_dropped),
        };
        shard.next = shard.rows.next().map_err(failed)?.map(|(line, _)| line);
        Ok(shard)
    }

    /// The next row, with its lines in the file of documents and in that of what was dropped.
    fn take(&mut self) -> Result<Option<Taken>, RunError> {
        let Some(line) = self.next.take() else { return Ok(None) };
        let mut texts = [Vec::new(), Vec::new()];
        let spots = [(&mut self.documents, line.mark.documents.line), (&mut self.dropped, line.mark.dropped.line)];
        let failed = |source| RunError::State { path: self.root.clone(), source };
        for ((file, spot), text) in spots.into_iter().zip(&mut texts) {
            if let (Some(file), Some(_)) = (file, spot) {
                let missing = || io::Error::other("a file of documents is shorter than its rows say");
                *text = file.next().map_err(failed)?.ok_or_else(|| failed(missing()))?;
            }
        }
        self.next = self.rows.next().map_err(failed)?.map(|(line, _)| line);
        Ok(Some((line, texts)))
    }
}

/// Settles whether a row is an exact copy, over all shards and in the order of the inputs.
fn settle(kept: &mut Kept, exact: Exact, record: &mut Record) -> Result<(), RunError> {
    let may_be = matches!(record.outcome, Outcome::Written | Outcome::Duplicate { .. });
    if let Some(key) = key_of(record, exact).filter(|_| may_be)
        && let Some(duplicate_of) = kept.first(&key, &record.id)?
    {
        record.outcome = Outcome::Duplicate { duplicate_of, similarity: None };
    }
    Ok(())
}

/// The output of a record whose id another record has, which may stand in another shard: told apart by its offset.
fn told_apart(output: &str, record: &Record, state: &RunState) -> String {
    let ending = format!(".{}{}", state.write.format.extension(), state.write.compression.suffix());
    let offset = format!("~{}", record.offset.unwrap_or_default());
    match output.strip_suffix(&ending) {
        Some(name) if !name.ends_with(&offset) => format!("{name}{offset}{ending}"),
        _ => output.to_owned(),
    }
}

fn copy(root: &Path, from: &str, directory: &OutputDirectory, to: &str, sync: bool) -> io::Result<()> {
    let bytes = fs::read(root.join(from))?;
    // Compressed already, if it is to be.
    directory.write(Path::new(to), &bytes, Compression::None, sync)
}
