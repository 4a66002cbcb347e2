//! What is known of names: for a class, id, role or property, how often text under it was content.
//!
//! The groups of `tokens` are what people would think of; the lexicon is what the training pages say, name by name.
//! A name is normalised (digits become `0`, so that `post-1234` and `post-77` share statistics of one shape) and known
//! by a 32-bit hash, so that the file holds no names of anyone's site.

use dechaff_document::{ElementId, Outline};
use rustc_hash::FxHashMap;

/// Longest name that is looked up, in bytes.
const LONGEST: usize = 40;

/// Names looked up of one element.
const MOST_NAMES: usize = 12;

/// Log-odds of a page's text in general, against which a name's odds are weighed: it is the training pages' mean.
const USUAL: f32 = -0.4;

/// Entries of a table: log-odds of content, and how many sites it was learned from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// Logarithm of the odds that text below the name is content.
    pub odds: f32,
    /// Sites that bear it.
    pub sites: u16,
}

/// A table of names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lexicon {
    entries: FxHashMap<u32, Entry>,
    /// A bit for the low bits of each hash: most names of a page are told by it not to be here, without a look at the
    /// table, of which every name would bring another place into the processor's caches.
    filter: Vec<u64>,
}

/// Bits of the filter: 8 KB, of which ten thousand names take a seventh.
const FILTER: usize = 1 << 16;

/// Number of features that the lexicon gives a block.
pub(super) const FEATURES: [&str; 9] =
    ["name-nearest", "name-least", "name-most", "name-mean", "name-distance", "name-0", "name-1", "name-2", "name-3"];

/// What stands for no known name.
const UNKNOWN: f32 = -9.0;

/// What is known of the names of a page's elements: of each element its most telling entry.
pub(super) struct Names {
    own: Vec<f32>,
}

impl Lexicon {
    /// A table of these entries.
    pub fn new(entries: impl IntoIterator<Item = (u32, Entry)>) -> Lexicon {
        let entries: FxHashMap<u32, Entry> = entries.into_iter().collect();
        let mut filter = vec![0; FILTER / 64];
        for &name in entries.keys() {
            let (place, bit) = Lexicon::bit(name);
            filter[place] |= bit;
        }
        Lexicon { entries, filter }
    }

    /// Number of names.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it knows no name.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn get(&self, name: u32) -> Option<Entry> {
        let (place, bit) = Lexicon::bit(name);
        (self.filter.get(place)? & bit != 0).then(|| self.entries.get(&name).copied())?
    }

    fn bit(name: u32) -> (usize, u64) {
        (name as usize % FILTER / 64, 1 << (name % 64))
    }

    /// The table as bytes: hashes ascending as differences in LEB128, odds in steps of 1/16, sites up to 255.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut sorted: Vec<_> = self.entries.iter().collect();
        sorted.sort_unstable_by_key(|(hash, _)| **hash);
        let mut out = (sorted.len() as u32).to_le_bytes().to_vec();
        let mut before = 0;
        for (&hash, entry) in sorted {
            let mut step = hash.wrapping_sub(before);
            before = hash;
            while step >= 0x80 {
                out.push(step as u8 | 0x80);
                step >>= 7;
            }
            out.push(step as u8);
            out.push((entry.odds * 16.0).round().clamp(-128.0, 127.0) as i8 as u8);
            out.push(entry.sites.min(255) as u8);
        }
        out
    }

    /// Reads a table from the front of `input`. `None` where it is cut short.
    pub fn take(input: &mut &[u8]) -> Option<Lexicon> {
        let (count, rest) = input.split_first_chunk::<4>()?;
        *input = rest;
        let mut byte = || {
            let (&byte, rest) = input.split_first()?;
            *input = rest;
            Some(byte)
        };
        let mut entries = FxHashMap::default();
        let mut hash = 0u32;
        for _ in 0..u32::from_le_bytes(*count) {
            let (mut step, mut shift) = (0u32, 0);
            loop {
                let part = byte()?;
                step |= u32::from(part & 0x7f).checked_shl(shift)?;
                shift += 7;
                if part < 0x80 {
                    break;
                }
            }
            hash = hash.wrapping_add(step);
            let odds = f32::from(byte()? as i8) / 16.0;
            entries.insert(hash, Entry { odds, sites: u16::from(byte()?) });
        }
        Some(Lexicon::new(entries))
    }
}

impl Names {
    /// Looks the names of all elements up.
    pub(super) fn new(outline: &Outline, look_up: impl Fn(u32) -> Option<Entry>) -> Names {
        let mut known: Vec<[Option<Option<Entry>>; 4]> = vec![[None; 4]; outline.symbols()];
        let mut own = Vec::with_capacity(outline.len());
        for index in 0..outline.len() {
            let mut best: Option<Entry> = None;
            each_name(outline, ElementId(index as u32), |kind, symbol| {
                let entry = *known[symbol as usize][kind]
                    .get_or_insert_with(|| name_hash(kind, outline.name(symbol)).and_then(&look_up));
                if let Some(entry) = entry
                    && best.is_none_or(|best| weight(entry) > weight(best))
                {
                    best = Some(entry);
                }
            });
            own.push(best.map_or(UNKNOWN, |entry| entry.odds));
        }
        Names { own }
    }

    /// The values behind [`FEATURES`] for a block whose text has this common ancestor. `parents` are those of all elements.
    pub(super) fn row(&self, parents: &[u32], element: usize, row: &mut Vec<f32>) {
        /// What is farther up counts as this far.
        const FAR: f32 = 20.0;
        let mut levels = [UNKNOWN; 4];
        let (mut nearest, mut least, mut most, mut sum, mut count) = (UNKNOWN, f32::MAX, f32::MIN, 0.0, 0.0);
        let mut distance = FAR;
        let ancestors = std::iter::successors(Some(element), |&at| parents.get(at).map(|&parent| parent as usize));
        for (level, at) in ancestors.take_while(|&at| at < parents.len()).enumerate() {
            let odds = self.own[at];
            if odds == UNKNOWN {
                continue;
            }
            if count == 0.0 {
                nearest = odds;
                distance = (level as f32).min(FAR);
            }
            if let Some(place) = levels.get_mut(level) {
                *place = odds;
            }
            least = odds.min(least);
            most = odds.max(most);
            sum += odds;
            count += 1.0;
        }
        if count == 0.0 {
            row.extend([UNKNOWN; 4]);
        } else {
            row.extend([nearest, least, most, sum / count]);
        }
        row.push(distance);
        row.extend(levels);
    }
}

/// How much an entry tells: its distance from the usual, and how many sites say so.
fn weight(entry: Entry) -> f32 {
    (entry.odds - USUAL).abs() * f32::from(entry.sites.min(20)).sqrt()
}

/// The hashes of an element's names, each once.
pub fn names_of(outline: &Outline, id: ElementId) -> Vec<u32> {
    let mut names = Vec::new();
    each_name(outline, id, |kind, symbol| names.extend(name_hash(kind, outline.name(symbol))));
    names.sort_unstable();
    names.dedup();
    names
}

/// Calls back with every name of an element: what kind it is of, and its symbol.
fn each_name(outline: &Outline, id: ElementId, mut name: impl FnMut(usize, u32)) {
    for &class in outline.class_symbols(id).iter().take(MOST_NAMES) {
        name(0, class);
    }
    for (kind, symbol) in [(1, outline.id_symbol(id)), (2, outline.role_symbol(id)), (3, outline.property_symbol(id))] {
        if symbol != 0 {
            name(kind, symbol);
        }
    }
}

/// FNV-1a of a normalised name and its kind, folded to 32 bits; `None` for names too long to mean anything.
fn name_hash(kind: usize, name: &str) -> Option<u32> {
    if name.len() > LONGEST {
        return None;
    }
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut add = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    add(b".#@%"[kind]);
    let mut digits = false;
    for byte in name.bytes() {
        let digit = byte.is_ascii_digit();
        if !(digit && digits) {
            add(if digit { b'0' } else { byte });
        }
        digits = digit;
    }
    Some((hash ^ hash >> 32) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dechaff_document::{Attributes, OutlineBuilder};

    #[test]
    fn a_table_is_read_back() {
        let entries = [(7, Entry { odds: -2.5, sites: 9 }), (u32::MAX, Entry { odds: 1.25, sites: 255 })];
        let lexicon = Lexicon::new(entries);
        let bytes = lexicon.to_bytes();
        let mut input = &bytes[..];
        assert_eq!(Lexicon::take(&mut input), Some(lexicon));
        assert!(input.is_empty());
        assert_eq!(Lexicon::take(&mut &bytes[..bytes.len() - 1]), None);
    }

    #[test]
    fn numbers_in_names_do_not_matter() {
        let mut builder = OutlineBuilder::default();
        let first = builder.open("div", Attributes { class: "post-12", ..Attributes::default() }, false, 0);
        let second = builder.open("div", Attributes { class: "post-999", ..Attributes::default() }, false, 0);
        let third = builder.open("div", Attributes { id: "post-9", ..Attributes::default() }, false, 0);
        let outline = builder.finish();
        assert_eq!(names_of(&outline, first), names_of(&outline, second));
        assert_ne!(names_of(&outline, first), names_of(&outline, third));
    }
}
