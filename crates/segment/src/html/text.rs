//! Text of one block as it is gathered: white space folded, marks placed.

use dechaff_document::{Mark, MarkKind};

/// Where a word may be broken: nothing that is read.
const SOFT_HYPHEN: char = '\u{ad}';

/// Gathers the text of one block after another.
#[derive(Debug, Default)]
pub(super) struct TextBuilder<'a> {
    text: String,
    space: bool,
    /// White space that preformatted text begins with, as long as nothing but it was read.
    indentation: String,
    /// Preformatted text goes on in a line of its own.
    line_ended: bool,
    marks: Vec<Placed<'a>>,
    open: Vec<OpenMark<'a>>,
    link_characters: u32,
    links: u32,
}

/// A mark whose element is open. It may run over several blocks (a link around paragraphs): each gets its own.
#[derive(Debug)]
struct OpenMark<'a> {
    kind: Marked<'a>,
    start: Option<usize>,
}

/// What a mark says, as a view of the page: marks without text, as most images are, are never made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Marked<'a> {
    Link(&'a str),
    Strong,
    Emphasis,
    Code,
    Image { source: &'a str, alternative: &'a str },
}

impl Marked<'_> {
    fn kind(self) -> MarkKind {
        match self {
            Marked::Link(target) => MarkKind::Link(target.to_owned()),
            Marked::Strong => MarkKind::Strong,
            Marked::Emphasis => MarkKind::Emphasis,
            Marked::Code => MarkKind::Code,
            Marked::Image { source, alternative } => MarkKind::Image {
                source: source.to_owned(),
                alternative: match is_plain(alternative) && alternative.trim_ascii().len() == alternative.len() {
                    true => alternative.to_owned(),
                    false => alternative.split_whitespace().collect::<Vec<_>>().join(" "),
                },
            },
        }
    }
}

/// A mark and the text that it covers, in bytes.
#[derive(Debug)]
struct Placed<'a> {
    start: usize,
    end: usize,
    kind: Marked<'a>,
}

/// The text of a finished block.
pub(super) struct Gathered {
    pub(super) text: String,
    pub(super) marks: Vec<Mark>,
    pub(super) link_characters: u32,
}

impl<'a> TextBuilder<'a> {
    /// Whether no text was gathered since the last [`TextBuilder::take`].
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Adds text, folding white space. Says whether anything but white space was added.
    pub(super) fn push(&mut self, text: &str) -> bool {
        let bytes = text.as_bytes();
        let Some(start) = bytes.iter().position(|&byte| !is_space(byte)) else {
            // White space between elements: most texts of a page are that.
            self.space |= !text.is_empty();
            return false;
        };
        let end = bytes.iter().rposition(|&byte| !is_space(byte)).map_or(text.len(), |last| last + 1);
        let trimmed = &text[start..end];
        if is_plain(trimmed) {
            self.space |= start > 0;
            self.word(trimmed);
            self.space = end < text.len();
            return true;
        }
        if trimmed.is_ascii() {
            self.space |= start > 0;
            for word in trimmed.as_bytes().split(|&byte| is_space(byte)).filter(|word| !word.is_empty()) {
                self.word(std::str::from_utf8(word).expect("ASCII"));
                self.space = true;
            }
            self.space = end < text.len();
            return true;
        }
        let mut added = false;
        let mut end = 0;
        for word in text.split_whitespace() {
            let start = word.as_ptr() as usize - text.as_ptr() as usize;
            if start > end {
                self.space = true;
                // A line end in the source between two characters of a script without spaces is none.
                if word.starts_with(is_wide) && self.text.ends_with(is_wide) && text[end..start].contains('\n') {
                    self.space = false;
                }
            }
            end = start + word.len();
            if word.contains(SOFT_HYPHEN) {
                let word = word.replace(SOFT_HYPHEN, "");
                if !word.is_empty() {
                    self.word(&word);
                }
            } else {
                self.word(word);
            }
            added = true;
        }
        if text.ends_with(char::is_whitespace) {
            self.space = true;
        }
        added && !self.text.is_empty()
    }

    /// Adds text as it is. Says whether anything but white space was added.
    pub(super) fn push_preformatted(&mut self, text: &str) -> bool {
        let solid = !text.trim().is_empty();
        if solid || !self.text.is_empty() {
            if std::mem::take(&mut self.line_ended) {
                self.start_line();
            }
            let indentation = std::mem::take(&mut self.indentation);
            self.text.push_str(&indentation);
            self.start_marks();
            self.text.push_str(text);
            self.count(text);
        } else {
            self.indentation.push_str(text);
        }
        solid
    }

    /// Preformatted text goes on in a new line, unless it is at the start of one.
    pub(super) fn start_line(&mut self) {
        self.line_ended = false;
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// Whatever comes next in preformatted text comes in a new line.
    pub(super) fn end_line(&mut self) {
        self.line_ended = true;
    }

    /// Parts what comes from what was.
    pub(super) fn gap(&mut self) {
        self.space = true;
    }

    /// Opens a mark.
    pub(super) fn open(&mut self, kind: Marked<'a>) {
        self.links += u32::from(matches!(kind, Marked::Link(_)));
        self.open.push(OpenMark { kind, start: None });
    }

    /// Closes the innermost open mark.
    pub(super) fn close(&mut self) {
        let Some(mark) = self.open.pop() else { return };
        self.links -= u32::from(matches!(mark.kind, Marked::Link(_)));
        if let Some(start) = mark.start
            && start < self.text.len()
        {
            self.marks.push(Placed { start, end: self.text.len(), kind: mark.kind });
        }
    }

    /// Marks an image at this place.
    pub(super) fn image(&mut self, source: &'a str, alternative: &'a str) {
        let at = self.text.len();
        self.marks.push(Placed { start: at, end: at, kind: Marked::Image { source, alternative } });
    }

    /// The text gathered so far, if it is anything; the next block begins.
    pub(super) fn take(&mut self) -> Option<Gathered> {
        self.space = false;
        self.line_ended = false;
        self.indentation.clear();
        if self.text.is_empty() {
            self.marks.clear();
            return None;
        }
        let marks = &mut self.marks;
        let length = self.text.trim_end().len();
        for mark in &mut self.open {
            if let Some(start) = mark.start.take() {
                marks.push(Placed { start, end: length, kind: mark.kind });
            }
        }
        // The block's own text is as long as it is; the room it was gathered in serves the next.
        let text = self.text[..length].to_owned();
        self.text.clear();
        marks.retain_mut(|mark| {
            mark.start = mark.start.min(length);
            mark.end = mark.end.min(length);
            mark.start < mark.end || matches!(mark.kind, Marked::Image { .. })
        });
        // Outer marks first. Marks were closed inside out, so of equal ranges the later is the outer.
        marks.reverse();
        marks.sort_by_key(|mark| (mark.start, std::cmp::Reverse(mark.end)));
        let marks = marks.drain(..).map(|mark| Mark { range: mark.start..mark.end, kind: mark.kind.kind() }).collect();
        let link_characters = std::mem::take(&mut self.link_characters);
        Some(Gathered { text, marks, link_characters })
    }

    fn word(&mut self, word: &str) {
        if self.space && !self.text.is_empty() {
            self.text.push(' ');
            self.link_characters += u32::from(self.links > 0 && self.open.iter().any(|mark| mark.start.is_some()));
        }
        self.space = false;
        self.start_marks();
        self.text.push_str(word);
        self.count(word);
    }

    fn start_marks(&mut self) {
        for mark in self.open.iter_mut().rev() {
            if mark.start.is_some() {
                break;
            }
            mark.start = Some(self.text.len());
        }
    }

    fn count(&mut self, text: &str) {
        if self.links > 0 {
            self.link_characters += text.chars().count() as u32;
        }
    }
}

/// White space of ASCII, as `char::is_whitespace` has it.
fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}

/// Whether a text holds nothing to fold: ASCII, its words parted by single spaces. Most texts are so, and need not be
/// read word by word. Without a way out of the loops, which then read many bytes in a step.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let graphic = bytes.iter().fold(true, |all, byte| all & matches!(byte, b' '..=b'~'));
    let twice = |(first, second): (&u8, &u8)| (*first == b' ') & (*second == b' ');
    graphic && !bytes.iter().zip(bytes.iter().skip(1)).fold(false, |any, pair| any | twice(pair))
}

/// Whether a character is of a script that is written without spaces and of full width: ideographs, kana, their
/// punctuation. Not Hangul, which has spaces.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{a4cf}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff60}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_folds_and_marks_hug_their_words() {
        let mut builder = TextBuilder::default();
        builder.push("  See ");
        builder.open(Marked::Link("/a"));
        builder.open(Marked::Strong);
        builder.push(" the\u{a0}\n map ");
        builder.close();
        builder.close();
        builder.push(".");
        let block = builder.take().unwrap();
        assert_eq!(block.text, "See the map .");
        assert_eq!(block.link_characters, 7);
        let marks: Vec<_> = block.marks.iter().map(|mark| (mark.range.clone(), &mark.kind)).collect();
        assert_eq!(marks, [(4..11, &MarkKind::Link("/a".into())), (4..11, &MarkKind::Strong)]);
    }

    #[test]
    fn ascii_folds_as_any_other_text_does() {
        for text in ["a\n  b c", " a", "a\u{b}b\x7f\x1c c ", "\n", "", " \t", "x\0y"] {
            for other in ["", "é", " é", "é "] {
                let (mut pieces, mut whole) = (TextBuilder::default(), TextBuilder::default());
                let added = pieces.push(text);
                pieces.push(other);
                assert_eq!(added, !text.trim().is_empty());
                whole.push(&[text, other].concat());
                let text = |mut builder: TextBuilder<'_>| builder.take().map(|gathered| gathered.text);
                assert_eq!(text(pieces), text(whole));
            }
        }
    }

    #[test]
    fn a_mark_over_two_blocks_is_in_both() {
        let mut builder = TextBuilder::default();
        builder.open(Marked::Link("/a"));
        builder.push("one");
        let first = builder.take().unwrap();
        builder.push("two");
        let second = builder.take().unwrap();
        builder.close();
        assert_eq!((first.marks.len(), second.marks.len()), (1, 1));
        assert_eq!(second.marks[0].range, 0..3);
        assert_eq!(second.link_characters, 3);
    }
}
