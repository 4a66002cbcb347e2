//! What the binaries of the HTML model share: pages through the production segmenter, labels, the lexicon's statistics.

use std::path::Path;

use anyhow::{Context, Result};
use dechaff_document::{ElementId, Page};
use dechaff_segment::{Segmenter, Settings};
use dechaff_strip::html::lexicon::{Entry, Lexicon, names_of};
use rustc_hash::FxHashMap;

use crate::{
    align,
    data::{self, GoldPage},
};

/// A segmenter with the default settings.
///
/// # Errors
/// Where the default configuration has no `[segment]`.
pub fn segmenter() -> Result<Segmenter> {
    #[derive(serde::Deserialize)]
    struct File {
        segment: Settings,
    }
    let file: File = toml::from_str(include_str!("../../config/default.toml"))?;
    Ok(Segmenter::new(file.segment, Vec::new()))
}

/// A page with what is to be learned of it.
#[derive(Debug)]
pub struct Learned {
    /// The gold page.
    pub gold: GoldPage,
    /// Its site.
    pub site: String,
    /// The segmented page.
    pub page: Page,
    /// Matched words and words of every block.
    pub labels: Vec<(u32, u32)>,
}

/// Reads, segments and labels a page.
///
/// # Errors
/// Where its file can't be read.
pub fn learn(data: &Path, segmenter: &Segmenter, gold: GoldPage) -> Result<Learned> {
    let page = segmenter.page(gold.raw(data::html(data, &gold)?));
    let text = gold.text.as_deref().unwrap_or_default();
    let labels = align::label(page.blocks.iter().map(|block| block.text.as_str()), text);
    Ok(Learned { site: gold.site(), gold, page, labels })
}

/// For every name of a page's elements, the share of content in the text below it.
pub fn name_shares(learned: &Learned) -> Vec<(u32, f32)> {
    let outline = &learned.page.outline;
    let mut sums = vec![(0.0f32, 0.0f32); outline.len()];
    for (block, &(hits, words)) in learned.page.blocks.iter().zip(&learned.labels) {
        if let Some(sum) = sums.get_mut(block.element.0 as usize) {
            sum.0 += hits as f32;
            sum.1 += words as f32;
        }
    }
    for index in (1..outline.len()).rev() {
        let parent = outline.element(ElementId(index as u32)).parent;
        if parent.is_some() {
            let (hits, words) = sums[index];
            sums[parent.index()].0 += hits;
            sums[parent.index()].1 += words;
        }
    }
    let total = sums.first().map_or(0.0, |sum| sum.1);
    let mut shares: FxHashMap<u32, (f32, f32)> = FxHashMap::default();
    for (index, &(hits, words)) in sums.iter().enumerate() {
        // A name that holds the whole page says nothing of any part of it.
        if words > 0.0 && words < 0.97 * total {
            for name in names_of(outline, ElementId(index as u32)) {
                let share = shares.entry(name).or_default();
                share.0 += hits;
                share.1 += words;
            }
        }
    }
    let mut shares: Vec<_> = shares.into_iter().map(|(name, (hits, words))| (name, hits / words)).collect();
    shares.sort_unstable_by_key(|(name, _)| *name);
    shares
}

/// Statistics of names over sites, from which lexicons are made with some sites left out.
#[derive(Debug, Default)]
pub struct NameStatistics {
    /// For each name, mean share by site.
    sites: FxHashMap<u32, FxHashMap<String, (f32, f32)>>,
}

impl NameStatistics {
    /// Fewest sites that make a name known.
    pub const FEWEST_SITES: usize = 4;

    /// Adds a page.
    pub fn add(&mut self, site: &str, shares: &[(u32, f32)]) {
        for &(name, share) in shares {
            let sum = self.sites.entry(name).or_default().entry(site.to_owned()).or_default();
            sum.0 += share;
            sum.1 += 1.0;
        }
    }

    /// What is known of a name from the sites that `counts` admits.
    pub fn entry(&self, name: u32, fewest: usize, counts: impl Fn(&str) -> bool) -> Option<Entry> {
        let sites = self.sites.get(&name)?;
        // Shares are summed in a fixed order, so that the same data give the same bits.
        let mut means: Vec<f32> =
            sites.iter().filter(|(site, _)| counts(site)).map(|(_, (sum, pages))| sum / pages).collect();
        if means.len() < fewest {
            return None;
        }
        means.sort_unstable_by(f32::total_cmp);
        // Two sites' worth of the usual share of content.
        let odds = (means.iter().sum::<f32>() + 2.0 * 0.4) / (means.len() as f32 + 2.0);
        Some(Entry { odds: (odds / (1.0 - odds)).ln(), sites: means.len().min(255) as u16 })
    }

    /// The lexicon of the sites that `counts` admits.
    pub fn lexicon(&self, counts: impl Fn(&str) -> bool) -> Lexicon {
        let entries =
            self.sites.keys().filter_map(|&name| Some((name, self.entry(name, Self::FEWEST_SITES, &counts)?)));
        Lexicon::new(entries)
    }
}

/// A page as `html-features` lists it.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct PageEntry {
    /// Its id.
    pub id: String,
    /// Its site.
    pub site: String,
    /// Fold of the site.
    pub fold: u8,
}

/// Reads `names.bin`: the shares of every page, in the order of `pages.json`.
///
/// # Errors
/// Where the file is missing or cut short.
pub fn name_file(path: &Path) -> Result<Vec<Vec<(u32, f32)>>> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let mut words = bytes.as_chunks::<4>().0.iter();
    let mut pages = Vec::new();
    while let Some(count) = words.next() {
        let count = u32::from_le_bytes(*count) as usize;
        let pairs: Vec<_> = (&mut words).take(2 * count).collect();
        anyhow::ensure!(pairs.len() == 2 * count, "names.bin is cut short");
        pages.push(pairs.chunks(2).map(|pair| (u32::from_le_bytes(*pair[0]), f32::from_le_bytes(*pair[1]))).collect());
    }
    Ok(pages)
}
