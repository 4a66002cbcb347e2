//! Writes the matrix that the HTML model is grown from.
//!
//! usage: `html-features DATA LABELS OUT`
//!
//! LABELS says which words of pages without gold text are content (see `hand.rs`).
//!
//! Beside the matrix (see `matrix.rs`) it writes, for choosing cuts and for the report: `pages.json` (id, type, site,
//! fold, blocks of every page), `words.i32` and `block-words.i32` (words of every block as numbers of the page's gold
//! words, −1 for others, and how many each block has), `gold.i32` (how often the page's gold words occur; their number
//! stands in `pages.json`), and `names.bin` (shares of the names of every page, from which lexicons are made).
//! The rows of the variants of all pages (see `variants.rs`) stand last and are in none of these; `variants.u8` is 1 for
//! them.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::PathBuf,
};

use anyhow::{Result, bail};
use dechaff_strip::html::{feature_names, rows as features_of};
use dechaff_training::{
    align::words,
    data::{self, Set},
    html::{Learned, NameStatistics, learn, name_shares, segmenter},
    matrix::MatrixWriter,
    sites,
    variants::{self, Variant, entry_without},
};
use rustc_hash::FxHashMap;
use serde_json::json;

fn main() -> Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [data, labels, out] = &arguments[..] else { bail!("usage: html-features DATA LABELS OUT") };
    let segmenter = segmenter()?;
    let pages = data::learned(data, labels, &Set::LABELLED, &segmenter)?;
    let pages: Vec<Learned> = pages.into_iter().map(|page| learn(data, &segmenter, page)).collect::<Result<_>>()?;
    eprintln!("{} pages", pages.len());

    // Statistics of names of all pages first: each page's rows are made with a lexicon that leaves its own site out.
    fs::create_dir_all(out)?;
    let mut statistics = NameStatistics::default();
    let mut names_file = BufWriter::new(File::create(out.join("names.bin"))?);
    for learned in &pages {
        let own = name_shares(learned);
        statistics.add(&learned.site, &own);
        names_file.write_all(&(own.len() as u32).to_le_bytes())?;
        for (name, share) in own {
            names_file.write_all(&name.to_le_bytes())?;
            names_file.write_all(&share.to_le_bytes())?;
        }
    }
    let feature_names = feature_names();
    let feature_names: Vec<&str> = feature_names.iter().map(String::as_str).collect();
    let mut matrix = MatrixWriter::create(out, &feature_names)?;
    let mut word_file = BufWriter::new(File::create(out.join("words.i32"))?);
    let mut block_file = BufWriter::new(File::create(out.join("block-words.i32"))?);
    let mut gold_file = BufWriter::new(File::create(out.join("gold.i32"))?);
    let mut entries = Vec::new();
    for learned in &pages {
        let site = learned.site.as_str();
        let rows = features_of(&learned.page, |name| entry_without(&statistics, name, site));
        let fold = sites::fold(site);
        let gold_words = words(learned.gold.text.as_deref().unwrap_or(""));
        for (row, &(hits, count)) in rows.chunks(feature_names.len()).zip(&learned.labels) {
            matrix.row(row, share(hits, count), weight(count, gold_words.len()), fold)?;
        }
        let mut numbers: FxHashMap<&str, i32> = FxHashMap::default();
        let mut counts: Vec<i32> = Vec::new();
        for word in &gold_words {
            let number = *numbers.entry(word).or_insert(counts.len() as i32);
            counts.resize(counts.len().max(number as usize + 1), 0);
            counts[number as usize] += 1;
        }
        for count in &counts {
            gold_file.write_all(&count.to_le_bytes())?;
        }
        for block in &learned.page.blocks {
            let own = words(&block.text);
            block_file.write_all(&(own.len() as i32).to_le_bytes())?;
            for word in own {
                let number = numbers.get(word.as_str()).copied().unwrap_or(-1);
                word_file.write_all(&number.to_le_bytes())?;
            }
        }
        entries.push(json!({
            "id": learned.gold.id, "type": learned.gold.kind, "site": site, "fold": fold,
            "blocks": learned.page.blocks.len(), "gold": counts.len(), "gold_words": gold_words.len(),
        }));
    }
    let mut is_variant = vec![0u8; matrix.rows()];
    for learned in &pages {
        for variant in (0..variants::VARIANTS).filter_map(|number| Variant::of(learned, number)) {
            add_variant(&mut matrix, learned, &variant, &statistics)?;
        }
    }
    is_variant.resize(matrix.rows(), 1);
    fs::write(out.join("variants.u8"), &is_variant)?;
    for file in [&mut word_file, &mut block_file, &mut gold_file, &mut names_file] {
        file.flush()?;
    }
    let rows = matrix.finish()?;
    fs::write(out.join("pages.json"), serde_json::to_string(&entries)?)?;
    eprintln!("{rows} rows of {} features", feature_names.len());
    Ok(())
}

/// Adds a variant of a page.
fn add_variant(
    matrix: &mut MatrixWriter,
    learned: &Learned,
    variant: &Variant,
    statistics: &NameStatistics,
) -> Result<()> {
    let rows = variant.rows(statistics, &learned.site);
    let text_words: u32 = variant.kept.iter().map(|&block| learned.labels[block].0).sum();
    for (row, &block) in rows.chunks(feature_names().len()).zip(&variant.kept) {
        let (hits, count) = learned.labels[block];
        let weight = variants::WEIGHT * weight(count, text_words as usize);
        matrix.row(row, share(hits, count), weight, sites::fold(&learned.site))?;
    }
    Ok(())
}

/// The label of a block: the share of its words that are content.
fn share(hits: u32, words: u32) -> f32 {
    hits as f32 / words.max(1) as f32
}

/// A block weighs by its part of the page's text; pages weigh alike however long they are.
fn weight(block_words: u32, text_words: usize) -> f32 {
    (block_words as f32 / text_words.max(100) as f32).min(1.0)
}
