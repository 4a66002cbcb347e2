//! Writes the matrix that the HTML model is grown from.
//!
//! usage: `html-features DATA OUT [WEAK]`
//!
//! WEAK holds texts that another extractor made of the pages of `multilang-dev` (`{"id","text"}` a line): these pages
//! have no gold text, and are learned from with weak labels.
//!
//! Beside the matrix (see `matrix.rs`) it writes, for choosing cuts and for the report: `pages.json` (id, type, site,
//! fold, blocks of every page), `words.i32` and `block-words.i32` (words of every block as numbers of the page's gold
//! words, −1 for others, and how many each block has), `gold.i32` (how often the page's gold words occur; their number
//! stands in `pages.json`), and `names.bin` (shares of the names of every page, from which lexicons are made).
//! The rows of weak pages, and those of the variants of all pages (see `variants.rs`), stand last and are in none of
//! these; `taught.u8` says of every row how its label is known.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use dechaff_segment::Segmenter;
use dechaff_strip::html::{feature_names, rows as features_of};
use dechaff_training::{
    align::words,
    data::{self, Part},
    html::{self, Learned, NameStatistics, learn, name_shares, segmenter},
    matrix::MatrixWriter,
    score::fold,
    sites,
    variants::{self, Variant, entry_without},
};
use rustc_hash::FxHashMap;
use serde_json::json;

/// How the label of a row is known, as `gbdt.py` reads it.
mod taught {
    pub const BY_GOLD: u8 = 0;
    pub const BY_TEACHERS: u8 = 1;
    pub const BY_SNIPPET: u8 = 2;
    pub const BY_GOLD_IN_VARIANT: u8 = 3;
}

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let data = arguments.next().context("usage: html-features DATA OUT [WEAK]")?;
    let out = arguments.next().context("usage: html-features DATA OUT [WEAK]")?;
    let weak = arguments.next();
    let segmenter = segmenter()?;
    let gold = data::gold(&data, Part::Learned)?;
    eprintln!("{} pages", gold.len());

    // First pass: statistics of names. Second pass: rows, each with a lexicon that leaves the page's own site out.
    let mut statistics = NameStatistics::default();
    let mut shares = Vec::new();
    for page in &gold {
        let learned = learn(&data, &segmenter, page.clone())?;
        let own = name_shares(&learned);
        statistics.add(&learned.site, &own);
        shares.push(own);
    }
    fs::create_dir_all(&out)?;
    let mut names_file = BufWriter::new(File::create(out.join("names.bin"))?);
    for own in &shares {
        names_file.write_all(&(own.len() as u32).to_le_bytes())?;
        for (name, share) in own {
            names_file.write_all(&name.to_le_bytes())?;
            names_file.write_all(&share.to_le_bytes())?;
        }
    }
    let feature_names = feature_names();
    let feature_names: Vec<&str> = feature_names.iter().map(String::as_str).collect();
    let mut matrix = MatrixWriter::create(&out, &feature_names)?;
    let mut word_file = BufWriter::new(File::create(out.join("words.i32"))?);
    let mut block_file = BufWriter::new(File::create(out.join("block-words.i32"))?);
    let mut gold_file = BufWriter::new(File::create(out.join("gold.i32"))?);
    let mut pages = Vec::new();
    for page in gold {
        let learned = learn(&data, &segmenter, page)?;
        let site = learned.site.as_str();
        let rows = rows_of(&learned, &statistics);
        let fold = sites::fold(site);
        let gold_words = words(learned.gold.text.as_deref().unwrap_or(""));
        for (row, &(hits, count)) in rows.chunks(feature_names.len()).zip(&learned.labels) {
            let label = hits as f32 / count.max(1) as f32;
            matrix.row(row, label, weight(count, gold_words.len()), fold)?;
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
        pages.push(json!({
            "id": learned.gold.id, "type": learned.gold.kind, "site": site, "fold": fold,
            "blocks": learned.page.blocks.len(), "gold": counts.len(), "gold_words": gold_words.len(),
        }));
    }
    let mut taught = vec![taught::BY_GOLD; matrix.rows()];
    if let Some(weak) = weak {
        taught.extend(add_weak(&mut matrix, &data, &weak, &segmenter, &statistics)?);
    }
    for page in data::gold(&data, Part::Learned)? {
        let learned = learn(&data, &segmenter, page)?;
        let labels: Vec<f32> = learned.labels.iter().map(|&(hits, words)| hits as f32 / words.max(1) as f32).collect();
        let kept = add_variant(&mut matrix, &learned, &labels, &statistics)?;
        taught.extend(kept.iter().map(|_| taught::BY_GOLD_IN_VARIANT));
    }
    fs::write(out.join("taught.u8"), &taught)?;
    for file in [&mut word_file, &mut block_file, &mut gold_file, &mut names_file] {
        file.flush()?;
    }
    let rows = matrix.finish()?;
    fs::write(out.join("pages.json"), serde_json::to_string(&pages)?)?;
    eprintln!("{rows} rows of {} features", feature_names.len());
    Ok(())
}

/// Adds the pages of `multilang-dev` and their variants, labelled by the texts in `weak` and by their snippets. Gives
/// for every row how its label is known.
fn add_weak(
    matrix: &mut MatrixWriter,
    data: &Path,
    weak: &Path,
    segmenter: &Segmenter,
    statistics: &NameStatistics,
) -> Result<Vec<u8>> {
    let texts = data::predictions(weak)?;
    let width = feature_names().len();
    let mut taught = Vec::new();
    for page in html::multilang(data, Part::Learned)? {
        let Some(text) = texts.get(&page.id) else { continue };
        let learned = html::learn_weak(data, segmenter, page, text)?;
        let rows = rows_of(&learned, statistics);
        let site_fold = sites::fold(&learned.site);
        let text_words = words(text).len();
        let folded = |snippets: &[String]| snippets.iter().map(|text| fold(text).to_lowercase()).collect::<Vec<_>>();
        let (holds, lacks) = (folded(&learned.gold.holds), folded(&learned.gold.lacks));
        let (mut labels, mut how_known) = (Vec::new(), Vec::new());
        for ((row, &(hits, count)), block) in rows.chunks(width).zip(&learned.labels).zip(&learned.page.blocks) {
            let own = fold(&block.text).to_lowercase();
            // A snippet may run over several blocks; of short ones that says little.
            let is_said = |snippet: &String| own.contains(snippet.as_str()) || own.len() > 20 && snippet.contains(&own);
            let (label, how) = match (holds.iter().any(is_said), lacks.iter().any(is_said)) {
                (true, false) => (1.0, taught::BY_SNIPPET),
                (false, true) => (0.0, taught::BY_SNIPPET),
                _ => (hits as f32 / count.max(1) as f32, taught::BY_TEACHERS),
            };
            labels.push(label);
            how_known.push(how);
            matrix.row(row, label, weight(count, text_words), site_fold)?;
        }
        let kept = add_variant(matrix, &learned, &labels, statistics)?;
        taught.extend(&how_known);
        taught.extend(kept.iter().map(|&block| how_known[block]));
    }
    Ok(taught)
}

/// Adds the variant of a page whose blocks have these labels. Gives the blocks that it kept.
fn add_variant(
    matrix: &mut MatrixWriter,
    learned: &Learned,
    labels: &[f32],
    statistics: &NameStatistics,
) -> Result<Vec<usize>> {
    let Some(variant) = Variant::of(learned) else { return Ok(Vec::new()) };
    let rows = variant.rows(statistics, &learned.site);
    let text_words: u32 = variant.kept.iter().map(|&block| learned.labels[block].0).sum();
    for (row, &block) in rows.chunks(feature_names().len()).zip(&variant.kept) {
        let weight = variants::WEIGHT * weight(learned.labels[block].1, text_words as usize);
        matrix.row(row, labels[block], weight, sites::fold(&learned.site))?;
    }
    Ok(variant.kept)
}

/// The rows of a page, with a lexicon that leaves the page's own site out.
fn rows_of(learned: &Learned, statistics: &NameStatistics) -> Vec<f32> {
    features_of(&learned.page, |name| entry_without(statistics, name, &learned.site))
}

/// A block weighs by its part of the page's text; pages weigh alike however long they are.
fn weight(block_words: u32, text_words: usize) -> f32 {
    (block_words as f32 / text_words.max(100) as f32).min(1.0)
}
