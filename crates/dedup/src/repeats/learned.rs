//! What was learned of a site, as TOML that a person reads, edits and commits: one file a host.
//!
//! ```toml
//! # What repeats on varnholm.example: counted by `dechaff learn`. …
//! host = "varnholm.example"
//!
//! [[repeats]]
//! text = "Readers like you pay for this newspaper."
//! place = "footer div.appeal p"
//! pages = 47
//! of = 50
//! category = "donation-appeal"
//! confidence = 0.84
//! examples = ["2026/03/ferry.html", "2026/03/snow.html"]
//! action = "drop" # added by hand
//! ```
//!
//! An entry is a count: it becomes [`dechaff_document::Repeats`] on the blocks that have the text at the place. Only
//! with an `action` added by hand, `"drop"` or `"keep"`, it is a rule (strip reads it). Learning again renews counts
//! and leaves everything that a hand may have touched: actions, categories, comments, order, other keys.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use serde::Deserialize;
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

use super::{SiteCounter, SiteRepeats, fold, place};
use crate::Repeats;

/// What repeats on a site.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnedSite {
    /// The host (or folder, or value of a field).
    pub site: String,
    /// Distinct pages counted.
    pub of: u32,
    /// Texts that repeat, most frequent first.
    pub repeats: Vec<LearnedRepeat>,
}

/// A text that repeats.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnedRepeat {
    /// The text, as the first page of the sample has it.
    pub text: String,
    /// Where it stands: a CSS selector; of plain text `upper`, `middle` (anywhere) or `lower`.
    pub place: String,
    /// Pages that hold it there.
    pub pages: u32,
    /// The category that was guessed.
    pub category: String,
    /// How surely it repeats: the lower end of the 95 % interval (Wilson) of the share of pages, 0 to 1.
    pub confidence: f64,
    /// Ids of some pages that hold it.
    pub examples: Vec<String>,
}

/// A learned file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct LearnedError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// What learning again changed in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// An entry is new.
    Added {
        /// Its text.
        text: String,
    },
    /// Its count is another one.
    Recounted {
        /// Its text.
        text: String,
        /// Pages and sample before.
        before: (u32, u32),
        /// Pages and sample now.
        now: (u32, u32),
    },
    /// It repeats no longer, and no hand had touched it.
    Removed {
        /// Its text.
        text: String,
    },
    /// It repeats no longer; it stays because of its action or a comment.
    Kept {
        /// Its text.
        text: String,
    },
}

/// Ids given as examples of an entry.
const EXAMPLES: usize = 3;
/// A text on two pages may be chance (a quotation, a correction); on three it begins to be a habit.
const FEWEST_PAGES: u32 = 3;

/// What repeats on each site that has enough pages, from a counter that was fed with
/// [`super::PageDigest::with_texts`]. `guess` names the category of a text at a place, where it knows one.
pub fn learn(
    counter: SiteCounter,
    settings: &Repeats,
    guess: impl Fn(&str, &str) -> Option<String>,
) -> Vec<LearnedSite> {
    let minimum = settings.minimum.max(1) as usize;
    let samples = counter.into_samples().into_iter().filter(|(_, pages)| pages.len() >= minimum);
    samples
        .map(|(site, pages)| {
            let of = pages.len() as u32;
            let fewest = FEWEST_PAGES.max((settings.share * f64::from(of)).ceil() as u32);
            let mut holders: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
            for (at, page) in pages.iter().enumerate() {
                page.keys().iter().for_each(|&key| holders.entry(key).or_default().push(at));
            }
            let mut repeats: Vec<LearnedRepeat> = Vec::new();
            for (key, held) in holders.iter().filter(|(_, held)| held.len() as u32 >= fewest) {
                let Some(example) = held.iter().find_map(|&at| pages[at].example(*key)) else { continue };
                let (text, place) = (example.text.to_string(), example.place.to_string());
                let (pages_with, confidence) = (held.len() as u32, confidence(held.len() as u32, of));
                let category = guess(&text, &place).unwrap_or_else(|| guess_by_place(&text, &place).to_owned());
                let examples = held.iter().take(EXAMPLES).map(|&at| pages[at].id().to_owned()).collect();
                repeats.push(LearnedRepeat { text, place, pages: pages_with, category, confidence, examples });
            }
            LearnedSite { site, of, repeats: one_place_each(repeats) }
        })
        .collect()
}

/// Reads a learned file for its counts. Keys that rules read are left alone.
///
/// # Errors
/// If it is not TOML, or an entry lacks its text or counts.
pub fn read(toml: &str) -> Result<LearnedSite, LearnedError> {
    let file: File = toml::from_str(toml).map_err(|error| {
        let (line, column) = place_in(toml, error.span().map_or(0, |span| span.start));
        LearnedError { line, column, message: error.message().to_owned() }
    })?;
    let of = file.repeats.iter().map(|it| it.of).max().unwrap_or(0);
    let repeat = |it: Entry| LearnedRepeat {
        text: it.text,
        place: it.place,
        pages: it.pages,
        category: it.category,
        confidence: it.confidence,
        examples: it.examples,
    };
    Ok(LearnedSite { site: file.host, of, repeats: file.repeats.into_iter().map(repeat).collect() })
}

impl LearnedSite {
    /// The counts, to be applied to pages: new ones too, and the same in every run.
    pub fn counts(&self) -> SiteRepeats {
        SiteRepeats::learned(self.of, self.repeats.iter().map(|it| (it.text.as_str(), it.place.as_str(), it.pages)))
    }

    /// The file: a new one, or `existing` with its counts renewed. Says what changed, in the order of the file.
    ///
    /// # Errors
    /// If the existing file is not TOML or its `[[repeats]]` are no tables.
    pub fn write(&self, existing: Option<&str>) -> Result<(String, Vec<Change>), LearnedError> {
        let text = existing.unwrap_or_default();
        let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
            let (line, column) = place_in(text, error.span().map_or(0, |span| span.start));
            LearnedError { line, column, message: error.message().to_owned() }
        })?;
        if existing.is_none() {
            document.insert("host", value(&self.site));
            if let Some(mut key) = document.key_mut("host") {
                key.leaf_decor_mut().set_prefix(header(&self.site));
            }
        }
        let entries = document.entry("repeats").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
        let Item::ArrayOfTables(entries) = entries else {
            return Err(LearnedError { line: 1, column: 1, message: "`repeats` is not a list of tables".into() });
        };
        let name = |text: &str, place: &str| (fold(text), place.to_owned());
        let mut found: HashMap<(String, String), &LearnedRepeat> =
            self.repeats.iter().map(|it| (name(&it.text, &it.place), it)).collect();
        let mut changes = Vec::new();
        let mut stays = Vec::new();
        for entry in entries.iter_mut() {
            let (text, place) = (string(entry, "text"), string(entry, "place"));
            let repeat = found.remove(&name(&text, &place));
            stays.push(repeat.is_some() || touched(entry));
            match repeat {
                Some(repeat) => {
                    let (before, now) = (counts(entry), (repeat.pages, self.of));
                    if before != now {
                        renew(entry, repeat, self.of);
                        changes.push(Change::Recounted { text, before, now });
                    }
                }
                None if touched(entry) => changes.push(Change::Kept { text }),
                None => changes.push(Change::Removed { text }),
            }
        }
        let mut stays = stays.into_iter();
        entries.retain(|_| stays.next().unwrap_or(true));
        for repeat in self.repeats.iter().filter(|it| found.contains_key(&name(&it.text, &it.place))) {
            entries.push(new_entry(repeat, self.of));
            changes.push(Change::Added { text: repeat.text.clone() });
        }
        Ok((document.to_string(), changes))
    }
}

/// Name of the file for a site: its name, with what no file system or shell likes replaced by `_`.
pub fn file_name(site: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || ".-_".contains(c) { c } else { '_' };
    let name: String = site.chars().map(safe).collect();
    format!("{}.toml", name.trim_start_matches('.'))
}

#[derive(Deserialize)]
struct File {
    host: String,
    #[serde(default)]
    repeats: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    text: String,
    #[serde(default)]
    place: String,
    pages: u32,
    of: u32,
    #[serde(default)]
    category: String,
    #[serde(default)]
    confidence: f64,
    #[serde(default)]
    examples: Vec<String>,
}

fn header(site: &str) -> String {
    format!(
        "# What repeats on {site}: counted by `dechaff learn`, used by `dechaff clean --rules`.\n\
         # An entry is a count, not a rule: it is evidence beside the other evidence. To make one a rule, add\n\
         # action = \"drop\" or action = \"keep\". Learning again renews the counts and keeps your edits.\n"
    )
}

/// A line of plain text may be counted in two places. If it is about as frequent in both it stands in the middle; else
/// the more frequent place is its own.
fn one_place_each(mut repeats: Vec<LearnedRepeat>) -> Vec<LearnedRepeat> {
    repeats.sort_by_cached_key(|it| (Reverse(it.pages), it.place.clone(), it.text.clone()));
    let mut lines: HashMap<String, usize> = HashMap::new();
    let mut kept: Vec<LearnedRepeat> = Vec::with_capacity(repeats.len());
    for repeat in repeats {
        if matches!(repeat.place.as_str(), place::UPPER | place::LOWER) {
            if let Some(&first) = lines.get(&fold(&repeat.text)) {
                if 2 * repeat.pages >= kept[first].pages {
                    kept[first].place = place::MIDDLE.to_owned();
                }
                continue;
            }
            lines.insert(fold(&repeat.text), kept.len());
        }
        kept.push(repeat);
    }
    kept
}

/// In steps of a hundredth: for the eye.
fn confidence(with: u32, of: u32) -> f64 {
    (dechaff_document::Repeats::Pages { with, of }.least_share() * 100.0).round() / 100.0
}

/// A guess by landmark, for texts that no rule knows.
fn guess_by_place(text: &str, place: &str) -> &'static str {
    let within = |tag: &str| place.split(' ').any(|part| part.split(['.', '#']).next() == Some(tag));
    match () {
        () if text.contains('©') => "copyright",
        () if within("nav") || within("header") => "nav",
        () if within("footer") => "footer",
        () if within("aside") => "related-links",
        _ => "other",
    }
}

fn new_entry(repeat: &LearnedRepeat, of: u32) -> Table {
    let mut entry = Table::new();
    entry.insert("text", value(&repeat.text));
    entry.insert("place", value(&repeat.place));
    entry.insert("pages", value(i64::from(repeat.pages)));
    entry.insert("of", value(i64::from(of)));
    entry.insert("category", value(&repeat.category));
    entry.insert("confidence", value(repeat.confidence));
    entry.insert("examples", value(repeat.examples.iter().map(String::as_str).collect::<Array>()));
    entry
}

/// Counts alone: text, category and whatever else stands there may be a hand's.
fn renew(entry: &mut Table, repeat: &LearnedRepeat, of: u32) {
    let fresh = new_entry(repeat, of);
    for key in ["pages", "of", "confidence", "examples"] {
        let (Some(new), Some(old)) = (fresh.get(key).and_then(Item::as_value), entry.get_mut(key)) else {
            entry.insert(key, fresh[key].clone());
            continue;
        };
        if let Some(old) = old.as_value_mut() {
            let decor = old.decor().clone();
            *old = new.clone();
            *old.decor_mut() = decor;
        }
    }
}

/// Whether a hand has left its mark: an action, a key that learning does not write, or a comment.
fn touched(entry: &Table) -> bool {
    const OWN: [&str; 7] = ["text", "place", "pages", "of", "category", "confidence", "examples"];
    let comment = |decor: &toml_edit::Decor| {
        let holds =
            |raw: Option<&toml_edit::RawString>| raw.and_then(|it| it.as_str()).is_some_and(|it| it.contains('#'));
        holds(decor.prefix()) || holds(decor.suffix())
    };
    comment(entry.decor())
        || entry.iter().any(|(key, item)| {
            !OWN.contains(&key)
                || item.as_value().is_some_and(|value| comment(value.decor()))
                || entry.key(key).is_some_and(|key| comment(key.leaf_decor()))
        })
}

fn string(entry: &Table, key: &str) -> String {
    entry.get(key).and_then(Item::as_str).unwrap_or_default().to_owned()
}

fn counts(entry: &Table) -> (u32, u32) {
    let number = |key| entry.get(key).and_then(Item::as_integer).and_then(|it| u32::try_from(it).ok()).unwrap_or(0);
    (number("pages"), number("of"))
}

/// Line and column of a byte, from 1.
fn place_in(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}
