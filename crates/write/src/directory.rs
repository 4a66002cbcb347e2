//! The output directory: whose it is, and how files get into it.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::{AtomicFile, Compression};

/// A directory that dechaff writes to. It holds `.dechaff/`, which marks it as ours and keeps the state of runs; one
/// process at a time holds it.
#[derive(Debug)]
pub struct OutputDirectory {
    root: PathBuf,
    // Held open for the lock on it, which ends with the process however it ends.
    _lock: File,
}

/// Why a directory cannot be written to.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// It holds something and no mark of ours.
    #[error("{} is not empty and was not made by dechaff (it holds {found}); choose a new or an empty directory", .path.display())]
    NotOurs {
        /// The directory.
        path: PathBuf,
        /// The first entry by name.
        found: String,
    },
    /// There is a file of that name.
    #[error("{} is a file, not a directory", .0.display())]
    NotADirectory(PathBuf),
    /// Another run holds it.
    #[error("{} is being written by another run of dechaff", .0.display())]
    InUse(PathBuf),
    /// It could not be made, read or marked.
    #[error("cannot write to {}: {source}", .path.display())]
    Io {
        /// The directory or the file in it.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Name of the directory of state inside an output directory.
const STATE: &str = ".dechaff";
/// The file that marks a directory as ours. The number is raised when the layout of `.dechaff/` changes.
const MARK: &str = "output-directory";
const MARK_TEXT: &str = "dechaff output directory, layout 1. Remove the whole directory, not this file alone.\n";

impl OutputDirectory {
    /// Whether a directory carries the mark: outputs are never read back as inputs.
    pub fn is_marked(directory: &Path) -> bool {
        directory.join(STATE).join(MARK).is_file()
    }

    /// Takes a directory for this run: a new one is made, an empty one or one of ours is taken, any other is refused.
    /// Temporary files that a killed run left are removed.
    pub fn claim(path: &Path) -> Result<OutputDirectory, ClaimError> {
        let io_error = |path: &Path| {
            let path = path.to_owned();
            move |source| ClaimError::Io { path, source }
        };
        OutputDirectory::check(path)?;
        let state = path.join(STATE);
        let temporary = state.join("tmp");
        fs::create_dir_all(&temporary).map_err(io_error(&temporary))?;
        let mark = state.join(MARK);
        if !mark.exists() {
            fs::write(&mark, MARK_TEXT).map_err(io_error(&mark))?;
        }
        let lock_path = state.join("lock");
        let lock = File::options().create(true).append(true).open(&lock_path).map_err(io_error(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(ClaimError::InUse(path.to_owned())),
            // Some network file systems know no locks: two runs at once are then the user's own care.
            Err(fs::TryLockError::Error(_)) => {}
        }
        for entry in fs::read_dir(&temporary).map_err(io_error(&temporary))?.flatten() {
            // A leftover that cannot be removed does no harm.
            let _ = fs::remove_file(entry.path());
        }
        Ok(OutputDirectory { root: path.to_owned(), _lock: lock })
    }

    /// Whether a directory could be taken, without touching it.
    ///
    /// # Errors
    /// As [`OutputDirectory::claim`], but for what only trying tells.
    pub fn check(path: &Path) -> Result<(), ClaimError> {
        match fs::metadata(path) {
            Ok(found) if !found.is_dir() => Err(ClaimError::NotADirectory(path.to_owned())),
            Ok(_) if !OutputDirectory::is_marked(path) => {
                let found = first_entry(path).map_err(|source| ClaimError::Io { path: path.to_owned(), source })?;
                found.map_or(Ok(()), |found| Err(ClaimError::NotOurs { path: path.to_owned(), found }))
            }
            _ => Ok(()),
        }
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path inside `.dechaff/`, for state that is not output.
    pub fn state(&self, name: &str) -> PathBuf {
        OutputDirectory::state_in(&self.root, name)
    }

    /// The same of a directory that is not taken, for reading only.
    pub fn state_in(root: &Path, name: &str) -> PathBuf {
        root.join(STATE).join(name)
    }

    /// Begins a file at a path below the root (see [`crate::OutputNames`]); directories on the way are made. Its
    /// temporary file stands in `.dechaff/tmp`, so that a killed run leaves no litter among the outputs.
    pub fn create(&self, relative: &Path) -> io::Result<AtomicFile> {
        let target = self.root.join(relative);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        AtomicFile::create_in(&self.state("tmp"), &target)
    }

    /// Writes a whole file, see [`OutputDirectory::create`]. The name is taken as it is, with any `.gz`.
    pub fn write(&self, relative: &Path, bytes: &[u8], compression: Compression, sync: bool) -> io::Result<()> {
        let mut file = self.create(relative)?;
        match compression {
            Compression::None => file.write_all(bytes)?,
            _ => file.write_all(&compression.compress(bytes)?)?,
        }
        file.commit(sync)
    }
}

/// The first entry of a directory by name, of what counts: a desktop's own files and `lost+found` do not.
fn first_entry(path: &Path) -> io::Result<Option<String>> {
    let mut first: Option<String> = None;
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if matches!(name.as_str(), ".DS_Store" | "Thumbs.db" | "desktop.ini" | "lost+found") {
            continue;
        }
        // A claim that was killed between making `.dechaff` and marking it leaves a directory without the mark.
        if name == STATE && first_entry(&path.join(STATE))?.is_none_or(|inside| inside == "tmp") {
            continue;
        }
        if first.as_ref().is_none_or(|first| name < *first) {
            first = Some(name);
        }
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_empty_and_own_directories_are_taken_and_others_refused() {
        let place = tempfile::tempdir().unwrap();
        let new = place.path().join("a/b");
        let claimed = OutputDirectory::claim(&new).unwrap();
        assert!(matches!(OutputDirectory::claim(&new), Err(ClaimError::InUse(_))));
        claimed.write(Path::new("x/page.txt"), b"text", Compression::None, false).unwrap();
        fs::write(claimed.state("tmp").join("left.tmp"), "half").unwrap();
        drop(claimed);
        let again = OutputDirectory::claim(&new).unwrap();
        assert!(!again.state("tmp").join("left.tmp").exists());
        assert_eq!(fs::read(new.join("x/page.txt")).unwrap(), b"text");
        assert_eq!(fs::read_dir(again.state("tmp")).unwrap().count(), 0);

        let foreign = place.path().join("photos");
        fs::create_dir(&foreign).unwrap();
        OutputDirectory::claim(&foreign).unwrap();
        let foreign = place.path().join("letters");
        fs::create_dir(&foreign).unwrap();
        fs::write(foreign.join("b.txt"), "").unwrap();
        fs::write(foreign.join("a.txt"), "").unwrap();
        let refusal = OutputDirectory::claim(&foreign).unwrap_err().to_string();
        assert!(refusal.contains("letters is not empty") && refusal.contains("a.txt"), "{refusal}");
        assert!(!foreign.join(".dechaff").exists());
        assert!(matches!(OutputDirectory::claim(&foreign.join("a.txt")), Err(ClaimError::NotADirectory(_))));
    }
}
