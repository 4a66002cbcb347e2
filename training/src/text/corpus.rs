//! The documents that the text model learns from.
//!
//! Every page stands there in one or more of its renderings, labelled by alignment with its gold text. Beside them
//! stand two kinds of documents that the benchmark lacks: pages whose words the model may not read (so that it learns
//! to judge by structure alone, as it must in a language it does not know), and text without any chrome.

use std::{path::Path, sync::LazyLock};

use anyhow::Result;
use dechaff_document::{Block, Body, MediaType, Page, RawDocument, Source};
use dechaff_segment::{Segmenter, Settings};
use dechaff_strip::{
    Hints,
    evidence::gather,
    rules::RuleSet,
    text::{features::Known, headline, lexicon::KINDS},
};
use rustc_hash::FxHashMap;

use super::{
    default_settings,
    dumps::{self, Dump, Layout},
};
use crate::{
    align,
    data::{self, GoldPage, RENDERERS, Set},
    html, sites,
};

static RULES: LazyLock<RuleSet> = LazyLock::new(|| RuleSet::load(&[]).expect("the built-in rules load"));

/// A document with labels.
#[derive(Debug)]
pub struct Document {
    /// Id of the page it was made of.
    pub id: String,
    /// Fold of its site.
    pub fold: u8,
    /// Its blocks.
    pub blocks: Vec<Block>,
    /// What the rules say of them.
    pub hints: Hints,
    /// Share of each block's words that is content, 0 to 1.
    pub labels: Vec<f32>,
    /// Weight of each block; those of a document of weight 1 add up to 1.
    pub weights: Vec<f32>,
    /// Its weight beside the others; all renderings of a page together have weight 1.
    pub weight: f32,
    /// What the model may use of it.
    pub allowed: Known,
    /// Which of [`KINDS`] its page is.
    pub kind: Option<usize>,
    /// Whether the lexicon learns from it.
    pub lexical: bool,
    /// Its headline, where it is known.
    pub title: Option<String>,
}

/// Weight of a document that is there to teach one thing, beside the pages.
const EXTRA_WEIGHT: f32 = 0.3;

/// Weight of a page whose words may not be read. At .3, beside pages in many languages, word F1 out of fold is the same,
/// but samples in languages that the model does not know come out worse (Arabic .77 for .92, Russian .57 for .65).
const MASKED_WEIGHT: f32 = 0.7;

/// Weight of a dump written for the project, beside the pages. At .35, word F1 of WCXB's pages is .8580, .8522 and .8310 (of
/// the three renderings) and of a writer's dumps that nothing was learned from .947; at .5, .8568, .8496, .8294 and .953.
const DUMP_WEIGHT: f32 = 0.45;

/// Power of a line's words in its weight: between counting lines and counting words.
const WORD_POWER: f32 = 0.7;

/// Reads the data directory and makes the documents, in a fixed order. `labels` are those of pages without gold text,
/// `rendered` holds what `training/render.py` made of these pages.
///
/// `renderings` of the three renderings of each page are taken (which, is told by its number).
///
/// # Errors
/// Where the data directory is not as described in [`data`].
pub fn corpus(data: &Path, labels: &Path, rendered: &Path, renderings: usize) -> Result<Vec<Document>> {
    let segmenter = html::segmenter()?;
    let pages = data::learned(data, labels, &super::LABELLED, &segmenter)?;
    let mut texts: Vec<FxHashMap<String, String>> = Vec::new();
    for renderer in RENDERERS {
        let of_both = [data::rendered(&data.join("text-dev"), renderer)?, data::rendered(rendered, renderer)?];
        texts.push(of_both.into_iter().flatten().map(|page| (page.id, page.text)).collect());
    }
    let mut documents: Vec<Document> = Vec::new();
    for (number, page) in pages.iter().enumerate() {
        let first = documents.len();
        for turn in 0..renderings {
            if let Some(text) = texts[(number + turn) % 3].get(&page.id) {
                documents.push(labelled(page, text, Known::ALL, 1.0 / renderings as f32));
            }
        }
        if let Some(allowed) = masks(number)
            && let Some(text) = texts[(number + renderings) % 3].get(&page.id)
        {
            documents.push(labelled(page, text, allowed, MASKED_WEIGHT));
        }
        let title = segmenter.page(page.raw(data::html(data, page)?)).metadata.title.map(|title| title.value);
        documents[first..].iter_mut().for_each(|document| document.title = title.clone());
        documents.extend(clean(page, number));
    }
    for (number, dump) in dumps::read(&labels.join("dumps"))?.iter().enumerate() {
        for layout in Layout::of(number) {
            documents.push(written(dump, layout, Known::ALL, DUMP_WEIGHT / 2.0)?);
        }
        if let Some(allowed) = masks(number) {
            documents.push(written(dump, Layout::of(number)[0], allowed, DUMP_WEIGHT * MASKED_WEIGHT)?);
        }
    }
    documents.retain(|document| !document.blocks.is_empty());
    Ok(documents)
}

/// A text in blocks, by the production code.
pub fn page_of_text(text: &str) -> Page {
    let settings = Settings { max_depth: 256, max_attributes: 256, max_nodes: 2_000_000, max_blocks: 200_000 };
    Segmenter::new(settings, Vec::new()).page(RawDocument {
        source: Source::default(),
        media: MediaType::Text,
        charset: None,
        body: Body::Text(text.to_owned()),
        limits: Vec::new(),
        fields: Vec::new(),
    })
}

/// Which evidence the extra copy of a page may use; every second page has one.
pub fn masks(number: usize) -> Option<Known> {
    match number % 6 {
        0 => Some(Known { words: false, function_words: true, case: true }),
        2 => Some(Known { words: false, function_words: true, case: false }),
        4 => Some(Known { words: false, function_words: false, case: false }),
        _ => None,
    }
}

fn labelled(page: &GoldPage, text: &str, allowed: Known, weight: f32) -> Document {
    let text = page_of_text(text);
    let hints = hints(&text, allowed);
    let blocks = text.blocks;
    let gold = page.text.as_deref().unwrap_or_default();
    let matched = align::label(blocks.iter().map(|block| block.text.as_str()), gold);
    let labels = matched.iter().map(|(hits, words)| *hits as f32 / (*words).max(1) as f32).collect();
    document(page, (blocks, hints), labels, allowed, weight, allowed == Known::ALL)
}

/// The gold text alone, laid out in one of several ways: a page without chrome.
fn clean(page: &GoldPage, number: usize) -> Option<Document> {
    // Labels by hand give words without marks: no text that anybody would write.
    let gold = page.text.as_deref().filter(|text| page.set == Set::Wcxb && text.len() > 200)?;
    let text = match number % 8 {
        1 => gold.to_owned(),
        3 => gold.replace("\n\n", "\n"),
        5 => wrapped(gold, 72),
        _ => return None,
    };
    let text = page_of_text(&text);
    let labels = vec![1.0; text.blocks.len()];
    let allowed = match number % 16 {
        13 => Known { words: false, function_words: false, case: false },
        11 => Known { words: false, function_words: true, case: true },
        _ => Known::ALL,
    };
    let hints = hints(&text, allowed);
    Some(document(page, (text.blocks, hints), labels, allowed, EXTRA_WEIGHT, false))
}

/// What the rules say of a page. Of languages whose function words we do not know, rules know nothing either.
fn hints(page: &Page, allowed: Known) -> Hints {
    match allowed.function_words && allowed.case {
        true => gather(page, &RULES, &default_settings()).hints,
        false => Hints::none(page.blocks.len()),
    }
}

fn document(
    page: &GoldPage,
    (blocks, hints): (Vec<Block>, Hints),
    labels: Vec<f32>,
    allowed: Known,
    weight: f32,
    lexical: bool,
) -> Document {
    let weights = weights(&blocks, weight);
    let kind = KINDS.iter().position(|kind| page.kind.as_deref() == Some(kind));
    Document {
        id: page.id.clone(),
        fold: sites::fold(&page.site()),
        blocks,
        hints,
        labels,
        weights,
        weight,
        allowed,
        kind,
        lexical,
        title: None,
    }
}

impl Document {
    /// Of each of its first lines, whether it is the headline, as [`headline_rows`] has them; none where no line is known
    /// to be it.
    ///
    /// [`headline_rows`]: dechaff_strip::text::headline_rows
    pub fn headlines(&self) -> Option<Vec<bool>> {
        let title = align::words(self.title.as_deref()?);
        let first = self.blocks.iter().take(headline::LINES);
        let found: Vec<bool> = first.map(|block| align::words(&block.text) == title).collect();
        (!title.is_empty() && found.contains(&true)).then_some(found)
    }
}

/// Weights of blocks that add up to that of their document.
fn weights(blocks: &[Block], weight: f32) -> Vec<f32> {
    let words = blocks.iter().map(|block| align::words(&block.text).len().max(1) as f32);
    let mut weights: Vec<f32> = words.map(|words| words.powf(WORD_POWER)).collect();
    let sum: f32 = weights.iter().sum();
    weights.iter_mut().for_each(|line| *line *= weight / sum);
    weights
}

/// A dump in one of its layouts.
fn written(dump: &Dump, layout: Layout, allowed: Known, weight: f32) -> Result<Document> {
    let page = page_of_text(&dump.text(layout));
    let hints = hints(&page, allowed);
    let labels = dump.labels(&page.blocks)?;
    let mut weights = weights(&page.blocks, weight);
    for (weight, label) in weights.iter_mut().zip(&labels) {
        if label.is_none() {
            *weight = 0.0;
        }
    }
    Ok(Document {
        id: dump.id.clone(),
        fold: dump.fold(),
        blocks: page.blocks,
        hints,
        labels: labels.into_iter().map(Option::unwrap_or_default).collect(),
        weights,
        weight,
        allowed,
        kind: KINDS.iter().position(|kind| *kind == dump.kind),
        lexical: allowed == Known::ALL,
        title: dump.title().map(str::to_owned),
    })
}

/// Every paragraph wrapped greedily at `width` characters.
fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / width);
    for line in text.lines() {
        dumps::wrap(line, width, &mut out);
        out.push('\n');
    }
    out
}
