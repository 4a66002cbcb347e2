//! Outputs of an earlier run over the same directory that the run at hand does not stand behind.

use std::fs;
use std::hash::{Hash as _, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use dechaff_dedup::Spill;
use dechaff_dedup::first::KeyTable;
use dechaff_write::{AtomicFile, OutputDirectory};
use rustc_hash::FxHasher;

use super::journal::{Lines, RunState, interrupted_path, journal_path, record_name, rows_path};
use super::lines::Kind;

/// Outputs that stand in a directory and that the rows of the run at hand do not name.
#[derive(Debug, Default)]
pub(crate) struct Stale {
    /// Of inputs that are there and are written elsewhere now, or not at all: what stands there is wrong.
    pub replaced: Vec<String>,
    /// Of inputs that are gone or were not asked for, and outputs in another format.
    pub gone: Vec<String>,
}

impl Stale {
    /// Compares the rows of earlier runs with the journal of the run at hand, all of which must be on disk. Memory: 20
    /// to 40 bytes a row of the run, up to `dedup.memory`.
    pub fn find(root: &Path, state: &RunState) -> io::Result<Stale> {
        let settings = &state.write;
        let earlier: Vec<_> =
            [rows_path(root), interrupted_path(root)].into_iter().filter(|path| path.exists()).collect();
        let left = Stale::left(root)?;
        if earlier.is_empty() && left.is_empty() {
            return Ok(Stale::default());
        }
        let set = || KeyTable::<()>::new(Spill::new(state.dedup.memory / 2, Box::new(tempfile::tempfile)));
        let (mut current, mut outputs) = (set(), set());
        let mut lines = Lines::open(&journal_path(root))?;
        while let Some((line, _)) = lines.next()? {
            current.enter(record_name(&line.record), ())?;
            if let Some(output) = &line.record.output {
                outputs.enter(hash(output), ())?;
            }
        }
        let ending = format!(".{}{}", settings.format.extension(), settings.compression.suffix());
        let mut stale = Stale::default();
        for path in earlier {
            let mut lines = Lines::open(&path)?;
            while let Some((line, _)) = lines.next()? {
                let Some(output) = &line.record.output else { continue };
                let stands = outputs.get(hash(output))?.is_some();
                if Kind::Documents.names(output) || stands || !root.join(output).exists() {
                    continue;
                }
                let same_format = settings.format.is_tree() && output.ends_with(&ending);
                match same_format && current.get(record_name(&line.record))?.is_some() {
                    true => stale.replaced.push(output.clone()),
                    false => stale.gone.push(output.clone()),
                }
                // Rows of two runs may name the same file.
                outputs.enter(hash(output), ())?;
            }
        }
        for output in left {
            if outputs.enter(hash(&output), ())?.is_none() {
                stale.gone.push(output);
            }
        }
        Ok(stale)
    }

    /// Outputs that earlier runs have found without an input and left where they are.
    pub fn left(root: &Path) -> io::Result<Vec<String>> {
        let text = match fs::read_to_string(left_path(root)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            text => text?,
        };
        let outputs = text.lines().filter_map(|line| serde_json::from_str::<String>(line).ok());
        Ok(outputs.filter(|output| root.join(output).exists()).collect())
    }

    /// Remembers the outputs that are left, so that a later run can remove them.
    pub fn remember(root: &Path, left: &[String]) -> io::Result<()> {
        let mut file = AtomicFile::create(&left_path(root))?;
        for output in left {
            serde_json::to_writer(&mut file, output)?;
            file.write_all(b"\n")?;
        }
        file.commit(false)
    }
}

/// Outputs without an input that were left, a JSON string a line.
fn left_path(root: &Path) -> PathBuf {
    OutputDirectory::state_in(root, "left")
}

/// Removes an output, and the directories that are empty without it. One that is gone already is none to remove.
pub(crate) fn remove_output(root: &Path, output: &str) -> io::Result<()> {
    let path = root.join(output);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let below = path.ancestors().skip(1).take_while(|directory| *directory != root);
    for directory in below {
        if fs::remove_dir(directory).is_err() {
            break;
        }
    }
    Ok(())
}

fn hash(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    text.hash(&mut hasher);
    hasher.finish()
}
