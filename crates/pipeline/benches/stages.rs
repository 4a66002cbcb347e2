//! Speed of the stages on HTML, beside the bare parser: `just bench` runs on the samples, `just bench DIR` on the pages
//! of a directory (`.html`, `.html.gz`). The benchmark `share` gives the same as one table.
//!
//! All of it runs in one thread. `parse_no_sink` is html5ever into a sink that keeps nothing.

#[allow(dead_code)]
mod common;

use std::sync::LazyLock;

use common::{parse_no_sink as bare, raw};
use dechaff::Cleaner;
use dechaff_document::{JudgedPage, Page};
use divan::{Bencher, counter::BytesCount};

// The program's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let pages = &*PAGES;
    let bytes: usize = pages.iter().map(Vec::len).sum();
    println!("{} pages, {:.1} MB", pages.len(), bytes as f64 / 1e6);
    divan::main();
}

static PAGES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(common::pages);

static CLEANER: LazyLock<Cleaner> = LazyLock::new(common::cleaner);

fn pages() -> Vec<Page> {
    PAGES.iter().map(|bytes| CLEANER.segment(raw(bytes.clone()))).collect()
}

fn over_pages<T>(bencher: Bencher<'_, '_>, step: impl Fn(&[u8]) -> T + Sync) {
    let bytes: usize = PAGES.iter().map(Vec::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| PAGES.iter().for_each(|page| drop(divan::black_box(step(page)))));
}

fn decoded() -> Vec<String> {
    PAGES.iter().map(|page| String::from_utf8_lossy(page).into_owned()).collect()
}

#[divan::bench]
fn parse_no_sink(bencher: Bencher<'_, '_>) {
    let decoded = decoded();
    let bytes: usize = PAGES.iter().map(Vec::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| decoded.iter().for_each(|page| bare(page)));
}

#[divan::bench]
fn parse_alone(bencher: Bencher<'_, '_>) {
    let decoded = decoded();
    let bytes: usize = PAGES.iter().map(Vec::len).sum();
    bencher
        .counter(BytesCount::new(bytes))
        .bench(|| decoded.iter().map(|page| CLEANER.parse_alone(page)).sum::<usize>());
}

#[divan::bench]
fn segment(bencher: Bencher<'_, '_>) {
    over_pages(bencher, |page| CLEANER.segment(raw(page.to_vec())));
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
    over_pages(bencher, |page| CLEANER.render(&CLEANER.judge(raw(page.to_vec()))));
}
