//! Paragraphs that were wrapped to a width, so that line ends stand where the next word would not have fit.
//!
//! Who wraps greedily at width *w* leaves a trace: every line but a paragraph's last is at most *w* wide, and with the
//! next line's first word it would be wider than *w*. Each paragraph allows a range of widths, usually three or four
//! columns; text is taken as wrapped where the paragraphs of the page agree on one.

use super::{Line, markdown};
use dechaff_document::BlockKind;

/// Widths at which people and programs wrap, in columns.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=132;

/// Paragraphs of at least three lines that must agree on the width; fewer do where they are most of the text.
const AGREEING: usize = 3;

/// Columns by which a line may fall short of what a greedy wrapper fills: some hang punctuation or avoid widows.
const SLACK: usize = 2;

/// The width at which the text is wrapped, if it is.
pub(super) fn width(text: &str, lines: &[Line]) -> Option<usize> {
    let mut votes = vec![0usize; WIDTHS.end() + 2];
    let (mut paragraphs, mut against) = (0usize, 0usize);
    let mut start = 0;
    while start < lines.len() {
        let end = (start + 1..lines.len()).find(|at| lines[*at].blank > 0).unwrap_or(lines.len());
        if end - start >= 3 {
            paragraphs += 1;
            let found = match allowed(text, &lines[start..end]) {
                Some(range) => vec![range],
                // Where a page's menus and buttons stand line by line, its paragraphs may have no blank line around.
                None => continued(text, &lines[start..end]).into_iter().filter_map(|run| allowed(text, run)).collect(),
            };
            against += usize::from(found.is_empty());
            found.iter().for_each(|&(narrowest, widest)| (narrowest..=widest).for_each(|width| votes[width] += 1));
        }
        start = end;
    }
    // Of widths with as many votes the narrowest: the one that the longest line fills.
    let (votes, width) =
        votes.iter().enumerate().map(|(width, votes)| (*votes, width)).rev().max_by_key(|best| best.0)?;
    // Lists and verse stand among wrapped paragraphs; pages whose lines are paragraphs have none that agree.
    let enough = votes >= AGREEING || (votes >= 1 && votes == paragraphs);
    (enough && votes * 2 >= against).then_some(width)
}

/// Where the paragraph ends that begins with line `at`: the line after its last.
pub(super) fn paragraph_end(text: &str, lines: &[Line], at: usize, width: Option<usize>) -> usize {
    let Some(width) = width else { return at + 1 };
    let mut end = at + 1;
    while end < lines.len() && lines[end].blank == 0 {
        let (line, next) = (&text[lines[end - 1].span.clone()], &text[lines[end].span.clone()]);
        let (columns, first) = (columns(line), first_word(next));
        let full = columns <= width + SLACK && columns + 1 + first + SLACK > width && columns * 2 > width;
        if !full
            || markdown::kind(next.trim_start()) != BlockKind::Paragraph
            || lines[end].indent > lines[end - 1].indent + 1 && end > at + 1
        {
            break;
        }
        end += 1;
    }
    end
}

/// Runs of three lines or more of which each goes on in the next: it is wide enough to be wrapped and ends in the midst of a
/// sentence, and the next begins with a small letter.
fn continued<'a>(text: &str, lines: &'a [Line]) -> Vec<&'a [Line]> {
    let goes_on = |pair: &[Line]| {
        let (line, next) = (&text[pair[0].span.clone()], &text[pair[1].span.clone()]);
        columns(line) >= *WIDTHS.start()
            && !line.trim_end().ends_with(['.', '!', '?', ':', '…', '»', '"', '”'])
            && next.trim_start().starts_with(char::is_lowercase)
    };
    let mut runs = Vec::new();
    let mut start = 0;
    for at in 1..=lines.len() {
        if at == lines.len() || !goes_on(&lines[at - 1..=at]) {
            if at - start >= 3 {
                runs.push(&lines[start..at]);
            }
            start = at;
        }
    }
    runs
}

/// The narrowest and the widest width that a greedy wrapper can have had for these lines.
fn allowed(text: &str, lines: &[Line]) -> Option<(usize, usize)> {
    let mut narrowest = *WIDTHS.start();
    let mut widest = *WIDTHS.end();
    for pair in lines.windows(2) {
        let (line, next) = (&text[pair[0].span.clone()], &text[pair[1].span.clone()]);
        let columns = columns(line);
        narrowest = narrowest.max(columns);
        widest = widest.min(columns + first_word(next));
        if narrowest > widest {
            return None;
        }
    }
    narrowest = narrowest.max(columns(&text[lines[lines.len() - 1].span.clone()]));
    (narrowest <= widest).then_some((narrowest, widest))
}

/// Columns of a line, up to just beyond the widest width.
fn columns(line: &str) -> usize {
    if line.is_ascii() {
        return line.len().min(WIDTHS.end() + 2);
    }
    line.chars().take(WIDTHS.end() + 2).map(column_width).sum()
}

/// Columns of the first word: one character where the script has no spaces.
fn first_word(line: &str) -> usize {
    let line = line.trim_start();
    match line.chars().next() {
        Some(c) if column_width(c) == 2 => 2,
        _ => line.chars().take(WIDTHS.end() + 2).take_while(|c| !c.is_whitespace() && column_width(*c) < 2).count(),
    }
}

/// East Asian characters take two columns.
fn column_width(c: char) -> usize {
    match c {
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' => 2,
        '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::page;

    const STORY: &str = "The mill stood by the river for two hundred years before anyone thought of asking who had \
                         built it, and by then nobody in the village could say. Some held that monks had come over \
                         the hill with oxen and a wheel; others that a widow paid for it with the last of her silver.";

    fn wrapped(text: &str, width: usize) -> String {
        let mut lines = vec![String::new()];
        for word in text.split(' ') {
            let last = lines.last_mut().unwrap();
            if last.is_empty() {
                last.push_str(word);
            } else if last.len() + 1 + word.len() <= width {
                last.push(' ');
                last.push_str(word);
            } else {
                lines.push(word.to_owned());
            }
        }
        lines.join("\n")
    }

    #[test]
    fn wrapped_paragraphs_are_blocks_and_keep_their_line_ends() {
        for width in [60, 72, 80] {
            let paragraph = wrapped(STORY, width);
            let text = format!("THE MILL\n\n{paragraph}\n\n{paragraph}\n\n* item one\n* item two\n");
            let blocks = page(&text).blocks;
            assert_eq!(blocks.len(), 5, "{width}");
            assert_eq!(blocks[1].text, paragraph);
            assert_eq!(&text[blocks[2].span.clone()], paragraph);
        }
    }

    #[test]
    fn wrapped_paragraphs_are_found_among_lines_of_furniture() {
        let (one, two, three) = (wrapped(STORY, 72), wrapped(&STORY[4..], 72), wrapped(&STORY[9..], 72));
        let text = format!("Home\nNews\nSport\n{one}\nShare\nPrint\n{two}\nRead also\n{three}\nImprint\nContact\n");
        let blocks = page(&text).blocks;
        let long: Vec<&str> = blocks.iter().map(|block| block.text.as_str()).filter(|text| text.len() > 80).collect();
        assert_eq!(long, [one.as_str(), &two, &three]);
        assert_eq!(blocks.len(), 11);
    }

    #[test]
    fn crlf_inside_a_wrapped_paragraph_becomes_lf() {
        let paragraph = wrapped(STORY, 72);
        let blocks = page(&paragraph.replace('\n', "\r\n")).blocks;
        assert_eq!(blocks.len(), 1);
        assert_eq!(blocks[0].text, paragraph);
    }

    #[test]
    fn lines_that_are_paragraphs_or_verse_or_a_menu_stay_apart() {
        let lines = [STORY, STORY, STORY].join("\n");
        assert_eq!(page(&lines).blocks.len(), 3);
        let verse = "The tide goes out,\nthe tide comes in,\nand on the sand a bicycle\nforgets what wheels are for.";
        assert_eq!(page(verse).blocks.len(), 4);
        let menu = "Home\nNews\nSport and leisure in the region\nContact\nImprint";
        assert_eq!(page(menu).blocks.len(), 5);
    }

    #[test]
    fn a_short_last_line_ends_its_paragraph_without_a_blank_line() {
        let paragraph = wrapped(STORY, 72);
        let text = format!("{paragraph}\n\n{paragraph}\n\n{paragraph}\nThe end.\nOf it all.");
        let blocks = page(&text).blocks;
        assert_eq!(blocks.last().unwrap().text, "Of it all.");
    }
}
