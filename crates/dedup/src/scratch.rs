//! Files for what does not fit in memory. The caller makes them; this crate opens none.

use std::{fs::File, io};

/// Makes an unnamed file, open for reading and writing. Called once or twice, and only if memory runs out.
///
/// `Box::new(tempfile::tempfile)` is one; the caller decides where its files lie.
pub type Scratch = Box<dyn FnMut() -> io::Result<File> + Send>;

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

/// A file that is written once from front to back, and then read anywhere by many threads.
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
        if self.buffer.len() >= BUFFER { self.flush() } else { Ok(()) }
    }

    /// Must be called between the last append and the first read.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        io::Write::write_all(&mut self.file, &self.buffer)?;
        self.written += self.buffer.len() as u64;
        self.buffer = Vec::new();
        Ok(())
    }

    /// Fills `bytes` from `offset` on.
    #[cfg(unix)]
    pub(crate) fn read(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, bytes, offset)
    }

    /// Fills `bytes` from `offset` on.
    #[cfg(windows)]
    pub(crate) fn read(&self, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
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
