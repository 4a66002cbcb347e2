//! Variants of a page, to learn from beside the page itself.
//!
//! A thousand pages hold few templates. A page from which a sidebar, a thread's half or a section is gone is as good a
//! page, with other shares, distances and neighbours for all that stays; and a page of a site that nobody has seen has
//! names that the lexicon does not know. So a variant lacks some parts, and some of its names count as unknown.

use dechaff_document::{ElementId, Page};
use dechaff_strip::html::{lexicon::Entry, rows};

use crate::html::{Learned, NameStatistics};

/// Variants of a page. Three at a third of the weight give the same word F1 out of fold as one at half of it, at a lower
/// loss (.2420, .2462), and leave less to the draws.
pub const VARIANTS: usize = 3;

/// What a variant weighs beside its page.
pub const WEIGHT: f32 = 0.33;

/// Most parts that are taken out; at least one is.
const MOST_PARTS: u64 = 4;

/// A part holds between these shares of the page's words, in percent: less changes nothing, more leaves no page.
const PART: std::ops::RangeInclusive<u64> = 1..=35;

/// Names that count as unknown, in percent. In the laboratory word F1 out of fold is .0015 lower without; two variants of
/// 30 and 60 percent gain no more than one of 30.
const UNKNOWN: u32 = 30;

/// Fewest blocks of a page that has a variant.
const FEWEST_BLOCKS: usize = 8;

/// A page without some of its parts.
#[derive(Debug)]
pub struct Variant {
    /// Which blocks of the page stayed, ascending.
    pub kept: Vec<usize>,
    page: Page,
    salt: u32,
}

impl Variant {
    /// The variant of a page with this number, the same whenever it is asked for; `None` where nothing can be taken out.
    pub fn of(learned: &Learned, number: usize) -> Option<Variant> {
        let blocks = &learned.page.blocks;
        let parts = parts(learned);
        if blocks.len() < FEWEST_BLOCKS || parts.is_empty() {
            return None;
        }
        let mut draws = Draws::new(&format!("{} {number}", learned.gold.id));
        let mut gone = vec![false; blocks.len()];
        for _ in 0..=draws.below(MOST_PARTS) {
            let part = parts[draws.below(parts.len() as u64) as usize];
            for (gone, block) in gone.iter_mut().zip(blocks) {
                *gone |= learned.page.outline.contains(part, block.element);
            }
        }
        let (gone, kept): (Vec<usize>, Vec<usize>) = (0..blocks.len()).partition(|&block| gone[block]);
        let gone: Vec<u32> = gone.iter().map(|&block| block as u32).collect();
        let mut page = learned.page.clone();
        page.outline.remove_blocks(&gone);
        page.blocks = kept.iter().map(|&block| blocks[block].clone()).collect();
        Some(Variant { kept, page, salt: draws.below(1 << 32) as u32 }).filter(|variant| !variant.kept.is_empty())
    }

    /// Its rows, with a lexicon that leaves `site` out and does not know some of the names.
    pub fn rows(&self, statistics: &NameStatistics, site: &str) -> Vec<f32> {
        rows(&self.page, |name| if self.is_unknown(name) { None } else { entry_without(statistics, name, site) })
    }

    /// Whether a name counts as unknown on all of this page.
    fn is_unknown(&self, name: u32) -> bool {
        // Knuth's multiplicative hashing: the upper bits of a product with the golden ratio are spread evenly.
        let draw = (name ^ self.salt).wrapping_mul(0x9e37_79b1) >> 8;
        draw % 100 < UNKNOWN
    }
}

/// What a lexicon of the other sites knows of a name.
pub fn entry_without(statistics: &NameStatistics, name: u32, site: &str) -> Option<Entry> {
    statistics.entry(name, NameStatistics::FEWEST_SITES - 1, |other| other != site)
}

/// Elements that can be taken out.
fn parts(learned: &Learned) -> Vec<ElementId> {
    let outline = &learned.page.outline;
    let all: u64 = learned.labels.iter().map(|&(_, words)| u64::from(words)).sum();
    let mut sums = vec![0u64; outline.len()];
    for (block, &(_, words)) in learned.page.blocks.iter().zip(&learned.labels) {
        for element in outline.ancestors(block.element) {
            sums[element.index()] += u64::from(words);
        }
    }
    let is_part = |&element: &usize| {
        let hundredfold = 100 * sums[element];
        hundredfold >= PART.start() * all && hundredfold <= PART.end() * all
    };
    (0..outline.len()).filter(is_part).map(|element| ElementId(element as u32)).collect()
}

/// Numbers that are drawn anew from the same name in the same way (xorshift64, Marsaglia 2003).
struct Draws(u64);

impl Draws {
    fn new(name: &str) -> Draws {
        Draws(
            name.bytes()
                .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)),
        )
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{data::GoldPage, html};

    fn learned(id: &str) -> Learned {
        let items: String =
            (0..12).map(|item| format!("<div class=card{item}><p>Boat {item} of the lake</p></div>")).collect();
        let gold: GoldPage = serde_json::from_value(serde_json::json!({"id": id, "text": "Boat"})).unwrap();
        let page = html::segmenter().unwrap().page(gold.raw(format!("<body>{items}</body>").into_bytes()));
        let labels = page.blocks.iter().map(|_| (1, 5)).collect();
        Learned { site: "a".into(), gold, page, labels }
    }

    #[test]
    fn a_variant_lacks_parts_and_keeps_the_rest() {
        let learned = learned("one");
        let variant = Variant::of(&learned, 0).unwrap();
        assert!(!variant.kept.is_empty() && variant.kept.len() < learned.page.blocks.len());
        let texts = |page: &Page| page.blocks.iter().map(|block| block.text.clone()).collect::<Vec<_>>();
        let kept: Vec<String> = variant.kept.iter().map(|&block| texts(&learned.page)[block].clone()).collect();
        assert_eq!(texts(&variant.page), kept);
    }

    #[test]
    fn the_same_page_has_the_same_variant() {
        let (first, again, other) = (learned("one"), learned("one"), learned("another"));
        let variant = |learned| Variant::of(learned, 0).unwrap();
        assert_eq!((variant(&first).kept, variant(&first).salt), (variant(&again).kept, variant(&again).salt));
        assert_ne!(variant(&first).salt, variant(&other).salt);
    }

    #[test]
    fn about_a_third_of_the_names_is_unknown() {
        let variant = Variant::of(&learned("one"), 0).unwrap();
        let unknown = (0..10_000u32).filter(|&name| variant.is_unknown(name.wrapping_mul(2_654_435_769))).count();
        assert!((2_700..3_300).contains(&unknown), "{unknown}");
    }
}
