//! What is measured of each block's text by itself, in one pass over its characters.

use std::{
    collections::hash_map::Entry,
    hash::{BuildHasher, Hasher},
};

use dechaff_document::{Block, MarkKind};
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::{phrases, structure::mix};
use crate::measure;

/// Measures of a block's text.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    /// Words; in scripts without spaces half the characters.
    pub(super) words: f32,
    /// Words inside links.
    pub(super) linked: f32,
    pub(super) characters: f32,
    pub(super) sentences: f32,
    pub(super) commas: f32,
    pub(super) digits: f32,
    pub(super) upper: f32,
    pub(super) letters: f32,
    /// Share of words that begin with a capital.
    pub(super) capitals: f32,
    pub(super) ends_sentence: bool,
    pub(super) ends_colon: bool,
    pub(super) ends_question: bool,
    pub(super) starts_lower: bool,
    /// Holds a year of our times.
    pub(super) year: bool,
    pub(super) links: f32,
    /// Share of the text that is bold.
    pub(super) bold: f32,
    /// Distinct words over words.
    pub(super) distinct: f32,
    /// Bits of [`phrases`].
    pub(super) phrases: u32,
    /// Hash of the lower-case text.
    pub(super) hash: u64,
    /// Share of the title's words that stand here, and share of the words here that stand in the title.
    pub(super) title: (f32, f32),
    /// The same of the description.
    pub(super) description: (f32, f32),
    /// Share of the pairs of neighbouring words that structured data hold too: as body, description and review.
    pub(super) stated: [f32; 3],
}

impl Line {
    /// A block of running text: long and hardly linked.
    pub(super) fn is_long(&self) -> bool {
        self.words >= 12.0 && self.linked < 0.35 * self.words
    }
}

/// Hashes of the words of a text that other texts are compared with.
#[derive(Debug, Default)]
pub(super) struct WordSet {
    words: FxHashSet<u64>,
    /// A bit for each word, by some bits of its hash: most words of other texts are told by it not to be here.
    bits: [u64; 4],
}

impl WordSet {
    pub(super) fn new(text: &str) -> WordSet {
        let mut set = WordSet::default();
        words_of(&text.to_lowercase(), |hash, _| {
            set.words.insert(hash);
            let (place, bit) = WordSet::bit(hash);
            set.bits[place] |= bit;
        });
        set
    }

    fn contains(&self, hash: u64) -> bool {
        let (place, bit) = WordSet::bit(hash);
        self.bits[place] & bit != 0 && self.words.contains(&hash)
    }

    fn bit(hash: u64) -> (usize, u64) {
        ((hash >> 38) as usize & 3, 1 << (hash >> 32 & 63))
    }
}

/// Pairs of neighbouring words of several texts.
#[derive(Debug, Default)]
struct PairSet(FxHashSet<u64>);

impl PairSet {
    fn add(&mut self, text: &str) {
        let mut before = None;
        words_of(&text.to_lowercase(), |hash, _| {
            if let Some(before) = before.replace(hash) {
                self.0.insert(mix(before, hash));
            }
        });
    }
}

/// Measures blocks one after another; keeps its buffers.
#[derive(Debug, Default)]
pub(super) struct Measurer {
    title: WordSet,
    description: WordSet,
    stated: [PairSet; 3],
    lower: String,
    words: Vec<u64>,
}

impl Measurer {
    /// Compares with these texts.
    pub(super) fn new(title: &str, description: &str) -> Measurer {
        Measurer { title: WordSet::new(title), description: WordSet::new(description), ..Measurer::default() }
    }

    /// Compares with the texts of structured data too.
    pub(super) fn compare_with(&mut self, stated: &[(String, String)]) {
        for (property, text) in stated {
            let set = match property.as_str() {
                "articlebody" | "text" => 0,
                "description" => 1,
                _ => 2,
            };
            self.stated[set].add(text);
        }
    }

    /// Measures blocks. One of four says what another said before, and its text is not read again.
    pub(super) fn measure_all(&mut self, blocks: &[Block]) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::with_capacity(blocks.len());
        let mut known: FxHashMap<&str, usize> = FxHashMap::default();
        known.reserve(blocks.len());
        for (index, block) in blocks.iter().enumerate() {
            let line = match known.entry(&block.text) {
                Entry::Occupied(first) => lines[*first.get()].clone(),
                Entry::Vacant(place) => {
                    place.insert(index);
                    self.read(&block.text)
                }
            };
            lines.push(with_marks(line, block));
        }
        lines
    }

    /// What a text says, whatever is marked in it.
    fn read(&mut self, text: &str) -> Line {
        let mut line = Line::default();
        self.words.clear();
        let before = match text.is_ascii() {
            true => self.read_bytes(text, &mut line),
            false => {
                let before = self.read_characters(text, &mut line);
                self.read_words(&mut line);
                before
            }
        };
        line.sentences += f32::from(u8::from(matches!(before, '.' | '!' | '?')));
        line.ends_sentence = measure::ends_sentence(text) && before != ':';
        line.ends_colon = matches!(before, ':' | '：');
        line.ends_question = matches!(before, '?' | '？' | '؟');
        line.starts_lower = text.chars().next().is_some_and(char::is_lowercase);
        line.phrases = phrases::groups(&self.lower);
        line.hash = hash(self.lower.as_bytes());
        self.compare_words(&mut line);
        line
    }

    /// Counts characters and puts the lower-case text. Gives the last character.
    fn read_characters(&mut self, text: &str, line: &mut Line) -> char {
        self.lower.clear();
        let mut before = ' ';
        let (mut starts, mut capitals) = (0u32, 0u32);
        for c in text.chars() {
            line.characters += 1.0;
            if c.is_ascii() {
                self.lower.push(c.to_ascii_lowercase());
                if c.is_ascii_alphabetic() {
                    line.letters += 1.0;
                    line.upper += f32::from(u8::from(c.is_ascii_uppercase()));
                } else if c.is_ascii_digit() {
                    line.digits += 1.0;
                } else if c == ',' {
                    line.commas += 1.0;
                } else if c.is_ascii_whitespace() && matches!(before, '.' | '!' | '?') {
                    line.sentences += 1.0;
                }
            } else {
                self.lower.extend(c.to_lowercase());
                line.letters += f32::from(u8::from(c.is_alphabetic()));
                line.upper += f32::from(u8::from(c.is_uppercase()));
                line.commas += f32::from(u8::from(matches!(c, '，' | '、' | '،')));
                line.sentences += f32::from(u8::from(matches!(c, '。' | '！' | '？' | '।')));
            }
            if before.is_whitespace() && !c.is_whitespace() {
                starts += 1;
                capitals += u32::from(c.is_uppercase());
            }
            before = c;
        }
        line.capitals = capitals as f32 / starts.max(1) as f32;
        before
    }

    /// The same for ASCII, a byte at a time, and the words in the same pass.
    fn read_bytes(&mut self, text: &str, line: &mut Line) -> char {
        self.lower.clear();
        self.lower.push_str(text);
        self.lower.make_ascii_lowercase();
        let lower = self.lower.as_bytes();
        let (mut letters, mut upper, mut digits, mut commas, mut sentences) = (0u32, 0u32, 0u32, 0u32, 0u32);
        let (mut starts, mut capitals) = (0u32, 0u32);
        let (mut before, mut word) = (SPACE, 0);
        let mut put = |from: usize, to: usize| {
            let word = &lower[from..to];
            self.words.push(hash(word));
            line.year |= is_year(word);
        };
        for (at, &byte) in text.as_bytes().iter().enumerate() {
            let kind = KINDS[usize::from(byte)];
            letters += u32::from(kind & LETTER != 0);
            upper += u32::from(kind & CAPITAL != 0);
            digits += u32::from(kind & DIGIT != 0);
            commas += u32::from(kind & COMMA != 0);
            sentences += u32::from(kind & BLANK != 0 && before & STOP != 0);
            let start = before & SPACE != 0 && kind & SPACE == 0;
            starts += u32::from(start);
            capitals += u32::from(start && kind & CAPITAL != 0);
            if (kind ^ before) & PART != 0 {
                match kind & PART {
                    0 => put(word, at),
                    _ => word = at,
                }
            }
            before = kind;
        }
        if before & PART != 0 {
            put(word, text.len());
        }
        line.characters = text.len() as f32;
        (line.letters, line.upper, line.digits) = (letters as f32, upper as f32, digits as f32);
        (line.commas, line.sentences) = (commas as f32, sentences as f32);
        line.capitals = capitals as f32 / starts.max(1) as f32;
        line.words = self.words.len() as f32;
        text.as_bytes().last().map_or(' ', |&last| char::from(last))
    }

    /// Reads the words of the lower-case text.
    fn read_words(&mut self, line: &mut Line) {
        let words = &mut self.words;
        let mut unspaced = 0.0;
        words_of(&self.lower, |hash, word| {
            words.push(hash);
            match word.is_ascii() {
                true => line.year |= is_year(word.as_bytes()),
                false => unspaced += word.chars().filter(|&c| measure::is_unspaced(c)).count() as f32,
            }
        });
        line.words = words.len() as f32 + (unspaced / 2.0).floor();
    }

    /// Compares the words that were read with those of other texts.
    fn compare_words(&mut self, line: &mut Line) {
        let words = &mut self.words;
        let count = words.len().max(1) as f32;
        for (set, share) in self.stated.iter().zip(&mut line.stated) {
            if !set.0.is_empty() && words.len() > 1 {
                let both = words.windows(2).filter(|pair| set.0.contains(&mix(pair[0], pair[1]))).count();
                *share = both as f32 / (words.len() - 1) as f32;
            }
        }
        words.sort_unstable();
        words.dedup();
        let distinct = words.len().max(1) as f32;
        line.distinct = words.len() as f32 / count;
        for (set, shares) in [(&self.title, &mut line.title), (&self.description, &mut line.description)] {
            if !set.words.is_empty() {
                let both = words.iter().filter(|word| set.contains(**word)).count() as f32;
                *shares = (both / set.words.len() as f32, both / distinct);
            }
        }
    }
}

/// A block's line with what its links and marks say.
fn with_marks(mut line: Line, block: &Block) -> Line {
    let share = block.link_characters as f32 / line.characters.max(1.0);
    line.linked = share.min(1.0) * line.words;
    let (mut links, mut bold) = (0.0, 0);
    for mark in &block.marks {
        match mark.kind {
            MarkKind::Link(_) => links += 1.0,
            MarkKind::Strong => bold += mark.range.len(),
            _ => {}
        }
    }
    line.links = links;
    line.bold = (bold as f32 / block.text.len().max(1) as f32).min(1.0);
    line
}

/// What a byte of ASCII is, as bits.
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut at = 0;
    while at < 128 {
        let byte = at as u8;
        let flags = [
            (byte.is_ascii_alphabetic(), LETTER),
            (byte.is_ascii_uppercase(), CAPITAL),
            (byte.is_ascii_digit(), DIGIT),
            (byte == b',', COMMA),
            (matches!(byte, b'.' | b'!' | b'?'), STOP),
            (byte.is_ascii_whitespace(), BLANK),
            // As `char::is_whitespace` has it.
            (matches!(byte, b'\t'..=b'\r' | b' '), SPACE),
            (byte.is_ascii_alphanumeric() || byte == b'_', PART),
        ];
        let mut flag = 0;
        while flag < flags.len() {
            if flags[flag].0 {
                kinds[at] |= flags[flag].1;
            }
            flag += 1;
        }
        at += 1;
    }
    kinds
};
const LETTER: u8 = 1;
const CAPITAL: u8 = 2;
const DIGIT: u8 = 4;
const COMMA: u8 = 8;
const STOP: u8 = 16;
const BLANK: u8 = 32;
const SPACE: u8 = 64;
/// Of a word.
const PART: u8 = 128;

fn is_year(word: &[u8]) -> bool {
    matches!(word, [b'1', b'9', a, b] | [b'2', b'0', a, b] if a.is_ascii_digit() && b.is_ascii_digit())
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = FxBuildHasher.build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

/// Calls back with every word of a lower-case text and its hash.
fn words_of(lower: &str, mut word: impl FnMut(u64, &str)) {
    let mut hashed = |found: &str| word(hash(found.as_bytes()), found);
    if !lower.is_ascii() {
        let parts = lower.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        return parts.filter(|part| !part.is_empty()).for_each(hashed);
    }
    let bytes = lower.as_bytes();
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let mut at = 0;
    while let Some(skipped) = bytes[at..].iter().position(is_part) {
        let start = at + skipped;
        at = bytes[start..].iter().position(|byte| !is_part(byte)).map_or(bytes.len(), |length| start + length);
        hashed(&lower[start..at]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(text: &str) -> Line {
        let block = Block { text: text.to_owned(), ..Block::default() };
        Measurer::new("The river rose", "").measure_all(&[block]).remove(0)
    }

    #[test]
    fn a_text_that_stands_again_has_its_own_links() {
        let mut blocks =
            [Block { text: "Read more".to_owned(), ..Block::default() }, Block::default(), Block::default()];
        blocks[1] = Block { link_characters: 9, ..blocks[0].clone() };
        blocks[2] = blocks[0].clone();
        let lines = Measurer::default().measure_all(&blocks);
        assert_eq!(
            lines.iter().map(|line| (line.words, line.linked)).collect::<Vec<_>>(),
            [(2.0, 0.0), (2.0, 2.0), (2.0, 0.0)]
        );
    }

    #[test]
    fn a_line_is_measured() {
        let line = measure("The River rose in 2024, fast. Who knew?");
        assert_eq!((line.words, line.sentences, line.commas, line.digits), (8.0, 2.0, 1.0, 4.0));
        assert!(line.year && line.ends_question && !line.starts_lower);
        assert_eq!(line.title, (1.0, 3.0 / 8.0));
    }

    #[test]
    fn ascii_is_measured_as_any_other_text_is() {
        for text in ["One, Two\tthree.\n Four? five_5 -- 1999 A", "", " x", "Ends.", "IT'S a\u{b}B"] {
            let (mut bytes, mut characters) = (Measurer::default(), Measurer::default());
            let (mut by_bytes, mut by_characters) = (Line::default(), Line::default());
            assert_eq!(bytes.read_bytes(text, &mut by_bytes), characters.read_characters(text, &mut by_characters));
            characters.read_words(&mut by_characters);
            assert_eq!(bytes.words, characters.words);
            assert_eq!(format!("{by_bytes:?}{}", bytes.lower), format!("{by_characters:?}{}", characters.lower));
        }
    }

    #[test]
    fn scripts_without_spaces_have_words_too() {
        assert_eq!(measure("今日は良い天気です").words, 5.0);
    }
}
