//! What a run is asked to do: inputs, and which of them.

use std::path::PathBuf;

use dechaff_read::{Entry, Input};

/// What a run is asked to do.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Job {
    /// What to read, in order.
    pub inputs: Vec<Input>,
    /// Which of the inputs.
    pub selection: Selection,
    /// Remove outputs of an earlier run whose inputs are gone.
    pub prune: bool,
    /// State of the documents that earlier runs have kept: their copies go, and what this run keeps is added.
    pub seen: Option<PathBuf>,
    /// Where the records of what goes are written, beside `duplicates.jsonl` of an output directory.
    pub clusters: Option<PathBuf>,
}

/// Which documents of the inputs a run takes. The others have no row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Selection {
    /// No more than this many documents; `None` for all.
    pub limit: Option<u64>,
    /// A share of the documents, 0 to 1, chosen by a hash of id and seed; `None` for all.
    pub sample: Option<(f64, u64)>,
    /// One shard of several, chosen by a hash of the id: index from 0, and number of shards.
    pub shard: Option<(u64, u64)>,
}

impl Selection {
    /// Picks entries; `taken` of them were picked before an interruption.
    pub(crate) fn chooser(&self, taken: u64) -> Chooser {
        Chooser { selection: self.clone(), left: self.limit.map(|limit| limit.saturating_sub(taken)) }
    }

    /// Whether a document is taken, by its id alone.
    fn takes(&self, id: &str) -> bool {
        let hash = |salt: &[u8]| {
            let digest = dechaff_dedup::raw_hash(&[salt, id.as_bytes()].concat());
            u64::from_le_bytes(digest[..8].try_into().expect("eight bytes"))
        };
        let sampled =
            self.sample.is_none_or(|(share, seed)| (hash(&seed.to_le_bytes()) as f64) < share * (u64::MAX as f64));
        sampled && self.shard.is_none_or(|(index, of)| hash(b"shard") % of.max(1) == index)
    }
}

pub(crate) struct Chooser {
    selection: Selection,
    left: Option<u64>,
}

impl Chooser {
    pub(crate) fn next(&mut self, reader: &mut impl Iterator<Item = Entry>) -> Option<Entry> {
        if self.left == Some(0) {
            return None;
        }
        let entry = reader.find(|entry| self.selection.takes(&entry.source.id))?;
        if let Some(left) = &mut self.left {
            *left -= 1;
        }
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_part_the_documents_between_them() {
        let of = |index| Selection { shard: Some((index, 3)), ..Selection::default() };
        for id in (0..200).map(|number| format!("page-{number}")) {
            assert_eq!((0..3).filter(|&index| of(index).takes(&id)).count(), 1, "{id}");
        }
    }

    #[test]
    fn a_sample_is_about_its_share_and_another_seed_is_another_sample() {
        let taken = |seed| {
            let selection = Selection { sample: Some((0.25, seed)), ..Selection::default() };
            (0..4000).filter(|number| selection.takes(&number.to_string())).collect::<Vec<_>>()
        };
        assert!((800..1200).contains(&taken(1).len()));
        assert_ne!(taken(1), taken(2));
    }
}
