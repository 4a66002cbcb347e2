//! Learns where a text that lost its line ends had them.
//!
//! ```text
//! breaks DATA LABELS RENDERED OUT
//! ```
//!
//! Reads the renderings of DATA and RENDERED and the dumps of LABELS, whose line ends are known, takes them away and learns
//! by logistic regression to tell them. Writes the weights to OUT, and prints how well they do
//! on a fifth of the sites that a model of the others has not seen.

use std::{env, fs, path::Path};

use anyhow::{Result, bail};
use dechaff_segment::breaks::{BUCKETS, UNIT, Words};
use dechaff_training::{
    adagrad::AdaGrad,
    data::{self, Part, RENDERERS, Set},
    sites,
    text::dumps::{self, Layout},
};
use rustc_hash::FxHashMap;

/// Passes over the texts.
const EPOCHS: usize = 3;

/// How weights are learned.
const DESCENT: AdaGrad = AdaGrad { rate: 0.1, decay: 1e-5 };

/// Words of a text that are learned from: a list of ten thousand lines says no more than its first ones.
const WORDS: usize = 3000;

/// How often a dump counts beside a page.
const DUMP_TURNS: usize = 2;

/// A text without its line ends.
struct Text {
    words: Words,
    /// Whether a line ended behind each word.
    ended: Vec<bool>,
    fold: u8,
    /// Whether it is a dump.
    dump: bool,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [data, labels, rendered, out] = arguments[..] else { bail!("usage: breaks DATA LABELS RENDERED OUT") };
    let texts = texts(data.as_ref(), labels.as_ref(), rendered.as_ref())?;
    let words: usize = texts.iter().map(|text| text.words.len()).sum();
    println!("{} texts, {words} words", texts.len());
    let weights = learned(texts.iter().filter(|text| text.fold != 0).collect());
    for (name, dumps) in [("pages", false), ("dumps", true)] {
        measure(name, &weights, texts.iter().filter(|text| text.fold == 0 && text.dump == dumps));
    }
    let weights: Vec<u8> = learned(texts.iter().collect()).into_iter().map(|weight| weight as u8).collect();
    Ok(fs::write(out, weights)?)
}

fn texts(data: &Path, labels: &Path, folder: &Path) -> Result<Vec<Text>> {
    let mut texts = Vec::new();
    for (set, folder) in [(Set::Wcxb, data.join("text-dev")), (Set::Multilang, folder.to_owned())] {
        let pages: FxHashMap<String, String> =
            data::gold(data, set, Part::Learned)?.into_iter().map(|page| (page.id.clone(), page.site())).collect();
        for (number, renderer) in RENDERERS.into_iter().enumerate() {
            for (at, page) in data::rendered(&folder, renderer)?.into_iter().enumerate() {
                // One rendering of each page.
                if let Some(site) = pages.get(&page.id).filter(|_| at % RENDERERS.len() == number) {
                    texts.extend(text(&page.text, sites::fold(site), false));
                }
            }
        }
    }
    for dump in dumps::read(&labels.join("dumps"))? {
        let lines = dump.text(Layout::Lines);
        texts.extend((0..DUMP_TURNS).filter_map(|_| text(&lines, dump.fold(), true)));
    }
    Ok(texts)
}

fn text(lines: &str, fold: u8, dump: bool) -> Option<Text> {
    let mut ended = Vec::new();
    let mut joined = String::new();
    for line in lines.lines() {
        let before = ended.len();
        for word in line.split_whitespace() {
            joined += word;
            joined.push(' ');
            ended.push(false);
        }
        if ended.len() > before {
            *ended.last_mut().expect("the line has words") = true;
        }
        if ended.len() > WORDS {
            break;
        }
    }
    (ended.len() > 1).then(|| Text { words: Words::of(&joined), ended, fold, dump })
}

fn learned(texts: Vec<&Text>) -> Vec<i8> {
    let (mut weights, mut squares) = (vec![0.0f32; BUCKETS], vec![1e-2f32; BUCKETS]);
    let mut found = Vec::new();
    for epoch in 0..EPOCHS {
        for turn in 0..texts.len() {
            let text = texts[(turn * 7919 + epoch * 31) % texts.len()];
            for at in 0..text.words.len() - 1 {
                found.clear();
                text.words.each_bucket(at, |bucket| found.push(bucket));
                let score: f32 = found.iter().map(|bucket| weights[*bucket]).sum();
                let slope = 1.0 / (1.0 + (-score).exp()) - f32::from(u8::from(text.ended[at]));
                for &bucket in &found {
                    DESCENT.step(&mut weights[bucket], &mut squares[bucket], slope);
                }
            }
        }
    }
    weights.into_iter().map(|weight| (weight / UNIT).round().clamp(-127.0, 127.0) as i8).collect()
}

fn measure<'t>(name: &str, weights: &[i8], texts: impl Iterator<Item = &'t Text>) {
    let [mut right, mut wrong, mut missed] = [0; 3];
    for text in texts {
        for at in 0..text.words.len() - 1 {
            let mut score = 0;
            text.words.each_bucket(at, |bucket| score += i32::from(weights[bucket]));
            match (score > 0, text.ended[at]) {
                (true, true) => right += 1,
                (true, false) => wrong += 1,
                (false, true) => missed += 1,
                (false, false) => {}
            }
        }
    }
    let share = |of: i32| f64::from(right) / f64::from((right + of).max(1));
    println!("{name}: {right} line ends found, precision {:.3}, recall {:.3}", share(wrong), share(missed));
}
