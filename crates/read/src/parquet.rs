//! Apache Parquet: a record a row, row group by row group.
//!
//! Rows are put together from the columns page by page, so that memory is bounded by the pages in hand. Columns that
//! nothing asks for are not read. With more than one thread at hand, row groups are decoded ahead of their turn
//! ([`Ahead`]), several at once where there are many threads to feed; their rows still come in the order of the file.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use parquet::{
    errors::ParquetError,
    file::reader::{ChunkReader, FileReader, Length, SerializedFileReader},
    record::{
        Field,
        reader::{ReaderIter, TreeBuilder},
    },
    schema::types::{SchemaDescPtr, SchemaDescriptor, Type},
};

use crate::{
    Place, Settings,
    record::{Cell, Row, is_passed_on},
};

/// Values taken from a column at a time. Pages of text are large; parquet's default of 1024 would hold a thousand.
const BATCH: usize = 32;
/// Rows of a batch that a group decoded ahead is handed over in, or fewer once they hold [`BATCH_BYTES`].
const BATCH_ROWS: usize = 32;
/// Bytes of rows from which a batch is handed over: small beside what may be in flight, large beside a channel's cost.
const BATCH_BYTES: usize = 1 << 20;
/// Batches that wait in the channel of a group; one more is in the making and one is being taken apart.
const WAITING: usize = 2;
/// Threads that are kept busy by one that decodes: cleaning takes some 30 times as long as decoding (docs/inputs.md),
/// so that one for eight always has rows to spare.
const FED_BY_ONE: usize = 8;
/// Bytes of the groups that are decoded at once, decompressed: another is begun ahead only within them. Some writers
/// put a thousand rows into one page, which is as large as its group then.
const AHEAD_BYTES: u64 = 512 << 20;

/// A row read, or what kept it from being read.
pub(crate) struct Split {
    pub(crate) place: Place,
    pub(crate) row: Result<Row, String>,
}

/// The rows of a file.
pub(crate) struct Parquet {
    table: Table,
    /// Groups that were begun, in order.
    begun: VecDeque<Group>,
    /// The next group to begin, and the number of its first row.
    next: (usize, u64),
    /// Rows to pass over in the next group that is begun.
    skip: u64,
    /// Groups that are decoded at once on threads of their own; 0 decodes where rows are asked for.
    ahead: usize,
}

/// A file, and what is read of it. Threads share it.
#[derive(Clone)]
struct Table {
    file: Arc<SerializedFileReader<Positioned>>,
    schema: SchemaDescPtr,
}

/// A group that was begun.
enum Group {
    Here(Box<GroupRows>),
    Ahead(Ahead),
}

impl Parquet {
    /// Opens a file at a row, for this many threads that work on rows.
    pub(crate) fn open(
        file: File,
        place: Option<Place>,
        threads: usize,
        settings: &Settings,
    ) -> Result<Parquet, String> {
        let file = guarded(|| SerializedFileReader::new(Positioned(Arc::new(file))))?;
        let schema = guarded(|| columns(file.metadata().file_metadata().schema_descr(), settings))?;
        let table = Table { file: Arc::new(file), schema };
        let ahead = if threads > 1 { threads.div_ceil(FED_BY_ONE) } else { 0 };
        let mut parquet = Parquet { table, begun: VecDeque::new(), next: (0, 0), skip: 0, ahead };
        let mut before = place.map_or(0, |place| place.index);
        while let Some(rows) = parquet.table.rows_of(parquet.next.0).filter(|rows| *rows <= before) {
            before -= rows;
            parquet.next.0 += 1;
            parquet.next.1 += rows;
        }
        parquet.skip = before;
        Ok(parquet)
    }

    /// The names of the columns that are read.
    pub(crate) fn columns(&self) -> Vec<&str> {
        self.table.schema.root_schema().get_fields().iter().map(|field| field.name()).collect()
    }

    /// The next row. A group that cannot be read is one broken row from where the damage is, and the next group
    /// follows.
    pub(crate) fn next(&mut self) -> Option<Split> {
        loop {
            while self.may_begin() && self.begin() {}
            let split = match self.begun.front_mut()? {
                Group::Here(rows) => rows.next(),
                Group::Ahead(ahead) => ahead.next(),
            };
            if split.is_some() {
                return split;
            }
            self.begun.pop_front();
        }
    }

    /// Whether another group may be begun: one always, and more as long as they are small.
    fn may_begin(&self) -> bool {
        let bytes = |group| self.table.bytes_of(group);
        let next = self.next.0;
        let small = || (next - self.begun.len()..=next).map(bytes).fold(0, u64::saturating_add) <= AHEAD_BYTES;
        self.begun.is_empty() || self.begun.len() < self.ahead && small()
    }

    /// Begins the next group; `false` behind the last.
    fn begin(&mut self) -> bool {
        let (number, first) = self.next;
        let Some(rows) = self.table.rows_of(number) else { return false };
        self.next = (number + 1, first.saturating_add(rows));
        let part = Part { number, first, rows, skip: std::mem::take(&mut self.skip) };
        let ahead = if self.ahead > 0 { Ahead::begin(&self.table, part) } else { None };
        self.begun.push_back(match ahead {
            Some(ahead) => Group::Ahead(ahead),
            None => Group::Here(Box::new(GroupRows::open(&self.table, part))),
        });
        true
    }
}

impl Table {
    /// Bytes of a group, decompressed; 0 behind the last.
    fn bytes_of(&self, group: usize) -> u64 {
        let groups = self.file.metadata();
        match group < groups.num_row_groups() {
            true => u64::try_from(groups.row_group(group).total_byte_size()).unwrap_or(u64::MAX),
            false => 0,
        }
    }

    fn rows_of(&self, group: usize) -> Option<u64> {
        let groups = self.file.metadata();
        (group < groups.num_row_groups()).then(|| u64::try_from(groups.row_group(group).num_rows()).unwrap_or(0))
    }
}

/// Which rows of a file a group holds.
#[derive(Clone, Copy)]
struct Part {
    number: usize,
    /// Number of its first row in the file.
    first: u64,
    rows: u64,
    /// Rows at its beginning that are not asked for.
    skip: u64,
}

/// The rows of a group, one after the other; behind damage one broken row stands for all that are left.
struct GroupRows {
    part: Part,
    rows: Option<ReaderIter>,
    /// Why the group could not be opened.
    unreadable: Option<String>,
    /// Rows passed so far.
    passed: u64,
}

impl GroupRows {
    fn open(table: &Table, part: Part) -> GroupRows {
        let opened = guarded(|| {
            let group = table.file.get_row_group(part.number)?;
            TreeBuilder::new().with_batch_size(BATCH).as_iter(Arc::clone(&table.schema), group.as_ref())
        });
        let (rows, unreadable) = match opened {
            Ok(rows) => (Some(rows), None),
            Err(message) => (None, Some(message)),
        };
        GroupRows { part, rows, unreadable, passed: 0 }
    }

    /// Ends the group.
    fn broken(&mut self, message: &str) -> Split {
        let index = self.part.first.saturating_add(self.passed);
        let lost = self.part.rows - self.passed;
        self.rows = None;
        Split { place: place(index), row: Err(format!("row group {}, {lost} rows lost: {message}", self.part.number)) }
    }
}

impl Iterator for GroupRows {
    type Item = Split;

    fn next(&mut self) -> Option<Split> {
        if let Some(message) = self.unreadable.take() {
            return Some(self.broken(&message));
        }
        loop {
            let rows = self.rows.as_mut()?;
            if self.passed == self.part.rows {
                self.rows = None;
                return None;
            }
            let row = match guarded(|| rows.next().transpose()) {
                Ok(Some(row)) => row,
                Ok(None) => return Some(self.broken("the row group ends early")),
                Err(message) => return Some(self.broken(&message)),
            };
            let index = self.part.first.saturating_add(self.passed);
            self.passed += 1;
            if self.passed <= self.part.skip {
                continue;
            }
            let row = guarded(|| Ok(row.into_columns().into_iter().map(|(name, field)| (name, cell(field))).collect()));
            return Some(Split { place: place(index), row: row.map(Row) });
        }
    }
}

/// A group that a thread of its own decodes, some batches of rows ahead of where they are asked for.
struct Ahead {
    batches: Receiver<Vec<Split>>,
    batch: std::vec::IntoIter<Split>,
}

impl Ahead {
    /// `None` where the system has no thread left.
    fn begin(table: &Table, part: Part) -> Option<Ahead> {
        let (sender, batches) = sync_channel(WAITING);
        let table = table.clone();
        let decode = move || send(GroupRows::open(&table, part), &sender);
        thread::Builder::new().name("dechaff-parquet".into()).spawn(decode).ok()?;
        Some(Ahead { batches, batch: Vec::new().into_iter() })
    }

    fn next(&mut self) -> Option<Split> {
        loop {
            if let Some(split) = self.batch.next() {
                return Some(split);
            }
            // The thread ends behind the group's last row: everything in it that could panic is guarded.
            self.batch = self.batches.recv().ok()?.into_iter();
        }
    }
}

/// Sends rows in batches until there are none, or nobody wants them.
fn send(mut rows: GroupRows, to: &SyncSender<Vec<Split>>) {
    loop {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < BATCH_ROWS && bytes < BATCH_BYTES {
            let Some(split) = rows.next() else { break };
            bytes += split.row.as_ref().map_or(0, Row::held_bytes);
            batch.push(split);
        }
        if batch.is_empty() || to.send(batch).is_err() {
            return;
        }
    }
}

fn place(row: u64) -> Place {
    Place { offset: 0, within: row, index: row }
}

/// A file that many threads read, each from where it wants.
struct Positioned(Arc<File>);

/// Reads a file on from a place of its own.
struct From {
    file: Arc<File>,
    at: u64,
}

impl Length for Positioned {
    fn len(&self) -> u64 {
        self.0.metadata().map_or(0, |metadata| metadata.len())
    }
}

impl ChunkReader for Positioned {
    type T = io::BufReader<From>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(io::BufReader::new(From { file: Arc::clone(&self.0), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<bytes::Bytes, ParquetError> {
        // What is allocated is what the file has, not what its metadata claims.
        let there = usize::try_from(self.len().saturating_sub(start)).unwrap_or(usize::MAX);
        let mut bytes = Vec::with_capacity(length.min(there));
        From { file: Arc::clone(&self.0), at: start }.take(length as u64).read_to_end(&mut bytes)?;
        match bytes.len() == length {
            true => Ok(bytes.into()),
            false => Err(ParquetError::EOF(format!("{} bytes of {length} are there", bytes.len()))),
        }
    }
}

impl Read for From {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_at(&*self.file, buffer, self.at)?;
        #[cfg(windows)]
        let read = std::os::windows::fs::FileExt::seek_read(&*self.file, buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// The columns that are read: those that settings name, and those that are passed on.
fn columns(schema: &SchemaDescriptor, settings: &Settings) -> Result<SchemaDescPtr, ParquetError> {
    let named = [&settings.html_fields, &settings.text_fields, &settings.url_fields, &settings.id_fields];
    let is_named = |column: &str| {
        named.into_iter().flatten().any(|field| field == column || field.split('.').next() == Some(column))
    };
    let root = schema.root_schema();
    let fields = root
        .get_fields()
        .iter()
        .filter(|field| is_named(field.name()) || is_passed_on(field.name(), settings))
        .cloned();
    let root = Type::group_type_builder(root.name()).with_fields(fields.collect()).build()?;
    Ok(Arc::new(SchemaDescriptor::new(Arc::new(root))))
}

fn cell(field: Field) -> Cell {
    match field {
        Field::Str(text) => Cell::Text(text),
        Field::Bytes(bytes) => Cell::Bytes(bytes.data().to_vec()),
        field => Cell::Json(field.to_json_value().to_string()),
    }
}

/// Runs the library on bytes that may be damaged: its errors are cut to what a message can hold, and a panic is one of
/// them.
fn guarded<T>(run: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, String> {
    /// Some errors hold the whole value that they complain of.
    const LONGEST: usize = 200;
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(error.to_string().chars().take(LONGEST).collect()),
        Err(_) => Err("Parquet: the file is damaged in a way that its library does not foresee".into()),
    }
}
