//! The archive's file: locked for one process, appended in whole groups, rolled back when a write fails.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::record::{self, Revisit, SoftwareInfo, StoredExchange};
use super::repair::{self, Recovered};
use crate::error::Error;

/// Bytes collected before they go to the file.
const BUFFER: usize = 256 * 1024;

/// Where a group of records lies in the file, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

/// An open archive.
#[derive(Debug)]
pub(crate) struct Archive {
    path: PathBuf,
    file: File,
    end: u64,
    gzip: bool,
}

impl Archive {
    /// Opens or creates the file and takes its lock. A name that ends in `.gz` is compressed record by record.
    ///
    /// # Errors
    /// If the file is in use, cannot be opened, or holds something that is not a WARC file.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let failed = |error| Error::Archive { path: path.to_owned(), error };
        let ends_in = |ending: &str| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(ending));
        if ["zst", "zstd", "bz2", "xz", "lz4", "zip"].into_iter().any(ends_in) {
            return Err(failed(io::Error::other("only .gz is compressed; end the name in .warc.gz or .warc")));
        }
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse { path: path.to_owned() }),
            // A file system without locks: two runs at once are then the user's to avoid.
            Err(TryLockError::Error(error)) => tracing::debug!(%error, "the archive cannot be locked"),
        }
        let end = file.metadata().map_err(failed)?.len();
        let gzip = ends_in("gz");
        Ok(Self { path: path.to_owned(), file, end, gzip })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Length of the file in bytes.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// Reads what lies after `known`, the end that the journal vouches for; tells what whole exchanges it finds and
    /// cuts off what is not whole.
    ///
    /// # Errors
    /// If the file is not a WARC file, or is damaged elsewhere than at its end; nothing is cut then.
    pub(crate) fn repair(&mut self, known: u64) -> Result<Vec<Recovered>, Error> {
        let found = repair::scan(&mut self.file, known, self.gzip)
            .map_err(|error| Error::Archive { path: self.path.clone(), error })?;
        if let Some(at) = found.damaged {
            return Err(Error::Damaged { path: self.path.clone(), at });
        }
        if found.end < self.end {
            tracing::warn!(
                bytes = self.end - found.end,
                at = found.end,
                "cut an unfinished record off the archive's end"
            );
            self.cut(found.end).map_err(|error| Error::Archive { path: self.path.clone(), error })?;
        }
        Ok(found.exchanges)
    }

    /// Makes the file end at `end`.
    pub(crate) fn cut(&mut self, end: u64) -> io::Result<()> {
        self.file.set_len(end)?;
        self.end = end;
        Ok(())
    }

    /// Writes the first record if the file is empty.
    pub(crate) fn begin(&mut self, info: &SoftwareInfo) -> io::Result<()> {
        if self.end > 0 {
            return Ok(());
        }
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.append(|out| out.record(&mut |out| record::write_warcinfo(out, &name, info))).map(|_| ())
    }

    /// Appends an exchange: all of it, or nothing.
    pub(crate) fn append_exchange(
        &mut self,
        stored: &mut StoredExchange<'_>,
        revisit: Option<&Revisit>,
    ) -> io::Result<Place> {
        self.append(|out| stored.write(revisit, |record| out.record(record)))
    }

    /// Hands what was written to the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn append(&mut self, write: impl FnOnce(&mut Output<'_>) -> io::Result<()>) -> io::Result<Place> {
        let offset = self.end;
        match self.try_append(offset, write) {
            Ok(end) => {
                self.end = end;
                Ok(Place { offset, length: end - offset })
            }
            Err(error) => {
                // A full disk: what was written of the group goes, so that the file stays whole.
                if let Err(second) = self.cut(offset) {
                    tracing::error!(error = %second, "could not cut the unfinished record off");
                }
                Err(error)
            }
        }
    }

    fn try_append(&mut self, offset: u64, write: impl FnOnce(&mut Output<'_>) -> io::Result<()>) -> io::Result<u64> {
        self.file.seek(SeekFrom::Start(offset))?;
        let mut out = Output { file: BufWriter::with_capacity(BUFFER, &self.file), gzip: self.gzip };
        write(&mut out)?;
        out.file.flush()?;
        drop(out);
        self.file.stream_position()
    }
}

struct Output<'a> {
    file: BufWriter<&'a File>,
    gzip: bool,
}

impl Output<'_> {
    /// Writes one record, in a gzip member of its own if the file is compressed.
    fn record(&mut self, write: &mut record::WriteRecord<'_>) -> io::Result<()> {
        if !self.gzip {
            return write(&mut self.file);
        }
        let mut member = GzEncoder::new(&mut self.file, Compression::default());
        write(&mut member)?;
        member.finish().map(|_| ())
    }
}
