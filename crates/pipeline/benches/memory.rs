//! What a page takes at its peak beside itself: `cargo bench -p dechaff --bench memory`, on the samples or on the pages
//! of the directory that `DECHAFF_BENCH_PAGES` names. `DECHAFF_BENCH_LEAST` is the size in bytes from which pages are
//! listed (1,000,000).
//!
//! Counted is what is allocated above what was before the page came, the page's own bytes left out: the decoded text,
//! the tree, blocks, features, the text that is written.

#[allow(dead_code)]
mod common;

use std::hint::black_box;

use common::{cleaner, pages, raw};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let least = std::env::var("DECHAFF_BENCH_LEAST").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let cleaner = cleaner();
    let peak = |page: &[u8], step: &dyn Fn(Vec<u8>)| {
        let page = page.to_vec();
        let before = ALLOCATOR.current_usage();
        ALLOCATOR.reset_peak_usage();
        step(page);
        (ALLOCATOR.peak_usage().saturating_sub(before)) as f64
    };
    // Once, so that what is made on first use is there.
    peak(b"<p>first", &|page| drop(black_box(cleaner.render(&cleaner.judge(raw(page))))));
    println!("{:>10} {:>8} {:>8}", "bytes", "segment", "whole");
    let mut rows = Vec::new();
    for page in pages().iter().filter(|page| page.len() >= least) {
        let bytes = page.len() as f64;
        let segment = peak(page, &|page| drop(black_box(cleaner.segment(raw(page))))) / bytes;
        // Twice: the expressions make some of their states on first use.
        let whole = || peak(page, &|page| drop(black_box(cleaner.render(&cleaner.judge(raw(page))))));
        rows.push((page.len(), segment, whole().min(whole()) / bytes));
    }
    rows.sort_by(|left, right| right.2.total_cmp(&left.2));
    for (bytes, segment, whole) in &rows {
        println!("{bytes:10} {segment:7.1}x {whole:7.1}x");
    }
    println!("{} pages, most of a page: {:.1}x its bytes", rows.len(), rows.first().map_or(0.0, |row| row.2));
}
