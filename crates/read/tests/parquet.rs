//! Parquet files of several row groups: the same entries however many threads decode them, from any row on, and behind
//! damage.

mod common;

use std::{fs::File, path::Path, sync::Arc};

use common::{row, settings, text};
use dechaff_read::{Entry, Input, Loaded, Position, open, open_at};
use parquet::{
    data_type::{ByteArray, ByteArrayType},
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};
use tempfile::tempdir;

/// Rows of each group. One is longer than a batch that is handed over, one is empty.
const GROUPS: [usize; 6] = [3, 100, 0, 1, 40, 17];

/// A file of these groups; says where the data of each begins.
fn write_groups(path: &Path) -> Vec<u64> {
    let schema =
        Arc::new(parse_message_type("message m { required binary id (UTF8); required binary text; }").unwrap());
    let properties = WriterProperties::builder().set_dictionary_enabled(false).build();
    let mut writer = SerializedFileWriter::new(File::create(path).unwrap(), schema, Arc::new(properties)).unwrap();
    let mut number = 0;
    for rows in GROUPS {
        let mut group = writer.next_row_group().unwrap();
        let values = |what: &str| -> Vec<ByteArray> {
            (number..number + rows).map(|row| format!("{what} {row}").into_bytes().into()).collect()
        };
        for values in [values("id"), values("The text of row")] {
            let mut column = group.next_column().unwrap().unwrap();
            column.typed::<ByteArrayType>().write_batch(&values, None, None).unwrap();
            column.close().unwrap();
        }
        group.close().unwrap();
        number += rows;
    }
    let metadata = writer.close().unwrap();
    metadata.row_groups().iter().map(|group| group.column(1).byte_range().0).collect()
}

fn loaded(entries: impl Iterator<Item = Entry>) -> Vec<(Position, Loaded)> {
    entries.map(|entry| (entry.position().clone(), entry.load())).collect()
}

#[test]
fn any_number_of_threads_reads_the_same_rows_in_the_same_order() {
    let root = tempdir().unwrap();
    let path = root.path().join("pages.parquet");
    write_groups(&path);
    let inputs = [Input::Path(path)];
    let alone = loaded(open(&inputs, &settings()).unwrap());
    let total: usize = GROUPS.iter().sum();
    assert_eq!(alone.len(), total);
    for (number, (_, loaded)) in alone.iter().enumerate() {
        let Loaded::Document(document) = loaded else { panic!("{loaded:?}") };
        assert_eq!(
            (document.source.id.clone(), text(document)),
            (format!("id {number}"), format!("The text of row {number}"))
        );
    }
    for threads in [2, 9, 64] {
        assert_eq!(loaded(open(&inputs, &settings()).unwrap().for_threads(threads)), alone, "{threads} threads");
        for index in [0, 2, 3, 50, 103, 104, 143, total - 1] {
            let reader = open_at(&inputs, &settings(), &alone[index].0).unwrap().for_threads(threads);
            assert_eq!(loaded(reader), alone[index..], "{threads} threads from row {index}");
        }
    }
}

#[test]
fn a_group_that_is_damaged_is_one_broken_row_at_any_number_of_threads() {
    let root = tempdir().unwrap();
    let path = root.path().join("pages.parquet");
    let starts = write_groups(&path);
    let mut bytes = std::fs::read(&path).unwrap();
    // The header of the second group's page of texts.
    let at = usize::try_from(starts[1]).unwrap();
    bytes[at..at + 4].fill(0xff);
    std::fs::write(&path, bytes).unwrap();
    let inputs = [Input::Path(path)];
    for threads in [1, 2, 64] {
        let found: Vec<String> =
            open(&inputs, &settings()).unwrap().for_threads(threads).map(|entry| row(&entry.load())).collect();
        assert_eq!(found.len(), GROUPS.iter().sum::<usize>() - GROUPS[1] + 1, "{threads} threads");
        assert_eq!(found[..3], ["id 0: text", "id 1: text", "id 2: text"]);
        assert!(found[3].starts_with("pages.parquet#3: failed row group 1, 100 rows lost: "), "{}", found[3]);
        assert_eq!(found[4], "id 103: text");
    }
}

#[test]
fn a_reader_that_is_dropped_leaves_no_thread_waiting() {
    let root = tempdir().unwrap();
    let path = root.path().join("pages.parquet");
    write_groups(&path);
    let mut reader = open(&[Input::Path(path.clone())], &settings()).unwrap().for_threads(64);
    assert!(reader.next().is_some());
    drop(reader);
    // A thread that still decoded would hold the file open, which Linux tells.
    #[cfg(target_os = "linux")]
    for attempt in 0.. {
        let open = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
        if !open.into_iter().any(|entry| std::fs::read_link(entry.path()).is_ok_and(|to| to == path)) {
            break;
        }
        assert!(attempt < 500, "the file is still open");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
