//! Measures reading alone: goes through inputs, with or without loading the entries, and says how many there were, how
//! fast, and the most memory that the process held.
//!
//! `cargo run --release -p dechaff-read --example iterate -- [--load] [--ahead] INPUT...`; `--ahead` decodes Parquet
//! ahead on a thread of its own, as a run on several threads does.

use std::{env, fs, time::Instant};

use dechaff_read::{Input, Loaded, Settings, open};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let defaults: toml::Table = include_str!("../../../config/default.toml").parse()?;
    let settings: Settings = defaults["read"].clone().try_into()?;
    let load = env::args().any(|argument| argument == "--load");
    let inputs: Vec<Input> = env::args_os()
        .skip(1)
        .filter(|argument| argument != "--load" && argument != "--ahead")
        .map(|name| Input::from_argument(&name))
        .collect();
    let threads = if env::args().any(|argument| argument == "--ahead") { 2 } else { 1 };
    let start = Instant::now();
    let (mut entries, mut held, mut documents, mut bytes, mut failed) = (0_u64, 0_u64, 0_u64, 0_u64, 0_u64);
    for entry in open(&inputs, &settings)?.for_threads(threads) {
        entries += 1;
        held += entry.held_bytes() as u64;
        if load {
            match entry.load() {
                Loaded::Document(document) => {
                    documents += 1;
                    bytes += document.body.as_bytes().len() as u64;
                }
                Loaded::Failed { .. } => failed += 1,
                Loaded::Skipped { .. } | Loaded::Unsupported { .. } => {}
            }
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let per_second = |count: u64| count as f64 / seconds;
    println!("{entries} entries in {seconds:.2} s: {:.0}/s, {:.0} MB/s", per_second(entries), per_second(held) / 1e6);
    if load {
        println!("{documents} documents, {failed} failed, {:.0} MB/s of documents", per_second(bytes) / 1e6);
    }
    if let Some(peak) = peak_memory() {
        println!("peak memory {peak}");
    }
    Ok(())
}

/// The process's peak resident memory, as Linux says it.
fn peak_memory() -> Option<String> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map(|peak| peak.trim().to_owned())
}
