//! What an output directory gets row by row, strictly in order: the journal, files of many documents, timings; and how a
//! run comes to its end.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};

use dechaff_read::Position;
use dechaff_write::{OutputDirectory, Record, Settings};

use super::journal::{Journal, Mark, Resumed, RunState, interrupted_path};
use super::lines::{End, Kind, LinesFile, remove_parts, stale_files};
use super::stale::{Stale, remove_output};
use super::summary::Summary;

/// The logs of a run over a directory.
pub(crate) struct Logs {
    journal: Journal,
    /// Files of many documents, for formats that have them.
    documents: Option<LinesFile>,
    /// What was dropped, where it is kept.
    dropped: Option<LinesFile>,
    timings: BufWriter<File>,
}

impl Logs {
    /// Opens what goes beside a journal: at its beginning, or where the run that it is `resumed` from had come.
    pub fn open(
        directory: &OutputDirectory,
        journal: Journal,
        resumed: &Resumed,
        interrupted: bool,
        settings: &Settings,
    ) -> io::Result<Logs> {
        let timings = directory.state("timings.jsonl");
        let timings = match interrupted {
            true => OpenOptions::new().append(true).create(true).open(timings),
            false => File::create(timings),
        }?;
        let file = |kind, wanted: bool, end: End| match wanted {
            true => LinesFile::open(kind, directory, end, settings).map(Some),
            false => Ok(None),
        };
        Ok(Logs {
            journal,
            documents: file(Kind::Documents, !settings.format.is_tree(), resumed.documents)?,
            dropped: file(Kind::Dropped, settings.keep_dropped, resumed.dropped)?,
            timings: BufWriter::new(timings),
        })
    }

    /// The file that the next document's line will stand in.
    pub fn documents_name(&self) -> Option<String> {
        self.documents.as_ref().map(LinesFile::name)
    }

    /// Adds a row and its lines of documents and of what was dropped, where it has them.
    pub fn add(
        &mut self,
        record: &Record,
        position: &Position,
        came_with: u64,
        lines: [&[u8]; 2],
        directory: &OutputDirectory,
    ) -> io::Result<()> {
        let mut mark = Mark { came_with, ..Mark::default() };
        let mut completes = false;
        let files = [(&mut self.documents, &mut mark.documents), (&mut self.dropped, &mut mark.dropped)];
        for ((file, grown), line) in files.into_iter().zip(lines) {
            if let Some(file) = file {
                *grown = file.add(line, directory)?;
                completes |= grown.line.is_some_and(|line| line.shard < grown.end.shard);
            }
        }
        if completes || self.journal.is_due() {
            // What the journal speaks of must be there before it.
            self.files().try_for_each(LinesFile::flush)?;
        }
        self.journal.add(record, position, &mark)?;
        if completes {
            self.journal.flush()?;
            self.files().for_each(|file| file.forget_complete(directory));
        }
        Ok(())
    }

    /// Adds how long a document took, in seconds.
    pub fn time(&mut self, id: &str, [read, judge, render]: [f64; 3]) -> io::Result<()> {
        let line = serde_json::json!({"id": id, "read": read, "judge": judge, "render": render});
        writeln!(self.timings, "{line}")
    }

    /// Hands everything to the system.
    pub fn flush(&mut self) -> io::Result<()> {
        self.files().try_for_each(LinesFile::flush)?;
        self.journal.flush()?;
        self.timings.flush()
    }

    /// Brings a run to its end: files take their names, outputs of earlier runs that are wrong now go (and those whose
    /// inputs are gone, with `prune`), the manifest appears. A run that is killed meanwhile goes on from its journal and
    /// does the rest again.
    pub fn finish(
        mut self,
        directory: &OutputDirectory,
        state: &RunState,
        prune: bool,
        summary: &mut Summary,
    ) -> io::Result<()> {
        self.flush()?;
        let Logs { journal, documents, dropped, timings } = self;
        drop(timings);
        for (kind, file) in [(Kind::Documents, documents), (Kind::Dropped, dropped)] {
            let made = file.map(|file| file.finish(directory)).transpose()?;
            // Beside a tree, documents of an earlier run are its user's to remove.
            let leaves = kind == Kind::Documents && made.is_none() && !prune;
            for stale in stale_files(kind, directory.root(), &made.unwrap_or_default())? {
                match leaves {
                    true => summary.orphaned += 1,
                    false => fs::remove_file(stale)?,
                }
            }
        }
        let mut stale = Stale::find(directory.root(), state)?;
        stale.replaced.iter().try_for_each(|output| remove_output(directory.root(), output))?;
        summary.replaced += stale.replaced.len() as u64;
        if prune {
            stale.gone.iter().try_for_each(|output| remove_output(directory.root(), output))?;
            summary.pruned += stale.gone.len() as u64;
            stale.gone.clear();
        }
        summary.orphaned += stale.gone.len() as u64;
        Stale::remember(directory.root(), &stale.gone)?;
        journal.finish(directory, state.write.sync)?;
        RunState { finished: true, mixed: false, ..state.clone() }.write(directory)?;
        // Nothing speaks of these any more; what cannot be removed is removed by the next run.
        let _ = fs::remove_file(interrupted_path(directory.root()));
        let _ = remove_parts(Kind::Documents, directory);
        let _ = remove_parts(Kind::Dropped, directory);
        Ok(())
    }

    fn files(&mut self) -> impl Iterator<Item = &mut LinesFile> {
        self.documents.iter_mut().chain(self.dropped.iter_mut())
    }
}
