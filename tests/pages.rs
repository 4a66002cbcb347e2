//! Samples come out as a person expects: every folder of `samples/pages/` is a case.
//!
//! `contains` and `lacks` of a case's `about.toml` are strict; the whole text is held against `expected.txt` by word F1,
//! since two people rarely agree on every caption. Expected texts are written by people and never renewed by a tool.

use std::fs;
use std::path::PathBuf;

use dechaff::eval::word_score;
use tempfile::tempdir;

use crate::support::{root, run, tree};

/// Below this a sample is simply wrong. Two careful annotators of the same page agree to about .97 (the WCXB authors'
/// second pass); a sample that needs more tolerance says so in its `about.toml` (`least-f1`) with the reason.
const LEAST_F1: f64 = 0.9;

#[test]
fn samples_come_out_as_expected() {
    let samples = root().join("samples/pages");
    let work = tempdir().unwrap();
    let out = work.path().join("out");
    run(
        &[
            "clean",
            samples.to_str().unwrap(),
            "-o",
            out.to_str().unwrap(),
            "--include",
            "source.*",
            "--keep-duplicates",
        ],
        work.path(),
    )
    .expect(0);
    let files = tree(&out);
    let mut failures = Vec::new();
    let mut cases: Vec<PathBuf> = fs::read_dir(&samples).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|case| case.is_dir());
    cases.sort();
    assert!(cases.len() >= 24);
    for case in &cases {
        let name = case.file_name().unwrap().to_str().unwrap();
        let about: toml::Table = fs::read_to_string(case.join("about.toml")).unwrap().parse().unwrap();
        let expected = fs::read_to_string(case.join("expected.txt")).unwrap();
        let text = files
            .get(&format!("{name}/source.txt"))
            .map_or(String::new(), |bytes| String::from_utf8_lossy(bytes).into_owned());
        let folded = fold(&text);
        for (key, wanted) in [("contains", true), ("lacks", false)] {
            for snippet in about.get(key).and_then(|list| list.as_array()).into_iter().flatten() {
                let snippet = snippet.as_str().unwrap();
                if folded.contains(&fold(snippet)) != wanted {
                    failures.push(format!("{name}: {key} `{snippet}`"));
                }
            }
        }
        let least = about.get("least-f1").and_then(toml::Value::as_float).unwrap_or(LEAST_F1);
        let f1 = word_score(&text, &expected).f1;
        if f1 < least {
            failures.push(format!("{name}: word F1 {f1:.3} is below {least}"));
        }
    }
    assert!(failures.is_empty(), "{} of {} cases:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
