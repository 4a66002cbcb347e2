//! The program from outside: output tree, manifest, exit codes.

use std::fs;

use serde_json::Value;
use tempfile::tempdir;

use crate::support::{dechaff, manifest, page, rows, run, tree, write_files};

#[test]
fn a_directory_comes_out_as_the_same_tree_of_text_with_a_manifest() {
    let work = tempdir().unwrap();
    write_files(
        &work.path().join("in"),
        &[
            ("a/b/bridge.html", page("bridge").as_bytes()),
            ("a/weather.htm", page("weather").as_bytes()),
            ("notes.txt", b"Market day\n\nThe market opens at seven and closes when the last stall has sold out.\n"),
        ],
    );
    run(&["clean", "in", "-o", "out"], work.path()).expect(0);
    let files = tree(&work.path().join("out"));
    assert_eq!(
        files.keys().map(String::as_str).collect::<Vec<_>>(),
        ["a/b/bridge.txt", "a/weather.txt", "manifest.jsonl", "notes.txt"]
    );
    let bridge = String::from_utf8(files["a/b/bridge.txt"].clone()).unwrap();
    assert!(bridge.starts_with("The bridge report\n"), "{bridge}");
    assert!(bridge.contains("floods whenever the wind turns to the west."));
    assert!(!bridge.contains("Home") && !bridge.contains("All rights reserved"), "{bridge}");
    let rows = rows(&work.path().join("out"));
    assert_eq!(rows["a/b/bridge.html"]["output"], "a/b/bridge.txt");
    assert_eq!(rows["a/b/bridge.html"]["title"], "The bridge report");
    assert!(work.path().join("out/.dechaff").is_dir());
}

#[test]
fn several_inputs_keep_their_names_apart() {
    let work = tempdir().unwrap();
    write_files(work.path(), &[("x/p.html", page("x").as_bytes()), ("y/p.html", page("y").as_bytes())]);
    run(&["clean", "x", "y", "-o", "out"], work.path()).expect(0);
    let names: Vec<_> = tree(&work.path().join("out")).into_keys().collect();
    assert_eq!(names, ["manifest.jsonl", "x/p.txt", "y/p.txt"]);
}

#[test]
fn inputs_that_would_share_an_output_keep_their_full_names() {
    let work = tempdir().unwrap();
    write_files(
        &work.path().join("in"),
        &[("p.html", page("one").as_bytes()), ("p.htm", page("two").as_bytes()), ("q.html", page("three").as_bytes())],
    );
    run(&["clean", "in", "-o", "out"], work.path()).expect(0);
    let names: Vec<_> = tree(&work.path().join("out")).into_keys().collect();
    assert_eq!(names, ["manifest.jsonl", "p.htm.txt", "p.html.txt", "q.txt"]);
}

#[test]
fn a_copy_is_a_row_that_names_the_one_kept() {
    let work = tempdir().unwrap();
    let story = page("ferry");
    write_files(&work.path().join("in"), &[("1.html", story.as_bytes()), ("2.html", story.as_bytes())]);
    run(&["clean", "in", "-o", "out"], work.path()).expect(0);
    let rows = rows(&work.path().join("out"));
    assert_eq!(rows["2.html"]["outcome"], "duplicate");
    assert_eq!(rows["2.html"]["duplicate_of"], "1.html");
    assert!(!work.path().join("out/2.txt").exists());
    run(&["clean", "in", "-o", "all", "--keep-duplicates"], work.path()).expect(0);
    assert!(work.path().join("all/2.txt").exists());
}

#[test]
fn empty_documents_are_no_copies_of_each_other() {
    let work = tempdir().unwrap();
    write_files(&work.path().join("in"), &[("1.html", b"<html></html>"), ("2.html", b""), ("3.txt", b" \n\n")]);
    run(&["clean", "in", "-o", "out"], work.path()).expect(0);
    for row in manifest(&work.path().join("out")) {
        assert_eq!(row["outcome"], "empty", "{row}");
    }
}

#[test]
fn the_title_can_be_left_to_the_metadata() {
    let work = tempdir().unwrap();
    write_files(&work.path().join("in"), &[("p.html", page("orchard").as_bytes())]);
    run(&["clean", "in", "-o", "out", "--set", "write.title=metadata"], work.path()).expect(0);
    let text = fs::read_to_string(work.path().join("out/p.txt")).unwrap();
    assert!(text.starts_with("The council met"), "{text}");
}

#[test]
fn json_lines_go_in_and_out() {
    let work = tempdir().unwrap();
    let record =
        |id: &str, topic: &str| serde_json::json!({"id": id, "html": page(topic), "url": "https://example.org/"});
    let lines = format!("{}\n{}\n", record("first", "tram"), record("second", "bakery"));
    write_files(work.path(), &[("pages.jsonl", lines.as_bytes())]);
    run(&["clean", "pages.jsonl", "-o", "out", "--format", "jsonl"], work.path()).expect(0);
    let text = fs::read_to_string(work.path().join("out/documents.jsonl")).unwrap();
    let documents: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(documents.len(), 2);
    assert_eq!(documents[1]["id"], "second");
    assert_eq!(documents[1]["url"], "https://example.org/");
    assert!(documents[1]["text"].as_str().unwrap().contains("bakery"));
}

#[test]
fn one_document_without_an_output_is_printed() {
    let work = tempdir().unwrap();
    write_files(work.path(), &[("p.html", page("lighthouse").as_bytes())]);
    let result = run(&["clean", "p.html"], work.path()).expect(0);
    assert!(result.stdout.contains("The council met on Tuesday to discuss the lighthouse"));
    assert!(!result.stdout.contains("Home"));
}

#[test]
fn a_missing_input_is_told_and_the_rest_is_done() {
    let work = tempdir().unwrap();
    write_files(work.path(), &[("in/p.html", page("well").as_bytes())]);
    let result = run(&["clean", "in", "nowhere", "-o", "out"], work.path()).expect(1);
    assert!(result.stderr.contains("nowhere"), "{}", result.stderr);
    assert!(work.path().join("out/in/p.txt").exists());
}

#[test]
fn a_directory_that_is_not_ours_is_left_alone() {
    let work = tempdir().unwrap();
    write_files(work.path(), &[("in/p.html", page("well").as_bytes()), ("out/thesis.txt", b"precious")]);
    let result = run(&["clean", "in", "-o", "out"], work.path()).expect(3);
    assert!(result.stderr.contains("out"), "{}", result.stderr);
    assert_eq!(tree(&work.path().join("out")).len(), 1);
}

#[test]
fn a_mistake_in_the_configuration_ends_the_run_before_any_work() {
    let work = tempdir().unwrap();
    write_files(
        work.path(),
        &[("in/p.html", page("well").as_bytes()), ("my.toml", b"[strip]\nprofil = \"precision\"\n")],
    );
    let result = run(&["clean", "in", "-o", "out", "--config", "my.toml"], work.path()).expect(2);
    assert!(result.stderr.contains("my.toml:2:1") && result.stderr.contains("strip.profile"), "{}", result.stderr);
    assert!(!work.path().join("out").exists());
}

#[test]
fn a_mistake_in_a_rule_file_is_pointed_at() {
    let work = tempdir().unwrap();
    let rule = b"[[rule]]\nid = \"mine.bad\"\ncategroy = \"nav\"\n";
    write_files(work.path(), &[("in/p.html", page("well").as_bytes()), ("rules.toml", rule)]);
    let result = run(&["clean", "in", "-o", "out", "--rules", "rules.toml"], work.path()).expect(2);
    assert!(result.stderr.contains("rules.toml:"), "{}", result.stderr);
    assert!(!work.path().join("out").exists());
}

#[test]
fn explain_gives_every_block_a_verdict_and_a_reason() {
    let work = tempdir().unwrap();
    write_files(work.path(), &[("p.html", page("mill").as_bytes())]);
    let result = run(&["explain", "p.html", "--json"], work.path()).expect(0);
    let blocks: Vec<Value> = result.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(blocks.len() >= 6);
    for block in &blocks {
        assert!(block["verdict"].is_string() && !block["reason"].is_null(), "{block}");
    }
    let footer = blocks.iter().find(|block| block["text"].as_str().unwrap().starts_with("Copyright")).unwrap();
    assert_eq!(footer["verdict"], "chrome");
}

#[test]
fn a_second_run_and_a_run_after_a_kill_give_the_same_bytes() {
    let work = tempdir().unwrap();
    let input = work.path().join("in");
    for number in 0..300 {
        write_files(&input, &[(&format!("page-{number:03}.html"), page(&format!("number {number}")).as_bytes())]);
    }
    run(&["clean", "in", "-o", "whole"], work.path()).expect(0);
    let whole = tree(&work.path().join("whole"));
    run(&["clean", "in", "-o", "whole"], work.path()).expect(0);
    assert!(tree(&work.path().join("whole")) == whole, "a second run changes nothing");
    let mut child =
        dechaff().args(["clean", "in", "-o", "cut", "-j", "2", "-q"]).current_dir(work.path()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(40));
    child.kill().unwrap();
    child.wait().unwrap();
    for (name, bytes) in
        if work.path().join("cut").exists() { tree(&work.path().join("cut")) } else { Default::default() }
    {
        if name.ends_with(".txt") {
            assert_eq!(whole.get(&name), Some(&bytes), "{name} is whole or not there");
        }
    }
    run(&["clean", "in", "-o", "cut"], work.path()).expect(0);
    assert!(tree(&work.path().join("cut")) == whole, "the run went on to the same end");
}

#[test]
fn config_show_says_where_a_value_came_from() {
    let work = tempdir().unwrap();
    let result = run(&["config", "show", "--profile", "recall"], work.path()).expect(0);
    assert!(result.stdout.contains("profile = \"recall\"  # --profile"), "{}", result.stdout);
}

#[test]
fn records_that_repeat_an_id_do_not_overwrite_each_other() {
    let work = tempdir().unwrap();
    let record = |topic: &str| serde_json::json!({"id": "same", "html": page(topic)}).to_string();
    let lines = format!("{}\n{}\n", record("tram"), record("bakery"));
    write_files(work.path(), &[("pages.jsonl", lines.as_bytes())]);
    run(&["clean", "pages.jsonl", "-o", "out", "--format", "text"], work.path()).expect(0);
    let rows = manifest(&work.path().join("out"));
    assert_eq!(rows.len(), 2);
    for (row, topic) in rows.iter().zip(["tram", "bakery"]) {
        let text = fs::read_to_string(work.path().join("out").join(row["output"].as_str().unwrap())).unwrap();
        assert!(text.contains(topic), "{row}");
    }
}
