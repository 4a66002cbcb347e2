//! The same bytes at any number of threads.

use tempfile::tempdir;

use crate::support::{page, root, run, tree, write_files};

#[test]
fn output_and_manifest_do_not_depend_on_threads() {
    let work = tempdir().unwrap();
    let input = work.path().join("in");
    for number in 0..60 {
        // Every fifth page is a copy of an earlier one: which one is kept must not depend on timing either.
        let text = page(&format!("bridge {}", number % 48));
        write_files(&input, &[(&format!("{}/page-{number}.html", number % 7), text.as_bytes())]);
    }
    let samples = root().join("samples/pages");
    let mut outputs = Vec::new();
    for threads in ["1", "2", "7"] {
        let output = work.path().join(format!("out-{threads}"));
        let arguments = ["clean", "in", samples.to_str().unwrap(), "-o", output.to_str().unwrap(), "-j", threads];
        run(&arguments, work.path()).expect(0);
        outputs.push(tree(&output));
    }
    assert!(outputs[0].len() > 48);
    assert!(outputs[0] == outputs[1] && outputs[0] == outputs[2]);
}
