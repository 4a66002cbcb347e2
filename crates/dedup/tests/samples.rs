//! The documents of `samples/duplicates`: what a human reader calls copies is found, and nothing else.

use std::{collections::BTreeMap, fs, path::Path};

use dechaff_dedup::{
    Exact, ExactIndex, Measure, Settings, Spill, content_hash,
    near::{NearIndex, Sketcher},
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Expectations {
    threshold: f64,
    cluster: Vec<Cluster>,
}

#[derive(Deserialize)]
struct Cluster {
    documents: Vec<String>,
}

#[derive(Deserialize)]
struct Defaults {
    dedup: Settings,
}

#[test]
fn copies_merge_and_what_only_looks_alike_does_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/duplicates");
    let expected: Expectations = toml::from_str(&fs::read_to_string(root.join("expectations.toml")).unwrap()).unwrap();
    let defaults: Defaults = toml::from_str(include_str!("../../../config/default.toml")).unwrap();
    let mut near = defaults.dedup.near;
    (near.measure, near.threshold) = (Measure::Jaccard, expected.threshold);
    assert_eq!(defaults.dedup.exact, Exact::Content);

    let documents = texts(&root);
    assert!(expected.cluster.iter().flat_map(|it| &it.documents).all(|it| documents.contains_key(it)));
    let names: Vec<&String> = documents.keys().collect();
    let sketcher = Sketcher::new(&near).unwrap();
    let mut index = NearIndex::new(&near, Spill::never()).unwrap();
    let (mut exact, mut copies) = (ExactIndex::default(), Vec::new());
    for (number, text) in (0u32..).zip(documents.values()) {
        match exact.insert(content_hash(text.lines()), u64::from(number)) {
            Some(first) => copies.push((first as u32, number)),
            None => {
                if let Some(sketch) = sketcher.sketch(text.lines()) {
                    index.insert(number, &sketch).unwrap();
                }
            }
        }
    }
    let mut clustering = index.cluster().unwrap();
    clustering.join(&copies);
    let mut clusters = clustering.run().unwrap();
    let found: Vec<Vec<&str>> =
        clusters.groups().iter().map(|group| group.iter().map(|&it| names[it as usize].as_str()).collect()).collect();
    let mut wanted: Vec<Vec<&str>> =
        expected.cluster.iter().map(|it| it.documents.iter().map(String::as_str).collect()).collect();
    wanted.sort();
    assert_eq!(found, wanted);
}

/// Every text below the folder, by its path.
fn texts(root: &Path) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for folder in fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        for file in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = file.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            texts.insert(name, fs::read_to_string(&file).unwrap());
        }
    }
    texts
}
