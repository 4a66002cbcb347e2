//! What one line looks like: counts of characters, words and marks, in one pass over its characters.

use std::ops::Range;

use dechaff_document::{Block, BlockKind, Break};
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

use crate::{
    measure::{is_ascii_part, trimmed},
    numbered::{Numbered, Numbers},
};

/// A page's lines, measured, and the hashes of all their words.
#[derive(Debug)]
pub(crate) struct Lines {
    /// One for each block.
    pub lines: Vec<Line>,
    /// Hashes of the words of all lines one after another, lower case; a number is the word `0`.
    pub words: Vec<u32>,
    /// For each of these words its number among the different words of the page.
    pub numbers: Vec<u32>,
    /// The different words, in the order in which they come.
    pub different: Vec<u32>,
    /// Lines by their keys.
    pub texts: Numbered,
}

/// Counts of one line. Characters are code points.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    /// Its words in [`Lines::words`].
    pub range: Range<usize>,
    /// Words as readers count them: a run of letters and digits is one; of scripts that write no spaces, two Han,
    /// kana or hangul-less East Asian characters, or five letters of Thai, Lao, Khmer or Burmese.
    pub words: f32,
    /// Runs of characters between white space.
    pub tokens: u32,
    /// Characters of the longest token.
    pub longest: u32,
    /// Characters without the white space around the line.
    pub chars: u32,
    pub letters: u32,
    /// Letters that have a case.
    pub cased: u32,
    pub upper: u32,
    pub digits: u32,
    pub spaces: u32,
    /// Words that begin with a capital.
    pub capitalised: u32,
    /// Ends of sentences.
    pub sentences: u32,
    pub commas: u32,
    /// `| · › » • / >`: marks that stand between links.
    pub separators: u32,
    /// Function words of any language we know, see `function_words.txt`.
    pub function_words: f32,
    /// "you", "we" and their forms: the voice of a site that speaks to its reader.
    pub address: u32,
    /// A currency sign.
    pub currency: bool,
    /// A time (`12:30`).
    pub clock: bool,
    /// A year, 1900 to 2099.
    pub year: bool,
    pub first: char,
    pub last: char,
    /// The last character but closing quotes and brackets.
    pub last_mark: char,
    /// Columns of white space before it.
    pub indent: u32,
    /// Blank lines before it.
    pub blank: u32,
    /// Heading level, 0 for none.
    pub heading: u8,
    pub item: bool,
    pub list_depth: u8,
    pub code: bool,
    /// The line says the same thing twice (`X X`).
    pub doubled: bool,
    /// Hash of its letters, case folded: equal lines have equal keys.
    pub key: u64,
}

impl Lines {
    /// Measures the blocks. Linear in their text.
    pub fn of(blocks: &[Block]) -> Lines {
        let mut words = Words::default();
        let lines: Vec<Line> = blocks.iter().map(|block| measure(block, &mut words)).collect();
        let Words { words, numbers, known, .. } = words;
        let different = known.keys().iter().map(|key| *key as u32).collect();
        Lines { texts: Numbered::new(lines.iter().map(|line| line.key)), lines, words, numbers, different }
    }

    /// Hashes of the words of a line.
    pub fn words_of(&self, line: &Line) -> &[u32] {
        &self.words[line.range.clone()]
    }

    /// Numbers of the words of a line among the different words of the page.
    pub fn numbers_of(&self, line: &Line) -> &[u32] {
        &self.numbers[line.range.clone()]
    }
}

/// What is gathered of the words of a page: what a word is, is looked up where it first comes.
#[derive(Debug)]
struct Words {
    words: Vec<u32>,
    numbers: Vec<u32>,
    known: Numbers,
    /// What each different word is: [`FUNCTION`], [`ADDRESS`].
    what: Vec<u64>,
}

impl Default for Words {
    fn default() -> Words {
        // As many different words as a page of some length has.
        Words { words: Vec::new(), numbers: Vec::new(), known: Numbers::with_capacity(1024), what: Vec::new() }
    }
}

impl Words {
    /// Numbers the words from a place on; how many are function words, and how many forms of address.
    fn number(&mut self, from: usize) -> (u32, u32) {
        let mut counts = 0;
        let number = |word: &u32| {
            let number = self.known.of(u64::from(*word));
            if number as usize == self.what.len() {
                self.what.push(COUNTED.get(word).copied().unwrap_or(0));
            }
            counts += self.what[number as usize];
            number
        };
        self.numbers.extend(self.words[from..].iter().map(number));
        (counts as u32, (counts >> 32) as u32)
    }
}

impl Line {
    /// Ends as a sentence does.
    pub fn ends_sentence(&self) -> bool {
        is_terminal(self.last_mark)
    }

    /// Short, set off by blank lines or marked, and no sentence.
    pub fn is_heading_like(&self) -> bool {
        self.heading > 0 || self.blank > 0 && self.words <= 12.0 && !self.ends_sentence() && !self.item
    }

    /// A line of running text: a dozen words or more, and it ends as a sentence does.
    pub fn is_prose(&self) -> bool {
        self.words >= 12.0 && (self.ends_sentence() || self.last_mark == ':' || is_thai_like(self.last))
    }

    /// Share of the words that are function words, 0 to 1.
    pub fn function_share(&self) -> f32 {
        (self.function_words / self.words.max(1.0)).min(1.0)
    }
}

/// What a character is to the counts.
#[derive(Clone, Copy, PartialEq)]
enum Script {
    /// Words stand between spaces.
    Spaced,
    /// Han and kana: a word has about two characters.
    Han,
    /// Thai, Lao, Khmer, Burmese: letters with marks, about five to a word.
    Unspaced,
    /// No part of a word.
    None,
}

/// What else a character is to the counts, and its script, as bits of [`marks`].
const SPACED: u16 = 1;
const HAN: u16 = 1 << 1;
const UNSPACED: u16 = 1 << 2;
const UPPER: u16 = 1 << 3;
const LOWER: u16 = 1 << 4;
/// An ASCII digit.
const DIGIT: u16 = 1 << 5;
const SPACE: u16 = 1 << 6;
const TERMINAL: u16 = 1 << 7;
const CLOSING: u16 = 1 << 8;
const COMMA: u16 = 1 << 9;
const SEPARATOR: u16 = 1 << 10;
const CURRENCY: u16 = 1 << 11;
/// Ends a sentence without a space after it.
const WIDE_STOP: u16 = 1 << 12;

/// [`marks`] of ASCII and Latin characters.
static LATIN: LazyLock<[u16; 0x250]> = LazyLock::new(|| std::array::from_fn(|code| marks_of(code as u32)));

/// The first of the general punctuation: quotes, dashes, bullets.
const PUNCTUATION: usize = 0x2000;

/// [`marks`] of the general punctuation.
static GENERAL: LazyLock<[u16; 0x70]> =
    LazyLock::new(|| std::array::from_fn(|place| marks_of((PUNCTUATION + place) as u32)));

fn marks_of(code: u32) -> u16 {
    char::from_u32(code).map_or(0, marks)
}

/// Everything that a line counts of a character.
fn marks(c: char) -> u16 {
    let script = match script(c) {
        Script::Spaced => SPACED,
        Script::Han => HAN,
        Script::Unspaced => UNSPACED,
        Script::None => 0,
    };
    let sign = match c {
        ',' | '，' | '、' | '،' => COMMA,
        '|' | '·' | '›' | '»' | '•' | '/' | '>' => SEPARATOR,
        '$' | '€' | '£' | '¥' | '₹' | '₽' => CURRENCY,
        '。' | '！' | '？' => WIDE_STOP,
        _ => 0,
    };
    let flags = [
        (c.is_uppercase(), UPPER),
        (c.is_lowercase(), LOWER),
        (c.is_ascii_digit(), DIGIT),
        (c.is_whitespace(), SPACE),
        (is_terminal(c), TERMINAL),
        (is_closing(c), CLOSING),
    ];
    flags.iter().filter(|(is, _)| *is).fold(script | sign, |marks, (_, mark)| marks | mark)
}

fn script(c: char) -> Script {
    match c {
        '0'..='9' | 'a'..='z' | 'A'..='Z' => Script::Spaced,
        '\0'..='\u{a9}' => Script::None,
        '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{3fffd}' => {
            Script::Han
        }
        '\u{e01}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' => Script::Unspaced,
        // Signs of Indic scripts join letters and are letters to no standard table.
        '\u{300}'..='\u{36f}' | '\u{900}'..='\u{963}' | '\u{966}'..='\u{dff}' | '\u{64b}'..='\u{65f}' => Script::Spaced,
        _ if c.is_alphanumeric() => Script::Spaced,
        _ => Script::None,
    }
}

fn is_thai_like(c: char) -> bool {
    script(c) == Script::Unspaced
}

fn is_terminal(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '。' | '！' | '？' | '．' | '؟' | '۔' | '।' | '॥' | '။' | '។')
}

fn is_closing(c: char) -> bool {
    matches!(c, '"' | '\'' | '”' | '’' | ')' | ']' | '»' | '“' | '」' | '』' | '）' | '*' | '_')
}

/// Hashes of the words of every block, as the lexicon sees them: what training counts.
pub fn page_words(blocks: &[Block]) -> Vec<Vec<u32>> {
    let lines = Lines::of(blocks);
    lines.lines.iter().map(|line| lines.words_of(line).to_vec()).collect()
}

/// Hash of a word; see [`Lines::words`].
pub(crate) fn word_hash(word: &str) -> u32 {
    let mut hasher = WordHasher::default();
    for c in word.chars() {
        hasher.push(c);
    }
    hasher.finish()
}

/// Letters and digits of ASCII.
struct Part {
    length: usize,
    digits: u32,
    upper: u32,
}

/// ASCII letters in lower case, `0` for digits, zero for all else.
static FOLDED: [u8; 256] = {
    let mut folded = [0; 256];
    let mut byte = 0u8;
    while byte < 128 {
        folded[byte as usize] = match byte {
            b'0'..=b'9' => b'0',
            _ if byte.is_ascii_alphabetic() => byte | 0x20,
            _ => 0,
        };
        byte += 1;
    }
    folded
};

#[derive(Clone, Copy)]
struct WordHasher {
    state: u64,
    only_digits: bool,
}

impl Default for WordHasher {
    fn default() -> Self {
        WordHasher { state: 0, only_digits: true }
    }
}

impl WordHasher {
    fn push(&mut self, c: char) {
        let folded = match c {
            'a'..='z' => c,
            'A'..='Z' => c.to_ascii_lowercase(),
            '0'..='9' => '0',
            _ if c.is_ascii() => c,
            _ => c.to_lowercase().next().unwrap_or(c),
        };
        self.only_digits &= folded == '0';
        self.mix(u64::from(folded));
    }

    /// A letter in lower case, or `0` for a digit.
    fn mix(&mut self, folded: u64) {
        self.state = (self.state.rotate_left(5) ^ folded).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    /// The letters and digits that a text begins with.
    #[inline]
    fn push_ascii(&mut self, text: &[u8]) -> Part {
        let table = &FOLDED;
        let (mut differences, mut common, mut length) = (0, u8::MAX, 0);
        let mut state = self.state;
        for byte in text {
            let folded = table[usize::from(*byte)];
            if folded == 0 {
                break;
            }
            state = (state.rotate_left(5) ^ u64::from(folded)).wrapping_mul(0x517c_c1b7_2722_0a95);
            differences += usize::from(byte ^ folded);
            common &= folded;
            length += 1;
        }
        self.state = state;
        // All letters have a bit that no digit has, and capitals differ from what they are folded to in one.
        if common & 0x40 != 0 {
            self.only_digits &= length == 0;
            return Part { length, digits: 0, upper: differences as u32 / 0x20 };
        }
        let part = &text[..length];
        let digits = part.iter().filter(|byte| byte.is_ascii_digit()).count();
        self.only_digits &= digits == length;
        let upper = part.iter().filter(|byte| byte.is_ascii_uppercase()).count() as u32;
        Part { length, digits: digits as u32, upper }
    }

    fn finish(&self) -> u32 {
        let zero = WordHasher { state: u64::from('0').wrapping_mul(0x517c_c1b7_2722_0a95), only_digits: true };
        (if self.only_digits { zero.state } else { self.state } >> 32) as u32
    }
}

/// A function word of some language, in the lower half of a number: so many words are counted in one.
const FUNCTION: u64 = 1;

/// "You", "we" and their forms, in the upper half.
const ADDRESS: u64 = 1 << 32;

/// Words that are counted apart, and what each is: both sets in one table, since every different word of a page is looked
/// up.
static COUNTED: LazyLock<FxHashMap<u32, u64>> = LazyLock::new(|| {
    let mut counted: FxHashMap<u32, u64> = FxHashMap::default();
    let mut add = |words: &str, what: u64| {
        words.split_whitespace().for_each(|word| *counted.entry(word_hash(word)).or_default() |= what);
    };
    let lists = include_str!("function_words.txt").lines().filter(|line| !line.starts_with('#'));
    lists.filter_map(|line| line.split_once(':')).for_each(|(_, words)| add(words, FUNCTION));
    add(
        "you your yours we us our ours my vous votre vos nous notre nos sie ihr ihre uns unser unsere usted su nosotros nuestro \
         nuestra voi vostro noi nostro você nosso wij onze jullie вы вас вам ваш мы нас наш",
        ADDRESS,
    );
    counted
});

fn measure(block: &Block, page: &mut Words) -> Line {
    let text = trimmed(&block.text);
    let white = match text {
        "" => &*block.text,
        _ => &block.text[..text.as_ptr() as usize - block.text.as_ptr() as usize],
    };
    let words = &mut page.words;
    let start = words.len();
    let mut line = Line {
        first: text.chars().next().unwrap_or(' '),
        last: text.chars().next_back().unwrap_or(' '),
        last_mark: text.chars().rev().find(|c| !is_closing(*c)).unwrap_or(' '),
        indent: indent(white),
        blank: match block.starts {
            Break::Space | Break::Line => 0,
            Break::Paragraph(blank) => u32::from(blank),
        },
        heading: if let BlockKind::Heading(level) = block.kind { level } else { 0 },
        item: matches!(block.kind, BlockKind::ListItem(_)),
        list_depth: block.list_depth,
        code: block.kind == BlockKind::Code,
        doubled: is_doubled(text),
        ..Line::default()
    };
    match text.is_ascii() {
        true => count_ascii(text.as_bytes(), &mut line, words),
        false => count(text, &mut line, words),
    }
    line.range = start..words.len();
    line.key = words[start..].iter().fold(line.range.len() as u64 + 1, |key, word| {
        (key.rotate_left(7) ^ u64::from(*word)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    });
    let (functions, addresses) = page.number(start);
    line.function_words = functions as f32;
    line.address = addresses;
    line
}

/// Counts the characters and words of a line and puts down the hashes of its words.
fn count(text: &str, line: &mut Line, words: &mut Vec<u32>) {
    let (latin, general) = (&*LATIN, &*GENERAL);
    let mut hasher = WordHasher::default();
    let mut open = false;
    let mut token = 0u32;
    let mut number = Number::default();
    let (mut previous, mut ended) = (' ', false);
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        // Letters and digits of ASCII in one go: most lines that are not ASCII are so for a few signs.
        if is_ascii_part(bytes[at]) {
            if !open {
                open = true;
                hasher = WordHasher::default();
                line.words += 1.0;
                line.capitalised += u32::from(bytes[at].is_ascii_uppercase());
            }
            let part = hasher.push_ascii(&bytes[at..]);
            if part.digits > 0 {
                number.push_all(&bytes[at..at + part.length], line);
            } else {
                number.end(false, line);
            }
            at += part.length;
            let run = part.length as u32;
            line.digits += part.digits;
            line.letters += run - part.digits;
            line.cased += run - part.digits;
            line.upper += part.upper;
            line.chars += run;
            line.tokens += u32::from(token == 0);
            token += run;
            (previous, ended) = (char::from(bytes[at - 1]), false);
            continue;
        }
        let Some(c) = text[at..].chars().next() else { break };
        at += c.len_utf8();
        let found = latin.get(c as usize).or_else(|| general.get((c as usize).wrapping_sub(PUNCTUATION)));
        let marks = found.copied().unwrap_or_else(|| marks(c));
        let has = |mark: u16| marks & mark != 0;
        line.chars += 1;
        if has(SPACED) {
            if !open {
                open = true;
                hasher = WordHasher::default();
                line.words += 1.0;
                line.capitalised += u32::from(has(UPPER));
            }
            hasher.push(c);
        } else {
            if open {
                words.push(hasher.finish());
                open = false;
            }
            if has(HAN) {
                let mut hasher = WordHasher::default();
                hasher.push(c);
                words.push(hasher.finish());
                line.words += 0.5;
            } else if has(UNSPACED) {
                line.words += 0.2;
            }
        }
        if has(DIGIT) {
            line.digits += 1;
            number.push(c as u8);
        } else {
            number.end(c == ':', line);
            if has(SPACED | HAN | UNSPACED) {
                line.letters += 1;
                line.upper += u32::from(has(UPPER));
                line.cased += u32::from(has(LOWER | UPPER));
            }
        }
        if has(SPACE) {
            line.spaces += 1;
            line.sentences += u32::from(ended);
            line.longest = line.longest.max(token);
            token = 0;
        } else {
            line.tokens += u32::from(token == 0);
            token += 1;
        }
        if has(COMMA | SEPARATOR | CURRENCY | WIDE_STOP) {
            line.commas += u32::from(has(COMMA));
            line.separators += u32::from(has(SEPARATOR));
            line.currency |= has(CURRENCY);
            line.sentences += u32::from(has(WIDE_STOP));
        }
        ended = has(TERMINAL) || ended && has(CLOSING);
        previous = c;
    }
    line.longest = line.longest.max(token);
    if open {
        words.push(hasher.finish());
    }
    number.end(false, line);
    line.sentences += u32::from(ended && !matches!(previous, '。' | '！' | '？'));
}

/// As [`count`], a word at a time.
fn count_ascii(text: &[u8], line: &mut Line, words: &mut Vec<u32>) {
    let latin = &*LATIN;
    let mut number = Number::default();
    let mut ended = false;
    let (mut at, mut token) = (0, 0);
    let (mut count, mut digits, mut letters, mut upper, mut capitalised) = (0u32, 0u32, 0u32, 0u32, 0u32);
    let (mut spaces, mut sentences, mut tokens, mut longest) = (0u32, 0u32, 0u32, 0usize);
    let (mut commas, mut separators, mut seen) = (0u32, 0u32, 0u16);
    while let Some(byte) = text.get(at) {
        if *byte == b' ' {
            // Most of what stands between words.
            spaces += 1;
            sentences += u32::from(ended);
            tokens += u32::from(token < at);
            longest = longest.max(at - token);
            at += 1;
            (token, ended) = (at, false);
            continue;
        }
        let here = latin[usize::from(*byte)];
        if here & SPACED != 0 {
            let mut hasher = WordHasher::default();
            let part = hasher.push_ascii(&text[at..]);
            words.push(hasher.finish());
            if part.digits > 0 {
                number.push_all(&text[at..at + part.length], line);
                number.end(text.get(at + part.length) == Some(&b':'), line);
            }
            count += 1;
            capitalised += u32::from(here & UPPER != 0);
            digits += part.digits;
            letters += part.length as u32 - part.digits;
            upper += part.upper;
            ended = false;
            at += part.length;
            continue;
        }
        if here & SPACE != 0 {
            spaces += 1;
            sentences += u32::from(ended);
            tokens += u32::from(token < at);
            longest = longest.max(at - token);
            token = at + 1;
        }
        commas += u32::from(here & COMMA != 0);
        separators += u32::from(here & SEPARATOR != 0);
        seen |= here;
        ended = here & TERMINAL != 0 || ended && here & CLOSING != 0;
        at += 1;
    }
    line.chars = text.len() as u32;
    line.words = count as f32;
    (line.digits, line.letters, line.cased, line.upper) = (digits, letters, letters, upper);
    (line.capitalised, line.spaces, line.commas, line.separators) = (capitalised, spaces, commas, separators);
    line.currency = seen & CURRENCY != 0;
    line.tokens = tokens + u32::from(token < text.len());
    line.longest = longest.max(text.len() - token) as u32;
    line.sentences = sentences + u32::from(ended);
}

/// A run of ASCII digits.
#[derive(Default)]
struct Number {
    digits: u32,
    value: u32,
}

impl Number {
    fn push(&mut self, digit: u8) {
        self.value = if self.digits == 0 { 0 } else { self.value };
        self.value = (self.value * 10 + u32::from(digit - b'0')) % 100_000;
        self.digits += 1;
    }

    /// The digits of a run of letters and digits.
    fn push_all(&mut self, part: &[u8], line: &mut Line) {
        for byte in part {
            match byte.is_ascii_digit() {
                true => self.push(*byte),
                false => self.end(false, line),
            }
        }
    }

    /// Something else follows, a colon perhaps, or the end of the line.
    fn end(&mut self, colon: bool, line: &mut Line) {
        if self.digits > 0 {
            line.year |= self.digits == 4 && (1900..2100).contains(&self.value);
            line.clock |= colon && matches!(self.digits, 1 | 2);
            self.digits = 0;
        }
    }
}

/// Columns of the white space before a line. A tab counts to the next multiple of four.
fn indent(white: &str) -> u32 {
    if white.bytes().fold(0, |seen, byte| seen | (byte ^ b' ')) == 0 {
        return white.len() as u32;
    }
    let mut columns = 0;
    for c in white.chars() {
        columns = if c == '\t' { columns / 4 * 4 + 4 } else { columns + 1 };
    }
    columns
}

/// Whether the line is `X X` for an X of more than three characters.
pub(crate) fn is_doubled(text: &str) -> bool {
    let (half, bytes) = (text.len() / 2, text.as_bytes());
    // Most lines are told by a byte or two.
    let again = half + text.len() % 2;
    half > 3
        && (bytes[0] == bytes[half] || bytes[0] == bytes[again])
        && text.is_char_boundary(half)
        && (text[..half] == text[half..]
            || text.len() % 2 == 1 && bytes[half].is_ascii_whitespace() && text[..half] == text[half + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Lines::of(&[Block { text: text.into(), ..Block::default() }]).lines.remove(0)
    }

    #[test]
    fn words_sentences_and_marks_are_counted() {
        let line = line("  Mr Bell's boat sank at 12:30 in 1987. \u{201c}Nobody drowned,\u{201d} we heard.");
        assert_eq!((line.indent, line.words, line.sentences, line.commas), (2, 14.0, 2, 1));
        assert!(line.clock && line.year && line.ends_sentence() && line.is_prose());
        assert_eq!((line.capitalised, line.address), (3, 1));
    }

    #[test]
    fn scripts_without_spaces_have_words_too() {
        let chinese = line("河边的柳树都绿了，孩子们在岸上跑来跑去。");
        assert_eq!((chinese.words, chinese.sentences), (9.0, 1));
        assert!(chinese.ends_sentence() && chinese.function_words > 2.0);
        assert!(line("แม่น้ำสายนี้ไหลผ่านหมู่บ้านของเรามานานหลายร้อยปีแล้ว").words > 8.0);
        assert_eq!(line("नदी के किनारे").words, 3.0);
    }

    #[test]
    fn ascii_is_counted_as_all_text_is() {
        let parts = [
            "tide", "NOAA", "A", " ", "  ", "\t", ".", "?\"", ")", ", ", "12", "1987", "9:30", "$", "|", "x2024y", "'",
            ":",
        ];
        let mut state = 3u32;
        let mut next = move |most: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as usize % most
        };
        for _ in 0..5000 {
            let text: String = (0..next(14)).map(|_| parts[next(parts.len())]).collect();
            let (mut by_bytes, mut by_characters) = ((Line::default(), vec![]), (Line::default(), vec![]));
            count_ascii(text.as_bytes(), &mut by_bytes.0, &mut by_bytes.1);
            count(&text, &mut by_characters.0, &mut by_characters.1);
            assert_eq!(format!("{by_bytes:?}"), format!("{by_characters:?}"), "{text:?}");
        }
    }

    #[test]
    fn a_doubled_line_is_known() {
        assert!(is_doubled("Rain at last Rain at last") && is_doubled("Дождь Дождь") && is_doubled("abcdabcd"));
        assert!(!is_doubled("no no") && !is_doubled("Rain at last, rain at last") && !is_doubled("日本語だよね"));
    }

    #[test]
    fn equal_lines_have_equal_keys() {
        assert_eq!(line("Read more: 12").key, line("READ MORE 7 »").key);
        assert_ne!(line("Read more").key, line("Read less").key);
    }
}
