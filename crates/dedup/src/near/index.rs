//! Where sketches are kept: in memory up to a limit, on disk beyond it.

use std::{borrow::Cow, io};

use super::{
    Clustering, NearError, Sketch,
    sketch::{Bands, set_key},
};
use crate::{
    Near,
    runs::{Entries, Run, write_run},
    scratch::{ScratchFile, Spill},
};

/// The sketches of a run.
///
/// Memory, a document: 8 bytes a band (416 at most) and 8 a shingle, up to the limit of the [`Spill`]; beside
/// it, and beyond it, 29 bytes (place and size of its set, a key of the set, cluster) and 16 while clustering. So
/// the state is below 0.5 KB plus 8 bytes a shingle. Beyond the limit shingles and band keys go to scratch files:
/// 12 bytes a band and 8 a shingle.
pub struct NearIndex {
    settings: Near,
    bands: Bands,
    /// Band keys of the documents in `fresh`, a row a document.
    rows: Vec<Vec<u64>>,
    /// Documents whose band keys are in memory.
    fresh: Vec<u32>,
    sets: Sets,
    runs: Vec<Run>,
    run_file: Option<ScratchFile>,
    spill: Spill,
}

/// Rows of band keys allocated at a time, so that the index grows without copying itself.
const ROWS: usize = 1024;

impl NearIndex {
    /// An empty index. Its files are asked for when the memory limit is reached, not before.
    ///
    /// # Errors
    /// If a setting is out of its range.
    pub fn new(settings: &Near, spill: Spill) -> Result<NearIndex, NearError> {
        settings.check()?;
        Ok(NearIndex {
            settings: settings.clone(),
            bands: Bands::for_threshold(settings.threshold),
            rows: Vec::new(),
            fresh: Vec::new(),
            sets: Sets::default(),
            runs: Vec::new(),
            run_file: None,
            spill,
        })
    }

    /// Enters a document. Numbers are the caller's: each once, from 0, in any order; a gap costs 29 bytes.
    ///
    /// # Errors
    /// If a scratch file cannot be made or written.
    pub fn insert(&mut self, document: u32, sketch: &Sketch) -> io::Result<()> {
        if self.fresh.len().is_multiple_of(ROWS) {
            self.rows.push(Vec::with_capacity(ROWS * sketch.bands.len()));
        }
        if let Some(rows) = self.rows.last_mut() {
            rows.extend_from_slice(&sketch.bands);
        }
        self.fresh.push(document);
        self.sets.insert(document, &sketch.shingles)?;
        let rows = self.rows.len() * ROWS * self.bands.bands as usize * 8;
        // While clustering, and while a run is sorted, a document takes 16 bytes more.
        let memory = rows + self.sets.memory() + 16 * self.fresh.len();
        if memory as u64 > self.spill.limit { self.write_out() } else { Ok(()) }
    }

    /// Ends the insertion.
    ///
    /// # Errors
    /// If a scratch file cannot be written.
    pub fn cluster(mut self) -> io::Result<Clustering> {
        let entries = match self.run_file.is_some() {
            true => {
                self.write_out()?;
                self.sets.flush()?;
                let mut file = self.run_file.take().ok_or(io::ErrorKind::NotFound)?;
                file.flush()?;
                Entries::Disk { file, runs: self.runs }
            }
            false => Entries::Memory { rows: self.rows, documents: self.fresh },
        };
        Ok(Clustering::new(self.settings, self.bands, entries, self.sets))
    }

    /// Writes what is in memory to the scratch files.
    fn write_out(&mut self) -> io::Result<()> {
        if self.run_file.is_none() {
            self.run_file = Some(self.spill.file()?);
            self.sets.move_to(self.spill.file()?, &self.fresh)?;
        }
        if let (Some(file), false) = (&mut self.run_file, self.fresh.is_empty()) {
            self.runs.push(write_run(file, &self.rows, &self.fresh, self.bands.bands as usize)?);
        }
        self.rows = Vec::new();
        self.fresh.clear();
        Ok(())
    }
}

/// The shingle sets, by document.
#[derive(Debug, Default)]
pub(crate) struct Sets {
    places: Vec<Place>,
    keys: Vec<u64>,
    chunks: Vec<Vec<u64>>,
    file: Option<ScratchFile>,
}

/// Where a set lies: in `chunks` (chunk in the upper half, offset in the lower) or in the file (offset in hashes).
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    at: u64,
    length: u32,
}

/// Hashes of a chunk: 1 MiB.
const CHUNK: usize = 1 << 17;

impl Sets {
    /// Number of documents, gaps included.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// Shingles of a document; 0 for one that was not inserted.
    pub(crate) fn size(&self, document: u32) -> usize {
        self.places.get(document as usize).map_or(0, |place| place.length as usize)
    }

    /// A key of the document's whole set.
    pub(crate) fn key(&self, document: u32) -> u64 {
        self.keys[document as usize]
    }

    /// The set of a document.
    pub(crate) fn get(&self, document: u32) -> io::Result<Cow<'_, [u64]>> {
        let Place { at, length } = self.places[document as usize];
        match &self.file {
            Some(file) => {
                let mut bytes = vec![0; length as usize * 8];
                file.read(&mut bytes, at * 8)?;
                Ok(Cow::Owned(bytes.as_chunks().0.iter().map(|&bytes| u64::from_le_bytes(bytes)).collect()))
            }
            None => {
                let start = at as u32 as usize;
                Ok(Cow::Borrowed(&self.chunks[(at >> 32) as usize][start..start + length as usize]))
            }
        }
    }

    /// Bytes on disk.
    pub(crate) fn bytes(&self) -> u64 {
        self.file.as_ref().map_or(0, ScratchFile::length)
    }

    fn insert(&mut self, document: u32, set: &[u64]) -> io::Result<()> {
        let index = document as usize;
        if self.places.len() <= index {
            self.places.resize(index + 1, Place::default());
            self.keys.resize(index + 1, 0);
        }
        self.keys[index] = set_key(set);
        self.places[index] = Place { at: self.append(set)?, length: set.len() as u32 };
        Ok(())
    }

    fn append(&mut self, set: &[u64]) -> io::Result<u64> {
        if let Some(file) = &mut self.file {
            let at = file.length() / 8;
            for hash in set {
                file.append(&hash.to_le_bytes())?;
            }
            return Ok(at);
        }
        if self.chunks.last().is_none_or(|chunk| chunk.capacity() - chunk.len() < set.len()) {
            self.chunks.push(Vec::with_capacity(CHUNK.max(set.len())));
        }
        let chunk = self.chunks.len() - 1;
        let at = self.chunks[chunk].len();
        self.chunks[chunk].extend_from_slice(set);
        Ok((chunk as u64) << 32 | at as u64)
    }

    /// Bytes held in chunks.
    fn memory(&self) -> usize {
        match self.chunks.split_last() {
            // All chunks but large ones have one size; counting them one by one for every document would be
            // quadratic.
            Some((last, full)) => full.len() * CHUNK * 8 + last.capacity() * 8,
            None => 0,
        }
    }

    fn move_to(&mut self, file: ScratchFile, documents: &[u32]) -> io::Result<()> {
        let chunks = std::mem::take(&mut self.chunks);
        self.file = Some(file);
        for &document in documents {
            let Place { at, length } = self.places[document as usize];
            let start = at as u32 as usize;
            let at = self.append(&chunks[(at >> 32) as usize][start..start + length as usize])?;
            self.places[document as usize].at = at;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), ScratchFile::flush)
    }
}
