//! Entering an element that breaks blocks: what it says of the text in it.

use dechaff_document::{BlockKind, Break, TableCell};
use html5ever::local_name;

use super::{
    super::{
        attributes::Attribute,
        elements::heading_level,
        tables::{CellPlace, Table, TableFacts},
        tree::{Element, NodeRef},
        unread::Tokens,
    },
    Item, List, Open, Walker,
    read::Read,
};

impl Walker<'_> {
    pub(super) fn enter_block(
        &mut self,
        element: Element<'_>,
        attributes: &Read<'_>,
        tokens: Tokens,
        entered: &mut Open<'_>,
    ) {
        let name = element.local();
        let context = &mut self.context;
        if let Some(level) = heading_level(name) {
            context.kind = BlockKind::Heading(level);
            if let Some(table) = self.tables.last() {
                self.facts[table.number() as usize].layout = true;
            }
            return;
        }
        match *name {
            local_name!("pre") | local_name!("listing") | local_name!("xmp") | local_name!("plaintext") => {
                context.kind = BlockKind::Code;
                context.preformatted = true;
            }
            local_name!("blockquote") => {
                context.kind = BlockKind::Quotation;
                context.quote_depth = context.quote_depth.saturating_add(1);
            }
            local_name!("figcaption") | local_name!("caption") => context.kind = BlockKind::Caption,
            local_name!("dt") => context.kind = BlockKind::Term,
            local_name!("dd") => context.kind = BlockKind::Definition,
            local_name!("button")
            | local_name!("option")
            | local_name!("label")
            | local_name!("legend")
            | local_name!("textarea")
            | local_name!("select") => context.kind = BlockKind::FormControl,
            local_name!("ul") | local_name!("ol") | local_name!("menu") | local_name!("dir") => {
                context.list_depth = context.list_depth.saturating_add(1);
                let ordered = *name == local_name!("ol");
                let reversed = ordered && element.attr(Attribute::Reversed).is_some();
                let next = attributes.number(attributes.start).unwrap_or_else(|| match reversed {
                    true => items_of(entered.node),
                    false => 1,
                });
                // A list that follows another is not part of it.
                self.new_list |= self.lists.is_empty();
                self.lists.push(List { ordered, reversed, next });
                entered.list = true;
            }
            local_name!("li") => {
                context.list_depth = context.list_depth.max(1);
                let number = self.lists.last_mut().filter(|list| list.ordered).map(|list| {
                    let number = attributes.number(attributes.value).unwrap_or(list.next);
                    list.next = if list.reversed { number.saturating_sub(1) } else { number.saturating_add(1) };
                    number
                });
                context.kind = BlockKind::ListItem(number);
                self.items.push(Item { number, seen: false, quote_depth: context.quote_depth });
                entered.item = true;
            }
            local_name!("table") => {
                if let Some(outer) = self.tables.last() {
                    self.facts[outer.number() as usize].layout = true;
                }
                let layout = matches!(attributes.kept.role, "presentation" | "none");
                self.tables.push(Table::new(self.facts.len() as u32));
                self.facts.push(TableFacts { layout });
                context.cell = None;
                entered.table = true;
            }
            local_name!("tr") => {
                if let Some(table) = self.tables.last_mut() {
                    table.start_row();
                }
            }
            local_name!("td") | local_name!("th") => {
                if let Some(table) = self.tables.last_mut() {
                    let header = *name == local_name!("th");
                    let columns = attributes.number(attributes.columns).unwrap_or(1);
                    let rows = attributes.number(attributes.rows).unwrap_or(1);
                    let cell = table.start_cell(header, columns, rows);
                    context.kind = BlockKind::TableCell(cell);
                    let (list_depth, quote_depth) = (context.list_depth, context.quote_depth);
                    context.cell = Some(CellPlace { cell, list_depth, quote_depth });
                    self.starts = match cell {
                        TableCell { row: 0, column: 0, .. } => Break::Paragraph(1),
                        TableCell { column: 0, .. } => Break::Line,
                        _ => Break::Space,
                    };
                }
            }
            local_name!("noscript") => context.noscript = true,
            _ => {}
        }
        if tokens.code_line() {
            self.context.kind = BlockKind::Code;
            self.context.preformatted = true;
            self.context.code_line = true;
            self.context.cell = None;
        }
    }
}

/// How many items a list has of its own: where a reversed one begins to count.
fn items_of(list: NodeRef<'_>) -> u32 {
    list.children().filter(|child| child.is(&local_name!("li"))).count() as u32
}
