//! Apache Parquet: a record a row, row group by row group.
//!
//! Rows are put together from the columns page by page, so that memory is bounded by the pages in hand. Columns that
//! nothing asks for are not read.

use std::{
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use parquet::{
    errors::ParquetError,
    file::reader::{FileReader, SerializedFileReader},
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

/// A row read, or what kept it from being read.
pub(crate) struct Split {
    pub(crate) place: Place,
    pub(crate) row: Result<Row, String>,
}

/// The rows of a file.
pub(crate) struct Parquet {
    file: SerializedFileReader<File>,
    schema: SchemaDescPtr,
    group: usize,
    rows: Option<ReaderIter>,
    /// Rows of the open group that are left.
    left: u64,
    /// Rows to pass over in the next group that is opened.
    skip: u64,
    row: u64,
}

impl Parquet {
    /// Opens a file at a row.
    pub(crate) fn open(file: File, place: Option<Place>, settings: &Settings) -> Result<Parquet, String> {
        let file = guarded(|| SerializedFileReader::new(file))?;
        let schema = guarded(|| columns(file.metadata().file_metadata().schema_descr(), settings))?;
        let mut parquet = Parquet { file, schema, group: 0, rows: None, left: 0, skip: 0, row: 0 };
        let mut before = place.map_or(0, |place| place.index);
        while let Some(rows) = parquet.rows_of(parquet.group).filter(|rows| *rows <= before) {
            before -= rows;
            parquet.row += rows;
            parquet.group += 1;
        }
        parquet.skip = before;
        Ok(parquet)
    }

    /// The names of the columns that are read.
    pub(crate) fn columns(&self) -> Vec<&str> {
        self.schema.root_schema().get_fields().iter().map(|field| field.name()).collect()
    }

    /// The next row. A group that cannot be read is one broken row from where the damage is, and the next group follows.
    pub(crate) fn next(&mut self) -> Option<Split> {
        loop {
            if self.rows.is_none() {
                self.left = self.rows_of(self.group)?;
                let opened = guarded(|| {
                    let group = self.file.get_row_group(self.group)?;
                    TreeBuilder::new().with_batch_size(BATCH).as_iter(Arc::clone(&self.schema), group.as_ref())
                });
                self.group += 1;
                match opened {
                    Ok(rows) => self.rows = Some(rows),
                    Err(message) => return Some(self.broken(message)),
                }
            }
            let rows = self.rows.as_mut()?;
            if self.left == 0 {
                self.rows = None;
                continue;
            }
            let next = guarded(|| rows.next().transpose());
            let row = match next {
                Ok(Some(row)) => row,
                Ok(None) => return Some(self.broken("the row group ends early".into())),
                Err(message) => return Some(self.broken(message)),
            };
            self.left -= 1;
            let place = Place { offset: 0, within: self.row, index: self.row };
            self.row += 1;
            if self.skip > 0 {
                self.skip -= 1;
                continue;
            }
            let row = guarded(|| Ok(row.into_columns().into_iter().map(|(name, field)| (name, cell(field))).collect()));
            return Some(Split { place, row: row.map(Row) });
        }
    }

    fn rows_of(&self, group: usize) -> Option<u64> {
        let groups = self.file.metadata();
        (group < groups.num_row_groups()).then(|| u64::try_from(groups.row_group(group).num_rows()).unwrap_or(0))
    }

    /// Ends the group that was opened last.
    fn broken(&mut self, message: String) -> Split {
        let place = Place { offset: 0, within: self.row, index: self.row };
        let message = format!("row group {}, {} rows lost: {message}", self.group - 1, self.left);
        self.row += self.left;
        self.skip = 0;
        self.left = 0;
        self.rows = None;
        Split { place, row: Err(message) }
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
