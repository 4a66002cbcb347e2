//! Cutting a very long line into sentences.
//!
//! Text that lost its line ends holds menu, story and footer in one line. Sentences are judged apart, and so is what
//! [`breaks`] takes for lines of their own; a cut is made where exactly one space can stand for what is cut out, or
//! nothing, so the line can be put together again.

use std::ops::Range;

use super::breaks;

/// A page of at most this many lines may be a page that lost its line ends.
pub(super) const FEW_LINES: usize = 3;

/// Characters from which a line of a page of [`FEW_LINES`] is cut: about four sentences.
const LONG_OF_FEW: usize = 600;

/// Characters from which any line is cut. Paragraphs of this length are rare in edited text (under one in a thousand
/// lines that annotators kept on WCXB pages).
const LONG: usize = 3000;

/// Bytes below which a piece is not cut off: shorter ones are initials and abbreviations.
const SHORTEST: usize = 24;

pub(super) fn is_long(line: &str, few_lines: bool) -> bool {
    // Bytes are at least characters, so most lines are told without counting.
    let long = if few_lines { LONG_OF_FEW } else { LONG };
    line.len() >= long && line.chars().count() >= long
}

/// The line's pieces in order. What stands between two is one space or nothing; longer white space stays at the end of
/// the earlier piece.
pub(super) fn cut(text: &str, line: Range<usize>) -> Vec<Range<usize>> {
    let content = &text[line.clone()];
    let lost = breaks::breaks(content);
    let mut lost = lost.into_iter().filter(|(end, next)| &content[*end..*next] == " ").peekable();
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut characters = content.char_indices().peekable();
    // The end of a sentence was seen, and nothing after it but closing marks.
    let mut ended = false;
    let mut previous = ' ';
    let mut letters = 0;
    while let Some((at, c)) = characters.next() {
        match c {
            '。' | '！' | '？' | '．' => ended = true,
            '.' | '!' | '?' | '…' | '؟' | '۔' | '।' | '॥' => ended = c != '.' || letters != 1,
            _ if is_closing(c) => {}
            _ if c.is_whitespace() => {
                let next = characters.peek().map(|(_, next)| *next);
                let gap = matches!(previous, ' ' | '\t') && next.is_some_and(|next| !next.is_whitespace());
                let opens = next.is_some_and(|next| !next.is_lowercase() && !next.is_whitespace());
                let was_break = lost.next_if(|(end, _)| *end <= at).is_some();
                if c == ' ' && (((ended && opens) || gap) && at - start >= SHORTEST || was_break) {
                    pieces.push(line.start + start..line.start + at);
                    start = at + 1;
                }
                if opens || next.is_some_and(char::is_lowercase) {
                    ended = false;
                }
            }
            _ => {
                if ended && is_wide(previous) && at - start >= SHORTEST {
                    pieces.push(line.start + start..line.start + at);
                    start = at;
                }
                ended = false;
            }
        }
        letters = if c.is_alphabetic() { letters + 1 } else { 0 };
        previous = c;
    }
    pieces.push(line.start + start..line.end);
    pieces
}

fn is_closing(c: char) -> bool {
    matches!(c, '"' | '\'' | '”' | '’' | ')' | ']' | '»' | '」' | '』' | '）')
}

/// Full-width marks, after which no space is written.
fn is_wide(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '．' | '」' | '』' | '）' | '”')
}

#[cfg(test)]
mod tests {
    use dechaff_document::Break;

    use super::super::tests::page;

    /// The line put together again, as a writer does.
    fn rejoined(text: &str) -> String {
        let blocks = page(text).blocks;
        let mut out = String::new();
        let mut end = 0;
        for block in &blocks {
            if block.starts == Break::Space && block.span.start > end {
                out.push(' ');
            }
            out.push_str(&block.text);
            end = block.span.end;
        }
        out
    }

    #[test]
    fn a_long_line_is_cut_into_sentences_and_can_be_rejoined() {
        let line = "Home News  Sport  Weather in your region today. Mr. J. Smith of the U.S. office came by train.  \
                    \u{201c}It was late,\u{201d} he said. The ferry at 9.30 a.m. did not run! "
            .repeat(8);
        let line = line.trim_end();
        let blocks = page(line).blocks;
        assert!(blocks.len() >= 24, "{}", blocks.len());
        assert!(blocks[1..].iter().all(|block| block.starts == Break::Space));
        assert!(blocks.iter().any(|block| block.text.ends_with("he said.")));
        assert_eq!(rejoined(line), line);
    }

    #[test]
    fn a_menu_without_marks_is_cut_off_the_story() {
        let story =
            "The council voted on Monday to close the old bridge for good, and nobody spoke against it. ".repeat(12);
        let line = format!("Home News Sport Weather Contact Log in {story}Share Facebook Twitter Print");
        let blocks = page(&line).blocks;
        assert!(blocks.iter().any(|block| block.text.starts_with("The council voted")), "{:?}", blocks[0].text);
        assert!(blocks.iter().all(|block| !block.text.contains("it. Share")));
        assert_eq!(rejoined(&line), line);
    }

    #[test]
    fn a_document_of_one_line_is_read_in_parts() {
        let line = "Terms Privacy Contact The ferry left at noon with nobody aboard. ".repeat(4000);
        assert_eq!(rejoined(line.trim_end()), line.trim_end());
    }

    #[test]
    fn chinese_is_cut_without_spaces() {
        let line = "春天的时候，河边的柳树都绿了，孩子们在岸上跑来跑去。".repeat(40);
        let blocks = page(&line).blocks;
        assert_eq!(blocks.len(), 40);
        assert_eq!(blocks[1].span.start, blocks[0].span.end);
        assert_eq!(rejoined(&line), line);
    }

    #[test]
    fn a_paragraph_among_others_stays_whole() {
        let paragraph = "The mill stood by the river for two hundred years. ".repeat(20);
        let text = format!("{}\nb\nc\nd\n", paragraph.trim_end());
        assert_eq!(page(&text).blocks.len(), 4);
    }
}
