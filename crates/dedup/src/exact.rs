//! Exact copies: the two hashes that name a document, and the index that tells the first from the rest.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use sha2::{Digest, Sha256};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// SHA-256 of the bytes as read (after decompression, before decoding).
pub fn raw_hash(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// SHA-256 of the kept text, normalised so that only its words count.
///
/// The text is put in Unicode normalisation form C (UAX #15), every run of white space (Unicode's `White_Space`,
/// line ends and no-break spaces among it) becomes one U+0020, and white space at either end is cut. Ends of blocks
/// count as white space, so the same words in other paragraphs, or as HTML and as its text dump, have the same hash.
/// Case, punctuation and invisible characters are kept as they are. The digest is that of the result in UTF-8:
/// a text that is normal already hashes like `sha256sum` of it.
///
/// `kept` yields the kept blocks in order. The caller leaves the title out, where it is not part of the body. Text
/// without a word has the hash of the empty string; the caller must not take two empty documents for copies.
///
/// One pass over the text, in constant memory for blocks that are normal already.
///
/// ```
/// use dechaff_dedup::content_hash;
/// let page = content_hash(["Tide tables", "High water:\u{a0}09:12"].into_iter());
/// assert_eq!(page, content_hash(["  Tide tables High\nwater: 09:12 "].into_iter()));
/// assert_ne!(page, content_hash(["tide tables", "High water: 09:12"].into_iter()));
/// ```
pub fn content_hash<'a>(kept: impl Iterator<Item = &'a str>) -> Hash {
    let mut text = NormalText { digest: Sha256::new(), buffer: Vec::with_capacity(BUFFER + 256), any: false };
    for block in kept {
        match is_composed(block) || is_nfc_quick(block.chars()) == IsNormalized::Yes {
            true => text.push(block),
            false => text.push(&block.nfc().collect::<String>()),
        }
    }
    text.digest.update(&text.buffer);
    text.digest.finalize().into()
}

/// The first document of every hash.
///
/// Documents are inserted in their stable order, and the first of equal ones is the one to keep. Empty documents are
/// copies of nothing: the caller does not insert them.
///
/// Memory: one table slot of 40 bytes a distinct hash, 46 to 92 bytes a document with the table's slack.
///
/// ```
/// use dechaff_dedup::{ExactIndex, raw_hash};
/// let mut index = ExactIndex::default();
/// assert_eq!(index.insert(raw_hash(b"a"), 0), None);
/// assert_eq!(index.insert(raw_hash(b"b"), 1), None);
/// assert_eq!(index.insert(raw_hash(b"a"), 2), Some(0));
/// ```
#[derive(Debug, Clone, Default)]
pub struct ExactIndex {
    first: HashMap<Hash, u64, BuildHasherDefault<DigestHasher>>,
}

impl ExactIndex {
    /// Enters a document (its number in the caller's stable order) and returns the earlier one with the same hash.
    /// Expected constant time.
    pub fn insert(&mut self, hash: Hash, document: u64) -> Option<u64> {
        match self.first.entry(hash) {
            std::collections::hash_map::Entry::Occupied(first) => Some(*first.get()),
            std::collections::hash_map::Entry::Vacant(slot) => {
                slot.insert(document);
                None
            }
        }
    }

    /// The document entered first with this hash.
    pub fn first(&self, hash: &Hash) -> Option<u64> {
        self.first.get(hash).copied()
    }

    /// Number of distinct hashes.
    pub fn len(&self) -> usize {
        self.first.len()
    }

    /// Whether nothing was entered.
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }
}

/// Bytes collected before they are digested: the digest's set-up cost an update is then negligible.
const BUFFER: usize = 8192;

/// Digests words joined by single spaces.
struct NormalText {
    digest: Sha256,
    buffer: Vec<u8>,
    any: bool,
}

impl NormalText {
    fn push(&mut self, block: &str) {
        let block = without_ascii_ends(block);
        // Most blocks need no more than a space before them.
        match has_single_spaces(block) {
            true if block.is_empty() => {}
            true => self.put(block),
            false => block.split_whitespace().for_each(|word| self.put(word)),
        }
    }

    fn put(&mut self, words: &str) {
        if self.any {
            self.buffer.push(b' ');
        }
        self.any = true;
        self.buffer.extend_from_slice(words.as_bytes());
        if self.buffer.len() >= BUFFER {
            self.digest.update(&self.buffer);
            self.buffer.clear();
        }
    }
}

/// Whether a text is in normalisation form C for sure, told without tables: it has nothing but characters below the
/// combining marks, Cyrillic letters and the dashes, quotes and dots of U+2010 to U+2027.
fn is_composed(text: &str) -> bool {
    // The first byte of U+0300 is 0xCC.
    text.bytes().fold(true, |all, byte| all & (byte < 0xcc))
        || text.chars().all(|c| matches!(c, ..'\u{300}' | '\u{400}'..='\u{482}' | '\u{2010}'..='\u{2027}'))
}

/// A text without the ASCII white space at its ends.
fn without_ascii_ends(text: &str) -> &str {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let start = text.bytes().position(|byte| !is_space(&byte)).unwrap_or(text.len());
    let end = text.as_bytes().iter().rposition(|byte| !is_space(byte)).map_or(start, |last| last + 1);
    &text[start..end]
}

/// Whether there is no white space but single spaces, told for what is not ASCII from the bytes that white space has:
/// U+0085 and U+00A0 begin with 0xC2, the others with 0xE1 to 0xE3. Without a way out of the loops, which then read
/// many bytes in a step. The ends of the text are no spaces.
fn has_single_spaces(text: &str) -> bool {
    let bytes = text.as_bytes();
    let may_be_space =
        |byte: u8| (byte.wrapping_sub(b'\t') <= b'\r' - b'\t') | (byte == 0xc2) | (byte.wrapping_sub(0xe1) <= 2);
    let other = bytes.iter().fold(false, |any, byte| any | may_be_space(*byte));
    let twice = |(first, second): (&u8, &u8)| (*first == b' ') & (*second == b' ');
    let doubled = bytes.iter().zip(bytes.iter().skip(1)).fold(false, |any, pair| any | twice(pair));
    !doubled && (!other || !text.contains(|c: char| c != ' ' && c.is_whitespace()))
}

/// A digest is uniform already: its first eight bytes serve as the table's hash.
#[derive(Debug, Clone, Default)]
pub(crate) struct DigestHasher(u64);

impl Hasher for DigestHasher {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(head) = bytes.first_chunk() {
            self.0 ^= u64::from_le_bytes(*head);
        }
    }

    /// The length prefix of a slice says nothing here.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(blocks: &[&str]) -> Hash {
        content_hash(blocks.iter().copied())
    }

    #[test]
    fn the_digest_is_that_of_the_normal_text() {
        assert_eq!(of(&["One\t two", "", "three\r\n"]), raw_hash(b"One two three"));
        assert_eq!(of(&[" ", "\u{3000}"]), raw_hash(b""));
    }

    #[test]
    fn composed_and_decomposed_letters_are_the_same() {
        assert_eq!(of(&["Cafe\u{301} in Zu\u{308}rich"]), of(&["Café in Zürich"]));
        assert_eq!(of(&["Cafe\u{301} in Zu\u{308}rich"]), raw_hash("Café in Zürich".as_bytes()));
        // Hangul is composed from its jamo.
        assert_eq!(of(&["\u{1112}\u{1161}\u{11ab}"]), of(&["한"]));
        let told = ('\0'..'\u{300}').chain('\u{400}'..='\u{482}').chain('\u{2010}'..='\u{2027}');
        assert!(told.into_iter().all(|c| is_nfc_quick(std::iter::once(c)) == IsNormalized::Yes));
    }

    #[test]
    fn white_space_of_any_kind_is_one_space() {
        let parts = [
            "a", "é", "’", "の", " ", "\t", "\u{b}", "\u{a0}", "\u{85}", "\u{2003}", "\u{3000}", "\u{1680}", "\u{200b}",
        ];
        for number in 0..parts.len().pow(4) {
            let text: String = (0..4).map(|place| parts[number / parts.len().pow(place) % parts.len()]).collect();
            let normal = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(
                of(&[&text, "b"]),
                raw_hash([normal.as_str(), "b"].join(" ").trim_start().as_bytes()),
                "{text:?}"
            );
        }
    }

    #[test]
    fn words_case_and_punctuation_count() {
        assert_ne!(of(&["re-open"]), of(&["reopen"]));
        assert_ne!(of(&["Open."]), of(&["open."]));
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
    }

    #[test]
    fn a_text_longer_than_the_buffer_is_digested_whole() {
        let word = "überlang".repeat(700);
        let text = [word.as_str(); 9].join(" ");
        assert_eq!(of(&[word.as_str(); 9]), raw_hash(text.as_bytes()));
    }

    #[test]
    fn the_first_of_equal_documents_stays() {
        let mut index = ExactIndex::default();
        let answers: Vec<_> =
            ["a", "b", "a", "a", "b"].iter().zip(10..).map(|(text, at)| index.insert(of(&[text]), at)).collect();
        assert_eq!(answers, [None, None, Some(10), Some(10), Some(11)]);
        assert_eq!((index.len(), index.first(&of(&["b"])), index.first(&of(&["c"]))), (2, Some(11), None));
    }
}
