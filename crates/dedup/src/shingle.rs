//! Text as a set of shingles: what two documents are compared by.
//!
//! A token is a word, lower-cased; in scripts written without spaces (Han, kana, Thai, Lao, Burmese, Khmer and their
//! like: classes ID and SA of UAX #14) every letter is a token. A shingle is a run of so many tokens, across
//! punctuation and the ends of blocks, and is held as a 64-bit hash. Two texts of 10⁴ shingles share a hash by
//! accident with a chance of about 10⁻¹¹.
//!
//! The hashes are part of the format of stored state ([`crate::seen`]): to change them is to change its version.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, char::is_combining_mark, is_nfc_quick};

/// The distinct shingles of a text, as sorted hashes; `None` where it has fewer than `length` tokens, so that it has
/// no shingle at all.
///
/// `length` is at least 1. Time O(n log n) in the tokens, with one hash of eight bytes held for each.
///
/// ```
/// use dechaff_dedup::shingle::shingles;
/// let text = |text: &'static str| shingles([text].into_iter(), 3);
/// assert_eq!(text("The ferry sails at nine.").unwrap().len(), 3);
/// assert_eq!(text("the FERRY, sails: at nine"), text("The ferry sails at nine."));
/// assert_eq!(text("the ferry"), None);
/// assert_eq!(text("渡船九点开").unwrap().len(), 3);
/// ```
pub fn shingles<'a>(text: impl Iterator<Item = &'a str>, length: usize) -> Option<Vec<u64>> {
    let mut tokens = Vec::with_capacity(512);
    for block in text {
        push_tokens(block, &mut tokens);
    }
    if tokens.len() < length.max(1) {
        return None;
    }
    let mut shingles = roll(&tokens, length.max(1));
    shingles.sort_unstable();
    shingles.dedup();
    Some(shingles)
}

/// Number of hashes two sorted sets share. O(a + b).
pub fn shared(a: &[u64], b: &[u64]) -> usize {
    let (mut i, mut j, mut shared) = (0, 0, 0);
    // Written without branches on the data: which side is smaller is a coin toss that no predictor guesses.
    while i < a.len() && j < b.len() {
        let (x, y) = (a[i], b[j]);
        shared += usize::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    shared
}

/// Multiplies to 128 bits and folds the halves: the mixing step of wyhash (public domain, Wang Yi).
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

// Odd constants with about as many ones as zeros: the fractional digits of π (Blowfish's first subkeys).
pub(crate) const PI: [u64; 4] =
    [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7345, 0xa409_3822_299f_31d1, 0x082e_fa98_ec4e_6c89];

/// Bytes read beyond the last word, so that a word is read eight bytes at a time.
const PADDING: usize = 8;

/// Of an ASCII byte: whether it stands in a word.
const WORD: [bool; 128] = {
    let mut table = [false; 128];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    table
};

fn push_tokens(block: &str, tokens: &mut Vec<u64>) {
    let text = folded(block);
    let length = text.len();
    let mut padded = text.into_bytes();
    padded.extend_from_slice(&[0; PADDING]);
    let mut at = 0;
    while at < length {
        let byte = padded[at];
        let (character, width) = match byte < 0x80 {
            true if WORD[byte as usize] => (Character::Word, 1),
            true => (Character::Gap, 1),
            false => classify(&padded[at..length]),
        };
        match character {
            Character::Gap => at += width,
            Character::Alone => {
                tokens.push(hash(&padded, at, at + width));
                at += width;
            }
            Character::Word => {
                let start = at;
                at += width;
                while at < length {
                    let byte = padded[at];
                    if byte < 0x80 {
                        if !WORD[byte as usize] {
                            break;
                        }
                        at += 1;
                    } else {
                        match classify(&padded[at..length]) {
                            (Character::Word, width) => at += width,
                            _ => break,
                        }
                    }
                }
                tokens.push(hash(&padded, start, at));
            }
        }
    }
}

/// Lower case, normal form C, without soft hyphens.
fn folded(block: &str) -> String {
    if block.is_ascii() {
        let mut text = String::with_capacity(block.len() + PADDING);
        text.push_str(block);
        text.make_ascii_lowercase();
        return text;
    }
    let mut text = Cow::Borrowed(block);
    if text.contains('\u{ad}') {
        text = Cow::Owned(text.replace('\u{ad}', ""));
    }
    if is_nfc_quick(text.chars()) != IsNormalized::Yes {
        text = Cow::Owned(text.nfc().collect());
    }
    text.to_lowercase()
}

/// What a character is to the tokenizer.
enum Character {
    /// Part of a word.
    Word,
    /// A token of its own.
    Alone,
    /// Between words.
    Gap,
}

/// The first character of valid UTF-8 and its width.
fn classify(bytes: &[u8]) -> (Character, usize) {
    let head = &bytes[..bytes.len().min(4)];
    let Some(c) = head.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next()) else {
        return (Character::Gap, 1);
    };
    let character = match c {
        _ if !(c.is_alphanumeric() || is_combining_mark(c)) => Character::Gap,
        _ if without_spaces(c) => Character::Alone,
        _ => Character::Word,
    };
    (character, c.len_utf8())
}

/// Letters of scripts that put no spaces between words.
fn without_spaces(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}'       // Thai, Lao
        | '\u{1000}'..='\u{109f}'   // Myanmar
        | '\u{1780}'..='\u{17ff}'   // Khmer
        | '\u{1950}'..='\u{19df}'   // Tai Le, New Tai Lue
        | '\u{1a20}'..='\u{1aaf}'   // Tai Tham
        | '\u{2e80}'..='\u{30ff}'   // radicals, kana, the iteration mark
        | '\u{31f0}'..='\u{31ff}'   // katakana extensions
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' // Han
        | '\u{ff66}'..='\u{ff9f}'   // half-width katakana
        | '\u{20000}'..='\u{3ffff}' // Han, planes 2 and 3
    )
}

/// Hash of `padded[start..end]`, eight bytes at a time.
fn hash(padded: &[u8], start: usize, end: usize) -> u64 {
    let mut hash = PI[0] ^ (end - start) as u64;
    let mut at = start;
    while at < end {
        let mut word = padded[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let left = end - at;
        if left < 8 {
            word &= (1 << (8 * left)) - 1;
        }
        hash = mix(hash ^ word, PI[1]);
        at += 8;
    }
    hash
}

/// Hashes of all runs of `length` tokens: a polynomial of the tokens, updated as the window moves, then finished by a
/// bijection so that every bit depends on every token.
fn roll(tokens: &[u64], length: usize) -> Vec<u64> {
    const BASE: u64 = PI[2];
    let leaving = (1..length).fold(1u64, |power, _| power.wrapping_mul(BASE));
    let mut hash = tokens[..length].iter().fold(0u64, |hash, &token| hash.wrapping_mul(BASE).wrapping_add(token));
    let mut shingles = Vec::with_capacity(tokens.len() - length + 1);
    shingles.push(finish(hash));
    for (&old, &new) in tokens.iter().zip(&tokens[length..]) {
        hash = hash.wrapping_sub(old.wrapping_mul(leaving)).wrapping_mul(BASE).wrapping_add(new);
        shingles.push(finish(hash));
    }
    shingles
}

/// The finalizer of MurmurHash3 (public domain, Austin Appleby).
pub(crate) fn finish(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, length: usize) -> Option<Vec<u64>> {
        shingles([text].into_iter(), length)
    }

    #[test]
    fn a_text_of_n_distinct_words_has_n_minus_4_shingles_of_5() {
        let words: Vec<String> = (0..100).map(|n| format!("word{n}")).collect();
        assert_eq!(of(&words.join(" "), 5).unwrap().len(), 96);
        assert_eq!(of(&words[..5].join(" "), 5).unwrap().len(), 1);
        assert_eq!(of(&words[..4].join(" "), 5), None);
        assert_eq!(of("", 1), None);
    }

    #[test]
    fn a_set_holds_each_shingle_once() {
        assert_eq!(of(&"one two three four five ".repeat(9), 5).unwrap().len(), 5);
    }

    #[test]
    fn blocks_and_punctuation_do_not_matter_but_word_order_does() {
        let one = of("Höhe 12: Straße, gesperrt; Umleitung über Ufer", 3);
        assert_eq!(one, shingles(["HÖHE 12", "straße - «gesperrt»", "Umleitung über Ufer…"].into_iter(), 3));
        assert_ne!(one, of("Höhe 12: Straße, Umleitung; gesperrt über Ufer", 3));
        assert_eq!(of("Ho\u{308}he u\u{308}ber Grund", 2), of("Hö\u{ad}he über Grund", 2));
    }

    #[test]
    fn letters_are_tokens_where_words_are_not_spaced() {
        assert_eq!(of("今日は晴れ", 5).unwrap().len(), 1);
        assert_eq!(of("วันนี้", 5).unwrap().len(), 2);
        assert_eq!(of("Seite 第三章 weiter", 5).unwrap().len(), 1);
        assert_eq!(of("한국어 문장은 띄어 쓴다", 5), None);
    }

    #[test]
    fn long_words_differ_in_every_byte() {
        let word = "abcdefghijklmnopqrstuvwxyz";
        let base = of(word, 1).unwrap();
        for at in 0..word.len() {
            let mut other = word.to_owned();
            other.replace_range(at..at + 1, "0");
            assert_eq!(shared(&base, &of(&other, 1).unwrap()), 0);
        }
        assert_ne!(of("a", 1), of("aa", 1));
    }

    #[test]
    fn shared_hashes_are_counted() {
        assert_eq!(shared(&[1, 3, 5, 9], &[2, 3, 4, 9, 10]), 2);
        assert_eq!(shared(&[], &[1]), 0);
    }
}
