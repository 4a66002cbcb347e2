//! Ending blocks, and the page: what a gathered text becomes, what is hidden after all, what stands there twice.

use dechaff_document::{Block, BlockKind, Break, LimitHit, Page};
use rustc_hash::FxHashSet;

use super::{super::tables::settle_cells, Walker};

/// Largest share of a page's characters that `aria-hidden` is believed to hide. An open dialogue hides the page behind
/// it from assistive technology, and pages are saved in that state; furniture is never half of the text.
const MAX_ARIA_HIDDEN: f64 = 0.3;

impl Walker<'_> {
    /// Ends the block being gathered. How the next one is set off is settled anew.
    pub(super) fn flush(&mut self) {
        let starts = std::mem::replace(&mut self.starts, Break::Paragraph(1));
        let Some(gathered) = self.text.take() else {
            // Nothing was said since: what sets off the next block still holds for it.
            if matches!(starts, Break::Space | Break::Line) && matches!(self.context.kind, BlockKind::TableCell(_)) {
                self.starts = starts;
            }
            return;
        };
        let mut kind = self.context.kind;
        if is_separator(&gathered.text) && !matches!(kind, BlockKind::TableCell(_) | BlockKind::Code) {
            self.outline.retract(self.first_element, self.blocks.len());
            return;
        }
        if self.context.code_line
            && self.code_lines == Some(self.blocks.len())
            && let Some(before) = self.blocks.last_mut()
        {
            before.text.push('\n');
            before.text.push_str(&gathered.text);
            self.outline.retract(self.first_element, self.blocks.len());
            return;
        }
        if self.blocks.len() >= self.max_blocks {
            self.full = true;
            self.outline.retract(self.first_element, self.blocks.len());
            return;
        }
        let mut starts = starts;
        let new_list = std::mem::take(&mut self.new_list);
        let mut quote_depth = self.context.quote_depth;
        if let Some(item) = self.items.last_mut() {
            let first = !std::mem::replace(&mut item.seen, true);
            if matches!(kind, BlockKind::ListItem(_) | BlockKind::Quotation) && first {
                // A quotation that is all of an item is an item first of all.
                kind = BlockKind::ListItem(item.number);
                quote_depth = item.quote_depth;
                let tight = self.outline.tag_is(self.context.container, "li") && !new_list;
                if tight && self.blocks.last().is_some_and(|before| before.list_depth > 0) {
                    starts = Break::Line;
                }
            } else if matches!(kind, BlockKind::ListItem(_)) {
                kind = BlockKind::Paragraph;
            }
        }
        if self.context.noscript {
            self.noscript.push(self.blocks.len());
        }
        self.blocks.push(Block {
            text: gathered.text,
            kind,
            starts,
            list_depth: self.context.list_depth,
            quote_depth,
            // The line is told from it when the walk is over.
            span: self.position..self.position,
            element: self.ancestor,
            container: self.context.container,
            link_characters: gathered.link_characters,
            marks: if kind == BlockKind::Code { Vec::new() } else { gathered.marks },
            ..Block::default()
        });
        self.cells.push(self.context.cell);
        self.code_lines = self.context.code_line.then_some(self.blocks.len());
    }

    pub(super) fn finish(mut self, page: &mut Page) {
        self.flush();
        if self.full {
            page.limits.push(LimitHit { limit: "segment.max-blocks".into(), value: self.max_blocks as u64 });
        }
        let mut blocks = self.blocks;
        settle_cells(&mut blocks, &self.cells, &self.facts);
        let total: usize = blocks.iter().map(|block| block.text.len()).sum();
        // Outer elements come first; what lies inside one that was hidden need not be looked at again.
        let mut hidden_to = 0;
        let measured = CumulativeText::new(&blocks);
        for id in std::mem::take(&mut self.aria_hidden) {
            if id.0 < hidden_to {
                continue;
            }
            let range = self.outline.blocks_of(id, blocks.len());
            if measured.between(range) as f64 <= MAX_ARIA_HIDDEN * total as f64 {
                hidden_to = self.outline.hide(id);
            }
        }
        let outline = self.outline.finish();
        for block in &mut blocks {
            block.hidden = block.element.is_some() && outline.element(block.element).hidden;
        }
        page.selector_hits = self.matcher.finish();
        page.outline = outline;
        page.blocks = blocks;
        drop_noscript_copies(page, &self.noscript);
    }
}

/// Sums of text lengths, so that a range of blocks is measured at once.
struct CumulativeText(Vec<usize>);

impl CumulativeText {
    fn new(blocks: &[Block]) -> Self {
        let mut sums = Vec::with_capacity(blocks.len() + 1);
        sums.push(0);
        for block in blocks {
            sums.push(sums[sums.len() - 1] + block.text.len());
        }
        CumulativeText(sums)
    }

    fn between(&self, range: std::ops::Range<usize>) -> usize {
        self.0[range.end.max(range.start)] - self.0[range.start]
    }
}

/// Drops the text of `<noscript>` that the page shows elsewhere too.
fn drop_noscript_copies(page: &mut Page, noscript: &[usize]) {
    if noscript.is_empty() {
        return;
    }
    let inside: FxHashSet<usize> = noscript.iter().copied().collect();
    let shown: FxHashSet<&str> = page
        .blocks
        .iter()
        .enumerate()
        .filter(|(index, _)| !inside.contains(index))
        .map(|(_, block)| block.text.as_str())
        .collect();
    let copies: FxHashSet<usize> =
        noscript.iter().copied().filter(|&index| shown.contains(page.blocks[index].text.as_str())).collect();
    if copies.is_empty() {
        return;
    }
    let mut index = 0;
    page.blocks.retain(|_| {
        index += 1;
        !copies.contains(&(index - 1))
    });
    let mut gone: Vec<u32> = copies.iter().map(|&index| index as u32).collect();
    gone.sort_unstable();
    page.outline.remove_blocks(&gone);
}

/// Whether a text is only a separator: up to three characters, none of them of a word.
fn is_separator(text: &str) -> bool {
    text.chars().nth(3).is_none() && !text.chars().any(|c| c.is_alphanumeric() || c == '_')
}
