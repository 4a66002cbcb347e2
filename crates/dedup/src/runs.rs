//! Keys of documents in order, from memory or from sorted runs on disk: how documents that share a key are brought
//! together without a table of all keys.
//!
//! A document has a fixed number of keys, one a band (one only, for paragraphs).

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    io,
};

use crate::scratch::ScratchFile;

/// A band key and a document that has it.
pub(crate) type Entry = (u64, u32);

/// Band keys of all documents.
#[derive(Debug)]
pub(crate) enum Entries {
    /// A row of keys a document; `documents` names the rows.
    Memory { rows: Vec<Vec<u64>>, documents: Vec<u32> },
    /// Sorted runs.
    Disk { file: ScratchFile, runs: Vec<Run> },
}

/// A run on disk: band after band, `entries` of [`ENTRY`] bytes each, sorted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    start: u64,
    entries: u64,
}

/// Key and document, little-endian.
const ENTRY: usize = 12;
/// Entries read from a run at a time: 48 KB, so that a thousand runs are merged in 64 MB with what they decode to.
const READ: u64 = 4096;

/// Sorts rows band by band and appends them to the file.
pub(crate) fn write_run(file: &mut ScratchFile, rows: &[Vec<u64>], documents: &[u32], bands: usize) -> io::Result<Run> {
    let run = Run { start: file.length(), entries: documents.len() as u64 };
    for band in 0..bands {
        for (key, document) in sorted_band(rows, documents, band, bands) {
            let mut entry = [0; ENTRY];
            entry[..8].copy_from_slice(&key.to_le_bytes());
            entry[8..].copy_from_slice(&document.to_le_bytes());
            file.append(&entry)?;
        }
    }
    Ok(run)
}

/// The entries of one band, in order of key and document.
pub(crate) fn sorted_band(rows: &[Vec<u64>], documents: &[u32], band: usize, bands: usize) -> Vec<Entry> {
    let keys = rows.iter().flat_map(|rows| rows.iter().skip(band).step_by(bands));
    let mut entries: Vec<Entry> = keys.copied().zip(documents.iter().copied()).collect();
    entries.sort_unstable();
    entries
}

/// The entries of one band in order, from wherever they are.
pub(crate) enum Sorted {
    Memory(std::vec::IntoIter<Entry>),
    Merge { cursors: Vec<Cursor>, next: BinaryHeap<Reverse<(Entry, usize)>> },
}

/// Reading place in one band of one run.
pub(crate) struct Cursor {
    at: u64,
    left: u64,
    read: VecDeque<Entry>,
}

impl Sorted {
    pub(crate) fn of(entries: Vec<Entry>) -> Sorted {
        Sorted::Memory(entries.into_iter())
    }

    pub(crate) fn band(entries: &Entries, band: usize, bands: usize) -> io::Result<Sorted> {
        match entries {
            Entries::Memory { rows, documents } => Ok(Sorted::of(sorted_band(rows, documents, band, bands))),
            Entries::Disk { file, runs } => {
                let mut cursors: Vec<Cursor> = runs
                    .iter()
                    .map(|run| {
                        let at = run.start + band as u64 * run.entries * ENTRY as u64;
                        Cursor { at, left: run.entries, read: VecDeque::new() }
                    })
                    .collect();
                let mut next = BinaryHeap::new();
                for (index, cursor) in cursors.iter_mut().enumerate() {
                    next.extend(cursor.pop(file)?.map(|entry| Reverse((entry, index))));
                }
                Ok(Sorted::Merge { cursors, next })
            }
        }
    }

    pub(crate) fn pop(&mut self, entries: &Entries) -> io::Result<Option<Entry>> {
        match (self, entries) {
            (Sorted::Memory(entries), _) => Ok(entries.next()),
            (Sorted::Merge { cursors, next }, Entries::Disk { file, .. }) => {
                let Some(Reverse((entry, index))) = next.pop() else { return Ok(None) };
                next.extend(cursors[index].pop(file)?.map(|entry| Reverse((entry, index))));
                Ok(Some(entry))
            }
            (Sorted::Merge { .. }, Entries::Memory { .. }) => Ok(None),
        }
    }
}

impl Cursor {
    fn pop(&mut self, file: &ScratchFile) -> io::Result<Option<Entry>> {
        if self.read.is_empty() && self.left > 0 {
            let count = self.left.min(READ);
            let mut bytes = vec![0; count as usize * ENTRY];
            file.read(&mut bytes, self.at)?;
            self.at += bytes.len() as u64;
            self.left -= count;
            let number = |bytes: &[u8]| bytes.iter().rev().fold(0u64, |number, &byte| number << 8 | u64::from(byte));
            self.read.extend(bytes.as_chunks::<ENTRY>().0.iter().map(|it| (number(&it[..8]), number(&it[8..]) as u32)));
        }
        Ok(self.read.pop_front())
    }
}

impl Entries {
    /// Bytes on disk.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Entries::Memory { .. } => 0,
            Entries::Disk { file, .. } => file.length(),
        }
    }
}
