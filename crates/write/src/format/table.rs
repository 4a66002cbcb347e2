//! Tables put together again from their kept cells.

use std::collections::{BTreeMap, BTreeSet};

use dechaff_document::{Block, BlockKind, TableCell};

use super::Kept;

/// The cells of a table, row by row. Columns and rows of which nothing is kept are gone.
pub(super) struct Grid<'a> {
    /// Rows of cells, each as long as the others.
    pub(super) rows: Vec<Vec<Cell<'a>>>,
}

/// A cell: its blocks, none if it was dropped or empty.
#[derive(Default, Clone)]
pub(super) struct Cell<'a> {
    pub(super) header: bool,
    pub(super) blocks: Vec<&'a Block>,
}

/// What a page is written from.
pub(super) enum Piece<'k, 'a> {
    /// A block that stands in no table.
    Block(&'k Kept<'a>),
    /// The cells of a table, and what stands inside them.
    Table(&'k [Kept<'a>]),
}

/// The blocks in their order, tables as wholes.
pub(super) fn pieces<'k, 'a>(blocks: &'k [Kept<'a>]) -> impl Iterator<Item = Piece<'k, 'a>> {
    let last = last_cells(blocks);
    let mut at = 0;
    std::iter::from_fn(move || {
        let first = blocks.get(at)?;
        let cells = extent(blocks, &last, at);
        let piece = match cells {
            0 => Piece::Block(first),
            _ => Piece::Table(&blocks[at..at + cells]),
        };
        at += cells.max(1);
        Some(piece)
    })
}

/// Puts a table together. `None` if it is too sparse to be shown as a grid: the empty cells would outweigh the full.
pub(super) fn grid<'a>(blocks: &[Kept<'a>]) -> Option<Grid<'a>> {
    let mut cells: BTreeMap<(u32, u32), Cell<'a>> = BTreeMap::new();
    let mut place = (0, 0);
    for kept in blocks {
        let mut header = false;
        if let Some(cell) = cell(kept.block) {
            place = (cell.row, cell.column);
            header = cell.header;
        }
        let cell = cells.entry(place).or_default();
        cell.header |= header;
        cell.blocks.push(kept.block);
    }
    let columns: BTreeSet<u32> = cells.keys().map(|&(_, column)| column).collect();
    let rows: BTreeSet<u32> = cells.keys().map(|&(row, _)| row).collect();
    // A hostile page can put each cell into a row and a column of its own.
    if columns.len() * rows.len() > 8 * cells.len() + 64 {
        return None;
    }
    let columns: BTreeMap<u32, usize> = columns.into_iter().zip(0..).collect();
    let mut grid = Grid { rows: Vec::with_capacity(rows.len()) };
    let mut current = None;
    for ((row, column), cell) in cells {
        if current != Some(row) {
            current = Some(row);
            grid.rows.push(vec![Cell::default(); columns.len()]);
        }
        if let Some(last) = grid.rows.last_mut() {
            last[columns[&column]] = cell;
        }
    }
    Some(grid)
}

/// How many of these blocks are the rest of the table that the first is a cell of: its cells, and what stands inside
/// them (lists, paragraphs).
fn extent(blocks: &[Kept<'_>], last: &BTreeMap<u32, usize>, at: usize) -> usize {
    let Some(table) = cell(blocks[at].block).map(|cell| cell.table) else { return 0 };
    let end = last.get(&table).map_or(at, |&last| last) + 1;
    let other = |kept: &Kept<'_>| cell(kept.block).is_some_and(|cell| cell.table != table);
    blocks[at..end].iter().position(other).unwrap_or(end - at)
}

/// The place of the last cell of each table.
fn last_cells(blocks: &[Kept<'_>]) -> BTreeMap<u32, usize> {
    let cells = blocks.iter().enumerate().filter_map(|(place, kept)| Some((cell(kept.block)?.table, place)));
    cells.collect()
}

fn cell(block: &Block) -> Option<TableCell> {
    match block.kind {
        BlockKind::TableCell(cell) => Some(cell),
        _ => None,
    }
}
