//! GitHub-flavoured Markdown (<https://github.github.com/gfm/>).
//!
//! Headings, nested lists, quotations, tables, fenced code with its language, emphasis; links and images if they are
//! asked for. Text is escaped where it would be read as markup and nowhere else. Plain text is written as it is: many
//! such files are Markdown already.

use dechaff_document::{Block, BlockKind, Break, JudgedPage, MarkKind, PageKind};

use super::{
    Body, COMMENTS, Kept, ended,
    inline::{Event, events, is_followable},
    language_of_code, list_depth, quote_depth,
    table::{self, Piece},
    text,
};
use crate::Settings;

pub(super) fn render(judged: &JudgedPage, settings: &Settings) -> String {
    if judged.page.kind == PageKind::Text {
        return text::render(judged, settings);
    }
    let body = Body::of(judged, settings.title);
    let mut writer = Writer { out: String::new(), settings, judged, lists: Vec::new() };
    if let Some(title) = body.title {
        writer.out.push_str("# ");
        escape(&mut writer.out, title, false, false);
        writer.out.push_str("\n\n");
    }
    writer.blocks(&body.blocks);
    let comments = Body::comments(judged);
    if !body.blocks.is_empty() && !comments.is_empty() {
        writer.out = ended(writer.out) + "\n## " + COMMENTS + "\n\n";
        writer.lists.clear();
        writer.blocks(&comments);
    }
    ended(writer.out)
}

struct Writer<'a> {
    out: String,
    settings: &'a Settings,
    judged: &'a JudgedPage,
    /// The list items that are open: how deep in quotations each stands, and the width of its marker. What is inside is
    /// indented by the marker, behind the marks of the quotations around the item.
    lists: Vec<(usize, usize)>,
}

impl Writer<'_> {
    fn blocks(&mut self, blocks: &[Kept<'_>]) {
        let mut before: Option<&Block> = None;
        for piece in table::pieces(blocks) {
            let last = match piece {
                Piece::Table(cells) => {
                    self.table(before, cells);
                    cells.last()
                }
                Piece::Block(kept) => {
                    self.block(before, kept);
                    Some(kept)
                }
            };
            before = last.map(|kept| kept.block);
        }
    }

    fn block(&mut self, before: Option<&Block>, kept: &Kept<'_>) {
        let block = kept.block;
        if let Some(before) = before
            && goes_on(before, block)
            && !matches!(kept.starts, Break::Paragraph(_))
        {
            // A line end inside a paragraph needs two spaces before it, or it is read as a space.
            match kept.starts {
                Break::Space => self.out.push(' '),
                _ => {
                    self.out.push_str("  \n");
                    self.indent(block);
                }
            }
            let inline = self.inline(block, true, false);
            self.out.push_str(&inline);
            return;
        }
        let tight = matches!(block.kind, BlockKind::ListItem(_))
            && !matches!(kept.starts, Break::Paragraph(_))
            && before.is_some_and(|before| before.list_depth > 0 && before.quote_depth == block.quote_depth);
        self.part(before, block, tight);
        match block.kind {
            BlockKind::Heading(level) => {
                self.indent(block);
                self.out.push_str(&"#".repeat(usize::from(level.clamp(1, 6))));
                self.out.push(' ');
                let inline = self.inline(block, false, false);
                self.out.push_str(&inline);
            }
            BlockKind::Code => self.code(block),
            BlockKind::ListItem(number) => {
                let depth = list_depth(block).max(1);
                self.lists.truncate(depth - 1);
                self.prefix(block);
                let marker = number.map_or_else(|| "- ".to_owned(), |number| format!("{number}. "));
                self.out.push_str(&marker);
                self.lists.push((quote_depth(block), marker.len()));
                let inline = self.inline(block, true, false);
                self.out.push_str(&inline);
            }
            _ => {
                self.indent(block);
                let inline = self.inline(block, true, false);
                self.out.push_str(&inline);
            }
        }
    }

    /// Ends the block before: by a line end between items of a tight list, else by a blank line.
    fn part(&mut self, before: Option<&Block>, block: &Block, tight: bool) {
        let Some(before) = before else { return };
        self.out.push('\n');
        if !tight {
            let depth = quote_depth(before).min(quote_depth(block));
            self.out.push_str(">".repeat(depth).as_str());
            self.out.push('\n');
        }
    }

    /// Marks of quotations and indentation inside the open list items.
    fn indent(&mut self, block: &Block) {
        self.lists.truncate(list_depth(block));
        self.prefix(block);
    }

    fn prefix(&mut self, block: &Block) {
        let all = quote_depth(block);
        let mut marked = 0;
        for &(quotes, width) in &self.lists {
            let quotes = quotes.min(all);
            self.out.push_str(&"> ".repeat(quotes.saturating_sub(marked)));
            marked = marked.max(quotes);
            self.out.push_str(&" ".repeat(width));
        }
        self.out.push_str(&"> ".repeat(all - marked));
    }

    fn code(&mut self, block: &Block) {
        let code = block.text.trim_matches('\n');
        let fence = "`".repeat(longest_run(code, '`').max(2) + 1);
        self.indent(block);
        self.out.push_str(&fence);
        self.out.push_str(language_of_code(self.judged, block));
        for line in code.split('\n') {
            self.out.push('\n');
            self.prefix(block);
            self.out.push_str(line.trim_end_matches('\r'));
        }
        self.out.push('\n');
        self.prefix(block);
        self.out.push_str(&fence);
    }

    fn table(&mut self, before: Option<&Block>, cells: &[Kept<'_>]) {
        let first = cells[0].block;
        let Some(grid) = table::grid(cells).filter(|grid| grid.rows[0].len() > 1) else {
            // One column, or hardly any cell filled: lines say as much.
            let mut before = before;
            for kept in cells {
                self.part(before, kept.block, false);
                self.indent(kept.block);
                let inline = self.inline(kept.block, true, false);
                self.out.push_str(&inline);
                before = Some(kept.block);
            }
            return;
        };
        self.part(before, first, false);
        for (number, row) in grid.rows.iter().enumerate() {
            if number > 0 {
                self.out.push('\n');
            }
            self.indent(first);
            self.out.push('|');
            for cell in row {
                let parts: Vec<String> =
                    cell.blocks.iter().map(|block| self.inline(block, false, true).replace('\n', " ")).collect();
                self.out.push(' ');
                self.out.push_str(&parts.join("<br>"));
                self.out.push_str(" |");
            }
            // A table of this format has a header: the first row, whether its cells are declared as such or not.
            if number == 0 {
                self.out.push('\n');
                self.prefix(first);
                self.out.push('|');
                self.out.push_str(&" --- |".repeat(row.len()));
            }
        }
    }

    /// The text of a block with its marks.
    fn inline(&self, block: &Block, starts_line: bool, in_cell: bool) -> String {
        let text = &block.text;
        let keep = |kind: &MarkKind| match kind {
            MarkKind::Link(address) => self.settings.links && is_followable(address),
            MarkKind::Image { source, .. } => self.settings.images && is_followable(source),
            _ => true,
        };
        let mut out = String::with_capacity(text.len() + text.len() / 8);
        let mut code_until = None;
        // Emphasis that begins where another ends would be read as one run of asterisks: the second goes without.
        let mut closed_at = None;
        let mut unmarked = Vec::new();
        for event in events(text, &block.marks, keep) {
            match event {
                _ if code_until.is_some() => {
                    if let Event::Close(MarkKind::Code, range) = event
                        && Some(range.end) == code_until
                    {
                        code_until = None;
                    }
                }
                Event::Text(piece) => {
                    let starts_line = starts_line && out.is_empty();
                    escape(&mut out, piece, starts_line, in_cell);
                }
                Event::Open(MarkKind::Code, range) => {
                    code_span(&mut out, &text[range.clone()], in_cell);
                    code_until = Some(range.end);
                }
                Event::Open(MarkKind::Link(_), _) => out.push('['),
                Event::Close(MarkKind::Link(address), _) => destination(&mut out, address, in_cell),
                Event::Image(source, alternative) => {
                    if !out.is_empty() && !out.ends_with([' ', '[', '*']) {
                        out.push(' ');
                    }
                    out.push_str("![");
                    escape(&mut out, alternative, false, in_cell);
                    destination(&mut out, source, in_cell);
                }
                Event::Open(kind, range) => match closed_at == Some(range.start) || !can_be_marked(text, &range) {
                    true => unmarked.push(range),
                    false => out.push_str(asterisks(kind)),
                },
                Event::Close(kind, range) => {
                    closed_at = Some(range.end);
                    if unmarked.pop_if(|last| *last == range).is_none() {
                        out.push_str(asterisks(kind));
                    }
                }
            }
        }
        out
    }
}

/// Whether a block goes on in the paragraph of the one before it.
fn goes_on(before: &Block, block: &Block) -> bool {
    let opens = |kind| !matches!(kind, BlockKind::Heading(_) | BlockKind::Code | BlockKind::TableCell(_));
    opens(before.kind)
        && opens(block.kind)
        && !matches!(block.kind, BlockKind::ListItem(_))
        && before.list_depth == block.list_depth
        && before.quote_depth == block.quote_depth
}

/// Whether asterisks around this stretch are read as emphasis: not where a word touches them on the outside and
/// punctuation on the inside (left- and right-flanking runs of the specification).
fn can_be_marked(text: &str, range: &std::ops::Range<usize>) -> bool {
    let inside = &text[range.clone()];
    let punctuation = |c: Option<char>| c.is_some_and(|c| !c.is_alphanumeric() && !c.is_whitespace());
    let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let (first, last) = (inside.chars().next(), inside.chars().next_back());
    let (before, after) = (text[..range.start].chars().next_back(), text[range.end..].chars().next());
    !(punctuation(first) && word(before) || punctuation(last) && word(after))
}

fn asterisks(kind: &MarkKind) -> &'static str {
    if *kind == MarkKind::Strong { "**" } else { "*" }
}

fn code_span(out: &mut String, code: &str, in_cell: bool) {
    let fence = "`".repeat(longest_run(code, '`') + 1);
    // A backtick at either end needs a space between it and the fence.
    let pad = if code.starts_with('`') || code.ends_with('`') { " " } else { "" };
    out.push_str(&fence);
    out.push_str(pad);
    match in_cell {
        true => out.push_str(&code.replace('|', "\\|")),
        false => out.push_str(code),
    }
    out.push_str(pad);
    out.push_str(&fence);
}

/// `](address)`.
fn destination(out: &mut String, address: &str, in_cell: bool) {
    let address = address.trim();
    out.push_str("](");
    let bare = !address.contains(|c: char| c.is_whitespace() || c.is_control() || "()<>\\".contains(c));
    if !bare {
        out.push('<');
    }
    for c in address.chars() {
        match c {
            '<' => out.push_str("%3C"),
            '>' => out.push_str("%3E"),
            '\\' => out.push_str("%5C"),
            '|' if in_cell => out.push_str("%7C"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    if !bare {
        out.push('>');
    }
    out.push(')');
}

fn longest_run(text: &str, wanted: char) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == wanted { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// Writes text so that none of it is read as markup.
fn escape(out: &mut String, text: &str, starts_line: bool, in_cell: bool) {
    let bytes = text.as_bytes();
    let mut begins = starts_line;
    for (at, c) in text.char_indices() {
        let next = bytes.get(at + c.len_utf8()).copied();
        let escaped = match c {
            '*' | '`' | '[' | ']' => true,
            '\\' => next.is_none_or(|next| next.is_ascii_punctuation()),
            // Inside a word an underscore is nothing but itself.
            '_' => {
                !(out.ends_with(char::is_alphanumeric)
                    && next.is_some_and(|next| next.is_ascii_alphanumeric() || next >= 0x80))
            }
            '<' => next.is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, b'/' | b'!' | b'?')),
            '&' => is_entity(&text[at..]),
            '~' => next == Some(b'~') || out.ends_with('~'),
            '|' => in_cell,
            '#' | '>' | '+' | '-' | '=' => begins,
            '.' | ')' => starts_line && next.is_none_or(|next| next == b' ') && is_number(&text[..at]),
            _ => false,
        };
        begins = false;
        if escaped {
            out.push('\\');
        }
        out.push(c);
    }
}

/// Whether a text begins with what could be an entity.
fn is_entity(text: &str) -> bool {
    let rest = &text.as_bytes()[1..];
    let length = rest.iter().take(40).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'#').count();
    length > 0 && rest.get(length) == Some(&b';')
}

/// Whether this would be the number of a list item.
fn is_number(text: &str) -> bool {
    (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{page, text_page};
    use super::*;
    use crate::settings::defaults;
    use dechaff_document::Mark;

    fn markdown(written: &str) -> String {
        render(&page(written), &defaults())
    }

    #[test]
    fn blocks_of_every_kind() {
        let written = "+ h1 Bread\n+ p Flour and\n+ 'p water.\n- p Share\n+ li flour\n+ 'li10 salt\n+ '>li fine\n+ '>>p sea salt\n+ >p Keep dry.\n+ h2 Code\n+ code fn a() {\\n    `b`\\n}\n+ p End.";
        let expected = "# Bread\n\nFlour and  \nwater.\n\n- flour\n10. salt\n    - fine  \n      sea salt\n\n    Keep dry.\n\n## Code\n\n```\nfn a() {\n    `b`\n}\n```\n\nEnd.\n";
        assert_eq!(markdown(written), expected);
    }

    #[test]
    fn tables_are_grids() {
        let written = "+ p Towns:\n+ th0.0 Town\n+ ~th0.1 People | year\n+ 'td1.0 Ulm\n- ~td1.1 ad\n+ 'td2.0 Kiel\n+ ~td2.1 246,000\n+ td2.1 in 2019\n+ p End.";
        let expected =
            "Towns:\n\n| Town | People \\| year |\n| --- | --- |\n| Ulm |  |\n| Kiel | 246,000<br>in 2019 |\n\nEnd.\n";
        assert_eq!(markdown(written), expected);
        assert_eq!(markdown("+ td0.0 one\n+ 'td1.0 two"), "one\n\ntwo\n");
        let diagonal: String = (0..200).map(|place| format!("+ td{place}.{place} x\n")).collect();
        assert!(markdown(&diagonal).len() < 2_000);
    }

    #[test]
    fn text_is_escaped_where_it_would_be_markup() {
        let written = "+ p # a *b* snake_case _c_ [d] `e` <f> 3 < 4 & &amp; ~~g~~ \\* a|b\n+ p 1. May\n+ p 1.5 kg\n+ p - so\n+ p =";
        let expected = "\\# a \\*b\\* snake_case \\_c\\_ \\[d\\] \\`e\\` \\<f> 3 < 4 & \\&amp; \\~\\~g\\~\\~ \\\\\\* a|b\n\n1\\. May\n\n1.5 kg\n\n\\- so\n\n\\=\n";
        assert_eq!(markdown(written), expected);
    }

    #[test]
    fn links_images_and_emphasis() {
        let mut judged = page("+ p See the docs (v2) now, a\"b\"c.");
        let mark = |range, kind| Mark { range, kind };
        judged.page.blocks[0].marks = vec![
            mark(4..17, MarkKind::Link("/a b(c)".into())),
            mark(8..12, MarkKind::Strong),
            mark(18..21, MarkKind::Code),
            mark(21..21, MarkKind::Image { source: "x.png".into(), alternative: "a [map]".into() }),
            mark(24..27, MarkKind::Emphasis),
        ];
        let all = Settings { images: true, ..defaults() };
        let expected = "See [the **docs** (v2)](</a b(c)>) `now` ![a \\[map\\]](x.png), a\"b\"c.\n";
        assert_eq!(render(&judged, &all), expected);
        let none = Settings { links: false, ..defaults() };
        assert_eq!(render(&judged, &none), "See the **docs** (v2) `now`, a\"b\"c.\n");
        judged.page.blocks[0].marks = vec![mark(0..3, MarkKind::Link("javascript:void(0)".into()))];
        assert_eq!(render(&judged, &all), "See the docs (v2) now, a\"b\"c.\n");
    }

    #[test]
    fn emphasis_that_touches_emphasis_goes_without() {
        let mut judged = page("+ p 10Discount now");
        let mark = |range, kind| Mark { range, kind };
        judged.page.blocks[0].marks = vec![mark(0..2, MarkKind::Strong), mark(2..10, MarkKind::Emphasis)];
        assert_eq!(render(&judged, &defaults()), "**10**Discount now\n");
        judged.page.blocks[0].marks = vec![mark(0..10, MarkKind::Strong), mark(0..2, MarkKind::Emphasis)];
        assert_eq!(render(&judged, &defaults()), "***10*Discount** now\n");
    }

    #[test]
    fn quotations_are_marked_on_every_line() {
        let mut judged = page("+ p He said:\n+ q One.\n+ 'q Two.\n+ q Three.\n+ p End.");
        for place in 1..4 {
            judged.page.blocks[place].quote_depth = 1;
        }
        assert_eq!(render(&judged, &defaults()), "He said:\n\n> One.  \n> Two.\n>\n> Three.\n\nEnd.\n");
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        assert_eq!(render(&text_page("# a *b*\n\n    code"), &defaults()), "# a *b*\n\n    code\n");
    }
}
