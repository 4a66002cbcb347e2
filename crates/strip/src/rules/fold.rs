//! The form of a text that phrases and expressions are compared in.

/// Folds a text: lower case; runs of white space to one space, none at the ends; curly quotes to straight ones, dashes
/// to hyphens, an ellipsis to three dots; zero-width characters and soft hyphens left out.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

/// Appends the folded text.
pub(super) fn fold_into(text: &str, folded: &mut String) {
    let start = folded.len();
    let text = without_ends(text);
    if is_plain(text) {
        folded.push_str(text);
        folded[start..].make_ascii_lowercase();
        return;
    }
    let bytes = text.as_bytes();
    let (mut space, mut at) = (false, 0);
    while at < bytes.len() {
        // Words go over in one piece; their capitals are folded below.
        let end = bytes[at..].iter().position(|byte| !byte.is_ascii_graphic()).map_or(bytes.len(), |end| at + end);
        if end > at {
            put_space(folded, start, &mut space);
            folded.push_str(&text[at..end]);
            at = end;
            continue;
        }
        let Some(character) = text[at..].chars().next() else { break };
        at += character.len_utf8();
        if character.is_ascii() || character.is_whitespace() {
            space = true;
            continue;
        }
        if matches!(character, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{00AD}' | '\u{202A}'..='\u{202E}')
        {
            continue;
        }
        put_space(folded, start, &mut space);
        match character {
            '‘' | '’' | '‚' | '‛' | 'ʼ' | '´' => folded.push('\''),
            '“' | '”' | '„' | '‟' | '«' | '»' => folded.push('"'),
            '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => folded.push('-'),
            '…' => folded.push_str("..."),
            'İ' => folded.push('i'),
            _ => folded.extend(character.to_lowercase()),
        }
    }
    folded[start..].make_ascii_lowercase();
}

/// Puts the space that stands before what comes next, unless nothing stands before it.
fn put_space(folded: &mut String, start: usize, space: &mut bool) {
    if std::mem::take(space) && folded.len() > start {
        folded.push(' ');
    }
}

/// A text without the ASCII at its ends that folding leaves out.
fn without_ends(text: &str) -> &str {
    let is_left_out = |byte: &u8| *byte <= b' ' || *byte == 0x7f;
    let start = text.bytes().position(|byte| !is_left_out(&byte)).unwrap_or(text.len());
    let end = text.as_bytes().iter().rposition(|byte| !is_left_out(byte)).map_or(start, |last| last + 1);
    &text[start..end]
}

/// Whether folding changes nothing but capitals: ASCII, its words parted by single spaces. Most blocks are so. Without a
/// way out of the loops, which then read many bytes in a step.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let graphic = bytes.iter().fold(true, |all, byte| all & matches!(byte, b' '..=b'~'));
    let twice = |(first, second): (&u8, &u8)| (*first == b' ') & (*second == b' ');
    let doubled = bytes.iter().zip(bytes.iter().skip(1)).fold(false, |any, pair| any | twice(pair));
    graphic && !doubled && !bytes.starts_with(b" ") && !bytes.ends_with(b" ")
}

/// A folded line without the punctuation, symbols and bullets at its ends.
pub fn core(folded: &str) -> &str {
    folded.trim_matches(|character: char| !is_word(character))
}

/// Whether a character is part of a word: letters, digits, and marks that combine with them.
pub(super) fn is_word(character: char) -> bool {
    match character.is_ascii() {
        true => character.is_ascii_alphanumeric(),
        false => character.is_alphanumeric() || is_joining_mark(character),
    }
}

/// Marks that stand after a letter of their script and belong to the word (Indic and Thai vowel signs, Arabic and
/// Hebrew points): `char::is_alphanumeric` has only some of them.
fn is_joining_mark(character: char) -> bool {
    matches!(character as u32, 0x0300..=0x036F | 0x0591..=0x05C7 | 0x064B..=0x065F | 0x0900..=0x0DFF | 0x0E31..=0x0E4E)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curly_and_straight_spaced_and_not_are_the_same() {
        assert_eq!(fold("  We\u{00a0}don’t  “sell”\tdata —\u{200b} ever… "), "we don't \"sell\" data - ever...");
        assert_eq!(fold("Plain text "), "plain text");
        assert_eq!(fold("Two  SPACES"), "two spaces");
        assert_eq!(fold("A\u{7f}b"), "a b");
        assert_eq!(core(&fold("• Read more »")), "read more");
        assert_eq!(core("***"), "");
    }
}
