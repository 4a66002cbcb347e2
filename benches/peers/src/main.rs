//! dechaff beside other extractors in Rust, in one run on the same pages: `just bench-peers DIRECTORY`.
//!
//! One thread, its own processor time, the same allocator and flags for all. Every page goes through all programs in
//! each of several rounds (`DECHAFF_BENCH_ROUNDS`, 3), and of each program the fastest round of that page counts. All
//! are handed text that is decoded already and give text back; dechaff judges with its model and its rules and reads
//! language and metadata, as its command line does.

#[allow(dead_code)]
#[path = "../../../crates/pipeline/benches/common/mod.rs"]
mod common;

use std::{hint::black_box, path::Path, process::ExitCode, time::Duration};

use common::{cleaner, pages_of, parse_no_sink, time};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NAMES: [&str; 4] = ["html5ever into no tree", "dechaff", "dom_smoothie 0.19", "rs-trafilatura 0.2"];

fn main() -> ExitCode {
    let Some(directory) = std::env::args().nth(1) else {
        eprintln!("usage: bench-peers DIRECTORY (of .html or .html.gz files)");
        return ExitCode::from(2);
    };
    let rounds = std::env::var("DECHAFF_BENCH_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(3);
    let pages: Vec<String> =
        pages_of(Path::new(&directory)).iter().map(|page| String::from_utf8_lossy(page).into_owned()).collect();
    let cleaner = cleaner();
    let mut best = vec![[Duration::MAX; NAMES.len()]; pages.len()];
    for _ in 0..rounds {
        for (page, best) in pages.iter().zip(&mut best) {
            let took = [
                time(|| parse_no_sink(page)).0,
                time(|| drop(black_box(cleaner.render(&cleaner.clean_html(page, None))))).0,
                time(|| drop(black_box(smoothie(page)))).0,
                time(|| drop(black_box(rs_trafilatura::extract(page).map(|result| result.content_text)))).0,
            ];
            for (best, took) in best.iter_mut().zip(took) {
                *best = took.min(*best);
            }
        }
    }
    let megabytes = pages.iter().map(String::len).sum::<usize>() as f64 / 1e6;
    println!("{} pages, {megabytes:.1} MB, best of {rounds} rounds", pages.len());
    println!(
        "{:25} {:>9} {:>9} {:>7} {:>16} {:>13}",
        "", "seconds", "pages/s", "MB/s", "of bare's speed", "slowest page"
    );
    let sum = |program: usize| best.iter().map(|took| took[program].as_secs_f64()).sum::<f64>();
    for (program, name) in NAMES.iter().enumerate() {
        let seconds = sum(program);
        let slowest = best.iter().map(|took| took[program]).max().unwrap_or_default().as_secs_f64() * 1e3;
        let (pages, speed) = (pages.len() as f64 / seconds, megabytes / seconds);
        let share = 100.0 * sum(0) / seconds;
        println!("{name:25} {seconds:9.3} {pages:9.0} {speed:7.0} {share:15.0}% {slowest:10.1} ms");
    }
    ExitCode::SUCCESS
}

fn smoothie(page: &str) -> Option<String> {
    let configuration =
        dom_smoothie::Config { text_mode: dom_smoothie::TextMode::Formatted, ..dom_smoothie::Config::default() };
    let article = dom_smoothie::Readability::new(page, None, Some(configuration)).ok()?.parse().ok()?;
    Some(article.text_content.to_string())
}
