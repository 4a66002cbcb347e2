//! Files of many documents, a line each, that grow while a run goes on: `documents.jsonl`, `dropped.jsonl`.
//!
//! Such a file grows under `.dechaff/` as uncompressed lines, and takes its name and form once it is complete; so an
//! interrupted run cuts it back to the last committed document. The lines of a shard are removed when nothing can speak
//! of them any more: the journal has gone on to the next shard, or the run is at its end.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use dechaff_write::{Compression, Format, OutputDirectory, Settings, finish_documents};
use serde::{Deserialize, Serialize};

use super::slashed;

/// What such a file holds; also how its name begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What was kept: lines of [`dechaff_write::Document`].
    Documents,
    /// What was not: lines of [`dechaff_write::Dropped`].
    Dropped,
}

/// How far a file has grown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub(crate) struct End {
    /// Number of the shard being written, from 0.
    pub shard: u32,
    /// Bytes of it.
    pub bytes: u64,
}

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Spot {
    /// Number of the shard.
    pub shard: u32,
    /// Offset of its first byte in the uncompressed shard.
    pub at: u64,
    /// Bytes, with the line end.
    pub bytes: u64,
}

/// What a journal says of one of the files after a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Grown {
    /// How far the file has grown.
    pub end: End,
    /// The document's own line; `None` where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<Spot>,
}

/// A file that grows.
pub(crate) struct LinesFile {
    kind: Kind,
    settings: Settings,
    file: BufWriter<File>,
    end: End,
    /// Shards that are complete, by name.
    made: Vec<PathBuf>,
}

impl Kind {
    fn stem(self) -> &'static str {
        match self {
            Kind::Documents => "documents",
            Kind::Dropped => "dropped",
        }
    }

    /// Name of a shard.
    pub fn shard_name(self, shard: u32, settings: &Settings) -> PathBuf {
        let (stem, format) = (self.stem(), self.format(settings));
        let suffix = if format == Format::Parquet { "" } else { settings.compression.suffix() };
        let extension = format.extension();
        match settings.shard_bytes {
            0 => format!("{stem}.{extension}{suffix}").into(),
            _ => format!("{stem}-{shard:05}.{extension}{suffix}").into(),
        }
    }

    /// Whether lines stand in a finished file as they were written, so that a spot finds them there.
    pub fn is_plain(self, settings: &Settings) -> bool {
        self.format(settings) == Format::Jsonl && settings.compression == Compression::None
    }

    fn format(self, settings: &Settings) -> Format {
        match self {
            Kind::Documents => settings.format,
            Kind::Dropped => Format::Jsonl,
        }
    }

    fn part(self, directory: &OutputDirectory, shard: u32) -> PathBuf {
        directory.state(&format!("{}-{shard:05}.part", self.stem()))
    }

    /// Whether a file name is one that some run gives to a shard.
    pub fn names(self, name: &str) -> bool {
        let Some(rest) = name.strip_prefix(self.stem()) else { return false };
        let number = |digits: &str| digits.len() >= 5 && digits.bytes().all(|byte| byte.is_ascii_digit());
        match rest.split_once('.') {
            Some((shard, extension)) if shard.is_empty() || shard.strip_prefix('-').is_some_and(number) => {
                matches!(extension, "jsonl" | "jsonl.gz" | "jsonl.zst") || extension == "parquet"
            }
            _ => false,
        }
    }

    /// Whether the lines that a committed document stands on are all there, so that a run can go on behind them.
    pub fn holds(self, directory: &OutputDirectory, end: End) -> bool {
        end.bytes == 0 || fs::metadata(self.part(directory, end.shard)).is_ok_and(|part| part.len() >= end.bytes)
    }

    /// Reads a line of a plain file that a finished run left.
    pub fn read(self, root: &Path, settings: &Settings, spot: Spot) -> io::Result<Vec<u8>> {
        let mut file = File::open(root.join(self.shard_name(spot.shard, settings)))?;
        file.seek(SeekFrom::Start(spot.at))?;
        let mut line = Vec::new();
        file.take(spot.bytes).read_to_end(&mut line)?;
        Ok(line)
    }
}

impl LinesFile {
    /// Opens a file at the end of the last committed document. At the beginning of a run, what an earlier one left half
    /// done is removed.
    pub fn open(kind: Kind, directory: &OutputDirectory, end: End, settings: &Settings) -> io::Result<LinesFile> {
        if end == End::default() {
            remove_parts(kind, directory)?;
        }
        let made = (0..end.shard).map(|shard| kind.shard_name(shard, settings)).collect();
        let file = part_file(&kind.part(directory, end.shard), end.bytes)?;
        Ok(LinesFile { kind, settings: settings.clone(), file, end, made })
    }

    /// The name of the file that the next line will stand in.
    pub fn name(&self) -> String {
        slashed(&self.kind.shard_name(self.end.shard, &self.settings))
    }

    /// Adds a line, which may be empty: then there is none.
    pub fn add(&mut self, line: &[u8], directory: &OutputDirectory) -> io::Result<Grown> {
        if line.is_empty() {
            return Ok(Grown { end: self.end, line: None });
        }
        self.file.write_all(line)?;
        let spot = Spot { shard: self.end.shard, at: self.end.bytes, bytes: line.len() as u64 };
        self.end.bytes += spot.bytes;
        if self.settings.shard_bytes > 0 && self.end.bytes >= self.settings.shard_bytes {
            self.complete(directory)?;
            self.end = End { shard: self.end.shard + 1, bytes: 0 };
            self.file = part_file(&self.kind.part(directory, self.end.shard), 0)?;
        }
        Ok(Grown { end: self.end, line: Some(spot) })
    }

    /// Hands everything to the system.
    pub fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }

    /// Removes the lines of the shard before this one, which is complete. The journal on the disk must have gone on.
    pub fn forget_complete(&self, directory: &OutputDirectory) {
        if let Some(before) = self.end.shard.checked_sub(1) {
            // What cannot be removed now is removed at the end of the run.
            let _ = fs::remove_file(self.kind.part(directory, before));
        }
    }

    /// Puts the last shard in place. Returns the names of all; the lines stay until [`remove_parts`].
    pub fn finish(mut self, directory: &OutputDirectory) -> io::Result<Vec<PathBuf>> {
        if self.end.bytes > 0 || self.end.shard == 0 {
            self.complete(directory)?;
        }
        Ok(self.made)
    }

    /// Gives the lines of the shard their name and form.
    fn complete(&mut self, directory: &OutputDirectory) -> io::Result<()> {
        self.file.flush()?;
        let name = self.kind.shard_name(self.end.shard, &self.settings);
        let settings = Settings { format: self.kind.format(&self.settings), ..self.settings.clone() };
        let part = File::open(self.kind.part(directory, self.end.shard))?;
        finish_documents(part, directory.create(&name)?, &settings)?.commit(settings.sync)?;
        self.made.push(name);
        Ok(())
    }
}

/// Lines of the finished files of a directory, shard after shard, in whatever form they are.
pub(crate) struct FinishedLines {
    kind: Kind,
    root: PathBuf,
    settings: Settings,
    shard: u32,
    lines: Option<Box<dyn BufRead + Send>>,
}

impl FinishedLines {
    pub fn new(kind: Kind, root: &Path, settings: &Settings) -> FinishedLines {
        FinishedLines { kind, root: root.to_owned(), settings: settings.clone(), shard: 0, lines: None }
    }

    /// The next line, with its line end; `None` behind the last.
    pub fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if self.lines.is_none() {
                if self.shard > 0 && self.settings.shard_bytes == 0 {
                    return Ok(None);
                }
                let path = self.root.join(self.kind.shard_name(self.shard, &self.settings));
                let file = match File::open(&path) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                    file => file?,
                };
                self.shard += 1;
                let settings = Settings { format: self.kind.format(&self.settings), ..self.settings.clone() };
                self.lines = Some(dechaff_write::document_lines(file, &settings)?);
            }
            let mut line = Vec::new();
            if let Some(lines) = &mut self.lines {
                lines.read_until(b'\n', &mut line)?;
            }
            if !line.is_empty() {
                return Ok(Some(line));
            }
            self.lines = None;
        }
    }
}

/// Removes the lines that grew under `.dechaff/`, once no run can go on from them.
pub(crate) fn remove_parts(kind: Kind, directory: &OutputDirectory) -> io::Result<()> {
    let beginning = format!("{}-", kind.stem());
    for entry in fs::read_dir(directory.state(""))? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| name.starts_with(&beginning) && name.ends_with(".part")) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Files of a kind that stand in a directory and that this run did not make: left there, they would be read as its
/// output.
pub(crate) fn stale_files(kind: Kind, root: &Path, made: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
    let mut stale = Vec::new();
    for entry in fs::read_dir(root)? {
        let name = entry?.file_name();
        if name.to_str().is_some_and(|name| kind.names(name)) && !made.iter().any(|made| made.as_os_str() == name) {
            stale.push(root.join(name));
        }
    }
    Ok(stale)
}

/// The lines of a shard, cut to their committed length and open for more.
fn part_file(path: &Path, bytes: u64) -> io::Result<BufWriter<File>> {
    let file = OpenOptions::new().create(true).write(true).truncate(false).open(path)?;
    file.set_len(bytes)?;
    Ok(BufWriter::with_capacity(1 << 18, OpenOptions::new().append(true).open(path)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_names_of_shards_are_ours() {
        for name in ["documents.jsonl", "documents-00012.jsonl.gz", "documents.parquet", "documents.jsonl.zst"] {
            assert!(Kind::Documents.names(name), "{name}");
        }
        for name in ["documents.txt", "documents-of-state.jsonl", "documents", "mydocuments.jsonl", "dropped.jsonl"] {
            assert!(!Kind::Documents.names(name), "{name}");
        }
    }
}
