//! Places of cells in tables, and which tables are only layout.

use dechaff_document::{Block, BlockKind, Break, TableCell};

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
        let place = TableCell { table: self.number, row: self.row.unwrap_or(0), column: self.column, header };
        let end = (self.column + columns.clamp(1, MAX_COLUMNS)).min(MAX_COLUMNS);
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

/// Turns the cells of layout tables into paragraphs. A table is layout if it says so, holds another table or a
/// heading, or has but one column: in each case nothing is lost by reading it from top to bottom.
pub(super) fn dissolve_layout(blocks: &mut [Block], facts: &[TableFacts]) {
    let mut columns = vec![0; facts.len()];
    for block in blocks.iter() {
        if let BlockKind::TableCell(cell) = block.kind {
            let widest = &mut columns[cell.table as usize];
            *widest = cell.column.max(*widest);
        }
    }
    for block in blocks {
        if let BlockKind::TableCell(cell) = block.kind
            && (facts[cell.table as usize].layout || columns[cell.table as usize] == 0)
        {
            block.kind = BlockKind::Paragraph;
            block.starts = Break::Paragraph(1);
        }
    }
}
