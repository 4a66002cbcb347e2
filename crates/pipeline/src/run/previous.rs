//! What an earlier run of the same directory knows of a document, so that only what changed is cleaned again.
//!
//! A row is taken over where the same id has the same raw bytes and the configuration is the same: then the page would
//! be judged just so. Whether it is a copy of another document is settled anew every time.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use dechaff_dedup::{Hash, raw_hash};
use dechaff_write::{Outcome, Record};

use super::journal::parse;
use crate::cleaner::hex;

/// Rows of an earlier run, on disk; in memory stand 24 bytes for each.
#[derive(Debug, Default)]
pub(crate) struct Previous {
    /// Offset of a row by a hash of its id.
    rows: HashMap<u64, u64>,
    file: Option<Mutex<BufReader<File>>>,
    configuration: String,
    /// Where outputs stand.
    root: PathBuf,
    /// Whether the size of an output tells that it is whole.
    plain: bool,
}

impl Previous {
    /// The rows of a finished or interrupted run of the same configuration. A file that is not there has none.
    pub fn read(rows: &[PathBuf], root: &Path, configuration: &str, plain: bool) -> io::Result<Previous> {
        let mut previous =
            Previous { root: root.to_owned(), configuration: configuration.to_owned(), plain, ..Previous::default() };
        let Some(path) = rows.iter().find(|path| path.exists()) else { return Ok(previous) };
        let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
        let mut offset = 0;
        let mut line = Vec::new();
        loop {
            line.clear();
            let bytes = file.read_until(b'\n', &mut line)? as u64;
            if bytes == 0 {
                break;
            }
            if let Some(parsed) = parse(&line)
                && parsed.record.configuration.as_ref() == configuration
            {
                previous.rows.insert(id_hash(&parsed.record.id), offset);
            }
            offset += bytes;
        }
        previous.file = Some(Mutex::new(file));
        Ok(previous)
    }

    /// The row of a document with the same id and the same bytes, if its output is still in place.
    pub fn row(&self, id: &str, raw: &Hash) -> Option<Record> {
        let offset = *self.rows.get(&id_hash(id))?;
        let line = {
            let mut file = self.file.as_ref()?.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            file.seek(SeekFrom::Start(offset)).ok()?;
            let mut line = Vec::new();
            file.read_until(b'\n', &mut line).ok()?;
            line
        };
        let record = parse(&line)?.record;
        let same = record.id == id
            && record.raw_sha256.as_deref() == Some(&hex(raw))
            && record.configuration.as_ref() == self.configuration;
        (same && self.reusable(&record)).then_some(record)
    }

    fn reusable(&self, record: &Record) -> bool {
        match &record.outcome {
            Outcome::Written => record.output.as_ref().is_some_and(|output| {
                let found = std::fs::metadata(self.root.join(output));
                found.is_ok_and(|found| found.is_file() && (!self.plain || found.len() == record.bytes_out))
            }),
            Outcome::Duplicate { similarity, .. } => similarity.is_none(),
            Outcome::Empty { .. } => true,
            _ => false,
        }
    }
}

fn id_hash(id: &str) -> u64 {
    let hash = raw_hash(id.as_bytes());
    u64::from_le_bytes(hash[..8].try_into().expect("eight bytes"))
}
