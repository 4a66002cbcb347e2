//! What the benchmarks share: the pages, the cleaner, and html5ever into no tree.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    fs,
    hint::black_box,
    io::Read,
    path::{Path, PathBuf},
    time::Duration,
};

use dechaff::{Cleaner, Extras, config::Configuration};
use dechaff_document::{Body, MediaType, RawDocument, Source};
use html5ever::{
    Attribute, ExpandedName, QualName, parse_document,
    tendril::{StrTendril, TendrilSink},
    tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink},
};

/// The pages (`.html`, `.html.gz`) of the directory that `DECHAFF_BENCH_PAGES` names, or the samples.
pub fn pages() -> Vec<Vec<u8>> {
    let named = std::env::var_os("DECHAFF_BENCH_PAGES").filter(|path| !path.is_empty());
    let samples = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    pages_of(&named.map_or_else(samples, PathBuf::from))
}

/// The pages (`.html`, `.html.gz`) of a directory, sorted by name.
pub fn pages_of(directory: &Path) -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    find(directory, &mut files);
    files.sort();
    files.iter().map(|path| read(path)).collect()
}

fn find(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory of pages").flatten() {
        let path = entry.path();
        let name = path.to_string_lossy();
        if path.is_dir() {
            find(&path, files);
        } else if name.ends_with(".html") || name.ends_with(".html.gz") {
            files.push(path);
        }
    }
}

fn read(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).expect("a page");
    if path.extension().is_some_and(|extension| extension == "gz") {
        let mut page = Vec::new();
        flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut page).expect("a gzip file");
        return page;
    }
    bytes
}

/// A cleaner with the default settings.
pub fn cleaner() -> Cleaner {
    Cleaner::new(&Configuration::defaults(), &Extras::default()).expect("the default configuration")
}

/// A page as it is handed to the cleaner.
pub fn raw(bytes: Vec<u8>) -> RawDocument {
    RawDocument {
        source: Source::default(),
        media: MediaType::Html,
        charset: None,
        body: Body::Bytes(bytes),
        limits: Vec::new(),
        fields: Vec::new(),
    }
}

/// What a step takes, and what it gives.
pub fn time<T>(step: impl FnOnce() -> T) -> (Duration, T) {
    let start = now();
    let made = black_box(step());
    (now().saturating_sub(start), made)
}

/// Time that this thread has had a processor: what waits for one is not counted.
#[cfg(unix)]
fn now() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[cfg(not(unix))]
fn now() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

/// html5ever into no tree: what an extractor that parses with html5ever as it is cannot be faster than.
pub fn parse_no_sink(html: &str) {
    parse_document(NoSink::default(), Default::default()).one(StrTendril::from_slice(html));
}

/// A sink that keeps only what the tree builder must be told again: the names of elements.
#[derive(Default)]
struct NoSink {
    next: Cell<usize>,
    names: RefCell<Vec<&'static QualName>>,
    kept: RefCell<HashMap<QualName, &'static QualName>>,
}

impl NoSink {
    fn id(&self) -> usize {
        self.next.set(self.next.get() + 1);
        self.next.get()
    }
}

impl TreeSink for NoSink {
    type Handle = usize;
    type Output = ();
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) {}

    fn get_document(&self) -> usize {
        0
    }

    fn get_template_contents(&self, target: &usize) -> usize {
        *target
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn same_node(&self, x: &usize, y: &usize) -> bool {
        x == y
    }

    fn elem_name(&self, target: &usize) -> ExpandedName<'_> {
        self.names.borrow()[*target].expanded()
    }

    fn create_element(&self, name: QualName, _: Vec<Attribute>, _: ElementFlags) -> usize {
        let id = self.id();
        // Few distinct names: each is kept for good.
        let name = *self.kept.borrow_mut().entry(name).or_insert_with_key(|name| Box::leak(Box::new(name.clone())));
        let mut names = self.names.borrow_mut();
        names.resize(id + 1, name);
        names[id] = name;
        id
    }

    fn create_comment(&self, _: StrTendril) -> usize {
        self.id()
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> usize {
        self.id()
    }

    fn append(&self, _: &usize, _: NodeOrText<usize>) {}

    fn append_before_sibling(&self, _: &usize, _: NodeOrText<usize>) {}

    fn append_based_on_parent_node(&self, _: &usize, _: &usize, _: NodeOrText<usize>) {}

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn add_attrs_if_missing(&self, _: &usize, _: Vec<Attribute>) {}

    fn remove_from_parent(&self, _: &usize) {}

    fn reparent_children(&self, _: &usize, _: &usize) {}

    fn parse_error(&self, _: std::borrow::Cow<'static, str>) {}
}
