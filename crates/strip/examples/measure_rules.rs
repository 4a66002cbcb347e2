//! Hits and false hits of every rule on plain text with gold.
//!
//! ```sh
//! zcat TEXTS.jsonl.gz | cargo run --release -p dechaff-strip --example measure_rules -- GOLD.jsonl [RULE]
//! ```
//!
//! Texts come on standard input, one `{"id", "text"}` a line; gold is `{"id", "text"}` as well. A hit is false if the
//! line stands in the gold as a line of its own or, from five words on, anywhere in it. With the id of a rule all its
//! hits are listed.
#![allow(clippy::disallowed_methods)]

use std::{
    collections::{HashMap, HashSet},
    error::Error,
    io::BufRead,
    time::{Duration, Instant},
};

use dechaff_strip::rules::{RuleSet, fold, text_page};

#[derive(serde::Deserialize)]
struct Text {
    id: String,
    text: String,
}

#[derive(Default)]
struct Count {
    pages: usize,
    hits: usize,
    wrong: usize,
    examples: Vec<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let gold_path = arguments.first().ok_or("usage: measure_rules GOLD.jsonl [RULE] < TEXTS.jsonl")?;
    let wanted = arguments.get(1);
    let mut gold: HashMap<String, String> = HashMap::new();
    for line in std::fs::read_to_string(gold_path)?.lines() {
        let text: Text = serde_json::from_str(line)?;
        gold.insert(text.id, text.text);
    }
    let started = Instant::now();
    let rules = RuleSet::load(&[])?;
    eprintln!("{} rules loaded in {:?}", rules.rules().len(), started.elapsed());
    let mut counts: Vec<Count> = rules.rules().iter().map(|_| Count::default()).collect();
    let (mut spent, mut bytes) = (Duration::ZERO, 0);
    for line in std::io::stdin().lock().lines() {
        let text: Text = serde_json::from_str(&line?)?;
        let Some(gold) = gold.get(&text.id) else { continue };
        let page = text_page(&text.text);
        bytes += text.text.len();
        let started = Instant::now();
        let hits = rules.hits(&page);
        spent += started.elapsed();
        let lines: HashSet<String> = gold.lines().map(words).collect();
        let whole = format!(" {} ", words(gold));
        let mut last = None;
        for hit in hits {
            let count = &mut counts[hit.rule as usize];
            if last != Some(hit.rule) {
                count.pages += 1;
                last = Some(hit.rule);
            }
            for block in hit.blocks.range() {
                let text_of = &page.blocks[block].text;
                let key = words(text_of);
                if key.is_empty() {
                    continue;
                }
                count.hits += 1;
                let long = key.split(' ').count() >= 5;
                let wrong = lines.contains(&key) || (long && whole.contains(&format!(" {key} ")));
                count.wrong += usize::from(wrong);
                let cut: String = text_of.trim().chars().take(160).collect();
                if wanted.is_some_and(|id| *id == *rules.rules()[hit.rule as usize].id) {
                    println!("{}\t{}\t{cut}", if wrong { "WRONG" } else { "right" }, text.id);
                } else if wrong && count.examples.len() < 6 {
                    count.examples.push(format!("{} {cut}", text.id));
                }
            }
        }
    }
    eprintln!("{bytes} bytes in {spent:?}: {:.1} MB/s", bytes as f64 / 1e6 / spent.as_secs_f64());
    if wanted.is_none() {
        let mut order: Vec<usize> = (0..counts.len()).collect();
        order.sort_by_key(|&rule| std::cmp::Reverse(counts[rule].wrong));
        println!("pages\thits\tfalse\t%\trule");
        for rule in order {
            let Count { pages, hits, wrong, examples } = &counts[rule];
            let share = 100.0 * *wrong as f64 / (*hits).max(1) as f64;
            println!("{pages}\t{hits}\t{wrong}\t{share:.1}\t{}", rules.rules()[rule].id);
            examples.iter().for_each(|example| println!("\t\t{example}"));
        }
    }
    Ok(())
}

fn words(text: &str) -> String {
    let folded = fold(text);
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
