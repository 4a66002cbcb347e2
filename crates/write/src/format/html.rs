//! Cleaned HTML: a whole document of the kept text, with the page's metadata in its head and nothing of its scripts,
//! styles or furniture.

use dechaff_document::{Block, BlockKind, Break, JudgedPage, MarkKind, PageKind};

use super::{
    Body, COMMENTS, Kept,
    inline::{Event, events, is_followable},
    language_of_code, list_depth, quote_depth,
    table::{self, Piece},
};
use crate::{Settings, language, title};

pub(super) fn render(judged: &JudgedPage, settings: &Settings) -> String {
    let body = Body::of(judged, settings.title);
    if body.blocks.is_empty() {
        return String::new();
    }
    let mut writer =
        Writer { out: String::new(), settings, judged, lists: Vec::new(), quotes: 0, open: None, item: None };
    writer.head();
    if let Some(title) = body.title {
        writer.out.push_str("<h1>");
        escape(&mut writer.out, title);
        writer.out.push_str("</h1>\n");
    }
    match judged.page.kind {
        PageKind::Html => writer.blocks(&body.blocks),
        PageKind::Text => writer.lines(&body.blocks),
    }
    let comments = Body::comments(judged);
    if !comments.is_empty() {
        writer.out.push_str("<section class=\"comments\">\n<h2>");
        writer.out.push_str(COMMENTS);
        writer.out.push_str("</h2>\n");
        writer.blocks(&comments);
        writer.out.push_str("</section>\n");
    }
    writer.out.push_str("</article>\n</body>\n</html>\n");
    writer.out
}

struct Writer<'a> {
    out: String,
    settings: &'a Settings,
    judged: &'a JudgedPage,
    /// Lists that are open, each with an open item; whether they are ordered.
    lists: Vec<bool>,
    /// Quotations that are open.
    quotes: usize,
    /// End tag of the block that is open.
    open: Option<&'static str>,
    /// Number of the last item of an ordered list.
    item: Option<u32>,
}

impl Writer<'_> {
    fn head(&mut self) {
        let metadata = &self.judged.page.metadata;
        self.out.push_str("<!DOCTYPE html>\n<html");
        if let Some(language) =
            metadata.language.as_ref().map(|found| found.value.clone()).or_else(|| language(metadata))
        {
            self.attribute("lang", &language);
        }
        self.out.push_str(">\n<head>\n<meta charset=\"utf-8\">\n");
        let title = title(self.judged).unwrap_or("");
        self.out.push_str("<title>");
        escape(&mut self.out, title);
        self.out.push_str("</title>\n");
        let url = self.judged.page.source.url.as_deref().or(metadata.url.as_ref().map(|url| url.value.as_str()));
        if let Some(url) = url {
            self.out.push_str("<link rel=\"canonical\"");
            self.attribute("href", url);
            self.out.push_str(">\n");
        }
        let authors = metadata.authors.iter().map(|author| ("name", "author", author));
        let rest = [
            ("name", "description", &metadata.description),
            ("property", "article:published_time", &metadata.published),
            ("property", "og:site_name", &metadata.site),
        ];
        let rest = rest.into_iter().filter_map(|(key, name, found)| Some((key, name, found.as_ref()?)));
        for (key, name, found) in authors.chain(rest) {
            self.out.push_str(&format!("<meta {key}=\"{name}\""));
            self.attribute("content", &found.value);
            self.out.push_str(">\n");
        }
        self.out.push_str("</head>\n<body>\n<article>\n");
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push_str(&format!(" {name}=\""));
        escape(&mut self.out, value);
        self.out.push('"');
    }

    /// Lines of plain text: a paragraph where a blank line stands.
    fn lines(&mut self, blocks: &[Kept<'_>]) {
        for (place, kept) in blocks.iter().enumerate() {
            match (place, kept.starts) {
                (0, _) => self.out.push_str("<p>"),
                (_, Break::Paragraph(_)) => self.out.push_str("</p>\n<p>"),
                (_, Break::Line) => self.out.push_str("<br>\n"),
                (_, Break::Space) if kept.touches => {}
                (_, Break::Space) => self.out.push(' '),
            }
            for (number, line) in kept.block.text.split('\n').enumerate() {
                if number > 0 {
                    self.out.push_str("<br>\n");
                }
                escape(&mut self.out, line);
            }
        }
        self.out.push_str("</p>\n");
    }

    fn blocks(&mut self, blocks: &[Kept<'_>]) {
        let mut before: Option<&Block> = None;
        for piece in table::pieces(blocks) {
            let last = match piece {
                Piece::Table(cells) => {
                    self.enter(cells[0].block);
                    self.table(cells);
                    cells.last()
                }
                Piece::Block(kept) => {
                    self.block(before, kept);
                    Some(kept)
                }
            };
            before = last.map(|kept| kept.block);
        }
        self.close();
        self.leave_lists(0);
        self.quote(0);
    }

    fn block(&mut self, before: Option<&Block>, kept: &Kept<'_>) {
        let goes_on = before.is_some_and(|before| goes_on(before, kept.block)) && self.open.is_some();
        match kept.starts {
            Break::Space if goes_on => self.out.push(' '),
            Break::Line if goes_on => self.out.push_str("<br>\n"),
            _ => self.start(kept.block),
        }
        match kept.block.kind {
            BlockKind::Code => escape(&mut self.out, kept.block.text.trim_matches('\n')),
            _ => self.inline(kept.block),
        }
    }

    fn close(&mut self) {
        if let Some(end) = self.open.take() {
            self.out.push_str(end);
        }
    }

    /// Opens the quotations and lists that a block stands in, and closes those that it does not.
    fn enter(&mut self, block: &Block) {
        self.close();
        if self.quotes != quote_depth(block) {
            self.leave_lists(0);
            self.quote(quote_depth(block));
        }
        self.leave_lists(list_depth(block));
    }

    fn quote(&mut self, depth: usize) {
        while self.quotes > depth {
            self.out.push_str("</blockquote>\n");
            self.quotes -= 1;
        }
        while self.quotes < depth {
            self.out.push_str("<blockquote>\n");
            self.quotes += 1;
        }
    }

    fn leave_lists(&mut self, depth: usize) {
        while self.lists.len() > depth {
            let ordered = self.lists.pop().unwrap_or(false);
            self.out.push_str(if ordered { "</li>\n</ol>\n" } else { "</li>\n</ul>\n" });
            self.item = None;
        }
    }

    fn start(&mut self, block: &Block) {
        self.enter(block);
        let (start, end) = match block.kind {
            BlockKind::ListItem(number) => return self.item(block, number),
            BlockKind::Code => {
                let language = language_of_code(self.judged, block);
                self.out.push_str("<pre><code");
                if !language.is_empty() {
                    self.attribute("class", &format!("language-{language}"));
                }
                (">", "</code></pre>\n")
            }
            BlockKind::Heading(1) => ("<h1>", "</h1>\n"),
            BlockKind::Heading(2) => ("<h2>", "</h2>\n"),
            BlockKind::Heading(3) => ("<h3>", "</h3>\n"),
            BlockKind::Heading(4) => ("<h4>", "</h4>\n"),
            BlockKind::Heading(5) => ("<h5>", "</h5>\n"),
            BlockKind::Heading(_) => ("<h6>", "</h6>\n"),
            BlockKind::Caption => ("<figure><figcaption>", "</figcaption></figure>\n"),
            BlockKind::Term => ("<dl><dt>", "</dt></dl>\n"),
            BlockKind::Definition => ("<dl><dd>", "</dd></dl>\n"),
            BlockKind::Paragraph | BlockKind::TableCell(_) | BlockKind::Quotation | BlockKind::FormControl => {
                ("<p>", "</p>\n")
            }
        };
        self.out.push_str(start);
        self.open = Some(end);
    }

    fn item(&mut self, block: &Block, number: Option<u32>) {
        let depth = list_depth(block).max(1);
        let ordered = number.is_some();
        if self.lists.len() == depth && self.lists.last() == Some(&ordered) {
            self.out.push_str("</li>\n");
        } else {
            self.leave_lists(depth - 1);
            while self.lists.len() + 1 < depth {
                self.out.push_str("<ul>\n<li>");
                self.lists.push(false);
            }
            self.out.push_str(if ordered { "<ol>\n" } else { "<ul>\n" });
            self.lists.push(ordered);
            self.item = None;
        }
        self.out.push_str("<li");
        // Said only where counting would not give it.
        if let Some(number) = number
            && self.item.map_or(1, |before| before.saturating_add(1)) != number
        {
            self.attribute("value", &number.to_string());
        }
        self.item = number;
        self.out.push('>');
        self.open = Some("\n");
    }

    fn table(&mut self, cells: &[Kept<'_>]) {
        let Some(grid) = table::grid(cells) else {
            for kept in cells {
                self.out.push_str("<p>");
                self.inline(kept.block);
                self.out.push_str("</p>\n");
            }
            return;
        };
        self.out.push_str("<table>\n");
        for row in &grid.rows {
            self.out.push_str("<tr>");
            for cell in row {
                let tag = if cell.header { "th" } else { "td" };
                self.out.push_str(&format!("<{tag}>"));
                for (number, block) in cell.blocks.iter().enumerate() {
                    if number > 0 {
                        self.out.push_str("<br>");
                    }
                    self.inline(block);
                }
                self.out.push_str(&format!("</{tag}>"));
            }
            self.out.push_str("</tr>\n");
        }
        self.out.push_str("</table>\n");
    }

    fn inline(&mut self, block: &Block) {
        let settings = self.settings;
        let keep = |kind: &MarkKind| match kind {
            MarkKind::Link(address) => settings.links && is_followable(address),
            MarkKind::Image { source, .. } => settings.images && is_followable(source),
            _ => true,
        };
        for event in events(&block.text, &block.marks, keep) {
            match event {
                Event::Text(text) => escape(&mut self.out, text),
                Event::Open(MarkKind::Link(address), _) => {
                    self.out.push_str("<a");
                    self.attribute("href", address.trim());
                    self.out.push('>');
                }
                Event::Image(source, alternative) => {
                    self.out.push_str("<img");
                    self.attribute("src", source.trim());
                    self.attribute("alt", alternative);
                    self.out.push('>');
                }
                Event::Open(kind, _) => self.out.push_str(&format!("<{}>", tag(kind))),
                Event::Close(kind, _) => self.out.push_str(&format!("</{}>", tag(kind))),
            }
        }
    }
}

fn tag(kind: &MarkKind) -> &'static str {
    match kind {
        MarkKind::Link(_) => "a",
        MarkKind::Strong => "strong",
        MarkKind::Emphasis => "em",
        MarkKind::Code => "code",
        MarkKind::Image { .. } => "img",
    }
}

/// Whether a block goes on in the element of the one before it.
fn goes_on(before: &Block, block: &Block) -> bool {
    let same_place = before.list_depth == block.list_depth && before.quote_depth == block.quote_depth;
    let in_item = matches!(before.kind, BlockKind::ListItem(_)) && block.kind == BlockKind::Paragraph;
    let same_kind = before.kind == block.kind && !matches!(block.kind, BlockKind::ListItem(_) | BlockKind::Code);
    same_place && (in_item || same_kind)
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\0' => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{page, text_page};
    use super::*;
    use crate::settings::defaults;
    use dechaff_document::{Found, Mark, Origin};

    /// What stands in the article element.
    fn article(judged: &JudgedPage) -> String {
        let html = render(judged, &defaults());
        let (_, rest) = html.split_once("<article>\n").unwrap();
        rest.split_once("</article>").unwrap().0.to_owned()
    }

    #[test]
    fn blocks_of_every_kind() {
        let written = "+ h1 Bread & butter\n+ p Flour and\n+ 'p water.\n- p Share\n+ li flour\n+ '>li3 <fine>\n+ '>li4 coarse\n+ 'li salt\n+ code a <\\n  b\n+ th0.0 Town\n+ ~td0.1 Ulm";
        let expected = "<h1>Bread &amp; butter</h1>\n<p>Flour and<br>\nwater.</p>\n<ul>\n<li>flour\n<ol>\n<li value=\"3\">&lt;fine&gt;\n</li>\n<li>coarse\n</li>\n</ol>\n</li>\n<li>salt\n</li>\n</ul>\n<pre><code>a &lt;\n  b</code></pre>\n<table>\n<tr><th>Town</th><td>Ulm</td></tr>\n</table>\n";
        assert_eq!(article(&page(written)), expected);
    }

    #[test]
    fn metadata_stands_in_the_head_and_is_escaped() {
        let mut judged = page("+ p It rained.");
        judged.page.metadata.title = Some(Found::new("Rain & <more>", Origin::JsonLd));
        judged.page.metadata.authors = vec![Found::new("Ann \"A\" Poe", Origin::JsonLd)];
        judged.page.metadata.language = Some(Found::new("en-GB", Origin::LangAttribute));
        let html = render(&judged, &defaults());
        assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"en-GB\">\n"));
        assert!(html.contains("<title>Rain &amp; &lt;more&gt;</title>"));
        assert!(html.contains("<meta name=\"author\" content=\"Ann &quot;A&quot; Poe\">"));
        assert!(html.contains("<h1>Rain &amp; &lt;more&gt;</h1>\n<p>It rained.</p>"));
        assert_eq!(render(&page("- p Menu"), &defaults()), "");
    }

    #[test]
    fn marks_become_elements() {
        let mut judged = page("+ p See the docs now.");
        judged.page.blocks[0].marks = vec![
            Mark { range: 4..12, kind: MarkKind::Link("/a?b&c\"".into()) },
            Mark { range: 8..12, kind: MarkKind::Strong },
            Mark { range: 13..16, kind: MarkKind::Link("javascript:x()".into()) },
        ];
        assert_eq!(article(&judged), "<p>See <a href=\"/a?b&amp;c&quot;\">the <strong>docs</strong></a> now.</p>\n");
    }

    #[test]
    fn plain_text_keeps_its_lines() {
        assert_eq!(article(&text_page("a < b\nc\n\n  d")), "<p>a &lt; b<br>\nc</p>\n<p>  d</p>\n");
    }
}
