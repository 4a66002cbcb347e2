//! A line as expressions read it.

use std::{borrow::Cow, cell::OnceCell};

use super::bytes::ByteSet;

/// A folded line, and what expressions ask of it, found when the first one asks.
#[derive(Debug)]
pub(super) struct Subject<'l> {
    /// The whole line.
    pub(super) folded: &'l str,
    /// The line without the marks of a list or a Markdown heading before it: what expressions read.
    pub(super) line: &'l str,
    /// Words of the line.
    pub(super) words: u32,
    plain: OnceCell<(Cow<'l, str>, bool)>,
    bytes: OnceCell<ByteSet>,
}

/// Stands for every character of a word beyond ASCII, and for itself.
pub(super) const WORD: u8 = b'_';

/// Stands for every other character beyond ASCII, and for itself: a control character that no text has.
pub(super) const NO_WORD: u8 = 0x1a;

impl<'l> Subject<'l> {
    pub(super) fn new(folded: &'l str, words: u32) -> Subject<'l> {
        Subject { folded, line: without_list_mark(folded), words, plain: OnceCell::new(), bytes: OnceCell::new() }
    }

    /// The bytes of the line.
    pub(super) fn bytes(&self) -> &ByteSet {
        self.bytes.get_or_init(|| ByteSet::of(self.line))
    }

    /// The line with [`WORD`] and [`NO_WORD`] in place of all that is not ASCII, and whether neither stands there: whether
    /// it says of the line what the line itself would.
    pub(super) fn plain(&self) -> (&str, bool) {
        let (plain, exact) = self.plain.get_or_init(|| match self.line.is_ascii() {
            true => {
                let stands_in = |byte: &u8| (*byte == WORD) | (*byte == NO_WORD);
                (Cow::Borrowed(self.line), !self.line.as_bytes().iter().any(stands_in))
            }
            false => (Cow::Owned(self.line.chars().map(|c| char::from(stand_in(c))).collect()), false),
        });
        (plain, *exact)
    }
}

/// The character itself where it is ASCII, else what stands for it.
pub(super) fn stand_in(character: char) -> u8 {
    match character.is_ascii() {
        true => character as u8,
        false if regex_syntax::is_word_character(character) => WORD,
        false => NO_WORD,
    }
}

/// A line without the marks of a list or a Markdown heading before it.
fn without_list_mark(line: &str) -> &str {
    // Nothing of the sort: nearly every line.
    if line.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return line;
    }
    let mut line = line;
    while let Some((mark, rest)) = line.split_once(' ') {
        match !mark.is_empty() && mark.chars().all(|c| "*•·‣▪◦●○■□►➤→>#+|-".contains(c)) {
            true => line = rest,
            false => break,
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ascii_is_a_letter_or_none() {
        let plain = |line| Subject::new(line, 0).plain().0.to_owned();
        assert_eq!(plain("été • 5 €"), "_t_ \x1a 5 \x1a");
        assert_eq!(plain("- noon"), "noon");
        let exact = |line| Subject::new(line, 0).plain().1;
        assert_eq!((exact("noon"), exact("a_b"), exact("été")), (true, false, false));
    }

    #[test]
    fn marks_of_a_list_are_not_read() {
        let line = |folded: &'static str| Subject::new(folded, 0).line;
        assert_eq!([line("- • noon"), line("# tides"), line("-- "), line("-5 at")], ["noon", "tides", "", "-5 at"]);
    }
}
