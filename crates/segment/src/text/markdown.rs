//! What the marks of plain text say: bullets, numbers, headings, fences (CommonMark's, and those of terminal browsers).

use dechaff_document::BlockKind;

use super::Line;

/// What a line is by the mark it begins with, white space before it left out. The mark stays in the text.
pub(super) fn kind(line: &str) -> BlockKind {
    let hashes = line.bytes().take_while(|byte| *byte == b'#').count();
    if (1..=6).contains(&hashes) && line[hashes..].starts_with([' ', '\t']) && !line[hashes..].trim().is_empty() {
        return BlockKind::Heading(hashes as u8);
    }
    if is_bullet(line) {
        return BlockKind::ListItem(None);
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    if (1..=4).contains(&digits)
        && let Some(rest) = line[digits..].strip_prefix(['.', ')'])
        && rest.starts_with([' ', '\t'])
        && !rest.trim().is_empty()
    {
        return BlockKind::ListItem(line[..digits].parse().ok());
    }
    BlockKind::Paragraph
}

/// Dashes longer than a hyphen are left out: in many languages they open speech.
fn is_bullet(line: &str) -> bool {
    let mut characters = line.chars();
    let bullet = match characters.next() {
        Some('*' | '+' | '-' | '•' | '·' | '▪' | '▫' | '●' | '○' | '◦' | '‣' | '■' | '□' | '➤' | '►' | '✓' | '✔') => {
            true
        }
        // The third level of lists in the output of terminal browsers.
        Some('o') => true,
        _ => false,
    };
    bullet && characters.next().is_some_and(char::is_whitespace) && characters.any(|c| !c.is_whitespace())
}

/// The level of a heading that is underlined with `===` (1) or `---` (2).
pub(super) fn underlined(line: &str, next: &str) -> Option<u8> {
    let level = match next.as_bytes().first()? {
        b'=' => 1,
        b'-' => 2,
        _ => return None,
    };
    let mark = next.as_bytes()[0];
    let plain = line.chars().next().is_some_and(char::is_alphanumeric);
    (plain && next.len() >= 3 && next.bytes().all(|byte| byte == mark) && line.chars().count() <= 100).then_some(level)
}

/// For every line that opens fenced code, the line after the one that closes it. A fence that is never closed opens
/// nothing.
pub(super) fn fences(text: &str, lines: &[Line]) -> Vec<Option<usize>> {
    let mut closed = vec![None; lines.len()];
    let mut open: Option<(usize, &str)> = None;
    for (at, line) in lines.iter().enumerate() {
        let content = &text[line.span.start + line.indent..line.span.end];
        let Some(mark) = ["```", "~~~"].into_iter().find(|mark| content.starts_with(mark)) else { continue };
        match open {
            Some((start, same)) if same == mark && content.trim_start_matches(&mark[..1]).is_empty() => {
                closed[start] = Some(at + 1);
                open = None;
            }
            Some(_) => {}
            None => open = Some((at, mark)),
        }
    }
    closed
}

#[cfg(test)]
mod tests {
    use super::super::tests::page;
    use super::*;

    #[test]
    fn marks_are_known() {
        assert_eq!(kind("## Rain"), BlockKind::Heading(2));
        assert_eq!(kind("#rain"), BlockKind::Paragraph);
        assert_eq!(kind("• rain"), BlockKind::ListItem(None));
        assert_eq!(kind("12) rain"), BlockKind::ListItem(Some(12)));
        assert_eq!(kind("2024. rain"), BlockKind::ListItem(Some(2024)));
        assert_eq!(kind("3.5 rain"), BlockKind::Paragraph);
        assert_eq!(kind("— Rain, she said."), BlockKind::Paragraph);
        assert_eq!(kind("*"), BlockKind::Paragraph);
        assert_eq!(kind("over the hill"), BlockKind::Paragraph);
    }

    #[test]
    fn an_underlined_heading_is_one_block() {
        let blocks = page("Rain\n====\nIt rained.\n\nSnow\n----\n\nIt snowed.\n").blocks;
        assert_eq!(blocks[0].text, "Rain\n====");
        assert_eq!(blocks[0].kind, BlockKind::Heading(1));
        assert_eq!(blocks[1].text, "It rained.");
        assert_eq!(blocks[2].kind, BlockKind::Heading(2));
        assert_eq!(blocks.len(), 4);
    }

    #[test]
    fn fenced_code_is_one_block_with_its_blank_lines() {
        let blocks = page("Run:\n```sh\ncd a\n\n  ls\n```\nDone.\n```\nnever closed\n").blocks;
        assert_eq!(blocks[1].text, "```sh\ncd a\n\n  ls\n```");
        assert_eq!(blocks[1].kind, BlockKind::Code);
        assert_eq!(blocks[2].text, "Done.");
        assert_eq!(blocks.len(), 5);
    }
}
