//! Where a run writes, and in which order it becomes true.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use dechaff_read::{Counts, Position};
use dechaff_write::{
    AtomicFile, Compression, Document, Format, Outcome, OutputDirectory, OutputNames, OutputNamesBuilder, Record,
    finish_documents,
};

use super::journal::{End, Journal, Lines, Resumed, RunState, journal_path, rows_path};
use super::previous::Previous;
use super::settle::Settled;
use super::summary::{Progress, Summary};
use super::{Job, RunError};
use crate::cleaner::Cleaner;
use crate::config::Settings;
use crate::corpus::{Corpus, spool_path};
use crate::process::{Processed, clean};

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
    summary: Summary,
    log: Log<'a>,
}

/// A document that is in place, or the line that is to be appended.
struct Commit {
    record: Record,
    position: Position,
    line: Vec<u8>,
    seconds: [f64; 3],
    reused: bool,
}

/// Where rows and lines are appended.
enum Log<'a> {
    Directory { journal: Journal, documents: Option<DocumentsFile>, timings: BufWriter<File> },
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
    ) -> Result<(Output<'a>, Resumed), RunError> {
        let (place, log, resumed) = match destination {
            Destination::Directory(path) => {
                let directory = OutputDirectory::claim(&path)?;
                open_directory(cleaner, job, state, directory, progress)?
            }
            Destination::Stream { out, lines, manifest } => {
                let manifest = manifest
                    .map(|path| AtomicFile::create(&path).map_err(|source| RunError::Output { path, source }))
                    .transpose()?;
                (Place::Stream { lines }, Log::Stream { out, manifest }, Resumed::default())
            }
        };
        let commits = Commits { waiting: BTreeMap::new(), next: 0, summary: resumed.summary.clone(), log };
        Ok((Output { place, commits: Mutex::new(commits), progress }, resumed))
    }

    /// The directory, if there is one.
    pub fn directory(&self) -> Option<&OutputDirectory> {
        match &self.place {
            Place::Tree { directory, .. } | Place::Documents { directory } => Some(directory),
            Place::Stream { .. } => None,
        }
    }

    /// What the last run over the directory knows.
    pub fn previous(&self, cleaner: &Cleaner) -> Result<Previous, RunError> {
        let Place::Tree { directory, .. } = &self.place else { return Ok(Previous::default()) };
        let plain = cleaner.settings().write.compression == Compression::None;
        let files = [directory.state("interrupted"), rows_path(directory)];
        Previous::read(&files, directory.root(), &cleaner.stamp().configuration, plain)
            .map_err(|source| RunError::Output { path: rows_path(directory), source })
    }

    /// Writes a document's own file, then commits it when its turn has come.
    pub fn take(&self, cleaner: &Cleaner, settled: Settled, corpus: &Corpus) -> Result<(), RunError> {
        let Settled { number, mut processed, position } = settled;
        let settings = cleaner.settings();
        let mut line = Vec::new();
        let mut reused = processed.reused.is_some();
        if processed.record.outcome == Outcome::Written {
            if reused && !self.has_output(&processed, position.record.is_some()) {
                // The text is needed after all: the copy that was kept is gone, or the name has changed.
                let Some(raw) = processed.reused.take() else { return Ok(()) };
                processed = clean(cleaner, *raw, std::time::Instant::now(), corpus);
                reused = false;
            }
            if let Some(document) = processed.document.take() {
                match &self.place {
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
        } else {
            processed.record.output = None;
            processed.record.bytes_out = 0;
        }
        let commit = Commit { record: processed.record, position, line, seconds: processed.seconds, reused };
        self.lock().add(number, commit, settings, &self.place, self.progress)
    }

    /// Whether the output of a document that did not change stands where it should.
    fn has_output(&self, processed: &Processed, in_container: bool) -> bool {
        match &self.place {
            Place::Tree { names, .. } => {
                processed.record.output.as_deref() == Some(&slashed(&output_name(names, processed, in_container)))
            }
            _ => false,
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
            Log::Directory { mut journal, documents, timings } => {
                let path = place_path(&place);
                let result = documents.map_or(Ok(()), |mut documents| documents.file.flush());
                result.and_then(|()| journal.flush()).map_err(|source| RunError::Output { path, source })?;
                drop(timings);
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
            Log::Directory { journal, documents, mut timings } => {
                let (Place::Tree { directory, .. } | Place::Documents { directory }) = &place else {
                    return Ok(summary);
                };
                let error = |source| RunError::Output { path: directory.root().to_owned(), source };
                timings.flush().map_err(error)?;
                let made =
                    documents.map(|documents| documents.finish(directory, settings)).transpose().map_err(error)?;
                if let Some(made) = made {
                    remove_stale_documents(directory, &made).map_err(error)?;
                }
                let stale = stale_outputs(directory).map_err(error)?;
                journal.finish(directory, settings.write.sync).map_err(error)?;
                RunState { finished: true, ..state.clone() }.write(directory).map_err(error)?;
                let _ = fs::remove_file(directory.state("interrupted"));
                for output in stale {
                    match prune && fs::remove_file(directory.root().join(&output)).is_ok() {
                        true => summary.pruned += 1,
                        false => summary.orphaned += 1,
                    }
                }
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

/// Takes a directory: names are settled, and the journal of an interrupted run is found.
fn open_directory<'a>(
    cleaner: &Cleaner,
    job: &Job,
    state: &RunState,
    directory: OutputDirectory,
    progress: &Progress,
) -> Result<(Place, Log<'a>, Resumed), RunError> {
    let settings = cleaner.settings();
    let root = directory.root().to_owned();
    let error = |source| RunError::Output { path: root.clone(), source };
    let tree = settings.write.format.is_tree();
    let names = survey(job, &directory, settings, progress)?;
    let left = RunState::read(&directory);
    let plain = settings.write.compression == Compression::None;
    let interrupted = left.as_ref() == Some(state) && journal_path(&directory).exists();
    let (journal, resumed) = match interrupted {
        true => Journal::resume(&directory, settings.dedup.exact, |line| {
            if !tree {
                return DocumentsFile::holds(&directory, line.end);
            }
            let Some(output) = &line.record.output else { return true };
            let found = fs::metadata(root.join(output));
            found.is_ok_and(|found| !plain || found.len() == line.record.bytes_out)
        })
        .map_err(error)?,
        false => {
            // What an interrupted run of another job had done may still be of use, row by row.
            if left.is_some_and(|left| !left.finished) && journal_path(&directory).exists() {
                fs::rename(journal_path(&directory), directory.state("interrupted")).map_err(error)?;
            }
            // What another job had judged is of no use; gone before this job is named as the one to go on with.
            let _ = fs::remove_file(spool_path(&directory));
            state.write(&directory).map_err(error)?;
            (Journal::create(&directory).map_err(error)?, Resumed::default())
        }
    };
    let timings = directory.state("timings.jsonl");
    let timings = match interrupted {
        true => OpenOptions::new().append(true).create(true).open(timings),
        false => File::create(timings),
    };
    let documents = match tree {
        true => None,
        false => Some(DocumentsFile::open(&directory, resumed.end, settings).map_err(error)?),
    };
    let log = Log::Directory { journal, documents, timings: BufWriter::new(timings.map_err(error)?) };
    let place = match tree {
        true => Place::Tree { directory, names },
        false => Place::Documents { directory },
    };
    Ok((place, log, resumed))
}

/// Looks at the inputs once, without reading them: output names follow from the whole set, and a progress bar wants
/// to know how much there is.
fn survey(
    job: &Job,
    directory: &OutputDirectory,
    settings: &Settings,
    progress: &Progress,
) -> Result<OutputNames, RunError> {
    use std::sync::atomic::Ordering::Relaxed;
    let mut names = OutputNamesBuilder::new(settings.write.format.extension(), settings.write.compression);
    for file in dechaff_read::open(&job.inputs, &settings.read)?.never_reading(directory.root()).survey() {
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
    fn add(
        &mut self,
        number: u64,
        commit: Commit,
        settings: &Settings,
        place: &Place,
        progress: &Progress,
    ) -> Result<(), RunError> {
        self.waiting.insert(number, commit);
        while let Some(commit) = self.waiting.remove(&self.next) {
            self.next += 1;
            self.commit(commit, settings, place)
                .map_err(|source| match place {
                    Place::Stream { .. } => stream_error(source),
                    _ => RunError::Output { path: place_path(place), source },
                })
                .map(|record| progress.count(&record))?;
        }
        Ok(())
    }

    fn commit(&mut self, commit: Commit, settings: &Settings, place: &Place) -> io::Result<Record> {
        let Commit { mut record, position, line, seconds, reused } = commit;
        match &mut self.log {
            Log::Directory { journal, documents, timings } => {
                let mut end = End::default();
                if let Some(documents) = documents {
                    let (Place::Tree { directory, .. } | Place::Documents { directory }) = place else {
                        unreachable!("a stream has no files of documents")
                    };
                    if !line.is_empty() {
                        record.output = Some(documents.name(settings));
                        documents.add(&line, directory, settings)?;
                    }
                    if journal.is_due() {
                        documents.file.flush()?;
                    }
                    end = documents.end;
                }
                journal.add(&record, &position, end)?;
                let [read, judge, render] = seconds;
                writeln!(
                    timings,
                    "{}",
                    serde_json::json!({"id": record.id, "read": read, "judge": judge, "render": render})
                )?;
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

/// A file of documents that grows under `.dechaff/` as uncompressed lines, and takes its name and form once it is
/// complete: so an interrupted run can cut it back to the last committed document. The lines of the shard before are
/// kept until another is complete, since the journal on disk may still speak of them.
struct DocumentsFile {
    file: BufWriter<File>,
    end: End,
    made: Vec<PathBuf>,
}

impl DocumentsFile {
    fn part(directory: &OutputDirectory, shard: u32) -> PathBuf {
        directory.state(&format!("documents-{shard:05}.part"))
    }

    /// Whether the lines that a committed document stands on are all there.
    fn holds(directory: &OutputDirectory, end: End) -> bool {
        end.bytes == 0
            || fs::metadata(DocumentsFile::part(directory, end.shard)).is_ok_and(|part| part.len() >= end.bytes)
    }

    fn open(directory: &OutputDirectory, end: End, settings: &Settings) -> io::Result<DocumentsFile> {
        let made = (0..end.shard).map(|shard| shard_name(shard, settings)).collect();
        Ok(DocumentsFile { file: part_file(directory, end)?, end, made })
    }

    /// The file that the next document will stand in.
    fn name(&self, settings: &Settings) -> String {
        slashed(&shard_name(self.end.shard, settings))
    }

    fn add(&mut self, line: &[u8], directory: &OutputDirectory, settings: &Settings) -> io::Result<()> {
        self.file.write_all(line)?;
        self.end.bytes += line.len() as u64;
        if settings.write.shard_bytes > 0 && self.end.bytes >= settings.write.shard_bytes {
            self.complete(directory, settings)?;
            if let Some(before) = self.end.shard.checked_sub(1) {
                let _ = fs::remove_file(DocumentsFile::part(directory, before));
            }
            self.end = End { shard: self.end.shard + 1, bytes: 0 };
            self.file = part_file(directory, self.end)?;
        }
        Ok(())
    }

    fn finish(mut self, directory: &OutputDirectory, settings: &Settings) -> io::Result<Vec<PathBuf>> {
        if self.end.bytes > 0 || self.end.shard == 0 {
            self.complete(directory, settings)?;
        }
        for shard in [self.end.shard.wrapping_sub(1), self.end.shard] {
            let _ = fs::remove_file(DocumentsFile::part(directory, shard));
        }
        Ok(self.made)
    }

    /// Gives the part its name and form.
    fn complete(&mut self, directory: &OutputDirectory, settings: &Settings) -> io::Result<()> {
        self.file.flush()?;
        let name = shard_name(self.end.shard, settings);
        let part = File::open(DocumentsFile::part(directory, self.end.shard))?;
        finish_documents(part, directory.create(&name)?, &settings.write)?.commit(settings.write.sync)?;
        self.made.push(name);
        Ok(())
    }
}

/// The part of a shard, cut to its committed length and open for more.
fn part_file(directory: &OutputDirectory, end: End) -> io::Result<BufWriter<File>> {
    let path = DocumentsFile::part(directory, end.shard);
    let file = OpenOptions::new().create(true).write(true).truncate(false).open(&path)?;
    file.set_len(end.bytes)?;
    Ok(BufWriter::with_capacity(1 << 18, OpenOptions::new().append(true).open(path)?))
}

fn shard_name(shard: u32, settings: &Settings) -> PathBuf {
    let (extension, suffix) = match settings.write.format {
        Format::Parquet => ("parquet", ""),
        format => (format.extension(), settings.write.compression.suffix()),
    };
    match settings.write.shard_bytes {
        0 => format!("documents.{extension}{suffix}").into(),
        _ => format!("documents-{shard:05}.{extension}{suffix}").into(),
    }
}

/// Files of documents that an earlier run made and this one did not: left there, they would be read as its output.
fn remove_stale_documents(directory: &OutputDirectory, made: &[PathBuf]) -> io::Result<()> {
    for entry in fs::read_dir(directory.root())? {
        let name = entry?.file_name();
        let ours = name.to_str().is_some_and(|name| name.starts_with("documents.") || name.starts_with("documents-"));
        if ours && !made.iter().any(|made| made.as_os_str() == name) {
            fs::remove_file(directory.root().join(name))?;
        }
    }
    Ok(())
}

/// Outputs of the last finished run that this run's journal does not name.
fn stale_outputs(directory: &OutputDirectory) -> io::Result<Vec<String>> {
    let rows = rows_path(directory);
    if !rows.exists() {
        return Ok(Vec::new());
    }
    let mut current = HashSet::new();
    let mut lines = Lines::open(&journal_path(directory))?;
    while let Some((line, _)) = lines.next()? {
        current.extend(line.record.output);
    }
    let mut stale = Vec::new();
    let mut lines = Lines::open(&rows)?;
    while let Some((line, _)) = lines.next()? {
        let is_own_file = |output: &String| !output.starts_with("documents.") && !output.starts_with("documents-");
        stale.extend(line.record.output.filter(|output| is_own_file(output) && !current.contains(output)));
    }
    stale.retain(|output| directory.root().join(output).exists());
    Ok(stale)
}

fn output_name(names: &OutputNames, processed: &Processed, in_container: bool) -> PathBuf {
    match in_container {
        true => names.output_of_record(&processed.source.relative),
        false => names.output(&processed.source.relative),
    }
}

fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
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
