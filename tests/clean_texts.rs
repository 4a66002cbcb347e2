//! Text that holds no chrome comes back whole: every file of `samples/clean/` is a case.

use std::fs;

use tempfile::tempdir;

use crate::support::{root, run, tree};

/// The share of lines that may be lost over all samples: the project's own target for text without chrome.
const MOST_LOST: f64 = 0.005;

#[test]
fn text_without_chrome_loses_almost_nothing() {
    let work = tempdir().unwrap();
    let samples = root().join("samples/clean");
    let out = work.path().join("out");
    run(&["clean", samples.to_str().unwrap(), "-o", out.to_str().unwrap(), "--include", "*.txt"], work.path())
        .expect(0);
    let cleaned = tree(&out);
    let (mut lines, mut lost, mut files) = (0usize, Vec::new(), 0usize);
    for entry in fs::read_dir(&samples).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        files += 1;
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let source = String::from_utf8_lossy(&fs::read(&path).unwrap()).replace('\u{feff}', "");
        let text = cleaned.get(&name).map_or(String::new(), |bytes| String::from_utf8_lossy(bytes).into_owned());
        let mut have: Vec<&str> = text.lines().map(str::trim).collect();
        for line in source.lines().map(str::trim).filter(|line| !line.is_empty()) {
            lines += 1;
            match have.iter().position(|kept| *kept == line) {
                Some(at) => drop(have.swap_remove(at)),
                None => lost.push(format!("{name}: {line}")),
            }
        }
    }
    assert!(files >= 30, "{files} samples");
    let share = lost.len() as f64 / lines as f64;
    assert!(share < MOST_LOST, "{} of {lines} lines lost ({:.2} %):\n{}", lost.len(), 100.0 * share, lost.join("\n"));
}
