//! Plain text.
//!
//! HTML: paragraphs stand apart by a blank line; items of lists carry `- ` or their number and are indented by their
//! depth; a row of a table is a line; code keeps its white space. Plain text comes back as it was, apart from the lines
//! that are dropped, blank lines at both ends, and line ends (always `\n`, one at the end).

use dechaff_document::{Block, BlockKind, Break, JudgedPage, PageKind};

use super::{Body, COMMENTS, Kept, ended, list_depth};
use crate::Settings;

/// Indentation of one level of a list.
const INDENT: &str = "  ";

pub(super) fn render(judged: &JudgedPage, settings: &Settings) -> String {
    let body = Body::of(judged, settings.title);
    let length: usize = body.blocks.iter().map(|kept| kept.block.text.len() + 8).sum();
    let mut out = String::with_capacity(length + 256);
    if let Some(title) = body.title {
        out.push_str(title);
        out.push_str("\n\n");
    }
    match judged.page.kind {
        PageKind::Text => lines(&mut out, &body.blocks),
        PageKind::Html => blocks(&mut out, &body.blocks, settings),
    }
    let comments = Body::comments(judged);
    if !body.blocks.is_empty() && !comments.is_empty() {
        out = ended(out) + "\n" + COMMENTS + "\n\n";
        blocks(&mut out, &comments, settings);
    }
    ended(out)
}

/// Lines of a plain text, with the blank lines and the indentation they had.
fn lines(out: &mut String, blocks: &[Kept<'_>]) {
    for (place, kept) in blocks.iter().enumerate() {
        if place > 0 {
            match kept.starts {
                Break::Space => part_of_line(out, kept),
                Break::Line => out.push('\n'),
                Break::Paragraph(blank) => (0..=blank).for_each(|_| out.push('\n')),
            }
        }
        out.push_str(&kept.block.text);
    }
}

/// Between two parts of one line: what the source had, which is nothing in scripts without spaces. Where a part between
/// them was dropped, two words never run together.
fn part_of_line(out: &mut String, kept: &Kept<'_>) {
    let before = out.chars().next_back();
    let after = kept.block.text.chars().next();
    let spaced = before.is_none_or(char::is_whitespace) || after.is_none_or(char::is_whitespace);
    let words_meet = before.is_some_and(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric);
    let touches = kept.touches && !(kept.after_dropped && words_meet);
    if !spaced && !touches {
        out.push(' ');
    }
}

/// Blocks of HTML.
fn blocks(out: &mut String, blocks: &[Kept<'_>], settings: &Settings) {
    let mut before: Option<&Block> = None;
    for kept in blocks {
        let block = kept.block;
        let joint = before.map(|before| joint(before, kept));
        match joint {
            None => {}
            Some(Joint::Cell(columns)) => out.push_str(&settings.cell_separator.repeat(columns)),
            Some(Joint::Space) => out.push(' '),
            Some(Joint::Line) => out.push('\n'),
            Some(Joint::Paragraph) => out.push_str("\n\n"),
        }
        if !matches!(joint, Some(Joint::Cell(_) | Joint::Space)) {
            line_start(out, block, settings.list_markers);
            // A row that begins with empty cells.
            if let BlockKind::TableCell(cell) = block.kind {
                out.push_str(&settings.cell_separator.repeat(shown(cell.column)));
            }
        }
        match block.kind {
            BlockKind::Code => out.push_str(block.text.trim_matches('\n')),
            _ => out.push_str(&block.text),
        }
        before = Some(block);
    }
}

/// What stands between two kept blocks of HTML.
#[derive(Clone, Copy, PartialEq)]
enum Joint {
    /// So many columns further.
    Cell(usize),
    Space,
    Line,
    Paragraph,
}

fn joint(before: &Block, kept: &Kept<'_>) -> Joint {
    let block = kept.block;
    if let (BlockKind::TableCell(one), BlockKind::TableCell(other)) = (before.kind, block.kind)
        && one.table == other.table
    {
        return match (one.row == other.row, one.column == other.column) {
            (true, true) => Joint::Space,
            (true, false) => Joint::Cell(shown(other.column.saturating_sub(one.column + one.columns) + 1)),
            (false, _) => Joint::Line,
        };
    }
    let stands_alone = |kind| matches!(kind, BlockKind::Code | BlockKind::TableCell(_));
    match kept.starts {
        Break::Space if matches!(block.kind, BlockKind::ListItem(_)) => Joint::Line,
        Break::Space if stands_alone(block.kind) || stands_alone(before.kind) => Joint::Line,
        Break::Space => Joint::Space,
        Break::Line => Joint::Line,
        Break::Paragraph(_) => Joint::Paragraph,
    }
}

/// Columns that are shown as such: a cell can be put anywhere by what it spans.
fn shown(columns: u32) -> usize {
    columns.min(64) as usize
}

/// Indentation and marker of a list item; text that goes on in an item is set below it. Code stands as it is.
fn line_start(out: &mut String, block: &Block, markers: bool) {
    if block.kind == BlockKind::Code {
        return;
    }
    let depth = list_depth(block);
    match block.kind {
        BlockKind::ListItem(number) => {
            out.push_str(&INDENT.repeat(depth.saturating_sub(1)));
            match number {
                _ if !markers => {}
                Some(number) => out.push_str(&format!("{number}. ")),
                None => out.push_str("- "),
            }
        }
        _ => out.push_str(&INDENT.repeat(depth)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{page, text_page};
    use super::*;
    use crate::{TitlePlacement, settings::defaults};
    use dechaff_document::{Found, Origin};

    fn text(written: &str) -> String {
        render(&page(written), &defaults())
    }

    #[test]
    fn dropped_blocks_do_not_glue_their_neighbours() {
        assert_eq!(text("+ p One.\n- p Menu\n+ ~p Two."), "One.\n\nTwo.\n");
        assert_eq!(text("+ p One.\n- 'p Menu\n+ ~p Two."), "One.\nTwo.\n");
        assert_eq!(text("+ p One.\n- ~p Menu\n+ ~p Two."), "One. Two.\n");
        assert_eq!(text("- p Menu"), "");
    }

    #[test]
    fn lists_stay_lists() {
        let written = "+ p Buy:\n+ 'li bread\n+ '>li rye\n- '>li spelt\n+ '>p sliced\n+ 'li milk\n+ li1 First\n+ 'li2 Second\n+ p Go.";
        let expected = "Buy:\n- bread\n  - rye\n  sliced\n- milk\n\n1. First\n2. Second\n\nGo.\n";
        assert_eq!(text(written), expected);
        let bare = Settings { list_markers: false, ..defaults() };
        assert_eq!(render(&page("+ li bread\n+ '>li rye"), &bare), "bread\n  rye\n");
    }

    #[test]
    fn a_row_of_a_table_is_a_line() {
        let written =
            "+ th0.0 Town\n+ ~th0.1 People\n+ 'td1.0 Ulm\n- ~td1.1 ad\n+ ~td1.1 126,000\n+ td1.1 (2019)\n+ p End.";
        assert_eq!(text(written), "Town | People\nUlm | 126,000 (2019)\n\nEnd.\n");
    }

    #[test]
    fn code_keeps_its_white_space() {
        let written = "+ p Run:\n+ code \\nfn main() {\\n    go();\\n}\\n\n+ p Done.";
        assert_eq!(text(written), "Run:\n\nfn main() {\n    go();\n}\n\nDone.\n");
    }

    #[test]
    fn plain_text_comes_back_as_it_was_but_for_dropped_lines() {
        let settings = defaults();
        let source = "Title\n\n\n  indented\tline  \nnext\n- Share this\n\nlast";
        assert_eq!(render(&text_page(source), &settings), "Title\n\n\n  indented\tline  \nnext\n\nlast\n");
        assert_eq!(render(&text_page("\n\na\r\nb\n\n\n"), &settings), "a\nb\n");
    }

    #[test]
    fn sentences_cut_from_one_line_join_as_they_stood() {
        let mut judged = text_page("他来了。\n他走了。\nWe met. \nWe left.");
        for (block, start) in judged.page.blocks.iter_mut().zip([0, 12, 30, 38]) {
            block.starts = Break::Space;
            block.span = start..start + block.text.len();
        }
        assert_eq!(render(&judged, &defaults()), "他来了。他走了。 We met. We left.\n");
        // With the middle gone, words at the cut must not run together.
        let mut judged = text_page("abc\n-def\nghi");
        for (block, start) in judged.page.blocks.iter_mut().zip([0, 3, 6]) {
            block.starts = Break::Space;
            block.span = start..start + 3;
        }
        assert_eq!(render(&judged, &defaults()), "abc ghi\n");
    }

    #[test]
    fn the_title_stands_once() {
        let titled = |mut judged: JudgedPage| {
            judged.page.metadata.title = Some(Found::new("Rain at last", Origin::JsonLd));
            judged
        };
        let inside = Settings { title: TitlePlacement::Metadata, ..defaults() };
        let without = titled(page("- h1 Rain at last\n+ p It rained."));
        assert_eq!(render(&without, &defaults()), "Rain at last\n\nIt rained.\n");
        assert_eq!(render(&without, &inside), "It rained.\n");
        let with = titled(page("+ h1 RAIN AT LAST\n+ p It rained."));
        assert_eq!(render(&with, &defaults()), "RAIN AT LAST\n\nIt rained.\n");
        assert_eq!(render(&with, &inside), "It rained.\n");
        let plain = titled(text_page("Rain at last\nIt rained."));
        assert_eq!(render(&plain, &defaults()), "Rain at last\nIt rained.\n");
        assert_eq!(render(&plain, &inside), "It rained.\n");
        let nothing = titled(page("- p Menu"));
        assert_eq!(render(&nothing, &defaults()), "");
    }
}
