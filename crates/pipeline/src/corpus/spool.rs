//! Judged documents on disk, from when each is judged until it is settled which of them stay.
//!
//! The file is a row of frames, one a document in input order: lengths and a checksum (16 bytes), the reader's position
//! (JSON), the judgement (postcard, then Zstandard). A last frame without a judgement says that all documents are there.
//! In an output directory it is `.dechaff/spool`, and what a killed run has left of it is gone on from; of a run to a
//! stream it has no name.

use std::fs::{self, File, OpenOptions};
use std::hash::Hasher;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dechaff_read::{Counts, Position};
use dechaff_write::OutputDirectory;
use rustc_hash::FxHasher;

use crate::error::RunError;
use crate::process::Judgement;

/// Frames are handed to the system at least this often, as lines of the journal are.
const FLUSH_EVERY: Duration = Duration::from_millis(250);
/// Fast, and the file a quarter of its size; higher levels gain little on pages.
const LEVEL: i32 = 1;
const HEAD: usize = 16;

/// The file.
pub(crate) struct Spool {
    file: BufWriter<File>,
    path: Option<PathBuf>,
    flushed: Instant,
    documents: u64,
    last: Option<Position>,
    passed: Option<Counts>,
}

/// A document as it stands in the file.
pub(crate) struct Frame {
    position: Vec<u8>,
    judgement: Vec<u8>,
}

/// The documents, from the first on.
pub(crate) struct Frames {
    file: BufReader<File>,
}

/// Documents of several spools, in the order of the inputs.
pub(crate) struct MergedFrames {
    spools: Vec<(Frames, Option<(Position, Frame)>)>,
}

/// Where the spool of an output directory stands.
pub(crate) fn spool_path(root: &Path) -> PathBuf {
    OutputDirectory::state_in(root, "spool")
}

impl Spool {
    /// The spool of a run: of a directory where there is one, with what is in it if an interrupted run is gone on from.
    pub fn open(directory: Option<&OutputDirectory>, goes_on: bool) -> Result<Spool, RunError> {
        let path = directory.map(|directory| spool_path(directory.root()));
        let file = match &path {
            Some(path) => OpenOptions::new().read(true).write(true).create(true).truncate(!goes_on).open(path),
            None => tempfile::tempfile(),
        };
        let name = || path.clone().unwrap_or_else(|| "scratch file".into());
        file.and_then(|file| Spool::resume(file, path.clone()))
            .map_err(|source| RunError::Output { path: name(), source })
    }

    /// Takes a file: whole frames stay, what a kill or a power cut left behind them is cut off.
    fn resume(file: File, path: Option<PathBuf>) -> io::Result<Spool> {
        let mut spool =
            Spool { file: BufWriter::new(file), path, flushed: Instant::now(), documents: 0, last: None, passed: None };
        let mut whole = 0;
        let mut last = Vec::new();
        let mut frames = spool.read()?;
        // A frame that cannot be read is one that was not written to its end.
        while let Ok(Some(frame)) = frames.next_frame() {
            whole += (HEAD + frame.position.len() + frame.judgement.len()) as u64;
            if frame.judgement.is_empty() {
                spool.passed = serde_json::from_slice(&frame.position).ok();
                break;
            }
            spool.documents += 1;
            last = frame.position;
        }
        spool.last = serde_json::from_slice(&last).ok();
        spool.file.get_ref().set_len(whole)?;
        spool.file.seek(SeekFrom::Start(whole))?;
        Ok(spool)
    }

    /// Documents in it.
    pub fn documents(&self) -> u64 {
        self.documents
    }

    /// Position of the last of them.
    pub fn last(&self) -> Option<&Position> {
        self.last.as_ref()
    }

    /// What the reader passed over, once all documents are there.
    pub fn passed(&self) -> Option<Counts> {
        self.passed
    }

    /// Adds the next document.
    pub fn add(&mut self, frame: &Frame) -> Result<(), RunError> {
        self.documents += 1;
        self.write(frame).map_err(|source| self.failed(source))
    }

    /// Says that all documents are there.
    pub fn complete(&mut self, passed: Counts) -> Result<(), RunError> {
        self.passed = Some(passed);
        let position = serde_json::to_vec(&passed).expect("numbers are JSON");
        self.write(&Frame { position, judgement: Vec::new() }).map_err(|source| self.failed(source))?;
        self.flush()
    }

    /// Hands everything to the system.
    pub fn flush(&mut self) -> Result<(), RunError> {
        self.flushed = Instant::now();
        self.file.flush().map_err(|source| self.failed(source))
    }

    /// The documents. Nothing may be added while they are read.
    pub fn frames(&mut self) -> Result<Frames, RunError> {
        self.read().map_err(|source| self.failed(source))
    }

    fn read(&mut self) -> io::Result<Frames> {
        self.file.flush()?;
        let mut file = self.file.get_ref().try_clone()?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Frames { file: BufReader::with_capacity(1 << 18, file) })
    }

    /// Goes on adding behind the last document, once they were read.
    pub fn go_on(&mut self) -> Result<(), RunError> {
        self.file.seek(SeekFrom::End(0)).map(drop).map_err(|source| self.failed(source))
    }

    /// Removes the file: the documents are written.
    pub fn remove(self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
    }

    fn write(&mut self, frame: &Frame) -> io::Result<()> {
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).map(u32::to_le_bytes).map_err(io::Error::other);
        self.file.write_all(&length(&frame.position)?)?;
        self.file.write_all(&length(&frame.judgement)?)?;
        self.file.write_all(&frame.checksum().to_le_bytes())?;
        self.file.write_all(&frame.position)?;
        self.file.write_all(&frame.judgement)?;
        if self.flushed.elapsed() > FLUSH_EVERY {
            self.flushed = Instant::now();
            self.file.flush()?;
        }
        Ok(())
    }

    /// An error of the file.
    pub fn failed(&self, source: io::Error) -> RunError {
        RunError::Output { path: self.path.clone().unwrap_or_else(|| "scratch file".into()), source }
    }
}

impl Frame {
    /// A judgement and the position of its entry.
    pub fn new(position: &Position, judgement: &Judgement) -> io::Result<Frame> {
        let bytes = postcard::to_stdvec(judgement).map_err(io::Error::other)?;
        Ok(Frame { position: serde_json::to_vec(position)?, judgement: zstd::bulk::compress(&bytes, LEVEL)? })
    }

    /// What it was made of.
    pub fn read(&self) -> io::Result<(Judgement, Position)> {
        let bytes = zstd::stream::decode_all(self.judgement.as_slice())?;
        let judgement = postcard::from_bytes(&bytes).map_err(io::Error::other)?;
        Ok((judgement, serde_json::from_slice(&self.position)?))
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> u64 {
        self.judgement.len() as u64
    }

    fn checksum(&self) -> u64 {
        let mut hasher = FxHasher::default();
        hasher.write(&self.position);
        hasher.write(&self.judgement);
        hasher.finish()
    }
}

impl Frames {
    /// The next frame, the last one included; `None` at the end of the file.
    fn next_frame(&mut self) -> io::Result<Option<Frame>> {
        let mut head = [0; HEAD];
        match self.file.read_exact(&mut head) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let number = |at: usize| u64::from(u32::from_le_bytes(head[at..at + 4].try_into().expect("four bytes")));
        let mut bytes = |length| {
            let mut bytes = Vec::new();
            let read = self.file.by_ref().take(length).read_to_end(&mut bytes)? as u64;
            if read == length { Ok(bytes) } else { Err(io::Error::from(io::ErrorKind::UnexpectedEof)) }
        };
        let frame = Frame { position: bytes(number(0))?, judgement: bytes(number(4))? };
        match frame.checksum().to_le_bytes() == head[8..] {
            true => Ok(Some(frame)),
            false => Err(io::Error::new(io::ErrorKind::InvalidData, "a frame of the spool is damaged")),
        }
    }
}

impl Iterator for Frames {
    type Item = io::Result<Frame>;

    fn next(&mut self) -> Option<io::Result<Frame>> {
        self.next_frame().transpose().filter(|frame| !frame.as_ref().is_ok_and(|frame| frame.judgement.is_empty()))
    }
}

impl MergedFrames {
    /// Of the complete spools of these output directories, all of the same inputs.
    pub fn open(roots: &[PathBuf]) -> Result<MergedFrames, RunError> {
        let open = |root: &PathBuf| {
            let path = spool_path(root);
            let opened = File::open(&path).and_then(|file| {
                let mut frames = Frames { file: BufReader::with_capacity(1 << 18, file) };
                let first = placed(frames.next())?;
                Ok((frames, first))
            });
            opened.map_err(|source| RunError::State { path, source })
        };
        Ok(MergedFrames { spools: roots.iter().map(open).collect::<Result<_, _>>()? })
    }
}

impl Iterator for MergedFrames {
    type Item = io::Result<Frame>;

    fn next(&mut self) -> Option<io::Result<Frame>> {
        let ahead = self.spools.iter_mut().filter(|(_, next)| next.is_some());
        let (frames, next) = ahead.min_by(|(_, a), (_, b)| match (a, b) {
            (Some((a, _)), Some((b, _))) => a.in_reading_order(b),
            _ => std::cmp::Ordering::Equal,
        })?;
        let (_, frame) = next.take()?;
        match placed(frames.next()) {
            Ok(following) => *next = following,
            Err(error) => return Some(Err(error)),
        }
        Some(Ok(frame))
    }
}

/// A frame with its position.
fn placed(frame: Option<io::Result<Frame>>) -> io::Result<Option<(Position, Frame)>> {
    let Some(frame) = frame.transpose()? else { return Ok(None) };
    Ok(Some((serde_json::from_slice(&frame.position)?, frame)))
}

#[cfg(test)]
mod tests {
    use dechaff_document::Source;
    use dechaff_write::Outcome;

    use super::*;

    fn judgement(id: &str) -> Judgement {
        let source = Source { id: id.to_owned(), ..Source::default() };
        Judgement::without_page(source, Outcome::Skipped { why: "symbolic link".to_owned() }, 0.0)
    }

    fn frame(number: usize) -> Frame {
        Frame::new(&Position { input: number, ..Position::default() }, &judgement(&number.to_string())).unwrap()
    }

    fn ids(spool: &mut Spool) -> Vec<String> {
        spool.frames().unwrap().map(|frame| frame.unwrap().read().unwrap().0.source.id).collect()
    }

    #[test]
    fn what_a_kill_left_is_gone_on_from() {
        let place = tempfile::tempdir().unwrap();
        let directory = OutputDirectory::claim(&place.path().join("out")).unwrap();
        let mut spool = Spool::open(Some(&directory), false).unwrap();
        (0..3).for_each(|number| spool.add(&frame(number)).unwrap());
        spool.flush().unwrap();
        drop(spool);
        let path = directory.state("spool");
        let whole = fs::metadata(&path).unwrap().len();
        OpenOptions::new().write(true).open(&path).unwrap().set_len(whole - 1).unwrap();

        let mut spool = Spool::open(Some(&directory), true).unwrap();
        assert_eq!((spool.documents(), spool.last().unwrap().input, spool.passed()), (2, 1, None));
        assert_eq!(ids(&mut spool), ["0", "1"]);
        spool.go_on().unwrap();
        spool.add(&frame(2)).unwrap();
        spool.complete(Counts { hidden: 4, ..Counts::default() }).unwrap();
        assert_eq!(ids(&mut spool), ["0", "1", "2"]);

        let spool = Spool::open(Some(&directory), true).unwrap();
        assert_eq!((spool.documents(), spool.passed().unwrap().hidden), (3, 4));
        let mut spool = Spool::open(Some(&directory), false).unwrap();
        assert_eq!(spool.documents(), 0, "another job begins anew");
        assert!(ids(&mut spool).is_empty());
        spool.remove();
        assert!(!path.exists());
    }
}
