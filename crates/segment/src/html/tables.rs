//! Places of cells in tables, and which tables are only layout.

use dechaff_document::{Block, BlockKind, Break, Mark, MarkKind, TableCell};

/// Columns of a table that are told apart; cells beyond share the last. Bounds what `colspan` can ask for.
const MAX_COLUMNS: u32 = 1000;

/// A table that is open.
#[derive(Debug)]
pub(super) struct Table {
    number: u32,
    row: Option<u32>,
    column: u32,
    /// Rows that a cell of an earlier row still reaches down into, by column.
    spanned: Vec<u32>,
}

impl Table {
    pub(super) fn new(number: u32) -> Table {
        Table { number, row: None, column: 0, spanned: Vec::new() }
    }

    /// Which table of the page.
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// Begins a row.
    pub(super) fn start_row(&mut self) {
        if self.row.is_some() {
            for rows in &mut self.spanned {
                *rows = rows.saturating_sub(1);
            }
        }
        self.row = Some(self.row.map_or(0, |row| row + 1));
        self.column = 0;
    }

    /// Begins a cell and tells its place.
    pub(super) fn start_cell(&mut self, header: bool, columns: u32, rows: u32) -> TableCell {
        if self.row.is_none() {
            self.start_row();
        }
        while self.spanned.get(self.column as usize).is_some_and(|&rows| rows > 0) {
            self.column += 1;
        }
        let columns = columns.clamp(1, MAX_COLUMNS);
        let end = (self.column + columns).min(MAX_COLUMNS);
        let row = self.row.unwrap_or(0);
        let place = TableCell { table: self.number, row, column: self.column, columns, header };
        if rows > 1 && end as usize > self.spanned.len() {
            self.spanned.resize(end as usize, 0);
        }
        for spanned in self.spanned.iter_mut().take(end as usize).skip(self.column as usize) {
            *spanned = if rows > 1 { rows } else { *spanned };
        }
        self.column = end.min(MAX_COLUMNS - 1);
        place
    }
}

/// What is known of each table of the page once all blocks are there.
#[derive(Debug, Clone, Default)]
pub(super) struct TableFacts {
    /// Declared a layout table, or holds another table or a heading.
    pub(super) layout: bool,
}

/// The cell that a block stands in, and how deep in lists and quotations the table itself stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CellPlace {
    pub(super) cell: TableCell,
    pub(super) list_depth: u8,
    pub(super) quote_depth: u8,
}

/// Words in several blocks of one cell from which its table is for layout: nobody writes two paragraphs into a cell of
/// figures, and such a cell on one line could not be read.
const LONG_CELL: usize = 100;

/// Settles what the blocks in cells are, now that whole tables are known.
///
/// A table is layout if it says so, holds another table, a heading, or code of several lines, has but one column with
/// text, or a cell of several paragraphs: its cells become paragraphs, and nothing is lost by reading them from top to
/// bottom. In any other table all that stands in a cell (items of a list, paragraphs, a line of code) is text of the
/// cell.
pub(super) fn settle_cells(blocks: &mut [Block], places: &[Option<CellPlace>], facts: &[TableFacts]) {
    let mut layout: Vec<bool> = facts.iter().map(|facts| facts.layout).collect();
    let mut columns = vec![(u32::MAX, 0); facts.len()];
    let mut last: Option<TableCell> = None;
    let (mut parts, mut words) = (0, 0);
    for (block, place) in blocks.iter().zip(places) {
        let Some(CellPlace { cell, .. }) = *place else {
            last = None;
            continue;
        };
        if last != Some(cell) {
            (parts, words) = (0, 0);
            last = Some(cell);
        }
        parts += 1;
        words += block.text.split_whitespace().count();
        let (least, most) = &mut columns[cell.table as usize];
        (*least, *most) = (cell.column.min(*least), cell.column.max(*most));
        let code = block.kind == BlockKind::Code && block.text.trim().contains('\n');
        layout[cell.table as usize] |= code || (parts > 1 && words > LONG_CELL);
    }
    for (block, place) in blocks.iter_mut().zip(places) {
        let Some(CellPlace { cell, list_depth, quote_depth }) = *place else { continue };
        let (least, most) = columns[cell.table as usize];
        if layout[cell.table as usize] || least == most {
            if matches!(block.kind, BlockKind::TableCell(_)) {
                block.kind = BlockKind::Paragraph;
                block.starts = Break::Paragraph(1);
            }
            if block.starts == Break::Space {
                block.starts = Break::Paragraph(1);
            }
        } else if !matches!(block.kind, BlockKind::TableCell(_) | BlockKind::FormControl) {
            if block.kind == BlockKind::Code {
                block.text = block.text.trim().to_owned();
                block.marks = vec![Mark { range: 0..block.text.len(), kind: MarkKind::Code }];
            }
            block.kind = BlockKind::TableCell(cell);
            block.starts = Break::Space;
            (block.list_depth, block.quote_depth) = (list_depth, quote_depth);
        }
    }
}
