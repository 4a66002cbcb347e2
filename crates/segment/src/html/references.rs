//! Character references: `&amp;`, `&#xe4;`.

use html5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};
use memchr::memchr2;

/// Puts a stretch of text or of an attribute's value to the end of `out`, its character references decoded, zeros
/// replaced.
pub(super) fn decode(text: &str, in_attribute: bool, out: &mut String) {
    let bytes = text.as_bytes();
    let mut done = 0;
    while let Some(at) = memchr2(b'&', 0, &bytes[done..]).map(|offset| done + offset) {
        out.push_str(&text[done..at]);
        done = at + 1;
        if bytes[at] == 0 {
            out.push('\u{fffd}');
            continue;
        }
        match reference(&bytes[at + 1..], in_attribute) {
            Some((length, characters)) => {
                out.extend(characters.into_iter().flatten());
                done += length;
            }
            None => out.push('&'),
        }
    }
    out.push_str(&text[done..]);
}

/// Whether a text stays as it is when it is decoded.
pub(super) fn is_plain(text: &[u8]) -> bool {
    memchr2(b'&', 0, text).is_none()
}

/// What a character reference after `&` stands for, and how long it is (character reference state and those after it).
fn reference(rest: &[u8], in_attribute: bool) -> Option<(usize, [Option<char>; 2])> {
    if rest.first() == Some(&b'#') {
        return numeric(&rest[1..]).map(|(length, character)| (length + 1, [Some(character), None]));
    }
    /// The longest name is `CounterClockwiseContourIntegral;`.
    const LONGEST: usize = 32;
    /// The longest of those that need no semicolon.
    const LONGEST_BARE: usize = 6;
    let run = rest.iter().take(LONGEST).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let characters = |length: usize| {
        let name = std::str::from_utf8(&rest[..length]).ok()?;
        let &(first, second) = NAMED_ENTITIES.get(name).filter(|(first, _)| *first != 0)?;
        Some([char::from_u32(first), char::from_u32(second).filter(|_| second != 0)])
    };
    if run > 0
        && rest.get(run) == Some(&b';')
        && let Some(found) = characters(run + 1)
    {
        return Some((run + 1, found));
    }
    let (length, found) = (2..=run.min(LONGEST_BARE)).rev().find_map(|length| Some((length, characters(length)?)))?;
    let goes_on = rest.get(length).is_some_and(|&byte| byte == b'=' || byte.is_ascii_alphanumeric());
    (!in_attribute || !goes_on).then_some((length, found))
}

/// A numeric character reference after `&#`.
fn numeric(rest: &[u8]) -> Option<(usize, char)> {
    let hexadecimal = matches!(rest.first(), Some(b'x' | b'X'));
    let start = usize::from(hexadecimal);
    let base = if hexadecimal { 16 } else { 10 };
    let digits = rest[start..].iter().take_while(|&&byte| char::from(byte).is_digit(base)).count();
    if digits == 0 {
        return None;
    }
    let number = rest[start..start + digits].iter().fold(0u32, |number, &byte| {
        number.saturating_mul(base).saturating_add(char::from(byte).to_digit(base).unwrap_or(0))
    });
    let character = match number {
        0 => '\u{fffd}',
        0x80..=0x9f => C1_REPLACEMENTS[number as usize - 0x80].or(char::from_u32(number)).unwrap_or('\u{fffd}'),
        _ => char::from_u32(number).unwrap_or('\u{fffd}'),
    };
    let length = start + digits;
    Some((length + usize::from(rest.get(length) == Some(&b';')), character))
}
