//! From buckets to clusters.

use std::{borrow::Cow, io};

use super::{index::Sets, similarity, sketch::Bands};
use crate::{
    Near,
    runs::{Entries, Sorted},
    union::Forest,
};

/// Documents that agree on one band: candidates to be compared with each other. At least two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    documents: Vec<u32>,
}

/// Near copies in the making: hands out buckets, takes the pairs that were found alike.
///
/// The parallel driver differs from [`Clustering::run`] in one line: it maps [`Clustering::edges`] over the buckets
/// of a batch with many threads.
pub struct Clustering {
    settings: Near,
    bands: Bands,
    entries: Entries,
    sets: Sets,
    forest: Forest,
    /// Documents whose set equals another's: that one stands for them.
    represented: Vec<bool>,
    stage: Stage,
    /// The entry that ended the last bucket.
    pending: Option<(u64, u32)>,
    statistics: Statistics,
}

/// What was done to find the clusters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Documents with at least one shingle.
    pub documents: u64,
    /// Buckets of two documents and more.
    pub buckets: u64,
    /// Buckets above `dedup.near.crowded`, in which not all pairs were compared.
    pub crowded: u64,
    /// Pairs that joined two clusters.
    pub joined: u64,
    /// Bytes written to scratch files.
    pub spilled: u64,
}

enum Stage {
    /// Documents with equal sets, sorted by the key of the set.
    Equal(Sorted),
    /// The entries of a band.
    Band(usize, Sorted),
}

/// Comparisons in a batch of buckets, about: enough to keep threads busy, few enough that the clusters found so far
/// spare most comparisons of the next batch.
const BATCH: usize = 1 << 16;
/// In a crowded bucket every document is compared with so many that stand for all, and with so many that follow it.
const STAR: usize = 64;

impl Clustering {
    pub(super) fn new(settings: Near, bands: Bands, entries: Entries, sets: Sets) -> Clustering {
        let documents = sets.len();
        let mut keys: Vec<_> =
            (0..documents as u32).filter(|&it| sets.size(it) > 0).map(|it| (sets.key(it), it)).collect();
        keys.sort_unstable();
        let spilled = entries.bytes() + sets.bytes();
        Clustering {
            settings,
            bands,
            entries,
            sets,
            forest: Forest::new(documents),
            represented: vec![false; documents],
            statistics: Statistics { documents: keys.len() as u64, spilled, ..Statistics::default() },
            stage: Stage::Equal(Sorted::of(keys)),
            pending: None,
        }
    }

    /// The whole of it on one thread.
    ///
    /// # Errors
    /// If a scratch file cannot be read.
    pub fn run(mut self) -> io::Result<Clusters> {
        while let Some(buckets) = self.next_buckets()? {
            for bucket in &buckets {
                let edges = self.edges(bucket)?;
                self.join(&edges);
            }
        }
        Ok(self.finish())
    }

    /// The next buckets, about 65,000 comparisons together; `None` after the last. The edges of a batch must be
    /// joined before the next is asked for: what is joined already is not compared again.
    ///
    /// # Errors
    /// If a scratch file cannot be read.
    pub fn next_buckets(&mut self) -> io::Result<Option<Vec<Bucket>>> {
        let mut batch = Vec::new();
        let mut comparisons = 0;
        while comparisons < BATCH {
            let Some(documents) = self.next_bucket()? else { break };
            if documents.windows(2).all(|pair| self.forest.root(pair[0]) == self.forest.root(pair[1])) {
                continue;
            }
            self.statistics.buckets += 1;
            let crowded = documents.len() > self.settings.crowded as usize;
            self.statistics.crowded += u64::from(crowded);
            comparisons += documents.len() * documents.len().min(if crowded { 2 * STAR } else { usize::MAX }) / 2;
            batch.push(Bucket { documents });
        }
        Ok(Some(batch).filter(|batch| !batch.is_empty()))
    }

    /// Pairs of a bucket that are alike, as many as connect what can be connected. Pure; O(m²) comparisons for m
    /// documents up to `dedup.near.crowded`, 128 a document above.
    ///
    /// # Errors
    /// If a scratch file cannot be read.
    pub fn edges(&self, bucket: &Bucket) -> io::Result<Vec<(u32, u32)>> {
        let mut documents = bucket.documents.clone();
        let crowded = documents.len() > self.settings.crowded as usize;
        // By content: the order in which documents came must not decide what a crowded bucket compares.
        documents.sort_unstable_by_key(|&it| self.sets.key(it));
        let mut local = self.known(&documents);
        let mut edges = Vec::new();
        for (i, &a) in documents.iter().enumerate() {
            let reach = if crowded && i >= STAR { STAR } else { usize::MAX };
            let mut set = None;
            for (j, &b) in documents.iter().enumerate().skip(i + 1).take(reach) {
                if local.root(i as u32) == local.root(j as u32) || !self.sizes_allow(a, b) {
                    continue;
                }
                let set = match &set {
                    Some(set) => set,
                    None => set.insert(self.sets.get(a)?),
                };
                if similarity(set, &self.sets.get(b)?, self.settings.measure) >= self.settings.threshold {
                    local.join(i as u32, j as u32);
                    edges.push((a, b));
                }
            }
        }
        Ok(edges)
    }

    /// Takes pairs found by [`Clustering::edges`], or known to be copies by other evidence.
    pub fn join(&mut self, edges: &[(u32, u32)]) {
        for &(a, b) in edges {
            self.forest.grow(a.max(b) as usize + 1);
            self.statistics.joined += u64::from(self.forest.join(a, b));
        }
    }

    /// The clusters, once all buckets were handed out and joined.
    pub fn finish(self) -> Clusters {
        Clusters {
            settings: self.settings,
            bands: self.bands,
            entries: self.entries,
            sets: self.sets,
            forest: self.forest,
            statistics: self.statistics,
        }
    }

    /// The next documents that share a key. Documents with equal sets are told apart from the first of them on the
    /// way, and left out of the bands that follow.
    fn next_bucket(&mut self) -> io::Result<Option<Vec<u32>>> {
        loop {
            let Some((key, first)) = self.pop()? else {
                let band = match self.stage {
                    Stage::Equal(_) => 0,
                    Stage::Band(band, _) => band + 1,
                };
                if band == self.bands.bands as usize {
                    return Ok(None);
                }
                self.stage = Stage::Band(band, Sorted::band(&self.entries, band, self.bands.bands as usize)?);
                continue;
            };
            let mut documents = vec![first];
            while let Some(entry) = self.pop()? {
                if entry.0 != key {
                    self.pending = Some(entry);
                    break;
                }
                documents.push(entry.1);
            }
            match self.stage {
                Stage::Equal(_) => self.join_equal(&documents)?,
                Stage::Band(..) => documents.retain(|&it| !self.represented[it as usize]),
            }
            if documents.len() > 1 && matches!(self.stage, Stage::Band(..)) {
                return Ok(Some(documents));
            }
        }
    }

    fn pop(&mut self) -> io::Result<Option<(u64, u32)>> {
        if let Some(entry) = self.pending.take() {
            return Ok(Some(entry));
        }
        let (Stage::Equal(sorted) | Stage::Band(_, sorted)) = &mut self.stage;
        sorted.pop(&self.entries)
    }

    /// Joins documents whose sets are equal, as their keys are: one reading a document.
    fn join_equal(&mut self, documents: &[u32]) -> io::Result<()> {
        let [first, rest @ ..] = documents else { return Ok(()) };
        if rest.is_empty() {
            return Ok(());
        }
        let set = self.sets.get(*first)?;
        for &document in rest {
            if self.sets.get(document)? == set {
                self.represented[document as usize] = true;
                self.statistics.joined += u64::from(self.forest.join(*first, document));
            }
        }
        Ok(())
    }

    /// The clusters known so far, over the places in a bucket.
    fn known(&self, documents: &[u32]) -> Forest {
        let mut roots: Vec<(u32, u32)> = documents.iter().map(|&it| self.forest.root(it)).zip(0..).collect();
        roots.sort_unstable();
        let mut local = Forest::new(documents.len());
        for pair in roots.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            local.join(pair[0].1, pair[1].1);
        }
        local
    }

    /// Whether sets of these sizes can be similar enough.
    fn sizes_allow(&self, a: u32, b: u32) -> bool {
        let (a, b) = (self.sets.size(a), self.sets.size(b));
        self.settings.measure == crate::Measure::Containment
            || a.min(b) as f64 >= self.settings.threshold * a.max(b) as f64
    }
}

/// Clusters of near copies.
pub struct Clusters {
    settings: Near,
    bands: Bands,
    entries: Entries,
    sets: Sets,
    forest: Forest,
    statistics: Statistics,
}

impl Clusters {
    /// Every cluster of two documents and more: members ascending, clusters in order of their first member.
    pub fn groups(&mut self) -> Vec<Vec<u32>> {
        self.forest.groups()
    }

    /// Similarity of two documents by the measure of the settings, 0 to 1; `None` where one of them has no shingles.
    ///
    /// # Errors
    /// If a scratch file cannot be read.
    pub fn similarity(&self, a: u32, b: u32) -> io::Result<Option<f64>> {
        if self.sets.size(a) == 0 || self.sets.size(b) == 0 {
            return Ok(None);
        }
        Ok(Some(similarity(&self.sets.get(a)?, &self.sets.get(b)?, self.settings.measure)))
    }

    /// Whether the document was sketched.
    pub(crate) fn has_set(&self, document: u32) -> bool {
        self.sets.size(document) > 0
    }

    /// The shingles of a document that was sketched.
    pub(crate) fn set(&self, document: u32) -> io::Result<Cow<'_, [u64]>> {
        self.sets.get(document)
    }

    /// Visits every key of every band, in order: number of the band, key, document.
    pub(crate) fn each_band_key<E: From<io::Error>>(
        &self,
        mut visit: impl FnMut(u8, u64, u32) -> Result<(), E>,
    ) -> Result<(), E> {
        for band in 0..self.bands.bands as usize {
            let mut sorted = Sorted::band(&self.entries, band, self.bands.bands as usize)?;
            while let Some((key, document)) = sorted.pop(&self.entries)? {
                visit(band as u8, key, document)?;
            }
        }
        Ok(())
    }

    /// What was done to find them.
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }
}
