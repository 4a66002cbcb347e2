//! Speed of the stages on HTML, beside the bare parser: `just bench` runs on the samples, `just bench DIR` on the pages
//! of a directory (`.html`, `.html.gz`).
//!
//! All of it runs in one thread. `parse_no_sink` is html5ever into a sink that keeps nothing: what no extractor that
//! parses with html5ever can be faster than.

use std::{
    cell::Cell,
    fs,
    io::Read,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use dechaff::{Cleaner, Extras, config::Configuration};
use dechaff_document::{Body, JudgedPage, MediaType, Page, RawDocument, Source};
use divan::{Bencher, counter::BytesCount};
use html5ever::{
    Attribute, ExpandedName, QualName, parse_document,
    tendril::{StrTendril, TendrilSink},
    tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink},
};

fn main() {
    let pages = &*PAGES;
    let bytes: usize = pages.iter().map(Vec::len).sum();
    println!("{} pages, {:.1} MB", pages.len(), bytes as f64 / 1e6);
    divan::main();
}

static PAGES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let named = std::env::var_os("DECHAFF_BENCH_PAGES").filter(|path| !path.is_empty());
    let directory = named.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples"), PathBuf::from);
    let mut files = Vec::new();
    find(&directory, &mut files);
    files.sort();
    files.iter().map(|path| read(path)).collect()
});

static CLEANER: LazyLock<Cleaner> = LazyLock::new(|| {
    let configuration = Configuration::defaults();
    Cleaner::new(&configuration, &Extras::default()).expect("the default configuration")
});

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

fn raw(bytes: &[u8]) -> RawDocument {
    RawDocument {
        source: Source::default(),
        media: MediaType::Html,
        charset: None,
        body: Body::Bytes(bytes.to_vec()),
        limits: Vec::new(),
        fields: Vec::new(),
    }
}

fn pages() -> Vec<Page> {
    PAGES.iter().map(|bytes| CLEANER.segment(raw(bytes))).collect()
}

fn over_pages<T>(bencher: Bencher<'_, '_>, step: impl Fn(&[u8]) -> T + Sync) {
    let bytes: usize = PAGES.iter().map(Vec::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| PAGES.iter().for_each(|page| drop(divan::black_box(step(page)))));
}

#[divan::bench]
fn parse_no_sink(bencher: Bencher<'_, '_>) {
    let decoded: Vec<String> = PAGES.iter().map(|page| String::from_utf8_lossy(page).into_owned()).collect();
    let bytes: usize = PAGES.iter().map(Vec::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        for page in &decoded {
            parse_document(NoSink::default(), Default::default()).one(StrTendril::from_slice(page));
        }
    });
}

#[divan::bench]
fn segment(bencher: Bencher<'_, '_>) {
    over_pages(bencher, |page| CLEANER.segment(raw(page)));
}

/// Features, model, rules and verdicts.
#[divan::bench]
fn judge(bencher: Bencher<'_, '_>) {
    bencher
        .with_inputs(pages)
        .bench_values(|pages| pages.into_iter().for_each(|page| drop(divan::black_box(CLEANER.judge_page(page)))));
}

#[divan::bench]
fn features_and_model(bencher: Bencher<'_, '_>) {
    let model = dechaff_strip::html::Model::builtin();
    bencher.with_inputs(pages).bench_refs(|pages| {
        for page in pages {
            divan::black_box(model.scores(page, &dechaff_strip::Hints::none(page.blocks.len())));
        }
    });
}

#[divan::bench]
fn features_alone(bencher: Bencher<'_, '_>) {
    bencher.with_inputs(pages).bench_refs(|pages| {
        for page in pages {
            divan::black_box(dechaff_strip::html::rows(page, |_| None));
        }
    });
}

#[divan::bench]
fn render(bencher: Bencher<'_, '_>) {
    let judged: Vec<JudgedPage> = pages().into_iter().map(|page| CLEANER.judge_page(page)).collect();
    bencher.bench(|| judged.iter().for_each(|page| drop(divan::black_box(CLEANER.render(page)))));
}

#[divan::bench]
fn whole(bencher: Bencher<'_, '_>) {
    over_pages(bencher, |page| CLEANER.render(&CLEANER.judge(raw(page))));
}

/// A sink that keeps only what the tree builder must be told again: the names of elements.
#[derive(Default)]
struct NoSink {
    next: Cell<usize>,
    names: std::cell::RefCell<Vec<&'static QualName>>,
    kept: std::cell::RefCell<std::collections::HashMap<QualName, &'static QualName>>,
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
