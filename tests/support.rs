//! What the tests of the program share: running it, and reading what it wrote.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The program, with nothing of the caller's environment that could set it up.
pub fn dechaff() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dechaff"));
    for (variable, _) in std::env::vars().filter(|(name, _)| name.starts_with("DECHAFF_")) {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null());
    command
}

/// Runs the program and gives what it printed and its exit code.
pub fn run(arguments: &[&str], directory: &Path) -> Run {
    Run::from(dechaff().args(arguments).current_dir(directory).output().expect("the program starts"))
}

/// What a run printed.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Run {
        Run {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Run {
    /// The run, if it ended with this exit code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Run {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// Rows of a manifest, in order.
pub fn manifest(output: &Path) -> Vec<Value> {
    let text = fs::read_to_string(output.join("manifest.jsonl")).expect("a manifest");
    text.lines().map(|line| serde_json::from_str(line).expect("a row is JSON")).collect()
}

/// Rows of a manifest by id.
pub fn rows(output: &Path) -> BTreeMap<String, Value> {
    let rows = manifest(output);
    let count = rows.len();
    let by_id: BTreeMap<_, _> = rows.into_iter().map(|row| (row["id"].as_str().unwrap().to_owned(), row)).collect();
    assert_eq!(by_id.len(), count, "ids are unique");
    by_id
}

/// Every file below a directory with its bytes, but for `.dechaff/`.
pub fn tree(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    collect(directory, directory, &mut files);
    files
}

fn collect(root: &Path, directory: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().unwrap() != ".dechaff" {
                collect(root, &path, files);
            }
        } else {
            files.insert(path.strip_prefix(root).unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap());
        }
    }
}

/// A page with a story and furniture around it. `topic` makes it different from others.
pub fn page(topic: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=en><head><title>The {topic} report</title></head><body>\
         <nav><ul><li><a href=/>Home</a></li><li><a href=/news>News</a></li></ul></nav>\
         <article><h1>The {topic} report</h1>\
         <p>The council met on Tuesday to discuss the {topic}, which had kept the town busy for most of the spring.</p>\
         <p>After two hours of questions about the {topic} the members agreed to wait for the engineers, who expect to \
         be done with their survey before the end of the month.</p>\
         <p>Residents who came to the meeting said that the {topic} mattered less to them than the state of the road \
         to the harbour, which floods whenever the wind turns to the west.</p></article>\
         <footer><p>Copyright 2026. All rights reserved.</p></footer></body></html>"
    )
}

/// Writes files below a directory.
pub fn write_files(directory: &Path, files: &[(&str, &[u8])]) {
    for (name, bytes) in files {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}
