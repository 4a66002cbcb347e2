//! Runs that are stopped and gone on with, second runs over the same directory, and shards: each ends with the bytes of
//! one uninterrupted run.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use tempfile::tempdir;

use crate::support::{dechaff, page, rows, run, tree, write_files};

/// A directory of pages, `in/`, every seventh a copy of an earlier one, and an archive of the same, `in.warc.gz`.
fn inputs(work: &Path, pages: usize) {
    let mut archive = Vec::new();
    for number in 0..pages {
        let html = page(&format!("number {}", if number % 7 == 6 { number / 2 } else { number }));
        write_files(&work.join("in"), &[(&format!("{}/page-{number:03}.html", number % 5), html.as_bytes())]);
        archive.extend(record(number, &html));
    }
    fs::write(work.join("in.warc.gz"), archive).unwrap();
}

/// A WARC record of a page, in a gzip member of its own.
fn record(number: usize, html: &str) -> Vec<u8> {
    let response = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}");
    let record = format!(
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{number:08}-0000-4000-8000-000000000000>\r\n\
         WARC-Target-URI: https://example.org/{number}\r\nWARC-Date: 2026-01-01T00:00:00Z\r\n\
         Content-Type: application/http; msgtype=response\r\nContent-Length: {}\r\n\r\n{response}\r\n\r\n",
        response.len()
    );
    let mut member = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    member.write_all(record.as_bytes()).unwrap();
    member.finish().unwrap()
}

/// The ways in which a run writes: a tree, one file, files in shards with what was dropped, columns.
const WAYS: [&[&str]; 4] = [
    &["clean", "in", "--keep-dropped"],
    &["clean", "in.warc.gz"],
    &["clean", "in.warc.gz", "--keep-dropped", "--set", "write.shard-bytes=20000", "--set", "write.compression=gzip"],
    &["clean", "in.warc.gz", "in", "--format", "parquet"],
];

#[test]
fn a_run_that_is_killed_again_and_again_ends_as_if_it_had_not_been() {
    let work = tempdir().unwrap();
    inputs(work.path(), 200);
    for (way, arguments) in WAYS.into_iter().enumerate() {
        let (whole, cut) = (format!("whole-{way}"), format!("cut-{way}"));
        run(&[arguments, &["-o", &whole]].concat(), work.path()).expect(0);
        for kill in 0..5 {
            let mut child =
                dechaff().args(arguments).args(["-o", &cut, "-q"]).current_dir(work.path()).spawn().unwrap();
            // Anywhere from before the first document to the end of the run.
            std::thread::sleep(Duration::from_millis(20 + 35 * kill));
            child.kill().unwrap();
            child.wait().unwrap();
        }
        run(&[arguments, &["-o", &cut]].concat(), work.path()).expect(0);
        assert!(tree(&work.path().join(&cut)) == tree(&work.path().join(&whole)), "{arguments:?}");
        let left = fs::read_dir(work.path().join(&cut).join(".dechaff")).unwrap();
        let parts = left.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|it| it == "part"));
        assert_eq!(parts.count(), 0, "nothing is left that only a run in progress needs");
    }
}

#[cfg(unix)]
#[test]
fn an_output_that_cannot_grow_is_an_error_and_the_same_command_goes_on_when_it_can() {
    let work = tempdir().unwrap();
    inputs(work.path(), 120);
    run(&["clean", "in.warc.gz", "-o", "whole"], work.path()).expect(0);
    // No file may grow beyond 20 KiB: the system's answer to writing is an error, as on a full disk.
    let limited = "trap '' XFSZ; ulimit -f 40; exec \"$0\" clean in.warc.gz -o out";
    let mut shell = std::process::Command::new("sh");
    let output = shell.args(["-c", limited, env!("CARGO_BIN_EXE_dechaff")]).current_dir(work.path()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("cannot write"), "{stderr}");
    assert!(!stderr.contains(".dechaff-"), "the temporary name says nothing to the user: {stderr}");
    assert!(!work.path().join("out/manifest.jsonl").exists());
    let again = run(&["clean", "in.warc.gz", "-o", "out"], work.path()).expect(0);
    assert!(again.stderr.contains("done before an interruption"), "{}", again.stderr);
    assert!(tree(&work.path().join("out")) == tree(&work.path().join("whole")));
}

#[cfg(unix)]
#[test]
fn a_file_that_is_gone_when_a_run_goes_on_costs_no_other_its_row() {
    let work = tempdir().unwrap();
    inputs(work.path(), 120);
    let limited = "trap '' XFSZ; ulimit -f 40; exec \"$0\" clean in -o out";
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", limited, env!("CARGO_BIN_EXE_dechaff")]).current_dir(work.path()).output().unwrap();
    let journal = fs::read_to_string(work.path().join("out/.dechaff/journal")).unwrap();
    let done: Vec<&str> = journal.split_inclusive('\n').filter(|line| line.ends_with('\n')).collect();
    assert!((1..120).contains(&done.len()), "{}", done.len());
    let last: serde_json::Value = serde_json::from_str(done.last().unwrap().split('\t').next().unwrap()).unwrap();
    fs::remove_file(work.path().join("in").join(last["id"].as_str().unwrap())).unwrap();
    run(&["clean", "in", "-o", "out"], work.path()).expect(0);
    let manifest = fs::read_to_string(work.path().join("out/manifest.jsonl")).unwrap();
    let id = |row: &str| serde_json::from_str::<serde_json::Value>(row).unwrap()["id"].to_string();
    let ids: std::collections::BTreeSet<String> = manifest.lines().map(id).collect();
    assert_eq!((manifest.lines().count(), ids.len()), (120, 120));
}

#[test]
fn a_second_run_cleans_what_changed_and_equals_a_fresh_one() {
    for format in ["text", "jsonl"] {
        let work = tempdir().unwrap();
        inputs(work.path(), 40);
        let arguments = ["clean", "in", "--keep-dropped", "--format", format, "-o"];
        run(&[&arguments[..], &["out"]].concat(), work.path()).expect(0);
        // One page changes, one becomes a copy of another, one is new; the first of two copies goes, so that the other
        // one has to be written.
        write_files(
            &work.path().join("in"),
            &[
                ("0/page-010.html", page("tram").as_bytes()),
                ("1/page-011.html", page("number 20").as_bytes()),
                ("4/page-900.html", page("bakery").as_bytes()),
            ],
        );
        fs::remove_file(work.path().join("in/3/page-003.html")).unwrap();
        let second = run(&[&arguments[..], &["out", "--prune"]].concat(), work.path()).expect(0);
        assert!(second.stderr.contains("36 unchanged since the last run"), "{format}: {}", second.stderr);
        run(&[&arguments[..], &["fresh"]].concat(), work.path()).expect(0);
        assert!(tree(&work.path().join("out")) == tree(&work.path().join("fresh")), "{format}");
    }
}

#[test]
fn outputs_whose_inputs_are_gone_are_removed_only_if_asked() {
    let work = tempdir().unwrap();
    inputs(work.path(), 30);
    run(&["clean", "in", "-o", "out"], work.path()).expect(0);
    let before = tree(&work.path().join("out"));
    fs::remove_dir_all(work.path().join("in/2")).unwrap();
    let second = run(&["clean", "in", "-o", "out"], work.path()).expect(0);
    assert!(second.stderr.contains("outputs left whose inputs are gone"), "{}", second.stderr);
    assert_eq!(tree(&work.path().join("out")).len(), before.len());
    let third = run(&["clean", "in", "-o", "out", "--prune"], work.path()).expect(0);
    assert!(third.stderr.contains("outputs removed whose inputs are gone"), "{}", third.stderr);
    run(&["clean", "in", "-o", "fresh"], work.path()).expect(0);
    assert!(tree(&work.path().join("out")) == tree(&work.path().join("fresh")));
    assert!(!work.path().join("out/2").exists(), "no empty directory stays behind");
}

#[test]
fn a_record_whose_url_changed_is_cleaned_again_though_its_bytes_did_not() {
    let work = tempdir().unwrap();
    let lines = |url: &str| format!("{}\n", serde_json::json!({"id": "a", "html": page("mill"), "url": url}));
    for url in ["https://example.org/1", "https://example.org/2"] {
        write_files(work.path(), &[("pages.jsonl", lines(url).as_bytes())]);
        run(&["clean", "pages.jsonl", "-o", "out"], work.path()).expect(0);
        assert_eq!(rows(&work.path().join("out"))["a"]["url"], url);
    }
}

#[test]
fn a_run_with_another_configuration_takes_nothing_over() {
    let work = tempdir().unwrap();
    inputs(work.path(), 20);
    run(&["clean", "in", "-o", "out"], work.path()).expect(0);
    let rule = b"[[rule]]\nid = \"mine.road\"\ncategory = \"other\"\nwhy = \"a test\"\n\
        strips = \"Residents who came\"\nkeeps = \"Resident\"\nstarts = [\"Residents who came\"]\n";
    write_files(work.path(), &[("rules.toml", rule)]);
    run(&["clean", "in", "-o", "out", "--set", "strip.profile=recall"], work.path()).expect(0);
    run(&["clean", "in", "-o", "fresh", "--set", "strip.profile=recall"], work.path()).expect(0);
    assert!(tree(&work.path().join("out")) == tree(&work.path().join("fresh")));
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_none_of_it() {
    let work = tempdir().unwrap();
    inputs(work.path(), 10);
    write_files(&work.path().join("in"), &[("paper.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")]);
    let dry = run(&["clean", "in", "-o", "out", "--dry-run"], work.path()).expect(0);
    assert!(!work.path().join("out").exists());
    assert!(dry.stdout.contains("clean\t0/page-005.html\t0/page-005.txt\n"), "{}", dry.stdout);
    assert!(dry.stdout.contains("unsupported\tpaper.pdf\tPDF\n"), "{}", dry.stdout);
    assert!(dry.stderr.contains("10 clean, 1 unsupported"), "{}", dry.stderr);
    run(&["clean", "in", "-o", "out"], work.path()).expect(0);
    let before = tree(&work.path().join("out"));
    write_files(&work.path().join("in"), &[("0/page-005.html", page("tram").as_bytes())]);
    fs::remove_file(work.path().join("in/1/page-001.html")).unwrap();
    let dry = run(&["clean", "in", "-o", "out", "--dry-run"], work.path()).expect(0);
    assert!(dry.stderr.contains("1 clean, 8 unchanged, 1 unsupported"), "{}", dry.stderr);
    assert!(dry.stderr.contains("1 outputs whose inputs are gone would be left"), "{}", dry.stderr);
    assert!(tree(&work.path().join("out")) == before);
}

#[test]
fn merged_shards_are_what_one_run_makes() {
    let work = tempdir().unwrap();
    inputs(work.path(), 60);
    for (way, arguments) in WAYS.into_iter().enumerate() {
        let whole = format!("whole-{way}");
        run(&[arguments, &["-o", &whole]].concat(), work.path()).expect(0);
        let shards = [1, 2, 3].map(|shard| format!("shard-{way}-{shard}"));
        for (number, shard) in shards.iter().enumerate() {
            let selection = format!("{}/3", number + 1);
            run(&[arguments, &["-o", shard, "--shard", &selection]].concat(), work.path()).expect(0);
        }
        let merged = format!("merged-{way}");
        let missing = run(&["merge", &shards[0], &shards[2], "-o", &merged], work.path()).expect(2);
        assert!(missing.stderr.contains("shard 2/3 is missing"), "{}", missing.stderr);
        assert!(!work.path().join(&merged).exists());
        run(&["merge", &shards[2], &shards[0], &shards[1], "-o", &merged], work.path()).expect(0);
        assert!(tree(&work.path().join(&merged)) == tree(&work.path().join(&whole)), "{arguments:?}");
        let again = run(&[arguments, &["-o", &merged]].concat(), work.path()).expect(0);
        if way == 0 {
            assert!(again.stderr.contains("60 unchanged"), "{}", again.stderr);
        }
        assert!(tree(&work.path().join(&merged)) == tree(&work.path().join(&whole)), "{arguments:?}");
    }
}

#[test]
fn near_copies_and_paragraphs_of_merged_shards_are_settled_as_one_run_settles_them() {
    let work = tempdir().unwrap();
    inputs(work.path(), 40);
    // Chains of near copies: each is like the next, and far from the one after that. The copies of a cluster, and the
    // one of them that stays, come to stand in different shards. A note stands below many pages.
    let note = "This report was made with the support of the foundation for local journalism, which does not read it.";
    for chain in 0..6 {
        for link in 0..5 {
            let words: Vec<String> = (0..110).map(|word| format!("light{chain}of{}", link * 12 + word)).collect();
            let text = words.join(" ");
            let html = format!(
                "<html><title>Chain {chain}, {link}</title><h1>Chain {chain}, {link}</h1><p>The ferry of the evening {text}.\
                 <p>{note}</html>"
            );
            write_files(&work.path().join("in"), &[(&format!("z/{}-{chain}.html", 9 - link), html.as_bytes())]);
        }
    }
    let near = ["--set", "dedup.near.measure=jaccard", "--set", "dedup.near.threshold=0.6"];
    let paragraphs = ["--set", "dedup.paragraph.drop=repeats", "--set", "dedup.keep=longest"];
    for (way, format) in ["text", "jsonl", "parquet"].into_iter().enumerate() {
        let arguments = [&["clean", "in", "--format", format, "--keep-dropped"], &near[..], &paragraphs[..]].concat();
        let whole = format!("whole-{way}");
        run(&[&arguments[..], &["-o", &whole]].concat(), work.path()).expect(0);
        let shards = [1, 2, 3].map(|shard| format!("shard-{way}-{shard}"));
        for (number, shard) in shards.iter().enumerate() {
            let selection = format!("{}/3", number + 1);
            run(&[&arguments[..], &["-o", shard, "--shard", &selection]].concat(), work.path()).expect(0);
        }
        let merged = format!("merged-{way}");
        run(&["merge", &shards[2], &shards[0], &shards[1], "-o", &merged], work.path()).expect(0);
        let (merged, whole) = (tree(&work.path().join(&merged)), tree(&work.path().join(&whole)));
        let other: Vec<_> = merged.keys().filter(|name| merged.get(*name) != whole.get(*name)).collect();
        assert!(merged == whole, "{format}: {other:?}");
        if way == 0 {
            let manifest = std::fs::read_to_string(work.path().join("whole-0/manifest.jsonl")).unwrap();
            assert!(manifest.matches("\"similarity\"").count() >= 6, "the chains are chains:\n{manifest}");
            assert!(manifest.contains("repeated-paragraph"), "{manifest}");
        }
    }
}

#[test]
fn shards_of_different_jobs_are_not_merged() {
    let work = tempdir().unwrap();
    inputs(work.path(), 10);
    run(&["clean", "in", "-o", "one", "--shard", "1/2"], work.path()).expect(0);
    run(&["clean", "in", "-o", "two", "--shard", "2/2", "--profile", "recall"], work.path()).expect(0);
    run(&["clean", "in", "-o", "all"], work.path()).expect(0);
    let other = run(&["merge", "one", "two", "-o", "merged"], work.path()).expect(2);
    assert!(other.stderr.contains("other settings"), "{}", other.stderr);
    let none = run(&["merge", "one", "all", "-o", "merged"], work.path()).expect(2);
    assert!(none.stderr.contains("all is no shard"), "{}", none.stderr);
}
