//! Plain text to blocks: one block a line, with its offsets.

use dechaff_document::{Block, Break, LimitHit, Page};

use crate::Settings;

/// Puts the lines of `text` into `page` as blocks.
pub(crate) fn segment(text: String, settings: &Settings, page: &mut Page) {
    let mut blank = 1;
    let mut offset = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let start = offset;
        offset += line.len();
        let body = line.trim_end();
        if body.trim_start().is_empty() {
            blank += 1;
            continue;
        }
        if page.blocks.len() == settings.max_blocks {
            page.limits.push(LimitHit { limit: "segment.max-blocks".into(), value: settings.max_blocks as u64 });
            break;
        }
        page.blocks.push(Block {
            text: body.to_owned(),
            starts: if blank == 0 { Break::Line } else { Break::Paragraph(blank) },
            span: start..start + body.len(),
            line: number as u32 + 1,
            ..Block::default()
        });
        blank = 0;
    }
}
