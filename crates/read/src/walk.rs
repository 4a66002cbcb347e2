//! Files below a directory, in byte order of their names, level by level.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use globset::{GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};
use same_file::Handle;
use walkdir::{DirEntry, WalkDir};

use crate::{Counts, Error, Settings};

/// Which of the files in directories are read.
#[derive(Debug)]
pub(crate) struct Filters {
    include: GlobSet,
    exclude: GlobSet,
    hidden: bool,
    follow: bool,
    /// Directories that are never read: where this run writes.
    pub(crate) never: Vec<Handle>,
}

impl Filters {
    pub(crate) fn new(settings: &Settings) -> Result<Filters, Error> {
        Ok(Filters {
            include: glob_set("read.include", &settings.include)?,
            exclude: glob_set("read.exclude", &settings.exclude)?,
            hidden: settings.hidden,
            follow: settings.follow,
            never: Vec::new(),
        })
    }

    /// Whether a directory is never read, under whatever name it is reached.
    fn never_reads(&self, directory: &Path) -> bool {
        !self.never.is_empty() && Handle::from_path(directory).is_ok_and(|handle| self.never.contains(&handle))
    }

    /// Whether a member of an archive is passed over: the user named the archive's kind or the archive, so
    /// `read.include` does not apply.
    pub(crate) fn passes_over(&self, member: &Path, passed: &mut Counts) -> bool {
        if !self.hidden && bytes(member).any(|name| name.starts_with(b".") && name != b"." && name != b"..") {
            passed.hidden += 1;
            return true;
        }
        if member.ancestors().any(|path| matches(&self.exclude, path)) {
            passed.excluded += 1;
            return true;
        }
        false
    }

    /// Whether a glob of `read.include` asks for this very file.
    pub(crate) fn asks_for(&self, member: &Path) -> bool {
        matches(&self.include, member)
    }
}

/// What was found at a path below the root.
#[derive(Debug)]
pub(crate) struct Found {
    /// The path as it is to be opened.
    pub(crate) path: PathBuf,
    /// The path below the root.
    pub(crate) below: PathBuf,
    pub(crate) what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    /// A regular file; whether a glob of `read.include` asked for it.
    File { included: bool },
    /// Not read, and why.
    Skipped(String),
    /// Cannot be read, and why.
    Failed(String),
}

/// A walk over one directory.
pub(crate) struct Walk {
    entries: walkdir::IntoIter,
    root: PathBuf,
    /// Only what matches, or lies in a directory that does.
    only: Option<GlobMatcher>,
    /// The path below the root that the walk begins at.
    from: Option<PathBuf>,
}

impl Walk {
    /// A walk over `root`; `from` is the path below it to begin with.
    pub(crate) fn new(root: &Path, only: Option<GlobMatcher>, from: Option<PathBuf>, filters: &Filters) -> Walk {
        let entries = WalkDir::new(root).follow_links(filters.follow).sort_by_file_name().into_iter();
        Walk { entries, root: root.to_owned(), only, from }
    }

    /// The next file, counting what is passed over.
    pub(crate) fn next(&mut self, filters: &Filters, passed: &mut Counts) -> Option<Found> {
        loop {
            let entry = match self.entries.next()? {
                Ok(entry) => entry,
                Err(error) => match self.failure(&error) {
                    Some(found) => return Some(found),
                    None => continue,
                },
            };
            if entry.depth() == 0 && entry.file_type().is_dir() {
                if filters.never_reads(entry.path()) {
                    self.entries.skip_current_dir();
                }
                continue;
            }
            let below = entry.path().strip_prefix(&self.root).unwrap_or(entry.path()).to_owned();
            let is_directory = entry.file_type().is_dir();
            if self.is_before_start(&below) {
                if is_directory {
                    self.entries.skip_current_dir();
                }
                continue;
            }
            if let Some(what) = self.settle(&entry, &below, filters, passed) {
                return Some(Found { path: entry.into_path(), below, what });
            }
        }
    }

    /// What becomes of one entry; `None` if there is nothing to say of it.
    fn settle(&mut self, entry: &DirEntry, below: &Path, filters: &Filters, passed: &mut Counts) -> Option<What> {
        let is_directory = entry.file_type().is_dir();
        // A directory that reading began inside of has been counted and let in before.
        let counted_before = self.from.is_some();
        let hidden = !filters.hidden && entry.file_name().as_encoded_bytes().starts_with(b".");
        let excluded = matches(&filters.exclude, below);
        let in_glob = self.only.as_ref().is_none_or(|only| {
            entry
                .path()
                .ancestors()
                .take(entry.depth())
                .any(|path| only.is_match(path.strip_prefix("./").unwrap_or(path)))
        });
        if is_directory {
            let never = filters.never_reads(entry.path());
            let written = entry.path().join(".dechaff").is_dir();
            if hidden || excluded || never || written {
                self.entries.skip_current_dir();
            }
            match () {
                () if counted_before || never => {}
                () if hidden => passed.hidden += 1,
                () if excluded => passed.excluded += 1,
                () if written => return Some(What::Skipped("output of an earlier run (it holds .dechaff)".into())),
                () => {}
            }
            return None;
        }
        if !in_glob {
            return None;
        }
        if hidden {
            passed.hidden += 1;
            return None;
        }
        let included = matches(&filters.include, below);
        if excluded || !(included || filters.include.is_empty()) {
            passed.excluded += 1;
            return None;
        }
        Some(match entry.file_type() {
            // A glob that was named as an input asks for what it matches, as one of `read.include` does.
            kind if kind.is_file() => What::File { included: included || self.only.is_some() },
            kind if kind.is_symlink() => What::Skipped(match fs::metadata(entry.path()) {
                Ok(_) => "symbolic link".into(),
                Err(error) if error.kind() == io::ErrorKind::NotFound => "broken symbolic link".into(),
                Err(error) => format!("symbolic link that leads nowhere: {error}"),
            }),
            _ => What::Skipped("neither a file nor a directory".into()),
        })
    }

    /// An error of the walk as a finding.
    fn failure(&mut self, error: &walkdir::Error) -> Option<Found> {
        let path = error.path().unwrap_or(&self.root).to_owned();
        let below = path.strip_prefix(&self.root).unwrap_or(&path).to_owned();
        if self.is_before_start(&below) {
            return None;
        }
        let is_link = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink());
        let what = match (error.loop_ancestor(), error.io_error()) {
            (Some(_), _) => What::Skipped("symbolic link that leads back to a directory it is in".into()),
            (None, Some(error)) if is_link && error.kind() == io::ErrorKind::NotFound => {
                What::Failed("broken symbolic link".into())
            }
            (None, Some(error)) => What::Failed(error.to_string()),
            (None, None) => What::Failed(error.to_string()),
        };
        Some(Found { path, below, what })
    }

    /// Whether `below` comes before the path to begin with, and is no directory on the way to it.
    fn is_before_start(&mut self, below: &Path) -> bool {
        let Some(from) = &self.from else { return false };
        if below.as_os_str() != from.as_os_str() && from.starts_with(below) {
            return false;
        }
        let before = bytes(below).lt(bytes(from));
        if !before {
            self.from = None;
        }
        before
    }
}

/// Compiles globs; one without a slash matches at any depth, as users of fd and ripgrep expect.
fn glob_set(key: &'static str, globs: &[String]) -> Result<GlobSet, Error> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        set.add(compile(key, glob)?);
        if !glob.trim_end_matches('/').contains('/') {
            set.add(compile(key, &format!("**/{glob}"))?);
        }
    }
    set.build().map_err(|error| Error::Glob { key, glob: globs.join(" "), message: error.kind().to_string() })
}

/// Compiles one glob: `*` does not cross slashes, `**` does.
pub(crate) fn compile(key: &'static str, glob: &str) -> Result<globset::Glob, Error> {
    let pattern = glob.trim_end_matches('/').trim_start_matches("./");
    GlobBuilder::new(pattern).literal_separator(true).build().map_err(|error| Error::Glob {
        key,
        glob: glob.to_owned(),
        message: error.kind().to_string(),
    })
}

fn matches(set: &GlobSet, below: &Path) -> bool {
    !set.is_empty() && set.is_match(below)
}

fn bytes(path: &Path) -> impl Iterator<Item = &[u8]> {
    path.components().map(|component| component.as_os_str().as_encoded_bytes())
}

/// A path of the system's own bytes.
#[cfg(unix)]
pub(crate) fn path(bytes: &[u8]) -> PathBuf {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    OsStr::from_bytes(bytes).into()
}

/// A path of the system's own bytes, as far as they are Unicode.
#[cfg(not(unix))]
pub(crate) fn path(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}
