//! Learning the lexicon: a logistic regression over hashed words and pairs of words.

use dechaff_strip::text::{BITS, Lexicon, buckets, page_words};
use rustc_hash::{FxHashMap, FxHashSet};

use super::Document;

/// Passes over the documents.
const EPOCHS: usize = 4;

/// First step of AdaGrad (Duchi et al. 2011).
const RATE: f32 = 0.15;

/// Pull of every weight towards zero, a step.
const DECAY: f32 = 2e-5;

/// A word is called known from this many pages on.
const KNOWN_FROM_PAGES: u32 = 4;

/// A lexicon of all documents but those of the fold `without`.
pub fn learn_lexicon(documents: &[Document], without: Option<u8>) -> Lexicon {
    let learned: Vec<&Document> =
        documents.iter().filter(|document| document.lexical && Some(document.fold) != without).collect();
    let words: Vec<Vec<Vec<u32>>> = learned.iter().map(|document| page_words(&document.blocks)).collect();
    let mut weights = vec![0.0f32; 1 << BITS];
    let mut squares = vec![1e-3f32; 1 << BITS];
    let mut found = Vec::new();
    for epoch in 0..EPOCHS {
        for turn in 0..learned.len() {
            // A fixed order that is another one in every epoch: steps of a number that has no divisor in common.
            let at = (turn * 7919 + epoch * 31) % learned.len();
            let document = learned[at];
            for (line, words) in words[at].iter().enumerate() {
                found.clear();
                buckets(words, |bucket| found.push(bucket));
                if found.is_empty() {
                    continue;
                }
                let score: f32 = found.iter().map(|bucket| weights[*bucket]).sum();
                let probability = 1.0 / (1.0 + (-score).exp());
                // Weights of a document add up to its own; a mean line has weight one here.
                let weight = (document.weights[line] * document.weights.len() as f32).min(4.0);
                let gradient = (probability - document.labels[line]) * weight / (found.len() as f32).sqrt();
                for bucket in &found {
                    squares[*bucket] += gradient * gradient;
                    weights[*bucket] -= RATE * gradient / squares[*bucket].sqrt() + RATE * DECAY * weights[*bucket];
                }
            }
        }
    }
    Lexicon::new(&weights, known(&learned, &words).into_iter())
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
