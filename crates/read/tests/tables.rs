//! CSV, TSV and Parquet, and files that datatrove wrote.

mod common;

use std::{fs, path::PathBuf};

use common::{documents, goes_on_at_every_position, gzip, load, load_all, row, rows, settings, text, write};
use dechaff_document::{Body, MediaType};
use dechaff_read::{Input, Loaded};
use tempfile::tempdir;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

const TABLE: &str = "id;text;url;score\r\n\
    a;\"Two lines\nand; a delimiter\";https://site.example/a;1\r\n\
    b;Short;;2\r\n\
    c;only two fields\r\n\
    \r\n\
    d;Last;https://site.example/d;3";

#[test]
fn rows_of_csv_are_documents() {
    let root = tempdir().unwrap();
    write(root.path(), "a.csv", TABLE);
    write(root.path(), "b.tsv.gz", gzip(TABLE.replace(';', "\t").as_bytes()));
    let loaded = load(root.path(), &settings());
    let found: Vec<_> = loaded.iter().map(row).collect();
    assert_eq!(found[..4], ["a: text", "b: text", "a.csv#87: failed 2 fields where the header has 4", "d: text"]);
    assert_eq!((found[4].as_str(), found.len()), ("a: text", 8));
    let documents = documents(loaded);
    assert_eq!(text(&documents[0]), "Two lines\nand; a delimiter");
    assert_eq!(documents[0].source.url.as_deref(), Some("https://site.example/a"));
    assert_eq!(documents[1].source.url, None);
    assert!(documents[0].fields.contains(&("score".into(), "\"1\"".into())));
}

#[test]
fn text_that_is_not_utf8_is_left_to_be_decoded() {
    let root = tempdir().unwrap();
    write(root.path(), "a.csv", b"text\n\xcf\xf0\xe8\xe2\xe5\xf2\n");
    let documents = documents(load(root.path(), &settings()));
    assert_eq!(documents[0].body, Body::Bytes(b"\xcf\xf0\xe8\xe2\xe5\xf2".to_vec()));
}

#[test]
fn a_table_without_pages_is_unsupported_unless_it_was_named() {
    let root = tempdir().unwrap();
    write(root.path(), "prices.csv", "item,price\nbread,3\n");
    assert_eq!(rows(root.path(), &settings()), ["prices.csv: unsupported CSV"]);
    assert_eq!(
        rows(root.path().join("prices.csv"), &settings()),
        ["prices.csv#0: failed no column of HTML or text among item, price"]
    );
}

#[test]
fn parquet_of_every_codec_gives_the_same_documents() {
    for codec in ["snappy", "zstd", "gzip", "none", "lz4", "brotli"] {
        let documents = documents(load(fixture(&format!("pyarrow-{codec}.parquet")), &settings()));
        let kinds: Vec<_> =
            documents.iter().map(|document| (document.source.id.as_str(), document.media.clone())).collect();
        assert_eq!(
            kinds,
            [("harbour", MediaType::Html), ("notice", MediaType::Text), ("market", MediaType::Html)],
            "{codec}"
        );
        assert_eq!(text(&documents[1]), "The library is closed on Monday.");
        assert_eq!(documents[2].source.url.as_deref(), Some("https://town.example/market"));
        assert!(
            documents[0].fields.contains(&("tags".into(), "[\"sea\",\"storm\"]".into())),
            "{:?}",
            documents[0].fields
        );
        assert!(documents[0].fields.contains(&("length".into(), "3".into())));
        assert_eq!(documents[2].source.offset, Some(2));
    }
}

#[test]
fn large_and_binary_columns_and_structs_are_read() {
    let documents = documents(load(fixture("pyarrow-types.parquet"), &settings()));
    assert_eq!(text(&documents[0]), "Plain strings.");
    assert_eq!(documents[1].body, Body::Bytes(b"<p>Bytes &amp; more</p>".to_vec()));
    assert_eq!(documents[1].source.url.as_deref(), Some("https://town.example/2"));
    assert_eq!(documents[1].source.id, "pyarrow-types.parquet#1");
}

#[test]
fn columns_that_nothing_asks_for_are_not_passed_on() {
    let mut settings = settings();
    settings.metadata_fields = vec!["length".into()];
    let documents = documents(load(fixture("pyarrow-none.parquet"), &settings));
    assert_eq!(documents[0].fields, [("length".to_owned(), "3".to_owned())]);
}

#[test]
fn what_datatrove_wrote_is_read() {
    for name in ["datatrove.jsonl.gz", "datatrove.parquet"] {
        let documents = documents(load(fixture(name), &settings()));
        let found: Vec<_> = documents
            .iter()
            .map(|document| (document.source.id.as_str(), document.source.url.as_deref(), document.media.clone()))
            .collect();
        assert_eq!(
            found,
            [
                ("d1", Some("https://town.example/harbour"), MediaType::Html),
                ("d2", Some("https://town.example/notice"), MediaType::Text)
            ],
            "{name}"
        );
    }
}

#[test]
fn reading_goes_on_at_any_row() {
    let root = tempdir().unwrap();
    write(root.path(), "a.csv", TABLE);
    write(root.path(), "b.csv.gz", gzip(TABLE.as_bytes()));
    fs::copy(fixture("pyarrow-zstd.parquet"), root.path().join("c.parquet")).unwrap();
    let inputs = [Input::Path(root.path().into())];
    assert_eq!(goes_on_at_every_position(&inputs, &settings()), 11);
}

#[test]
fn damaged_parquet_gives_rows_and_no_panic() {
    let root = tempdir().unwrap();
    let bytes = fs::read(fixture("pyarrow-snappy.parquet")).unwrap();
    write(root.path(), "cut.parquet", &bytes[..bytes.len() / 2]);
    let loaded = load(root.path(), &settings());
    assert!(matches!(&loaded[..], [Loaded::Failed { .. }]), "{loaded:?}");
    for at in (4..bytes.len()).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x5a;
        write(root.path(), "cut.parquet", &damaged);
        let found = load_all(&[Input::Path(root.path().into())], &settings());
        assert!((1..20).contains(&found.len()), "{at}: {}", found.len());
    }
}
