//! Paragraphs that many documents hold.
//!
//! While documents are read, the hash of every distinct paragraph is noted with the document's number. Once it is
//! settled which documents stay, the notes are sorted and those that occur in enough of the documents that stay are
//! looked up when the documents are written. The content hash of a document is taken before: what is a copy of what
//! does not depend on this stage.
//!
//! ```
//! use dechaff_dedup::{Paragraph, ParagraphDrop, Spill, paragraph::ParagraphIndex};
//! let settings = Paragraph { drop: ParagraphDrop::Repeats, documents: 2, min_characters: 10, keep: vec![] };
//! let mut index = ParagraphIndex::new(&settings, Spill::never());
//! index.insert(0, ["A night at sea.", "The harbour office is open from nine."].into_iter())?;
//! index.insert(1, ["Snow is expected.", "The harbour office is open from nine."].into_iter())?;
//! let repeated = index.finish(|_| true, |a, b| a.cmp(&b))?;
//! assert!(repeated.dropped(0, "The harbour office is open from nine.").is_none());
//! let dropped = repeated.dropped(1, "The harbour office is open from nine.").unwrap();
//! assert_eq!((dropped.documents, dropped.kept), (2, Some(0)));
//! # Ok::<(), std::io::Error>(())
//! ```

use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
    io,
};

use rustc_hash::FxBuildHasher;

use crate::{
    Hash, Paragraph, ParagraphDrop, content_hash,
    runs::{Entries, Run, Sorted, write_run},
    scratch::{ScratchFile, Spill},
};

/// Keys of the paragraphs that are long enough, each once; none where the stage is off. Pure.
pub fn paragraph_keys<'a>(settings: &Paragraph, paragraphs: impl Iterator<Item = &'a str>) -> Vec<u64> {
    if settings.drop == ParagraphDrop::Off {
        return Vec::new();
    }
    let mut keys: Vec<u64> = paragraphs
        .filter(|text| long_enough(text, settings.min_characters))
        .map(|text| key(&content_hash(std::iter::once(text))))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The paragraphs of a run.
///
/// Memory: 12 bytes a paragraph that is long enough, and 16 while they are sorted, up to the limit; beyond it 12
/// bytes on disk.
pub struct ParagraphIndex {
    settings: Paragraph,
    keys: Vec<u64>,
    documents: Vec<u32>,
    runs: Vec<Run>,
    file: Option<ScratchFile>,
    spill: Spill,
}

impl ParagraphIndex {
    /// An empty index. Its file is asked for when the memory limit is reached, not before.
    pub fn new(settings: &Paragraph, spill: Spill) -> ParagraphIndex {
        let (keys, documents, runs) = Default::default();
        ParagraphIndex { settings: settings.clone(), keys, documents, runs, file: None, spill }
    }

    /// Notes the paragraphs of a document.
    ///
    /// # Errors
    /// If the scratch file cannot be made or written.
    pub fn insert<'a>(&mut self, document: u32, paragraphs: impl Iterator<Item = &'a str>) -> io::Result<()> {
        let keys = paragraph_keys(&self.settings, paragraphs);
        self.insert_keys(document, &keys)
    }

    /// Notes the paragraphs of a document by what [`paragraph_keys`] has made of them on another thread.
    ///
    /// # Errors
    /// If the scratch file cannot be made or written.
    pub fn insert_keys(&mut self, document: u32, keys: &[u64]) -> io::Result<()> {
        self.documents.extend(keys.iter().map(|_| document));
        self.keys.extend_from_slice(keys);
        if self.keys.len() as u64 * 28 > self.spill.limit { self.write_out() } else { Ok(()) }
    }

    /// Counts. `stays` says whether a document is written at all, and `order` which of two documents comes first (by
    /// id, so that the order of input does not matter).
    ///
    /// # Errors
    /// If the scratch file cannot be written or read.
    pub fn finish(
        mut self,
        stays: impl Fn(u32) -> bool,
        order: impl Fn(u32, u32) -> Ordering,
    ) -> io::Result<RepeatedParagraphs> {
        if self.file.is_some() {
            self.write_out()?;
        }
        let entries = match self.file {
            Some(mut file) => {
                file.flush()?;
                Entries::Disk { file, runs: self.runs }
            }
            None => Entries::Memory { rows: vec![self.keys], documents: self.documents },
        };
        let mut sorted = Sorted::band(&entries, 0, 1)?;
        let keep = self.settings.keep.iter().map(|text| key(&content_hash(std::iter::once(text.as_str()))));
        let keep: HashSet<u64> = keep.collect();
        let mut found = RepeatedParagraphs {
            drop: self.settings.drop,
            min_characters: self.settings.min_characters,
            repeated: HashMap::default(),
            removals: Vec::new(),
        };
        // Only paragraphs of many documents are held, so the group in hand is what is held beside them.
        let mut group: (u64, Vec<u32>) = (0, Vec::new());
        let mut end = |(key, documents): &mut (u64, Vec<u32>)| {
            if documents.len() >= self.settings.documents.max(2) as usize && !keep.contains(key) {
                found.enter(*key, documents, &order);
            }
            documents.clear();
        };
        while let Some((key, document)) = sorted.pop(&entries)? {
            if stays(document) {
                if key != group.0 {
                    end(&mut group);
                    group.0 = key;
                }
                group.1.push(document);
            }
        }
        end(&mut group);
        found.removals.sort_unstable_by_key(|removal| (removal.document, removal.hash));
        Ok(found)
    }

    fn write_out(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(self.spill.file()?),
        };
        let keys = std::mem::take(&mut self.keys);
        self.runs.push(write_run(file, &[keys], &std::mem::take(&mut self.documents), 1)?);
        Ok(())
    }
}

/// The paragraphs that enough documents hold: 16 bytes each, 18 to 37 with the table's slack, and 24 bytes for each
/// document that loses one.
#[derive(Debug, Clone)]
pub struct RepeatedParagraphs {
    drop: ParagraphDrop,
    min_characters: u32,
    repeated: HashMap<u64, Held, FxBuildHasher>,
    removals: Vec<ParagraphOf>,
}

/// A document that loses a paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParagraphOf {
    /// The document.
    pub document: u32,
    /// The first eight bytes of the SHA-256 of the paragraph's normalised text.
    pub hash: [u8; 8],
    /// Documents that hold it.
    pub documents: u32,
    /// The document that keeps it; `None` where none does.
    pub kept: Option<u32>,
}

/// Why a paragraph is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DroppedParagraph {
    /// SHA-256 of its normalised text, as [`content_hash`] gives it.
    pub hash: Hash,
    /// Documents that hold it.
    pub documents: u32,
    /// The document that keeps it; `None` where none does.
    pub kept: Option<u32>,
}

impl RepeatedParagraphs {
    /// Whether this paragraph of this document goes, and why.
    pub fn dropped(&self, document: u32, paragraph: &str) -> Option<DroppedParagraph> {
        if self.repeated.is_empty() || !long_enough(paragraph, self.min_characters) {
            return None;
        }
        let hash = content_hash(std::iter::once(paragraph));
        let held = self.repeated.get(&key(&hash))?;
        let kept = Some(held.first).filter(|_| self.drop == ParagraphDrop::Repeats);
        (kept != Some(document)).then_some(DroppedParagraph { hash, documents: held.documents, kept })
    }

    /// Every document that loses a paragraph, in order of document.
    pub fn removals(&self) -> &[ParagraphOf] {
        &self.removals
    }

    fn enter(&mut self, key: u64, documents: &[u32], order: &impl Fn(u32, u32) -> Ordering) {
        let Some(first) = documents.iter().copied().min_by(|&a, &b| order(a, b)) else { return };
        let held = Held { documents: documents.len() as u32, first };
        self.repeated.insert(key, held);
        let kept = Some(first).filter(|_| self.drop == ParagraphDrop::Repeats);
        let removals = documents.iter().filter(|&&document| kept != Some(document));
        let of = |&document: &u32| ParagraphOf { document, hash: key.to_le_bytes(), documents: held.documents, kept };
        self.removals.extend(removals.map(of));
    }

    /// Number of such paragraphs.
    pub fn len(&self) -> usize {
        self.repeated.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.repeated.is_empty()
    }
}

#[derive(Debug, Clone, Copy)]
struct Held {
    documents: u32,
    first: u32,
}

/// Eight bytes of the digest: among 10⁹ paragraphs the chance that any two of different text meet is 3 %.
fn key(hash: &Hash) -> u64 {
    hash.first_chunk().map_or(0, |head| u64::from_le_bytes(*head))
}

fn long_enough(text: &str, min_characters: u32) -> bool {
    let mut length = 0;
    for word in text.split_whitespace() {
        // With the space before it.
        length += word.chars().count() + usize::from(length > 0);
        if length >= min_characters as usize {
            return true;
        }
    }
    min_characters == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const APPEAL: &str = "Readers like you pay for this newspaper, from five crowns a month.";
    const STORY: &str = "The council met for six hours and adjourned without a decision on the bridge.";

    fn settings(drop: ParagraphDrop, keep: &[&str]) -> Paragraph {
        Paragraph { drop, documents: 3, min_characters: 30, keep: keep.iter().map(|&it| it.to_owned()).collect() }
    }

    fn counted(settings: &Paragraph, spill: Spill, documents: &[(u32, &[&str])]) -> RepeatedParagraphs {
        let mut index = ParagraphIndex::new(settings, spill);
        for (document, paragraphs) in documents {
            index.insert(*document, paragraphs.iter().copied()).unwrap();
        }
        index.finish(|document| document != 9, |a, b| a.cmp(&b)).unwrap()
    }

    /// The appeal stands in three documents that stay (once with other spaces) and one that goes; the story in two.
    const DOCUMENTS: [(u32, &[&str]); 5] = [
        (4, &[STORY, APPEAL, "Share"]),
        (9, &[STORY, APPEAL, "Share"]),
        (2, &["Readers like you pay for this newspaper,\n from five crowns a month.", "Share"]),
        (7, &[APPEAL, APPEAL, "Share"]),
        (1, &[STORY, "Share"]),
    ];

    #[test]
    fn a_paragraph_of_enough_documents_stays_in_the_first() {
        let repeated = counted(&settings(ParagraphDrop::Repeats, &[]), Spill::never(), &DOCUMENTS);
        assert_eq!(repeated.len(), 1);
        assert!(repeated.dropped(2, APPEAL).is_none());
        let dropped = repeated.dropped(7, APPEAL).unwrap();
        assert_eq!((dropped.documents, dropped.kept), (3, Some(2)));
        let removals: Vec<_> = repeated.removals().iter().map(|it| (it.document, it.documents, it.kept)).collect();
        assert_eq!(removals, [(4, 3, Some(2)), (7, 3, Some(2))]);
        assert_eq!(repeated.removals()[0].hash, dropped.hash[..8]);
        assert!(repeated.dropped(4, STORY).is_none(), "two documents that stay are fewer than three");
        assert!(repeated.dropped(4, "Share").is_none(), "too short");
    }

    #[test]
    fn all_drops_it_everywhere_and_keep_nowhere() {
        let all = counted(&settings(ParagraphDrop::All, &[]), Spill::never(), &DOCUMENTS);
        assert_eq!(all.dropped(2, APPEAL).unwrap().kept, None);
        assert!(counted(&settings(ParagraphDrop::All, &[APPEAL]), Spill::never(), &DOCUMENTS).is_empty());
        assert!(counted(&settings(ParagraphDrop::Off, &[]), Spill::never(), &DOCUMENTS).is_empty());
    }

    #[test]
    fn a_tiny_memory_gives_the_same_answer() {
        let spill = Spill { limit: 1, scratch: Box::new(tempfile::tempfile) };
        let repeated = counted(&settings(ParagraphDrop::Repeats, &[]), spill, &DOCUMENTS);
        assert_eq!(repeated.dropped(4, APPEAL).map(|it| (it.documents, it.kept)), Some((3, Some(2))));
        assert_eq!(repeated.len(), 1);
    }

    #[test]
    fn length_is_in_characters_with_white_space_folded() {
        assert!(long_enough("ab  cd", 5) && !long_enough("ab  cd", 6));
        assert!(long_enough("éé é", 4) && !long_enough("éé é", 5));
    }
}
