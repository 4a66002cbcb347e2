//! Finds the duplicates of JSONL files (`id`, `text`) on one thread, and says what it cost.
//!
//! ```text
//! cargo run --release -p dechaff-dedup --example cluster_jsonl -- [--near T] [--memory MIB] KEPT CLUSTERS FILE...
//! ```
//!
//! Without `--near` only exact copies are looked for. KEPT gets one kept id a line, CLUSTERS `id<TAB>cluster` lines;
//! the first of a cluster, by id, is kept.

use std::{
    error::Error,
    fs::File,
    io::{BufRead, BufReader, BufWriter, Write},
    time::Instant,
};

use dechaff_dedup::{
    ExactIndex, Measure, Near, Spill, content_hash,
    near::{NearIndex, Sketcher},
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Record<'a> {
    id: String,
    #[serde(borrow)]
    text: std::borrow::Cow<'a, str>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut near = Near { measure: Measure::Off, threshold: 0.8, shingle: 5, crowded: 256 };
    let mut memory = 1 << 20;
    let mut paths = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or("an option without its value");
        match argument.as_str() {
            "--near" => (near.measure, near.threshold) = (Measure::Jaccard, value()?.parse()?),
            "--memory" => memory = value()?.parse()?,
            _ => paths.push(argument),
        }
    }
    let [kept, clusters, inputs @ ..] = paths.as_slice() else { return Err("KEPT CLUSTERS FILE...".into()) };

    let begin = Instant::now();
    let sketcher = Sketcher::new(&near)?;
    let mut index = NearIndex::new(&near, Spill::new(memory, Box::new(tempfile::tempfile)))?;
    let mut exact = ExactIndex::default();
    let (mut ids, mut copies) = (Vec::<Box<str>>::new(), Vec::<(u32, u32)>::new());
    for input in inputs {
        let mut reader = BufReader::with_capacity(1 << 20, File::open(input)?);
        let mut line = String::new();
        while reader.read_line(&mut line)? > 0 {
            let record: Record = serde_json::from_str(&line)?;
            let number = ids.len() as u32;
            ids.push(record.id.into());
            let text = || std::iter::once(record.text.as_ref());
            match exact.insert(content_hash(text()), u64::from(number)) {
                Some(first) => copies.push((first as u32, number)),
                None if near.measure == Measure::Off => {}
                None => {
                    if let Some(sketch) = sketcher.sketch(text()) {
                        index.insert(number, &sketch)?;
                    }
                }
            }
            line.clear();
        }
    }
    let read = begin.elapsed();
    let mut clustering = index.cluster()?;
    clustering.join(&copies);
    let mut found = clustering.run()?;
    let statistics = found.statistics();
    let groups = found.groups();
    let all = begin.elapsed();

    let mut cluster_of: Vec<u32> = (0..ids.len() as u32).collect();
    for group in &groups {
        let first = group.iter().copied().min_by_key(|&it| &ids[it as usize]).unwrap_or_default();
        for &member in group {
            cluster_of[member as usize] = first;
        }
    }
    let (mut kept, mut clusters) = (BufWriter::new(File::create(kept)?), BufWriter::new(File::create(clusters)?));
    let mut count = 0;
    for (number, (id, &cluster)) in ids.iter().zip(&cluster_of).enumerate() {
        if cluster as usize == number {
            writeln!(kept, "{id}")?;
            count += 1;
        }
        writeln!(clusters, "{id}\t{}", ids[cluster as usize])?;
    }
    let seconds = all.as_secs_f64();
    eprintln!("{} documents, {count} kept, {statistics:?}", ids.len());
    eprintln!(
        "{seconds:.2} s to clusters ({:.2} s reading and sketching): {:.0} documents a second",
        read.as_secs_f64(),
        ids.len() as f64 / seconds
    );
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        status
            .lines()
            .filter(|line| line.starts_with("VmHWM"))
            .for_each(|line| eprintln!("peak memory {}", &line[6..]));
    }
    Ok(())
}
