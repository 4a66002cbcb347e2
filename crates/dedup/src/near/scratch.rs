//! Files for what does not fit in memory.

use std::{fs::File, io};

/// Makes an unnamed file, open for reading and writing. Called once or twice, and only if memory runs out.
///
/// `Box::new(tempfile::tempfile)` is one; the caller decides where its files lie.
pub type Scratch = Box<dyn FnMut() -> io::Result<File> + Send>;

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
    pub(crate) fn new(file: File) -> ScratchFile {
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
