//! One reading of a job's inputs: the chosen entries, worked on by all threads, their results taken in input order.
//!
//! A run reads its inputs through this, and so does whatever looks at the corpus before a run writes. How much is in
//! flight and when to stop is said here alone, for entries and for documents that are judged already.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use dechaff_read::{Counts, Entry, Position, Reader};

use crate::cleaner::Cleaner;
use crate::config::PipelineSettings;
use crate::corpus::Frame;
use crate::error::RunError;
use crate::job::Job;
use crate::ordered::{Window, in_order_until_failure};

/// One reading of a job's inputs.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    /// Its settings say how to read, and how much may be in flight.
    pub cleaner: &'a Cleaner,
    /// What to read.
    pub job: &'a Job,
    /// The output directory, which is never read as input.
    pub output: Option<&'a Path>,
    /// Ends the reading early.
    pub stop: &'a AtomicBool,
}

/// What of the inputs an interrupted run had done.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Done<'a> {
    /// Entries.
    pub entries: u64,
    /// Position of the last of them.
    pub last: Option<&'a Position>,
}

impl Reading<'_> {
    /// Whether it was stopped.
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Works on every entry on some thread and hands the results to `take`, in input order. The first failure ends the
    /// reading. Returns what the reader passed over without an entry.
    pub fn each<T: Send>(
        &self,
        work: impl Fn(Entry) -> T + Sync,
        take: impl FnMut(T) -> Result<(), RunError> + Send,
    ) -> Result<Counts, RunError> {
        self.each_after(Done::default(), work, take, |()| Ok(()))
    }

    /// As [`Reading::each`], for the entries after those that were done; `finish` is called on what `settle` made of a
    /// result, on any thread and in no order.
    pub fn each_after<T: Send, J: Send>(
        &self,
        done: Done<'_>,
        work: impl Fn(Entry) -> T + Sync,
        settle: impl FnMut(T) -> Result<J, RunError> + Send,
        finish: impl Fn(J) -> Result<(), RunError> + Sync,
    ) -> Result<Counts, RunError> {
        let mut reader = self.reader(done.last)?;
        let mut chosen = self.job.selection.chooser(done.entries);
        // The reader gives the last entry once more, unless its file is gone meanwhile.
        let next = done.last.and_then(|last| reader.next().filter(|entry| !entry.position().is_same_place(last)));
        let mut entries = next.into_iter().chain(&mut reader);
        let entries = std::iter::from_fn(|| chosen.next(&mut entries));
        self.in_order(entries, |entry: &Entry| entry.held_bytes() as u64, work, settle, finish)?;
        Ok(reader.passed())
    }

    /// As [`Reading::each_after`], for documents that are judged already.
    pub fn each_judged<T: Send, J: Send>(
        &self,
        frames: impl Iterator<Item = io::Result<Frame>> + Send,
        work: impl Fn(io::Result<Frame>) -> T + Sync,
        settle: impl FnMut(T) -> Result<J, RunError> + Send,
        finish: impl Fn(J) -> Result<(), RunError> + Sync,
    ) -> Result<(), RunError> {
        self.in_order(frames, |frame| frame.as_ref().map_or(0, Frame::bytes), work, settle, finish)
    }

    /// Works on items of these sizes in bytes, as many at once as the settings allow, until it is stopped.
    fn in_order<I: Send, T: Send, J: Send>(
        &self,
        items: impl Iterator<Item = I> + Send,
        bytes: impl Fn(&I) -> u64 + Sync,
        work: impl Fn(I) -> T + Sync,
        settle: impl FnMut(T) -> Result<J, RunError> + Send,
        finish: impl Fn(J) -> Result<(), RunError> + Sync,
    ) -> Result<(), RunError> {
        let PipelineSettings { in_flight, in_flight_bytes, .. } = self.cleaner.settings().pipeline;
        let window = Window { items: rayon::current_num_threads() * in_flight.max(1), weight: in_flight_bytes.max(1) };
        in_order_until_failure(items, window, bytes, || self.stopped(), work, settle, finish)
    }

    fn reader(&self, last: Option<&Position>) -> Result<Reader, RunError> {
        let settings = &self.cleaner.settings().read;
        let reader = match last {
            None => dechaff_read::open(&self.job.inputs, settings)?,
            Some(position) => dechaff_read::open_at(&self.job.inputs, settings, position)?,
        };
        let reader = reader.for_threads(rayon::current_num_threads());
        Ok(match self.output {
            Some(directory) => reader.never_reading(directory),
            None => reader,
        })
    }
}
