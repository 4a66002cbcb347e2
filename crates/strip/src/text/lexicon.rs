//! What the words of a line say: a hashed table of weights of words and pairs of words.
//!
//! The weights are those of a logistic regression over the words, pairs of neighbouring words and, for short lines, the
//! line as a whole, learned from annotated pages; features are hashed into a fixed number of buckets (Weinberger et al.
//! 2009, "Feature hashing for large scale multitask learning") and a weight takes one byte. Which words were learned at
//! all stands in a Bloom filter beside it, so that a page in another language is told from one whose words are known.

use super::line::{Line, Lines};

/// Buckets of the table, as a power of two.
pub const BITS: u32 = 16;

/// Bits of the filter of known words, as a power of two.
const KNOWN_BITS: u32 = 16;

/// What a step of a stored weight is worth.
pub const STEP: f32 = 1.0 / 24.0;

/// Words of a line that are looked at; the tail of a long paragraph says no more than its head.
const MOST_WORDS: usize = 64;

/// Lines of at most this many words are looked up as a whole too.
const SHORT: usize = 6;

/// Bytes of a stored lexicon.
pub(crate) const BYTES: usize = (1 << BITS) + (1 << KNOWN_BITS) / 8;

/// Weights of words and pairs of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lexicon {
    weights: Vec<i8>,
    known: Vec<u8>,
}

/// What the words of a line say.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Reading {
    /// Sum of the weights: a logit.
    pub sum: f32,
    /// The lowest weight: the word that speaks most for furniture.
    pub lowest: f32,
    /// The highest weight.
    pub highest: f32,
    /// Words that were learned.
    pub known: u32,
}

impl Lexicon {
    /// A lexicon of weights (one a bucket, see [`buckets`]) and the hashes of the words that were learned.
    pub fn new(weights: &[f32], words: impl Iterator<Item = u32>) -> Lexicon {
        let mut known = vec![0u8; (1 << KNOWN_BITS) / 8];
        for word in words {
            let at = known_bucket(word);
            known[at / 8] |= 1 << (at % 8);
        }
        let weights = weights.iter().map(|weight| (weight / STEP).round().clamp(-127.0, 127.0) as i8).collect();
        Lexicon { weights, known }
    }

    /// Reads what [`Lexicon::to_bytes`] wrote; `None` where the length is another.
    pub fn from_bytes(bytes: &[u8]) -> Option<Lexicon> {
        let (weights, known) = bytes.split_at_checked(1 << BITS)?;
        let weights = weights.iter().map(|byte| *byte as i8).collect();
        (known.len() == (1 << KNOWN_BITS) / 8).then(|| Lexicon { weights, known: known.to_vec() })
    }

    /// The lexicon as it stands in a model file.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.weights.iter().map(|weight| *weight as u8).chain(self.known.iter().copied()).collect()
    }

    pub(crate) fn read(&self, lines: &Lines, line: &Line) -> Reading {
        let mut reading = Reading::default();
        let (mut sum, mut lowest, mut highest) = (0i32, 0i8, 0i8);
        buckets(lines.words_of(line), |bucket| {
            let weight = self.weights[bucket];
            sum += i32::from(weight);
            lowest = lowest.min(weight);
            highest = highest.max(weight);
        });
        reading.sum = sum as f32 * STEP;
        reading.lowest = f32::from(lowest) * STEP;
        reading.highest = f32::from(highest) * STEP;
        reading.known = lines.words_of(line).iter().filter(|word| self.knows(**word)).count() as u32;
        reading
    }

    fn knows(&self, word: u32) -> bool {
        let at = known_bucket(word);
        self.known[at / 8] & (1 << (at % 8)) != 0
    }
}

fn known_bucket(word: u32) -> usize {
    (word.wrapping_mul(0x85eb_ca6b) >> (32 - KNOWN_BITS)) as usize
}

/// Calls `each` with the bucket of every feature of a line: its words, its pairs of neighbouring words (the ends of the
/// line are words of their own), and the line as a whole where it is short.
pub fn buckets(words: &[u32], mut each: impl FnMut(usize)) {
    const START: u32 = 0x1234_5677;
    const END: u32 = 0x89ab_cde1;
    const WHOLE: u32 = 0x5bd1_e995;
    let bucket = |hash: u32| (hash.wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize;
    let pair = |a: u32, b: u32| a.rotate_left(13).wrapping_mul(0xcc9e_2d51) ^ b.wrapping_mul(0x1b87_3593);
    let mut previous = START;
    let mut whole = WHOLE;
    for &word in words.iter().take(MOST_WORDS) {
        each(bucket(word));
        each(bucket(pair(previous, word)));
        whole = pair(whole, word);
        previous = word;
    }
    if words.len() <= MOST_WORDS {
        each(bucket(pair(previous, END)));
    }
    if words.len() <= SHORT {
        each(bucket(whole));
    }
}
