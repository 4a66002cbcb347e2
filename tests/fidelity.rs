//! Structure comes through: every folder of `samples/fidelity/` is a page, and its text and Markdown to the letter.
//!
//! What is tried is how pages are read and written, not how they are judged: the cut is set so low that the model keeps
//! all that it does not take for furniture without any doubt. What is hidden, doubled or named by a rule still goes.

use std::fmt::Write;
use std::fs;

use crate::support::{root, run};

#[test]
fn structure_comes_through() {
    let samples = root().join("samples/fidelity");
    let mut wrong = String::new();
    let mut cases = 0;
    for case in fs::read_dir(&samples).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        for (format, extension) in [("text", "txt"), ("markdown", "md")] {
            let source = case.join("source.html");
            let arguments = ["clean", source.to_str().unwrap(), "--format", format, "--set", "strip.cut=0.1"];
            let text = run(&arguments, &samples).expect(0).stdout;
            let expected = fs::read_to_string(case.join(format!("expected.{extension}"))).unwrap();
            if text != expected {
                writeln!(wrong, "{} as {format}:\n{}", case.display(), difference(&expected, &text)).unwrap();
            }
            cases += 1;
        }
    }
    assert!(cases >= 40, "the pages are there");
    assert!(wrong.is_empty(), "{wrong}");
}

/// The first line where two texts part.
fn difference(expected: &str, found: &str) -> String {
    let mut lines = expected.lines().zip(found.lines().chain(std::iter::repeat("")));
    match lines.find(|(expected, found)| expected != found) {
        Some((expected, found)) => format!("  expected: {expected}\n  found:    {found}"),
        None => format!("  found more: {:?}", found.get(expected.len()..)),
    }
}
