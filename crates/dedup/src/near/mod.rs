//! Near copies: MinHash LSH, with every candidate verified.
//!
//! ```text
//! text ─ Sketcher ─▶ Sketch ─ NearIndex ─▶ Clustering ─▶ Clusters
//!        (pure, a document alone)          (buckets verified one by one, joined by union-find)
//! ```
//!
//! Documents that agree on a band of their signatures share a bucket. Two of a bucket are joined when the similarity
//! of their shingle sets, computed exactly, reaches the threshold; clusters are the connected components. Which
//! pairs are tested does not depend on the order of insertion, on the number of threads or on the memory limit, so
//! neither do the clusters.
//!
//! Sketching is the bulk of the work and pure: the pipeline does it in parallel. So is [`Clustering::edges`], a
//! bucket at a time. [`Clustering::run`] is the same thing on one thread:
//!
//! ```
//! use dechaff_dedup::near::{NearIndex, Sketcher};
//! use dechaff_dedup::{Measure, Near, Spill};
//! let settings = Near { measure: Measure::Jaccard, threshold: 0.6, shingle: 3, crowded: 256 };
//! let sketcher = Sketcher::new(&settings)?;
//! let mut index = NearIndex::new(&settings, Spill::new(64, Box::new(tempfile::tempfile)))?;
//! for (document, text) in [
//!     (0, "The night ferry to Varnholm sails again from Monday, the port said."),
//!     (1, "The night ferry to Varnholm sails again from Monday, the port authority said."),
//!     (2, "Two schools in the upper valley will close for repairs in March."),
//! ] {
//!     match sketcher.sketch([text].into_iter()) {
//!         Some(sketch) => index.insert(document, &sketch)?,
//!         None => continue, // too short: left to the exact hash
//!     }
//! }
//! let mut clusters = index.cluster()?.run()?;
//! assert_eq!(clusters.groups(), [[0, 1]]);
//! assert_eq!(clusters.similarity(0, 1)?, Some(9.0 / 12.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cluster;
mod index;
mod sketch;

pub use cluster::{Bucket, Clustering, Clusters, Statistics};
pub use index::NearIndex;
pub(crate) use sketch::similarity;
pub use sketch::{Bands, Sketch, Sketcher};

/// What can go wrong in finding near copies.
#[derive(Debug, thiserror::Error)]
pub enum NearError {
    /// A setting is out of its range.
    #[error("dedup.near.{key} = {value}: expected {expected}")]
    Setting {
        /// The key below `[dedup.near]`.
        key: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// The scratch file could not be written or read.
    #[error("scratch file of near duplicates: {0}")]
    Scratch(#[from] std::io::Error),
}

impl crate::Near {
    /// Whether every value is in its range.
    pub(crate) fn check(&self) -> Result<(), NearError> {
        let wrong = |key, value: String, expected| Err(NearError::Setting { key, value, expected });
        if !(0.5..=1.0).contains(&self.threshold) {
            return wrong("threshold", self.threshold.to_string(), "0.5 to 1");
        }
        if !(1..=64).contains(&self.shingle) {
            return wrong("shingle", self.shingle.to_string(), "1 to 64 words");
        }
        if self.crowded < 2 {
            return wrong("crowded", self.crowded.to_string(), "at least 2 documents");
        }
        Ok(())
    }
}
