//! Under which name each input is written.
//!
//! A name follows from the whole set of inputs and never from their order: `a.html` becomes `a.txt` unless another
//! input wants that name too, and then every one of them keeps its full name (`a.html.txt`, `a.htm.txt`). Names that
//! differ only in case or Unicode form count as equal, so that a tree can be copied to any file system.

use std::{
    collections::{HashMap, HashSet},
    ffi::OsStr,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Component, Path, PathBuf},
};

use dechaff_document::display_path;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::Compression;

/// The extensions that are replaced: those under which web pages and their text are saved. Any other is part of the
/// name (`notes.2024` becomes `notes.2024.txt`).
const KNOWN_EXTENSIONS: [&str; 11] =
    ["html", "htm", "xhtml", "xht", "shtml", "mhtml", "mht", "txt", "text", "md", "markdown"];

/// Longest file name in bytes. Common file systems allow 255.
const LONGEST_NAME: usize = 240;

/// Collects the inputs of a run; [`OutputNamesBuilder::finish`] settles the names.
///
/// Memory: 16 bytes an input while collecting, and afterwards what collides. Names are compared by 64-bit hashes: two
/// names that differ with equal hashes (one chance in a million among six million inputs) only keep their full names.
#[derive(Debug)]
pub struct OutputNamesBuilder {
    extension: String,
    /// Hashes of the short and the full name of every input.
    inputs: Vec<(u64, u64)>,
    /// Hashes of the directories on the way to them.
    directories: HashSet<u64>,
}

/// The output name of every input of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputNames {
    extension: String,
    /// Inputs, by the hash of their short name, that cannot have it.
    fallback: HashMap<u64, Fallback>,
    /// Hashes of full names that more than one input has, or that a directory has.
    taken: HashSet<u64>,
}

/// What stands in the place of a short name that is contested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Fallback {
    Full,
    Hashed,
}

impl OutputNamesBuilder {
    /// For outputs with this extension (`txt`) and compression.
    pub fn new(extension: &str, compression: Compression) -> Self {
        OutputNamesBuilder {
            extension: format!(".{extension}{}", compression.suffix()),
            inputs: Vec::new(),
            directories: HashSet::new(),
        }
    }

    /// Adds an input by its path in the mirrored tree ([`dechaff_document::Source::relative`]). Every input once.
    pub fn add(&mut self, relative: &Path) {
        let name = Name::of(relative);
        self.inputs.push((name.short(&self.extension).1, name.full(&self.extension).1));
        // Files of one directory mostly come one after the other, so few of these insertions are new.
        let mut directory = name.directory.as_path();
        while !directory.as_os_str().is_empty() && self.directories.insert(key(directory)) {
            directory = directory.parent().unwrap_or(Path::new(""));
        }
    }

    /// Settles the names. O(n log n).
    pub fn finish(mut self) -> OutputNames {
        self.inputs.sort_unstable();
        let contested = |group: &[(u64, u64)]| group.len() > 1 || self.directories.contains(&group[0].0);
        let same_name = |a: &(u64, u64), b: &(u64, u64)| a.0 == b.0;
        let mut fallback = HashMap::new();
        let mut full = HashSet::new();
        let mut taken = HashSet::new();
        for group in self.inputs.chunk_by(same_name).filter(|group| contested(group)) {
            fallback.insert(group[0].0, Fallback::Full);
            for &(_, name) in group {
                if !full.insert(name) || self.directories.contains(&name) {
                    taken.insert(name);
                }
            }
        }
        // An input whose own short name is the full name that another one fell back to keeps its full name as well
        // (`a.html.txt` beside `a.html` and `a.htm`). Should that be in use in turn, it gets a name of its own.
        for group in self.inputs.chunk_by(same_name).filter(|group| !contested(group)) {
            let (short, name) = group[0];
            if full.contains(&short) {
                let in_use = full.contains(&name)
                    || self.directories.contains(&name)
                    || self.inputs.binary_search_by_key(&name, |input| input.0).is_ok();
                fallback.insert(short, if in_use { Fallback::Hashed } else { Fallback::Full });
            }
        }
        OutputNames { extension: self.extension, fallback, taken }
    }
}

impl OutputNames {
    /// The output path of an input that was added, relative to the output directory. It never leaves it.
    pub fn output(&self, relative: &Path) -> PathBuf {
        let name = Name::of(relative);
        let (short, short_key) = name.short(&self.extension);
        match self.fallback.get(&short_key) {
            None => short,
            Some(Fallback::Full) => {
                let (full, full_key) = name.full(&self.extension);
                if self.taken.contains(&full_key) { name.hashed(&self.extension, relative) } else { full }
            }
            Some(Fallback::Hashed) => name.hashed(&self.extension, relative),
        }
    }

    /// The output path of a record of a container, whose records nobody listed beforehand: the full name with the
    /// output's extension, which no other record has (see [`record_path`]).
    pub fn output_of_record(&self, relative: &Path) -> PathBuf {
        Name::of(relative).full(&self.extension).0
    }
}

/// The place of a container's record in the mirrored tree: `<archive>/<id>`, the id made into one file name.
///
/// Bytes that some file system gives a meaning stand as `%XX`, a `%` before two hex digits as well, so that different
/// ids give different names.
///
/// ```
/// use std::path::Path;
/// use dechaff_write::record_path;
/// let path = record_path(Path::new("crawl.warc.gz"), "<urn:uuid:12>");
/// assert_eq!(path, Path::new("crawl.warc.gz/%3Curn%3Auuid%3A12%3E"));
/// assert_eq!(record_path(Path::new("a"), "../x"), Path::new("a/..%2Fx"));
/// ```
pub fn record_path(archive: &Path, id: &str) -> PathBuf {
    let mut name = String::with_capacity(id.len() + 16);
    let bytes = id.as_bytes();
    for (place, c) in id.char_indices() {
        let escaped_percent =
            || bytes.len() > place + 2 && bytes[place + 1].is_ascii_hexdigit() && bytes[place + 2].is_ascii_hexdigit();
        match c {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => name.push_str(&format!("%{:02X}", c as u32)),
            '%' if escaped_percent() => name.push_str("%25"),
            c if c.is_control() => {
                c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| name.push_str(&format!("%{byte:02X}")));
            }
            c => name.push(c),
        }
    }
    archive.join(if name.is_empty() { "%".to_owned() } else { name })
}

/// An input's path taken apart, safe to join to an output directory.
struct Name {
    directory: PathBuf,
    file: String,
}

impl Name {
    fn of(relative: &Path) -> Name {
        let mut parts: Vec<String> = Vec::new();
        for component in relative.components() {
            match component {
                Component::Normal(part) => parts.push(safe_part(part)),
                Component::ParentDir => parts.push("%2E%2E".to_owned()),
                Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
            }
        }
        let file = parts.pop().unwrap_or_else(|| "unnamed".to_owned());
        let mut directory = PathBuf::new();
        for (depth, part) in parts.into_iter().enumerate() {
            let ending = if depth == 0 && is_reserved(&part) { "_" } else { "" };
            directory.push(shortened(&part, ending));
        }
        Name { directory, file }
    }

    /// The name with a known extension replaced, and its hash.
    fn short(&self, extension: &str) -> (PathBuf, u64) {
        let path = self.directory.join(shortened(stem(&self.file), extension));
        let key = key(&path);
        (path, key)
    }

    /// The full name with the output's extension, and its hash.
    fn full(&self, extension: &str) -> (PathBuf, u64) {
        let path = self.directory.join(shortened(&self.file, extension));
        let key = key(&path);
        (path, key)
    }

    /// The full name with a hash of the input's path in its exact bytes.
    fn hashed(&self, extension: &str, relative: &Path) -> PathBuf {
        let hash = short_hash(relative.as_os_str().as_encoded_bytes());
        self.directory.join(shortened(&self.file, &format!("~{hash}{extension}")))
    }
}

/// One component of a path as text; bytes that are not UTF-8 as `%XX`.
fn safe_part(part: &OsStr) -> String {
    display_path(Path::new(part)).replace(['\0', '/', '\\'], "_")
}

/// Whether a name at the top of the output directory belongs to dechaff's own files.
fn is_reserved(part: &str) -> bool {
    let part = part.to_ascii_lowercase();
    part == ".dechaff"
        || ["manifest.", "documents.", "documents-", "dropped.", "dropped-"].iter().any(|own| part.starts_with(own))
}

/// A file name without its known extension (and without `.gz` or `.zst` after it).
fn stem(file: &str) -> &str {
    let plain = match file.rsplit_once('.') {
        Some((before, end)) if matches!(end.to_ascii_lowercase().as_str(), "gz" | "zst" | "zstd") => before,
        _ => file,
    };
    match plain.rsplit_once('.') {
        Some((stem, extension))
            if !stem.is_empty() && KNOWN_EXTENSIONS.contains(&extension.to_ascii_lowercase().as_str()) =>
        {
            stem
        }
        _ => file,
    }
}

/// A name and the short ending that follows it; a name that is too long is cut and ends with its hash.
fn shortened(name: &str, ending: &str) -> String {
    if name.len() + ending.len() <= LONGEST_NAME {
        return format!("{name}{ending}");
    }
    let hash = short_hash(name.as_bytes());
    let room = LONGEST_NAME.saturating_sub(hash.len() + 1 + ending.len());
    let cut = (0..=room).rev().find(|&place| name.is_char_boundary(place)).unwrap_or(0);
    format!("{}~{hash}{ending}", &name[..cut])
}

/// The first eight bytes of SHA-256 in hex.
fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A hash under which names are equal that some file system holds to be equal. It stays inside one build of the
/// program.
fn key(path: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    match path.to_str() {
        Some(text) if text.is_ascii() => text.to_ascii_lowercase().hash(&mut hasher),
        _ => path.to_string_lossy().nfc().flat_map(char::to_lowercase).nfc().collect::<String>().hash(&mut hasher),
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The output names of inputs, checked to be the same in reverse order and to be distinct.
    fn outputs(inputs: &[&str]) -> Vec<String> {
        let settle = |inputs: &mut dyn Iterator<Item = &&str>| {
            let mut builder = OutputNamesBuilder::new("txt", Compression::None);
            inputs.for_each(|input| builder.add(Path::new(input)));
            builder.finish()
        };
        let (forth, back) = (settle(&mut inputs.iter()), settle(&mut inputs.iter().rev()));
        let names: Vec<PathBuf> = inputs.iter().map(|input| forth.output(Path::new(input))).collect();
        for (input, name) in inputs.iter().zip(&names) {
            assert_eq!(&back.output(Path::new(input)), name);
            assert!(name.components().all(|part| matches!(part, Component::Normal(_))), "{name:?}");
        }
        let distinct: HashSet<u64> = names.iter().map(|name| key(name)).collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
        names.iter().map(|name| name.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn only_known_extensions_are_replaced() {
        let inputs =
            ["a/page.html", "b.HTM", "c.html.gz", "notes.2024", "README", "d.php", "e.gz", ".html", "f.txt.zst"];
        let expected = [
            "a/page.txt",
            "b.txt",
            "c.txt",
            "notes.2024.txt",
            "README.txt",
            "d.php.txt",
            "e.gz.txt",
            ".html.txt",
            "f.txt",
        ];
        assert_eq!(outputs(&inputs), expected);
    }

    #[test]
    fn every_input_that_shares_a_name_keeps_its_full_name() {
        assert_eq!(outputs(&["a.html", "a.txt", "b.txt"]), ["a.html.txt", "a.txt.txt", "b.txt"]);
        assert_eq!(outputs(&["a.html", "a.html.txt"]), ["a.txt", "a.html.txt"]);
        assert_eq!(outputs(&["a.html", "a.htm", "a.html.txt"]), ["a.html.txt", "a.htm.txt", "a.html.txt.txt"]);
        let chain = outputs(&["a.html", "a.htm", "a.html.txt", "a.html.txt.txt"]);
        assert_eq!(chain[..2], ["a.html.txt", "a.htm.txt"]);
        assert!(chain[2].starts_with("a.html.txt~") && chain[3] == "a.html.txt.txt", "{chain:?}");
    }

    #[test]
    fn names_that_differ_in_case_or_unicode_form_do_not_meet() {
        let names = outputs(&["Page.html", "page.html", "caf\u{e9}.html", "cafe\u{301}.html", "x/A.txt", "X/a.txt"]);
        assert!(names.iter().all(|name| name.contains('~')), "{names:?}");
        assert_eq!(outputs(&["Page.html", "page.htm"]), ["Page.html.txt", "page.htm.txt"]);
    }

    #[test]
    fn files_and_directories_do_not_meet() {
        assert_eq!(outputs(&["a", "a/b", "c.html", "c.txt/d.html"]), ["a.txt", "a/b.txt", "c.html.txt", "c.txt/d.txt"]);
        let both = outputs(&["c.html", "c.txt/d.html", "c.html.txt/e.html"]);
        assert!(both[0].starts_with("c.html~"), "{both:?}");
    }

    #[test]
    fn no_name_leaves_the_output_directory_or_meets_its_own_files() {
        let names =
            outputs(&["../../etc/passwd", "/abs/page.html", "./x/./y.html", ".dechaff/z.html", "manifest.jsonl/1"]);
        assert_eq!(
            names,
            ["%2E%2E/%2E%2E/etc/passwd.txt", "abs/page.txt", "x/y.txt", ".dechaff_/z.txt", "manifest.jsonl_/1.txt"]
        );
        assert_eq!(outputs(&["..", ""]).len(), 2);
    }

    #[test]
    fn long_names_are_cut_and_stay_distinct() {
        let long = |end: &str| format!("{}/{}{end}.html", "d".repeat(255), "\u{e4}".repeat(120));
        let (one, other) = (long("1234"), long("1235"));
        let names = outputs(&[&one, &other]);
        for name in &names {
            assert!(name.split('/').all(|part| part.len() <= LONGEST_NAME), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_not_utf8_are_written_in_utf8() {
        use std::os::unix::ffi::OsStrExt;
        let (one, other) = (Path::new(OsStr::from_bytes(b"caf\xe9.html")), Path::new("caf%E9.html"));
        let mut builder = OutputNamesBuilder::new("txt", Compression::None);
        builder.add(one);
        let names = builder.finish();
        assert_eq!(names.output(one), Path::new("caf%E9.txt"));
        let mut builder = OutputNamesBuilder::new("txt", Compression::None);
        builder.add(one);
        builder.add(other);
        let names = builder.finish();
        assert_ne!(names.output(one), names.output(other));
    }

    #[test]
    fn records_get_names_of_their_own() {
        let names = OutputNamesBuilder::new("txt", Compression::Gzip).finish();
        let output = |id: &str| names.output_of_record(&record_path(Path::new("crawl.warc"), id));
        assert_eq!(output("https://example.org/a?b"), Path::new("crawl.warc/https%3A%2F%2Fexample.org%2Fa%3Fb.txt.gz"));
        assert_eq!(output("12.html"), Path::new("crawl.warc/12.html.txt.gz"));
        assert_ne!(output("a/b"), output("a%2Fb"));
        assert_eq!(output(".."), Path::new("crawl.warc/%2E%2E.txt.gz"));
        let long = "x".repeat(2_000_000);
        assert!(output(&long).file_name().unwrap().len() <= LONGEST_NAME);
    }
}
