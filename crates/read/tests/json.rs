//! JSON Lines and JSON: records, fields, ids, URLs, broken records.

mod common;

use common::{documents, gzip, load, rows, settings, text, write};
use dechaff_document::{Body, MediaType};
use dechaff_read::Loaded;
use tempfile::tempdir;

#[test]
fn records_have_their_own_ids_and_urls_and_keep_their_other_fields() {
    let root = tempdir().unwrap();
    let lines = [
        r#"{"id": "n1", "html": "<p>Ice &amp; snow", "url": "https://site.example/1", "score": 0.5, "tags": ["a"]}"#,
        r#"{"text": "Only text.", "metadata": {"url": "https://site.example/2"}}"#,
        r#"{"id": 3, "text": "<!doctype html><p>A page in the field of text.</p>"}"#,
    ];
    write(root.path(), "pages.jsonl", lines.join("\n"));
    let documents = documents(load(root.path(), &settings()));
    assert_eq!(documents.len(), 3);
    let first = &documents[0];
    assert_eq!((first.source.id.as_str(), first.media.clone()), ("n1", MediaType::Html));
    assert_eq!(first.source.relative, std::path::Path::new("pages.jsonl/n1"));
    assert_eq!(first.source.url.as_deref(), Some("https://site.example/1"));
    assert_eq!(first.body, Body::Text("<p>Ice &amp; snow".into()));
    let fields: Vec<_> = first.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        fields,
        [("id", "\"n1\""), ("url", "\"https://site.example/1\""), ("score", "0.5"), ("tags", "[\"a\"]")]
    );
    let second = &documents[1];
    assert_eq!(second.source.id, format!("pages.jsonl#{}", lines[0].len() + 1));
    assert_eq!(second.source.offset, Some(lines[0].len() as u64 + 1));
    assert_eq!(second.source.url.as_deref(), Some("https://site.example/2"));
    assert_eq!(second.media, MediaType::Text);
    assert_eq!((documents[2].source.id.as_str(), documents[2].media.clone()), ("3", MediaType::Html));
}

#[test]
fn compressed_lines_and_arrays_are_read_as_such() {
    let root = tempdir().unwrap();
    let lines = b"{\"text\": \"one\"}\n{\"text\": \"two\"}\n";
    write(root.path(), "a.jsonl.gz", gzip(lines));
    write(root.path(), "b.ndjson.zst", zstd::encode_all(&lines[..], 1).unwrap());
    write(root.path(), "c", "{\"text\": \"no name tells it\"}\n{\"text\": \"two\"}\n");
    write(root.path(), "d.json", "[{\"text\": \"in an array\"},\n {\"text\": \"two\"}]");
    assert_eq!(
        rows(root.path(), &settings()),
        [
            "a.jsonl.gz#0: text",
            "a.jsonl.gz#16: text",
            "b.ndjson.zst#0: text",
            "b.ndjson.zst#16: text",
            "c#0: text",
            "c#29: text",
            "d.json: unsupported JSON"
        ]
    );
    assert_eq!(rows(root.path().join("d.json"), &settings()), ["d.json#1: text", "d.json#27: text"]);
}

#[test]
fn a_broken_record_is_a_row_and_the_next_is_read() {
    let root = tempdir().unwrap();
    let mut settings = settings();
    settings.max_bytes = 20;
    let long = format!("{{\"text\": \"{}\"}}", "x".repeat(30));
    let longest = format!("{{\"text\": \"{}\"}}", "x".repeat(90));
    let lines = [
        "{\"text\": \"cut",
        "{\"score\": 1}",
        "[1]",
        &long,
        &longest,
        "{\"text\": \"\"}",
        "{\"content\": {}}",
        "{\"text\": \"last\"}",
    ];
    write(root.path(), "pages.jsonl", lines.join("\n"));
    let loaded = load(root.path(), &settings);
    let messages: Vec<_> = loaded
        .iter()
        .map(|loaded| match loaded {
            Loaded::Failed { message, .. } => message.as_str(),
            Loaded::Document(document) => match &document.body {
                Body::Text(text) => text,
                Body::Bytes(_) => "bytes",
            },
            _ => "other",
        })
        .collect();
    assert!(messages[0].starts_with("JSON: EOF while parsing a string"), "{messages:?}");
    assert_eq!(
        messages[1..],
        [
            "no field of HTML or text among score",
            "not a JSON object",
            "more than 20 bytes (read.max-bytes)",
            "a record of 102 bytes",
            "",
            "no field of HTML or text among content",
            "last"
        ]
    );
}

#[test]
fn fields_are_a_setting() {
    let root = tempdir().unwrap();
    write(root.path(), "pages.jsonl", r#"{"page": "<p>x</p>", "text": "y", "key": {"n": 7}}"#);
    let mut settings = settings();
    settings.html_fields = vec!["page".into()];
    settings.id_fields = vec!["key.n".into()];
    let documents = documents(load(root.path(), &settings));
    assert_eq!((documents[0].source.id.as_str(), text(&documents[0]).as_str()), ("7", "<p>x</p>"));
}

#[test]
fn a_damaged_stream_is_a_row_with_the_offset() {
    let root = tempdir().unwrap();
    let lines: Vec<u8> =
        (0..4000).flat_map(|n| format!("{{\"text\": \"line {}\"}}\n", n * 7919).into_bytes()).collect();
    let compressed = gzip(&lines);
    write(root.path(), "pages.jsonl.gz", &compressed[..compressed.len() / 2]);
    let loaded = load(root.path(), &settings());
    let (last, before) = loaded.split_last().unwrap();
    assert!(before.len() > 100 && before.iter().all(|loaded| matches!(loaded, Loaded::Document(_))));
    assert!(
        matches!(last, Loaded::Failed { message, source } if message.starts_with("the file cannot be read on from here")
        && source.offset.is_some())
    );
}

#[test]
fn a_container_without_records_has_one_row() {
    let root = tempdir().unwrap();
    write(root.path(), "a.jsonl", "\n\n");
    write(root.path(), "b.jsonl", "");
    assert_eq!(
        rows(root.path(), &settings()),
        ["a.jsonl: skipped a container without a record that could hold a page", "b.jsonl: text"]
    );
}
