//! Learning the lexicon: linear models over hashed words and pairs of words, by AdaGrad (Duchi et al. 2011).

use dechaff_strip::text::{
    lexicon::{
        CONTEXT_BITS, CONTEXT_WORDS, DIRECTIONS, FAR, KIND_BITS, KINDS, Lexicon, NEAR, Weights, buckets,
        context_bucket, each_kind_bucket, softmax,
    },
    page_words,
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::Document;
use crate::adagrad::AdaGrad;

/// Passes over the documents.
const EPOCHS: usize = 4;

/// How the line's own weights are learned, the context weights, and those of kinds.
const OWN: AdaGrad = AdaGrad { rate: 0.15, decay: 2e-5 };
const CONTEXT: AdaGrad = AdaGrad { rate: 0.04, decay: 2e-5 };
const OF_KINDS: AdaGrad = AdaGrad { rate: 0.3, decay: 1e-3 };

/// Passes over the pages for the weights of kinds.
const KIND_EPOCHS: usize = 12;

/// What is added to the counts of a bucket, in lines: odds of rare words stay near those of all lines.
const SMOOTHING: f32 = 1.0;

/// A word is called known from this many pages on.
const KNOWN_FROM_PAGES: u32 = 4;

/// A lexicon of all documents but those of the fold `without`.
pub fn learn_lexicon(documents: &[Document], without: Option<u8>) -> Lexicon {
    let learned: Vec<&Document> =
        documents.iter().filter(|document| document.lexical && Some(document.fold) != without).collect();
    let words: Vec<Vec<Vec<u32>>> = learned.iter().map(|document| page_words(&document.blocks)).collect();
    let mut weights = Weights::new();
    learn_own(&learned, &words, &mut weights);
    learn_odds(&learned, &words, &mut weights);
    learn_context(&learned, &words, &mut weights);
    learn_kinds(&learned, &words, &mut weights);
    Lexicon::new(&weights, known(&learned, &words).into_iter())
}

/// A fixed order that is another one in every epoch: steps of a number that shares no divisor with most counts.
fn order(count: usize, epoch: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |turn| (turn * 7919 + epoch * 31) % count)
}

fn learn_own(documents: &[&Document], words: &[Vec<Vec<u32>>], weights: &mut Weights) {
    let mut squares = vec![1e-3f32; weights.own.len()];
    let mut found = Vec::new();
    for at in (0..EPOCHS).flat_map(|epoch| order(documents.len(), epoch)) {
        for (line, words) in words[at].iter().enumerate() {
            found.clear();
            buckets(words, |bucket| found.push(bucket));
            if found.is_empty() {
                continue;
            }
            let score: f32 = found.iter().map(|bucket| weights.own[*bucket]).sum();
            let gradient = gradient(documents[at], line, score) / (found.len() as f32).sqrt();
            for bucket in &found {
                OWN.step(&mut weights.own[*bucket], &mut squares[*bucket], gradient);
            }
        }
    }
}

/// Log odds of content of the lines that hold a word, against those of all lines.
fn learn_odds(documents: &[&Document], words: &[Vec<Vec<u32>>], weights: &mut Weights) {
    let mut counts = vec![[0.0f32; 2]; weights.odds.len()];
    let mut all = [0.0f64; 2];
    for (document, lines) in documents.iter().zip(words) {
        for (line, words) in lines.iter().enumerate() {
            let weight = document.weight;
            let parts = [1.0 - document.labels[line], document.labels[line]].map(|share| share * weight);
            buckets(words, |bucket| {
                for (side, part) in parts.into_iter().enumerate() {
                    counts[bucket][side] += part;
                    all[side] += f64::from(part);
                }
            });
        }
    }
    let base = (all[1] / all[0].max(1.0)).max(1e-6).ln() as f32;
    for (odds, [chrome, content]) in weights.odds.iter_mut().zip(counts) {
        *odds = ((content + SMOOTHING) / (chrome + SMOOTHING)).ln() - base;
    }
}

/// Slope of a line's log loss. Weights of a document add up to its own; a mean line has weight one here.
fn gradient(document: &Document, line: usize, score: f32) -> f32 {
    let weight = (document.weights[line] * document.weights.len() as f32).min(4.0);
    (1.0 / (1.0 + (-score).exp()) - document.labels[line]) * weight
}

/// What short lines say of others, on top of what those say themselves. A document is one step.
fn learn_context(documents: &[&Document], words: &[Vec<Vec<u32>>], weights: &mut Weights) {
    let mut squares = vec![[1e-2f32; DIRECTIONS]; 1 << CONTEXT_BITS];
    let mut bias = 0.0f32;
    for at in (0..EPOCHS).flat_map(|epoch| order(documents.len(), epoch)) {
        let lines = &words[at];
        let mut own = vec![0.0f32; lines.len()];
        let mut influence = vec![[0.0f32; DIRECTIONS]; lines.len()];
        for (line, words) in lines.iter().enumerate() {
            buckets(words, |bucket| {
                own[line] += weights.own[bucket];
                if words.len() <= CONTEXT_WORDS {
                    let weights = weights.context[context_bucket(bucket)];
                    (0..DIRECTIONS).for_each(|direction| influence[line][direction] += weights[direction]);
                }
            });
        }
        let mut slopes = vec![[0.0f32; DIRECTIONS]; lines.len()];
        for line in 0..lines.len() {
            let speakers = speakers(line, lines.len());
            let said: f32 = speakers.clone().map(|(other, direction)| influence[other][direction]).sum();
            let slope =
                gradient(documents[at], line, own[line].clamp(-4.0, 4.0) + said + bias) / (2 * NEAR + FAR) as f32;
            bias -= 0.002 * slope;
            for (other, direction) in speakers {
                slopes[other][direction] += slope;
            }
        }
        for (line, words) in lines.iter().enumerate().filter(|(_, words)| words.len() <= CONTEXT_WORDS) {
            buckets(words, |bucket| {
                let bucket = context_bucket(bucket);
                for direction in 0..DIRECTIONS {
                    let slope = slopes[line][direction];
                    CONTEXT.step(&mut weights.context[bucket][direction], &mut squares[bucket][direction], slope);
                }
            });
        }
    }
}

/// The lines that may say something of a line, and in which direction.
fn speakers(line: usize, count: usize) -> impl Iterator<Item = (usize, usize)> + Clone {
    let near = line.saturating_sub(NEAR);
    let before = (line.saturating_sub(FAR)..line).map(move |other| (other, if other < near { 1 } else { 0 }));
    before.chain((line + 1..(line + 1 + NEAR).min(count)).map(|other| (other, 2)))
}

/// Which words stand on which kind of page: a multinomial logistic regression.
fn learn_kinds(documents: &[&Document], words: &[Vec<Vec<u32>>], weights: &mut Weights) {
    let mut squares = vec![[1e-3f32; KINDS.len()]; 1 << KIND_BITS];
    let pages: Vec<Vec<usize>> = words
        .iter()
        .map(|lines| {
            let mut found = Vec::new();
            each_kind_bucket(&lines.concat(), |bucket| found.push(bucket));
            found
        })
        .collect();
    for at in (0..KIND_EPOCHS).flat_map(|epoch| order(documents.len(), epoch)) {
        let Some(kind) = documents[at].kind else { continue };
        let scale = 1.0 / (pages[at].len().max(1) as f32).sqrt();
        let mut scores = [0.0f32; KINDS.len()];
        for bucket in &pages[at] {
            (0..KINDS.len()).for_each(|kind| scores[kind] += weights.kinds[*bucket][kind] * scale);
        }
        let mut slopes = softmax(scores);
        slopes[kind] -= 1.0;
        for bucket in &pages[at] {
            for kind in 0..KINDS.len() {
                let slope = slopes[kind] * scale;
                OF_KINDS.step(&mut weights.kinds[*bucket][kind], &mut squares[*bucket][kind], slope);
            }
        }
    }
}

fn known(documents: &[&Document], words: &[Vec<Vec<u32>>]) -> Vec<u32> {
    let mut pages: FxHashMap<u32, FxHashSet<&str>> = FxHashMap::default();
    for (document, lines) in documents.iter().zip(words) {
        for word in lines.iter().flatten() {
            pages.entry(*word).or_default().insert(&document.id);
        }
    }
    let mut known: Vec<u32> =
        pages.into_iter().filter(|(_, pages)| pages.len() as u32 >= KNOWN_FROM_PAGES).map(|(word, _)| word).collect();
    known.sort_unstable();
    known
}
