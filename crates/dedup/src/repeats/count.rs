//! Counting distinct pages: a bottom-k sample of every site, within a bounded number of pages.

use std::collections::{BTreeMap, HashMap, HashSet};

use dechaff_document::{Page, Repeats as Count};
use rustc_hash::FxBuildHasher;

use super::{
    fold,
    place::{LOWER, MIDDLE, Place, UPPER},
    site_of,
};
use crate::{
    Repeats, Site, raw_hash,
    shingle::{PI, mix},
};

/// Blocks of a page that are counted: as many from its start, and as many from its end. Chrome stands at the edges.
const EDGE_BLOCKS: usize = 500;
/// Longest text kept as an example, in bytes. Longer blocks are prose; they are counted, but not written down.
const LONGEST_EXAMPLE: usize = 2000;

/// What is counted of a page: 8 bytes a block and, for `learn`, its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageDigest {
    /// The page's id, where texts are kept.
    id: Box<str>,
    /// Hash of the id: which pages are sampled.
    rank: u64,
    /// Hash of the whole folded text: pages that share it count once.
    content: u64,
    /// Keys of text and place, sorted, each once.
    keys: Vec<u64>,
    /// Texts and places by key, where they are wanted; sorted by key.
    examples: Vec<(u64, Example)>,
}

/// A text as one page has it, and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Example {
    pub(super) text: Box<str>,
    pub(super) place: Box<str>,
}

/// Whether the texts of pages are kept, to be written down by `learn`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Texts {
    Dropped,
    Kept,
}

impl PageDigest {
    /// The digest for counting. Pure; linear in the text.
    pub fn new(page: &Page) -> PageDigest {
        PageDigest::with(page, Texts::Dropped)
    }

    /// The digest for learning: it keeps the texts of the blocks.
    pub fn with_texts(page: &Page) -> PageDigest {
        PageDigest::with(page, Texts::Kept)
    }

    fn with(page: &Page, texts: Texts) -> PageDigest {
        let blocks = page.blocks.len();
        let mut digest = PageDigest {
            id: if texts == Texts::Kept { page.source.id.as_str().into() } else { "".into() },
            rank: rank(&page.source.id),
            content: PI[2],
            keys: Vec::new(),
            examples: Vec::new(),
        };
        for (at, block) in page.blocks.iter().enumerate() {
            let folded = fold(&block.text);
            digest.content = mix(digest.content ^ text_key(&folded), PI[1]);
            if at >= EDGE_BLOCKS && at + EDGE_BLOCKS < blocks {
                continue;
            }
            let place = Place::of(page, at);
            for name in place.names() {
                let key = key(&folded, name);
                digest.keys.push(key);
                if texts == Texts::Kept && block.text.len() <= LONGEST_EXAMPLE {
                    digest.examples.push((key, Example { text: block.text.as_str().into(), place: name.into() }));
                }
            }
        }
        digest.keys.sort_unstable();
        digest.keys.dedup();
        // Stable: the first block of a page that has the key gives its example.
        digest.examples.sort_by_key(|it| it.0);
        digest.examples.dedup_by_key(|it| it.0);
        digest
    }

    /// Id of the page.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Keys of the page.
    pub(super) fn keys(&self) -> &[u64] {
        &self.keys
    }

    /// The page's text and place for a key, where it was kept.
    pub(super) fn example(&self, key: u64) -> Option<&Example> {
        let at = self.examples.binary_search_by_key(&key, |it| it.0).ok()?;
        Some(&self.examples[at].1)
    }
}

/// Counts what repeats on each site. Counters of several threads are [merged](SiteCounter::merge) in any order.
///
/// Memory: the digests of at most `dedup.repeats.pages` pages, 8 bytes a block (16 for plain text), typically 1 to 4 KB
/// a page and 16 KB at most; with texts about the size of the pages' text. Beyond the bound every site's sample is
/// halved, down to `minimum` pages; then every second site is left out, by a hash of its name.
#[derive(Debug, Clone)]
pub struct SiteCounter {
    settings: Repeats,
    /// Pages of a site that are kept now.
    sample: usize,
    /// Sites whose hash has this many trailing zeros are counted.
    rarity: u32,
    pages: usize,
    sites: HashMap<String, BTreeMap<u64, PageDigest>, FxBuildHasher>,
}

impl SiteCounter {
    /// An empty counter.
    pub fn new(settings: &Repeats) -> SiteCounter {
        let sample = settings.sample.max(settings.minimum).max(1) as usize;
        SiteCounter { settings: settings.clone(), sample, rarity: 0, pages: 0, sites: HashMap::default() }
    }

    /// Whether a page with this id would be in the sample of its site, as far as known. A page that is not wanted
    /// need not be read.
    pub fn wants(&self, site: &str, id: &str) -> bool {
        self.counted(site)
            && self.sites.get(site).is_none_or(|pages| {
                pages.len() < self.sample || pages.last_key_value().is_some_and(|(&last, _)| rank(id) <= last)
            })
    }

    /// Enters a page of a site.
    pub fn insert(&mut self, site: &str, page: PageDigest) {
        if self.settings.site == Site::Off || !self.counted(site) {
            return;
        }
        let pages = match self.sites.get_mut(site) {
            Some(pages) => pages,
            None => self.sites.entry(site.to_owned()).or_default(),
        };
        match pages.entry(page.rank) {
            // An id that stands for two pages: the choice must not depend on which came first.
            std::collections::btree_map::Entry::Occupied(mut other) if other.get().content > page.content => {
                other.insert(page);
            }
            std::collections::btree_map::Entry::Occupied(_) => {}
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(page);
                self.pages += 1;
            }
        }
        if pages.len() > self.sample {
            pages.pop_last();
            self.pages -= 1;
        }
        while self.pages > self.settings.pages.max(1) as usize && self.shrink() {}
    }

    /// Takes in what another counter, with the same settings, has counted.
    pub fn merge(&mut self, other: SiteCounter) {
        while (self.sample > other.sample || self.rarity < other.rarity) && self.shrink() {}
        for (site, pages) in other.sites {
            for page in pages.into_values() {
                self.insert(&site, page);
            }
        }
    }

    /// The counts.
    pub fn finish(self) -> Sites {
        let minimum = self.settings.minimum.max(1) as usize;
        let counted = |pages: BTreeMap<u64, PageDigest>| SiteRepeats::of(pages.into_values().collect());
        let sites = self.sites.into_iter().map(|(site, pages)| (site, counted(pages)));
        Sites { site: self.settings.site, sites: sites.filter(|(_, it)| it.of as usize >= minimum).collect() }
    }

    /// Samples of all sites with their texts, by name of the site: what `learn` writes down.
    pub(super) fn into_samples(self) -> BTreeMap<String, Vec<PageDigest>> {
        self.sites.into_iter().map(|(site, pages)| (site, distinct(pages.into_values().collect()))).collect()
    }

    fn counted(&self, site: &str) -> bool {
        rank(site).trailing_zeros() >= self.rarity
    }

    /// Keeps less. Which pages are kept depends on the steps taken alone, and the number of steps on the whole of what
    /// was entered: a smaller sample of the same pages never needs more room.
    fn shrink(&mut self) -> bool {
        let minimum = self.settings.minimum.max(1) as usize;
        if self.sample > minimum {
            self.sample = (self.sample / 2).max(minimum);
            for pages in self.sites.values_mut() {
                while pages.len() > self.sample {
                    pages.pop_last();
                }
            }
        } else if self.rarity < u64::BITS {
            self.rarity += 1;
            let rarity = self.rarity;
            self.sites.retain(|site, _| rank(site).trailing_zeros() >= rarity);
        } else {
            return false;
        }
        self.pages = self.sites.values().map(BTreeMap::len).sum();
        true
    }
}

/// What repeats on every site that has enough pages.
#[derive(Debug, Clone)]
pub struct Sites {
    site: Site,
    sites: HashMap<String, SiteRepeats, FxBuildHasher>,
}

impl Sites {
    /// No site at all; what was [learned](super::learned) is put in by [`Sites::insert`].
    pub fn new(site: Site) -> Sites {
        Sites { site, sites: HashMap::default() }
    }

    /// What repeats on a site; `None` where too few of its pages were counted.
    pub fn get(&self, site: &str) -> Option<&SiteRepeats> {
        self.sites.get(site)
    }

    /// Puts in, or replaces, what repeats on a site.
    pub fn insert(&mut self, site: &str, repeats: SiteRepeats) {
        self.sites.insert(site.to_owned(), repeats);
    }

    /// Notes on every block of a page how often it repeats on the page's site, if that is known.
    pub fn apply(&self, page: &mut Page) {
        if let Some(repeats) = site_of(page, &self.site).and_then(|site| self.get(&site)) {
            repeats.apply(page);
        }
    }

    /// Number of sites.
    pub fn len(&self) -> usize {
        self.sites.len()
    }

    /// Whether nothing is known of any site.
    pub fn is_empty(&self) -> bool {
        self.sites.is_empty()
    }
}

/// What repeats on one site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteRepeats {
    /// Distinct pages counted.
    of: u32,
    /// Pages by key of text and place, where they are two and more.
    with: HashMap<u64, u32, FxBuildHasher>,
    /// Hashes of the ids of the pages counted, and of their folded texts.
    counted: HashSet<u64, FxBuildHasher>,
    /// Whether the counts are of pages seen before ([`super::learned`]): this page is not added to them.
    learned: bool,
}

impl SiteRepeats {
    fn of(pages: Vec<PageDigest>) -> SiteRepeats {
        let mut counted: HashSet<u64, _> = pages.iter().map(|page| page.rank).collect();
        let pages = distinct(pages);
        counted.extend(pages.iter().map(|page| page.content));
        let mut keys: Vec<u64> = pages.iter().flat_map(|page| &page.keys).copied().collect();
        keys.sort_unstable();
        let runs = keys.chunk_by(|a, b| a == b).filter(|run| run.len() > 1);
        let with = runs.map(|run| (run[0], run.len() as u32)).collect();
        SiteRepeats { of: pages.len() as u32, with, counted, learned: false }
    }

    /// Counts that were written down: text and place, and the pages that held them.
    pub(super) fn learned<'a>(of: u32, counts: impl Iterator<Item = (&'a str, &'a str, u32)>) -> SiteRepeats {
        let mut with = HashMap::default();
        for (text, place, pages) in counts {
            let places: &[&str] = if place == MIDDLE { &[UPPER, LOWER] } else { &[place] };
            for place in places {
                with.insert(key(&fold(text), place), pages);
            }
        }
        SiteRepeats { of, with, learned: true, ..SiteRepeats::default() }
    }

    /// Distinct pages counted.
    pub fn pages(&self) -> u32 {
        self.of
    }

    /// Notes on every block of a page on how many pages its text stands at a like place. A page that was not in the
    /// sample counts itself in.
    pub fn apply(&self, page: &mut Page) {
        let keys: Vec<Vec<u64>> = (0..page.blocks.len())
            .map(|at| {
                let folded = fold(&page.blocks[at].text);
                Place::of(page, at).names().map(|name| key(&folded, name)).collect()
            })
            .collect();
        let own = u32::from(!self.learned && !self.counted.contains(&rank(&page.source.id)) && !self.mirrors(page));
        for (block, keys) in page.blocks.iter_mut().zip(keys) {
            // Of a line with two places the one where it repeats more: it is the same line.
            let others = keys.iter().filter_map(|key| self.with.get(key)).max().copied();
            let with = others.map_or(1, |others| others + own);
            block.repeats = Count::Pages { with, of: self.of + own };
        }
    }

    /// Whether a page with the same folded text was counted.
    fn mirrors(&self, page: &Page) -> bool {
        let content =
            page.blocks.iter().fold(PI[2], |content, block| mix(content ^ text_key(&fold(&block.text)), PI[1]));
        self.counted.contains(&content)
    }
}

/// Pages of different text, in order of rank: of equal ones the first.
fn distinct(mut pages: Vec<PageDigest>) -> Vec<PageDigest> {
    pages.sort_unstable_by_key(|page| page.rank);
    let mut seen = HashSet::new();
    pages.retain(|page| seen.insert(page.content));
    pages
}

/// The hash of an id or name by which samples are chosen.
fn rank(id: &str) -> u64 {
    raw_hash(id.as_bytes()).first_chunk().map_or(0, |head| u64::from_le_bytes(*head))
}

fn key(folded: &str, place: &str) -> u64 {
    mix(text_key(folded) ^ PI[3], text_key(place) ^ PI[0])
}

fn text_key(text: &str) -> u64 {
    let hash = |hash: u64, bytes: &[u8]| {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        mix(hash ^ u64::from_le_bytes(word), PI[1])
    };
    text.as_bytes().chunks(8).fold(PI[0] ^ text.len() as u64, hash)
}
