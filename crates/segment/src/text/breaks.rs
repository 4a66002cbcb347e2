//! Where a text that lost its line ends had them.
//!
//! A page saved as one line holds menu, story and footer in a row: sentences tell where paragraphs may end, but furniture
//! has no full stops. A linear model over the words on both sides of a gap says how likely a line ended there: capitals,
//! marks, whether words follow that are written small, and what the words are. It was learned from pages whose line ends
//! are known (`training/src/bin/breaks.rs`). Features are hashed into [`BUCKETS`] weights (Weinberger et al. 2009).

use std::sync::LazyLock;

/// Number of the model's weights.
pub const BUCKETS: usize = 1 << BITS;

const BITS: u32 = 16;

/// What a weight of 1 in the file is worth.
pub const UNIT: f32 = 1.0 / 32.0;

/// Words looked at on each side where those written small are counted.
const AROUND: usize = 6;

/// Bytes of a line that are read at once. At the end of a part a break may be missed.
const PART: usize = 1 << 16;

/// The sum of weights above which a line ended. Half a logit below even odds: of dumps in one line more of the story is kept
/// apart from chrome so (word F1 .92 for .91, two writers' dumps that nothing was learned from), since a sentence cut in two
/// is mostly kept or dropped whole, and a menu glued to one is not.
const LEAST: i32 = -16;

/// The model that is compiled in.
static WEIGHTS: LazyLock<Vec<i8>> =
    LazyLock::new(|| include_bytes!("../../models/breaks.bin").iter().map(|byte| *byte as i8).collect());

/// A line in words, with what the model reads of each.
#[derive(Debug)]
pub struct Words {
    words: Vec<Word>,
    /// Of the words before each, how many begin with a small letter.
    small: Vec<u32>,
    /// Words since the last one that ended a sentence, and until the next that does.
    since: Vec<u8>,
    until: Vec<u8>,
}

#[derive(Debug)]
struct Word {
    start: usize,
    end: usize,
    /// Of its letters and digits, written small.
    hash: u32,
    shape: u32,
}

impl Words {
    /// The words of a line, parted by white space.
    pub fn of(line: &str) -> Words {
        let base = line.as_ptr() as usize;
        let words: Vec<Word> = line
            .split_whitespace()
            .map(|text| {
                let start = text.as_ptr() as usize - base;
                Word { start, end: start + text.len(), hash: hash(text), shape: shape(text) }
            })
            .collect();
        let mut small = vec![0; words.len() + 1];
        let mut since = vec![0u8; words.len()];
        let mut until = vec![0u8; words.len()];
        for at in 0..words.len() {
            small[at + 1] = small[at] + u32::from(words[at].shape & 7 == SMALL);
            since[at] = match at {
                0 => 0,
                _ if ends_sentence(words[at - 1].shape) => 0,
                _ => since[at - 1].saturating_add(1),
            };
        }
        for at in (0..words.len()).rev() {
            until[at] = match at + 1 {
                _ if ends_sentence(words[at].shape) => 0,
                next if next == words.len() => u8::MAX,
                next => until[next].saturating_add(1),
            };
        }
        Words { words, small, since, until }
    }

    /// Number of words.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Calls `found` with the bucket of everything that speaks for or against a line end behind word `at`.
    pub fn each_bucket(&self, at: usize, mut found: impl FnMut(usize)) {
        let word = |offset: isize| {
            let at = at.checked_add_signed(offset).filter(|at| *at < self.words.len());
            at.map_or((0, 63), |at| (self.words[at].hash, self.words[at].shape))
        };
        let [(_, s3), (w2, s2), (w1, s1), (n1, t1), (n2, t2), (_, t3)] = [-2, -1, 0, 1, 2, 3].map(word);
        let small = |from: usize, to: usize| {
            let (from, to) = (from.min(self.words.len()), to.min(self.words.len()));
            self.small[to] - self.small[from]
        };
        let after = small(at + 1, at + 1 + AROUND);
        let before = small((at + 1).saturating_sub(AROUND), at + 1);
        let since = step(self.since[at]);
        let until = self.until.get(at + 1).map_or(9, |words| step(*words));
        let features: [&[u32]; 20] = [
            &[s1, t1],
            &[s2, s1, t1],
            &[s1, t1, t2],
            &[s1, t1, t2, t3],
            &[s3, s2, s1, t1],
            &[s2, s1, t1, t2],
            &[w1],
            &[n1],
            &[w1, n1],
            &[w1, t1],
            &[s1, n1],
            &[w2, w1],
            &[n1, n2],
            &[s1, t1, n2],
            &[after, s1, t1],
            &[before, s1, t1],
            &[after, before, t1],
            &[since, s1, t1],
            &[until, s1, t1],
            &[since, until, t1],
        ];
        for (number, parts) in features.into_iter().enumerate() {
            let mixed = parts.iter().fold(number as u32 + 1, |mixed, part| mix(mixed, *part));
            found((mix(mixed, 0) >> (32 - BITS)) as usize);
        }
    }
}

/// Where lines ended within a line, as the model has it: the end of the word before, and the start of the next. Linear; a
/// document of one line is read in parts of [`PART`] bytes, so that little is held of it at a time.
pub(super) fn breaks(line: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = 0;
    while start < line.len() {
        let least = line.floor_char_boundary((start + PART).min(line.len()));
        let end = line[least..].find(' ').map_or(line.len(), |at| least + at + 1);
        let words = Words::of(&line[start..end]);
        found.extend((0..words.len().saturating_sub(1)).filter_map(|at| {
            let mut score = 0;
            words.each_bucket(at, |bucket| score += i32::from(WEIGHTS[bucket]));
            (score > LEAST).then(|| (start + words.words[at].end, start + words.words[at + 1].start))
        }));
        start = end;
    }
    found
}

/// Kinds of first characters.
const SMALL: u32 = 1;

/// What a word looks like, a number below 64: its first letter or digit in the low three bits, then the mark at its end.
fn shape(word: &str) -> u32 {
    let first = word.chars().find(|c| c.is_alphanumeric());
    let kind = match first {
        None => 0,
        Some(c) if c.is_lowercase() => SMALL,
        Some(c) if c.is_uppercase() => {
            let mut letters = word.chars().filter(|c| c.is_alphabetic());
            let all = word.chars().filter(|c| c.is_alphabetic()).count() > 1 && letters.all(char::is_uppercase);
            2 + u32::from(all)
        }
        Some(c) if c.is_numeric() => 4,
        Some(_) => 5,
    };
    let bare = word.trim_end_matches(['"', '\'', '”', '’', ')', ']', '»']);
    let mark = match bare.chars().next_back() {
        Some('.' | '!' | '?' | '…' | '。' | '！' | '？' | '؟' | '۔' | '।' | '॥') => 1,
        Some(',' | '،' | '、' | '，' | ';') => 2,
        Some(':') => 3,
        Some(c) if !c.is_alphanumeric() => 4,
        _ if bare.len() < word.len() => 5,
        _ => 0,
    };
    let opens = word.starts_with(['"', '“', '„', '«', '\'', '‘', '(']);
    kind | (mark << 3) | ((u32::from(opens && mark == 0) * 6) << 3)
}

fn ends_sentence(shape: u32) -> bool {
    shape >> 3 == 1
}

/// Counts of words in steps.
fn step(words: u8) -> u32 {
    match words {
        0..=3 => u32::from(words),
        4..=5 => 4,
        6..=9 => 5,
        10..=15 => 6,
        16..=30 => 7,
        _ => 8,
    }
}

fn hash(word: &str) -> u32 {
    let letters = word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
    letters.take(24).fold(0x811c_9dc5, |hash, c| mix(hash, c as u32))
}

fn mix(hash: u32, part: u32) -> u32 {
    (hash.rotate_left(5) ^ part).wrapping_mul(0x9e37_79b1)
}
