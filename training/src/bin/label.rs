//! Sheets to label pages on by hand, and the gold texts that such labels stand for.
//!
//! ```text
//! label sheets DATA OUT           a sheet of numbered blocks for every page that is not held out: OUT/<id>.txt
//! label gold   DATA BLOCKS LABELS the label file (see `hand.rs`) that stands for labelled blocks of such sheets
//! ```
//!
//! BLOCKS has a line a page: `id`, ranges of blocks (`3-7,9`; `-` for none), page type, language; tab-separated.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use dechaff_document::{Block, BlockKind, Page};
use dechaff_segment::Segmenter;
use dechaff_training::{
    align,
    data::{self, GoldPage, Part, Set},
    hand::{self, HandLabel},
    html::segmenter,
};
use rustc_hash::FxHashMap;

/// Characters of a block that a sheet shows.
const SHOWN: usize = 150;

/// Short blocks in a row are shown on one line of about this many characters.
const ROW: usize = 200;

/// Blocks of at most this many characters count as short.
const SHORT: usize = 32;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["sheets", data, out] => sheets(data.as_ref(), out.as_ref()),
        ["gold", data, blocks, labels] => gold(data.as_ref(), blocks.as_ref(), labels.as_ref()),
        _ => bail!("usage: label sheets DATA OUT | gold DATA BLOCKS LABELS"),
    }
}

fn sheets(data: &Path, out: &Path) -> Result<()> {
    fs::create_dir_all(out)?;
    let segmenter = segmenter()?;
    for gold in pages(data)? {
        let page = segmenter.page(gold.raw(data::html(data, &gold)?));
        let path: PathBuf = out.join(format!("{}.txt", gold.id));
        fs::write(&path, sheet(&gold, &page)).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

fn gold(data: &Path, blocks: &Path, out: &Path) -> Result<()> {
    let pages: FxHashMap<String, GoldPage> = pages(data)?.into_iter().map(|page| (page.id.clone(), page)).collect();
    let segmenter = segmenter()?;
    let mut labels = Vec::new();
    let (mut agreeing, mut all) = (0, 0);
    for (at, line) in fs::read_to_string(blocks)?.lines().enumerate() {
        let (label, agrees, words) =
            label_of(line, data, &segmenter, &pages).with_context(|| format!("{}:{}", blocks.display(), at + 1))?;
        if agrees * 10 < words * 9 {
            eprintln!("{}: of {words} words {} are labelled otherwise when read back", label.id, words - agrees);
        }
        agreeing += agrees;
        all += words;
        labels.push(label);
    }
    println!(
        "{} pages; {:.2}% of their words read back as labelled",
        labels.len(),
        100.0 * agreeing as f64 / all as f64
    );
    labels.sort_by(|a, b| a.id.cmp(&b.id));
    let lines: String = labels.iter().map(|label| label.line() + "\n").collect();
    fs::write(out, lines).with_context(|| out.display().to_string())
}

/// The label that a line of BLOCKS stands for, how many words of its page read back as labelled, and how many it has.
fn label_of(
    line: &str,
    data: &Path,
    segmenter: &Segmenter,
    pages: &FxHashMap<String, GoldPage>,
) -> Result<(HandLabel, usize, usize)> {
    let [id, ranges, kind, language] = line.split('\t').collect::<Vec<_>>()[..] else {
        bail!("expected id, ranges, type and language, separated by tabs");
    };
    let gold = pages.get(id).with_context(|| format!("no page {id}"))?;
    let page = segmenter.page(gold.raw(data::html(data, gold)?));
    let mut kept = vec![false; page.blocks.len()];
    for range in if ranges == "-" { Vec::new() } else { hand::ranges(ranges, kept.len())? } {
        kept[range].fill(true);
    }
    let texts = page.blocks.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(block, _)| block.text.as_str());
    let words = hand::page_words(&data::decoded(data, segmenter, gold)?);
    let content = align::label(words.iter().map(String::as_str), &texts.collect::<Vec<_>>().join("\n"));
    let content: Vec<bool> = content.iter().map(|(hits, _)| *hits > 0).collect();
    let label = HandLabel::new(id, &content, kind, language);
    let back = align::label(page.blocks.iter().map(|block| block.text.as_str()), &label.text(&words)?);
    let (mut agreeing, mut all) = (0, 0);
    for (&(hits, words), kept) in back.iter().zip(kept) {
        all += words as usize;
        agreeing += if kept { hits } else { words - hits } as usize;
    }
    Ok((label, agreeing, all))
}

/// All pages that may be learned from, with gold text and without.
fn pages(data: &Path) -> Result<Vec<GoldPage>> {
    let mut pages = data::gold(data, Set::Wcxb, Part::Learned)?;
    for set in Set::LABELLED {
        pages.extend(data::gold(data, set, Part::Learned)?);
    }
    Ok(pages)
}

/// The page's blocks, numbered from 0. Where the page has a gold text, blocks of which it holds most start with `+`.
fn sheet(gold: &GoldPage, page: &Page) -> String {
    let kept: Option<Vec<bool>> = gold.text.as_deref().filter(|text| !text.is_empty()).map(|text| {
        let labels = align::label(page.blocks.iter().map(|block| block.text.as_str()), text);
        labels.iter().map(|&(hits, words)| words > 0 && 2 * hits >= words).collect()
    });
    let mut sheet = format!(
        "# {} {} {}\n# {}\n",
        gold.id,
        gold.kind.as_deref().unwrap_or(""),
        gold.url.as_deref().unwrap_or(""),
        page.metadata.title.as_ref().map_or("", |title| title.value.as_str())
    );
    let mark = |block: usize| kept.as_ref().map_or("", |kept| if kept[block] { "+" } else { " " });
    let mut at = 0;
    while at < page.blocks.len() {
        let mut end = at + 1;
        if is_short(&page.blocks[at]) {
            let mut length = page.blocks[at].text.len();
            while end < page.blocks.len()
                && is_short(&page.blocks[end])
                && page.blocks[end].hidden == page.blocks[at].hidden
                && length < ROW
                && mark(end) == mark(at)
            {
                length += page.blocks[end].text.len();
                end += 1;
            }
        }
        let number = if end == at + 1 { at.to_string() } else { format!("{at}-{}", end - 1) };
        let texts: Vec<String> = page.blocks[at..end].iter().map(shown).collect();
        sheet.push_str(&format!("{}{number} {}{}\n", mark(at), about(page, &page.blocks[at]), texts.join(" | ")));
        at = end;
    }
    sheet
}

/// Short blocks that are no headings share a line.
fn is_short(block: &Block) -> bool {
    !matches!(block.kind, BlockKind::Heading(_)) && block.text.chars().count() <= SHORT
}

fn shown(block: &Block) -> String {
    let text = block.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        let more = text.chars().count() - SHOWN;
        shown.push_str(&format!("…(+{more})"));
    }
    shown
}

/// What kind of block it is, and the nearest class name, in brackets.
fn about(page: &Page, block: &Block) -> String {
    let kind = match block.kind {
        BlockKind::Heading(level) => format!("h{level}"),
        BlockKind::Paragraph => String::new(),
        BlockKind::ListItem(_) => "li".to_owned(),
        BlockKind::TableCell(_) => "cell".to_owned(),
        BlockKind::Code => "code".to_owned(),
        BlockKind::Quotation => "quote".to_owned(),
        BlockKind::Caption => "caption".to_owned(),
        BlockKind::Term => "dt".to_owned(),
        BlockKind::Definition => "dd".to_owned(),
        BlockKind::FormControl => "control".to_owned(),
    };
    let class = page
        .outline
        .ancestors(block.element)
        .take(3)
        .find_map(|element| page.outline.classes(element).next())
        .unwrap_or("");
    let class: String = class.chars().take(16).collect();
    let hidden = if block.hidden { "hidden" } else { "" };
    let link = if block.link_characters as usize * 2 > block.text.len() { "link" } else { "" };
    let parts: Vec<&str> =
        [kind.as_str(), class.as_str(), hidden, link].into_iter().filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { String::new() } else { format!("[{}] ", parts.join(" ")) }
}
