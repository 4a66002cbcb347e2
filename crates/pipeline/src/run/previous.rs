//! What an earlier run of the same directory knows of a document, so that only what changed is cleaned again.
//!
//! A row is taken over where the same record has the same raw bytes, nothing that came with them changed, and the
//! configuration is the same: then the page would be judged just so. Whether it is a copy of another document is settled
//! anew every time.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use dechaff_dedup::first::KeyTable;
use dechaff_dedup::{Hash, Spill, raw_hash};
use dechaff_document::Source;
use dechaff_write::{Compression, Outcome, Record, Settings};
use serde::Deserialize;

use super::journal::{Line, RunState, interrupted_path, parse, rows_path};
use super::lines::{Kind, Spot};
use crate::cleaner::hex;

/// Rows of an earlier run, on disk; in memory stand 20 to 40 bytes for each, up to `dedup.memory`.
#[derive(Debug, Default)]
pub(crate) struct Previous {
    /// Offset of a row by a hash of the id and the offset of its record.
    rows: Option<KeyTable>,
    file: Option<Mutex<BufReader<File>>>,
    configuration: String,
    /// Where outputs stand.
    root: PathBuf,
    settings: Option<Settings>,
}

/// A row that is taken over, and where the lines of its document stand.
#[derive(Debug)]
pub(crate) struct PreviousRow {
    pub record: Record,
    pub documents: Option<Spot>,
    pub dropped: Option<Spot>,
}

impl Previous {
    /// The rows that the last runs over an output directory left and that a run of this state may take over. A
    /// directory that is not there has none.
    pub fn read(root: &Path, state: &RunState, settings: &Settings) -> io::Result<Previous> {
        let rewrites_lines = !settings.format.is_tree() || settings.keep_dropped;
        let readable = (settings.format.is_tree() || Kind::Documents.is_plain(settings))
            && (!settings.keep_dropped || Kind::Dropped.is_plain(settings));
        let trusted = RunState::read(root).is_some_and(|left| {
            // Rows of the last finished run hold unless another configuration has been at work since.
            left.finished || !left.mixed && left.configuration == state.configuration
        });
        let interrupted = Some(interrupted_path(root)).filter(|path| !rewrites_lines && path.exists());
        let rows = Some(rows_path(root)).filter(|path| trusted && path.exists());
        let Some(path) = interrupted.or(rows).filter(|_| readable) else { return Ok(Previous::default()) };
        let mut previous = Previous {
            root: root.to_owned(),
            configuration: state.configuration.clone(),
            settings: Some(settings.clone()),
            ..Previous::default()
        };
        let mut rows = KeyTable::new(Spill::new(state.dedup.memory, Box::new(tempfile::tempfile)));
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
                && parsed.record.configuration.as_ref() == state.configuration
            {
                rows.enter(name(&parsed.record.id, parsed.record.offset), offset)?;
            }
            offset += bytes;
        }
        previous.rows = Some(rows);
        previous.file = Some(Mutex::new(file));
        Ok(previous)
    }

    /// The row of a document with the same id and the same bytes, if its output is still in place.
    pub fn row(&self, source: &Source, raw: &Hash, came_with: u64) -> Option<PreviousRow> {
        let offset = self.rows.as_ref()?.get(name(&source.id, source.offset)).ok()??;
        let line = {
            let mut file = self.file.as_ref()?.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            file.seek(SeekFrom::Start(offset)).ok()?;
            let mut line = Vec::new();
            file.read_until(b'\n', &mut line).ok()?;
            line
        };
        let Line { record, mark, .. } = parse(&line)?;
        let same = (&record.id, &record.input, record.offset) == (&source.id, &source.input, source.offset)
            && record.raw_sha256.as_deref() == Some(&hex(raw))
            && mark.came_with == came_with
            && record.configuration.as_ref() == self.configuration;
        let row = PreviousRow { documents: mark.documents.line, dropped: mark.dropped.line, record };
        (same && self.reusable(&row)).then_some(row)
    }

    /// The line of a document in the file of many that a spot names, if it still stands there.
    pub fn line(&self, kind: Kind, spot: Spot, id: &str) -> Option<Vec<u8>> {
        #[derive(Deserialize)]
        struct Named<'a> {
            #[serde(borrow)]
            id: std::borrow::Cow<'a, str>,
        }
        let line = kind.read(&self.root, self.settings.as_ref()?, spot).ok()?;
        let whole = line.ends_with(b"\n") && line.len() as u64 == spot.bytes;
        (whole && serde_json::from_slice::<Named<'_>>(&line).is_ok_and(|named| named.id == id)).then_some(line)
    }

    fn reusable(&self, row: &PreviousRow) -> bool {
        let Some(settings) = &self.settings else { return false };
        match &row.record.outcome {
            Outcome::Written if !settings.format.is_tree() => row.documents.is_some(),
            Outcome::Written => row.record.output.as_ref().is_some_and(|output| {
                let found = std::fs::metadata(self.root.join(output));
                let plain = settings.compression == Compression::None;
                found.is_ok_and(|found| found.is_file() && (!plain || found.len() == row.record.bytes_out))
            }),
            Outcome::Duplicate { similarity, .. } => similarity.is_none(),
            Outcome::Empty { .. } => true,
            _ => false,
        }
    }
}

/// A hash of what names a record. Ids may repeat inside a container; places do not.
fn name(id: &str, offset: Option<u64>) -> u64 {
    let place = offset.map_or(0, |offset| offset.wrapping_add(1)).to_le_bytes();
    let hash = raw_hash(&[id.as_bytes(), &place].concat());
    u64::from_le_bytes(hash[..8].try_into().expect("eight bytes"))
}
