//! Files that appear whole or not at all.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

/// A file under a temporary name, which takes its own name on [`AtomicFile::commit`]. Dropped before that, it leaves
/// nothing behind; killed before that, it leaves a temporary file that begins with `.dechaff-`.
///
/// ```
/// # use std::io::Write;
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("page.txt");
/// let mut file = dechaff_write::AtomicFile::create(&path)?;
/// file.write_all(b"text")?;
/// assert!(!path.exists());
/// file.commit(false)?;
/// assert_eq!(std::fs::read(&path)?, b"text");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct AtomicFile {
    temporary: BufWriter<Temporary>,
    target: PathBuf,
}

impl AtomicFile {
    /// Begins a file that will stand at `target`. The temporary file stands in the same directory, which must exist.
    pub fn create(target: &Path) -> io::Result<AtomicFile> {
        let directory = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        AtomicFile::create_in(directory, target)
    }

    /// The same with the temporary file in `directory`, which must be on the file system of `target`.
    pub fn create_in(directory: &Path, target: &Path) -> io::Result<AtomicFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".dechaff-").suffix(".tmp");
        // tempfile makes private files; outputs get the mode that any new file gets.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let temporary = builder.tempfile_in(directory).map_err(without_path)?;
        Ok(AtomicFile {
            temporary: BufWriter::with_capacity(64 * 1024, Temporary(temporary)),
            target: target.to_owned(),
        })
    }

    /// Puts the file in place, over a file of that name. With `sync`, its bytes and its name are on the disk when this
    /// returns.
    pub fn commit(self, sync: bool) -> io::Result<()> {
        let Temporary(temporary) = self.temporary.into_inner().map_err(io::IntoInnerError::into_error)?;
        if sync {
            temporary.as_file().sync_all()?;
        }
        temporary.persist(&self.target).map_err(|error| error.error)?;
        if sync {
            sync_directory(self.target.parent().unwrap_or(Path::new(".")))?;
        }
        Ok(())
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.temporary.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.temporary.flush()
    }
}

/// The file under its temporary name. Errors do not speak of it: whoever reports them names the file that was to be.
#[derive(Debug)]
struct Temporary(NamedTempFile);

impl Write for Temporary {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.as_file_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.as_file_mut().flush()
    }
}

/// The system's own error in one of tempfile's, which adds the temporary path.
fn without_path(error: io::Error) -> io::Error {
    let inner = error.get_ref().and_then(|error| error.source()?.downcast_ref::<io::Error>()?.raw_os_error());
    inner.map_or(error, io::Error::from_raw_os_error)
}

/// Makes a rename in a directory durable. Only Unix lets a directory be opened for that.
fn sync_directory(directory: &Path) -> io::Result<()> {
    match cfg!(unix) {
        true if directory.as_os_str().is_empty() => File::open(".")?.sync_all(),
        true => File::open(directory)?.sync_all(),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_committed_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("a.txt");
        std::fs::write(&target, "old").unwrap();
        let mut file = AtomicFile::create(&target).unwrap();
        file.write_all(b"new").unwrap();
        drop(file);
        assert_eq!(std::fs::read(&target).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
        let mut file = AtomicFile::create(&target).unwrap();
        file.write_all(b"new").unwrap();
        file.commit(true).unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"new");
    }

    #[cfg(unix)]
    #[test]
    fn outputs_have_the_mode_of_any_new_file() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let (plain, ours) = (directory.path().join("plain"), directory.path().join("ours"));
        std::fs::write(&plain, "").unwrap();
        AtomicFile::create(&ours).unwrap().commit(false).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&plain), mode(&ours));
    }
}
