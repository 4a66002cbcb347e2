//! Parquet (<https://parquet.apache.org/docs/file-format/>): the fields of JSONL as columns of text.
//!
//! A file is made from lines of JSON once they are complete, so an interrupted run is cut back in the lines and never
//! inside a column chunk. `metadata` is a column of JSON text: its fields differ from page to page, and columns of text
//! are read alike by every library.

use std::{
    fs::File,
    io::{self, BufRead, Read, Write},
    sync::Arc,
};

use parquet::{
    basic::{Compression as Codec, GzipLevel, ZstdLevel},
    data_type::{ByteArray, ByteArrayType},
    errors::ParquetError,
    file::{
        properties::WriterProperties,
        reader::SerializedFileReader,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    record::{Field, reader::RowIter},
    schema::{parser::parse_message_type, types::ColumnPath},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::Compression;

const SCHEMA: &str = "message document {
    required binary id (STRING);
    required binary text (STRING);
    required binary source (STRING);
    optional binary url (STRING);
    optional binary title (STRING);
    optional binary author (STRING);
    optional binary date (STRING);
    optional binary language (STRING);
    optional binary site (STRING);
    optional binary added (STRING);
    required binary metadata (STRING);
}";

/// Uncompressed bytes of a row group. A reader that works row group by row group holds this much; larger ones compress
/// no better for text, smaller ones cost a header each.
const ROW_GROUP: usize = 32 << 20;

/// A line of [`crate::Document`], fields in the order of the columns.
#[derive(Deserialize, Serialize)]
struct Line {
    id: String,
    text: String,
    source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    added: Option<String>,
    metadata: Box<RawValue>,
}

/// Columns that may hold no value; the others always do.
const OPTIONAL: std::ops::Range<usize> = 3..10;
const COLUMNS: usize = 11;

/// Writes lines of JSON (see [`crate::Document::write_to`]) as a Parquet file. Holds one row group in memory, some
/// 32 MB and one document more.
pub(crate) fn write(lines: impl BufRead, out: impl Write + Send, compression: Compression) -> io::Result<()> {
    let schema = Arc::new(parse_message_type(SCHEMA).map_err(error)?);
    let mut properties = WriterProperties::builder().set_compression(match compression {
        Compression::Gzip => Codec::GZIP(GzipLevel::default()),
        Compression::None | Compression::Zstd => Codec::ZSTD(ZstdLevel::default()),
    });
    // Values of these hardly ever repeat: a dictionary would only be built and thrown away, and statistics over whole
    // texts tell nobody anything.
    for column in ["id", "text", "metadata"] {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(column), false);
        properties = properties.set_column_statistics_enabled(
            ColumnPath::from(column),
            parquet::file::properties::EnabledStatistics::None,
        );
    }
    let mut writer = SerializedFileWriter::new(out, schema, Arc::new(properties.build())).map_err(error)?;
    let mut columns: Vec<Vec<Option<ByteArray>>> = vec![Vec::new(); COLUMNS];
    let mut bytes = 0;
    for line in lines.split(b'\n') {
        let line = line?;
        if line.is_empty() {
            continue;
        }
        bytes += line.len();
        let line: Line = serde_json::from_slice(&line)?;
        let row: [Option<String>; COLUMNS] = [
            Some(line.id),
            Some(line.text),
            Some(line.source),
            line.url,
            line.title,
            line.author,
            line.date,
            line.language,
            line.site,
            line.added,
            Some(line.metadata.get().to_owned()),
        ];
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value.map(|value| ByteArray::from(value.into_bytes())));
        }
        if bytes >= ROW_GROUP {
            row_group(writer.next_row_group().map_err(error)?, &mut columns)?;
            bytes = 0;
        }
    }
    if bytes > 0 {
        row_group(writer.next_row_group().map_err(error)?, &mut columns)?;
    }
    writer.close().map_err(error)?;
    Ok(())
}

/// The lines that a file was made of, one after the other.
pub(crate) struct DocumentLines {
    rows: RowIter<'static>,
    line: Vec<u8>,
    at: usize,
}

impl DocumentLines {
    /// Opens a file that [`write`] made.
    pub(crate) fn open(file: File) -> io::Result<DocumentLines> {
        let reader = SerializedFileReader::new(file).map_err(error)?;
        Ok(DocumentLines { rows: RowIter::from_file_into(Box::new(reader)), line: Vec::new(), at: 0 })
    }

    fn next_line(&mut self) -> io::Result<()> {
        self.line.clear();
        self.at = 0;
        let Some(row) = self.rows.next().transpose().map_err(error)? else { return Ok(()) };
        let mut columns = row.into_columns().into_iter().map(|(_, field)| match field {
            Field::Str(text) => Some(text),
            _ => None,
        });
        let mut next = || columns.next().flatten();
        let missing = || io::Error::other("a row without id, text, source or metadata");
        let line = Line {
            id: next().ok_or_else(missing)?,
            text: next().ok_or_else(missing)?,
            source: next().ok_or_else(missing)?,
            url: next(),
            title: next(),
            author: next(),
            date: next(),
            language: next(),
            site: next(),
            added: next(),
            metadata: RawValue::from_string(next().ok_or_else(missing)?)?,
        };
        serde_json::to_writer(&mut self.line, &line)?;
        self.line.push(b'\n');
        Ok(())
    }
}

impl BufRead for DocumentLines {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.line.len() {
            self.next_line()?;
        }
        Ok(&self.line[self.at..])
    }

    fn consume(&mut self, bytes: usize) {
        self.at += bytes;
    }
}

impl Read for DocumentLines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut available = self.fill_buf()?;
        let read = available.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

/// Writes a row group and empties the columns.
fn row_group<W: Write + Send>(
    mut group: SerializedRowGroupWriter<'_, W>,
    columns: &mut [Vec<Option<ByteArray>>],
) -> io::Result<()> {
    for (place, column) in columns.iter_mut().enumerate() {
        let mut writer = group.next_column().map_err(error)?.expect("the schema has as many columns");
        let levels: Vec<i16> = column.iter().map(|value| i16::from(value.is_some())).collect();
        let levels = OPTIONAL.contains(&place).then_some(&levels[..]);
        let values: Vec<ByteArray> = column.drain(..).flatten().collect();
        writer.typed::<ByteArrayType>().write_batch(&values, levels, None).map_err(error)?;
        writer.close().map_err(error)?;
    }
    group.close().map_err(error)?;
    Ok(())
}

fn error(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(inner) => *inner,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use parquet::{
        file::reader::{FileReader, SerializedFileReader},
        record::RowAccessor,
    };

    use super::*;

    #[test]
    fn lines_become_rows_and_missing_fields_are_null() {
        let lines = concat!(
            r#"{"id":"1","text":"It rained.\nAll night.","source":"a.html","title":"Rain","metadata":{"kind":"html"}}"#,
            "\n",
            r#"{"id":"2","text":"","source":"b.txt","language":"en","metadata":{"confidence":0.5}}"#,
            "\n"
        );
        let mut out = Vec::new();
        write(lines.as_bytes(), &mut out, Compression::None).unwrap();
        let mut again = Vec::new();
        write(lines.as_bytes(), &mut again, Compression::None).unwrap();
        assert_eq!(out, again);
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("documents.parquet");
        std::fs::write(&place, &out).unwrap();
        let reader = SerializedFileReader::new(std::fs::File::open(&place).unwrap()).unwrap();
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].get_string(1).unwrap(), "It rained.\nAll night.");
        assert_eq!(rows[0].get_string(4).unwrap(), "Rain");
        assert!(rows[0].get_string(7).is_err() && rows[1].get_string(4).is_err());
        assert_eq!(rows[1].get_string(10).unwrap(), r#"{"confidence":0.5}"#);
    }

    #[test]
    fn the_lines_of_a_file_come_back_as_they_were() {
        let lines = concat!(
            r#"{"id":"1","text":"It rained.\nAll \"night\".","source":"a.html","title":"Rain","metadata":{"kind":"html","x":[1, 2]}}"#,
            "\n",
            r#"{"id":"2","text":"","source":"b.txt","language":"en","metadata":{"confidence":0.50}}"#,
            "\n"
        );
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("documents.parquet");
        write(lines.as_bytes(), File::create(&place).unwrap(), Compression::None).unwrap();
        let mut back = String::new();
        DocumentLines::open(File::open(&place).unwrap()).unwrap().read_to_string(&mut back).unwrap();
        assert_eq!(back, lines);
    }

    #[test]
    fn no_lines_make_a_file_without_rows() {
        let mut out = Vec::new();
        write(&b""[..], &mut out, Compression::Gzip).unwrap();
        assert!(out.starts_with(b"PAR1") && out.ends_with(b"PAR1"));
        assert!(write(&b"{oops\n"[..], Vec::new(), Compression::None).is_err());
    }
}
