//! Learns what the dropped lines of plain text are that no rule knows.
//!
//! ```text
//! names LABELS OUT
//! ```
//!
//! Judges the dumps of LABELS by the program's own models and rules, and learns the kinds that their lines of chrome are
//! said to be of from words, places and what rules know around: a softmax regression. Writes
//! the weights to OUT, and prints how many lines that no rule knows are named rightly in a fifth of the dumps, by a model
//! of the others.

use std::{collections::BTreeMap, env, fs, path::Path};

use anyhow::{Result, bail};
use dechaff_document::{Label as Verdict, Reason};
use dechaff_strip::{
    Judge, html,
    rules::RuleSet,
    text::{
        Model,
        names::{BUCKETS, NAMES, Surroundings, UNIT, in_tails},
    },
};
use dechaff_training::{
    adagrad::AdaGrad,
    text::{
        default_settings,
        dumps::{self, Layout},
        page_of_text,
    },
};

/// Passes over the lines.
const EPOCHS: usize = 6;

/// How weights are learned.
const DESCENT: AdaGrad = AdaGrad { rate: 0.15, decay: 3e-5 };

/// A page of which lines are named to measure.
struct Judged {
    page: Surroundings,
    /// The lines that no rule knows, and which of [`NAMES`] they are.
    lines: Vec<usize>,
    names: Vec<usize>,
}

/// A line of chrome.
struct Line {
    buckets: Vec<usize>,
    /// Which of [`NAMES`] it is.
    name: usize,
    fold: u8,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [labels, out] = arguments[..] else { bail!("usage: names LABELS OUT") };
    let (lines, measured) = read(labels.as_ref())?;
    let weights = learned(&lines.iter().filter(|line| line.fold != 0).collect::<Vec<_>>());
    let mut named: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for judged in &measured {
        for (found, &name) in judged.page.named(&judged.lines, &weights).into_iter().zip(&judged.names) {
            for key in ["all", NAMES[name]] {
                let sums = named.entry(key).or_default();
                sums[0] += usize::from(found == name);
                sums[1] += 1;
            }
        }
    }
    println!("{} lines; named rightly of those that no rule knows:", lines.len());
    for (name, [right, of]) in named {
        println!("{name}: {right} of {of}");
    }
    let weights = learned(&lines.iter().collect::<Vec<_>>());
    let bytes: Vec<u8> = weights.as_flattened().iter().map(|weight| *weight as u8).collect();
    Ok(fs::write(out, bytes)?)
}

fn read(labels: &Path) -> Result<(Vec<Line>, Vec<Judged>)> {
    let rules = RuleSet::load(&[])?;
    let judge = Judge::new(default_settings(), rules, Some(html::Model::builtin()), Some(Model::builtin()))?;
    let (mut lines, mut measured) = (Vec::new(), Vec::new());
    for (number, dump) in dumps::read(&labels.join("dumps"))?.iter().enumerate() {
        // On pages that are no articles the kinds are others: filters are pickers there, buttons of a shop share nothing.
        if dump.kind != "article" {
            continue;
        }
        let judged = judge.judge(page_of_text(&dump.text(Layout::of(number)[0])));
        let tails = in_tails(&judged, judge.rules());
        let mut page = Judged {
            page: Surroundings::of(&judged, &tails, &vec![true; judged.verdicts.len()]),
            lines: Vec::new(),
            names: Vec::new(),
        };
        for (block, kind) in dump.kinds(&judged.page.blocks)?.into_iter().enumerate() {
            let Some(name) = kind.and_then(|kind| NAMES.iter().position(|name| *name == category(kind))) else {
                continue;
            };
            let verdict = &judged.verdicts[block];
            let by_model = verdict.label != Verdict::Content && matches!(verdict.reason, Reason::Model { .. });
            if by_model || tails[block] {
                page.lines.push(block);
                page.names.push(name);
            }
            let mut buckets = Vec::new();
            page.page.each_bucket(block, |bucket| buckets.push(bucket));
            lines.push(Line { buckets, name, fold: dump.fold() });
        }
        if dump.fold() == 0 {
            measured.push(page);
        }
    }
    Ok((lines, measured))
}

/// The category of a dump's kind of chrome. Copies are told by what they copy, and photographers' names by rules.
fn category(kind: &str) -> &str {
    match kind {
        "menu" | "kicker" | "tags" => "nav",
        "skip" => "accessibility",
        "byline" => "byline-residue",
        "stamp" => "timestamp-residue",
        "player" => "video-residue",
        "picker" => "font-size-picker",
        "appeal" => "donation-appeal",
        "paywall" => "subscription",
        "consent" => "cookie-consent",
        "related" | "listing" => "related-links",
        "author-box" => "author-bio",
        "ad" => "advertisement",
        "legal" => "legal-notice",
        "app" | "poll" | "widget" | "event" => "other",
        "title-again" | "caption-again" | "photo-credit" => "",
        kind => kind,
    }
}

fn learned(lines: &[&Line]) -> Vec<[i8; NAMES.len()]> {
    let mut weights = vec![[0.0f32; NAMES.len()]; BUCKETS];
    let mut squares = vec![[1e-2f32; NAMES.len()]; BUCKETS];
    for epoch in 0..EPOCHS {
        for turn in 0..lines.len() {
            let line = lines[(turn * 7919 + epoch * 31) % lines.len()];
            let mut scores = [0.0; NAMES.len()];
            for &bucket in &line.buckets {
                scores.iter_mut().zip(weights[bucket]).for_each(|(score, weight)| *score += weight);
            }
            let most = scores.iter().copied().fold(f32::MIN, f32::max);
            let mut slopes = scores.map(|score| (score - most).exp());
            let sum: f32 = slopes.iter().sum();
            slopes.iter_mut().for_each(|slope| *slope /= sum);
            slopes[line.name] -= 1.0;
            // Lines of many words would else take steps as long as their words are many.
            let scale = 1.0 / (line.buckets.len() as f32).sqrt();
            for &bucket in &line.buckets {
                for name in 0..NAMES.len() {
                    let slope = slopes[name] * scale;
                    DESCENT.step(&mut weights[bucket][name], &mut squares[bucket][name], slope);
                }
            }
        }
    }
    weights.iter().map(|weights| weights.map(|weight| (weight / UNIT).round().clamp(-127.0, 127.0) as i8)).collect()
}
