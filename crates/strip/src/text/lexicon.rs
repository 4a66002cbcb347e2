//! What the words of a line, of its neighbours and of the page say: hashed tables of weights.
//!
//! All are linear models over words, pairs of neighbouring words and, for short lines, the line as a whole, learned
//! from annotated pages; features are hashed into a fixed number of buckets (Weinberger et al. 2009, "Feature hashing
//! for large scale multitask learning") and a weight takes one byte:
//!
//! - **own**: what a line's words say of the line, each beside the others (a logistic regression);
//! - **odds**: what each of a line's words says of it alone (log odds as in naive Bayes), which the first does not
//!   replace: it says more of words that are rare, and of the lines around;
//! - **context**: what a short line ("Related stories", "Description") says of the lines after and before it;
//! - **kinds**: what the words of a page say of the kind of page it is.
//!
//! Which words were learned at all stands in a Bloom filter beside them, so that a page in another language is told
//! from one whose words are known.

use super::line::{Line, Lines};

/// Buckets of the line's own table, as a power of two.
pub const BITS: u32 = 16;

/// Buckets of the context table, as a power of two.
pub const CONTEXT_BITS: u32 = 15;

/// Buckets of the table of kinds of pages, as a power of two.
pub const KIND_BITS: u32 = 12;

/// The kinds of pages that are told apart.
pub const KINDS: [&str; 7] = ["article", "collection", "documentation", "forum", "listing", "product", "service"];

/// Which lines a short line speaks of: those within [`NEAR`] after it, those further after it up to [`FAR`], those
/// within [`NEAR`] before it.
pub const DIRECTIONS: usize = 3;

/// Lines that are near.
pub const NEAR: usize = 3;

/// Lines that are no further than this are in context.
pub const FAR: usize = 12;

/// Words of the longest line that speaks of its neighbours.
pub const CONTEXT_WORDS: usize = 8;

/// Bits of the filter of known words, as a power of two.
const KNOWN_BITS: u32 = 16;

/// What a step of a stored weight is worth.
pub const STEP: f32 = 1.0 / 24.0;

/// What a step of a stored weight of the context table is worth: its weights are smaller.
pub const CONTEXT_STEP: f32 = 1.0 / 64.0;

/// What a step of a stored weight of the table of odds is worth.
pub const ODDS_STEP: f32 = 1.0 / 30.0;

/// Words of a line that are looked at; the tail of a long paragraph says no more than its head.
const MOST_WORDS: usize = 64;

/// Lines of at most this many words are looked up as a whole too.
const SHORT: usize = 6;

/// Bytes of the parts of a stored lexicon.
const PARTS: [usize; 5] =
    [1 << BITS, 1 << BITS, DIRECTIONS << CONTEXT_BITS, KINDS.len() << KIND_BITS, (1 << KNOWN_BITS) / 8];

/// Bytes of a stored lexicon.
pub(crate) const BYTES: usize = PARTS[0] + PARTS[1] + PARTS[2] + PARTS[3] + PARTS[4];

/// Weights of words and pairs of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lexicon {
    /// The line's own weight and the log odds, side by side: a bucket is read at one place.
    own: Vec<[i8; 2]>,
    context: Vec<[i8; DIRECTIONS]>,
    kinds: Vec<[i8; KINDS.len()]>,
    known: Vec<u8>,
}

/// Learned weights, before they are rounded to what a [`Lexicon`] stores.
#[derive(Debug, Clone)]
pub struct Weights {
    /// A logit's part for each bucket of [`buckets`].
    pub own: Vec<f32>,
    /// Log odds of content for each bucket of [`buckets`].
    pub odds: Vec<f32>,
    /// As `own`, for each direction.
    pub context: Vec<[f32; DIRECTIONS]>,
    /// For each bucket of `kind_bucket` and each kind.
    pub kinds: Vec<[f32; KINDS.len()]>,
}

impl Weights {
    /// All zero.
    pub fn new() -> Weights {
        Weights {
            own: vec![0.0; 1 << BITS],
            odds: vec![0.0; 1 << BITS],
            context: vec![[0.0; DIRECTIONS]; 1 << CONTEXT_BITS],
            kinds: vec![[0.0; KINDS.len()]; 1 << KIND_BITS],
        }
    }
}

impl Default for Weights {
    fn default() -> Self {
        Weights::new()
    }
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
    /// Sum of the log odds.
    pub odds: f32,
    /// The same by the root of how many there are, so that lines of any length compare.
    pub mean_odds: f32,
    /// Words that were learned.
    pub known: u32,
    /// What it says of other lines, by direction; zero for longer lines.
    pub influence: [f32; DIRECTIONS],
}

impl Lexicon {
    /// A lexicon of these weights and the hashes of the words that were learned.
    pub fn new(weights: &Weights, words: impl Iterator<Item = u32>) -> Lexicon {
        let mut known = vec![0u8; PARTS[4]];
        for word in words {
            let at = known_bucket(word);
            known[at / 8] |= 1 << (at % 8);
        }
        let round = |weight: f32, step: f32| (weight / step).round().clamp(-127.0, 127.0) as i8;
        Lexicon {
            own: weights
                .own
                .iter()
                .zip(&weights.odds)
                .map(|(own, odds)| [round(*own, STEP), round(*odds, ODDS_STEP)])
                .collect(),
            context: weights.context.iter().map(|weights| weights.map(|weight| round(weight, CONTEXT_STEP))).collect(),
            kinds: weights.kinds.iter().map(|weights| weights.map(|weight| round(weight, STEP))).collect(),
            known,
        }
    }

    /// Reads what [`Lexicon::to_bytes`] wrote; `None` where the length is another.
    pub fn from_bytes(bytes: &[u8]) -> Option<Lexicon> {
        let signed = |bytes: &[u8]| bytes.iter().map(|byte| *byte as i8).collect::<Vec<i8>>();
        let (own, bytes) = bytes.split_at_checked(PARTS[0])?;
        let (odds, bytes) = bytes.split_at_checked(PARTS[1])?;
        let (context, bytes) = bytes.split_at_checked(PARTS[2])?;
        let (kinds, known) = bytes.split_at_checked(PARTS[3])?;
        (known.len() == PARTS[4]).then(|| Lexicon {
            own: signed(own).into_iter().zip(signed(odds)).map(|(own, odds)| [own, odds]).collect(),
            context: signed(context).as_chunks().0.to_vec(),
            kinds: signed(kinds).as_chunks().0.to_vec(),
            known: known.to_vec(),
        })
    }

    /// The lexicon as it stands in a model file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (own, odds) = (self.own.iter().map(|[own, _]| own), self.own.iter().map(|[_, odds]| odds));
        let weights = own.chain(odds).chain(self.context.as_flattened()).chain(self.kinds.as_flattened());
        weights.map(|weight| *weight as u8).chain(self.known.iter().copied()).collect()
    }

    /// What every line's words say.
    pub(crate) fn read(&self, lines: &Lines) -> Vec<Reading> {
        let known: Vec<bool> = lines.different.iter().map(|word| self.knows(*word)).collect();
        let reading = |line: &Line| Reading {
            known: lines.numbers_of(line).iter().map(|number| u32::from(known[*number as usize])).sum(),
            ..self.weigh(lines.words_of(line))
        };
        lines.lines.iter().map(reading).collect()
    }

    /// What some words in a row say, but how many were learned.
    fn weigh(&self, words: &[u32]) -> Reading {
        let mut reading = Reading::default();
        let (mut sum, mut lowest, mut highest) = (0i32, 0i8, 0i8);
        let (mut odds, mut count) = (0i32, 0u32);
        let mut influence = [0i32; DIRECTIONS];
        let speaks = words.len() <= CONTEXT_WORDS;
        buckets(words, |bucket| {
            let [weight, word_odds] = self.own[bucket];
            sum += i32::from(weight);
            lowest = lowest.min(weight);
            highest = highest.max(weight);
            odds += i32::from(word_odds);
            count += 1;
            if speaks {
                let weights = self.context[context_bucket(bucket)];
                (0..DIRECTIONS).for_each(|direction| influence[direction] += i32::from(weights[direction]));
            }
        });
        reading.sum = sum as f32 * STEP;
        reading.lowest = f32::from(lowest) * STEP;
        reading.highest = f32::from(highest) * STEP;
        reading.odds = odds as f32 * ODDS_STEP;
        reading.mean_odds = reading.odds / (count.max(1) as f32).sqrt();
        reading.influence = influence.map(|sum| sum as f32 * CONTEXT_STEP);
        reading
    }

    /// How likely the page is of each kind, told by the words that occur on it.
    /// The words may be named once each or again and again.
    pub(crate) fn kinds(&self, words: &[u32]) -> [f32; KINDS.len()] {
        let mut sums = [0i32; KINDS.len()];
        let mut count = 0;
        each_kind_bucket(words, |bucket| {
            count += 1;
            (0..KINDS.len()).for_each(|kind| sums[kind] += i32::from(self.kinds[bucket][kind]));
        });
        let scale = STEP / (count.max(1) as f32).sqrt();
        softmax(sums.map(|sum| sum as f32 * scale))
    }

    fn knows(&self, word: u32) -> bool {
        let at = known_bucket(word);
        self.known[at / 8] & (1 << (at % 8)) != 0
    }
}

/// Probabilities of scores.
pub fn softmax(scores: [f32; KINDS.len()]) -> [f32; KINDS.len()] {
    let most = scores.into_iter().fold(f32::MIN, f32::max);
    let powers = scores.map(|score| (score - most).exp());
    let sum: f32 = powers.iter().sum();
    powers.map(|power| power / sum)
}

fn known_bucket(word: u32) -> usize {
    (word.wrapping_mul(0x85eb_ca6b) >> (32 - KNOWN_BITS)) as usize
}

/// The bucket of the context table for a bucket of the line's own.
pub fn context_bucket(bucket: usize) -> usize {
    bucket >> (BITS - CONTEXT_BITS)
}

/// Calls `each` with the bucket of every word of a page, once a bucket.
pub fn each_kind_bucket(words: &[u32], mut each: impl FnMut(usize)) {
    let mut seen = [0u64; (1 << KIND_BITS) / 64];
    for word in words {
        let bucket = (word.wrapping_mul(0xc2b2_ae35) >> (32 - KIND_BITS)) as usize;
        let bit = 1 << (bucket % 64);
        if seen[bucket / 64] & bit == 0 {
            seen[bucket / 64] |= bit;
            each(bucket);
        }
    }
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
