//! The formats: one module each, and what they share.

mod html;
mod inline;
mod markdown;
pub(crate) mod parquet;
mod table;
mod text;

use std::cmp::Ordering;

use dechaff_document::{Block, Break, JudgedPage};

use crate::{
    Format, Markup, Settings, TitlePlacement,
    title::{title, title_block},
};

/// The kept text of a page in a markup. Ends with one line end, or is empty. Time and memory are linear in the page.
///
/// ```
/// # let settings: toml::Table = toml::from_str(include_str!("../../../../config/default.toml"))?;
/// # let settings: dechaff_write::Settings = settings["write"].clone().try_into()?;
/// use dechaff_document::{Block, JudgedPage, Label, Page, Reason, Verdict};
/// use dechaff_write::{Markup, render};
///
/// let page = Page { blocks: vec![Block { text: "It rained.".into(), ..Block::default() }], ..Page::default() };
/// let kept = Verdict { label: Label::Content, reason: Reason::Default, score: None };
/// let judged = JudgedPage { page, verdicts: vec![kept], confidence: 1.0, empty: None, fired: Vec::new() };
/// assert_eq!(render(&judged, Markup::Text, &settings), "It rained.\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn render(judged: &JudgedPage, markup: Markup, settings: &Settings) -> String {
    match markup {
        Markup::Text => text::render(judged, settings),
        Markup::Markdown => markdown::render(judged, settings),
        Markup::Html => html::render(judged, settings),
    }
}

/// The markup that a format writes its text in.
pub fn markup_of(format: Format, settings: &Settings) -> Markup {
    match format {
        Format::Text => Markup::Text,
        Format::Markdown => Markup::Markdown,
        Format::Html => Markup::Html,
        Format::Jsonl | Format::Parquet => settings.document_text,
    }
}

/// What of a page is written: the title to put on top, if any, and the kept blocks.
struct Body<'a> {
    title: Option<&'a str>,
    blocks: Vec<Kept<'a>>,
}

/// A kept block and what lies between it and the kept block before it.
struct Kept<'a> {
    block: &'a Block,
    /// The strongest break on the way: what was dropped in between leaves its break behind, so that its neighbours are
    /// not glued.
    starts: Break,
    /// Whether the source has nothing at all between this block and the one before it, dropped blocks counted as text
    /// (sentences cut from one line of a script without spaces).
    touches: bool,
    /// Whether a block was dropped in between.
    after_dropped: bool,
}

impl<'a> Body<'a> {
    fn of(judged: &'a JudgedPage, placement: TitlePlacement) -> Body<'a> {
        let in_text = title_block(judged);
        let title = match (placement, in_text) {
            (TitlePlacement::FirstLine, None) => title(judged),
            _ => None,
        };
        let left_out = match placement {
            TitlePlacement::FirstLine => None,
            TitlePlacement::Metadata => in_text,
        };
        let blocks = between(judged, judged.content().map(|(index, _)| index), left_out);
        Body { title: title.filter(|title| !title.is_empty() && !blocks.is_empty()), blocks }
    }

    /// The readers' comments that are set apart, to be written below the text.
    fn comments(judged: &'a JudgedPage) -> Vec<Kept<'a>> {
        between(judged, judged.comments().map(|(index, _)| index), None)
    }
}

/// Heading of the section of comments.
const COMMENTS: &str = "Comments";

/// The blocks with these indexes, but for one that is left out, and what lies between them.
fn between(judged: &JudgedPage, kept: impl Iterator<Item = usize>, left_out: Option<usize>) -> Vec<Kept<'_>> {
    let mut blocks = Vec::new();
    let mut kept = kept.peekable();
    let (mut starts, mut touches, mut after_dropped) = (Break::Space, true, false);
    let mut end = None;
    for (index, block) in judged.page.blocks.iter().enumerate() {
        starts = stronger(starts, block.starts);
        touches &= end == Some(block.span.start) && !block.span.is_empty();
        end = Some(block.span.end);
        let is_kept = kept.next_if_eq(&index).is_some() && left_out != Some(index);
        if is_kept {
            blocks.push(Kept { block, starts, touches, after_dropped });
            (starts, touches) = (Break::Space, true);
        }
        after_dropped = !is_kept;
    }
    blocks
}

/// Levels of lists and quotations that are shown. Deeper ones stand at this level: a page of items at level 200 must not
/// become hundreds of times its size in indentation.
const DEEPEST_SHOWN: usize = 16;

fn list_depth(block: &Block) -> usize {
    usize::from(block.list_depth).min(DEEPEST_SHOWN)
}

fn quote_depth(block: &Block) -> usize {
    usize::from(block.quote_depth).min(DEEPEST_SHOWN)
}

/// The language that a block of code declares by a class of its own or of an element around it: `language-rust`,
/// `lang-py`, `highlight-source-js`, `brush: sql`. Empty if none does.
fn language_of_code<'a>(judged: &'a JudgedPage, block: &Block) -> &'a str {
    let outline = &judged.page.outline;
    if !block.element.is_some() || block.element.index() >= outline.len() {
        return "";
    }
    // `<pre><code class>` and two wrappers around the `<pre>`, or around the table that holds numbers and code; the
    // `<code>` lies below the block's own element at times.
    let inside = outline.element(block.element).end.min(block.element.0 + 3);
    let mut wrappers = 0;
    let around = outline.ancestors(block.element).skip(1).take(12).take_while(|&element| {
        wrappers += usize::from(!matches!(outline.tag(element), "code" | "pre" | "td" | "tr" | "tbody" | "table"));
        wrappers <= 2
    });
    let near = (block.element.0..inside).map(dechaff_document::ElementId).chain(around);
    for element in near {
        let mut classes = outline.classes(element).peekable();
        while let Some(class) = classes.next() {
            let language =
                ["language-", "lang-", "highlight-source-"].iter().find_map(|prefix| class.strip_prefix(prefix));
            // Sphinx names the language after `highlight-`, and keeps translators off.
            let sphinx =
                || class.strip_prefix("highlight-").filter(|_| outline.classes(element).any(|c| c == "notranslate"));
            let brush = (class == "brush:").then(|| classes.peek().map(|next| next.trim_end_matches(';'))).flatten();
            let is_name = |name: &&str| {
                name.len() <= 20 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-#._".contains(&byte))
            };
            if let Some(language) = language.or_else(sphinx).or(brush).filter(|name| !name.is_empty()).filter(is_name) {
                return language;
            }
        }
    }
    ""
}

/// The stronger of two breaks.
fn stronger(a: Break, b: Break) -> Break {
    let rank = |starts| match starts {
        Break::Space => (0, 0),
        Break::Line => (1, 0),
        Break::Paragraph(blank) => (2, blank),
    };
    match rank(a).cmp(&rank(b)) {
        Ordering::Less => b,
        _ => a,
    }
}

/// Ends a rendering with one line end, or leaves it empty.
fn ended(mut out: String) -> String {
    out.truncate(out.trim_end_matches(['\n', '\r']).len());
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use dechaff_document::{BlockKind, Category, Label, Page, PageKind, Reason, TableCell, Verdict};

    /// A page written down: `+ kind text` is kept, `- kind text` dropped. Kinds: `p`, `h1`…, `li` and `li3` (number),
    /// `td0.1` and `th0.1` (row and column), `code`, `q`, `cap`, `dt`, `dd`. `>` before the kind nests a list deeper;
    /// `~` sets the block off by a space, `'` by a line end. `\n` in the text is a line end.
    pub(crate) fn page(written: &str) -> JudgedPage {
        let mut page = Page::default();
        let mut verdicts = Vec::new();
        for line in written.lines().filter(|line| !line.is_empty()) {
            let (sign, rest) = line.split_at(2);
            let (mark, text) = rest.split_once(' ').unwrap();
            let kind = mark.trim_start_matches(['>', '~', '\'']);
            let item = kind.starts_with("li");
            let block = Block {
                text: text.replace("\\n", "\n"),
                kind: kind_of(kind),
                starts: match () {
                    _ if mark.starts_with('~') => Break::Space,
                    _ if mark.starts_with('\'') => Break::Line,
                    _ => Break::Paragraph(1),
                },
                list_depth: mark.matches('>').count() as u8 + u8::from(item),
                ..Block::default()
            };
            page.blocks.push(block);
            let label = match sign {
                "+ " => Label::Content,
                _ => Label::Chrome(Category::new("other")),
            };
            verdicts.push(Verdict { label, reason: Reason::Default, score: None });
        }
        JudgedPage { page, verdicts, confidence: 0.9, empty: None, fired: Vec::new() }
    }

    fn kind_of(kind: &str) -> BlockKind {
        let cell = |header| {
            let (row, column) = kind[2..].split_once('.').unwrap();
            let place =
                TableCell { table: 0, row: row.parse().unwrap(), column: column.parse().unwrap(), columns: 1, header };
            BlockKind::TableCell(place)
        };
        match kind {
            "p" => BlockKind::Paragraph,
            "code" => BlockKind::Code,
            "q" => BlockKind::Quotation,
            "cap" => BlockKind::Caption,
            "dt" => BlockKind::Term,
            "dd" => BlockKind::Definition,
            "li" => BlockKind::ListItem(None),
            _ if kind.starts_with("li") => BlockKind::ListItem(Some(kind[2..].parse().unwrap())),
            _ if kind.starts_with("td") => cell(false),
            _ if kind.starts_with("th") => cell(true),
            _ if kind.starts_with('h') => BlockKind::Heading(kind[1..].parse().unwrap()),
            _ => panic!("no kind {kind}"),
        }
    }

    /// Lines of plain text as segment gives them: one block a line with its offsets, blank lines in the break. Lines
    /// that begin with `-` are dropped (the `-` is not part of them).
    pub(crate) fn text_page(written: &str) -> JudgedPage {
        let mut page = Page { kind: PageKind::Text, ..Page::default() };
        let mut verdicts = Vec::new();
        let (mut offset, mut blank) = (0, 0u16);
        for line in written.lines() {
            let (label, text) = match line.strip_prefix('-') {
                Some(rest) => (Label::Chrome(Category::new("other")), rest),
                None => (Label::Content, line),
            };
            if text.trim().is_empty() {
                blank += 1;
            } else {
                let starts = if blank > 0 || page.blocks.is_empty() { Break::Paragraph(blank) } else { Break::Line };
                let span = offset..offset + text.len();
                page.blocks.push(Block { text: text.to_owned(), starts, span, ..Block::default() });
                verdicts.push(Verdict { label, reason: Reason::Default, score: None });
                blank = 0;
            }
            offset += text.len() + 1;
        }
        JudgedPage { page, verdicts, confidence: 0.9, empty: None, fired: Vec::new() }
    }
}
