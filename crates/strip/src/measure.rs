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
        let (mut words, mut inside) = (0, false);
        for byte in text.bytes() {
            let part = byte.is_ascii_alphanumeric() || (inside && byte == b'\'');
            words += usize::from(part && !inside);
            inside = part;
        }
        return words;
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

/// Share of a block's characters that stand in links, 0 to 1.
pub fn link_density(block: &dechaff_document::Block) -> f32 {
    match block.link_characters {
        0 => 0.0,
        linked => (linked as f32 / block.text.chars().count().max(1) as f32).min(1.0),
    }
}
