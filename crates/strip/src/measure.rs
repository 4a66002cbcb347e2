//! Measures of text that do not depend on its language.

/// Words of a text: runs of letters and digits; in scripts that put no space between words (Han, Kana, Thai, Lao,
/// Khmer, Burmese) two characters count as one word, which is about the mean length of a word there.
///
/// ```
/// assert_eq!(dechaff_strip::measure::words("It's 5 o'clock – go."), 4);
/// assert_eq!(dechaff_strip::measure::words("今日は良い天気です"), 5);
/// ```
pub fn words(text: &str) -> usize {
    if text.is_ascii() {
        return ascii_words(text.as_bytes());
    }
    let (mut words, mut unspaced, mut inside) = (0, 0, false);
    for character in text.chars() {
        if character.is_ascii() {
            match character.is_ascii_alphanumeric() || (inside && character == '\'') {
                true => {
                    words += usize::from(!inside);
                    inside = true;
                }
                false => inside = false,
            }
        } else if is_unspaced(character) {
            unspaced += 1;
            inside = false;
        } else if character == '\u{2019}' {
            // A curly apostrophe inside a word does not end it.
        } else {
            let part = character.is_alphanumeric();
            words += usize::from(part && !inside);
            inside = part || (inside && is_mark(character));
        }
    }
    words + usize::div_ceil(unspaced, 2)
}

/// [`words`] of ASCII, without a branch for each byte: a word begins where a letter or digit follows something else, but
/// for an apostrophe inside a word.
fn ascii_words(bytes: &[u8]) -> usize {
    let Some((first, rest)) = bytes.split_first() else { return 0 };
    let is_part = is_ascii_part;
    let mut words = usize::from(is_part(*first));
    // No more begin among 255 bytes than a byte can count.
    for (before, here) in bytes.chunks(255).zip(rest.chunks(255)) {
        let begin = |count: u8, (before, here): (&u8, &u8)| count + u8::from(is_part(*here) & !is_part(*before));
        words += usize::from(before.iter().zip(here).fold(0, begin));
    }
    for at in memchr::memchr_iter(b'\'', bytes).filter(|at| bytes.get(at + 1).is_some_and(|next| is_part(*next))) {
        let before = bytes[..at].iter().rev().find(|byte| **byte != b'\'');
        words -= usize::from(before.is_some_and(|before| is_part(*before)));
    }
    words
}

/// Whether a byte is a letter or a digit of ASCII, told without a branch.
#[inline]
pub(crate) fn is_ascii_part(byte: u8) -> bool {
    ((byte | 0x20).wrapping_sub(b'a') < 26) | (byte.wrapping_sub(b'0') < 10)
}

/// A text without the white space at its ends, as `str::trim` gives it. The ends of most lines are ASCII, and many lines
/// of flattened pages are indented.
pub(crate) fn trimmed(text: &str) -> &str {
    let bytes = text.as_bytes();
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    // Eight spaces at a time: a line of a flattened page may be indented by dozens.
    let deep = 8 * bytes.as_chunks::<8>().0.iter().take_while(|eight| **eight == [b' '; 8]).count();
    let start = bytes[deep..].iter().position(|byte| !is_space(byte)).map_or(bytes.len(), |place| deep + place);
    let end = bytes.iter().rposition(|byte| !is_space(byte)).map_or(start, |last| last + 1);
    let inner = &text[start..end];
    match inner.as_bytes() {
        [first, .., last] if first.is_ascii() && last.is_ascii() => inner,
        _ => inner.trim(),
    }
}

/// Whether a character belongs to a script that puts no space between words.
pub fn is_unspaced(character: char) -> bool {
    matches!(character as u32,
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF
        | 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x2FA1F)
}

/// Combining marks that stand inside words of Indic, Arabic and Hebrew text (not all of Unicode's, the blocks where
/// they are common).
fn is_mark(character: char) -> bool {
    matches!(character as u32, 0x0300..=0x036F | 0x0591..=0x05C7 | 0x064B..=0x065F | 0x0900..=0x0DFF)
}

/// Whether a text ends as a sentence does: a full stop, question or exclamation mark or colon of any script, closing
/// quotes and brackets after it allowed.
pub fn ends_sentence(text: &str) -> bool {
    text.trim_end_matches(|c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | '”' | '’' | '»' | ')' | ']' | '」' | '』')
    })
    .ends_with(['.', '!', '?', ':', ';', '…', '。', '！', '？', '؟', '۔', '।', '॥', '։'])
}

/// Whether a line of plain text is a sentence: it ends as one, is no item of a list, announces none and is not cut off.
pub fn is_sentence(text: &str) -> bool {
    let text = text.trim();
    let marked = text.starts_with(|c: char| c.is_ascii_digit() || "*+-•·–".contains(c));
    !marked && ends_sentence(text) && !text.ends_with([':', ';', '…']) && !text.ends_with("...")
}

/// Share of a block's characters that stand in links, 0 to 1.
pub fn link_density(block: &dechaff_document::Block) -> f32 {
    match block.link_characters {
        0 => 0.0,
        linked => (linked as f32 / block.text.chars().count().max(1) as f32).min(1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words by their definition, a character at a time.
    fn words_by_definition(text: &str) -> usize {
        let (mut words, mut inside) = (0, false);
        for byte in text.bytes() {
            let part = byte.is_ascii_alphanumeric() || (inside && byte == b'\'');
            words += usize::from(part && !inside);
            inside = part;
        }
        words
    }

    #[test]
    fn words_of_ascii_are_those_of_the_definition() {
        let mut state = 1u32;
        let mut next = move |most: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as usize % most
        };
        for _ in 0..3000 {
            let text: String = (0..next(700)).map(|_| ["a", "Z", "0", "'", " ", "-", "@", "`"][next(8)]).collect();
            assert_eq!(words(&text), words_by_definition(&text), "{text:?}");
        }
    }

    #[test]
    fn what_only_ends_as_a_sentence_is_none() {
        assert!(is_sentence("  The mill was sold (twice).  ") && is_sentence("Sold?") && is_sentence("水は冷たい。"));
        for line in ["- The mill was sold.", "3. Sell the mill.", "Of these mills:", "The mill was so...", "The mill"] {
            assert!(!is_sentence(line), "{line}");
        }
    }

    #[test]
    fn what_is_trimmed_is_what_the_standard_library_trims() {
        let parts = ["a", " ", "\t", "\u{1f}", "\u{a0}", "\u{3000}", "é", "\u{85}"];
        for number in 0..8usize.pow(4) {
            let text: String = (0..4).map(|place| parts[number / 8usize.pow(place) % 8]).collect();
            assert_eq!(trimmed(&text), text.trim(), "{text:?}");
        }
        assert_eq!(trimmed(""), "");
    }
}
