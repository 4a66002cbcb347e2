//! What each stage takes of the time of a bare html5ever parse: `cargo bench -p dechaff --bench share`, on the samples or
//! on the pages of the directory that `DECHAFF_BENCH_PAGES` names.
//!
//! One thread, its own processor time, the program's allocator. Every page goes through all steps in each of several
//! rounds, and of each step the fastest round of that page counts: other work on the machine disturbs a page here and
//! there, hardly the same one each time. `whole` is run on its own, not summed up, and in a pass over all pages: what the
//! steps have left of a page, in the caches and in what the program remembers, is lost to it, and it drops all that it
//! makes. The digest is of all texts, titles and confidences: it stays the same where
//! a change is meant to make things faster and nothing else.

#[allow(dead_code)]
mod common;

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use common::{cleaner, pages, parse_no_sink, raw, time};
use dechaff_strip::{Hints, html};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Rounds; `DECHAFF_BENCH_ROUNDS` sets another number.
const ROUNDS: usize = 5;

const STEPS: [&str; 8] = [
    "html5ever into no tree",
    "parse alone",
    "segment (decode, parse, blocks, metadata)",
    "features alone",
    "features and model",
    "judge (features, model, rules, verdicts)",
    "render",
    "whole (segment, judge, render)",
];

fn main() {
    // `cargo test --benches` builds and runs it too; there is nothing to measure then.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let rounds = std::env::var("DECHAFF_BENCH_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(ROUNDS);
    let pages = pages();
    let cleaner = cleaner();
    let model = html::Model::builtin();
    let mut best = vec![[Duration::MAX; STEPS.len()]; pages.len()];
    for _ in 0..rounds {
        for (bytes, best) in pages.iter().zip(&mut best) {
            let mut step = 0;
            let mut measure = |took: Duration| {
                best[step] = best[step].min(took);
                step += 1;
            };
            let text = String::from_utf8_lossy(bytes);
            measure(time(|| parse_no_sink(&text)).0);
            measure(time(|| cleaner.parse_alone(&text)).0);
            let document = raw(bytes.clone());
            let (took, page) = time(|| cleaner.segment(document));
            measure(took);
            measure(time(|| html::rows(&page, |_| None)).0);
            measure(time(|| model.scores(&page, &Hints::none(page.blocks.len()))).0);
            let (took, judged) = time(|| cleaner.judge_page(page));
            measure(took);
            measure(time(|| cleaner.render(&judged)).0);
        }
        // By itself: what the steps have just read and made of a page is not there, as it is not in a corpus.
        for (bytes, best) in pages.iter().zip(&mut best) {
            let document = raw(bytes.clone());
            let whole = time(|| cleaner.render(&cleaner.judge(document))).0;
            let best = &mut best[STEPS.len() - 1];
            *best = whole.min(*best);
        }
    }
    let mut digest = DefaultHasher::new();
    for bytes in &pages {
        let judged = cleaner.judge(raw(bytes.clone()));
        cleaner.render(&judged).hash(&mut digest);
        judged.page.metadata.title.map(|title| title.value).hash(&mut digest);
        judged.confidence.to_bits().hash(&mut digest);
    }
    let megabytes = pages.iter().map(Vec::len).sum::<usize>() as f64 / 1e6;
    println!("{} pages, {megabytes:.1} MB, best of {rounds} rounds", pages.len());
    println!("{:45} {:>9} {:>8} {:>10}", "", "seconds", "MB/s", "of bare");
    let sum = |step: usize| best.iter().map(|steps| steps[step].as_secs_f64()).sum::<f64>();
    let bare = sum(0);
    for (step, name) in STEPS.iter().enumerate() {
        let seconds = sum(step);
        println!("{name:45} {seconds:9.3} {:8.0} {:9.2}x", megabytes / seconds, seconds / bare);
    }
    println!("speed of the whole: {:.0}% of the bare parse", 100.0 * bare / sum(STEPS.len() - 1));
    let worst = best.iter().map(|steps| steps[STEPS.len() - 1]).max().unwrap_or_default();
    println!("digest of what came out: {:016x}", digest.finish());
    println!("slowest page: {:.1} ms", worst.as_secs_f64() * 1e3);
}
