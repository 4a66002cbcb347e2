//! Lines in as many bytes as they have characters, for one expression.
//!
//! An expression tells few characters beyond ASCII apart: `[^a-zа-я0-9]` the Cyrillic letters from all others, `\p{L}`
//! letters, `©` one. With a byte for each such group its automaton needs neither the sequences of UTF-8, of which
//! `[\p{L}.]{2,20}` takes thousands of states, nor the tables of `\b`, and is made in a tenth of the time.

use std::borrow::Cow;

use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, ClassUnicode, Hir, HirKind, Look, Repetition};

/// What an expression tells apart of the characters beyond ASCII.
#[derive(Debug)]
pub(super) struct Alphabet {
    /// First characters of stretches that the expression treats alike, and the group of each; the first is U+0080.
    stretches: Vec<(u32, u8)>,
    /// For each group the classes that it is in, a bit each.
    members: Vec<u128>,
    /// The expression's classes.
    classes: Vec<ClassUnicode>,
    /// It asks where words begin or end.
    words: bool,
}

/// Bytes of groups whose characters are no part of a word, or where that does not matter: no text has them by itself.
const NO_WORDS: std::ops::RangeInclusive<u8> = 0x80..=0xff;

/// Bytes of groups whose characters are part of words: letters to `\b`, which no folded line has.
const WORDS: std::ops::RangeInclusive<u8> = b'A'..=b'Z';

impl Alphabet {
    /// The alphabet of an expression; `None` where it tells too much apart, or asks what only UTF-8 can tell.
    pub(super) fn of(hir: &Hir) -> Option<Alphabet> {
        let mut classes = Vec::new();
        collect(hir, &mut classes)?;
        let mut changes: Vec<(u32, u128)> = Vec::new();
        for (number, class) in classes.iter().enumerate() {
            for range in class.iter().filter(|range| !range.end().is_ascii()) {
                let bit = 1u128.checked_shl(number as u32).filter(|bit| *bit != 0)?;
                changes.push((u32::from(range.start()).max(0x80), bit));
                changes.push((u32::from(range.end()) + 1, bit));
            }
        }
        changes.sort_unstable();
        let mut alphabet = Alphabet {
            stretches: vec![(0x80, 0)],
            members: vec![0],
            classes,
            words: hir.properties().look_set().contains_word(),
        };
        let (mut at, mut member) = (0, 0);
        while at < changes.len() {
            let start = changes[at].0;
            while at < changes.len() && changes[at].0 == start {
                member ^= changes[at].1;
                at += 1;
            }
            let group = alphabet.group_of(member)?;
            alphabet.stretches.push((start, group));
        }
        Some(alphabet)
    }

    /// The group of characters in these classes.
    fn group_of(&mut self, member: u128) -> Option<u8> {
        let known = self.members.iter().position(|other| *other == member);
        let group = known.unwrap_or(self.members.len());
        if known.is_none() {
            let bytes = if self.words { WORDS.len() } else { NO_WORDS.len() };
            if group == bytes {
                return None;
            }
            self.members.push(member);
        }
        Some(group as u8)
    }

    /// The byte for a character.
    fn byte(&self, character: char) -> u8 {
        if character.is_ascii() {
            return character as u8;
        }
        let stretch = self.stretches.partition_point(|(start, _)| *start <= u32::from(character)) - 1;
        let group = self.stretches[stretch].1;
        match self.words && regex_syntax::is_word_character(character) {
            true => WORDS.start() + group,
            false => NO_WORDS.start() + group,
        }
    }

    /// A line in these bytes; `None` of one that has capitals, which no folded line has.
    pub(super) fn line<'l>(&self, line: &'l str) -> Option<Cow<'l, [u8]>> {
        if line.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return None;
        }
        Some(match line.is_ascii() {
            true => Cow::Borrowed(line.as_bytes()),
            false => Cow::Owned(line.chars().map(|character| self.byte(character)).collect()),
        })
    }

    /// The expression over lines in these bytes: it matches one where the expression matches the line.
    pub(super) fn expression(&self, hir: &Hir) -> Option<Hir> {
        over_bytes(hir, &|character| self.byte(character), &|class| self.class(class))
    }

    fn class(&self, class: &ClassUnicode) -> ClassBytes {
        let mut bytes: Vec<ClassBytesRange> = Vec::new();
        let mut put = |from: u8, to: u8| bytes.extend((from <= to).then(|| ClassBytesRange::new(from, to)));
        for range in class.iter().filter(|range| range.start().is_ascii()) {
            let (from, to) = (range.start() as u8, range.end().min('\x7f') as u8);
            // What no line has stands for something else.
            put(from, to.min(WORDS.start() - 1));
            put(from.max(WORDS.end() + 1), to);
        }
        let number = self.classes.iter().position(|other| other == class).unwrap_or(0);
        for (group, member) in (0..).zip(&self.members) {
            if member >> number & 1 != 0 {
                put(NO_WORDS.start() + group, NO_WORDS.start() + group);
                if self.words {
                    put(WORDS.start() + group, WORDS.start() + group);
                }
            }
        }
        ClassBytes::new(bytes)
    }
}

/// The classes of an expression, and one for each character beyond ASCII that it names, each once. `None` where it names
/// capitals or bytes.
fn collect(hir: &Hir, classes: &mut Vec<ClassUnicode>) -> Option<()> {
    let mut put = |class: ClassUnicode| {
        if !classes.contains(&class) {
            classes.push(class);
        }
    };
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
                return None;
            }
            for character in text.chars().filter(|character| !character.is_ascii()) {
                put(ClassUnicode::new([regex_syntax::hir::ClassUnicodeRange::new(character, character)]));
            }
        }
        HirKind::Class(Class::Unicode(class)) => put(class.clone()),
        HirKind::Class(Class::Bytes(_)) => return None,
        HirKind::Repetition(repetition) => collect(&repetition.sub, classes)?,
        HirKind::Capture(capture) => collect(&capture.sub, classes)?,
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().try_for_each(|part| collect(part, classes))?;
        }
    }
    Some(())
}

/// An expression over lines that have a byte for every character. `None` of an expression that tells apart what is a word
/// in ASCII and in Unicode.
pub(super) fn over_bytes(
    hir: &Hir,
    byte: &impl Fn(char) -> u8,
    class: &impl Fn(&ClassUnicode) -> ClassBytes,
) -> Option<Hir> {
    let over_bytes = |hir: &Hir| over_bytes(hir, byte, class);
    Some(match hir.kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            Hir::literal(text.chars().map(byte).collect::<Vec<u8>>())
        }
        HirKind::Class(Class::Unicode(unicode)) => Hir::class(Class::Bytes(class(unicode))),
        HirKind::Class(Class::Bytes(bytes)) => Hir::class(Class::Bytes(bytes.clone())),
        HirKind::Look(look) => Hir::look(match look {
            Look::WordUnicode => Look::WordAscii,
            Look::WordUnicodeNegate => Look::WordAsciiNegate,
            Look::WordStartUnicode => Look::WordStartAscii,
            Look::WordEndUnicode => Look::WordEndAscii,
            Look::WordStartHalfUnicode => Look::WordStartHalfAscii,
            Look::WordEndHalfUnicode => Look::WordEndHalfAscii,
            Look::Start | Look::End | Look::StartLF | Look::EndLF | Look::StartCRLF | Look::EndCRLF => *look,
            _ => return None,
        }),
        HirKind::Repetition(repetition) => {
            let Repetition { min, max, greedy, ref sub } = *repetition;
            Hir::repetition(Repetition { min, max, greedy, sub: Box::new(over_bytes(sub)?) })
        }
        HirKind::Capture(capture) => over_bytes(&capture.sub)?,
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(over_bytes).collect::<Option<_>>()?),
        HirKind::Alternation(branches) => Hir::alternation(branches.iter().map(over_bytes).collect::<Option<_>>()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alphabet(expression: &str) -> Option<Alphabet> {
        Alphabet::of(&regex_syntax::parse(expression).unwrap())
    }

    #[test]
    fn characters_that_the_expression_treats_alike_share_a_byte() {
        let alphabet = alphabet(r"^[^a-zа-я]{1,3}(©|ü)\b").unwrap();
        let of = |line: &str| alphabet.line(line).unwrap().into_owned();
        assert_eq!(of("tide"), b"tide");
        let bytes = of("жд©üéç€—");
        let [zhe, de, copyright, umlaut, acute, cedilla, euro, dash] = bytes[..] else { panic!("{bytes:?}") };
        assert_eq!((zhe, acute, euro), (de, cedilla, dash));
        let mut apart = [zhe, copyright, umlaut, acute, euro];
        apart.sort_unstable();
        assert!(apart.windows(2).all(|pair| pair[0] != pair[1]), "{apart:?}");
        // Letters are letters to `\b`, signs are none.
        assert!([zhe, umlaut, acute].iter().all(u8::is_ascii_uppercase) && !copyright.is_ascii() && !euro.is_ascii());
    }

    #[test]
    fn what_has_no_byte_for_each_has_no_alphabet() {
        // More letters than there are capitals, where words are asked for.
        let letters = "абвгдежзийклмнопрстуфхцчшщъыьэюя".chars().map(|c| format!("{c}a")).collect::<Vec<_>>().join("|");
        assert!(alphabet(&letters).is_some());
        assert!(alphabet(&format!(r"\b({letters})")).is_none());
        assert!(alphabet("Tide").is_none());
        assert_eq!(alphabet("é").unwrap().line("Été"), Some(Cow::Borrowed(&[0x80, b't', 0x81][..])));
        assert_eq!(alphabet("é").unwrap().line("The"), None);
    }
}
