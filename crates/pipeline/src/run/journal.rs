//! What a run has done so far, on disk: the ground that an interrupted run goes on from.
//!
//! `.dechaff/journal` has a line for every committed document: its manifest row, the reader's position, and a [`Mark`]
//! of how far files of many documents had grown, separated by tabs (JSON holds none). Lines are in input order and are
//! written only after the document's own file is in place, so whatever the last whole line says is true. A finished run
//! turns the journal into `manifest.jsonl` and keeps it as `.dechaff/rows`, which the next run over the same directory
//! reads.

use std::fs::{self, File, OpenOptions};
use std::hash::{Hash as _, Hasher};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dechaff_dedup::{Exact, Hash};
use dechaff_read::Position;
use dechaff_write::{AtomicFile, OutputDirectory, Record, Settings};
use rustc_hash::FxHasher;
use serde::{Deserialize, Serialize};

use super::RunError;
use super::lines::{End, Grown};
use super::summary::Summary;

/// Lines are handed to the system at least this often, so a killed run repeats at most this much work.
const FLUSH_EVERY: Duration = Duration::from_millis(250);

/// What identifies a run: another job in the same directory does not go on from its journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunState {
    /// Layout of the journal; raised when it changes.
    pub layout: u32,
    /// The program that wrote it.
    pub version: String,
    /// Hash of the configuration.
    pub configuration: String,
    /// Inputs and selection but for the shard, as text.
    pub job: String,
    /// The shard of several that is taken: index from 0, and number of shards.
    pub shard: Option<(u64, u64)>,
    /// Whether all documents were judged before any was written.
    pub judged: bool,
    /// What makes the result of shards differ from that of one run, if anything.
    pub whole_only: Option<String>,
    /// What copies of documents are, and which of them go.
    pub dedup: dechaff_dedup::Settings,
    /// How outputs are written.
    pub write: Settings,
    /// Whether the run came to its end.
    pub finished: bool,
    /// Whether outputs of this run may have been written over what the last finished one had written with another
    /// configuration, so that rows of that one say nothing of the files any more.
    pub mixed: bool,
}

impl RunState {
    pub const LAYOUT: u32 = 3;

    fn path(root: &Path) -> PathBuf {
        OutputDirectory::state_in(root, "run.json")
    }

    /// The state that the last run over an output directory left, if it can be understood.
    pub fn read(root: &Path) -> Option<RunState> {
        let text = fs::read(RunState::path(root)).ok()?;
        serde_json::from_slice(&text).ok().filter(|state: &RunState| state.layout == RunState::LAYOUT)
    }

    /// Whether a run of this state goes on from the journal that another left.
    pub fn goes_on_from(&self, left: &RunState) -> bool {
        !left.finished && RunState { mixed: left.mixed, ..self.clone() }.is_of_job(left)
    }

    /// Whether what was judged stays when the run is finished, to settle the documents of all shards together.
    pub fn keeps_judgements(&self) -> bool {
        self.judged && self.shard.is_some()
    }

    /// Whether both are the same, but for what cannot change an output: memory.
    pub fn is_of_job(&self, other: &RunState) -> bool {
        let mut other = other.clone();
        other.dedup.memory = self.dedup.memory;
        *self == other
    }

    pub fn write(&self, directory: &OutputDirectory) -> io::Result<()> {
        let mut file = AtomicFile::create(&RunState::path(directory.root()))?;
        serde_json::to_writer(&mut file, self)?;
        file.commit(true)
    }
}

/// Where a run begins: at the start, or where an interrupted one stopped.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resumed {
    /// An interrupted run of the same job is gone on from.
    pub interrupted: bool,
    /// Documents done.
    pub rows: u64,
    /// Position of the last of them.
    pub position: Option<Position>,
    /// Figures so far.
    pub summary: Summary,
    /// How far the file of documents had grown.
    pub documents: End,
    /// How far the file of what was dropped had grown.
    pub dropped: End,
}

/// What stands in a journal beside a row and its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// A hash of what came with the document beside its bytes: URL, media type, charset, fields of its record.
    pub came_with: u64,
    /// The file of documents.
    pub documents: Grown,
    /// The file of what was dropped.
    pub dropped: Grown,
}

/// The journal of a run that is going on.
#[derive(Debug)]
pub(crate) struct Journal {
    file: BufWriter<File>,
    flushed: Instant,
}

/// The journal being written, inside an output directory.
pub(crate) fn journal_path(root: &Path) -> PathBuf {
    OutputDirectory::state_in(root, "journal")
}

/// The journal of the last run that came to its end.
pub(crate) fn rows_path(root: &Path) -> PathBuf {
    OutputDirectory::state_in(root, "rows")
}

/// The journal of an interrupted run that another job did not go on from.
pub(crate) fn interrupted_path(root: &Path) -> PathBuf {
    OutputDirectory::state_in(root, "interrupted")
}

impl Journal {
    /// Begins a journal.
    pub fn create(directory: &OutputDirectory) -> io::Result<Journal> {
        Ok(Journal { file: BufWriter::new(File::create(journal_path(directory.root()))?), flushed: Instant::now() })
    }

    /// Goes on with the journal of an interrupted run. `holds` says whether a document's own output is in place: from
    /// the first that is not (after a power cut, say) the work is done again. `grown` says whether files of many
    /// documents hold all of their lines up to a mark: the run goes on at the last such. `done` gets every row that is
    /// done, in order.
    pub fn resume(
        directory: &OutputDirectory,
        mut done: impl FnMut(&Record) -> Result<(), RunError>,
        holds: impl FnMut(&Line) -> bool,
        grown: impl FnMut(&Mark) -> bool,
    ) -> Result<(Journal, Resumed), RunError> {
        let path = journal_path(directory.root());
        let failed = |source| RunError::Output { path: directory.root().to_owned(), source };
        let mut resumed = Resumed { interrupted: true, ..Resumed::default() };
        let mut length = 0;
        let rows = rows_in_place(&path, holds, grown).map_err(failed)?;
        let mut lines = Lines::open(&path).map_err(failed)?;
        while resumed.rows < rows {
            let Some((line, bytes)) = lines.next().map_err(failed)? else { break };
            done(&line.record)?;
            resumed.summary.count(&line.record);
            resumed.rows += 1;
            resumed.position = Some(line.position);
            resumed.documents = line.mark.documents.end;
            resumed.dropped = line.mark.dropped.end;
            length += bytes;
        }
        resumed.summary.resumed = resumed.rows;
        let cut = || {
            OpenOptions::new().write(true).open(&path)?.set_len(length)?;
            OpenOptions::new().append(true).open(&path)
        };
        let file = cut().map_err(failed)?;
        Ok((Journal { file: BufWriter::new(file), flushed: Instant::now() }, resumed))
    }

    /// Adds a document.
    pub fn add(&mut self, record: &Record, position: &Position, mark: &Mark) -> io::Result<()> {
        serde_json::to_writer(&mut self.file, record)?;
        self.file.write_all(b"\t")?;
        serde_json::to_writer(&mut self.file, position)?;
        self.file.write_all(b"\t")?;
        serde_json::to_writer(&mut self.file, mark)?;
        self.file.write_all(b"\n")?;
        if self.is_due() {
            self.flush()?;
        }
        Ok(())
    }

    /// Hands everything to the system.
    pub fn flush(&mut self) -> io::Result<()> {
        self.flushed = Instant::now();
        self.file.flush()
    }

    /// Whether lines would be handed over with the next one; what they speak of must be there before.
    pub fn is_due(&self) -> bool {
        self.flushed.elapsed() > FLUSH_EVERY
    }

    /// Ends the run: the manifest appears, the journal becomes the rows that the next run reads.
    pub fn finish(mut self, directory: &OutputDirectory, sync: bool) -> io::Result<()> {
        self.flush()?;
        let path = journal_path(directory.root());
        let mut manifest = directory.create(Path::new("manifest.jsonl"))?;
        copy_rows(&path, &mut manifest)?;
        manifest.commit(sync)?;
        fs::rename(path, rows_path(directory.root()))
    }
}

/// How many rows an interrupted run can go on behind.
fn rows_in_place(
    journal: &Path,
    mut holds: impl FnMut(&Line) -> bool,
    mut grown: impl FnMut(&Mark) -> bool,
) -> io::Result<u64> {
    let mut lines = Lines::open(journal)?;
    let (mut rows, mut in_place) = (0, 0);
    while let Some((line, _)) = lines.next()? {
        if !holds(&line) {
            break;
        }
        rows += 1;
        if grown(&line.mark) {
            in_place = rows;
        }
    }
    Ok(in_place)
}

/// One line of a journal.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub record: Record,
    pub position: Position,
    pub mark: Mark,
}

/// Lines of a journal, until its end or the first that is not whole.
pub(crate) struct Lines {
    file: BufReader<File>,
    line: Vec<u8>,
}

impl Lines {
    pub fn open(path: &Path) -> io::Result<Lines> {
        Ok(Lines { file: BufReader::with_capacity(1 << 16, File::open(path)?), line: Vec::new() })
    }

    /// The next line and its length in bytes.
    pub fn next(&mut self) -> io::Result<Option<(Line, u64)>> {
        self.line.clear();
        let bytes = self.file.read_until(b'\n', &mut self.line)?;
        Ok(parse(&self.line).map(|line| (line, bytes as u64)))
    }
}

/// A whole line, `None` for what a kill or a power cut left of one.
pub(crate) fn parse(line: &[u8]) -> Option<Line> {
    let line = line.strip_suffix(b"\n")?;
    let mut fields = line.split(|&byte| byte == b'\t');
    let mut field = || fields.next();
    Some(Line {
        record: serde_json::from_slice(field()?).ok()?,
        position: serde_json::from_slice(field()?).ok()?,
        mark: serde_json::from_slice(field()?).ok()?,
    })
}

/// A hash of what names a record's output: its container and its id. Records may repeat their ids; their outputs must
/// not meet.
pub(crate) fn record_name(record: &Record) -> u64 {
    name_of(&record.input, &record.id)
}

/// The same of the input and the id of a record.
pub(crate) fn name_of(input: &str, id: &str) -> u64 {
    let mut hasher = FxHasher::default();
    (input, id).hash(&mut hasher);
    hasher.finish()
}

/// The key of a document that was settled before, from its row.
pub(crate) fn key_of(record: &Record, exact: Exact) -> Option<Hash> {
    let hash = match exact {
        Exact::Content => record.content_sha256.as_deref(),
        Exact::Raw => record.raw_sha256.as_deref().filter(|_| record.content_sha256.is_some()),
        Exact::Off => None,
    }?;
    from_hex(hash)
}

pub(crate) fn from_hex(text: &str) -> Option<Hash> {
    let mut hash = Hash::default();
    if text.len() != 2 * hash.len() {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

/// Copies the rows of a journal, without what stands beside them.
fn copy_rows(journal: &Path, out: &mut impl Write) -> io::Result<()> {
    let mut lines = BufReader::with_capacity(1 << 16, File::open(journal)?);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        let row = line.split(|&byte| byte == b'\t').next().unwrap_or_default();
        out.write_all(row)?;
        out.write_all(b"\n")?;
        line.clear();
    }
    Ok(())
}
