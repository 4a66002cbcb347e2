//! Lists of files: what `--files-from` names.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use dechaff_document::display_path;

use crate::walk;

/// A list of inputs that is being read.
pub(crate) struct List {
    lines: Box<dyn BufRead + Send>,
    separator: u8,
    offset: u64,
    /// How the list is shown.
    pub(crate) name: String,
}

impl List {
    /// Opens a list at the byte where a line begins.
    pub(crate) fn open(path: &Path, start: u64) -> io::Result<List> {
        let mut lines: Box<dyn BufRead + Send> = if path == Path::new("-") {
            let mut stdin = BufReader::new(io::stdin());
            io::copy(&mut (&mut stdin).take(start), &mut io::sink())?;
            Box::new(stdin)
        } else {
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(start))?;
            Box::new(BufReader::new(file))
        };
        let separator = if lines.fill_buf()?.contains(&0) { 0 } else { b'\n' };
        Ok(List { lines, separator, offset: start, name: display_path(path) })
    }

    /// The next path and the offset of its line. After an error the list is at its end.
    pub(crate) fn next(&mut self) -> Option<(u64, io::Result<PathBuf>)> {
        loop {
            let offset = self.offset;
            let mut line = Vec::new();
            match self.lines.read_until(self.separator, &mut line) {
                Ok(0) => return None,
                Ok(read) => self.offset += read as u64,
                Err(error) => {
                    self.lines = Box::new(io::empty());
                    return Some((offset, Err(error)));
                }
            }
            if line.last() == Some(&self.separator) {
                line.pop();
            }
            if self.separator == b'\n' && line.last() == Some(&b'\r') {
                line.pop();
            }
            if !line.is_empty() {
                return Some((offset, Ok(walk::path(&line))));
            }
        }
    }
}
