//! What the tests of this crate share: settings, a short way to say what was read.
#![allow(dead_code)]

use std::{fs, path::Path};

use dechaff_document::{Body, MediaType, RawDocument};
use dechaff_read::{Entry, Input, Loaded, Settings, open, open_at};

/// The defaults.
pub fn settings() -> Settings {
    let defaults: toml::Table = include_str!("../../../../config/default.toml").parse().unwrap();
    defaults["read"].clone().try_into().unwrap()
}

/// Writes a file and the directories above it.
pub fn write(root: &Path, name: &str, contents: impl AsRef<[u8]>) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, contents).unwrap();
}

/// Everything that an input gives, loaded.
pub fn load(input: impl AsRef<Path>, settings: &Settings) -> Vec<Loaded> {
    load_all(&[Input::Path(input.as_ref().into())], settings)
}

/// Everything that inputs give, loaded.
pub fn load_all(inputs: &[Input], settings: &Settings) -> Vec<Loaded> {
    open(inputs, settings).unwrap().map(|entry| entry.load()).collect()
}

/// Reading goes on from the position of every entry as if it had not stopped. Returns how many there are.
pub fn goes_on_at_every_position(inputs: &[Input], settings: &Settings) -> usize {
    let placed = |entry: Entry| (entry.position().clone(), entry.load());
    let all: Vec<_> = open(inputs, settings).unwrap().map(placed).collect();
    for (index, (position, _)) in all.iter().enumerate() {
        let rest: Vec<_> = open_at(inputs, settings, position).unwrap().map(placed).collect();
        assert_eq!(rest, all[index..], "{inputs:?} {position:?}");
    }
    all.len()
}

/// `id: outcome` of everything an input gives.
pub fn rows(input: impl AsRef<Path>, settings: &Settings) -> Vec<String> {
    load(input, settings).iter().map(row).collect()
}

/// `id: outcome`.
pub fn row(loaded: &Loaded) -> String {
    match loaded {
        Loaded::Document(document) => {
            let kind = if document.media == MediaType::Html { "html" } else { "text" };
            format!("{}: {kind}", document.source.id)
        }
        Loaded::Unsupported { source, what } => format!("{}: unsupported {what}", source.id),
        Loaded::Skipped { source, why } => format!("{}: skipped {why}", source.id),
        Loaded::Failed { source, message } => format!("{}: failed {message}", source.id),
    }
}

/// The documents among what was loaded.
pub fn documents(loaded: Vec<Loaded>) -> Vec<RawDocument> {
    loaded
        .into_iter()
        .filter_map(|loaded| match loaded {
            Loaded::Document(document) => Some(document),
            _ => None,
        })
        .collect()
}

/// A document's body as text.
pub fn text(document: &RawDocument) -> String {
    match &document.body {
        Body::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Body::Text(text) => text.clone(),
    }
}

/// Compresses with gzip, as one member.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
