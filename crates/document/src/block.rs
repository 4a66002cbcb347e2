//! One block of text: the unit that is judged.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::ElementId;

/// One block of text: a heading, a paragraph, a list item, a table cell, a line of plain text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// The text, white space folded (kept as it is in code and in plain text, where only the line end is cut).
    /// Never empty.
    pub text: String,
    /// What the block is.
    pub kind: BlockKind,
    /// How the block is set off from the one before it.
    pub starts: Break,
    /// Depth of list nesting: 0 outside lists, 1 in a list, 2 in a list inside it.
    pub list_depth: u8,
    /// Depth of block quotations.
    pub quote_depth: u8,
    /// Where it stands in the decoded source, in bytes. Exact for plain text; for HTML an empty range at the start of
    /// the line that the block's first text began on.
    pub span: Range<usize>,
    /// Line of the source, from 1.
    pub line: u32,
    /// Lowest common ancestor of the block's text (HTML).
    pub element: ElementId,
    /// The nearest ancestor that breaks blocks (HTML).
    pub container: ElementId,
    /// Characters of `text` inside links.
    pub link_characters: u32,
    /// Hidden by `hidden`, `aria-hidden` on furniture or an inline `display:none`.
    pub hidden: bool,
    /// Links, emphasis, code and images inside the text, sorted by start, properly nested.
    pub marks: Vec<Mark>,
    /// How often the same text stands at a like place on other pages of the site.
    pub repeats: Repeats,
}

impl Default for Block {
    fn default() -> Self {
        Block {
            text: String::new(),
            kind: BlockKind::Paragraph,
            starts: Break::Paragraph(1),
            list_depth: 0,
            quote_depth: 0,
            span: 0..0,
            line: 0,
            element: ElementId::NONE,
            container: ElementId::NONE,
            link_characters: 0,
            hidden: false,
            marks: Vec::new(),
            repeats: Repeats::Unknown,
        }
    }
}

/// What a block is. Nesting depth of lists and quotations stands beside it in [`Block`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BlockKind {
    /// A heading and its level, 1 to 6.
    Heading(u8),
    /// Running text, and whatever has no kind of its own.
    Paragraph,
    /// The first block of a list item; its number in an ordered list.
    ListItem(Option<u32>),
    /// A table cell.
    TableCell(TableCell),
    /// Preformatted text: white space and line ends are kept.
    Code,
    /// Text of a block quotation.
    Quotation,
    /// A caption of a figure or table.
    Caption,
    /// A term of a definition list.
    Term,
    /// A definition of a definition list.
    Definition,
    /// The label of a button, an option, a legend: text of a form.
    FormControl,
}

/// A cell's place in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TableCell {
    /// Which table of the page, from 0, in document order.
    pub table: u32,
    /// Row, from 0.
    pub row: u32,
    /// Column, from 0 (columns spanned by earlier cells are counted).
    pub column: u32,
    /// Columns that it spans, 1 and more.
    pub columns: u32,
    /// A header cell.
    pub header: bool,
}

/// How a block is set off from the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Break {
    /// By a space: parts of one line (sentences of a line that was cut to be judged; cells of a row).
    Space,
    /// By a line end: `<br>`, a line of plain text, items of a tight list.
    Line,
    /// By blank lines; how many the source had (1 for HTML).
    Paragraph(u16),
}

/// A stretch of a block's text with a meaning of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Byte range in the block's text; empty for an image.
    pub range: Range<usize>,
    /// What it is.
    pub kind: MarkKind,
}

/// What a marked stretch is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MarkKind {
    /// A link and where it leads, as written.
    Link(String),
    /// Strong or bold.
    Strong,
    /// Emphasis or italics.
    Emphasis,
    /// Inline code.
    Code,
    /// An image at this place of the text.
    Image {
        /// `src` as written.
        source: String,
        /// `alt`, white space folded.
        alternative: String,
    },
}

/// How often a block's text stands at a like place on other pages of its site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repeats {
    /// Not counted, or the site has too few pages to say.
    #[default]
    Unknown,
    /// Held by this many of the site's counted pages, this page included.
    Pages {
        /// Distinct pages with this text at a like place.
        with: u32,
        /// Distinct pages counted.
        of: u32,
    },
}

impl Repeats {
    /// Pages with the text, and pages counted.
    pub fn pages(self) -> Option<(u32, u32)> {
        match self {
            Repeats::Unknown => None,
            Repeats::Pages { with, of } => Some((with, of)),
        }
    }

    /// The share of pages that the text surely has, 0 to 1: the lower end of the 95 % interval (E. B. Wilson, 1927), so
    /// that few pages say less than many. 0 where nothing is known.
    ///
    /// ```
    /// use dechaff_document::Repeats;
    /// assert!(Repeats::Pages { with: 5, of: 5 }.least_share() < 0.6);
    /// assert!(Repeats::Pages { with: 50, of: 50 }.least_share() > 0.9);
    /// ```
    pub fn least_share(self) -> f64 {
        let Some((with, of)) = self.pages().filter(|(_, of)| *of > 0) else { return 0.0 };
        let (n, share, z) = (f64::from(of), f64::from(with) / f64::from(of), 1.96_f64);
        let centre = share + z * z / (2.0 * n);
        let spread = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
        ((centre - spread) / (1.0 + z * z / n)).max(0.0)
    }
}
