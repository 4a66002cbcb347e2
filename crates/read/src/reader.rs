//! The reader: from inputs to entries, in order.

use std::{
    fs::{self, File},
    io::{self, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Arc,
};

use dechaff_document::{Source, display_path};
use same_file::Handle;

use crate::{
    Counts, Entry, Error, Input, Place, Position, Settings,
    compress::read_limited,
    container::{self, Record, Records},
    entry::{Held, Shared},
    input::{contained, glob_base, prefixes},
    list::List,
    record::file_name,
    url_map::UrlMap,
    walk::{Filters, Walk, What, compile},
};

/// The entries of all inputs, in order: inputs as they were named, files below a directory in byte order of their
/// names (component by component), records of a container as they stand in it.
pub struct Reader {
    shared: Arc<Shared>,
    filters: Filters,
    inputs: std::vec::IntoIter<(Input, PathBuf)>,
    /// Index of the input that is being read.
    input: usize,
    list: Option<List>,
    tree: Option<Tree>,
    archive: Option<Archive>,
    passed: Counts,
    /// Where to go on, until it is reached.
    resume: Option<Position>,
    /// Whether files are only listed: containers stay shut, streams unread.
    listing: bool,
    /// Threads that work on the entries.
    threads: usize,
}

/// An input that [`Reader::survey`] found: a file, a container of documents or a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surveyed {
    /// Its place in the output, see [`Source::relative`].
    pub relative: PathBuf,
    /// Whether it holds documents that only reading tells: a container, or a stream.
    pub container: bool,
}

/// What an entry of a survey holds in place of a container.
const CONTAINER: &str = "container";

/// Opens inputs for reading. Nothing is read of them yet; an input that is missing is an entry that fails.
///
/// # Errors
/// A glob that cannot be parsed, or a `read.url-map` that cannot be read.
pub fn open(inputs: &[Input], settings: &Settings) -> Result<Reader, Error> {
    open_at(inputs, settings, &Position::default())
}

/// Opens inputs and goes on at a position: its entry comes first, unless it is gone.
///
/// A plain container and one that is compressed record by record is read from the record on; one that is compressed
/// as a whole is decompressed up to there.
///
/// # Errors
/// As [`open`].
pub fn open_at(inputs: &[Input], settings: &Settings, position: &Position) -> Result<Reader, Error> {
    for input in inputs {
        if let Input::Glob(glob) = input {
            compile("input", glob)?;
        }
    }
    let named: Vec<(Input, PathBuf)> = inputs.iter().cloned().zip(prefixes(inputs)).skip(position.input).collect();
    Ok(Reader {
        shared: Arc::new(Shared { settings: settings.clone(), urls: UrlMap::read(&settings.url_map)? }),
        filters: Filters::new(settings)?,
        inputs: named.into_iter(),
        input: position.input,
        list: None,
        tree: None,
        archive: None,
        passed: position.passed,
        resume: (*position != Position::default()).then(|| position.clone()),
        listing: false,
        threads: 1,
    })
}

/// A directory that is being walked.
struct Tree {
    walk: Walk,
    /// Name of the directory in the output.
    prefix: PathBuf,
    line: u64,
    /// A glob that has matched nothing so far.
    unmatched: Option<String>,
}

/// A container that is being read.
struct Archive {
    records: Records,
    source: Source,
    position: Position,
    empty: bool,
}

/// A file that was found or named.
struct Candidate {
    path: PathBuf,
    relative: PathBuf,
    position: Position,
    wanted: bool,
}

impl Iterator for Reader {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        loop {
            let entry = if self.archive.is_some() {
                self.next_record()
            } else if self.tree.is_some() {
                self.next_in_tree()
            } else if self.list.is_some() {
                self.next_in_list()
            } else {
                let (input, prefix) = self.inputs.next()?;
                let entry = self.begin(input, prefix);
                if self.tree.is_none() && self.list.is_none() {
                    self.input += 1;
                }
                entry
            };
            if entry.is_some() {
                return entry;
            }
        }
    }
}

impl Reader {
    /// Never reads what lies below this directory, however it is reached: the place that the run writes to. A path that
    /// does not exist is no matter.
    #[must_use]
    pub fn never_reading(mut self, directory: &Path) -> Reader {
        self.filters.never.extend(Handle::from_path(directory));
        self
    }

    /// Says how many threads will work on the entries: with more than one, row groups of Parquet files are decoded
    /// ahead on threads of their own. The entries are the same.
    #[must_use]
    pub fn for_threads(mut self, threads: usize) -> Reader {
        self.threads = threads;
        self
    }

    /// Lists the inputs without reading them: one item a file, container or stream, in order. Files are opened as far
    /// as it takes to tell a container; streams are left alone.
    pub fn survey(mut self) -> impl Iterator<Item = Surveyed> {
        self.listing = true;
        self.map(|entry| {
            let container = matches!(&entry.held, Held::Skipped(why) if why == CONTAINER);
            Surveyed { relative: entry.source.relative, container }
        })
    }

    /// What has been passed over so far without an entry.
    pub fn passed(&self) -> Counts {
        self.passed
    }

    /// Begins an input.
    fn begin(&mut self, input: Input, prefix: PathBuf) -> Option<Entry> {
        match input {
            Input::Path(path) => self.begin_path(path, prefix, 0),
            Input::Glob(glob) => self.begin_glob(glob, prefix),
            Input::List(path) => self.begin_list(&path),
            Input::Stdin if self.listing => {
                let source = Source { relative: prefix, ..Source::default() };
                Some(self.entry(source, self.position_at(0, &[]), Held::Skipped(CONTAINER.into())))
            }
            Input::Stdin => {
                let stdin = Box::new(io::stdin());
                self.read_stream(stdin, "-".into(), prefix, self.position_at(0, &[]))
            }
        }
    }

    fn begin_path(&mut self, path: PathBuf, prefix: PathBuf, line: u64) -> Option<Entry> {
        let position = self.position_at(line, &[]);
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) => {
                let is_link = path.symlink_metadata().is_ok();
                let message = match error.kind() {
                    io::ErrorKind::NotFound if is_link => "broken symbolic link".to_owned(),
                    io::ErrorKind::NotFound => "no such file or directory".to_owned(),
                    _ => error.to_string(),
                };
                self.resume = None;
                return Some(self.entry(source(&path, prefix), position, Held::Failed(message)));
            }
        };
        if metadata.is_dir() {
            let from = self.resume_path(line);
            self.tree = Some(Tree { walk: Walk::new(&path, None, from, &self.filters), prefix, line, unmatched: None });
            return None;
        }
        if metadata.is_file() {
            return self.read_candidate(Candidate { path, relative: prefix, position, wanted: true });
        }
        if self.listing {
            return Some(self.entry(source(&path, prefix), position, Held::Skipped(CONTAINER.into())));
        }
        match File::open(&path) {
            Ok(file) => self.read_stream(Box::new(file), display_path(&path), prefix, position),
            Err(error) => Some(self.entry(source(&path, prefix), position, Held::Failed(error.to_string()))),
        }
    }

    fn begin_glob(&mut self, glob: String, prefix: PathBuf) -> Option<Entry> {
        // It was compiled once when the reader was opened.
        let only = compile("input", &glob).ok()?.compile_matcher();
        let from = self.resume_path(0);
        let unmatched = from.is_none().then_some(glob.clone());
        let walk = Walk::new(&glob_base(&glob), Some(only), from, &self.filters);
        self.tree = Some(Tree { walk, prefix, line: 0, unmatched });
        None
    }

    fn begin_list(&mut self, path: &Path) -> Option<Entry> {
        let start = self.resume.as_ref().map_or(0, |resume| resume.line);
        match List::open(path, start) {
            Ok(list) => {
                self.list = Some(list);
                None
            }
            Err(error) => {
                let position = self.position_at(0, &[]);
                let message = format!("the list of files cannot be read: {error}");
                Some(self.entry(source(path, contained(path)), position, Held::Failed(message)))
            }
        }
    }

    fn next_in_list(&mut self) -> Option<Entry> {
        let list = self.list.as_mut()?;
        match list.next() {
            Some((offset, Ok(path))) => {
                let relative = contained(&path);
                self.begin_path(path, relative, offset)
            }
            Some((offset, Err(error))) => {
                let name = list.name.clone();
                let position = self.position_at(offset, &[]);
                let message = format!("the list of files cannot be read on from byte {offset}: {error}");
                Some(self.entry(source(Path::new(&name), contained(Path::new(&name))), position, Held::Failed(message)))
            }
            None => {
                self.list = None;
                self.input += 1;
                None
            }
        }
    }

    fn next_in_tree(&mut self) -> Option<Entry> {
        let tree = self.tree.as_mut()?;
        let Some(found) = tree.walk.next(&self.filters, &mut self.passed) else {
            let unmatched = tree.unmatched.take();
            self.tree = None;
            self.resume = None;
            let position = self.position_at(0, &[]);
            if self.list.is_none() {
                self.input += 1;
            }
            let glob = unmatched?;
            let source = Source { id: glob.clone(), input: glob, ..Source::default() };
            return Some(self.entry(source, position, Held::Failed("no file matches".into())));
        };
        tree.unmatched = None;
        let relative = tree.prefix.join(&found.below);
        let line = tree.line;
        let position = self.position_at(line, found.below.as_os_str().as_encoded_bytes());
        match found.what {
            What::File { included } => {
                self.read_candidate(Candidate { path: found.path, relative, position, wanted: included })
            }
            What::Skipped(why) => Some(self.entry(source(&found.path, relative), position, Held::Skipped(why))),
            What::Failed(why) => Some(self.entry(source(&found.path, relative), position, Held::Failed(why))),
        }
    }

    /// A regular file: an entry of its own, or a container whose records follow.
    fn read_candidate(&mut self, candidate: Candidate) -> Option<Entry> {
        let Candidate { path, relative, position, wanted } = candidate;
        let source = source(&path, relative);
        let place = self.resume_place(&position);
        let (threads, settings) = (self.threads, &self.shared.settings);
        let opened =
            File::open(&path).and_then(|file| container::open_file(file, &path, wanted, place, threads, settings));
        match opened {
            Ok(None) => Some(self.entry(source, position, Held::File { path, wanted })),
            Ok(Some(_)) if self.listing => Some(self.entry(source, position, Held::Skipped(CONTAINER.into()))),
            Ok(Some(records)) => {
                self.archive = Some(Archive { records, source, position, empty: place.is_none() });
                None
            }
            Err(error) => Some(self.entry(source, position, Held::Failed(error.to_string()))),
        }
    }

    /// A stream that can be read once.
    fn read_stream(
        &mut self,
        stream: Box<dyn Read + Send>,
        name: String,
        prefix: PathBuf,
        position: Position,
    ) -> Option<Entry> {
        let source = Source { id: name.clone(), input: name, relative: prefix, ..Source::default() };
        let place = self.resume_place(&position);
        let held = match container::open_stream(stream, place, &self.shared.settings) {
            Ok(Ok(records)) => {
                self.archive = Some(Archive { records, source, position, empty: place.is_none() });
                return None;
            }
            Ok(Err(document)) => match read_limited(document, self.shared.settings.max_bytes) {
                Ok(contents) => Held::Bytes { contents, name: String::new(), wanted: true },
                Err(error) => Held::Failed(error.to_string()),
            },
            Err(error) => Held::Failed(error.to_string()),
        };
        Some(self.entry(source, position, held))
    }

    fn next_record(&mut self) -> Option<Entry> {
        let archive = self.archive.as_mut()?;
        // The libraries below are handed whatever bytes there are: a panic in one must not take the run with it.
        let next = catch_unwind(AssertUnwindSafe(|| archive.records.next()));
        let Ok(record) = next else {
            let archive = self.archive.take()?;
            let message = "the container is damaged in a way that reading it does not foresee".into();
            return Some(self.entry(archive.source, archive.position, Held::Failed(message)));
        };
        self.passed.other_records += archive.records.take_others();
        let Some(record) = record else {
            let archive = self.archive.take()?;
            return archive.empty.then(|| {
                let held = Held::Skipped("a container without a record that could hold a page".into());
                self.entry(archive.source, archive.position, held)
            });
        };
        let Record { place, id, url, member, mut held } = record;
        if let Some(member) = &member {
            if self.filters.passes_over(member, &mut self.passed) {
                return None;
            }
            if let Held::Bytes { wanted, .. } = &mut held {
                *wanted = self.filters.asks_for(member);
            }
        }
        archive.empty = false;
        let own =
            id.or_else(|| member.as_ref().map(|member| format!("{}/{}", archive.source.id, display_path(member))));
        let id = own.unwrap_or_else(|| format!("{}#{place}", archive.source.id));
        let within = match &member {
            Some(member) => contained(member),
            None => file_name(&id_within(&id, &archive.source.id), Some(place.number())).into(),
        };
        let source = Source {
            relative: archive.source.relative.join(within),
            id,
            input: archive.source.input.clone(),
            offset: Some(place.number()),
            url,
        };
        let position = Position { record: Some(place), passed: self.passed, ..archive.position.clone() };
        Some(self.entry(source, position, held))
    }

    fn entry(&self, source: Source, position: Position, held: Held) -> Entry {
        Entry { source, position, held, shared: Arc::clone(&self.shared) }
    }

    fn position_at(&self, line: u64, path: &[u8]) -> Position {
        Position { input: self.input, line, path: path.to_owned(), record: None, passed: self.passed }
    }

    /// The path to go on at, if reading goes on inside this directory.
    fn resume_path(&self, line: u64) -> Option<PathBuf> {
        let resume = self.resume.as_ref().filter(|resume| resume.input == self.input && resume.line == line)?;
        (!resume.path.is_empty()).then(|| crate::walk::path(&resume.path))
    }

    /// The record to go on at, if reading goes on inside this container. Whatever file comes first after the beginning,
    /// the place has then been found or is gone.
    fn resume_place(&mut self, position: &Position) -> Option<Place> {
        let resume = self.resume.take()?;
        let same = (resume.input, resume.line, &resume.path) == (position.input, position.line, &position.path);
        resume.record.filter(|_| same)
    }
}

fn source(path: &Path, relative: PathBuf) -> Source {
    Source { id: display_path(&relative), input: display_path(path), relative, offset: None, url: None }
}

/// A record's id without the container's name in front of it.
fn id_within(id: &str, archive: &str) -> String {
    id.strip_prefix(archive).and_then(|rest| rest.strip_prefix('#')).unwrap_or(id).to_owned()
}
