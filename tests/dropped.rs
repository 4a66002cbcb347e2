//! `--keep-dropped`: nothing that was read is lost. What a page's blocks hold stands in the output or in `dropped.jsonl`.

use std::collections::HashMap;
use std::fs;

use serde_json::Value;
use tempfile::tempdir;

use crate::support::{page, root, rows, run, write_files};

#[test]
fn kept_and_dropped_words_of_plain_text_are_all_of_its_words() {
    let work = tempdir().unwrap();
    let samples = root().join("samples/pages");
    let arguments = ["clean", samples.to_str().unwrap(), "--include", "source.txt", "--keep-dropped", "-o", "out"];
    run(&arguments, work.path()).expect(0);
    let dropped = dropped(&fs::read_to_string(work.path().join("out/dropped.jsonl")).unwrap());
    let mut pages = 0;
    for (id, row) in rows(&work.path().join("out")) {
        let source = fs::read(row["input"].as_str().unwrap()).unwrap();
        // Pages in another charset are decoded on the way.
        let Ok(source) = std::str::from_utf8(&source) else { continue };
        let output = row["output"].as_str().map(|output| work.path().join("out").join(output));
        let mut found: HashMap<String, i64> = HashMap::new();
        let kept = output.map(|output| fs::read_to_string(output).unwrap()).unwrap_or_default();
        count(&kept, 1, &mut found);
        for (_, block) in dropped.iter().filter(|(of, _)| *of == id) {
            count(block["text"].as_str().unwrap(), 1, &mut found);
        }
        count(source, -1, &mut found);
        let lost: Vec<_> = found.iter().filter(|(_, count)| **count < 0).collect();
        assert!(lost.is_empty(), "{id} has lost {lost:?}");
        pages += 1;
    }
    assert!(pages > 20, "{pages}");
}

#[test]
fn every_block_has_its_category_and_reason_and_pages_without_output_are_there_whole() {
    let work = tempdir().unwrap();
    let empty = "<nav><ul><li><a href=/>Home</a></li><li><a href=/news>News</a></li></ul></nav>\
        <footer><p>Copyright 2026. All rights reserved.</p></footer>";
    write_files(
        &work.path().join("in"),
        &[("a.html", page("ferry").as_bytes()), ("b.html", page("ferry").as_bytes()), ("c.html", empty.as_bytes())],
    );
    run(&["clean", "in", "--keep-dropped", "-o", "out"], work.path()).expect(0);
    let rows = rows(&work.path().join("out"));
    let all = dropped(&fs::read_to_string(work.path().join("out/dropped.jsonl")).unwrap());
    for (id, block) in &all {
        assert!(block["category"].is_string() && block["reason"].is_string(), "{id} {block}");
    }
    for (id, row) in &rows {
        let of_page: Vec<&Value> = all.iter().filter(|(of, _)| of == id).map(|(_, block)| block).collect();
        let counted: u64 =
            row["blocks"]["dropped"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
        assert!(of_page.len() as u64 >= counted && !of_page.is_empty(), "{id}: {row} {of_page:?}");
    }
    assert_eq!((&rows["b.html"]["outcome"], &rows["c.html"]["outcome"]), (&"duplicate".into(), &"empty".into()));
    assert!(
        all.iter().any(|(id, block)| id == "c.html" && block["text"] == "Copyright 2026. All rights reserved."),
        "{all:?}"
    );
}

#[test]
fn a_stream_has_no_place_for_what_was_dropped() {
    let work = tempdir().unwrap();
    write_files(work.path(), &[("p.html", page("mill").as_bytes())]);
    let result = run(&["clean", "p.html", "--keep-dropped"], work.path()).expect(2);
    assert!(result.stderr.contains("--keep-dropped needs an output directory"), "{}", result.stderr);
}

/// Blocks of `dropped.jsonl` with the id of their document.
fn dropped(text: &str) -> Vec<(String, Value)> {
    let documents = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    documents
        .flat_map(|document| {
            let id = document["id"].as_str().unwrap().to_owned();
            document["dropped"].as_array().unwrap().iter().map(|block| (id.clone(), block.clone())).collect::<Vec<_>>()
        })
        .collect()
}

/// Counts the words of a text. What shows nothing (marks of direction, a byte order mark) is no part of one.
fn count(text: &str, by: i64, words: &mut HashMap<String, i64>) {
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        *words.entry(word.to_owned()).or_default() += by;
    }
}
