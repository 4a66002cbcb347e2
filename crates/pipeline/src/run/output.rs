//! Where a run writes, and in which order it becomes true.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use dechaff_read::{Counts, Position};
use dechaff_write::{
    AtomicFile, Compression, Document, Dropped, Outcome, OutputDirectory, OutputNames, OutputNamesBuilder, Record,
};

use super::journal::{Journal, Resumed, RunState, interrupted_path, journal_path, rows_path};
use super::kept::Kept;
use super::lines::Kind;
use super::logs::Logs;
use super::previous::Previous;
use super::settle::Settled;
use super::summary::{Progress, Summary};
use super::{Job, RunError, slashed};
use crate::cleaner::Cleaner;
use crate::config::Settings;
use crate::corpus::{Corpus, spool_path};
use crate::process::{Processed, Reused, clean};

/// Where a run writes.
pub enum Destination<'a> {
    /// A directory: new, empty, or one of an earlier run.
    Directory(PathBuf),
    /// A stream.
    Stream {
        /// Where documents go.
        out: Box<dyn Write + Send + 'a>,
        /// Documents as lines of JSON; otherwise the bare text of each.
        lines: bool,
        /// Where the manifest goes, if anywhere.
        manifest: Option<PathBuf>,
    },
}

impl std::fmt::Debug for Destination<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Destination::Directory(path) => f.debug_tuple("Directory").field(path).finish(),
            Destination::Stream { lines, manifest, .. } => {
                f.debug_struct("Stream").field("lines", lines).field("manifest", manifest).finish_non_exhaustive()
            }
        }
    }
}

/// The output of a run: what may be used from every thread, and what is done in order.
pub(crate) struct Output<'a> {
    place: Place,
    commits: Mutex<Commits<'a>>,
    progress: &'a Progress,
}

/// Where files go.
enum Place {
    /// A file a document.
    Tree { directory: OutputDirectory, names: OutputNames },
    /// Files of many documents.
    Documents { directory: OutputDirectory },
    /// No files.
    Stream { lines: bool },
}

/// What happens strictly in order.
struct Commits<'a> {
    /// Documents written, whose turn has not come.
    waiting: BTreeMap<u64, Commit>,
    next: u64,
    /// Something could not be written: nothing is committed behind it.
    failed: bool,
    summary: Summary,
    log: Log<'a>,
}

/// A document that is in place, or the line that is to be appended.
struct Commit {
    record: Record,
    position: Position,
    came_with: u64,
    line: Vec<u8>,
    dropped: Vec<u8>,
    seconds: [f64; 3],
    reused: bool,
}

/// Where rows and lines are appended.
enum Log<'a> {
    Directory(Box<Logs>),
    Stream { out: Box<dyn Write + Send + 'a>, manifest: Option<AtomicFile> },
}

impl<'a> Output<'a> {
    /// Takes the destination and finds out where to begin.
    pub fn open(
        cleaner: &Cleaner,
        job: &Job,
        state: &RunState,
        destination: Destination<'a>,
        progress: &'a Progress,
    ) -> Result<(Output<'a>, Resumed, Kept), RunError> {
        let Settings { dedup, write, .. } = cleaner.settings();
        let (place, log, resumed, kept) = match destination {
            Destination::Directory(path) => {
                let directory = OutputDirectory::claim(&path)?;
                let names = survey(job, directory.root(), cleaner.settings(), progress)?;
                open_directory(cleaner, state, directory, names)?
            }
            Destination::Stream { out, lines, manifest } => {
                let manifest = manifest
                    .map(|path| AtomicFile::create(&path).map_err(|source| RunError::Output { path, source }))
                    .transpose()?;
                let kept = Kept::new(dedup, write, None);
                (Place::Stream { lines }, Log::Stream { out, manifest }, Resumed::default(), kept)
            }
        };
        Ok((Output::new(place, log, &resumed, progress), resumed, kept))
    }

    /// Takes a directory for documents whose output names are settled, and finds out where to begin.
    pub fn in_directory(
        cleaner: &Cleaner,
        state: &RunState,
        directory: OutputDirectory,
        names: OutputNames,
        progress: &'a Progress,
    ) -> Result<(Output<'a>, Resumed, Kept), RunError> {
        let (place, log, resumed, kept) = open_directory(cleaner, state, directory, names)?;
        Ok((Output::new(place, log, &resumed, progress), resumed, kept))
    }

    fn new(place: Place, log: Log<'a>, resumed: &Resumed, progress: &'a Progress) -> Output<'a> {
        let summary = resumed.summary.clone();
        let commits = Commits { waiting: BTreeMap::new(), next: 0, failed: false, summary, log };
        Output { place, commits: Mutex::new(commits), progress }
    }

    /// The names of the outputs, where each document has a file of its own.
    pub fn names(&self) -> Option<&OutputNames> {
        match &self.place {
            Place::Tree { names, .. } => Some(names),
            Place::Documents { .. } | Place::Stream { .. } => None,
        }
    }

    /// The directory, if there is one.
    pub fn directory(&self) -> Option<&OutputDirectory> {
        match &self.place {
            Place::Tree { directory, .. } | Place::Documents { directory } => Some(directory),
            Place::Stream { .. } => None,
        }
    }

    /// What the last run over the directory knows.
    pub fn previous(&self, state: &RunState, settings: &Settings) -> Result<Previous, RunError> {
        let Some(directory) = self.directory() else { return Ok(Previous::default()) };
        Previous::read(directory.root(), state, &settings.write)
            .map_err(|source| RunError::Output { path: rows_path(directory.root()), source })
    }

    /// Writes a document's own file, then commits it when its turn has come.
    pub fn take(
        &self,
        cleaner: &Cleaner,
        settled: Settled,
        corpus: &Corpus,
        previous: &Previous,
    ) -> Result<(), RunError> {
        let Settled { number, mut processed, position } = settled;
        let settings = cleaner.settings();
        let (mut line, mut dropped) = (Vec::new(), std::mem::take(&mut processed.dropped));
        let mut reused = false;
        if let Some(old) = processed.reused.take() {
            match self.lines_of(&processed, &old, position.record.is_some(), previous, settings) {
                Some(lines) => {
                    (line, dropped) = lines;
                    reused = true;
                }
                None => {
                    // The text is needed after all: the copy that was kept is gone, or the name has changed.
                    let settled = processed.record.outcome;
                    processed = clean(cleaner, old.raw, std::time::Instant::now(), corpus);
                    dropped = std::mem::take(&mut processed.dropped);
                    if processed.record.outcome == Outcome::Written {
                        processed.record.outcome = settled;
                    }
                }
            }
        }
        let written = processed.record.outcome == Outcome::Written;
        if let Some(document) = processed.document.take() {
            if settings.write.keep_dropped && self.directory().is_some() {
                // The text of an exact copy stands in the one that was kept; that of a near copy would be lost.
                let found = match &processed.record.outcome {
                    Outcome::Written | Outcome::Duplicate { similarity: None, .. } => Dropped::of(&document.judged),
                    outcome => Dropped::whole(&document.judged, outcome.name()),
                };
                found.map_or(Ok(()), |found| found.write_to(&mut dropped)).expect("writing to memory");
            }
            match &self.place {
                _ if !written => {}
                Place::Tree { directory, names } => {
                    let output = output_name(names, &processed, position.record.is_some());
                    directory
                        .write(&output, document.text.as_bytes(), settings.write.compression, settings.write.sync)
                        .map_err(|source| RunError::Output { path: directory.root().join(&output), source })?;
                    processed.record.output = Some(slashed(&output));
                }
                Place::Stream { lines: false } => line = document.text.into_bytes(),
                Place::Documents { .. } | Place::Stream { lines: true } => {
                    Document::new(&document.judged, &document.text, &settings.write)
                        .write_to(&mut line)
                        .expect("writing to memory");
                }
            }
        }
        if !written {
            processed.record.output = None;
            processed.record.bytes_out = 0;
        }
        let Processed { record, came_with, seconds, .. } = processed;
        let commit = Commit { record, position, came_with, line, dropped, seconds, reused };
        self.lock().add(number, commit, &self.place, self.progress)
    }

    /// The lines of a document that did not change, in the file of documents and in that of what was dropped: those of
    /// the earlier run, as long as its outcome is the same and its output stands where it should.
    fn lines_of(
        &self,
        processed: &Processed,
        old: &Reused,
        in_container: bool,
        previous: &Previous,
        settings: &Settings,
    ) -> Option<(Vec<u8>, Vec<u8>)> {
        let record = &processed.record;
        let written = record.outcome == Outcome::Written;
        let mut line = Vec::new();
        match &self.place {
            Place::Stream { .. } => return None,
            Place::Tree { names, .. } if written => {
                let output = slashed(&output_name(names, processed, in_container));
                if record.output.as_deref() != Some(&output) {
                    return None;
                }
            }
            Place::Documents { .. } if written => line = previous.line(Kind::Documents, old.documents?, &record.id)?,
            _ => {}
        }
        if !settings.write.keep_dropped {
            return Some((line, Vec::new()));
        }
        match old.dropped {
            Some(spot) => Some((line, previous.line(Kind::Dropped, spot, &record.id)?)),
            None => Some((line, Vec::new())),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Commits<'a>> {
        self.commits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves everything so that the same job goes on later.
    pub fn pause(self) -> Result<Summary, RunError> {
        let place = self.place;
        let commits = self.commits.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut summary = commits.summary;
        summary.interrupted = true;
        match commits.log {
            Log::Directory(mut logs) => {
                let path = place_path(&place);
                logs.flush().map_err(|source| RunError::Output { path, source })?;
            }
            Log::Stream { mut out, .. } => out.flush().map_err(stream_error)?,
        }
        Ok(summary)
    }

    /// Puts the manifest in place and the run to its end.
    pub fn finish(
        self,
        state: &RunState,
        passed: Counts,
        prune: bool,
        settings: &Settings,
    ) -> Result<Summary, RunError> {
        let place = self.place;
        let commits = self.commits.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut summary = commits.summary;
        summary.passed = passed;
        match commits.log {
            Log::Directory(logs) => {
                let (Place::Tree { directory, .. } | Place::Documents { directory }) = &place else {
                    return Ok(summary);
                };
                logs.finish(directory, state, prune, &mut summary)
                    .map_err(|source| RunError::Output { path: directory.root().to_owned(), source })?;
            }
            Log::Stream { mut out, manifest } => {
                out.flush().map_err(stream_error)?;
                if let Some(manifest) = manifest {
                    manifest
                        .commit(settings.write.sync)
                        .map_err(|source| RunError::Output { path: "manifest".into(), source })?;
                }
            }
        }
        Ok(summary)
    }
}

/// Takes a directory: the journal of an interrupted run is found, or one is begun.
fn open_directory<'a>(
    cleaner: &Cleaner,
    state: &RunState,
    directory: OutputDirectory,
    names: OutputNames,
) -> Result<(Place, Log<'a>, Resumed, Kept), RunError> {
    let settings = cleaner.settings();
    let root = directory.root().to_owned();
    let error = |source| RunError::Output { path: root.clone(), source };
    let tree = settings.write.format.is_tree();
    let left = RunState::read(directory.root());
    let plain = settings.write.compression == Compression::None;
    let journal = journal_path(directory.root());
    let interrupted = left.as_ref().is_some_and(|left| state.goes_on_from(left)) && journal.exists();
    let keeps_documents = !tree;
    let keeps_dropped = settings.write.keep_dropped;
    let mut kept = Kept::new(&settings.dedup, &settings.write, Some(directory.state("")));
    let (journal, resumed) = match interrupted {
        true => Journal::resume(
            &directory,
            |done| kept.enter(done, settings.dedup.exact),
            |line| {
                let Some(output) = line.record.output.as_ref().filter(|_| tree) else { return true };
                let found = fs::metadata(root.join(output));
                found.is_ok_and(|found| !plain || found.len() == line.record.bytes_out)
            },
            |mark| {
                (!keeps_documents || Kind::Documents.holds(&directory, mark.documents.end))
                    && (!keeps_dropped || Kind::Dropped.holds(&directory, mark.dropped.end))
            },
        )?,
        false => {
            // What an interrupted run of another job had done may still be of use, row by row.
            if left.as_ref().is_some_and(|left| !left.finished) && journal.exists() {
                fs::rename(&journal, interrupted_path(directory.root())).map_err(error)?;
            }
            // What another job had judged is of no use; gone before this job is named as the one to go on with.
            let _ = fs::remove_file(spool_path(directory.root()));
            let same =
                left.is_some_and(|left| (left.finished || !left.mixed) && left.configuration == state.configuration);
            RunState { mixed: !same, ..state.clone() }.write(&directory).map_err(error)?;
            (Journal::create(&directory).map_err(error)?, Resumed::default())
        }
    };
    let logs = Logs::open(&directory, journal, &resumed, interrupted, &settings.write).map_err(error)?;
    let log = Log::Directory(Box::new(logs));
    let place = match tree {
        true => Place::Tree { directory, names },
        false => Place::Documents { directory },
    };
    Ok((place, log, resumed, kept))
}

/// Looks at the inputs once, without reading them: output names follow from the whole set, and a progress bar wants
/// to know how much there is.
pub(super) fn survey(
    job: &Job,
    output: &Path,
    settings: &Settings,
    progress: &Progress,
) -> Result<OutputNames, RunError> {
    use std::sync::atomic::Ordering::Relaxed;
    let mut names = OutputNamesBuilder::new(settings.write.format.extension(), settings.write.compression);
    for file in dechaff_read::open(&job.inputs, &settings.read)?.never_reading(output).survey() {
        names.add(&file.relative);
        progress.files.fetch_add(1, Relaxed);
        if file.container {
            progress.containers.fetch_add(1, Relaxed);
        }
    }
    Ok(names.finish())
}

impl Commits<'_> {
    /// Puts a document in line, and commits every one whose turn has come.
    fn add(&mut self, number: u64, commit: Commit, place: &Place, progress: &Progress) -> Result<(), RunError> {
        self.waiting.insert(number, commit);
        while let Some(commit) = self.waiting.remove(&self.next) {
            if self.failed {
                break;
            }
            self.next += 1;
            let record = self.commit(commit, place).map_err(|source| {
                self.failed = true;
                match place {
                    Place::Stream { .. } => stream_error(source),
                    _ => RunError::Output { path: place_path(place), source },
                }
            })?;
            progress.count(&record);
        }
        Ok(())
    }

    fn commit(&mut self, commit: Commit, place: &Place) -> io::Result<Record> {
        let Commit { mut record, position, came_with, line, dropped, seconds, reused } = commit;
        match &mut self.log {
            Log::Directory(logs) => {
                let (Place::Tree { directory, .. } | Place::Documents { directory }) = place else {
                    unreachable!("a stream has no logs")
                };
                if !line.is_empty() {
                    record.output = logs.documents_name();
                }
                logs.add(&record, &position, came_with, [&line, &dropped], directory)?;
                logs.time(&record.id, seconds)?;
            }
            Log::Stream { out, manifest } => {
                out.write_all(&line)?;
                if let Some(manifest) = manifest {
                    record.write_to(manifest)?;
                }
            }
        }
        self.summary.count(&record);
        self.summary.reused += u64::from(reused);
        Ok(record)
    }
}

fn output_name(names: &OutputNames, processed: &Processed, in_container: bool) -> PathBuf {
    match in_container {
        true => names.output_of_record(&processed.source.relative),
        false => names.output(&processed.source.relative),
    }
}

fn place_path(place: &Place) -> PathBuf {
    match place {
        Place::Tree { directory, .. } | Place::Documents { directory } => directory.root().to_owned(),
        Place::Stream { .. } => "standard output".into(),
    }
}

fn stream_error(source: io::Error) -> RunError {
    RunError::Output { path: "standard output".into(), source }
}
