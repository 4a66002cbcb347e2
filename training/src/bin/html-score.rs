//! Scores pages with the model that did not see their site, through the production code.
//!
//! usage: html-score DATA MODELS OUT [--held-out] [--multilang] [--precision|--recall]
//!
//! MODELS holds `fold-<k>.bin`; with `--held-out` the held-out tenth is scored with `html.bin`. Writes predictions
//! (`{"id","text"}` a line) to `OUT` and prints word F1 per page type and how true the scores are, as Markdown. Rules are not asked: these are the model's own
//! figures; `dechaff eval` gives those of the whole program.

use std::{collections::BTreeMap, fs, io::Write, path::PathBuf};

use anyhow::{Context, Result, bail};
use dechaff_document::Page;
use dechaff_strip::{Hints, Scores, html::Model};
use dechaff_training::{
    data::{self, Part},
    html::{learn, multilang, segment, segmenter},
    score::{Snippets, word_f1},
    sites,
};
use serde_json::json;

fn main() -> Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut flag = |name: &str| match arguments.iter().position(|argument| argument == name) {
        Some(at) => {
            arguments.remove(at);
            true
        }
        None => false,
    };
    let (held_out, precision, recall) = (flag("--held-out"), flag("--precision"), flag("--recall"));
    let only_multilang = flag("--multilang");
    let [data, models, out] = &arguments[..] else {
        bail!("usage: html-score DATA MODELS OUT [--held-out] [--multilang] [--precision|--recall]");
    };
    let (data, models) = (PathBuf::from(data), PathBuf::from(models));
    let segmenter = segmenter()?;
    let read = |name: String| -> Result<Model> {
        let bytes = fs::read(models.join(&name)).context(name)?;
        Ok(Model::from_bytes(&bytes)?)
    };
    let folds: Vec<Model> = match held_out {
        true => vec![read("html.bin".into())?],
        false => (0..sites::FOLDS).map(|fold| read(format!("fold-{fold}.bin"))).collect::<Result<_>>()?,
    };
    let model = |site: &str| &folds[usize::from(sites::fold(site)) % folds.len()];
    let mut predictions = std::io::BufWriter::new(fs::File::create(out)?);
    let mut write = |id: &str, text: &str| writeln!(predictions, "{}", json!({"id": id, "text": text}));
    let profile = |scores: &Scores| match () {
        () if precision => scores.cut.max(0.5),
        () if recall => scores.cut.min(0.2),
        () => scores.cut,
    };
    if only_multilang {
        let mut snippets = Snippets::default();
        for gold in multilang(&data, if held_out { Part::HeldOut } else { Part::Learned })? {
            let bytes = data::html_of(&data, "multilang-dev", &gold.id)?;
            let page = segment(&segmenter, &gold.id, gold.url.as_deref().unwrap_or(""), bytes);
            let scores = model(&gold.site()).scores(&page, &Hints::none(page.blocks.len()));
            let text = kept(&page, &scores, profile(&scores));
            snippets.add(&gold, &text);
            write(&gold.id, &text)?;
        }
        println!("{snippets}");
        return Ok(());
    }
    let mut sums: BTreeMap<String, ([f32; 4], f32)> = BTreeMap::new();
    let mut calibration = [[0.0f32; 3]; 10];
    for gold in data::gold(&data, if held_out { Part::HeldOut } else { Part::Learned })? {
        let learned = learn(&data, &segmenter, gold)?;
        let page = &learned.page;
        let scores = model(&learned.site).scores(page, &Hints::none(page.blocks.len()));
        let text = kept(page, &scores, profile(&scores));
        let (f1, precision, recall) = word_f1(&text, learned.gold.text.as_deref().unwrap_or(""));
        write(&learned.gold.id, &text)?;
        for kind in ["all", learned.gold.kind.as_deref().unwrap_or("?")] {
            let sum = sums.entry(kind.to_owned()).or_default();
            for (sum, value) in sum.0.iter_mut().zip([f1, precision, recall, (scores.confidence - f1).abs()]) {
                *sum += value;
            }
            sum.1 += 1.0;
        }
        for (&score, &(hits, words)) in scores.scores.iter().zip(&learned.labels) {
            let bin = &mut calibration[((score * 10.0) as usize).min(9)];
            bin[0] += words as f32;
            bin[1] += score * words as f32;
            bin[2] += hits as f32;
        }
    }
    println!("| pages | number | word F1 | precision | recall | confidence is off by |");
    println!("|---|---|---|---|---|---|");
    for (kind, (sum, pages)) in sums {
        let [f1, precision, recall, off] = sum.map(|sum| sum / pages);
        println!("| {kind} | {pages} | {f1:.4} | {precision:.3} | {recall:.3} | {off:.3} |");
    }
    println!("\n| score of a block | share of the words | mean score | share that is content |");
    println!("|---|---|---|---|");
    let all: f32 = calibration.iter().map(|bin| bin[0]).sum();
    for (place, [words, score, hits]) in calibration.into_iter().enumerate() {
        let (low, high) = (place as f32 / 10.0, (place + 1) as f32 / 10.0);
        println!(
            "| {low:.1}–{high:.1} | {:.3} | {:.3} | {:.3} |",
            words / all,
            score / words.max(1.0),
            hits / words.max(1.0)
        );
    }
    Ok(())
}

fn kept(page: &Page, scores: &Scores, cut: f32) -> String {
    let kept = page.blocks.iter().zip(&scores.scores).filter(|(_, score)| **score >= cut);
    kept.map(|(block, _)| block.text.as_str()).collect::<Vec<_>>().join("\n")
}
