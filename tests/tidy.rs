//! The shape of the repository: invariants that no compiler checks.

use std::fs;
use std::path::{Path, PathBuf};

const STAGES: [&str; 5] = ["read", "segment", "strip", "dedup", "write"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn manifest(name: &str) -> toml::Table {
    let path = root().join("crates").join(name).join("Cargo.toml");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).parse().unwrap()
}

fn dependencies(name: &str) -> Vec<String> {
    manifest(name)["dependencies"].as_table().unwrap().keys().cloned().collect()
}

#[test]
fn stages_depend_on_document_alone() {
    for stage in STAGES {
        let siblings: Vec<_> = dependencies(stage).into_iter().filter(|name| name.starts_with("dechaff")).collect();
        assert_eq!(siblings, ["dechaff-document"], "{stage}");
    }
    assert!(dependencies("document").iter().all(|name| !name.starts_with("dechaff")));
}

#[test]
fn only_the_pipeline_uses_rayon() {
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name != "pipeline" && root().join("crates").join(&name).join("Cargo.toml").exists() {
            assert!(!dependencies(&name).contains(&"rayon".to_owned()), "{name}");
        }
    }
}

#[test]
fn sections_of_the_configuration_are_the_stages_in_order() {
    let text = fs::read_to_string(root().join("config/default.toml")).unwrap();
    let sections: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'))
        .filter(|section| !section.contains('.'))
        .collect();
    let expected: Vec<_> = STAGES.into_iter().chain(["pipeline"]).collect();
    let stages: Vec<_> = sections.iter().copied().filter(|section| *section != "fetch").collect();
    assert_eq!(stages, expected);
}

#[test]
fn every_key_of_the_configuration_has_a_comment() {
    let text = fs::read_to_string(root().join("config/default.toml")).unwrap();
    let mut commented = false;
    for (number, line) in text.lines().enumerate() {
        // Keys that stand together share the comment above the first.
        let is_key = line.split_once('=').is_some_and(|(key, _)| {
            !key.is_empty()
                && key.trim().bytes().all(|byte| byte.is_ascii_lowercase() || b"-0123456789".contains(&byte))
        });
        commented = line.starts_with('#') || (commented && is_key);
        assert!(commented || !is_key, "config/default.toml:{}: `{line}` has no comment", number + 1);
    }
}

#[test]
fn no_file_names_a_path_of_somebody_s_machine() {
    let wrong = ["/home/", "/Users/", concat!("/wo", "rk/"), concat!("../sha", "red")];
    for file in tracked_text_files(&root()) {
        if file.ends_with(".ci/run") || file.ends_with("Cargo.lock") {
            continue;
        }
        let Ok(text) = fs::read_to_string(&file) else { continue };
        for word in wrong {
            // A sample may hold a site's own address.
            let found = text.contains(word) && !file.components().any(|part| part.as_os_str() == "samples");
            assert!(!found || file.ends_with("tidy.rs"), "{}: `{word}`", file.display());
        }
    }
}

fn tracked_text_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "target" | ".git" | "out" | ".venv" | "node_modules") {
                files.extend(tracked_text_files(&path));
            }
        } else if matches!(path.extension().and_then(|e| e.to_str()), Some("rs" | "toml" | "md" | "py" | "sh")) {
            files.push(path);
        }
    }
    files
}
