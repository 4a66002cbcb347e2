//! The judge of last resort: shallow text features, for pages that no learned model is asked about.
//!
//! The decision is the one of C. Kohlschütter, P. Fankhauser and W. Nejdl, "Boilerplate Detection using Shallow Text
//! Features" (WSDM 2010), the tree over words and link density of a block and its two neighbours, made soft so that
//! profiles can move the cut, and corrected by what HTML says of itself (`nav`, `footer`, headings).

use dechaff_document::{Block, BlockKind, ElementId, Page};

use crate::{
    Hints, Scores,
    measure::{link_density, words},
};

/// Scores every block from words and link density of itself and its neighbours. Linear in the page.
///
/// The cut is one half; the confidence is the .6 that the method reaches on mixed web pages, whatever the page.
pub fn scores(page: &Page, hints: &Hints) -> Scores {
    let measured: Vec<Measure> = page.blocks.iter().map(Measure::of).collect();
    let furniture = inside_furniture(page);
    let mut scores: Vec<f32> = (0..measured.len())
        .map(|index| {
            let nothing = Measure { words: 0.0, links: 0.0 };
            let previous = if index == 0 { &nothing } else { &measured[index - 1] };
            let next = measured.get(index + 1).unwrap_or(&nothing);
            let score = of_neighbourhood(previous, &measured[index], next);
            match furniture.get(index) {
                Some(true) => score * 0.4,
                _ => score,
            }
        })
        .collect();
    lift_headings(page, &mut scores);
    for ((score, hint), measure) in scores.iter_mut().zip(&hints.blocks).zip(&measured) {
        // A hint on a sentence or two is mostly one on what stands around it.
        if !hint.hinted.is_empty() && measure.words < 20.0 {
            *score *= 0.5;
        }
    }
    // The measure knows nothing of what readers see.
    for (score, block) in scores.iter_mut().zip(&page.blocks) {
        if block.hidden {
            *score = 0.0;
        }
    }
    Scores { scores, cut: 0.5, confidence: 0.6, title: None }
}

struct Measure {
    words: f32,
    links: f32,
}

impl Measure {
    fn of(block: &Block) -> Self {
        Measure { words: words(&block.text) as f32, links: link_density(block) }
    }
}

/// The published tree; its leaves give .1 to .9 by how far the block is from the threshold that decided it.
fn of_neighbourhood(previous: &Measure, block: &Measure, next: &Measure) -> f32 {
    if block.links > 0.333 {
        return (0.45 - 0.4 * block.links).max(0.05);
    }
    let (long, neighbour) = if previous.links <= 0.556 { (16.0, 15.0) } else { (40.0, 17.0) };
    if block.words > long {
        return (0.6 + block.words / 200.0).min(0.95);
    }
    if next.words > neighbour {
        return 0.6;
    }
    match previous.links <= 0.556 && previous.words > 4.0 {
        true => (0.45 + 0.01 * block.words + 0.002 * previous.words.min(50.0)).min(0.6),
        false => 0.2,
    }
}

/// A heading is as likely content as the first block after it that is none, and no less likely than it was.
fn lift_headings(page: &Page, scores: &mut [f32]) {
    let mut below = 0.0f32;
    for (index, block) in page.blocks.iter().enumerate().rev() {
        match block.kind {
            BlockKind::Heading(_) => scores[index] = scores[index].max(below * 0.95),
            _ => below = scores[index],
        }
    }
}

/// Whether each block stands inside `nav`, `footer`, `aside` or a form (HTML; empty for plain text).
fn inside_furniture(page: &Page) -> Vec<bool> {
    let elements = page.outline.elements();
    let mut inside = vec![false; elements.len()];
    for index in 0..elements.len() {
        let parent = elements[index].parent;
        let id = ElementId(index as u32);
        inside[index] = matches!(page.outline.tag(id), "nav" | "footer" | "aside" | "form")
            || (parent.is_some() && inside[parent.index()]);
    }
    match elements.is_empty() {
        true => Vec::new(),
        false => page.blocks.iter().map(|block| block.element.is_some() && inside[block.element.index()]).collect(),
    }
}
