//! Files for what does not fit in memory. The caller makes them; this crate opens none.

use std::{fs::File, io};

/// Makes an unnamed file, open for reading and writing. Called once or twice, and only if memory runs out.
///
/// `Box::new(tempfile::tempfile)` is one; the caller decides where its files lie.
pub type Scratch = Box<dyn FnMut() -> io::Result<File> + Send + Sync>;

/// How much memory an index may take, and where the rest goes.
pub struct Spill {
    /// Bytes of memory. Below 16 MiB the work is done, but slowly, in many small runs.
    pub limit: u64,
    /// Files for what exceeds them.
    pub scratch: Scratch,
}

impl Spill {
    /// A limit in MiB, as `dedup.memory` gives it, and files.
    pub fn new(mebibytes: u32, scratch: Scratch) -> Spill {
        Spill { limit: u64::from(mebibytes) << 20, scratch }
    }

    /// Everything in memory.
    pub fn never() -> Spill {
        Spill { limit: u64::MAX, scratch: Box::new(|| Err(io::ErrorKind::StorageFull.into())) }
    }

    pub(crate) fn file(&mut self) -> io::Result<ScratchFile> {
        Ok(ScratchFile::new((self.scratch)()?))
    }
}

/// Bytes collected before they are written.
const BUFFER: usize = 1 << 20;

/// A file that is written once from front to back, and read anywhere, by many threads once it is complete.
#[derive(Debug)]
pub(crate) struct ScratchFile {
    file: File,
    buffer: Vec<u8>,
    written: u64,
}

impl ScratchFile {
    fn new(file: File) -> ScratchFile {
        ScratchFile { file, buffer: Vec::with_capacity(BUFFER), written: 0 }
    }

    /// Bytes appended so far.
    pub(crate) fn length(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    pub(crate) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFER { self.write() } else { Ok(()) }
    }

    /// Writes what was collected and lets go of its memory, once nothing more will be appended.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.write()?;
        self.buffer = Vec::new();
        Ok(())
    }

    fn write(&mut self) -> io::Result<()> {
        // Reading may have moved the file's own place, on Windows.
        #[cfg(windows)]
        io::Seek::seek(&mut self.file, io::SeekFrom::Start(self.written))?;
        io::Write::write_all(&mut self.file, &self.buffer)?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Fills `bytes` from `offset` on. What was appended in one piece can be read at once; a piece is all written or
    /// not.
    pub(crate) fn read(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        match offset.checked_sub(self.written) {
            None => self.read_written(bytes, offset),
            Some(at) => {
                let appended = self.buffer.get(at as usize..).and_then(|rest| rest.get(..bytes.len()));
                bytes.copy_from_slice(appended.ok_or(io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
        }
    }

    #[cfg(unix)]
    fn read_written(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, bytes, offset)
    }

    #[cfg(windows)]
    fn read_written(&self, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            let read = std::os::windows::fs::FileExt::seek_read(&self.file, bytes, offset)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            bytes = &mut bytes[read..];
            offset += read as u64;
        }
        Ok(())
    }
}
