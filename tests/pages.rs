//! Samples come out as a person expects: every folder of `samples/pages/` is a case.
//!
//! `expected.txt`, `contains` and `lacks` are written by people and never renewed by a tool. Judging is learned, so not
//! every sample comes out perfect; `samples/scores.tsv` says how each comes out today. A case that gets worse fails;
//! one that gets better is renewed with `DECHAFF_RENEW=1 cargo test -p dechaff-cli pages` and reviewed in the diff.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use dechaff::eval::word_score;
use tempfile::tempdir;

use crate::support::{root, run, tree};

/// How much a case's word F1 may fall before it counts as worse: a line more or less in a page of middling length.
const TOLERANCE: f64 = 0.02;

/// The mean of all cases must not fall below this, however the single ones move. Set from the figure of the day the
/// models were built in, less a hundredth.
const LEAST_MEAN: f64 = 0.80;

/// How one case comes out.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Outcome {
    f1: f64,
    /// `contains` snippets that are not there.
    missing: usize,
    /// `lacks` snippets that are there.
    left: usize,
}

#[test]
fn samples_come_out_no_worse_than_they_did() {
    let samples = root().join("samples/pages");
    let texts = cleaned(&samples);
    let mut cases: Vec<PathBuf> = fs::read_dir(&samples).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|case| case.is_dir());
    cases.sort();
    assert!(cases.len() >= 24, "the samples are there");
    let today: BTreeMap<String, Outcome> = cases
        .iter()
        .map(|case| {
            let name = case.file_name().unwrap().to_str().unwrap();
            (name.to_owned(), outcome(case, texts.get(&format!("{name}/source.txt")).map_or("", String::as_str)))
        })
        .collect();
    let file = root().join("samples/scores.tsv");
    if std::env::var_os("DECHAFF_RENEW").is_some() {
        fs::write(&file, table(&today)).unwrap();
        return;
    }
    let before = parsed(&fs::read_to_string(&file).unwrap());
    let mut worse = String::new();
    for (name, now) in &today {
        match before.get(name) {
            None => writeln!(worse, "{name}: has no line in samples/scores.tsv").unwrap(),
            Some(was) if now.f1 + TOLERANCE < was.f1 || now.missing > was.missing || now.left > was.left => {
                writeln!(worse, "{name}: {was:?} was, {now:?} is").unwrap();
            }
            Some(_) => {}
        }
    }
    assert!(worse.is_empty(), "worse than before:\n{worse}");
    let mean = today.values().map(|outcome| outcome.f1).sum::<f64>() / today.len() as f64;
    assert!(mean >= LEAST_MEAN, "mean word F1 of the samples is {mean:.3}");
}

/// The text of every sample, by the name of its output.
fn cleaned(samples: &Path) -> BTreeMap<String, String> {
    let work = tempdir().unwrap();
    let out = work.path().join("out");
    let arguments = ["clean", samples.to_str().unwrap(), "-o", out.to_str().unwrap(), "--include", "source.*"];
    run(&[&arguments[..], &["--keep-duplicates"]].concat(), work.path()).expect(0);
    tree(&out).into_iter().map(|(name, bytes)| (name, String::from_utf8_lossy(&bytes).into_owned())).collect()
}

fn outcome(case: &Path, text: &str) -> Outcome {
    let about: toml::Table = fs::read_to_string(case.join("about.toml")).unwrap().parse().unwrap();
    let expected = fs::read_to_string(case.join("expected.txt")).unwrap();
    let folded = fold(text);
    let found = |key: &str| {
        let snippets = about.get(key).and_then(|list| list.as_array()).into_iter().flatten();
        let mut counts = (0, 0);
        for snippet in snippets {
            counts.1 += 1;
            counts.0 += usize::from(folded.contains(&fold(snippet.as_str().unwrap())));
        }
        counts
    };
    let (contains, lacks) = (found("contains"), found("lacks"));
    Outcome { f1: word_score(text, &expected).f1, missing: contains.1 - contains.0, left: lacks.0 }
}

fn table(outcomes: &BTreeMap<String, Outcome>) -> String {
    let mut out = String::from("# case\tword F1\tcontains missing\tlacks left\n");
    for (name, Outcome { f1, missing, left }) in outcomes {
        writeln!(out, "{name}\t{f1:.3}\t{missing}\t{left}").unwrap();
    }
    out
}

fn parsed(table: &str) -> BTreeMap<String, Outcome> {
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| {
        let fields: Vec<&str> = row.split('\t').collect();
        let outcome = Outcome {
            f1: fields[1].parse().unwrap(),
            missing: fields[2].parse().unwrap(),
            left: fields[3].parse().unwrap(),
        };
        (fields[0].to_owned(), outcome)
    })
    .collect()
}

fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
