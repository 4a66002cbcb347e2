//! Scores pages with the model that did not see their site, through the production code.
//!
//! usage: `html-score DATA MODELS OUT [--whole] [--held-out] [--multilang] [--precision|--recall]`
//!
//! MODELS holds `fold-<k>.bin`; with `--held-out` the held-out tenth is scored with `html.bin`. Writes predictions
//! (`{"id","text"}` a line) to OUT and prints word F1 per page type and how true the scores are, or the pooled F1 of the
//! snippets of `multilang-dev`, as Markdown.
//!
//! Without `--whole` the figures are the model's own: its text is the blocks above the page's cut. With it a page goes
//! through everything that `dechaff clean` does with it, rules, titles, what a page states in its data and the rendering
//! included; as in `write.title = "metadata"`, since gold texts mostly leave the title out.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufWriter, Write},
    path::PathBuf,
};

use anyhow::{Context, Result, bail};
use dechaff::{
    Cleaner, Extras,
    config::Configuration,
    strip::{Hints, Profile, html::Model},
    write::TitlePlacement,
};
use dechaff_segment::Segmenter;
use dechaff_training::{
    align,
    data::{self, GoldPage, Part, Set},
    html::segmenter,
    score::{Snippets, word_f1},
    sites,
};
use serde_json::json;

const USAGE: &str = "usage: html-score DATA MODELS OUT [--whole] [--held-out] [--multilang] [--precision|--recall]";

fn main() -> Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut flag = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name);
        at.map(|at| arguments.remove(at)).is_some()
    };
    let (whole, held_out, only_multilang) = (flag("--whole"), flag("--held-out"), flag("--multilang"));
    let profile = match (flag("--precision"), flag("--recall")) {
        (true, false) => Profile::Precision,
        (false, true) => Profile::Recall,
        (false, false) => Profile::Balanced,
        (true, true) => bail!(USAGE),
    };
    let [data, models, out] = &arguments[..] else { bail!(USAGE) };
    let (data, models) = (PathBuf::from(data), PathBuf::from(models));
    let read = |name: String| -> Result<Extractor> {
        let bytes = fs::read(models.join(&name)).context(name)?;
        if whole { Extractor::whole(bytes, profile) } else { Extractor::model(&bytes, profile) }
    };
    let folds: Vec<Extractor> = match held_out {
        true => vec![read("html.bin".into())?],
        false => (0..sites::FOLDS).map(|fold| read(format!("fold-{fold}.bin"))).collect::<Result<_>>()?,
    };
    let extractor = |gold: &GoldPage| &folds[usize::from(sites::fold(&gold.site())) % folds.len()];
    let part = if held_out { Part::HeldOut } else { Part::Learned };
    let mut predictions = BufWriter::new(File::create(out)?);
    let mut write = |id: &str, text: &str| writeln!(predictions, "{}", json!({"id": id, "text": text}));
    if only_multilang {
        let mut snippets = Snippets::default();
        for gold in data::gold(&data, Set::Multilang, part)? {
            let found = extractor(&gold).extract(&gold, data::html(&data, &gold)?);
            snippets.add(&gold, &found.text);
            write(&gold.id, &found.text)?;
        }
        println!("{snippets}");
        return Ok(());
    }
    let mut report = Report::default();
    for gold in data::gold(&data, Set::Wcxb, part)? {
        let found = extractor(&gold).extract(&gold, data::html(&data, &gold)?);
        report.add(&gold, &found);
        write(&gold.id, &found.text)?;
    }
    report.print();
    Ok(())
}

/// What makes a text of a page.
enum Extractor {
    /// The model alone.
    Model { segmenter: Box<Segmenter>, model: Box<Model>, profile: Profile },
    /// The whole program.
    Whole(Box<Cleaner>),
}

/// The text of a page, and what was thought of its blocks.
struct Extracted {
    text: String,
    confidence: f32,
    /// Text and score of every block.
    blocks: Vec<(String, f32)>,
}

impl Extractor {
    fn model(bytes: &[u8], profile: Profile) -> Result<Extractor> {
        Ok(Extractor::Model { segmenter: Box::new(segmenter()?), model: Box::new(Model::from_bytes(bytes)?), profile })
    }

    fn whole(bytes: Vec<u8>, profile: Profile) -> Result<Extractor> {
        let mut configuration = Configuration::defaults();
        configuration.settings.write.title = TitlePlacement::Metadata;
        configuration.settings.strip.profile = profile;
        let extras = Extras { html_model: Some(bytes), ..Extras::default() };
        Ok(Extractor::Whole(Box::new(Cleaner::new(&configuration, &extras)?)))
    }

    fn extract(&self, gold: &GoldPage, bytes: Vec<u8>) -> Extracted {
        let document = gold.raw(bytes);
        match self {
            Extractor::Model { segmenter, model, profile } => {
                let page = segmenter.page(document);
                let scores = model.scores(&page, &Hints::none(page.blocks.len()));
                let cut = match profile {
                    Profile::Balanced => scores.cut,
                    Profile::Precision => scores.cut.max(0.5),
                    Profile::Recall => scores.cut.min(0.2),
                };
                let scored = page.blocks.into_iter().zip(scores.scores);
                let blocks: Vec<_> = scored.map(|(block, score)| (block.text, score)).collect();
                let kept = blocks.iter().filter(|(_, score)| *score >= cut).map(|(text, _)| text.as_str());
                let text = kept.collect::<Vec<_>>().join("\n");
                Extracted { text, confidence: scores.confidence, blocks }
            }
            Extractor::Whole(cleaner) => {
                let judged = cleaner.judge(document);
                let scored =
                    judged.blocks().filter_map(|(_, block, verdict)| Some((block.text.clone(), verdict.score?)));
                let blocks = scored.collect();
                Extracted { text: cleaner.render(&judged), confidence: judged.confidence, blocks }
            }
        }
    }
}

/// Figures over pages.
#[derive(Default)]
struct Report {
    /// Per type: sums of F1, precision, recall and what the confidence is off by; number of pages.
    kinds: BTreeMap<String, ([f32; 4], f32)>,
    /// Per tenth of the score: words, words times score, words that are content.
    tenths: [[f32; 3]; 10],
}

impl Report {
    fn add(&mut self, gold: &GoldPage, found: &Extracted) {
        let text = gold.text.as_deref().unwrap_or("");
        let (f1, precision, recall) = word_f1(&found.text, text);
        for kind in ["all", gold.kind.as_deref().unwrap_or("?")] {
            let (sums, pages) = self.kinds.entry(kind.to_owned()).or_default();
            for (sum, value) in sums.iter_mut().zip([f1, precision, recall, (found.confidence - f1).abs()]) {
                *sum += value;
            }
            *pages += 1.0;
        }
        let labels = align::label(found.blocks.iter().map(|(text, _)| text.as_str()), text);
        for ((_, score), (hits, words)) in found.blocks.iter().zip(labels) {
            let tenth = &mut self.tenths[((score * 10.0) as usize).min(9)];
            tenth[0] += words as f32;
            tenth[1] += score * words as f32;
            tenth[2] += hits as f32;
        }
    }

    fn print(&self) {
        println!("| pages | number | word F1 | precision | recall | confidence is off by |");
        println!("|---|---|---|---|---|---|");
        for (kind, (sums, pages)) in &self.kinds {
            let [f1, precision, recall, off] = sums.map(|sum| sum / pages);
            println!("| {kind} | {pages} | {f1:.4} | {precision:.3} | {recall:.3} | {off:.3} |");
        }
        println!("\n| score of a block | share of the words | mean score | share that is content |");
        println!("|---|---|---|---|");
        let all: f32 = self.tenths.iter().map(|tenth| tenth[0]).sum();
        for (place, [words, score, hits]) in self.tenths.into_iter().enumerate() {
            let (low, high) = (place as f32 / 10.0, (place + 1) as f32 / 10.0);
            let (share, words) = (words / all, words.max(1.0));
            println!("| {low:.1}–{high:.1} | {share:.3} | {:.3} | {:.3} |", score / words, hits / words);
        }
    }
}
